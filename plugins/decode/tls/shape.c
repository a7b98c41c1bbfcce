/* shape.c
 * Connections inside TLS that have the shape of channels, and which of them belong together.
 * [MS-RPCH] 2.2.4.2 (CONN/A1), 2.2.4.5 (CONN/B1), 2.2.4.10 (IN_R1/A1), 2.2.4.22 (OUT_R1/A3)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape.h"

#include <string.h>

#include "tls/shape_pair.h"
#include "tls/shape_records.h"
#include "tls/tls_wire.h"

/* The PDUs that begin channels. */
#define CONN_A1_BYTES 76
#define CONN_B1_BYTES 104
#define IN_SUCCESSOR_BYTES 88
#define OUT_SUCCESSOR_BYTES 96

/* The two channels of a virtual connection begin within that time. */
#define PAIR_NS (INT64_C(3) * 1000000000)

/* The last OUT channels of a client and server that wait for an IN channel; virtual connections
 * that are tried as that of a successor; clients and servers. */
#define OUTS_MAX 8
#define VCS_MAX 64
#define GROUPS_MAX 65536

/* Pairs are told apart by that many exchanges, or not. */
#define SETTLE_LEAST 3
#define SETTLE_MOST 32

/* In TLS 1.3 a server sends tickets (NewSessionTicket) when the handshake is over, which look like
 * its first data: so many at most, and no client answers them. */
#define TICKETS_MAX 4

/* Before the bind a client sends its head and CONN/B1, and the server its head, CONN/A3 and C2,
 * perhaps tickets. */
#define BURST_BEFORE_BIND 2
#define ANSWERS_BEFORE_BIND 5

/* An encrypted alert: level and description. */
#define ALERT_BYTES 2

/* One of TLS 1.3: all but AES-CCM-8 protect alike. */
#define TLS_1_3_SUITE 0x1301

enum role { PLAIN, IN, OUT };

/* How a channel was told from other connections. */
enum evidence { NONE, BY_ORDER, BY_SIZE };

/* A client and a server. */
struct group {
    struct oa_client_and_server key;
    unsigned n_shapes;
    struct oa_tls_choice choice;     /* of the last one */
    struct oa_shape *outs[OUTS_MAX]; /* NULL: none; the oldest is replaced */
    unsigned next_out;
    GPtrArray *vcs; /* of struct vc: settled */
};

/* Two channels that are a virtual connection if it is settled, or could be. */
struct vc {
    struct oa_pair *pair;
    struct group *group;
    GPtrArray *members; /* of struct oa_shape: its connections that are open */
    int64_t apart_ns;
    bool is_settled;
};

struct oa_shapes {
    struct oa_shape_listener listener;
    GTree *groups;
    uint64_t n_estimates;
};

struct oa_shape {
    struct oa_shapes *shapes;
    struct group *group; /* NULL: there are too many */
    const struct oa_tls *tls;
    const bool *is_waiting; /* by sender: bytes are missing that may still be found */
    void *host;
    struct oa_shape_records records;
    struct oa_endpoint client, server;
    struct oa_stamp begun;
    enum role role;
    enum oa_side speaker;       /* of the last record */
    unsigned n_records[2];      /* behind the handshake */
    unsigned n_burst;           /* records of the client since the server spoke */
    uint8_t last_type[2];       /* of the last record that was not hidden, by sender, */
    uint16_t version[2];        /* and its version */
    bool has_switched[2];       /* a ChangeCipherSpec was seen, and no other record since: */
    bool has_hidden[2];         /* something was hidden in the handshake */
    struct oa_tls_choice shown; /* what the end of the handshake shows, if the hello is missing */
    bool has_finished;          /* TLS 1.3: the client has sent the end of the handshake */
    uint64_t ticket_bytes;      /* of the server's records so far, if all are equal; else 0 */
    bool has_prefix;            /* a record of 0 or 1 bytes, see oa_tls_splits_records(): */
    enum oa_side prefix_by;
    struct oa_stamp prefix_first;
    enum evidence is_in, is_out; /* by the last record of the client */
    struct oa_stamp marked;      /* that record */
    bool is_answered;            /* the server has spoken since */
    unsigned n_answers;          /* its records since */
    uint64_t heard;              /* frame of the last of them */
    bool has_gap;                /* something of the client is missing since */
    GPtrArray *vcs;              /* of struct vc: that it may belong to, or one that is settled */
    bool has_exchange;           /* of HTTP, under way */
    struct oa_estimated_call exchange;
};

static int
compare_groups(const void *a, const void *b, void *unused)
{
    const struct group *left = a, *right = b;

    (void)unused;
    return oa_compare_client_and_server(&left->key, &right->key);
}

static void
free_group(void *data)
{
    struct group *group = data;

    g_ptr_array_unref(group->vcs);
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

static struct group *
group_of(GTree *groups, const struct oa_endpoint *client, const struct oa_endpoint *server)
{
    struct group wanted = { .n_shapes = 0 };

    memcpy(wanted.key.client, client->address, sizeof wanted.key.client);
    wanted.key.server = *server;
    struct group *group = g_tree_lookup(groups, &wanted);
    if (!group && g_tree_nnodes(groups) < GROUPS_MAX) {
        group = g_memdup2(&wanted, sizeof wanted);
        group->vcs = g_ptr_array_new();
        g_tree_insert(groups, group, group);
    }
    return group;
}

static void
leave_group(struct oa_shape *shape)
{
    struct group *group = shape->group;

    if (!group)
        return;
    for (int i = 0; i < OUTS_MAX; i++)
        if (group->outs[i] == shape)
            group->outs[i] = NULL;
    if (--group->n_shapes == 0)
        g_tree_remove(shape->shapes->groups, group);
}

/* --- virtual connections --- */

static void
drop_vc(struct vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++) {
        struct oa_shape *member = g_ptr_array_index(vc->members, i);
        g_ptr_array_remove(member->vcs, vc);
        if (!member->vcs->len)
            member->role = PLAIN;
    }
    if (vc->is_settled)
        g_ptr_array_remove(vc->group->vcs, vc);
    g_ptr_array_unref(vc->members);
    oa_pair_free(vc->pair);
    g_free(vc);
}

static void
join_vc(struct vc *vc, struct oa_shape *shape, enum role role)
{
    shape->role = role;
    g_ptr_array_add(vc->members, shape);
    g_ptr_array_add(shape->vcs, vc);
}

static void
propose(struct oa_shape *in, struct oa_shape *out, int64_t apart_ns, bool is_bind)
{
    const struct oa_tls_facts *tls = oa_tls_facts_of(out->tls);
    struct vc *vc = g_new0(struct vc, 1);
    struct oa_estimate *estimate;

    vc->pair = oa_pair_new();
    vc->group = in->group;
    vc->members = g_ptr_array_new();
    vc->apart_ns = apart_ns;
    join_vc(vc, in, IN);
    join_vc(vc, out, OUT);
    estimate = &vc->pair->estimate;
    estimate->client = out->client;
    estimate->server = out->server;
    estimate->in_port = in->client.port;
    estimate->begun = in->begun.time_ns < out->begun.time_ns ? in->begun : out->begun;
    estimate->doubt = is_bind ? OA_DOUBT_NONE : OA_DOUBT_LOSS;
    estimate->has_exact_sizes = in->is_in == BY_SIZE && out->is_out == BY_SIZE;
    if (tls) {
        g_strlcpy(estimate->sni, tls->sni, sizeof estimate->sni);
        estimate->tls_version = tls->version;
        estimate->cipher_suite = tls->cipher_suite;
    }
}

/* How well the channels fit: sizes cannot be right by chance as often as turns are. */
static int64_t
fit_of(const struct vc *vc)
{
    const struct oa_estimate *estimate = &vc->pair->estimate;

    return (int64_t)(oa_pair_clean(vc->pair) + oa_pair_is_bound(vc->pair) +
                     estimate->has_exact_sizes) -
           2 * (int64_t)(estimate->orphans + estimate->overlaps);
}

static bool
is_better(const struct vc *a, const struct vc *b)
{
    int64_t left = fit_of(a), right = fit_of(b);

    return left != right ? left > right : a->apart_ns < b->apart_ns;
}

static struct vc *
best_of(const GPtrArray *vcs)
{
    struct vc *best = NULL;

    for (guint i = 0; i < vcs->len; i++) {
        struct vc *vc = g_ptr_array_index(vcs, i);
        if (!best || is_better(vc, best))
            best = vc;
    }
    return best;
}

static void
drop_others(GPtrArray *vcs, const struct vc *kept)
{
    for (guint i = vcs->len; i > 0; i--) {
        struct vc *vc = g_ptr_array_index(vcs, i - 1);
        if (vc != kept && !vc->is_settled)
            drop_vc(vc);
    }
}

/* Whether no other proposal fits as well. */
static bool
is_distinct(const struct vc *vc)
{
    for (guint m = 0; m < vc->members->len; m++) {
        const struct oa_shape *member = g_ptr_array_index(vc->members, m);
        for (guint i = 0; i < member->vcs->len; i++) {
            const struct vc *other = g_ptr_array_index(member->vcs, i);
            if (other != vc && fit_of(other) >= fit_of(vc))
                return false;
        }
    }
    return true;
}

/* Which is the virtual connection of these channels; the others are none. */
static void
settle(struct oa_shapes *shapes, struct vc *vc)
{
    struct oa_estimate *estimate = &vc->pair->estimate;

    if (vc->is_settled)
        return;
    if (!is_distinct(vc))
        estimate->doubt = OA_DOUBT_PARTNER;
    for (guint i = 0; i < vc->members->len; i++)
        drop_others(((struct oa_shape *)g_ptr_array_index(vc->members, i))->vcs, vc);
    estimate->number = shapes->n_estimates++;
    vc->is_settled = true;
    g_ptr_array_add(vc->group->vcs, vc);
}

static bool
is_alone(const struct vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++)
        if (((struct oa_shape *)g_ptr_array_index(vc->members, i))->vcs->len > 1)
            return false;
    return true;
}

/* Without sizes, only turns show that it is one at all. */
static bool
is_credible(const struct vc *vc)
{
    const struct oa_estimate *estimate = &vc->pair->estimate;
    uint64_t others = estimate->orphans + estimate->overlaps, clean = oa_pair_clean(vc->pair);

    return oa_pair_is_bound(vc->pair) &&
           (estimate->has_exact_sizes ? others + estimate->lossy <= clean + 1
                                      : clean + 1 >= SETTLE_LEAST && others * 9 <= clean);
}

/* After something has happened on the IN channel. */
static void
try_to_settle(struct oa_shape *in)
{
    struct vc *best = in->vcs->len ? best_of(in->vcs) : NULL;
    uint64_t calls = best ? best->pair->estimate.calls : 0;

    if (!best || best->is_settled || !is_credible(best)) {
        if (best && !best->is_settled && calls >= SETTLE_MOST) {
            in->is_in = NONE;
            drop_others(in->vcs, NULL);
        }
    } else if (is_alone(best) || calls >= SETTLE_MOST ||
               (calls >= SETTLE_LEAST && is_distinct(best))) {
        settle(in->shapes, best);
    }
}

/* All its connections have ended, or it never was one. */
static void
end_vc(struct oa_shapes *shapes, struct vc *vc)
{
    if (vc->is_settled)
        oa_pair_end(vc->pair, &shapes->listener);
    drop_vc(vc);
}

/* Whether bytes that count are missing now on one of its connections. */
static bool
is_missing(const struct vc *vc)
{
    for (guint i = 0; i < vc->members->len; i++) {
        const struct oa_shape *member = g_ptr_array_index(vc->members, i);
        if (member->is_waiting && member->is_waiting[member->role == IN ? OA_CLIENT : OA_SERVER])
            return true;
    }
    return false;
}

static void
give(struct oa_shape *shape, struct oa_tls_size size, const struct oa_shape_record *record)
{
    for (guint i = 0; i < shape->vcs->len; i++) {
        struct vc *vc = g_ptr_array_index(shape->vcs, i);
        oa_pair_take(vc->pair, size, record, is_missing(vc));
        if (vc->is_settled && oa_pair_is_full(vc->pair))
            oa_pair_tell(vc->pair, &shape->shapes->listener, record->last.time_ns);
    }
    if (record->by == OA_CLIENT)
        try_to_settle(shape);
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
        const struct vc *vc = g_ptr_array_index(in->vcs, i);
        if (g_ptr_array_find(vc->members, out, NULL))
            return true;
    }
    return false;
}

/* The first record behind CONN/B1, if it is that: the OUT channels that it may belong to. */
static void
find_partners(struct oa_shape *in, const struct oa_shape_record *record)
{
    for (int i = 0; in->group && i < OUTS_MAX; i++) {
        struct oa_shape *out = in->group->outs[i];
        if (!out || out == in || !out->is_answered || out->is_out == NONE || out->role == IN ||
            is_proposed(in, out))
            continue;
        int64_t apart_ns = in->marked.time_ns - out->marked.time_ns;
        const struct vc *other = out->vcs->len ? g_ptr_array_index(out->vcs, 0) : NULL;
        if (ABS(apart_ns) <= PAIR_NS && !(other && other->is_settled))
            propose(in, out, ABS(apart_ns), is_bind(in, out, record));
    }
}

/* A channel has been recycled when it has carried most of what it may: so it is that of the virtual
 * connection with most bytes. */
static void
succeed(struct oa_shape *shape, enum role role, const struct oa_shape_record *record)
{
    enum oa_side side = role == IN ? OA_CLIENT : OA_SERVER;
    struct vc *best = NULL;

    for (guint i = 0; shape->group && i < shape->group->vcs->len && i < VCS_MAX; i++) {
        struct vc *vc = g_ptr_array_index(shape->group->vcs, i);
        if (!best || vc->pair->estimate.bytes[side].least > best->pair->estimate.bytes[side].least)
            best = vc;
    }
    if (!best)
        return;
    oa_pair_recycled(best->pair, record->last.time_ns);
    join_vc(best, shape, role);
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

/* What a record of the client may begin. It may have a head too, or padding. */
static void
mark(struct oa_shape *shape, struct oa_tls_size size, const struct oa_shape_record *record)
{
    shape->marked = record->last;
    shape->is_answered = shape->has_gap = false;
    shape->n_answers = 0;
    shape->is_in = size.most >= CONN_B1_BYTES ? BY_ORDER : NONE;
    shape->is_out = size.most >= CONN_A1_BYTES ? BY_ORDER : NONE;
    if (!is_behind_head(shape) || shape->role != PLAIN)
        return;
    if (oa_tls_size_may_be(size, CONN_B1_BYTES))
        shape->is_in = BY_SIZE;
    else if (oa_tls_size_may_be(size, CONN_A1_BYTES))
        shape->is_out = BY_SIZE;
    else if (oa_tls_size_may_be(size, IN_SUCCESSOR_BYTES))
        succeed(shape, IN, record);
    else if (oa_tls_size_may_be(size, OUT_SUCCESSOR_BYTES))
        succeed(shape, OUT, record);
}

/* An OUT channel whose client is silent has been answered. */
static void
await_partner(struct oa_shape *shape)
{
    struct group *group = shape->group;

    if (!group || shape->is_out == NONE || shape->is_answered)
        return;
    for (int i = 0; i < OUTS_MAX; i++)
        if (group->outs[i] == shape)
            return;
    group->outs[group->next_out++ % OUTS_MAX] = shape;
}

/* --- exchanges of HTTP, on one connection --- */

static void
end_exchange(struct oa_shape *shape)
{
    if (shape->has_exchange && shape->shapes->listener.exchange)
        shape->shapes->listener.exchange(shape->host, &shape->exchange);
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
}

/* --- records --- */

static bool
is_settled(const struct oa_shape *shape)
{
    return shape->vcs->len > 0 && ((struct vc *)g_ptr_array_index(shape->vcs, 0))->is_settled;
}

/* On the IN channel the server is silent, on the OUT channel the client. */
static void
contradict(struct oa_shape *shape, enum role role)
{
    if (shape->role == role && !is_settled(shape))
        drop_others(shape->vcs, NULL);
}

static void
take_from_client(struct oa_shape *shape, struct oa_tls_size size,
                 const struct oa_shape_record *record)
{
    bool begins_channel = is_behind_head(shape) && (oa_tls_size_may_be(size, CONN_A1_BYTES) ||
                                                    oa_tls_size_may_be(size, CONN_B1_BYTES));

    enum role role = shape->role; /* the PDU that makes a successor of it is no request */

    contradict(shape, OUT);
    bool may_be_bind = shape->role == PLAIN || (shape->role == IN && !is_settled(shape) &&
                                                shape->n_burst <= BURST_BEFORE_BIND);
    if (may_be_bind && shape->is_in != NONE && !shape->is_answered && !begins_channel)
        find_partners(shape, record);
    if (!is_settled(shape))
        mark(shape, size, record);
    if (shape->role == IN && (role == IN || !is_settled(shape)))
        give(shape, size, record);
    else if (shape->role == PLAIN)
        take_exchange(shape, size, record);
}

static void
take_from_server(struct oa_shape *shape, struct oa_tls_size size,
                 const struct oa_shape_record *record)
{
    bool is_ticket = (shape->is_in == BY_SIZE || shape->role == IN) && may_be_tickets(shape);

    if (!is_ticket)
        contradict(shape, IN);
    shape->heard = record->last.frame;
    shape->n_answers++;
    if (shape->role == OUT) {
        give(shape, size, record);
    } else if (shape->role == PLAIN && !is_ticket) {
        await_partner(shape);
        shape->is_answered = true;
        take_exchange(shape, size, record);
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
on_record(void *context, const struct oa_shape_record *given)
{
    struct oa_shape *shape = context;
    struct oa_shape_record record = *given;
    bool is_data = may_be_data(shape, &record);
    struct oa_tls_choice choice = choice_of(shape);
    const struct oa_tls_choice unknown = { .is_known = false };
    struct oa_tls_size size =
        oa_tls_record_size(record.is_hidden ? unknown : choice, record.length);

    if (!shape->begun.frame)
        shape->begun = record.first;
    if (!is_data || is_of_tls(shape, choice, record.by, size) ||
        !join_split(shape, choice, &size, &record))
        return;
    bool is_equal = !shape->n_records[OA_SERVER] || shape->ticket_bytes == size.most;
    shape->n_records[record.by]++;
    if (record.by == OA_CLIENT) {
        take_from_client(shape, size, &record);
        shape->n_burst++;
    } else {
        shape->ticket_bytes = is_equal ? size.most : 0;
        take_from_server(shape, size, &record);
        shape->n_burst = 0;
    }
    shape->speaker = record.by;
}

static void
on_gap(void *context, enum oa_side by)
{
    struct oa_shape *shape = context;
    bool is_of_calls = shape->role == (by == OA_CLIENT ? IN : OUT);

    shape->has_gap |= by == OA_CLIENT;

    for (guint i = 0; is_of_calls && i < shape->vcs->len; i++)
        oa_pair_gap(((struct vc *)g_ptr_array_index(shape->vcs, i))->pair, by);
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

/* The best proposal of a connection that ends is what it was, if it was one at all. */
static void
settle_at_end(struct oa_shape *shape)
{
    struct vc *best = shape->vcs->len ? best_of(shape->vcs) : NULL;

    if (best && is_credible(best))
        settle(shape->shapes, best);
    else
        drop_others(shape->vcs, NULL);
}

/* Takes the connection out of its virtual connection, which ends with the last of them. */
static void
leave_vc(struct oa_shape *shape, struct vc *vc)
{
    g_ptr_array_remove(vc->members, shape);
    if (!vc->members->len)
        end_vc(shape->shapes, vc);
}

static void
free_shape(struct oa_shape *shape)
{
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
    settle_at_end(shape);
    struct vc *vc = shape->vcs->len ? g_ptr_array_index(shape->vcs, 0) : NULL;
    if (vc) {
        struct oa_estimate *estimate = &vc->pair->estimate;
        estimate->is_open |= is_open;
        if (last.time_ns > estimate->ended.time_ns)
            estimate->ended = last;
        leave_vc(shape, vc);
    }
    free_shape(shape);
    return vc != NULL;
}

void
oa_shape_drop(struct oa_shape *shape)
{
    if (!shape)
        return;
    drop_others(shape->vcs, NULL);
    if (shape->vcs->len)
        leave_vc(shape, g_ptr_array_index(shape->vcs, 0));
    free_shape(shape);
}
