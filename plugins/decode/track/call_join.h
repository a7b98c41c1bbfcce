/* call_join.h
 * Internal to track/. Joining virtual connections by their calls, in captures that begin in the
 * middle and do not hold the cookies that would join them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_JOIN_H
#define OA_CALL_JOIN_H

#include "track/virtual_connection.h"

/* The PDU of the event has been taken into its call, of `vc`. Returns the virtual connection that
 * both are of now: another one if the call shows that `vc` and that one are the same. */
struct virtual_connection *oa_call_join(struct virtual_connection *vc, const struct call *call,
                                        const struct oa_event *event);

#endif
