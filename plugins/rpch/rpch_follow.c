/* rpch_follow.c
 * Follow > RPC over HTTP, and `tshark -z follow,rpch,...`: what the client and the server of a
 * virtual connection sent to each other, over all of its channels, recycled ones too. A stream is a
 * virtual connection; of several hops the one nearest to the client is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_follow.h"

#include "ws_compat.h"

#include <epan/follow.h>
#include <epan/to_str.h>

#include "decode_args.h"
#include "rpch_party.h"
#include "rpch_proto.h"
#include "rpch_tap.h"
#include "rpch_tracker.h"
#include "track/tracker.h"

static gchar *
filter_of_packet(epan_dissect_t *edt _U_, packet_info *pinfo, guint *stream, guint *sub_stream _U_)
{
    const struct oa_virtual_connection *vc = rpch_vc_of_packet(pinfo);

    if (!vc)
        return NULL;
    *stream = (guint)vc->number;
    return ws_strdup_printf("rpch.vc == %u", *stream);
}

static gchar *
filter_of_stream(guint stream, guint sub_stream _U_)
{
    return ws_strdup_printf("rpch.vc == %u", stream);
}

static const char *
field_of(const address *address)
{
    return address->type == AT_IPv6 ? "ipv6.addr" : "ip.addr";
}

static gchar *
filter_of_addresses(address *src, address *dst, int src_port, int dst_port)
{
    char *from = address_to_str(NULL, src), *to = address_to_str(NULL, dst);
    char *filter =
        ws_strdup_printf("rpch && %s == %s && %s == %s && tcp.port == %d && tcp.port == %d",
                         field_of(src), from, field_of(dst), to, src_port, dst_port);

    wmem_free(NULL, from);
    wmem_free(NULL, to);
    return filter;
}

static gchar *
port_text(wmem_allocator_t *pool, guint port)
{
    return wmem_strdup_printf(pool, "%u", port);
}

static guint32
streams(void)
{
    return (guint32)oa_tracker_vcs(rpch_tracker());
}

/* The addresses at the top of the dialogue: those of the first connection of the hop. */
static void
name_nodes(follow_info_t *info, const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    const struct oa_endpoint *client = &vc->endpoint[hop][OA_CLIENT];
    const struct oa_endpoint *server = &vc->endpoint[hop][OA_SERVER];

    if (info->client_ip.type != AT_NONE)
        return;
    encode_address(client, &info->client_ip);
    encode_address(server, &info->server_ip);
    info->client_port = client->port;
    info->server_port = server->port;
}

static tap_packet_status
take_unit(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
          tap_flags_t flags _U_)
{
    follow_info_t *info = tapdata;
    const struct oa_event *event = &((const struct rpch_tap *)data)->event;
    const struct oa_virtual_connection *vc = event->vc ? event->vc : event->channel->vc;

    while (vc && vc->joined)
        vc = vc->joined;
    if (!vc || event->channel->hop != oa_vc_hop(vc) || event->type == OA_EVENT_SKIPPED)
        return TAP_PACKET_DONT_REDRAW;
    name_nodes(info, vc, event->channel->hop);

    follow_record_t *record = g_new0(follow_record_t, 1);
    record->is_server = event->side == OA_SERVER;
    record->packet_num = pinfo->num;
    record->abs_ts = pinfo->abs_ts;
    record->data = g_byte_array_append(
        g_byte_array_new(), event->pdu,
        (guint)(event->is_cut ? MIN(event->pdu_length, event->length) : event->pdu_length));
    info->bytes_written[record->is_server] += record->data->len;
    info->payload = g_list_prepend(info->payload, record);
    return TAP_PACKET_DONT_REDRAW;
}

void
rpch_follow_register(void)
{
    WS_COMPAT_REGISTER_FOLLOW(proto_rpch, RPCH_TAP, filter_of_packet, filter_of_stream,
                              filter_of_addresses, port_text, take_unit, streams);
}
