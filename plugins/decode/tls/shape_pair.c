/* shape_pair.c
 * Requests on one encrypted channel matched with answers on another.
 * [MS-RPCE] 2.2.2 (PDUs), [MS-RPCH] 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape_pair.h"

#define NS_PER_S INT64_C(1000000000)

/* Parts of a request follow each other at once: fragments of full size, each in a record. */
#define REQUEST_PAUSE_NS (NS_PER_S / 10)
#define FRAGMENT_LEAST 1024

/* PDUs that are no calls: pings, flow control acknowledgments, which come after a half of the
 * receive window, 8 KiB at least; the largest of the others that a server sends. */
#define PING_BYTES 20
#define PING_AFTER_NS (10 * NS_PER_S)
#define ACK_BYTES 56
#define ACK_AFTER_LEAST 4096
#define RTS_DESTINATION_BYTES 28        /* OUT_R1/A2, OUT_R2/A2, IN_R2/A4 */
#define RTS_COOKIE_BYTES 40             /* IN_R1/A5, IN_R2/A5 */
#define RTS_DESTINATION_COOKIE_BYTES 48 /* OUT_R1/A7, OUT_R2/A7 */
#define RTS_SETTINGS_BYTES 52           /* IN_R1/A4, OUT_R1/A6 */
#define RTS_BYTES_MOST 56
#define RECYCLING_BY_CLIENT 1 /* of these, behind the one that makes a successor */
#define RECYCLING_BY_SERVER 2
#define RECYCLING_NS (5 * NS_PER_S)

/* A bind_ack of three results without a token is not longer; one with a token asks for one more of
 * the client. The response to an alter_context that brings it has a token of Negotiate and one to
 * three results. Clients of NTLM alone do not use it: their binds have one to four contexts and a
 * token of 32 or 40 bytes. */
#define PLAIN_ACK_LEAST 56
#define PLAIN_ACK_MOST 108
#define TOKEN_ACK_LEAST 150
#define TOKEN_ACK_MOST 400
#define ALTER_RESPONSE_LEAST 73
#define ALTER_RESPONSE_MOST 160
#define NTLM_BIND_BYTES 112
#define NTLM_VERSION_BYTES 8
#define NEGOTIATE_BIND_LEAST 140
#define BIND_BYTES 72
#define CONTEXT_BYTES 44
#define CONTEXTS_MOST 4

/* A virtual connection that the capture begins with is established within that time. */
#define OPENING_NS NS_PER_S

/* With so many turns their pauses have to differ more. */
#define REGULAR_LEAST 6

/* Nobody sends by a timer more often. */
#define TIMER_NS (NS_PER_S / 100)

/* Padding of TLS 1.3 to less is not looked for, and how many records have to have it. */
#define PADDED_TO 32
#define PADDED_LEAST 3

/* Parts of a response do not pause for so long. */
#define RESPONSE_PAUSE_NS NS_PER_S

/* Records that wait for those before them. */
#define WAITING_MAX 256

/* Of an EcDoAsyncWaitEx and its response, also sealed; and how long they take at least, in the
 * median. */
#define WAIT_BYTES 128
#define WAIT_NS (2 * NS_PER_S)

struct oa_pair *
oa_pair_new(void)
{
    struct oa_pair *pair = g_new0(struct oa_pair, 1);

    pair->window = g_array_new(FALSE, FALSE, sizeof(struct oa_estimated_call));
    return pair;
}

void
oa_pair_begin_middle(struct oa_pair *pair, bool has_more, int64_t capture_begun_ns)
{
    pair->estimate.is_middle = pair->is_bound = true;
    pair->capture_begun_ns = capture_begun_ns;
    if (has_more)
        pair->estimate.doubt = OA_DOUBT_BEGINNING;
}

void
oa_pair_free(struct oa_pair *pair)
{
    g_queue_clear_full(&pair->waiting_records, g_free);
    g_array_unref(pair->window);
    g_free(pair);
}

/* Whether something of that side is missing since the last exchange. */
static bool
lacks(const struct oa_pair *pair, enum oa_side side)
{
    return pair->has_gap[side] || pair->is_gap_next[side];
}

/* From here on the number of calls is not certain. */
static void
doubt(struct oa_pair *pair, enum oa_estimate_doubt why)
{
    if (pair->estimate.doubt == OA_DOUBT_NONE)
        pair->estimate.doubt = why;
    pair->is_window_doubtful = true;
}

static bool
may_be_ntlm_bind(struct oa_tls_size size)
{
    for (uint64_t i = 0, bytes = NTLM_BIND_BYTES; i < CONTEXTS_MOST; i++, bytes += CONTEXT_BYTES)
        if (oa_tls_size_may_be(size, bytes) || oa_tls_size_may_be(size, bytes + NTLM_VERSION_BYTES))
            return true;
    return false;
}

/* Whether the first exchange after the bind looks like the end of the authentication: its token
 * came by alter_context, as with Negotiate. With NTLM alone it may be auth3 with a request. */
static bool
is_authentication(const struct oa_pair *pair)
{
    return pair->is_first && pair->state == OA_PAIR_RESPONSE && pair->parts == 1 &&
           pair->ack.least > PLAIN_ACK_MOST && pair->bind.most >= NEGOTIATE_BIND_LEAST &&
           pair->now.bytes[OA_SERVER].most >= ALTER_RESPONSE_LEAST &&
           pair->now.bytes[OA_SERVER].least <= ALTER_RESPONSE_MOST && !lacks(pair, OA_CLIENT) &&
           !lacks(pair, OA_SERVER);
}

/* A range that is too wide to tell a ping from a call, or an acknowledgment. */
static bool
is_vague(struct oa_tls_size size)
{
    return size.most - size.least > OA_TLS_SIZE_RANGE;
}

static bool
overlaps(struct oa_tls_size size, uint64_t least, uint64_t most)
{
    return size.least <= most && size.most >= least;
}

/* Whether the request may be a bind without a token, which has one to four contexts. */
static bool
may_be_plain_bind(struct oa_tls_size size)
{
    for (uint64_t bytes = BIND_BYTES, i = 0; i < CONTEXTS_MOST; i++, bytes += CONTEXT_BYTES)
        if (overlaps(size, bytes, bytes))
            return true;
    return false;
}

/*
 * Whether one of the first two exchanges of a pair that began before the capture may be a part of
 * its beginning: a bind without a token; an alter_context behind one with a token, or as the first
 * thing in the capture.
 */
static bool
may_be_beginning(const struct oa_pair *pair)
{
    struct oa_tls_size request = pair->now.bytes[OA_CLIENT], response = pair->now.bytes[OA_SERVER];
    bool is_first = pair->estimate.calls == 0;

    if (!pair->estimate.is_middle || pair->estimate.calls > 1)
        return false;
    if (is_first && may_be_plain_bind(request) &&
        overlaps(response, PLAIN_ACK_LEAST, PLAIN_ACK_MOST))
        return true;
    bool is_at_once = pair->now.request_first.time_ns - pair->capture_begun_ns < OPENING_NS;
    bool follows_bind = is_first || (pair->bind.most >= NEGOTIATE_BIND_LEAST &&
                                     overlaps(pair->ack, TOKEN_ACK_LEAST, TOKEN_ACK_MOST));
    return is_at_once && follows_bind && request.most >= NEGOTIATE_BIND_LEAST &&
           overlaps(response, ALTER_RESPONSE_LEAST, ALTER_RESPONSE_MOST);
}

bool
oa_pair_has_bind(const struct oa_pair *pair)
{
    if (!pair->is_bound || pair->estimate.is_middle)
        return false;
    return may_be_ntlm_bind(pair->bind) ? overlaps(pair->ack, TOKEN_ACK_LEAST, TOKEN_ACK_MOST)
                                        : !is_vague(pair->bind) && may_be_plain_bind(pair->bind) &&
                                              overlaps(pair->ack, PLAIN_ACK_LEAST, PLAIN_ACK_MOST);
}

/* What shows that these are turns at all. */
static void
note_turn(struct oa_pair *pair)
{
    int64_t pause_ns = pair->now.request_first.time_ns - pair->asked_ns;

    if (!pair->now.request_first.frame)
        return;
    if (pair->asked_ns) {
        pair->pause_least = pair->n_pauses ? MIN(pair->pause_least, pause_ns) : pause_ns;
        pair->pause_most = MAX(pair->pause_most, pause_ns);
        pair->n_pauses++;
    }
    pair->asked_ns = pair->now.request_first.time_ns;
    pair->n_small += pair->now.bytes[OA_CLIENT].least < FRAGMENT_LEAST;
}

bool
oa_pair_is_dialogue(const struct oa_pair *pair)
{
    uint64_t clean = oa_pair_clean(pair);
    int64_t regular_ns = clean >= REGULAR_LEAST ? 2 * pair->pause_least : pair->pause_least * 5 / 4;
    bool is_regular =
        pair->n_pauses > 1 && pair->pause_least >= TIMER_NS && pair->pause_most < regular_ns;

    return 2 * pair->n_small >= clean && !is_regular;
}

/* The exchange is over; the first one was the bind. */
static void
complete(struct oa_pair *pair)
{
    struct oa_estimate *estimate = &pair->estimate;
    bool is_lossy = pair->has_gap[OA_CLIENT] || pair->has_gap[OA_SERVER];
    bool may_be_leg = is_authentication(pair), may_be_auth3 = may_be_ntlm_bind(pair->bind);
    bool is_call = pair->state != OA_PAIR_IDLE && pair->is_bound && (!may_be_leg || may_be_auth3);

    if (may_be_leg && may_be_auth3 && pair->bind.least < pair->bind.most)
        doubt(pair, OA_DOUBT_AUTHENTICATION);
    if (may_be_beginning(pair))
        doubt(pair, OA_DOUBT_BEGINNING);
    note_turn(pair);
    if (is_call) {
        bool is_clean = !pair->is_overlap && !is_lossy;
        estimate->calls++;
        estimate->answered += pair->state == OA_PAIR_RESPONSE;
        estimate->clean += is_clean;
        estimate->overlaps += pair->is_overlap;
        estimate->lossy += is_lossy;
        pair->window_clean += is_clean;
        pair->is_window_doubtful |= pair->is_overlap;
        g_array_append_val(pair->window, pair->now);
    } else if (!pair->is_bound && is_lossy) {
        doubt(pair, OA_DOUBT_LOSS); /* what was taken for the bind may be a call */
    }
    if (!pair->is_bound || (estimate->is_middle && estimate->calls == 1)) {
        pair->bind = pair->now.bytes[OA_CLIENT];
        pair->ack = pair->now.bytes[OA_SERVER];
    }
    pair->is_first = !pair->is_bound;
    pair->is_bound = true;
    pair->is_overlap = false;
    pair->merged = pair->parts = 0;
    pair->has_gap[OA_CLIENT] = pair->has_gap[OA_SERVER] = false;
    pair->state = OA_PAIR_IDLE;
}

/* Whether the request was over before this record; a record of less than a fragment is its end. */
static bool
was_whole(const struct oa_pair *pair, const struct oa_shape_record *record)
{
    return pair->last_record[OA_CLIENT] < FRAGMENT_LEAST ||
           record->first.time_ns - pair->now.request_last.time_ns > REQUEST_PAUSE_NS;
}

/* The last leg of the authentication (auth3) has no answer, and goes before the first request. */
static bool
follows_auth3(const struct oa_pair *pair)
{
    return pair->is_first && pair->last_record[OA_CLIENT] < FRAGMENT_LEAST;
}

static void
take_request(struct oa_pair *pair, struct oa_tls_size size, const struct oa_shape_record *record)
{
    bool is_lost = pair->state == OA_PAIR_REQUEST && lacks(pair, OA_SERVER);

    if (is_lost) { /* the response, and not of the next one */
        pair->has_gap[OA_SERVER] = true;
        pair->is_gap_next[OA_SERVER] = false;
    }
    if (pair->state == OA_PAIR_RESPONSE || is_lost)
        complete(pair);
    if (pair->state == OA_PAIR_IDLE || follows_auth3(pair)) {
        pair->is_first &= pair->state == OA_PAIR_IDLE;
        pair->now = (struct oa_estimated_call){ .request_first = record->first };
        pair->state = OA_PAIR_REQUEST;
        pair->parts = pair->merged = 0;
    } else if (pair->is_bound && was_whole(pair, record)) {
        pair->is_overlap = true;
        pair->merged++;
    }
    pair->parts++;
    pair->now.request_last = record->last;
    pair->now.bytes[OA_CLIENT] = oa_tls_size_sum(pair->now.bytes[OA_CLIENT], size);
}

/* Whether the response was over: a record of less than a fragment is its end. */
static bool
was_answered(const struct oa_pair *pair, const struct oa_shape_record *record)
{
    return pair->state == OA_PAIR_RESPONSE && !lacks(pair, OA_SERVER) &&
           (pair->last_record[OA_SERVER] < FRAGMENT_LEAST ||
            record->first.time_ns - pair->now.response_last.time_ns > RESPONSE_PAUSE_NS);
}

static void
take_response(struct oa_pair *pair, struct oa_tls_size size, const struct oa_shape_record *record)
{
    bool is_late = was_answered(pair, record);
    bool is_older = pair->estimate.is_middle && !pair->asked_ns && pair->state == OA_PAIR_IDLE;

    if (is_older) /* its request was before the capture */
        return;
    if (is_late || pair->state == OA_PAIR_IDLE) {
        if (!lacks(pair, OA_CLIENT)) {
            pair->estimate.orphans++;
            pair->window_orphans++;
            pair->recent_orphans++;
            return;
        }
        if (is_late)
            complete(pair);
        pair->now = (struct oa_estimated_call){ .request_first = { 0 } };
        pair->has_gap[OA_CLIENT] = true; /* which has the request */
        pair->is_gap_next[OA_CLIENT] = false;
    }
    if (pair->state != OA_PAIR_RESPONSE)
        pair->now.response_first = record->first;
    pair->state = OA_PAIR_RESPONSE;
    pair->now.response_last = record->last;
    pair->now.bytes[OA_SERVER] = oa_tls_size_sum(pair->now.bytes[OA_SERVER], size);
}

/* Only silent channels are pinged, which matters where the size is not exact. */
static bool
is_ping(const struct oa_pair *pair, struct oa_tls_size size, const struct oa_shape_record *record)
{
    int64_t silent_ns = record->first.time_ns - pair->spoken_ns[record->by];

    return oa_tls_size_may_be(size, PING_BYTES) &&
           (size.least == size.most || silent_ns >= PING_AFTER_NS);
}

/* Where sizes are vague, what may be a PDU about channels is taken for one, and the number of calls
 * is not certain. */
static bool
is_vaguely_about_channels(struct oa_pair *pair, struct oa_tls_size size,
                          const struct oa_shape_record *record)
{
    enum oa_side other = record->by == OA_CLIENT ? OA_SERVER : OA_CLIENT;
    int64_t spoken_ns = pair->spoken_ns[record->by];
    bool is_silent = spoken_ns && record->first.time_ns - spoken_ns >= PING_AFTER_NS;
    bool may_be_ping = is_silent && overlaps(size, PING_BYTES, PING_BYTES);
    bool may_be_ack = overlaps(size, ACK_BYTES, ACK_BYTES) &&
                      pair->unacknowledged[other] >= ACK_AFTER_LEAST &&
                      pair->last_record[other] >= FRAGMENT_LEAST && pair->state != OA_PAIR_REQUEST;

    if (record->is_hidden || !is_vague(size) || !(may_be_ping || may_be_ack))
        return false;
    doubt(pair, pair->estimate.is_middle ? OA_DOUBT_BEGINNING : OA_DOUBT_PADDING);
    pair->estimate.pings += may_be_ping;
    if (!may_be_ping) {
        pair->estimate.acks++;
        pair->unacknowledged[other] = 0;
    }
    return true;
}

/* A flow control acknowledgment follows much from the other side; where the size is not exact,
 * also something that is not the end of a message. */
static bool
is_ack(const struct oa_pair *pair, struct oa_tls_size size, enum oa_side by)
{
    bool is_exact = size.least == size.most;
    enum oa_side other = by == OA_CLIENT ? OA_SERVER : OA_CLIENT;

    return oa_tls_size_may_be(size, ACK_BYTES) && pair->unacknowledged[other] >= ACK_AFTER_LEAST &&
           (is_exact ||
            (pair->last_record[other] >= FRAGMENT_LEAST && pair->state != OA_PAIR_REQUEST));
}

/* PDUs that recycle channels: what begins that on the OUT channel without a request; then others,
 * which are small, and few. */
static bool
is_about_channels(struct oa_pair *pair, struct oa_tls_size size,
                  const struct oa_shape_record *record)
{
    static const uint64_t SIZES[2][2] = {
        [OA_CLIENT] = { RTS_COOKIE_BYTES, RTS_DESTINATION_COOKIE_BYTES },
        [OA_SERVER] = { RTS_DESTINATION_BYTES, RTS_SETTINGS_BYTES },
    };
    const uint64_t *sizes = SIZES[record->by];
    bool is_recycling =
        pair->estimate.recycles > 0 && record->first.time_ns - pair->recycled_ns < RECYCLING_NS;

    bool may_be_response = record->by == OA_SERVER && pair->state == OA_PAIR_REQUEST;

    if (is_recycling && pair->recycling[record->by] > 0 &&
        (oa_tls_size_may_be(size, sizes[0]) || oa_tls_size_may_be(size, sizes[1]))) {
        pair->recycling[record->by]--;
        if (may_be_response && size.least < size.most)
            doubt(pair, OA_DOUBT_RECYCLING);
        return true;
    }
    return record->by == OA_SERVER && pair->state != OA_PAIR_REQUEST &&
           ((size.least == size.most && size.most == RTS_DESTINATION_BYTES) ||
            (is_recycling && size.most <= RTS_BYTES_MOST));
}

void
oa_pair_recycled(struct oa_pair *pair, int64_t now_ns)
{
    pair->estimate.recycles++;
    pair->recycled_ns = now_ns;
    pair->recycling[OA_CLIENT] = RECYCLING_BY_CLIENT;
    pair->recycling[OA_SERVER] = RECYCLING_BY_SERVER;
}

/*
 * Only what follows shows that requests were lost whose responses looked like ones without, or
 * responses whose requests seemed to go on with the next one. Otherwise what was lost may have been
 * a call, or a part of one that has been counted.
 */
static void
explain(struct oa_pair *pair, enum oa_side lost)
{
    struct oa_estimate *estimate = &pair->estimate;
    unsigned orphans = lost == OA_CLIENT ? pair->recent_orphans : 0;
    unsigned found = lost == OA_CLIENT ? orphans : pair->merged;
    bool may_be_call = lost == OA_CLIENT
                           ? !orphans && (pair->state == OA_PAIR_RESPONSE || lacks(pair, OA_SERVER))
                           : !found && pair->state == OA_PAIR_REQUEST && pair->parts > 1;

    if (pair->is_bound && may_be_call)
        doubt(pair, OA_DOUBT_LOSS);
    if (!found)
        return;
    estimate->orphans -= orphans;
    pair->window_orphans -= MIN(pair->window_orphans, orphans);
    if (lost == OA_SERVER) {
        pair->is_overlap = false;
        pair->merged = 0;
    }
    estimate->calls += found;
    estimate->lossy += found;
    estimate->answered += orphans;
}

static void
take_in_order(struct oa_pair *pair, const struct oa_pair_record *given)
{
    struct oa_estimate *estimate = &pair->estimate;
    const struct oa_shape_record *record = &given->record;
    struct oa_tls_size size = given->size;

    if (given->is_after_gap)
        explain(pair, record->by);
    pair->recent_orphans = record->by == OA_CLIENT ? 0 : pair->recent_orphans;
    pair->has_gap[record->by] |= given->is_after_gap;
    estimate->bytes[record->by] = oa_tls_size_sum(estimate->bytes[record->by], size);
    pair->sizes_or |= size.most + 1;
    pair->n_sizes++;
    if (is_ping(pair, size, record)) {
        estimate->pings++;
        return;
    }
    if (is_ack(pair, size, record->by)) {
        pair->unacknowledged[record->by == OA_CLIENT ? OA_SERVER : OA_CLIENT] = 0;
        estimate->acks++;
        return;
    }
    if (is_about_channels(pair, size, record) || is_vaguely_about_channels(pair, size, record))
        return;
    pair->unacknowledged[record->by] += size.least;
    if (record->by == OA_CLIENT)
        take_request(pair, size, record);
    else
        take_response(pair, size, record);
    pair->last_record[record->by] = record->is_hidden ? UINT64_MAX : size.most;
    pair->spoken_ns[record->by] = record->last.time_ns;
}

/* Takes the records that wait, up to that frame. */
static void
take_waiting(struct oa_pair *pair, uint64_t frame)
{
    struct oa_pair_record *first;

    while ((first = g_queue_peek_head(&pair->waiting_records)) &&
           first->record.last.frame <= frame) {
        take_in_order(pair, first);
        g_free(g_queue_pop_head(&pair->waiting_records));
    }
}

/* Behind those of earlier frames, which are few. */
static void
put_in_order(struct oa_pair *pair, const struct oa_pair_record *record)
{
    GList *at = pair->waiting_records.tail;

    while (at && ((struct oa_pair_record *)at->data)->record.last.frame > record->record.last.frame)
        at = at->prev;
    g_queue_insert_after(&pair->waiting_records, at, g_memdup2(record, sizeof *record));
}

void
oa_pair_take(struct oa_pair *pair, struct oa_tls_size size, const struct oa_shape_record *record,
             bool is_missing)
{
    const struct oa_pair_record one = { *record, size, pair->is_gap_next[record->by] };
    bool waits = is_missing && pair->waiting_records.length < WAITING_MAX;

    pair->is_gap_next[record->by] = false;
    if (!waits && !pair->waiting_records.length) {
        take_in_order(pair, &one);
        return;
    }
    put_in_order(pair, &one);
    if (!waits)
        take_waiting(pair, is_missing ? UINT64_MAX : record->last.frame);
}

void
oa_pair_gap(struct oa_pair *pair, enum oa_side by)
{
    pair->is_gap_next[by] = true;
}

bool
oa_pair_is_full(const struct oa_pair *pair)
{
    return pair->window->len >= OA_PAIR_WINDOW;
}

uint64_t
oa_pair_clean(const struct oa_pair *pair)
{
    bool is_clean = pair->state == OA_PAIR_RESPONSE && pair->is_bound && !pair->is_overlap &&
                    !pair->has_gap[OA_CLIENT] && !pair->has_gap[OA_SERVER];

    return pair->estimate.clean + is_clean;
}

/* In TLS 1.3 the byte of the type counts too. PDUs alone are not of such sizes. */
static bool
is_padded(const struct oa_pair *pair)
{
    return pair->n_sizes >= PADDED_LEAST && !(pair->sizes_or % PADDED_TO);
}

static double
share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

/* How long it took; up to now if it is not answered. */
static int64_t
latency_of(const struct oa_estimated_call *call, int64_t now_ns)
{
    int64_t to_ns = call->response_last.frame ? call->response_last.time_ns : now_ns;

    return call->request_last.frame ? to_ns - call->request_last.time_ns : 0;
}

/* Slow calls alone may be those of a slow server; these are small too, all of them. */
static bool
is_waiting(const GArray *window, int64_t now_ns)
{
    guint slow = 0;

    for (guint i = 0; i < window->len; i++) {
        const struct oa_estimated_call *call = &g_array_index(window, struct oa_estimated_call, i);
        if (call->bytes[OA_CLIENT].least > WAIT_BYTES || call->bytes[OA_SERVER].least > WAIT_BYTES)
            return false;
        slow += latency_of(call, now_ns) > WAIT_NS;
    }
    return 2 * slow > window->len;
}

void
oa_pair_tell(struct oa_pair *pair, const struct oa_shape_listener *listener, int64_t now_ns)
{
    GArray *window = pair->window;
    uint64_t beginning = pair->estimate.is_middle && !pair->is_first_told;
    double score = share(pair->window_clean, window->len + beginning);
    bool has_padding = pair->estimate.doubt == OA_DOUBT_PADDING || is_padded(pair);
    bool is_told = !pair->window_orphans && !pair->is_window_doubtful && !has_padding &&
                   score >= OA_ESTIMATE_SCORE;
    bool waits = is_waiting(window, now_ns);

    pair->is_first_told |= window->len > 0;
    pair->is_doubtful |= window->len > 0 && !is_told;
    for (guint i = 0; is_told && i < window->len; i++) {
        struct oa_estimated_call *call = &g_array_index(window, struct oa_estimated_call, i);
        call->is_waiting = waits;
        call->score = score;
        pair->waiting += waits;
        if (listener->call)
            listener->call(listener->context, &pair->estimate, call);
    }
    g_array_set_size(window, 0);
    pair->window_clean = pair->window_orphans = 0;
    pair->is_window_doubtful = false;
}

static enum oa_estimate_doubt
doubt_of(const struct oa_pair *pair)
{
    const struct oa_estimate *estimate = &pair->estimate;

    if (estimate->doubt != OA_DOUBT_NONE)
        return estimate->doubt;
    if (is_padded(pair))
        return OA_DOUBT_PADDING;
    if (estimate->orphans)
        return OA_DOUBT_ORPHANS;
    if (estimate->overlaps)
        return OA_DOUBT_OVERLAPS;
    if (!pair->is_doubtful && (!estimate->calls || estimate->score >= OA_ESTIMATE_SCORE))
        return OA_DOUBT_NONE;
    return estimate->is_middle && !estimate->lossy ? OA_DOUBT_BEGINNING : OA_DOUBT_LOSS;
}

void
oa_pair_end(struct oa_pair *pair, const struct oa_shape_listener *listener)
{
    struct oa_estimate *estimate = &pair->estimate;

    take_waiting(pair, UINT64_MAX);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        pair->has_gap[side] |= pair->is_gap_next[side];
    if (pair->state != OA_PAIR_IDLE)
        complete(pair);
    oa_pair_tell(pair, listener, estimate->ended.time_ns);
    estimate->score = share(estimate->clean + (pair->is_bound && !estimate->is_middle),
                            estimate->calls + estimate->orphans + pair->is_bound);
    estimate->doubt = doubt_of(pair);
    estimate->kind = pair->waiting > 0 && 2 * (uint64_t)pair->waiting >= estimate->calls
                         ? OA_ESTIMATE_NOTIFICATIONS
                         : OA_ESTIMATE_CALLS;
    if (listener->ended)
        listener->ended(listener->context, estimate);
}
