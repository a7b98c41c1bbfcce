/* pdu_source.c
 * The source of exported PDUs: what Wireshark handed to a dissector, decrypted if it had the keys.
 *
 * "OSI layer 7" is what TLS exports: each record's data as they are given to the dissector above;
 * no sequence numbers. "OSI layer 4" is what TCP exports, with them. While a dissector waits for
 * the rest of a message, nothing is exported, and then the whole: its beginning, which was exported
 * first, comes again and must not be taken twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "exported_pdu.h"
#include "tcp.h"

/* Farther ahead is another counting of sequence numbers, not a gap. */
#define LARGEST_GAP (INT32_C(1) << 30)

/* Bytes that may come again: their number, 0 for none, and what shows that they are the same. */
struct mark {
    size_t length;
    uint64_t hash;
};

/* What one end sent. */
struct half {
    bool has_next;
    uint32_t next; /* sequence number of the next byte */
    /* Of the last PDU without a sequence number: */
    struct mark waiting; /* its end that waits for its rest in the decoder */
    struct mark message; /* from the last head of HTTP in it */
    struct mark line;    /* itself, if it is text without an end of line */
};

struct pdu_connection {
    struct connection facts; /* first, so that the tree's keys are connections */
    struct flow *flow;
    struct half half[2]; /* index ^ facts.is_swapped is the side */
    GList link;          /* in by_age */
    int64_t since_ns;    /* silent since */
};

struct pdu_source {
    struct flows *flows;
    GTree *connections; /* by both endpoints, in either order */
    GQueue by_age;      /* the longest silent one first */
};

/* --- connections --- */

static int
compare_endpoints(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    int order = memcmp(a->address, b->address, sizeof a->address);

    return order ? order : (int)a->port - (int)b->port;
}

/* A connection is the same whichever of its ends is the client. */
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
    flow_close(connection->flow);
    g_free(connection);
}

static struct pdu_connection *
oldest(struct pdu_source *source)
{
    return source->by_age.head ? source->by_age.head->data : NULL;
}

/* Connections end when they have long been silent; exported PDUs show no other end. */
static void
expire(struct pdu_source *source, int64_t now)
{
    struct pdu_connection *connection;

    while ((connection = oldest(source))) {
        /* Capture time went back; one frame from the future must not hold all behind it. */
        if (connection->since_ns > now)
            connection->since_ns = now;
        if ((uint64_t)now - (uint64_t)connection->since_ns < (uint64_t)TCP_DEFAULT_LIMITS.idle_ns)
            return;
        close_connection(source, connection);
    }
}

static struct pdu_connection *
open_connection(struct pdu_source *source, const struct exported_pdu *pdu, struct oa_stamp stamp)
{
    struct pdu_connection *connection = g_new0(struct pdu_connection, 1);
    enum oa_side side =
        connection_sent_by_server(pdu->source.port, pdu->destination.port) ? OA_SERVER : OA_CLIENT;

    while (source->by_age.length >= TCP_DEFAULT_LIMITS.connections)
        close_connection(source, oldest(source));
    connection->facts.payload_only = true;
    connection->facts.first = connection->facts.last = stamp;
    connection->facts.endpoint[side] = pdu->source;
    connection->facts.endpoint[side ^ 1] = pdu->destination;
    connection->flow = flow_open(source->flows, &connection->facts);
    connection->link.data = connection;
    g_tree_insert(source->connections, &connection->facts, connection);
    g_queue_push_tail_link(&source->by_age, &connection->link);
    return connection;
}

/* An end that talks to itself cannot be told apart. */
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

/* Whether the bytes begin a head of HTTP that may be one of ours. */
static bool
is_head(const uint8_t *data, size_t length)
{
    static const char *const STARTS[] = { "HTTP/1.", "POST /", "RPC_" };

    for (size_t i = 0; i < G_N_ELEMENTS(STARTS); i++)
        if (length >= strlen(STARTS[i]) && memcmp(data, STARTS[i], strlen(STARTS[i])) == 0)
            return true;
    return false;
}

/* How far behind the bytes that have come the PDU begins; negative when it continues them, or
 * leaves a gap. */
static int32_t
bytes_behind(const struct half *half, const struct exported_pdu *pdu)
{
    return pdu->has_sequence && half->has_next ? (int32_t)(half->next - pdu->sequence) : 0;
}

/*
 * No SYN is exported, so that another connection of the same ports shows by what it begins with: a
 * request where no other can follow, or a head whose sequence numbers have all been before.
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
        connection->facts.ending.how = OA_END_REPLACED;
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

/* Whether the PDU is these bytes again, and more. */
static bool
repeats(const struct exported_pdu *pdu, const struct mark *mark)
{
    return mark->length && mark->length < pdu->length &&
           mark_of(pdu->data, mark->length).hash == mark->hash;
}

/*
 * How many bytes at the beginning came with the PDU before. Dissectors put off what they cannot
 * read yet: the beginning of a head or PDU, for whose rest the decoder waits too; stock HTTP also
 * puts off messages whose body has not come whole, and what looks like an unfinished line.
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

/* The same where the sequence numbers tell, and how many bytes are missing before it. */
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

/* How many bytes the PDU has from the last head in it on; 0 without any. A request has its version
 * behind a space. */
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

/* Remembers what of the PDU may come again; `waiting` bytes of its side wait in the decoder. */
static void
note_last(struct half *half, const struct exported_pdu *pdu, size_t waiting)
{
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
                                        : repeated_by_content(half, pdu);
    size_t length = pdu->length - repeated;

    half->next += (uint32_t)(length + cut);
    facts->stream[side].payload_bytes += length;
    facts->stream[side].lost_bytes += missing + cut;
    if (missing)
        flow_lost(connection->flow, side, missing);
    if (length)
        flow_data(connection->flow, side, pdu->data + repeated, length, stamp);
    side = sender_of(connection, pdu); /* what it was may have swapped the sides */
    if (cut)
        flow_lost(connection->flow, side, cut);
    if (!pdu->has_sequence)
        note_last(half, pdu, flow_waiting(connection->flow, side));
}

static bool
reads(int encap)
{
    return encap == WTAP_ENCAP_WIRESHARK_UPPER_PDU;
}

static void *
begin(struct flows *flows)
{
    struct pdu_source *source = g_new0(struct pdu_source, 1);

    source->flows = flows;
    source->connections = g_tree_new(compare_connections);
    g_queue_init(&source->by_age);
    return source;
}

static void
take_frame(void *self, const struct capture_frame *frame)
{
    struct exported_pdu pdu;

    if (!exported_pdu_parse(frame->data, frame->captured, &pdu))
        return;
    struct oa_stamp stamp = { frame->time_ns, pdu.frame ? pdu.frame : frame->number };
    expire(self, stamp.time_ns);
    take_pdu(find_connection(self, &pdu, stamp), &pdu, frame->on_wire - frame->captured, stamp);
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
    g_free(source);
}

const struct source_kind PDU_SOURCE = {
    .reads = reads,
    .begin = begin,
    .frame = take_frame,
    .end = end,
};
