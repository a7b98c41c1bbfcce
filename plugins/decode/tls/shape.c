/* shape.c
 * Connections inside TLS that have the shape of channels, and which of them belong together.
 * [MS-RPCH] 2.2.4.2 (CONN/A1), 2.2.4.5 (CONN/B1), 2.2.4.10 (IN_R1/A1), 2.2.4.22 (OUT_R1/A3)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape.h"

#include <string.h>

#include "tls/shape_mapi.h"
#include "tls/shape_middle.h"
#include "tls/shape_vc.h"
#include "tls/tls_wire.h"

/* The PDUs that begin channels. */
#define CONN_A1_BYTES 76
#define CONN_B1_BYTES 104
#define IN_SUCCESSOR_BYTES 88
#define OUT_SUCCESSOR_BYTES 96

/* The two channels of a virtual connection begin within that time. */
#define PAIR_NS (INT64_C(3) * 1000000000)

/* A capture without a record for so long may have been interrupted. */
#define INTERRUPTED_NS (INT64_C(5) * 1000000000)

/* Virtual connections that are tried as that of a successor; clients and servers. */
#define VCS_MAX 64
#define GROUPS_MAX 65536

/* Turns that a virtual connection needs, with the bind, where sizes do not show what it is, or are
 * padded. */
#define SETTLE_BY_ORDER_LEAST 8
#define SETTLE_BY_BLOCK_LEAST 1

/* In TLS 1.3 a server sends tickets (NewSessionTicket) when the handshake is over, which look like
 * its first data: so many at most, and no client answers them. */
#define TICKETS_MAX 4

/* Before the bind a client sends its head and CONN/B1, and the server its head, CONN/A3 and C2,
 * perhaps tickets. */
#define BURST_BEFORE_BIND 2
#define ANSWERS_BEFORE_BIND 5

/* An encrypted alert: level and description; if the suite is not known. */
#define ALERT_BYTES 2
#define MIDDLE_ALERT_MOST 6

/* Padding of TLS 1.3 to less is not looked for, and not before so many records. */
#define PADDED_TO 16
#define PADDED_LEAST 1

/* One of TLS 1.3: all but AES-CCM-8 protect alike. */
#define TLS_1_3_SUITE 0x1301

static int
compare_groups(const void *a, const void *b, void *unused)
{
    const struct oa_shape_group *left = a, *right = b;

    (void)unused;
    return oa_compare_client_and_server(&left->key, &right->key);
}

static void
free_group(void *data)
{
    struct oa_shape_group *group = data;

    g_ptr_array_unref(group->vcs);
    g_ptr_array_unref(group->one_way);
    g_ptr_array_unref(group->waiting);
    g_free(group);
}

struct oa_shapes *
oa_shapes_new(const struct oa_shape_listener *listener)
{
    struct oa_shapes *shapes = g_new0(struct oa_shapes, 1);

    shapes->listener = *listener;
    shapes->groups = g_tree_new_full(compare_groups, NULL, NULL, free_group);
    return shapes;
}

void
oa_shapes_free(struct oa_shapes *shapes)
{
    if (!shapes)
        return;
    g_tree_unref(shapes->groups);
    g_free(shapes);
}

static struct oa_shape_group *
group_of(GTree *groups, const struct oa_endpoint *client, const struct oa_endpoint *server)
{
    struct oa_shape_group wanted = { .n_shapes = 0 };

    memcpy(wanted.key.client, client->address, sizeof wanted.key.client);
    wanted.key.server = *server;
    struct oa_shape_group *group = g_tree_lookup(groups, &wanted);
    if (!group && g_tree_nnodes(groups) < GROUPS_MAX) {
        group = g_memdup2(&wanted, sizeof wanted);
        group->vcs = g_ptr_array_new();
        group->one_way = g_ptr_array_new();
        group->waiting = g_ptr_array_new();
        g_tree_insert(groups, group, group);
    }
    return group;
}

static void
leave_group(struct oa_shape *shape)
{
    struct oa_shape_group *group = shape->group;

    if (!group)
        return;
    for (int i = 0; i < OA_SHAPE_OUTS_MAX; i++)
        if (group->outs[i] == shape)
            group->outs[i] = NULL;
    if (--group->n_shapes == 0)
        g_tree_remove(shape->shapes->groups, group);
}

/* --- channels --- */

/* Whether nothing can have come between CONN/B1 and the record on the IN channel, so that it is the
 * bind, nor between that and its response. */
static bool
is_bind(const struct oa_shape *in, const struct oa_shape *out, const struct oa_shape_record *record)
{
    return !in->has_gap && in->n_burst <= BURST_BEFORE_BIND &&
           out->n_answers <= ANSWERS_BEFORE_BIND && out->heard <= record->last.frame;
}

static bool
is_proposed(const struct oa_shape *in, const struct oa_shape *out)
{
    for (guint i = 0; i < in->vcs->len; i++) {
        const struct oa_shape_vc *vc = g_ptr_array_index(in->vcs, i);
        if (g_ptr_array_find(vc->members, out, NULL))
            return true;
    }
    return false;
}

static void
propose(struct oa_shape *in, struct oa_shape *out, int64_t apart_ns,
        const struct oa_shape_record *record)
{
    bool is_by_block = MIN(in->is_in, out->is_out) >= OA_SHAPE_BY_BLOCK;
    struct oa_shape_vc *vc = oa_shape_propose(in, out);

    if (!vc)
        return;
    vc->apart_ns = apart_ns;
    vc->settle_least = is_by_block ? SETTLE_BY_BLOCK_LEAST : SETTLE_BY_ORDER_LEAST;
    struct oa_estimate *estimate = &vc->pair->estimate;
    estimate->has_exact_sizes = in->is_in == OA_SHAPE_BY_SIZE && out->is_out == OA_SHAPE_BY_SIZE;
    if (!is_bind(in, out, record))
        estimate->doubt = OA_DOUBT_LOSS;
    else if (is_by_block && !estimate->has_exact_sizes)
        estimate->doubt = OA_DOUBT_PADDING;
}

/* The first record behind CONN/B1, if it is that: the OUT channels that it may belong to. */
static void
find_partners(struct oa_shape *in, const struct oa_shape_record *record)
{
    for (int i = 0; in->group && i < OA_SHAPE_OUTS_MAX; i++) {
        struct oa_shape *out = in->group->outs[i];
        if (!out || out == in || !out->is_answered || out->is_out == OA_SHAPE_NONE ||
            out->role == OA_SHAPE_IN || is_proposed(in, out))
            continue;
        int64_t apart_ns = in->marked.time_ns - out->marked.time_ns;
        const struct oa_shape_vc *other = out->vcs->len ? g_ptr_array_index(out->vcs, 0) : NULL;
        if (ABS(apart_ns) <= PAIR_NS && !(other && other->is_settled))
            propose(in, out, ABS(apart_ns), record);
    }
}

/* A channel has been recycled when it has carried most of what it may: so it is that of the virtual
 * connection with most bytes. */
static void
succeed(struct oa_shape *shape, enum oa_shape_role role, const struct oa_shape_record *record)
{
    enum oa_side side = role == OA_SHAPE_IN ? OA_CLIENT : OA_SERVER;
    struct oa_shape_vc *best = NULL;

    for (guint i = 0; shape->group && i < shape->group->vcs->len && i < VCS_MAX; i++) {
        struct oa_shape_vc *vc = g_ptr_array_index(shape->group->vcs, i);
        if (!best || vc->pair->estimate.bytes[side].least > best->pair->estimate.bytes[side].least)
            best = vc;
    }
    if (!best)
        return;
    oa_pair_recycled(best->pair, record->last.time_ns);
    oa_shape_join(best, shape, role);
}

/* Whether all that the server has sent so far may be tickets. */
static bool
may_be_tickets(const struct oa_shape *shape)
{
    return shape->has_finished && shape->n_records[OA_SERVER] <= TICKETS_MAX;
}

/* Whether the record is the second of a request, behind its head. */
static bool
is_behind_head(const struct oa_shape *shape)
{
    return shape->n_burst == 1 || (shape->n_records[OA_CLIENT] == 2 && may_be_tickets(shape));
}

static bool
may_begin_channel(const struct oa_shape *shape, struct oa_tls_size size)
{
    if (shape->is_padded[OA_CLIENT])
        return size.least <= CONN_B1_BYTES && size.most >= CONN_A1_BYTES;
    return oa_tls_size_may_be(size, CONN_A1_BYTES) || oa_tls_size_may_be(size, CONN_B1_BYTES);
}

/* What a record of the client may begin. It may have a head too, or padding. */
static void
mark(struct oa_shape *shape, struct oa_tls_size size, const struct oa_shape_record *record)
{
    shape->marked = record->last;
    shape->is_answered = shape->is_refuted = shape->has_gap = false;
    shape->n_answers = 0;
    shape->is_in = size.most >= CONN_B1_BYTES ? OA_SHAPE_BY_ORDER : OA_SHAPE_NONE;
    shape->is_out = size.most >= CONN_A1_BYTES ? OA_SHAPE_BY_ORDER : OA_SHAPE_NONE;
    if (!is_behind_head(shape) || shape->role != OA_SHAPE_PLAIN)
        return;
    if (shape->is_padded[OA_CLIENT] && may_begin_channel(shape, size))
        shape->is_in = shape->is_out = OA_SHAPE_BY_BLOCK;
    if (oa_tls_size_may_be(size, CONN_B1_BYTES))
        shape->is_in = OA_SHAPE_BY_SIZE;
    else if (oa_tls_size_may_be(size, CONN_A1_BYTES))
        shape->is_out = OA_SHAPE_BY_SIZE;
    else if (oa_tls_size_may_be(size, IN_SUCCESSOR_BYTES))
        succeed(shape, OA_SHAPE_IN, record);
    else if (oa_tls_size_may_be(size, OUT_SUCCESSOR_BYTES))
        succeed(shape, OA_SHAPE_OUT, record);
}

/* An OUT channel whose client is silent has been answered. */
static void
await_partner(struct oa_shape *shape)
{
    struct oa_shape_group *group = shape->group;

    if (!group || shape->is_out == OA_SHAPE_NONE || shape->is_answered)
        return;
    for (int i = 0; i < OA_SHAPE_OUTS_MAX; i++)
        if (group->outs[i] == shape)
            return;
    group->outs[group->next_out++ % OA_SHAPE_OUTS_MAX] = shape;
}

/* --- exchanges of HTTP, on one connection --- */

static void
end_exchange(struct oa_shape *shape)
{
    if (!shape->has_exchange)
        return;
    if (shape->shapes->listener.exchange)
        shape->shapes->listener.exchange(shape->host, &shape->exchange);
    shape->wait = (struct oa_shape_wait){ 0 };
    shape->has_exchange = false;
}

/* Tickets between a head and its body are no response: more than one, of one size. */
static void
forget_tickets(struct oa_shape *shape)
{
    if (!may_be_tickets(shape) || shape->n_records[OA_SERVER] < 2 || !shape->ticket_bytes)
        return;
    shape->exchange.response_first = shape->exchange.response_last = (struct oa_stamp){ 0 };
    shape->exchange.bytes[OA_SERVER] = (struct oa_tls_size){ 0 };
    shape->wait.answered_ns = 0;
    shape->ticket_bytes = 0;
    shape->speaker = OA_CLIENT;
}

static void
take_exchange(struct oa_shape *shape, struct oa_tls_size size, const struct oa_shape_record *record)
{
    struct oa_estimated_call *exchange = &shape->exchange;

    if (record->by == OA_CLIENT && shape->speaker == OA_SERVER)
        forget_tickets(shape);
    if (record->by == OA_CLIENT && shape->speaker == OA_SERVER)
        end_exchange(shape);
    if (record->by == OA_CLIENT) {
        if (!shape->has_exchange)
            *exchange = (struct oa_estimated_call){ .request_first = record->first };
        shape->has_exchange = true;
        exchange->request_last = record->last;
    } else if (shape->has_exchange) {
        if (!exchange->response_first.frame)
            exchange->response_first = record->first;
        exchange->response_last = record->last;
    }
    exchange->bytes[record->by] = oa_tls_size_sum(exchange->bytes[record->by], size);
    oa_shape_mapi_record(shape, size, record);
}

/* --- records --- */

/* On the IN channel the server is silent, on the OUT channel the client. */
static void
contradict(struct oa_shape *shape, enum oa_shape_role role)
{
    if (shape->role == role && !oa_shape_is_settled(shape))
        oa_shape_drop_vcs(shape->vcs, NULL);
}

static void
take_from_client(struct oa_shape *shape, struct oa_tls_size size,
                 const struct oa_shape_record *record)
{
    bool begins = is_behind_head(shape) && may_begin_channel(shape, size);
    enum oa_shape_role role = shape->role; /* the PDU that makes a successor of it is no request */

    if (!oa_shape_is_settled(shape))
        take_exchange(shape, size, record);
    contradict(shape, OA_SHAPE_OUT);
    bool may_be_bind = shape->role == OA_SHAPE_PLAIN ||
                       (shape->role == OA_SHAPE_IN && !oa_shape_is_settled(shape) &&
                        shape->n_burst <= BURST_BEFORE_BIND);
    if (may_be_bind && shape->is_in != OA_SHAPE_NONE && !shape->is_refuted && !begins)
        find_partners(shape, record);
    if (!oa_shape_is_settled(shape))
        mark(shape, size, record);
    if (shape->role == OA_SHAPE_IN && (role == OA_SHAPE_IN || !oa_shape_is_settled(shape)))
        oa_shape_give(shape, size, record);
}

/* Whether the record of the server may be a ticket: with padding, where sizes do not show what the
 * channel is, only those of one size. */
static bool
is_ticket(const struct oa_shape *shape)
{
    if (!may_be_tickets(shape))
        return false;
    if (shape->is_padded[OA_SERVER])
        return shape->ticket_bytes != 0;
    return shape->is_in == OA_SHAPE_BY_SIZE || shape->role == OA_SHAPE_IN;
}

static void
take_from_server(struct oa_shape *shape, struct oa_tls_size size,
                 const struct oa_shape_record *record)
{
    bool may_be_ticket = is_ticket(shape);

    if (!oa_shape_is_settled(shape) && (shape->is_padded[OA_SERVER] || !may_be_ticket))
        take_exchange(shape, size, record);
    if (!may_be_ticket)
        contradict(shape, OA_SHAPE_IN);
    shape->heard = record->last.frame;
    shape->n_answers++;
    if (shape->role == OA_SHAPE_OUT) {
        oa_shape_give(shape, size, record);
    } else if (shape->role == OA_SHAPE_PLAIN && (shape->is_padded[OA_SERVER] || !may_be_ticket)) {
        await_partner(shape);
        shape->is_answered = true;
        shape->is_refuted = !may_be_ticket;
    }
}

/* In TLS 1.3 the handshake ends with encrypted messages: the server's up to the first record of the
 * client, and that one. An alert ends the connection. */
static bool
is_of_tls(struct oa_shape *shape, struct oa_tls_choice choice, enum oa_side by,
          struct oa_tls_size size)
{
    if (!choice.is_known || choice.version < OA_TLS_1_3)
        return false;
    bool is_handshake = !shape->has_finished;
    shape->has_finished |= by == OA_CLIENT;
    return is_handshake || size.most == ALERT_BYTES;
}

/* A record that may have been split off belongs to the next one; false if this is such. */
static bool
join_split(struct oa_shape *shape, struct oa_tls_choice choice, struct oa_tls_size *size,
           struct oa_shape_record *record)
{
    if (shape->has_prefix && record->by == shape->prefix_by) {
        *size = oa_tls_size_sum(*size, (struct oa_tls_size){ 0, 1 });
        record->first = shape->prefix_first;
    }
    shape->has_prefix = oa_tls_splits_records(choice) && size->least == 0;
    shape->prefix_by = record->by;
    shape->prefix_first = record->first;
    return !shape->has_prefix;
}

/* What the server chose; if that is not in the capture, what the end of the handshake shows, or
 * what it chose last with that client. */
static struct oa_tls_choice
choice_of(const struct oa_shape *shape)
{
    const struct oa_tls_facts *tls = oa_tls_facts_of(shape->tls);
    struct oa_tls_choice choice = shape->shown;

    if (tls && tls->has_server_hello)
        choice = (struct oa_tls_choice){ true, tls->version, tls->cipher_suite };
    if (!shape->group || !tls)
        return choice;
    if (!choice.is_known)
        return shape->group->choice;
    return shape->group->choice = choice;
}

/* Lengths of TLS 1.3 with padding are multiples, with the byte of the type: of as much as the least
 * significant bit shows that is set in one of them. */
static struct oa_tls_size
without_padding(struct oa_shape *shape, struct oa_tls_choice choice,
                const struct oa_shape_record *record, struct oa_tls_size size)
{
    if (!choice.is_known || choice.version < OA_TLS_1_3 || record->is_hidden)
        return size;
    uint64_t *sizes_or = &shape->sizes_or[record->by];
    *sizes_or |= size.most + 1;
    uint64_t padded_to = *sizes_or & -*sizes_or;
    bool is_padded = padded_to >= PADDED_TO && shape->n_records[record->by] >= PADDED_LEAST;
    shape->is_padded[record->by] = is_padded;
    if (is_padded)
        size.least = size.most + 1 - padded_to;
    return size;
}

/* Up to TLS 1.2 ChangeCipherSpec and Finished end a flight; in TLS 1.3 data follow a
 * ChangeCipherSpec, or a hello, at once. */
static void
see_handshake(struct oa_shape *shape, const struct oa_shape_record *record)
{
    const uint32_t switch_bytes = OA_TLS_HEADER + 1 + OA_TLS_HEADER;
    enum oa_side by = record->by;

    if (shape->last_type[by] == OA_TLS_APPLICATION_DATA || shape->shown.is_known)
        return;
    if (record->is_hidden) {
        if (!shape->has_hidden[by] && record->length > switch_bytes &&
            shape->last_type[by] == OA_TLS_RECORD_HANDSHAKE)
            shape->shown =
                oa_tls_choice_by_finished(shape->version[by], record->length - switch_bytes);
        shape->has_hidden[by] = true;
    } else if (record->type == OA_TLS_RECORD_HANDSHAKE && shape->has_switched[by]) {
        shape->shown = oa_tls_choice_by_finished(record->version, record->length);
    } else if (record->type == OA_TLS_APPLICATION_DATA && shape->last_type[by] &&
               !shape->has_hidden[by] &&
               (shape->has_switched[by] || shape->last_type[by] == OA_TLS_RECORD_HANDSHAKE)) {
        shape->shown = (struct oa_tls_choice){ true, OA_TLS_1_3, TLS_1_3_SUITE };
    }
}

/* Whether it is, or may be, data. */
static bool
may_be_data(struct oa_shape *shape, const struct oa_shape_record *record)
{
    enum oa_side by = record->by;

    see_handshake(shape, record);
    if (record->is_hidden)
        return shape->last_type[by] == OA_TLS_APPLICATION_DATA;
    shape->has_switched[by] = record->type == OA_TLS_RECORD_CHANGE_CIPHER_SPEC;
    shape->last_type[by] = record->type;
    shape->version[by] = record->version;
    return record->type == OA_TLS_APPLICATION_DATA;
}

static void
note_speaker(struct oa_shape *shape, enum oa_side by)
{
    shape->n_burst = by == OA_CLIENT ? shape->n_burst + 1 : 0;
    shape->speaker = by;
}

static void
take_middle(struct oa_shape *shape, const struct oa_shape_record *record)
{
    struct oa_tls_size size = oa_shape_middle_size(shape->middle, record);

    if (size.most <= MIDDLE_ALERT_MOST)
        return;
    shape->n_records[record->by]++;
    take_exchange(shape, size, record);
    note_speaker(shape, record->by);
    oa_shape_middle_take(shape, size, record);
}

static void
take_data(struct oa_shape *shape, const struct oa_shape_record *given)
{
    struct oa_shape_record record = *given;
    struct oa_tls_choice choice = choice_of(shape);
    const struct oa_tls_choice unknown = { .is_known = false };
    struct oa_tls_size size =
        oa_tls_record_size(record.is_hidden ? unknown : choice, record.length);

    if (is_of_tls(shape, choice, record.by, size) || !join_split(shape, choice, &size, &record))
        return;
    size = without_padding(shape, choice, &record, size);
    bool is_equal = !shape->n_records[OA_SERVER] || shape->ticket_bytes == size.most;
    shape->n_records[record.by]++;
    if (record.by == OA_CLIENT) {
        take_from_client(shape, size, &record);
    } else {
        shape->ticket_bytes = is_equal ? size.most : 0;
        take_from_server(shape, size, &record);
    }
    note_speaker(shape, record.by);
}

/* The first thing of a connection is data if the capture began later. */
static bool
is_middle(const struct oa_shape *shape, const struct oa_shape_record *record)
{
    const struct oa_tls_facts *tls = oa_tls_facts_of(shape->tls);

    return !shape->begun.frame && !record->is_hidden && record->type == OA_TLS_APPLICATION_DATA &&
           !(tls && tls->has_server_hello);
}

/* A capture that was interrupted begins again: so may one in which nothing happened. */
static void
note_capture(struct oa_shapes *shapes, int64_t now_ns)
{
    if (!shapes->begun_ns || now_ns - shapes->now_ns > INTERRUPTED_NS)
        shapes->begun_ns = now_ns;
    shapes->now_ns = now_ns;
}

static void
on_record(void *context, const struct oa_shape_record *record)
{
    struct oa_shape *shape = context;

    if (is_middle(shape, record))
        shape->middle = oa_shape_middle_new();
    if (!shape->begun.frame)
        shape->begun = record->first;
    note_capture(shape->shapes, record->last.time_ns);
    if (!may_be_data(shape, record))
        return;
    if (shape->middle)
        take_middle(shape, record);
    else
        take_data(shape, record);
}

static void
on_gap(void *context, enum oa_side by)
{
    struct oa_shape *shape = context;
    bool is_of_calls = shape->role == (by == OA_CLIENT ? OA_SHAPE_IN : OA_SHAPE_OUT);

    shape->has_gap |= by == OA_CLIENT;
    if (shape->middle && shape->n_records[by])
        shape->middle->has_more = true;

    for (guint i = 0; is_of_calls && i < shape->vcs->len; i++)
        oa_pair_gap(((struct oa_shape_vc *)g_ptr_array_index(shape->vcs, i))->pair, by);
}

/* --- the connection --- */

struct oa_shape *
oa_shape_new(struct oa_shapes *shapes, const struct oa_tls *tls, const struct oa_endpoint *client,
             const struct oa_endpoint *server, const bool is_waiting[2], void *host)
{
    struct oa_shape *shape = g_new0(struct oa_shape, 1);

    *shape = (struct oa_shape){ .shapes = shapes,
                                .group = group_of(shapes->groups, client, server),
                                .tls = tls,
                                .host = host,
                                .is_waiting = is_waiting,
                                .client = *client,
                                .server = *server,
                                .speaker = OA_SERVER,
                                .vcs = g_ptr_array_new() };
    if (shape->group)
        shape->group->n_shapes++;
    shape->records.listener = (struct oa_shape_record_listener){ shape, on_record, on_gap };
    return shape;
}

void
oa_shape_data(struct oa_shape *shape, enum oa_side side, const uint8_t *data, size_t length,
              struct oa_stamp stamp)
{
    if (shape)
        oa_shape_records_data(&shape->records, side, data, length, stamp);
}

void
oa_shape_cut(struct oa_shape *shape, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    if (shape)
        oa_shape_records_cut(&shape->records, side, bytes, stamp);
}

void
oa_shape_lost(struct oa_shape *shape, enum oa_side side, uint64_t bytes)
{
    if (shape)
        oa_shape_records_lost(&shape->records, side, bytes);
}

static void
free_shape(struct oa_shape *shape)
{
    oa_shape_middle_free(shape);
    oa_shape_mapi_drop(shape);
    leave_group(shape);
    g_ptr_array_unref(shape->vcs);
    g_free(shape);
}

bool
oa_shape_end(struct oa_shape *shape, struct oa_stamp last, bool is_open)
{
    if (!shape)
        return false;
    end_exchange(shape);
    oa_shape_settle_at_end(shape);
    oa_shape_mapi_end(shape, last, is_open);
    struct oa_shape_vc *vc = shape->vcs->len ? g_ptr_array_index(shape->vcs, 0) : NULL;
    if (vc) {
        struct oa_estimate *estimate = &vc->pair->estimate;
        estimate->is_open |= is_open;
        if (last.time_ns > estimate->ended.time_ns)
            estimate->ended = last;
        oa_shape_leave_vc(shape, vc);
    }
    free_shape(shape);
    return vc != NULL;
}

void
oa_shape_drop(struct oa_shape *shape)
{
    if (!shape)
        return;
    oa_shape_drop_vcs(shape->vcs, NULL);
    if (shape->vcs->len)
        oa_shape_leave_vc(shape, g_ptr_array_index(shape->vcs, 0));
    free_shape(shape);
}
