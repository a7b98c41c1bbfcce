/* call_rops.h
 * Internal to track/. The ROPs of calls to mailbox stores, if the host has asked for them: read in
 * the order of the capture, with the objects of their session. [MS-OXCROPS] 3.1.5.1, 3.2.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_ROPS_H
#define OA_CALL_ROPS_H

#include "exchange/stub.h"
#include "track/events.h"

struct oa_tracker;

/* Whether ROPs are to be read at all, and in calls of this operation. */
bool oa_call_rops_wanted(const struct oa_tracker *tracker, const struct oa_rpc_interface *iface,
                         uint16_t opnum);

/* Whether the ROPs of that side have been read. */
bool oa_call_rops_are_read(const struct oa_call *call, enum oa_side side);

/* Reads the ROPs of a request or response, once each. */
void oa_call_rops_read(struct oa_tracker *tracker, struct oa_call *call,
                       const struct oa_stub *stub);

/* The same for the body of an Execute of MAPI over HTTP. */
void oa_call_rops_read_body(struct oa_tracker *tracker, struct oa_call *call, enum oa_side side,
                            const uint8_t *body, size_t length);

#endif
