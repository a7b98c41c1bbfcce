/* pdu_key.h
 * For clocks.c: what tells a PDU wherever it passes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PDU_KEY_H
#define PDU_KEY_H

#include "track/events.h"

/* A key for a message that is the same wherever it passes; 0: none. RTS PDUs that open a channel
 * change on their way, but for their cookies. */
uint64_t pdu_key(const struct oa_event *event);

/* The same of the PDU on that connection only. */
uint64_t pdu_key_on_connection(uint64_t key, const struct oa_channel *channel);

/* A key for the PDU that opens a channel of a new virtual connection, by the start of the latter's
 * cookie: that is left of it if a snap length cuts it on one hop, where pdu_key() has none. 0: it
 * is another one. [MS-RPCH] 2.2.4.2, 2.2.4.5 */
uint64_t pdu_key_of_opening(const struct oa_event *event);

/* Whether no other session has the same PDU: it contains a cookie, the identifier of a request, a
 * context handle, or a signature. */
bool pdu_is_unique(const struct oa_event *event);

#endif
