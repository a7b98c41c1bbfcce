/* sequence.h
 * Internal to track/. Establishment and recycling: the sequences of RTS PDUs of a virtual
 * connection. [MS-RPCH] 3.2.1.5.1, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEQUENCE_H
#define OA_SEQUENCE_H

#include "track/events.h"

struct channel;
struct virtual_connection;

void oa_sequence_take(struct virtual_connection *vc, struct channel *channel,
                      struct oa_event *event);
void oa_sequence_merge(struct virtual_connection *into, struct virtual_connection *from);
void oa_sequence_judge(struct virtual_connection *vc, struct oa_channel *channel);

#endif
