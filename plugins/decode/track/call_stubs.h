/* call_stubs.h
 * Internal to track/. The stubs of calls: the context handle and the return value of most; all
 * parameters of those that identify the client, or open or end a session.
 * [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1, [C706] appendix O
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_STUBS_H
#define OA_CALL_STUBS_H

#include <glib.h>

#include "track/events.h"

struct oa_tracker;

/* Bytes of stubs that are kept of a virtual connection, and of all. */
struct stub_budget {
    size_t used;
    struct stub_budget *all; /* NULL in that of all */
};

/* Kept of one call until it ends. */
struct call_stubs {
    struct stub_budget *budget;     /* of its virtual connection; NULL: none, nothing is kept */
    GByteArray *stub[2];            /* by sender; NULL: not kept */
    bool has_hop[2], is_spoiled[2]; /* a part of the stub stays sealed */
    enum oa_hop hop[2];             /* where that side was seen first */
    bool is_big_endian;
    bool is_read;
};

/* Frees the kept stubs. */
void oa_call_stubs_clear(struct call_stubs *stubs);

/* The kept stubs count for another virtual connection from now on. */
void oa_call_stubs_move(struct call_stubs *stubs, struct stub_budget *budget);

/* What was read on the one hop counts as read on the other. */
void oa_call_stubs_move_hop(struct call_stubs *stubs, enum oa_hop from, enum oa_hop to);

/* Takes what `from` has of the sides that `into` has not seen: they are one call. */
void oa_call_stubs_merge(struct call_stubs *into, struct call_stubs *from);

/* Takes a fragment of the call: finds the mailbox session by the handle of the request, and keeps
 * the fragment's part of the stub if all parameters are needed. Once the response is complete,
 * these update the client of the virtual connection, the mailbox sessions and the table of
 * endpoints. */
void oa_call_stubs_take(struct oa_tracker *tracker, struct call_stubs *stubs, struct oa_call *call,
                        const struct oa_event *event);

/* The same update for a call that ends without a complete response. */
void oa_call_stubs_end(struct oa_tracker *tracker, struct call_stubs *stubs, struct oa_call *call);

/* Takes the return value of an operation of Exchange, or of the endpoint mapper, and the server's
 * time from the last fragment of a response. */
void oa_call_take_return_value(struct oa_call *call, const struct oa_event *event);

#endif
