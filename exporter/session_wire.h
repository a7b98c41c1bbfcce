/* session_wire.h
 * What sessions carried on the wire, in IP packets: the sums over their connections on the hop
 * nearest to the client.
 *
 * A connection of MAPI over HTTP carries requests of any session. Its packets are those of a
 * session if all requests on it were; what one carries for several is not divided. One that
 * outlives its session counts for it up to the frame that ended the session's last response.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SESSION_WIRE_H
#define SESSION_WIRE_H

#include "track/events.h"

struct session_wire;

struct session_wire *session_wire_new(void);
void session_wire_free(struct session_wire *wire);

/* Takes every event, before the session of one that is closed is asked for. */
void session_wire_take(struct session_wire *wire, const struct oa_event *event);

/* Sets the bytes by sender, or NO_NUMBER where they are not known, and forgets the session. */
void session_wire_end(struct session_wire *wire, const struct oa_virtual_connection *vc,
                      uint64_t bytes[2]);

#endif
