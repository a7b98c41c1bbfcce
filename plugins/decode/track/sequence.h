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
    OA_SEQUENCE_DRAINS, /* the last PDU of a recycled OUT channel, [MS-RPCH] 3.2.3.5.10 */
};

/* Adds the RTS PDU of event->vc to the sequence it belongs to, if it is a step of one. */
enum oa_sequence_effect oa_sequence_take(struct oa_tracker *tracker, struct oa_event *event);

/* Two virtual connections are merged: each may have a part of the same recycling. */
void oa_sequence_merge(struct oa_virtual_connection *into, struct oa_virtual_connection *from);

/* The virtual connection has ended: reports sequences that were not completed, and PDUs that came
 * without those that must come before. Not reported if its beginning is not in the capture, or
 * bytes are missing. `channel` was its last one, or NULL. */
void oa_sequence_judge(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                       struct oa_channel *channel);

/* Frees the recyclings of `vc`. */
void oa_sequences_free(struct oa_virtual_connection *vc);

/* What was seen on the channels of that leg of an HTTP hop turns out to be of another hop. */
void oa_sequences_move(struct oa_virtual_connection *vc, enum oa_leg leg, enum oa_hop from,
                       enum oa_hop to);

#endif
