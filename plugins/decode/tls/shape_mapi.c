/* shape_mapi.c
 * Sessions of MAPI over HTTP by their waits for notifications.
 *
 * The body of NotificationWait has 8 bytes, in a record behind that of the head. The response
 * begins at once with its head and PROCESSING; while nothing happens a chunk with PENDING follows
 * every 15 s or so; the rest comes with a notification, or after minutes. Then the client waits
 * again. A session has one of these at a time, so one that waits on another connection, while the
 * connection of the last one is idle, goes on with it.
 *
 * [MS-OXCMAPIHTTP] 2.2.4.4 (NotificationWait), 2.2.7 (PROCESSING, PENDING, DONE)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape_mapi.h"

#define NS_PER_S INT64_C(1000000000)

#define BODY_BYTES 8

/* PENDING in a chunk, with a line end or without. */
#define PENDING_LEAST 12
#define PENDING_MOST 16

/* A ticket is shorter; so is what comes with a notification. */
#define TICKET_MOST 1024
#define REST_MOST 1024

/* The response begins, and goes on, in so much time at least and at most. */
#define BEGIN_NS NS_PER_S
#define WAIT_NS (2 * NS_PER_S)
#define PENDING_NS (5 * NS_PER_S)

/* The next wait follows the one before within that time. */
#define NEXT_NS NS_PER_S

/* Sessions of a client and server that are searched for the one that goes on. */
#define SESSIONS_MAX 64

/* Waits, where one with a PENDING counts twice, that show a session. */
#define EVIDENCE_LEAST 2

struct oa_shape_session {
    struct oa_estimate estimate;
    struct oa_stamp waited; /* the end of the last wait */
    unsigned evidence;
};

static void
count_exchange(struct oa_shape *shape)
{
    shape->is_undecided = false;
    if (shape->group)
        shape->group->n_exchanges++;
}

/* Whether the record is a ticket, as the one before was: two of a size are the first that the
 * server sends in TLS 1.3. If it is the first one, that shows later. */
static bool
is_ticket(struct oa_shape *shape, struct oa_tls_size size)
{
    unsigned n = shape->has_finished ? shape->n_records[OA_SERVER] : 0;
    bool is_second = n == 2 && size.most == shape->first_bytes && size.most < TICKET_MOST;

    if (n == 1) {
        shape->first_bytes = size.most;
        shape->is_undecided = true;
    } else if (is_second) {
        shape->is_undecided = false;
        shape->wait.answered_ns = 0;
    } else if (shape->is_undecided) {
        count_exchange(shape);
    }
    return is_second;
}

static bool
has_body_of_wait(const struct oa_shape_wait *wait)
{
    return wait->n_request == 2 && oa_tls_size_may_be(wait->request_last, BODY_BYTES);
}

/* Whether the exchange looks like one so far. */
static bool
is_wait(const struct oa_shape *shape)
{
    const struct oa_shape_wait *wait = &shape->wait;
    int64_t asked_ns = shape->exchange.request_last.time_ns;

    return has_body_of_wait(wait) && !wait->is_other && wait->answered_ns && asked_ns &&
           wait->answered_ns - asked_ns < BEGIN_NS &&
           wait->ended.time_ns - wait->answered_ns >= WAIT_NS && shape->role == OA_SHAPE_PLAIN;
}

/* Whether the request may not have been answered yet. */
static bool
is_under_way(const struct oa_shape_wait *wait)
{
    return has_body_of_wait(wait) && (!wait->is_noted || wait->is_pending);
}

/* One that waited on another connection just before, and does so no more. */
static struct oa_shape *
find_idle(const struct oa_shape *shape)
{
    const GPtrArray *waiting = shape->group->waiting;
    int64_t now_ns = shape->exchange.request_first.time_ns;

    for (guint i = 0; i < waiting->len && i < SESSIONS_MAX; i++) {
        struct oa_shape *other = g_ptr_array_index(waiting, i);
        int64_t idle_ns = now_ns - other->session->waited.time_ns;
        if (idle_ns >= 0 && idle_ns <= NEXT_NS && !is_under_way(&other->wait))
            return other;
    }
    return NULL;
}

static void
begin_session(struct oa_shape *shape)
{
    const struct oa_tls_facts *tls = oa_tls_facts_of(shape->tls);
    struct oa_shape_session *session = g_new0(struct oa_shape_session, 1);
    struct oa_estimate *estimate = &session->estimate;

    estimate->kind = OA_ESTIMATE_MAPI_HTTP;
    estimate->doubt = OA_DOUBT_HTTP;
    estimate->client = shape->client;
    estimate->server = shape->server;
    estimate->begun = shape->begun;
    estimate->is_middle = shape->middle != NULL;
    if (tls) {
        g_strlcpy(estimate->sni, tls->sni, sizeof estimate->sni);
        estimate->tls_version = tls->version;
        estimate->cipher_suite = tls->cipher_suite;
    }
    shape->session = session;
}

static void
note_wait(struct oa_shape *shape)
{
    struct oa_shape *before = shape->session ? NULL : find_idle(shape);

    if (!shape->session)
        g_ptr_array_add(shape->group->waiting, shape);
    if (before) {
        shape->session = g_steal_pointer(&before->session);
        g_ptr_array_remove_fast(shape->group->waiting, before);
    } else if (!shape->session) {
        begin_session(shape);
    }
    shape->wait.is_noted = true;
    shape->session->evidence++;
    shape->session->estimate.waits++;
}

void
oa_shape_mapi_record(struct oa_shape *shape, struct oa_tls_size size,
                     const struct oa_shape_record *record)
{
    struct oa_shape_wait *wait = &shape->wait;

    if (record->by == OA_CLIENT) {
        wait->n_request++;
        wait->request_last = size;
        return;
    }
    if (is_ticket(shape, size))
        return;
    bool is_pending = size.least <= PENDING_MOST && size.most >= PENDING_LEAST;
    int64_t paused_ns = record->first.time_ns - wait->ended.time_ns;
    int64_t answered_ns = record->first.time_ns - wait->answered_ns;
    wait->is_pending = false;
    if (!wait->answered_ns) {
        wait->answered_ns = record->first.time_ns;
        if (!shape->is_undecided)
            count_exchange(shape);
    } else if (paused_ns >= PENDING_NS && is_pending) {
        wait->is_pending = true;
    } else if (paused_ns < WAIT_NS && answered_ns >= WAIT_NS) {
        wait->is_other = true;
    }
    wait->ended = record->last;
    if (!wait->is_noted && shape->group && size.most < REST_MOST && is_wait(shape))
        note_wait(shape);
    if (!wait->is_noted || !shape->session) /* it has gone on elsewhere */
        return;
    shape->session->waited = record->last;
    shape->session->evidence += wait->is_pending && !wait->has_pending;
    wait->has_pending |= wait->is_pending;
}

static void
free_session(struct oa_shape *shape)
{
    if (!shape->session)
        return;
    g_ptr_array_remove_fast(shape->group->waiting, shape);
    g_clear_pointer(&shape->session, g_free);
}

void
oa_shape_mapi_end(struct oa_shape *shape, struct oa_stamp last, bool is_open)
{
    const struct oa_shape_listener *listener = &shape->shapes->listener;
    struct oa_shape_session *session = shape->session;

    if (shape->is_undecided)
        count_exchange(shape);
    if (session && session->evidence >= EVIDENCE_LEAST) {
        struct oa_estimate *estimate = &session->estimate;
        estimate->number = shape->shapes->n_estimates++;
        estimate->ended = last;
        estimate->is_open = is_open;
        estimate->exchanges = shape->group->n_exchanges;
        estimate->score = 1 - 1.0 / (1 + session->evidence);
        if (listener->ended)
            listener->ended(listener->context, estimate);
    }
    free_session(shape);
}

void
oa_shape_mapi_drop(struct oa_shape *shape)
{
    free_session(shape);
}
