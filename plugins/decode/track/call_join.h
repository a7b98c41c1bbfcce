/* call_join.h
 * Internal to track/. Joins virtual connections by their calls in captures that begin in the middle
 * and lack the cookies that would join them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_JOIN_H
#define OA_CALL_JOIN_H

#include "track/virtual_connection.h"

/* A channel ends, and may show what it has in common with another hop, see oa_hop_join(). If it is
 * the last one of its virtual connection, another channel of a hop is missing, and of those opened
 * at about the same time exactly one virtual connection has it and fits, by its calls or else by
 * user, target and time of the heads, both are one. */
void oa_call_join_rest(struct channel *channel);

/* The PDU of the event has been added to its call, of `vc`. Returns the virtual connection that
 * they belong to now: another one if the call shows that `vc` and that one are the same. */
struct virtual_connection *oa_call_join(struct virtual_connection *vc, const struct call *call,
                                        const struct oa_event *event);

#endif
