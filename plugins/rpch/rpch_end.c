/* rpch_end.c
 * The ends of TCP connections: FIN, RST, the end of the capture; and TLS without keys, whose alerts
 * and certificates are findings.
 *
 * TCP calls dissectors for data only, so ours is called in place of stock TCP, which gets every
 * segment unchanged; on the first visit the flags and the bytes of TLS are taken from the segment.
 * As in oaexport, a connection is closed some time after it has ended, because frames may come
 * late, or when the capture ends. What that shows is kept with the frames that it concerns, for
 * later visits; a postdissector shows it, also with frames that have no data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_end.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>

#include "base/cursor.h"
#include "decode_args.h"
#include "rpc/service.h"
#include "rpch_connection.h"
#include "rpch_conversation.h"
#include "rpch_findings.h"
#include "rpch_prefs.h"
#include "rpch_proto.h"
#include "rpch_reassembly.h"
#include "rpch_stock.h"
#include "rpch_tracker.h"
#include "track/channel.h"
#include "track/connection_end.h"
#include "track/named_ports.h"
#include "track/tracker.h"

/* As in oaexport. */
#define LINGER_NS (INT64_C(30) * 1000000000)

#define TCP_HEADER_SIZE 20

/* Missing pieces of one side that are remembered; further ones are lost for good. */
#define HOLES_MAX 16

/* What one side of a connection sent, by sequence numbers. */
struct direction {
    bool is_seen, has_fin;
    bool is_started; /* at least one segment was seen: */
    guint32 next;    /* the number after the highest one */
    bool is_acked;   /* by the other side, up to: */
    guint32 acked;
    bool has_reset; /* the RST that ended the connection, with this number: */
    guint32 reset;
    guint n_holes;
    struct {
        guint32 begin, end;
    } holes[HOLES_MAX];
    uint64_t lost_bytes; /* in holes beyond those */
};

/* A TCP connection of a service's port, one that is ours, or one without data so far. */
struct followed {
    const struct rpch_connection *connection; /* NULL: not ours */
    struct oa_endpoint client, server;
    guint32 stream; /* order of appearance */
    int64_t begin_ns;
    struct oa_stamp last;
    struct direction direction[2]; /* by sender */
    bool has_syn, has_syn_ack, has_data;
    struct oa_ending ending;
    bool is_ended; /* by both FINs, or by RST */
    int64_t ended_ns;
    struct oa_tls *tls;
    struct oa_tls_watch *watch; /* with `tls` */
    bool has_begun;             /* its first bytes have come: they decide whether it is TLS */
};

static GHashTable *all; /* stream number -> struct followed */
static GQueue ended = G_QUEUE_INIT;
static bool is_over; /* the capture has ended: everything is closed */

/* The last frame that was visited for the first time; and the same when a capture ended. Wireshark
 * does not report the end of a pass that it repeats, as after a change of preferences: it is over
 * if the same last frame was reached and frames are visited again. */
static struct oa_stamp latest, latest_at_end;

static dissector_handle_t stock_tcp, ours_or_tcp, findings;
static int proto_tcp = -1;
static char **tls_proxies; /* the parts of the preference */

static void
free_followed(void *data)
{
    struct followed *followed = data;

    oa_tls_watch_free(followed->watch);
    oa_tls_free(followed->tls);
    g_free(followed);
}

void
rpch_end_open(void)
{
    all = g_hash_table_new_full(NULL, NULL, NULL, free_followed);
    is_over = false;
    latest = (struct oa_stamp){ 0 };
    tls_proxies = g_strsplit_set(rpch_prefs.tls_proxies, " ,", -1);
    oa_tls_proxies_name(rpch_tracker(), tls_proxies);
    if (stock_tcp)
        rpch_replace_in_table("ip.proto", stock_tcp, ours_or_tcp, NULL, NULL);
}

void
rpch_end_close(void)
{
    g_queue_clear(&ended);
    g_hash_table_unref(all);
    all = NULL;
    g_clear_pointer(&tls_proxies, g_strfreev);
}

/* --- following --- */

/* One segment. */
struct segment {
    guint16 source, destination; /* ports */
    guint32 sequence, acknowledgment;
    guint16 flags;
    const guint8 *payload;
    guint length;  /* of the payload, as captured */
    guint missing; /* bytes of it that the snap length cut off */
};

/* False if the header is not whole. Throws nothing. */
static bool
read_segment(tvbuff_t *tvb, struct segment *segment)
{
    guint captured = tvb_captured_length(tvb), reported = tvb_reported_length(tvb);

    if (captured < TCP_HEADER_SIZE)
        return false;
    const guint8 *data = tvb_get_ptr(tvb, 0, (gint)captured);
    struct oa_cursor cursor = oa_cursor_over(data, captured);
    cursor.big_endian = true;
    *segment = (struct segment){ .source = oa_cursor_u16(&cursor) };
    segment->destination = oa_cursor_u16(&cursor);
    segment->sequence = oa_cursor_u32(&cursor);
    segment->acknowledgment = oa_cursor_u32(&cursor);
    guint16 offset_and_flags = oa_cursor_u16(&cursor);
    guint header = (guint)(offset_and_flags >> 12) * 4;
    if (header < TCP_HEADER_SIZE || header > reported)
        return false;
    segment->flags = offset_and_flags & TH_MASK;
    if (captured > header) {
        segment->payload = data + header;
        segment->length = captured - header;
    }
    segment->missing = reported - MAX(captured, header);
    return true;
}

/* Which side of a connection that is not ours sends the segment, by its ports and SYN, as far as
 * they show it; false if it is of no interest. With a SYN it is of interest whatever its ports: it
 * may be refused, on a port that is named only later. */
static bool
find_sender(const struct segment *segment, enum oa_side *sender)
{
    bool to_service = oa_service_hop_port(segment->destination) != NULL;
    bool from_service = oa_service_hop_port(segment->source) != NULL;

    *sender = to_service ? OA_CLIENT : OA_SERVER;
    if (!(segment->flags & TH_SYN))
        return to_service || from_service;
    *sender = segment->flags & TH_ACK ? OA_SERVER : OA_CLIENT;
    return true;
}

/* The record of the packet's connection; NULL if it is of no interest, as one that was closed long
 * before. */
static struct followed *
follow(packet_info *pinfo, const struct segment *segment)
{
    conversation_t *conversation = rpch_conversation_find(pinfo);
    const struct rpch_connection *connection = rpch_connection_of(conversation);
    const struct tcp_analysis *tcp =
        conversation ? conversation_get_proto_data(conversation, proto_tcp) : NULL;
    enum oa_side sender;

    if (!tcp || (connection && connection->is_closed))
        return NULL;
    void *key = GUINT_TO_POINTER(tcp->stream);
    struct followed *followed = g_hash_table_lookup(all, key);
    if (!followed && !find_sender(segment, &sender) && !connection)
        return NULL;
    if (!followed) {
        followed = g_new0(struct followed, 1);
        followed->stream = tcp->stream;
        followed->begin_ns = decode_stamp(pinfo).time_ns;
        struct oa_endpoint from = decode_endpoint(&pinfo->src, segment->source);
        struct oa_endpoint to = decode_endpoint(&pinfo->dst, segment->destination);
        followed->client = sender == OA_CLIENT ? from : to;
        followed->server = sender == OA_CLIENT ? to : from;
        g_hash_table_insert(all, key, followed);
    }
    if (connection && !followed->connection) {
        followed->connection = connection;
        followed->server = connection->channel->endpoint[OA_SERVER];
    }
    return followed;
}

static void
forget(struct followed *followed)
{
    if (followed->is_ended)
        g_queue_remove(&ended, followed);
    g_hash_table_remove(all, GUINT_TO_POINTER(followed->stream));
}

/* Whether it carries data that are none of a service's. */
static bool
is_foreign(const struct followed *followed)
{
    return followed->has_data && !followed->connection &&
           !oa_service_hop_port(followed->server.port);
}

static enum oa_side
side_of(const struct followed *followed, const packet_info *pinfo, const struct segment *segment)
{
    struct oa_endpoint from = decode_endpoint(&pinfo->src, segment->source);
    bool is_server = from.port == followed->server.port &&
                     memcmp(from.address, followed->server.address, sizeof from.address) == 0;

    return is_server ? OA_SERVER : OA_CLIENT;
}

/* --- ends --- */

static bool
is_attempt(const struct followed *followed)
{
    return followed->has_syn && !followed->has_data &&
           oa_named_ports_has(rpch_tracker(), followed->server.port);
}

static bool
was_refused(const struct followed *followed)
{
    return followed->ending.how == OA_END_RESET && followed->ending.by == OA_SERVER &&
           followed->has_syn && !followed->has_syn_ack && !followed->has_data;
}

/* Bytes of the sender that are not in the capture. Without its FIN, the number that this takes must
 * not count. */
static uint64_t
lost_bytes(const struct direction *direction)
{
    gint32 beyond = direction->is_acked ? (gint32)(direction->acked - direction->next) : 0;
    uint64_t lost = direction->lost_bytes;

    for (guint i = 0; i < direction->n_holes; i++)
        lost += direction->holes[i].end - direction->holes[i].begin;
    if (direction->is_started && beyond > !direction->has_fin)
        lost += (uint64_t)beyond;
    return lost;
}

/* Whether the number of its RST shows bytes that neither came nor count as lost; a FIN takes one.
 */
static bool
ends_beyond(const struct direction *direction)
{
    gint32 beyond = (gint32)(direction->reset - direction->next);

    if (direction->is_acked)
        beyond = MIN(beyond, (gint32)(direction->reset - direction->acked));
    return direction->has_reset && !direction->has_fin && beyond > 1;
}

/* How it ended, and whether the capture has frames of one side only. */
static struct oa_ending
ending_of(const struct followed *followed)
{
    struct oa_ending ending = followed->ending;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        ending.is_beyond |= ends_beyond(&followed->direction[side]);
        if (!followed->direction[side].is_seen) {
            ending.is_one_way = true;
            ending.silent = (enum oa_side)side;
        }
    }
    return ending;
}

static void
close_channel(const struct followed *followed, const uint64_t lost[2])
{
    struct oa_channel *channel = followed->connection->channel;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (lost[side] && !channel->traffic[side].skipped_bytes)
            oa_channel_lost(channel, (enum oa_side)side, lost[side]);
    rpch_connection_close(followed->connection, ending_of(followed));
}

/* The connection is over: forgets it. */
static void
close_followed(struct followed *followed)
{
    const struct rpch_connection *connection = followed->connection;
    const struct oa_connection_end end = {
        .channel = connection ? connection->channel : NULL,
        .tls = oa_tls_facts_of(followed->tls),
        .server = followed->server,
        .watch = followed->watch,
        .ending = followed->ending,
        .begin_ns = followed->begin_ns,
        .last = followed->last,
        .has_data = followed->has_data,
        .is_attempt = is_attempt(followed),
        .was_refused = was_refused(followed),
        .lost_bytes = { lost_bytes(&followed->direction[OA_CLIENT]),
                        lost_bytes(&followed->direction[OA_SERVER]) },
    };

    oa_connection_ended(rpch_tracker(), &end);
    if (connection)
        close_channel(followed, end.lost_bytes);
    rpch_findings_keep(rpch_tracker_take_findings(), 0);
    forget(followed);
}

static void
close_expired(int64_t now_ns)
{
    struct followed *oldest;

    while ((oldest = g_queue_peek_head(&ended)) && now_ns - oldest->ended_ns >= LINGER_NS)
        close_followed(oldest);
}

static void
note_end(struct followed *followed, enum oa_side side, const struct segment *segment,
         struct oa_stamp stamp)
{
    bool is_reset = (segment->flags & TH_RST) != 0;
    struct direction *direction = &followed->direction[side];

    if (followed->ending.how == OA_END_OPEN || is_reset)
        followed->ending = (struct oa_ending){ .how = is_reset ? OA_END_RESET : OA_END_FIN,
                                               .by = side,
                                               .time_ns = stamp.time_ns,
                                               .frame = stamp.frame };
    if (!is_reset &&
        !(followed->direction[OA_CLIENT].has_fin && followed->direction[OA_SERVER].has_fin))
        return;
    direction->has_reset = is_reset && direction->is_started;
    direction->reset = segment->sequence;
    followed->is_ended = true;
    followed->ended_ns = stamp.time_ns;
    g_queue_push_tail(&ended, followed);
}

static gint
compare_streams(gconstpointer a, gconstpointer b)
{
    const struct followed *left = a, *right = b;

    return left->stream < right->stream ? -1 : left->stream > right->stream;
}

/* All frames have been visited once. */
static void
end_capture(void)
{
    if (is_over || !all || !rpch_tracker())
        return;
    is_over = true;
    latest_at_end = latest;
    GList *open = g_list_sort(g_hash_table_get_values(all), compare_streams);
    for (GList *link = open; link; link = link->next)
        close_followed(link->data);
    g_list_free(open);
    oa_tracker_end(rpch_tracker());
    rpch_findings_keep(rpch_tracker_take_findings(), 0);
}

/* --- segments --- */

static void
add_hole(struct direction *direction, guint32 begin, guint32 end)
{
    if (direction->n_holes == HOLES_MAX) {
        direction->lost_bytes += end - begin;
        return;
    }
    direction->holes[direction->n_holes].begin = begin;
    direction->holes[direction->n_holes++].end = end;
}

/* Late bytes fill the holes that they reach; of a hole that is filled in its middle the part before
 * it counts as filled too. */
static void
fill_holes(struct direction *direction, guint32 begin, guint32 end)
{
    for (guint i = 0; i < direction->n_holes;) {
        guint32 *hole_begin = &direction->holes[i].begin, *hole_end = &direction->holes[i].end;
        if (GE_SEQ(begin, *hole_end) || LE_SEQ(end, *hole_begin)) {
            i++;
        } else if (LT_SEQ(end, *hole_end)) {
            *hole_begin = end;
        } else if (GT_SEQ(begin, *hole_begin)) {
            *hole_end = begin;
        } else {
            direction->holes[i] = direction->holes[--direction->n_holes];
        }
    }
}

/* Returns how many bytes at the start of the segment were there before; negative: how many are
 * missing before it. */
static gint32
take_numbers(struct direction *direction, const struct segment *segment)
{
    guint32 begin = segment->sequence + (segment->flags & TH_SYN ? 1 : 0);
    guint32 end = begin + segment->length + segment->missing;

    direction->is_seen = true;
    if (segment->flags & TH_RST) /* its numbers mean nothing */
        return 0;
    if (!direction->is_started)
        direction->next = begin;
    direction->is_started = true;
    gint32 known = (gint32)(direction->next - begin);
    if (begin == end && !(segment->flags & TH_FIN)) /* what it follows may be a lost FIN */
        return known;
    if (known < 0)
        add_hole(direction, direction->next, begin);
    else if (known > 0 && direction->n_holes)
        fill_holes(direction, begin, end);
    direction->has_fin |= (segment->flags & TH_FIN) != 0;
    end += segment->flags & TH_FIN ? 1 : 0;
    if (GT_SEQ(end, direction->next))
        direction->next = end;
    return known;
}

static void
take_acknowledgment(struct direction *other, const struct segment *segment)
{
    if (segment->flags & TH_RST || !(segment->flags & TH_ACK))
        return;
    if (!other->is_acked || GT_SEQ(segment->acknowledgment, other->acked))
        other->acked = segment->acknowledgment;
    other->is_acked = true;
}

/* Bytes that have not been taken before go to the parser of TLS. */
static void
take_tls(struct followed *followed, enum oa_side side, const struct segment *segment, gint32 known,
         struct oa_stamp stamp)
{
    if (!followed->has_begun && oa_tls_may_begin(segment->payload[0])) {
        followed->tls = oa_tls_new();
        followed->watch = oa_tls_watch_new(rpch_tracker(), &followed->client, &followed->server);
    }
    followed->has_begun = true;
    if (!followed->tls || known >= (gint32)segment->length)
        return;
    if (known < 0)
        oa_tls_lost(followed->tls, side, (guint32)-known);
    known = MAX(known, 0);
    const guint8 *data = segment->payload + known;
    guint length = segment->length - (guint)known;
    oa_tls_watch_data(followed->watch, side, data, length);
    if (!oa_tls_data(followed->tls, side, data, length, stamp)) {
        oa_tls_free(followed->tls);
        followed->tls = NULL;
    } else if (segment->missing) {
        oa_tls_lost(followed->tls, side, segment->missing);
    }
}

static void
take_segment(packet_info *pinfo, const struct segment *segment)
{
    struct followed *followed = follow(pinfo, segment);
    struct oa_stamp stamp = decode_stamp(pinfo);

    if (!followed)
        return;
    enum oa_side side = side_of(followed, pinfo, segment);
    bool is_reset = (segment->flags & TH_RST) != 0;
    followed->last = stamp;
    followed->has_syn |= (segment->flags & TH_SYN) != 0;
    followed->has_syn_ack |= side == OA_SERVER && segment->flags & TH_SYN;
    followed->has_data |= segment->length + segment->missing > 0 && !is_reset;
    if (is_foreign(followed)) {
        forget(followed);
        return;
    }
    gint32 known = take_numbers(&followed->direction[side], segment);
    take_acknowledgment(&followed->direction[side ^ 1], segment);
    if (segment->length > 0 && !is_reset && !followed->connection)
        take_tls(followed, side, segment, known, stamp);
    if (segment->flags & (TH_FIN | TH_RST) && !followed->is_ended)
        note_end(followed, side, segment, stamp);
}

/* The packet as TCP has it: a dissector of a tunnel's payload may have left other ports. `segment`
 * is NULL if the capture does not have all of its header. */
static void
look_at_packet(packet_info *pinfo, const struct segment *segment)
{
    guint32 source = pinfo->srcport, destination = pinfo->destport;

    close_expired(decode_stamp(pinfo).time_ns);
    if (!segment)
        return;
    pinfo->srcport = segment->source;
    pinfo->destport = segment->destination;
    take_segment(pinfo, segment);
    pinfo->srcport = source;
    pinfo->destport = destination;
}

/* Not in an ICMP message. */
static bool
is_followed(const packet_info *pinfo)
{
    return !is_over && !pinfo->flags.in_error_pkt && rpch_is_enabled();
}

/* The same before TCP has it. */
static void
prepare_packet(tvbuff_t *tvb, packet_info *pinfo, const struct segment *segment)
{
    pinfo->ptype = PT_TCP; /* these three as TCP sets them */
    pinfo->srcport = segment->source;
    pinfo->destport = segment->destination;
    if (segment->flags & TH_SYN)
        rpch_conversation_forget(pinfo);
    if (segment->length > 0 && is_followed(pinfo))
        rpch_reassembly_release(pinfo, tvb, segment->sequence, segment->payload, segment->length);
}

static int
dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    volatile int taken = 0;
    struct segment segment;

    if (PINFO_FD_VISITED(pinfo))
        return call_dissector_only(stock_tcp, tvb, pinfo, tree, data);
    const bool is_whole = read_segment(tvb, &segment);
    if (is_whole)
        prepare_packet(tvb, pinfo, &segment);
    TRY
    {
        taken = call_dissector_only(stock_tcp, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        if (is_followed(pinfo))
            look_at_packet(pinfo, is_whole ? &segment : NULL);
    }
    ENDTRY;
    return taken;
}

/* --- registration --- */

static void
note_visit(const packet_info *pinfo)
{
    if (!PINFO_FD_VISITED(pinfo))
        latest = decode_stamp(pinfo);
    else if (latest.frame && latest.frame == latest_at_end.frame &&
             latest.time_ns == latest_at_end.time_ns)
        end_capture();
}

/* Each frame comes here, also of captures in which nothing is ours. */
static int
dissect_after(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    note_visit(pinfo);
    return rpch_findings_has(pinfo) ? call_dissector_only(findings, tvb, pinfo, tree, NULL) : 0;
}

void
rpch_end_register(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    /* Without findings it is no layer of the frame. */
    register_postdissector(create_dissector_handle(
        dissect_after,
        proto_register_protocol_in_name_only("RPC over HTTP, end of the frame", "RPCH end",
                                             "rpch_end", proto_rpch, FT_PROTOCOL)));
    findings = create_dissector_handle(rpch_findings_show, proto_rpch);
    register_postseq_cleanup_routine(end_capture);
    ours_or_tcp = create_dissector_handle(
        dissect_tcp, proto_register_protocol_in_name_only(
                         proto_get_protocol_long_name(find_protocol_by_id(proto_tcp)),
                         "TCP or RPCH", "tcp_or_rpch", proto_tcp, FT_PROTOCOL));
}

void
rpch_end_handoff(void)
{
    stock_tcp = find_dissector("tcp");
}
