/* calls.h
 * Internal to track/. RPC calls of virtual connections: requests paired with their responses.
 * [C706] 12.6.4, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALLS_H
#define OA_CALLS_H

#include "track/call_stubs.h"
#include "track/pdu_trail.h"

/* What distinguishes a PDU from others: 0 if there are too few bytes of it. */
struct pdu_hash {
    uint64_t start; /* of its header and the start of the context handle: of a PDU that is cut */
    uint64_t more;  /* of more of it, unless it is cut */
};

/* The two hops of a call may not show the same PDUs of it, in a capture that begins in the middle:
 * the first one that they show, and that with which the request or response ends. */
enum pdu_of_half { PDU_FIRST, PDU_LAST };
#define PDUS_OF_HALF 2

struct call {
    struct oa_call facts;                  /* first, so that the two convert */
    GList link;                            /* in the order of its list */
    GList loose_link;                      /* in the list of oa_calls_loose() */
    bool is_loose;                         /* it is in that list */
    GList orphan_link;                     /* in the list's orphans */
    unsigned losses[OA_HOPS][2];           /* the list's, when it was last compared with them */
    unsigned lost_before[OA_HOPS];         /* losses of responses before it began */
    struct pdu_hash hash[2][PDUS_OF_HALF]; /* by sender, if it may join */
    struct call_stubs stubs;
    struct call_list *over_in; /* this is a copy of a call of that list that has ended */
};

/* A call that ended before all of it had come: reassembly holds bytes behind a loss back. */
struct late_call {
    uint32_t call_id;
    unsigned hops[2];    /* by sender: on which a part is missing: bits 1 << enum oa_hop */
    int64_t from_ns;     /* anything before belongs to an earlier call with this id, */
    int64_t until_ns[2]; /* anything after to a later one */
};

/* The calls of one virtual connection that have not ended. */
struct call_list {
    struct oa_tracker *tracker;
    struct oa_virtual_connection *vc;
    GHashTable *by_id;              /* call_id -> struct call */
    GQueue by_age;                  /* the oldest first */
    GQueue orphans;                 /* of them those without a request, the oldest first */
    unsigned losses[OA_HOPS][2];    /* by sender: how often bytes were missing from the capture */
    bool is_losing[OA_HOPS];        /* nothing of a response has come since the last loss of them */
    int64_t lost_until_ns[OA_HOPS]; /* what was lost of responses had been sent by then */
    GQueue over;                  /* of struct call: copies of ended calls that may join, by age */
    GArray *late;                 /* of struct late_call, the last ones; NULL if there are none */
    uint32_t highest_id[OA_HOPS]; /* of a request so far */
    unsigned n_late;              /* added so far */
    int64_t now_ns;               /* when the last PDU was sent: it may have been held back */
    struct stub_budget stubs;     /* of these calls */
    bool has_given_up;            /* calls, while only one channel of a hop was known */
    bool is_part;                 /* the virtual connection may turn out to be a part of another */
};

/* The tracker's table of calls: those that may join virtual connections, and the one just ended. */
struct call_table *oa_calls_new(void);
void oa_calls_free(struct call_table *table);

/* Whether the calls may show that the virtual connection is a part of another, or that another is a
 * part of it: there is one that may be. A channel may replace another unseen. */
bool oa_calls_may_join(const struct call_list *list);

/* The virtual connection is not a part of another. */
void oa_calls_tie(struct call_list *list);

/* An empty list of `vc`; clearing it frees its calls without reporting them. */
void oa_call_list_init(struct call_list *list, struct oa_tracker *tracker,
                       struct oa_virtual_connection *vc);
void oa_call_list_clear(struct call_list *list);

/* A new call with the next number, to be freed with oa_call_free(). */
struct call *oa_call_new(struct oa_tracker *tracker, struct oa_virtual_connection *vc);
void oa_call_free(void *call);

/* The call with that id that has not ended, or NULL. Only now, and when it ends, does it show that
 * bytes are missing. */
struct call *oa_calls_find(const struct call_list *list, uint32_t call_id);

/* Adds a request, response or fault of event->vc to its call, and sets event->call. NULL: a late
 * part of a call that has ended. */
struct call *oa_calls_take(struct call_list *list, struct oa_event *event);

/* Ends the call if that PDU completes it, and gives up calls beyond the limits. */
void oa_calls_settle(struct call_list *list, struct call *call, enum oa_hop hop);

/* Which one the last PDU of the half is, so far. */
enum pdu_of_half oa_calls_last_pdu(const struct oa_call_half *half);

/* Whether both are of the same PDU, seen on two hops. */
bool oa_calls_same_pdu(const struct pdu_hash *a, const struct pdu_hash *b);

/* How many calls of the second list that have not ended are late parts of calls of the first one,
 * or their missing halves; 0 if one of them is anything else. Responses alone may be of earlier
 * calls. Of many calls the oldest are looked at. */
unsigned oa_calls_parts(const struct call_list *whole, const struct call_list *part);

/* All calls with that id whose virtual connections may join others, the newest first, with those
 * that have ended lately; NULL if there are none. */
const GQueue *oa_calls_loose(const struct oa_tracker *tracker, uint32_t call_id);

/* The virtual connection is over: its calls that have ended join no others. */
void oa_calls_forget_over(struct call_list *list);

/* The call that ended with the current event, or NULL; it is valid until oa_calls_forget_ended().
 * */
struct oa_call *oa_calls_ended(const struct oa_tracker *tracker);
void oa_calls_forget_ended(struct oa_tracker *tracker);

/* Nothing that the server sent before that time on the hop is in the capture: responses may have
 * been among it. */
void oa_calls_note_late_start(struct call_list *list, enum oa_hop hop, struct oa_stamp first);

/* Bytes of that sender are missing on that hop: incomplete calls may lack a fragment. */
void oa_calls_note_loss(struct call_list *list, enum oa_hop hop, enum oa_side side);

/* What was seen on that hop turned out to be seen on another one, which is empty. */
void oa_calls_move(struct call_list *list, enum oa_hop from, enum oa_hop to);

/* The virtual connection turned out to be a part of another: moves its calls and their counts
 * there. */
void oa_calls_merge(struct call_list *into, struct call_list *from);

/* The virtual connection has ended: ends all calls that still wait. */
void oa_calls_end(struct call_list *list);

#endif
