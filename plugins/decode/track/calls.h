/* calls.h
 * Internal to track/. RPC calls of virtual connections: requests paired with their responses.
 * [C706] 12.6.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALLS_H
#define OA_CALLS_H

#include "track/channel_state.h"

struct call {
    struct oa_call facts; /* first */
    struct virtual_connection *vc;
    GList link;                           /* in pending_order */
    GList loose_link;                     /* in the tracker's loose_calls of its call id */
    bool is_indexed;                      /* in loose_calls */
    uint64_t request_hash, response_hash; /* of the first PDU; 0 not computed */
    GByteArray *stub[2];                  /* of a call that tells more, by sender; else NULL */
    bool is_big_endian;                   /* these */
};

struct call_table *oa_calls_new(void);
void oa_calls_free(struct call_table *table);

/* Number of the next call of the capture. */
uint64_t oa_calls_number(const struct oa_tracker *tracker);

void oa_calls_take_rpc(struct channel *channel, struct oa_event *event);
void oa_calls_end(struct virtual_connection *vc);
void oa_calls_note_loss(struct channel *channel, enum oa_side side);
void oa_calls_forget_ended(struct oa_tracker *tracker);
void oa_call_free(void *call);
void oa_calls_merge(struct virtual_connection *into, struct virtual_connection *from);

#endif
