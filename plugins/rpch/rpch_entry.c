/* rpch_entry.c
 * Where data come in: to a connection of ours, which they may begin, or to a stock dissector.
 * [MS-RPCH] 2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_entry.h"

#include <epan/conversation.h>

#include "http_stream.h"
#include "rpch_proto.h"
#include "rpch_stream.h"

static dissector_handle_t http_stream_handle; /* who wants to see ordinary HTTP; NULL: nobody */

/* TCP passes the frames that follow to us; TLS hands over what it decrypts by itself. */
static void
take_over(packet_info *pinfo, const struct oa_recognition *recognition,
          const struct rpch_transport *transport)
{
    rpch_connection_open(pinfo, recognition, transport);
    if (!transport->is_tls)
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num,
                                                     rpch_stream_handle());
}

/* What is none of ours: to the stock dissector; if that is HTTP, by way of who wants to see it. */
static int
call_stock(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
           packet_info *pinfo, proto_tree *tree, void *data)
{
    struct http_stream stream = { stock, data };

    if (http_stream_handle && stock == transport->http) {
        int taken = call_dissector_only(http_stream_handle, tvb, pinfo, tree, &stream);
        if (taken)
            return taken;
    }
    return call_dissector_only(stock, tvb, pinfo, tree, data);
}

int
rpch_dissect_or(const struct rpch_transport *transport, dissector_handle_t stock, tvbuff_t *tvb,
                packet_info *pinfo, proto_tree *tree, void *data)
{
    struct oa_recognition recognition;

    /* These are handed through, so what TCP allows them to ask for must not lessen by the step in
     * between. */
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    if (rpch_is_enabled() && rpch_connection_has_begun(pinfo, rpch_connection_find(pinfo)))
        return call_dissector_only(rpch_stream_handle(), tvb, pinfo, tree, data);
    switch (rpch_recognise(tvb, pinfo, &recognition)) {
    case OA_OURS:
        if (!PINFO_FD_VISITED(pinfo))
            take_over(pinfo, &recognition, transport);
        return call_dissector_only(rpch_stream_handle(), tvb, pinfo, tree, data);
    case OA_MAYBE:
        if (pinfo->can_desegment > 0 && tvb_captured_length(tvb) == tvb_reported_length(tvb)) {
            pinfo->desegment_offset = 0;
            pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
            return tvb_captured_length(tvb);
        }
        break;
    case OA_NOT_OURS:
        break;
    }
    return call_stock(transport, stock, tvb, pinfo, tree, data);
}

/* Plain RPC over TCP is left to stock DCE/RPC, but for the ports where proxies and clients meet the
 * servers. */
static bool
begins_ours(tvbuff_t *tvb, const packet_info *pinfo, struct oa_recognition *recognition)
{
    return rpch_recognise(tvb, pinfo, recognition) == OA_OURS &&
           (!recognition->is_direct || oa_is_server_port((uint16_t)pinfo->srcport) ||
            oa_is_server_port((uint16_t)pinfo->destport));
}

bool
rpch_begins_stream(tvbuff_t *tvb)
{
    struct oa_recognition recognition;
    guint length = tvb_captured_length(tvb);

    return http_stream_handle && oa_recognise_mapi_http(tvb_get_ptr(tvb, 0, (gint)length), length,
                                                        &recognition) == OA_OURS;
}

bool
rpch_begins(tvbuff_t *tvb, const packet_info *pinfo)
{
    struct oa_recognition recognition;

    return begins_ours(tvb, pinfo, &recognition);
}

/* Not by our handle: the layer of a heuristic dissector is already among the frame's protocols. */
bool
rpch_claim(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
           proto_tree *tree, void *data)
{
    struct oa_recognition recognition;

    if (!begins_ours(tvb, pinfo, &recognition))
        return false;
    if (!PINFO_FD_VISITED(pinfo))
        take_over(pinfo, &recognition, transport);
    rpch_stream_dissect(tvb, pinfo, tree, data);
    return true;
}

bool
rpch_dissect_stream(const struct rpch_transport *transport, tvbuff_t *tvb, packet_info *pinfo,
                    proto_tree *tree, void *data)
{
    wmem_list_remove_frame(pinfo->layers, wmem_list_tail(pinfo->layers));
    pinfo->curr_layer_num--;
    return rpch_dissect_or(transport, transport->http, tvb, pinfo, tree, data) > 0;
}

void
rpch_entry_open(void)
{
    http_stream_handle = find_dissector(HTTP_STREAM_DISSECTOR);
}
