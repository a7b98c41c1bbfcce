/* rpch_connection.c
 * The TCP connections that the plugin follows: recognising them, and what is remembered of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_connection.h"

#include <epan/address.h>
#include <epan/conversation.h>
#include <epan/proto_data.h>

#include "decode_args.h"
#include "rpch_proto.h"
#include "rpch_tracker.h"
#include "track/channel.h"
#include "track/tracker.h"

static bool follows_mapi_http;

void
rpch_connection_follow_mapi_http(bool follow)
{
    follows_mapi_http = follow;
}

const struct rpch_connection *
rpch_connection_find(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);

    return conversation ? conversation_get_proto_data(conversation, proto_rpch) : NULL;
}

/* What is known about the server's endpoint. Of a recognised connection this is what was known at
 * that time, so that later visits reach the same verdict. */
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

/* In the same order as oaexport. An incomplete head of MAPI over HTTP is left to stock HTTP, which
 * reassembles it. */
static enum oa_verdict
recognise(tvbuff_t *tvb, packet_info *pinfo, struct oa_recognition *recognition)
{
    guint length = tvb_captured_length(tvb);
    const guint8 *data = tvb_get_ptr(tvb, 0, (gint)length);
    enum oa_verdict verdict = OA_NOT_OURS;

    if (rpch_is_enabled()) {
        verdict = oa_recognise(data, length, (uint16_t)pinfo->srcport, (uint16_t)pinfo->destport,
                               recognition);
        if (verdict == OA_NOT_OURS && oa_rpc_may_be_header(data, length))
            verdict = oa_recognise_plain_rpc(data, length, known_endpoint(pinfo), recognition);
    }
    if (verdict == OA_NOT_OURS && follows_mapi_http &&
        oa_recognise_mapi_http(data, length, recognition) == OA_OURS)
        verdict = OA_OURS;
    return verdict;
}

enum oa_verdict
rpch_connection_begins(tvbuff_t *tvb, packet_info *pinfo, struct oa_recognition *recognition)
{
    enum oa_verdict verdict = recognise(tvb, pinfo, recognition);

    if (verdict != OA_OURS)
        return verdict;
    /* Later visits follow what the first one found. */
    const struct rpch_connection *connection = rpch_connection_find(pinfo);
    bool is_here = connection ? connection->first_frame == pinfo->num : !PINFO_FD_VISITED(pinfo);
    return is_here ? OA_OURS : OA_NOT_OURS;
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
    conversation_add_proto_data(find_or_create_conversation(pinfo), proto_rpch, connection);
    return connection;
}

static guint32
position_key(const struct rpch_connection *connection)
{
    return (guint32)connection->channel->number;
}

static bool
has_position(packet_info *pinfo, const struct rpch_connection *connection)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_rpch, position_key(connection)) != NULL;
}

const struct rpch_connection *
rpch_connection_at(tvbuff_t *tvb, packet_info *pinfo, const struct rpch_transport *transport,
                   enum oa_verdict *verdict)
{
    const struct rpch_connection *connection = rpch_connection_find(pinfo);
    struct oa_recognition recognition;

    *verdict = OA_OURS;
    if (connection && (pinfo->num > connection->first_frame ||
                       (pinfo->num == connection->first_frame && has_position(pinfo, connection))))
        return connection;
    *verdict = rpch_connection_begins(tvb, pinfo, &recognition);
    if (*verdict != OA_OURS)
        return NULL;
    if (!connection)
        connection = open_connection(pinfo, &recognition, transport);
    rpch_connection_position(pinfo, connection);
    return connection;
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
    guint32 key = position_key(connection);
    struct rpch_position *position = p_get_proto_data(pinfo->pool, pinfo, proto_rpch, key);

    if (!position) {
        position = wmem_new0(pinfo->pool, struct rpch_position);
        p_add_proto_data(pinfo->pool, pinfo, proto_rpch, key, position);
    }
    return position;
}
