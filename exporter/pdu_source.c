/* pdu_source.c
 * The source for exported PDUs: what Wireshark passed to a dissector, decrypted if it had the keys.
 *
 * "OSI layer 7" is exported by TLS: the data of each record, as passed to the dissector above,
 * without sequence numbers. "OSI layer 4" is exported by TCP, with them. A dissector that needs the
 * rest of a message gets it together with the start, so that the start is exported twice: first
 * alone, and then with the rest. Each byte is taken once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "exported_pdu.h"
#include "plain_stream.h"
#include "tcp.h"

/* Sequence numbers further ahead start anew; they do not leave a gap. */
#define LARGEST_GAP (INT32_C(1) << 30)

/* Bytes that may be repeated: their number, 0 for none, and their hash. */
struct mark {
    size_t length;
    uint64_t hash;
};

/* What one end of a connection sent. */
struct half {
    bool has_next;
    uint32_t next; /* sequence number of the next byte */
    /* Of the last PDU without a sequence number: */
    struct mark waiting; /* the bytes at its end that the decoder cannot decode yet */
    struct mark message; /* from the last HTTP head in it */
    struct mark line;    /* the whole PDU, if it is text without a line end */
};

struct pdu_connection {
    struct connection facts; /* first, because the tree's keys are connections */
    struct flow *flow;
    struct plain_stream *stream; /* what tells it */
    struct half half[2];         /* index ^ facts.is_swapped is the side */
    GList link;                  /* in by_age */
    int64_t since_ns;            /* time of the last PDU */
};

struct pdu_source {
    struct flows *flows;
    struct plain_streams streams;
    GTree *connections; /* by both endpoints, in either order */
    GQueue by_age;      /* the one that was silent longest comes first */
    int64_t now_ns;
};

/* --- connections --- */

static int
compare_endpoints(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    int order = memcmp(a->address, b->address, sizeof a->address);

    return order ? order : (int)a->port - (int)b->port;
}

/* Compares both endpoints, whichever of them is the client. */
static int
compare_connections(const void *a, const void *b)
{
    const struct oa_endpoint *left = ((const struct connection *)a)->endpoint;
    const struct oa_endpoint *right = ((const struct connection *)b)->endpoint;
    int left_first = compare_endpoints(&left[0], &left[1]) > 0;
    int right_first = compare_endpoints(&right[0], &right[1]) > 0;
    int order = compare_endpoints(&left[left_first], &right[right_first]);

    return order ? order : compare_endpoints(&left[!left_first], &right[!right_first]);
}

static void
close_connection(struct pdu_source *source, struct pdu_connection *connection)
{
    g_queue_unlink(&source->by_age, &connection->link);
    g_tree_remove(source->connections, &connection->facts);
    plain_stream_close(connection->stream);
    g_free(connection);
}

static struct pdu_connection *
oldest(struct pdu_source *source)
{
    return source->by_age.head ? source->by_age.head->data : NULL;
}

/* Closes connections that were silent for too long; exported PDUs do not show how they ended. */
static void
expire(struct pdu_source *source, int64_t now)
{
    struct pdu_connection *connection;

    while ((connection = oldest(source))) {
        /* Capture time went backwards: one frame from the future must not keep all others. */
        if (connection->since_ns > now)
            connection->since_ns = now;
        if ((uint64_t)now - (uint64_t)connection->since_ns < (uint64_t)TCP_DEFAULT_LIMITS.idle_ns)
            return;
        close_connection(source, connection);
    }
}

static void
give_up_one(struct pdu_source *source, struct pdu_connection *connection)
{
    connection->facts.is_given_up = true;
    connection->facts.silent_ns = source->now_ns - MIN(connection->since_ns, source->now_ns);
    close_connection(source, connection);
}

static struct pdu_connection *
open_connection(struct pdu_source *source, const struct exported_pdu *pdu, struct oa_stamp stamp)
{
    struct pdu_connection *connection = g_new0(struct pdu_connection, 1);
    enum oa_side side =
        connection_sent_by_server(pdu->source.port, pdu->destination.port) ? OA_SERVER : OA_CLIENT;

    while (source->by_age.length >= TCP_DEFAULT_LIMITS.connections)
        give_up_one(source, oldest(source));
    connection->facts.payload_only = true;
    connection->facts.is_in_tls = !pdu->has_sequence;
    connection->facts.ending.how = OA_END_UNKNOWN;
    connection->facts.first = connection->facts.last = stamp;
    connection->facts.endpoint[side] = pdu->source;
    connection->facts.endpoint[side ^ 1] = pdu->destination;
    connection->flow = flow_open(source->flows, &connection->facts);
    connection->stream =
        plain_stream_open(&source->streams, &connection->facts, flow_take, connection->flow);
    connection->link.data = connection;
    g_tree_insert(source->connections, &connection->facts, connection);
    g_queue_push_tail_link(&source->by_age, &connection->link);
    return connection;
}

/* For a connection of an endpoint with itself, always the client. */
static enum oa_side
sender_of(const struct pdu_connection *connection, const struct exported_pdu *pdu)
{
    return compare_endpoints(&connection->facts.endpoint[OA_CLIENT], &pdu->source) == 0 ? OA_CLIENT
                                                                                        : OA_SERVER;
}

static struct half *
half_of(struct pdu_connection *connection, enum oa_side side)
{
    return &connection->half[side ^ connection->facts.is_swapped];
}

/* Whether the bytes are the start of an HTTP head that may be relevant here. */
static bool
is_head(const uint8_t *data, size_t length)
{
    static const char STARTS[][8] = { "HTTP/1.", "POST /", "RPC_" };

    for (size_t i = 0; i < G_N_ELEMENTS(STARTS); i++) {
        size_t size = strlen(STARTS[i]);
        if (length >= size && data[0] == STARTS[i][0] && memcmp(data, STARTS[i], size) == 0)
            return true;
    }
    return false;
}

/* How far the PDU starts before the next expected byte; negative if there is a gap, 0 if there are
 * no sequence numbers. */
static int32_t
bytes_behind(const struct half *half, const struct exported_pdu *pdu)
{
    return pdu->has_sequence && half->has_next ? (int32_t)(half->next - pdu->sequence) : 0;
}

/*
 * The SYN is not exported. A new connection of the same ports is detected by its first request, if
 * no request can follow on the old one, or if its sequence numbers are all old.
 */
static bool
begins_anew(struct pdu_connection *connection, const struct exported_pdu *pdu)
{
    enum oa_side side = sender_of(connection, pdu);
    int32_t behind = bytes_behind(half_of(connection, side), pdu);

    return is_head(pdu->data, pdu->length) &&
           (flow_is_busy(connection->flow, side) ||
            (!pdu->is_reassembled && behind > 0 && (size_t)behind >= pdu->length));
}

static struct pdu_connection *
find_connection(struct pdu_source *source, const struct exported_pdu *pdu, struct oa_stamp stamp)
{
    struct connection key = { .endpoint = { pdu->source, pdu->destination } };
    struct pdu_connection *connection = g_tree_lookup(source->connections, &key);

    if (connection && begins_anew(connection, pdu)) {
        connection->facts.ending =
            (struct oa_ending){ .how = OA_END_REPLACED, .time_ns = stamp.time_ns };
        close_connection(source, connection);
        connection = NULL;
    }
    if (!connection)
        connection = open_connection(source, pdu, stamp);
    connection->since_ns = stamp.time_ns;
    connection->facts.last.time_ns = MAX(connection->facts.last.time_ns, stamp.time_ns);
    connection->facts.last.frame = stamp.frame;
    g_queue_unlink(&source->by_age, &connection->link);
    g_queue_push_tail_link(&source->by_age, &connection->link);
    return connection;
}

/* --- each byte once --- */

/* FNV-1a */
static struct mark
mark_of(const uint8_t *data, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return (struct mark){ length, hash };
}

/* Whether the PDU starts with these bytes, and continues. */
static bool
repeats(const struct exported_pdu *pdu, const struct mark *mark)
{
    return mark->length && mark->length < pdu->length &&
           mark_of(pdu->data, mark->length).hash == mark->hash;
}

/*
 * How many bytes at the start were part of the previous PDU. Dissectors defer what is incomplete:
 * the start of a head or a PDU, which the decoder cannot decode yet either; stock HTTP also defers
 * messages with an incomplete body, and what looks like an incomplete line.
 */
static size_t
repeated_by_content(const struct half *half, const struct exported_pdu *pdu)
{
    if (repeats(pdu, &half->waiting))
        return half->waiting.length;
    if (repeats(pdu, &half->message))
        return half->message.length;
    return repeats(pdu, &half->line) ? half->line.length : 0;
}

/* The same by sequence number, and how many bytes are missing before the PDU. */
static size_t
repeated_by_sequence(struct half *half, const struct exported_pdu *pdu, uint32_t *missing)
{
    int32_t behind = bytes_behind(half, pdu);

    if (!half->has_next || behind < -LARGEST_GAP)
        half->next = pdu->sequence;
    else if (behind < 0)
        *missing = (uint32_t)-behind;
    half->has_next = true;
    half->next += *missing;
    return behind > 0 ? MIN((size_t)behind, pdu->length) : 0;
}

/* The length of the PDU from the last HTTP head in it; 0 if there is none. The version in a request
 * line follows a space, and is not the start of a head. */
static size_t
length_from_head(const struct exported_pdu *pdu)
{
    for (size_t at = pdu->length; at-- > 0;)
        if (is_head(pdu->data + at, pdu->length - at) && (at == 0 || pdu->data[at - 1] != ' '))
            return pdu->length - at;
    return 0;
}

static bool
is_unfinished_line(const struct exported_pdu *pdu)
{
    return pdu->length && g_ascii_isprint(pdu->data[0]) && !memchr(pdu->data, '\n', pdu->length);
}

static struct mark
mark_of_end(const struct exported_pdu *pdu, size_t length)
{
    return mark_of(pdu->data + pdu->length - length, length);
}

/* Records what of the PDU may be repeated; `waiting` bytes of that side cannot be decoded yet. */
static void
note_last(struct half *half, const struct exported_pdu *pdu, size_t waiting)
{
    half->waiting = half->message = half->line = (struct mark){ 0 };
    if (pdu->has_sequence || pdu->is_data)
        return;
    half->waiting = mark_of_end(pdu, waiting <= pdu->length ? waiting : 0);
    half->message = mark_of_end(pdu, length_from_head(pdu));
    half->line = mark_of_end(pdu, is_unfinished_line(pdu) ? pdu->length : 0);
}

/* --- PDUs --- */

static void
take_pdu(struct pdu_connection *connection, const struct exported_pdu *pdu, uint64_t cut,
         struct oa_stamp stamp)
{
    struct connection *facts = &connection->facts;
    enum oa_side side = sender_of(connection, pdu);
    struct half *half = half_of(connection, side);
    uint32_t missing = 0;
    size_t repeated = pdu->has_sequence ? repeated_by_sequence(half, pdu, &missing)
                      : pdu->is_data    ? 0
                                        : repeated_by_content(half, pdu);
    size_t length = pdu->length - repeated;

    half->next += (uint32_t)(length + cut);
    facts->stream[side].payload_bytes += length;
    facts->stream[side].lost_bytes += missing + cut;
    if (missing)
        plain_stream_lost(connection->stream, side, missing);
    if (length)
        plain_stream_data(connection->stream, side, pdu->data + repeated, length, stamp);
    side = sender_of(connection, pdu); /* the sides may have been swapped */
    if (cut)
        plain_stream_lost(connection->stream, side, cut);
    note_last(half, pdu, flow_waiting(connection->flow, side));
    plain_stream_counted(connection->stream, stamp);
}

static void *
begin(struct flows *flows, struct oa_tls_keys *keys)
{
    struct pdu_source *source = g_new0(struct pdu_source, 1);

    source->flows = flows;
    source->streams.keys = keys;
    source->streams.shows_tls = flows->shapes != NULL;
    source->connections = g_tree_new(compare_connections);
    g_queue_init(&source->by_age);
    return source;
}

static bool
is_pdu(const struct capture_frame *frame)
{
    return frame->encap == WTAP_ENCAP_WIRESHARK_UPPER_PDU;
}

static enum frame_use
take_frame(void *self, const struct capture_frame *frame, const struct packet_found *packet)
{
    struct exported_pdu pdu;

    (void)packet;
    if (!is_pdu(frame))
        return FRAME_UNSUPPORTED;
    if (!exported_pdu_parse(frame->data, frame->captured, &pdu))
        return FRAME_OTHER;
    struct oa_stamp stamp = { frame->time_ns, pdu.frame ? pdu.frame : frame->number };
    ((struct pdu_source *)self)->now_ns = stamp.time_ns;
    expire(self, stamp.time_ns);
    take_pdu(find_connection(self, &pdu, stamp), &pdu, frame->on_wire - frame->captured, stamp);
    return FRAME_READ;
}

/* Up to `n` connections, the oldest first. */
static size_t
give_up_oldest(struct pdu_source *source, bool foreign, size_t n)
{
    size_t done = 0;

    for (GList *link = source->by_age.head, *next; link && done < n; link = next) {
        struct pdu_connection *connection = link->data;
        next = link->next;
        if (foreign && connection->facts.has_channel)
            continue;
        give_up_one(source, connection);
        done++;
    }
    return done;
}

static bool
give_up(void *self)
{
    struct pdu_source *source = self;
    size_t all = source->by_age.length, n = all / PARTS_TO_GIVE_UP + 1, done;

    if (all <= CONNECTIONS_KEPT)
        return false;
    n = MIN(n, all - CONNECTIONS_KEPT);
    done = give_up_oldest(source, true, n);
    done += give_up_oldest(source, false, n - done);
    return done > 0;
}

static int
compare_numbers(const void *a, const void *b, void *unused)
{
    uint64_t left = ((const struct pdu_connection *)a)->facts.number;
    uint64_t right = ((const struct pdu_connection *)b)->facts.number;

    (void)unused;
    return left < right ? -1 : left > right;
}

static void
end(void *self, struct source_result *result)
{
    struct pdu_source *source = self;

    (void)result;
    g_queue_sort(&source->by_age, compare_numbers, NULL);
    while (oldest(source))
        close_connection(source, oldest(source));
    g_tree_unref(source->connections);
    explicit_bzero(source->streams.room, sizeof source->streams.room);
    g_free(source);
}

const struct source_kind PDU_SOURCE = {
    .begin = begin,
    .has = is_pdu,
    .frame = take_frame,
    .give_up = give_up,
    .end = end,
};
