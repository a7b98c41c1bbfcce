/* calls.h
 * Internal to track/. RPC calls of virtual connections: requests paired with their responses.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALLS_H
#define OA_CALLS_H

#include "track/call_stubs.h"

struct call {
    struct oa_call facts; /* first, so that the two convert */
    GList link;           /* in the order of its list */
    GList loose_link;     /* in oa_calls_loose() of its call id */
    bool is_loose;        /* it is there */
    uint64_t hash[2];     /* of the first PDU of each sender, on a list that may join; 0 none */
    struct call_stubs stubs;
};

/* The calls of one virtual connection that have not ended. */
struct call_list {
    struct oa_tracker *tracker;
    struct oa_virtual_connection *vc;
    GHashTable *by_id; /* call_id -> struct call */
    GQueue by_age;     /* the oldest first */
    unsigned orphans;  /* of them without a request */
    bool may_join;     /* the virtual connection may turn out to be a part of another */
};

struct call_table *oa_calls_new(void);
void oa_calls_free(struct call_table *table);

void oa_call_list_init(struct call_list *list, struct oa_tracker *tracker,
                       struct oa_virtual_connection *vc);
void oa_call_list_clear(struct call_list *list);

/* A new call with the next number, for oa_call_free(). */
struct call *oa_call_new(struct oa_tracker *tracker, struct oa_virtual_connection *vc);
void oa_call_free(void *call);

/* The call of that id which has not ended, or NULL. */
struct call *oa_calls_find(const struct call_list *list, uint32_t call_id);

/* Takes a request, response or fault of event->vc into its call, which the event then has. */
struct call *oa_calls_take(struct call_list *list, struct oa_event *event);

/* Ends the call if it is over with that PDU, and gives up what has waited for too long. */
void oa_calls_settle(struct call_list *list, struct call *call, enum oa_hop hop);

/* All calls of that id, the newest first, whose virtual connections may join; NULL if there are
 * none. */
const GQueue *oa_calls_loose(const struct oa_tracker *tracker, uint32_t call_id);

/* The call that ended with the current event, or NULL; it stays until oa_calls_forget_ended(). */
struct oa_call *oa_calls_ended(const struct oa_tracker *tracker);
void oa_calls_forget_ended(struct oa_tracker *tracker);

/* Bytes of that sender are missing on that hop: what has begun and not ended may lack a fragment.
 */
void oa_calls_note_loss(struct call_list *list, enum oa_hop hop, enum oa_side side);

/* The virtual connection was found to be a part of another: its calls and their counts go there. */
void oa_calls_merge(struct call_list *into, struct call_list *from);

/* The virtual connection is over: what still waits stays unanswered. */
void oa_calls_end(struct call_list *list);

#endif
