/* events_behind.c
 * What the decoder emits, taken in a thread of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "events_behind.h"

#include <glib.h>
#include <string.h>

#include "http/http_exchange.h"
#include "object_copies.h"

struct events_behind {
    const struct events_taker *taker;
    void *context;       /* of its functions */
    int64_t interval_ns; /* in which segments count together */
    struct task_queue *queue;
    struct object_copies *copies;
    GPtrArray *lent;
    struct oa_http_exchange exchange; /* of the event that is taken; in that thread */
};

struct events_behind *
events_behind_new(struct task_queue *queue, const struct events_taker *taker, void *context,
                  int64_t interval_ns)
{
    struct events_behind *behind = g_new0(struct events_behind, 1);

    behind->taker = taker;
    behind->context = context;
    behind->interval_ns = interval_ns;
    behind->queue = queue;
    behind->copies = object_copies_new(queue);
    behind->lent = g_ptr_array_new();
    return behind;
}

void
events_behind_forget(struct events_behind *behind)
{
    object_copies_forget(behind->copies);
    task_queue_drain(behind->queue);
}

void
events_behind_free(struct events_behind *behind)
{
    if (!behind)
        return;
    object_copies_free(behind->copies);
    g_ptr_array_unref(behind->lent);
    g_free(behind);
}

/* What the next task of what happens may look at, and no later one. */
static void *
lend(struct events_behind *behind, const void *data, size_t length)
{
    void *copy = data ? g_memdup2(data, length) : NULL;

    if (copy)
        g_ptr_array_add(behind->lent, copy);
    return copy;
}

/* That task has been added. */
static void
end_lending(struct events_behind *behind)
{
    if (behind->lent->len == 0) /* as after most events */
        return;
    for (guint i = 0; i < behind->lent->len; i++)
        task_queue_free_later(behind->queue, g_ptr_array_index(behind->lent, i), g_free);
    g_ptr_array_set_size(behind->lent, 0);
}

/* --- frames and segments --- */

struct frame {
    const struct events_behind *behind;
    size_t file;
    int64_t time_ns;
};

static void
take_frame(void *task)
{
    const struct frame *frame = task;

    frame->behind->taker->frame(frame->behind->context, frame->file, frame->time_ns);
}

void
events_behind_frame(struct events_behind *behind, size_t file, int64_t time_ns)
{
    object_copies_sweep(behind->copies);
    struct frame *frame = task_queue_add(behind->queue, take_frame, sizeof *frame);
    *frame = (struct frame){ behind, file, time_ns };
}

struct gap {
    const struct events_behind *behind;
    size_t file;
};

static void
take_gap(void *task)
{
    const struct gap *gap = task;

    gap->behind->taker->gap(gap->behind->context, gap->file);
}

void
events_behind_gap(struct events_behind *behind, size_t file)
{
    struct gap *gap = task_queue_add(behind->queue, take_gap, sizeof *gap);

    *gap = (struct gap){ behind, file };
}

struct clock_step {
    const struct events_behind *behind;
    int64_t before_ns;
    struct oa_stamp first;
};

static void
take_clock_step(void *task)
{
    const struct clock_step *step = task;

    step->behind->taker->clock_step(step->behind->context, step->before_ns, step->first);
}

void
events_behind_clock_step(struct events_behind *behind, int64_t before_ns, struct oa_stamp first)
{
    struct clock_step *step = task_queue_add(behind->queue, take_clock_step, sizeof *step);

    *step = (struct clock_step){ behind, before_ns, first };
}

struct counted {
    const struct events_behind *behind;
    struct connection *connection;
    struct counted_facts facts;
};

static void
take_counted(void *task)
{
    const struct counted *counted = task;
    const struct counted_facts *facts = &counted->facts;

    memcpy(counted->connection, facts->moving, CONNECTION_MOVING);
    counted->connection->is_swapped = facts->is_swapped;
    counted->behind->taker->counted(counted->behind->context, counted->connection, facts->stamp);
}

/* What has come for the connection, up to the last segment that counts together. */
static void
add_counted(struct events_behind *behind, struct connection *connection)
{
    struct connection *copy = copy_of_counted(behind->copies, connection);
    struct counted_facts *facts = counted_facts_of(connection);

    if (!facts->is_there)
        return;
    struct counted *counted = task_queue_add(behind->queue, take_counted, sizeof *counted);
    *counted = (struct counted){ behind, copy, *facts };
    facts->is_there = false;
}

/* Segments of the same interval count together. */
void
events_behind_counted(struct events_behind *behind, struct connection *connection,
                      struct oa_stamp stamp)
{
    int64_t rest_ns = stamp.time_ns % behind->interval_ns;
    int64_t interval = stamp.time_ns / behind->interval_ns - (rest_ns < 0);

    copy_of_counted(behind->copies, connection);
    struct counted_facts *facts = counted_facts_of(connection);
    if (facts->is_there && facts->interval != interval)
        add_counted(behind, connection);
    facts->is_there = true;
    facts->interval = interval;
    facts->stamp = stamp;
    facts->is_swapped = connection->is_swapped;
    memcpy(facts->moving, connection, CONNECTION_MOVING);
}

/* --- connections --- */

struct ended {
    const struct events_behind *behind;
    struct connection_row row;
};

static void
take_ended(void *task)
{
    const struct ended *ended = task;

    ended->behind->taker->connection(ended->behind->context, &ended->row);
}

static const struct oa_tls_facts *
lend_tls(struct events_behind *behind, const struct oa_tls_facts *tls)
{
    struct oa_tls_facts *copy = lend(behind, tls, sizeof *tls);

    if (copy)
        copy->certificate = lend(behind, tls->certificate, sizeof *tls->certificate);
    return copy;
}

/* A connection with a channel is named until that has closed. */
void
events_behind_connection(struct events_behind *behind, const struct connection_row *row)
{
    struct connection_row copy = *row;

    if (row->channel)
        copy_of_session(behind->copies, row->channel->vc);
    copy.channel = copy_of_channel(behind->copies, row->channel);
    add_counted(behind, row->tcp);
    copy.tcp = copy_of_connection(behind->copies, row->tcp);
    copy.tls = lend_tls(behind, row->tls);
    struct ended *ended = task_queue_add(behind->queue, take_ended, sizeof *ended);
    *ended = (struct ended){ behind, copy };
    end_lending(behind);
    if (!row->channel)
        object_copies_end_connection(behind->copies, row->tcp);
}

/* --- events --- */

/* What is there of an event. */
struct happened {
    struct events_behind *behind;
    enum oa_event_type type;
    enum oa_side side;
    struct oa_stamp first, last;
    struct oa_channel *channel;
    struct oa_virtual_connection *vc;
    const struct oa_auth_exchange *exchange;
    const struct oa_finding *finding;
    struct connection *host;
    bool has_mapi, has_head; /* an exchange of MAPI over HTTP, with the head of a response */
    unsigned status;
};

static void
take_happened(struct happened *happened, struct oa_call *call)
{
    struct events_behind *behind = happened->behind;
    struct oa_event event = { .type = happened->type,
                              .first = happened->first,
                              .last = happened->last,
                              .side = happened->side,
                              .channel = happened->channel,
                              .vc = happened->vc,
                              .call = call,
                              .exchange = happened->exchange,
                              .finding = happened->finding,
                              .host = happened->host,
                              .mapi = happened->has_mapi ? &behind->exchange : NULL };

    behind->exchange.response.has_head = happened->has_head;
    behind->exchange.response.head.status = happened->status;
    behind->taker->event(behind->context, &event);
}

static struct happened
happened_of(struct events_behind *behind, const struct oa_event *event)
{
    struct happened happened = { .behind = behind,
                                 .type = event->type,
                                 .side = event->side,
                                 .first = event->first,
                                 .last = event->last,
                                 .has_mapi = event->mapi != NULL };

    if (!event->mapi)
        return happened;
    happened.has_head = event->mapi->response.has_head;
    happened.status = event->mapi->response.head.status;
    return happened;
}

static void
take_event(void *task)
{
    take_happened(task, NULL);
}

static void
add_event(struct events_behind *behind, const struct happened *happened)
{
    *(struct happened *)task_queue_add(behind->queue, take_event, sizeof *happened) = *happened;
}

struct call {
    struct happened happened;
    struct oa_call call;
};

static void
take_call(void *task)
{
    struct call *call = task;

    take_happened(&call->happened, &call->call);
}

static void
add_call(struct events_behind *behind, const struct happened *happened, const struct oa_call *of,
         struct oa_virtual_connection *vc)
{
    struct call *call = task_queue_add(behind->queue, take_call, sizeof *call);

    call->happened = *happened;
    call->call = *of;
    call->call.vc = vc;
    call->call.mailbox = NULL;
    call->call.rops = NULL;
    call->call.joined = NULL;
}

/* An RPC PDU adds to what its session has carried on the hop. */
struct pdu {
    struct happened happened;
    struct oa_traffic traffic[2];
};

static void
take_pdu(void *task)
{
    struct pdu *pdu = task;
    const struct happened *happened = &pdu->happened;

    memcpy(happened->vc->traffic[happened->channel->hop], pdu->traffic, sizeof pdu->traffic);
    take_happened(&pdu->happened, NULL);
}

static void
add_pdu(struct events_behind *behind, const struct happened *happened,
        const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    struct pdu *pdu = task_queue_add(behind->queue, take_pdu, sizeof *pdu);

    pdu->happened = *happened;
    memcpy(pdu->traffic, vc->traffic[hop], sizeof pdu->traffic);
}

/* What happens often brings up to date only what counts of it, as long as the copies say where that
 * counts. False: they do not. */
static bool
add_often(struct events_behind *behind, const struct oa_event *event, struct happened *happened)
{
    struct oa_virtual_connection *of_channel;

    if (!event->channel)
        return false;
    of_channel = copy_of_placed_session(event->channel->vc);
    happened->channel = copy_of_placed_channel(event->channel, of_channel);
    happened->vc = event->vc == event->channel->vc ? of_channel : copy_of_placed_session(event->vc);
    if (!happened->channel || !happened->vc != !event->vc)
        return false;
    if (event->type == OA_EVENT_RPC && event->vc) {
        add_pdu(behind, happened, event->vc, event->channel->hop);
    } else if (event->type == OA_EVENT_HTTP_HEAD && event->mapi) {
        copy_of_connection(behind->copies, event->channel->host);
        add_event(behind, happened);
    }
    return true;
}

static const struct oa_auth_exchange *
lend_exchange(struct events_behind *behind, const struct oa_auth_exchange *exchange)
{
    struct oa_auth_exchange *copy = lend(behind, exchange, sizeof *exchange);

    copy->channel = copy_of_channel(behind->copies, exchange->channel);
    copy->vc = copy_of_session(behind->copies, exchange->vc);
    copy->client = lend(behind, exchange->client, sizeof *exchange->client);
    copy->server = lend(behind, exchange->server, sizeof *exchange->server);
    return copy;
}

/* Of a channel where it counts. */
static struct oa_channel *
copy_of_called_channel(struct object_copies *copies, struct oa_channel *channel)
{
    struct oa_channel *placed;

    if (!channel)
        return NULL;
    placed = copy_of_placed_channel(channel, copy_of_placed_session(channel->vc));
    if (placed)
        return placed;
    copy_of_session(copies, channel->vc);
    return copy_of_channel(copies, channel);
}

/* A call that is over. What the session has carried is told with its PDUs, or, if there are none,
 * with MAPI over HTTP, with its calls. */
static void
add_over(struct events_behind *behind, const struct oa_event *event, struct happened *happened)
{
    struct object_copies *copies = behind->copies;
    struct oa_virtual_connection *vc = event->vc, *called = event->call->vc;

    happened->channel = copy_of_called_channel(copies, event->channel);
    happened->vc = event->mapi ? copy_of_session(copies, vc) : copy_of_called_session(copies, vc);
    add_call(behind, happened, event->call,
             called == vc  ? happened->vc
             : event->mapi ? copy_of_session(copies, called)
                           : copy_of_called_session(copies, called));
}

/* With everything that it points to. */
static void
add_whole(struct events_behind *behind, const struct oa_event *event, struct happened *happened)
{
    struct object_copies *copies = behind->copies;

    if (event->vc)
        copy_of_session(copies, event->vc->joined);
    if (event->channel && event->channel->vc != event->vc)
        copy_of_session(copies, event->channel->vc);
    happened->vc = copy_of_session(copies, event->vc);
    happened->channel = copy_of_channel(copies, event->channel);
    if (event->type == OA_EVENT_AUTH_DONE)
        happened->exchange = lend_exchange(behind, event->exchange);
    happened->finding = lend(behind, event->finding, sizeof *event->finding);
    if (event->type == OA_EVENT_FINDING && !event->channel)
        happened->host = lend(behind, event->host, sizeof(struct connection));
    add_event(behind, happened);
}

void
events_behind_event(struct events_behind *behind, const struct oa_event *event)
{
    /* The others: */
    static const bool IS_RARE[OA_EVENT_MAPI_HEAD + 1] = {
        [OA_EVENT_CHANNEL_OPENED] = true, [OA_EVENT_CHANNEL_CLOSED] = true,
        [OA_EVENT_VC_OPENED] = true,      [OA_EVENT_VC_CLOSED] = true,
        [OA_EVENT_AUTH_DONE] = true,      [OA_EVENT_FINDING] = true,
        [OA_EVENT_VC_JOINED] = true,
    };
    struct happened happened = happened_of(behind, event);

    if (event->type == OA_EVENT_CALL)
        add_over(behind, event, &happened);
    else if (IS_RARE[event->type] || !add_often(behind, event, &happened))
        add_whole(behind, event, &happened);
    end_lending(behind);
    if (event->type == OA_EVENT_VC_CLOSED || event->type == OA_EVENT_VC_JOINED)
        object_copies_end_session(behind->copies, event->vc);
    if (event->type == OA_EVENT_CHANNEL_CLOSED)
        object_copies_end_channel(behind->copies, event->channel);
}
