/* rpch_connection.c
 * The TCP connections that the plugin follows: recognising them, and what is remembered of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_connection.h"

#include <epan/address.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/proto_data.h>

#include "decode_args.h"
#include "rpch_choice.h"
#include "rpch_conversation.h"
#include "rpch_proto.h"
#include "rpch_tracker.h"
#include "track/channel.h"
#include "track/tracker.h"

/* Key of the packet's own data that is there while a stock dissector has the packet. */
#define IN_STOCK 0x53544f43u

/* Key of the progress in the packet's own data. */
#define PROGRESS 0x52504349u

static bool follows_mapi_http;

void
rpch_connection_follow_mapi_http(bool follow)
{
    follows_mapi_http = follow;
}

void
rpch_connection_enter_stock(packet_info *pinfo)
{
    p_add_proto_data(pinfo->pool, pinfo, proto_rpch, IN_STOCK, pinfo);
}

void
rpch_connection_leave_stock(packet_info *pinfo)
{
    p_remove_proto_data(pinfo->pool, pinfo, proto_rpch, IN_STOCK);
}

bool
rpch_connection_in_tunnel(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_rpch, IN_STOCK) != NULL;
}

/* Bits of Wireshark's tcp.completeness. */
#define HANDSHAKE_OF_CLIENT 1
#define HANDSHAKE_OF_SERVER 2

/*
 * What is kept of a TCP connection: what has been recognised, and what its bytes were before. The
 * frame numbers are of the first visit, so that later ones find the same; 0 if it has not come to
 * that. By direction, see direction_of().
 */
struct examined {
    struct rpch_connection *connection; /* NULL: nothing of it is ours */
    guint32 first[2];                   /* the first data that were examined */
    guint32 decided[2];                 /* the first data that were found to be ours or not */
    guint32 foreign[2];                 /* the data after which PDUs are not ours, oa_foreign() */
    guint32 tunnel;                     /* the data that begin a tunnel */
    bool begins[2];                     /* the data in frame `first` follow the handshake of TCP */
};

static struct examined *
examined_of(conversation_t *conversation)
{
    return conversation ? conversation_get_proto_data(conversation, proto_rpch) : NULL;
}

static struct examined *
find_examined(packet_info *pinfo)
{
    return examined_of(rpch_conversation_find(pinfo));
}

static struct examined *
keep_examined(packet_info *pinfo)
{
    struct examined *examined = find_examined(pinfo);

    if (!examined) {
        examined = wmem_new0(wmem_file_scope(), struct examined);
        conversation_add_proto_data(find_or_create_conversation(pinfo), proto_rpch, examined);
    }
    return examined;
}

const struct rpch_connection *
rpch_connection_of(conversation_t *conversation)
{
    const struct examined *examined = examined_of(conversation);

    return examined ? examined->connection : NULL;
}

const struct rpch_connection *
rpch_connection_find(packet_info *pinfo)
{
    return rpch_connection_of(rpch_conversation_find(pinfo));
}

/* Tells the two directions of a connection apart; which one is the client's need not be known. */
static unsigned
direction_of(const packet_info *pinfo)
{
    int order = cmp_address(&pinfo->src, &pinfo->dst);

    return order > 0 || (order == 0 && pinfo->srcport > pinfo->destport);
}

/* TCP's own record of the connection, if it has the connection's handshake; else NULL. */
static const struct tcp_analysis *
handshake_of(packet_info *pinfo)
{
    conversation_t *conversation = rpch_conversation_find(pinfo);
    const struct tcp_analysis *tcp =
        conversation ? get_tcp_conversation_data(conversation, pinfo) : NULL;
    const guint8 either = HANDSHAKE_OF_CLIENT | HANDSHAKE_OF_SERVER;

    return tcp && (tcp->conversation_completeness & either) ? tcp : NULL;
}

/* Whether the segment is the first one after the handshake. Its number is relative if the user
 * wants that. */
static bool
begins_connection(packet_info *pinfo, const struct tcpinfo *segment)
{
    const struct tcp_analysis *tcp = segment ? handshake_of(pinfo) : NULL;

    return tcp && (segment->seq == 1 || segment->seq == tcp->fwd->base_seq + 1);
}

/* What the capture holds of the connection before the data. */
static enum oa_before
before_data(const struct examined *examined, packet_info *pinfo)
{
    unsigned from = direction_of(pinfo);

    if (examined->tunnel && examined->tunnel < pinfo->num)
        return OA_BEFORE_TUNNEL;
    if (examined->foreign[from] && examined->foreign[from] < pinfo->num)
        return OA_BEFORE_FOREIGN;
    if (!examined->begins[from] ||
        (examined->decided[from] && examined->decided[from] < pinfo->num))
        return OA_BEFORE_UNKNOWN;
    const struct tcp_analysis *tcp = handshake_of(pinfo);
    return !tcp                                  ? OA_BEFORE_UNKNOWN
           : tcp->server_port == pinfo->destport ? OA_BEFORE_CLIENT_FIRST
                                                 : OA_BEFORE_SERVER_FIRST;
}

static void
note_frame(guint32 *frame, const packet_info *pinfo)
{
    if (!*frame)
        *frame = pinfo->num;
}

/* On the first visit: what the verdict means for the data that follow. */
static void
note_verdict(struct examined *examined, const packet_info *pinfo, enum oa_verdict verdict,
             enum oa_foreign foreign)
{
    unsigned from = direction_of(pinfo);

    if (verdict != OA_MAYBE)
        note_frame(&examined->decided[from], pinfo);
    if (foreign == OA_FOREIGN_TUNNEL)
        note_frame(&examined->tunnel, pinfo);
    if (foreign == OA_FOREIGN_OTHER_SIDE || foreign == OA_FOREIGN_BOTH_SIDES)
        note_frame(&examined->foreign[from ^ 1], pinfo);
    if (foreign == OA_FOREIGN_BOTH_SIDES)
        note_frame(&examined->foreign[from], pinfo);
}

/* What is known of the server's endpoint: of a connection what was known when it was recognised, so
 * that later visits see the same. */
static enum oa_endpoint_known
known_endpoint(packet_info *pinfo)
{
    const struct rpch_connection *connection = rpch_connection_find(pinfo);

    if (connection)
        return connection->known;
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);
    enum oa_endpoint_known known_from = oa_tracker_endpoint(rpch_tracker(), &from);
    enum oa_endpoint_known known_to = oa_tracker_endpoint(rpch_tracker(), &to);

    return MAX(known_from, known_to);
}

/* In the same order as oaexport, after the user's choice. An incomplete head of MAPI over HTTP is
 * left to stock HTTP, which reassembles it. */
static enum oa_verdict
recognise(tvbuff_t *tvb, packet_info *pinfo, bool is_tls, enum oa_before before,
          struct oa_recognition *recognition)
{
    guint length = tvb_captured_length(tvb);
    const guint8 *data = tvb_get_ptr(tvb, 0, (gint)length);
    const struct rpch_choice choice = rpch_choice_of(pinfo, is_tls);
    enum oa_verdict verdict = OA_NOT_OURS;
    struct oa_proxy_line line;

    if (choice.what == RPCH_CHOSEN_LEAVE)
        return OA_NOT_OURS;
    if (choice.what == RPCH_CHOSEN_MAPI && follows_mapi_http)
        return rpch_choice_recognise_mapi(data, length, recognition);
    if (rpch_is_enabled() && choice.what != RPCH_CHOSEN_NOTHING) {
        verdict = rpch_choice_recognise(&choice, data, length, before, recognition);
    } else if (rpch_is_enabled()) {
        verdict = oa_recognise(data, length, (uint16_t)pinfo->srcport, (uint16_t)pinfo->destport,
                               before, recognition);
        if (verdict == OA_NOT_OURS && oa_rpc_may_be_header(data, length))
            verdict =
                oa_recognise_plain_rpc(data, length, known_endpoint(pinfo), before, recognition);
    }
    if (verdict == OA_NOT_OURS && follows_mapi_http &&
        oa_recognise_mapi_http(data, length, recognition) == OA_OURS &&
        !recognition->proxy_line.length)
        verdict = OA_OURS;
    /* A line of the PROXY protocol in a segment of its own is shown as stock HTTP does. */
    if (verdict == OA_MAYBE && oa_proxy_line(data, length, &line) != OA_HTTP_NOT_A_HEAD)
        verdict = OA_NOT_OURS;
    return verdict;
}

/* The verdict on data of the connection itself: what came before counts, and they count for what
 * follows. */
static enum oa_verdict
examine(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment,
        struct oa_recognition *recognition)
{
    struct examined *examined = keep_examined(pinfo);
    unsigned from = direction_of(pinfo);
    guint length = tvb_captured_length(tvb);
    bool is_visited = PINFO_FD_VISITED(pinfo);

    if (!examined->first[from] && !is_visited) {
        examined->first[from] = pinfo->num;
        examined->begins[from] = begins_connection(pinfo, segment);
    }
    enum oa_before before = before_data(examined, pinfo);
    enum oa_verdict verdict = recognise(tvb, pinfo, !segment, before, recognition);
    enum oa_foreign foreign = OA_FOREIGN_NEITHER;
    if (verdict == OA_NOT_OURS && length && !is_visited)
        foreign = oa_foreign(tvb_get_ptr(tvb, 0, (gint)length), length, before);
    if (!is_visited)
        note_verdict(examined, pinfo, verdict, foreign);
    return verdict;
}

enum oa_verdict
rpch_connection_begins(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment,
                       struct oa_recognition *recognition)
{
    enum oa_verdict verdict = rpch_connection_in_tunnel(pinfo)
                                  ? recognise(tvb, pinfo, !segment, OA_BEFORE_TUNNEL, recognition)
                                  : examine(tvb, pinfo, segment, recognition);

    if (verdict != OA_OURS)
        return verdict;
    /* Later visits follow what the first one found. */
    const struct rpch_connection *connection = rpch_connection_find(pinfo);
    bool is_here = connection ? connection->first_frame == pinfo->num : !PINFO_FD_VISITED(pinfo);
    return is_here ? OA_OURS : OA_NOT_OURS;
}

bool
rpch_connection_resumes(struct conversation *conversation, tvbuff_t *tvb, packet_info *pinfo)
{
    const struct examined *examined = examined_of(conversation);
    struct oa_recognition recognition;

    return examined && before_data(examined, pinfo) == OA_BEFORE_UNKNOWN &&
           recognise(tvb, pinfo, false, OA_BEFORE_UNKNOWN, &recognition) == OA_OURS;
}

/* Whether nothing can have come before. Exported PDUs, which are without TCP, are taken for whole
 * connections, as oaexport takes them. */
static bool
is_from_start(packet_info *pinfo, const struct rpch_transport *transport)
{
    return transport->is_tls || handshake_of(pinfo) ||
           !proto_is_frame_protocol(pinfo->layers, "tcp");
}

static struct rpch_connection *
open_connection(packet_info *pinfo, const struct oa_recognition *recognition,
                const struct rpch_transport *transport)
{
    bool by_client = recognition->sender == OA_CLIENT;
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);
    struct rpch_connection *connection = wmem_new0(wmem_file_scope(), struct rpch_connection);

    copy_address_wmem(wmem_file_scope(), &connection->client,
                      by_client ? &pinfo->src : &pinfo->dst);
    connection->client_port = by_client ? pinfo->srcport : pinfo->destport;
    connection->first_frame = pinfo->num;
    connection->known = known_endpoint(pinfo);
    connection->is_mapi_http = recognition->is_mapi_http;
    connection->transport = transport;
    connection->channel = oa_channel_open(rpch_tracker(), recognition, by_client ? &from : &to,
                                          by_client ? &to : &from, connection, decode_stamp(pinfo));
    oa_channel_describe(
        connection->channel,
        (struct oa_known_connection){ .is_from_start = is_from_start(pinfo, transport) });
    keep_examined(pinfo)->connection = connection;
    return connection;
}

struct rpch_progress *
rpch_connection_progress(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_rpch, PROGRESS);
}

static bool
has_position(packet_info *pinfo, const struct rpch_connection *connection)
{
    const struct rpch_progress *progress = rpch_connection_progress(pinfo);
    const struct rpch_position *position = progress ? &progress->position : NULL;

    while (position && position->connection != connection)
        position = position->other;
    return position != NULL;
}

const struct rpch_connection *
rpch_connection_at(tvbuff_t *tvb, packet_info *pinfo, const struct tcpinfo *segment,
                   const struct rpch_transport *transport, enum oa_verdict *verdict)
{
    const struct rpch_connection *connection = rpch_connection_find(pinfo);
    struct oa_recognition recognition;

    *verdict = OA_OURS;
    if (connection && (pinfo->num > connection->first_frame ||
                       (pinfo->num == connection->first_frame && has_position(pinfo, connection))))
        return connection;
    *verdict = rpch_connection_begins(tvb, pinfo, segment, &recognition);
    if (*verdict != OA_OURS)
        return NULL;
    if (!connection)
        connection = open_connection(pinfo, &recognition, transport);
    rpch_connection_position(pinfo, connection);
    return connection;
}

void
rpch_connection_put_off(const struct rpch_connection *connection, enum oa_side side,
                        const guint8 *data, guint length, struct oa_stamp stamp)
{
    struct rpch_waiting *waiting = &((struct rpch_connection *)connection)->waiting[side];

    if (length) {
        waiting->data = wmem_realloc(wmem_file_scope(), waiting->data, length);
        memcpy(waiting->data, data, length);
    }
    waiting->length = length;
    waiting->stamp = stamp;
}

/* What waits for more is all there is. */
static void
decode_waiting(const struct rpch_connection *connection, enum oa_side side)
{
    const struct rpch_waiting *waiting = &connection->waiting[side];

    if (waiting->length)
        oa_channel_data(connection->channel, side, waiting->data, waiting->length, waiting->stamp);
}

void
rpch_connection_follow(const struct rpch_connection *connection, enum oa_side side,
                       const struct tcpinfo *segment)
{
    struct rpch_sequence *sequence = &((struct rpch_connection *)connection)->sequence[side];

    if (!segment)
        return;
    if (sequence->is_known && !segment->is_reassembled && GT_SEQ(segment->seq, sequence->next)) {
        decode_waiting(connection, side);
        rpch_connection_put_off(connection, side, NULL, 0, (struct oa_stamp){ 0 });
        oa_channel_lost(connection->channel, side, segment->seq - sequence->next);
    }
    if (!sequence->is_known || GT_SEQ(segment->nxtseq, sequence->next))
        sequence->next = segment->nxtseq;
    sequence->is_known = true;
}

void
rpch_connection_close(const struct rpch_connection *connection, struct oa_ending ending)
{
    if (connection->is_closed) /* a damaged segment may look like another TCP connection */
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        decode_waiting(connection, (enum oa_side)side);
    ((struct rpch_connection *)connection)->is_closed = true;
    oa_channel_close(connection->channel, ending);
}

enum oa_side
rpch_connection_side(const struct rpch_connection *connection, const packet_info *pinfo)
{
    return pinfo->srcport == connection->client_port &&
                   addresses_equal(&pinfo->src, &connection->client)
               ? OA_CLIENT
               : OA_SERVER;
}

struct rpch_position *
rpch_connection_position(packet_info *pinfo, const struct rpch_connection *connection)
{
    struct rpch_progress *progress = rpch_connection_progress(pinfo);

    if (!progress) {
        progress = wmem_new0(pinfo->pool, struct rpch_progress);
        p_add_proto_data(pinfo->pool, pinfo, proto_rpch, PROGRESS, progress);
    }
    struct rpch_position *position = &progress->position;
    while (position->connection && position->connection != connection) {
        if (!position->other)
            position->other = wmem_new0(pinfo->pool, struct rpch_position);
        position = position->other;
    }
    position->connection = connection;
    return position;
}
