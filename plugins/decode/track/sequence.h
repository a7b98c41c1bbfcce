/* sequence.h
 * Internal to track/. Establishment and recycling: the sequences of RTS PDUs of a virtual
 * connection. [MS-RPCH] 3.2.1.5.1, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEQUENCE_H
#define OA_SEQUENCE_H

#include "track/events.h"

struct oa_tracker;

enum oa_sequence_effect {
    OA_SEQUENCE_GOES_ON,
    OA_SEQUENCE_DRAINS, /* the PDU is the last one of a recycled OUT channel, [MS-RPCH] 3.2.3.5.10
                         */
};

/* Puts the RTS PDU of event->vc into the sequence it belongs to, if it is a step of one. */
enum oa_sequence_effect oa_sequence_take(struct oa_tracker *tracker, struct oa_event *event);

/* Two virtual connections are one: each may have seen a part of the same recycling. */
void oa_sequence_merge(struct oa_virtual_connection *into, struct oa_virtual_connection *from);

/* The virtual connection is over: what was begun and not finished, and what came without what has
 * to come before. Nothing is said of one that is not in the capture from its beginning, or not
 * whole. `channel` was its last one, or NULL. */
void oa_sequence_judge(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                       struct oa_channel *channel);

void oa_sequences_free(struct oa_virtual_connection *vc);

#endif
