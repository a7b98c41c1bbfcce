/* rpch_connection.c
 * The TCP connections that carry something of ours: how they are recognised, and what is kept.
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

enum oa_verdict
rpch_recognise(tvbuff_t *tvb, const packet_info *pinfo, struct oa_recognition *recognition)
{
    guint length = tvb_captured_length(tvb);

    if (!rpch_is_enabled())
        return OA_NOT_OURS;
    return oa_recognise(tvb_get_ptr(tvb, 0, (gint)length), length, (uint16_t)pinfo->srcport,
                        (uint16_t)pinfo->destport, recognition);
}

struct rpch_connection *
rpch_connection_find(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);

    return conversation ? conversation_get_proto_data(conversation, proto_rpch) : NULL;
}

static guint32
position_key(const struct rpch_connection *connection)
{
    return (guint32)connection->channel->number;
}

bool
rpch_connection_has_begun(packet_info *pinfo, const struct rpch_connection *connection)
{
    if (!connection || pinfo->num < connection->first_frame)
        return false;
    return pinfo->num > connection->first_frame ||
           p_get_proto_data(pinfo->pool, pinfo, proto_rpch, position_key(connection));
}

struct rpch_connection *
rpch_connection_open(packet_info *pinfo, const struct oa_recognition *recognition,
                     const struct rpch_transport *transport)
{
    bool by_client = recognition->sender == OA_CLIENT;
    conversation_t *conversation = find_or_create_conversation(pinfo);
    struct rpch_connection *connection = conversation_get_proto_data(conversation, proto_rpch);
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);

    if (connection)
        return connection;
    connection = wmem_new0(wmem_file_scope(), struct rpch_connection);
    copy_address_wmem(wmem_file_scope(), &connection->client,
                      by_client ? &pinfo->src : &pinfo->dst);
    connection->client_port = by_client ? pinfo->srcport : pinfo->destport;
    connection->first_frame = pinfo->num;
    connection->transport = transport;
    connection->channel = oa_channel_open(rpch_tracker(), recognition, by_client ? &from : &to,
                                          by_client ? &to : &from, connection, decode_stamp(pinfo));
    conversation_add_proto_data(conversation, proto_rpch, connection);
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
