/* call_stubs.h
 * Internal to track/. The stubs of calls: of most the return value alone, of those that identify
 * the client all parameters. [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1, [C706] appendix O
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_STUBS_H
#define OA_CALL_STUBS_H

#include <glib.h>

#include "track/events.h"

struct oa_tracker;

/* What is kept of one call until it ends. */
struct call_stubs {
    GByteArray *stub[2]; /* by sender; NULL: not kept */
    bool is_big_endian;
};

void oa_call_stubs_clear(struct call_stubs *stubs);

/* A fragment of the call: keeps its part of the stub, if the call is one of those. */
void oa_call_stubs_keep(struct call_stubs *stubs, const struct oa_call *call,
                        const struct oa_event *event);

static inline bool
oa_call_stubs_kept(const struct call_stubs *stubs)
{
    return stubs->stub[OA_CLIENT] || stubs->stub[OA_SERVER];
}

/* The call has ended: what its stubs say goes to the client of its virtual connection, and to the
 * table of endpoints. */
void oa_call_stubs_read(struct oa_tracker *tracker, const struct call_stubs *stubs,
                        const struct oa_call *call);

/* Takes the return value of an operation of Exchange, or of the endpoint mapper, from the last
 * fragment of a response. */
void oa_call_take_return_value(struct oa_call *call, const struct oa_event *event);

#endif
