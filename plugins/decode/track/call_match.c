/* call_match.c
 * How well the requests of one virtual connection and the responses of another fit together.
 * [C706] 12.6.4 (call_id)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_match.h"

/* Calls of each list that are compared, the newest ones. */
#define COMPARED_MAX 64

/* A response that comes later is not taken for one to the newest request: if another request
 * followed, and if none did. */
#define PROMPT_NS (INT64_C(2) * 1000000000)
#define PROMPT_LAST_NS (INT64_C(100) * 1000000)

static const struct oa_call *
call_of(const GList *link)
{
    return &((const struct call *)link->data)->facts;
}

/* The call of the list with that number, if it has that half on the hop; NULL: none. */
static const struct oa_call_half *
response_to(const struct call_list *list, uint32_t call_id, enum oa_hop hop)
{
    const struct call *call = g_hash_table_lookup(list->by_id, GUINT_TO_POINTER(call_id));
    const struct oa_call_half *response = call ? &call->facts.response[hop] : NULL;

    return response && response->fragments ? response : NULL;
}

/* The requests, the newest first. Returns the oldest call that was looked at; NULL: none. */
static const struct oa_call *
match_requests(struct call_match *match, const struct call_list *requests,
               const struct call_list *responses, enum oa_hop hop)
{
    const struct oa_call *call = NULL;
    int64_t next_ns = INT64_MAX; /* when the client went on */
    int64_t last_ns = INT64_MIN; /* when the last one was sent */
    unsigned looked_at = 0;

    for (const GList *link = requests->by_age.tail; link && looked_at < COMPARED_MAX;
         link = link->prev, looked_at++) {
        if (!call_of(link)->request[hop].fragments)
            continue;
        call = call_of(link);
        match->requests++;
        const struct oa_call_half *response = response_to(responses, call->call_id, hop);
        int64_t sent_ns = call->request[hop].first.time_ns;

        int64_t until_ns =
            call->request[hop].last.time_ns + (next_ns == INT64_MAX ? PROMPT_LAST_NS : PROMPT_NS);

        if (response && response->first.time_ns >= sent_ns) {
            if (response->first.time_ns <= MIN(next_ns, until_ns))
                match->prompt++;
            else
                match->belated++;
            match->goes_on |= response->first.time_ns < last_ns;
        } else if (match->prompt + match->belated == 0) {
            match->open++;
        }
        last_ns = MAX(last_ns, sent_ns);
        next_ns = sent_ns;
    }
    return call;
}

/* Whether the response belongs to a request behind the oldest one, but to none that came before it.
 */
static bool
is_to_another(const struct oa_call *call, const struct call_list *requests, enum oa_hop hop,
              const struct oa_call *oldest)
{
    const struct call *own = g_hash_table_lookup(requests->by_id, GUINT_TO_POINTER(call->call_id));
    int64_t came_ns = call->response[hop].first.time_ns;

    return call->call_id > oldest->call_id && came_ns >= oldest->request[hop].first.time_ns &&
           (!own || own->facts.request[hop].first.time_ns > came_ns);
}

static void
match_responses(struct call_match *match, const struct call_list *requests,
                const struct call_list *responses, enum oa_hop hop, const struct oa_call *oldest)
{
    unsigned looked_at = 0;

    for (const GList *link = responses->by_age.tail; link && looked_at < COMPARED_MAX;
         link = link->prev, looked_at++) {
        const struct oa_call *call = call_of(link);
        if (!call->response[hop].fragments)
            continue;
        match->responses++;
        match->strays += oldest && is_to_another(call, requests, hop, oldest);
    }
    match->is_excluded = match->strays > 0 && match->lost == 0;
}

struct call_match
oa_call_match(const struct call_list *requests, const struct call_list *responses, enum oa_hop hop)
{
    struct call_match match = { .lost = requests->losses[hop][OA_CLIENT],
                                .may_lack = responses->losses[hop][OA_SERVER] > 0 };
    const struct oa_call *oldest = match_requests(&match, requests, responses, hop);

    match_responses(&match, requests, responses, hop, oldest);
    return match;
}
