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

/* Whether no other session has the same PDU: it contains a cookie, the identifier of a request, a
 * context handle, or a signature. */
bool pdu_is_unique(const struct oa_event *event);

#endif
