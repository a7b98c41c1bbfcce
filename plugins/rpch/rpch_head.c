/* rpch_head.c
 * HTTP heads in the tree: as stock HTTP shows them, and what they mean for the channel.
 * [MS-RPCH] 2.1.2.1, 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_head.h"

#include <epan/dissectors/packet-http.h>
#include <epan/exceptions.h>
#include <epan/show_exception.h>
#include <epan/unit_strings.h>

#include "items.h"
#include "rpch_auth.h"
#include "rpch_conversation.h"
#include "rpch_eeinfo.h"
#include "rpch_items.h"
#include "rpch_proto.h"
#include "track/channel_kind.h"

static int hf_target_server = -1;
static int hf_target_port = -1;
static int hf_channel_length = -1;
static int hf_min_conn_timeout = -1;
static int hf_session_id = -1;
static int hf_resource_type_uuid = -1;
static int hf_rpc_error = -1;
static int hf_rpc_error_name = -1;

static expert_field ei_rpc_error = EI_INIT;

static void
call_guarded(dissector_handle_t handle, tvbuff_t *tvb, const struct rpch_place *place)
{
    guint16 can_desegment = place->pinfo->can_desegment;

    /* Stock HTTP must not try to reassemble the body, which has no end. */
    place->pinfo->can_desegment = 0;
    TRY
    {
        call_dissector_only(handle, tvb, place->pinfo, place->tree, place->transport_data);
    }
    CATCH_BOUNDS_AND_DISSECTOR_ERRORS
    {
        show_exception(tvb, place->pinfo, place->tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    place->pinfo->can_desegment = can_desegment;
}

static void
show_wire_text(proto_tree *tree, int hf, tvbuff_t *tvb, packet_info *pinfo, struct oa_text text)
{
    if (text.length)
        generated(proto_tree_add_string(tree, hf, tvb, 0, 0,
                                        wmem_strndup(pinfo->pool, text.at, text.length)));
}

static void
show_head_facts(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                const struct oa_http_head *http)
{
    packet_info *pinfo = place->pinfo;

    if (http->has_rpc_server) {
        show_wire_text(tree, hf_target_server, tvb, pinfo, http->rpc_server);
        generated(proto_tree_add_uint(tree, hf_target_port, tvb, 0, 0, http->rpc_port));
    }
    if (http->has_content_length)
        generated(proto_tree_add_uint64(tree, hf_channel_length, tvb, 0, 0, http->content_length));
    if (http->has_min_conn_timeout)
        generated(
            proto_tree_add_uint(tree, hf_min_conn_timeout, tvb, 0, 0, http->min_conn_timeout_s));
    show_wire_text(tree, hf_session_id, tvb, pinfo, http->session_id);
    show_wire_text(tree, hf_resource_type_uuid, tvb, pinfo, http->resource_type_uuid);
    if (http->has_rpc_error) {
        const char *name = oa_rpc_status_name(http->rpc_error);
        proto_item *item =
            generated(proto_tree_add_uint(tree, hf_rpc_error, tvb, 0, 0, http->rpc_error));
        add_generated_text(tree, hf_rpc_error_name, tvb, name ? name : "");
        expert_add_info_format(pinfo, item, &ei_rpc_error, "The proxy reports RPC error %u (%s)",
                               http->rpc_error, name ? name : "not in the table");
    }
}

/*
 * Passes a head to stock HTTP. In a tunnel (CONNECT) stock HTTP would pass all bytes to the
 * dissector of the tunnel's port, which is ours: so the tunnel is hidden from it during the call.
 * There is a tunnel if the connection's last request was CONNECT, or has a start frame once there
 * have been requests inside.
 */
static void
call_http(const struct rpch_place *place, tvbuff_t *tvb)
{
    conversation_t *conversation = rpch_conversation_find(place->pinfo);
    http_conv_t *http = conversation ? (http_conv_t *)conversation_get_proto_data(
                                           conversation, proto_get_id_by_filter_name("http"))
                                     : NULL;
    WS_COMPAT_HTTP_LAST *last = http ? WS_COMPAT_HTTP_LAST_OF(http) : NULL;
    bool is_connect = last && last->request_method && strcmp(last->request_method, "CONNECT") == 0;

    if (!is_connect && !(http && http->startframe)) {
        call_guarded(place->http, tvb, place);
        return;
    }
    guint status = last ? last->response_code : 0;
    gchar *method = last ? last->request_method : NULL;
    guint32 start = http->startframe;
    if (is_connect)
        last->response_code = 0;
    http->startframe = 0;
    call_guarded(place->http, tvb, place);
    if (is_connect) {
        last->response_code = status;
        last->request_method = method;
    }
    /* The start of the tunnel, which stock HTTP would have set with its first bytes. */
    http->startframe = start || PINFO_FD_VISITED(place->pinfo) ? start : place->pinfo->num;
}

/* Words in place of the extended error information in a reason phrase, which is Base64. */
static const char *
shorten_eeinfo(packet_info *pinfo, const char *text, const struct oa_http_head *http)
{
    const char *words = rpch_eeinfo_of_head(pinfo, http);
    char *encoded = words ? wmem_strndup(pinfo->pool, http->eeinfo.at, http->eeinfo.length) : NULL;
    const char *place = words ? strstr(text, encoded) : NULL;
    const char *label = place ? g_strrstr_len(text, place - text, "EEInfo:") : NULL;

    return label ? wmem_strdup_printf(pinfo->pool, "%.*s%s%s", (int)(label - text), text, words,
                                      place + strlen(encoded))
                 : text;
}

/* Removes the space that stock HTTP leaves after a response's reason phrase, because a comma comes
 * next, and makes the phrase readable. */
static void
end_info(packet_info *pinfo, const struct oa_http_head *http)
{
    const char *text = col_get_text(pinfo->cinfo, COL_INFO);

    if (text && text[0]) {
        char *whole = wmem_strdup(pinfo->pool, shorten_eeinfo(pinfo, text, http));
        size_t length = strlen(whole);
        if (whole[length - 1] == ' ')
            whole[length - 1] = '\0';
        col_clear_fence(pinfo->cinfo, COL_INFO);
        col_add_str(pinfo->cinfo, COL_INFO, whole);
    }
    col_set_fence(pinfo->cinfo, COL_INFO);
}

void
rpch_head_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset, guint body)
{
    guint length = unit->length + body;
    tvbuff_t *tvb = unit->is_cut ? tvb_new_subset_remaining(place->tvb, offset)
                                 : tvb_new_subset_length(place->tvb, offset, (gint)length);
    struct oa_http_head *http = wmem_new0(place->pinfo->pool, struct oa_http_head);

    (unit->is_cut ? oa_http_head_parse_cut : oa_http_head_parse)(
        tvb_get_ptr(tvb, 0, (gint)unit->length), unit->length, http);
    rpch_begin_info(place, unit);
    call_http(place, tvb);
    end_info(place->pinfo, http);

    proto_item *item;
    proto_tree *tree = rpch_add_unit(place, tvb, 0, (gint)unit->length, &item);
    rpch_show_context(place, tree, unit);
    show_head_facts(place, tree, tvb, http);
    rpch_auth_show_head(place, unit, tree, tvb, http);
    rpch_eeinfo_show_head(place, tree, tvb, unit->length, http);
    rpch_show_facts(place, unit, tree, tvb);
    proto_item_append_text(item, ", HTTP %s of the %s channel",
                           http->is_request ? "request" : "response",
                           oa_channel_kind_name(place->channel->kind));
    if (http->has_rpc_server)
        proto_item_append_text(item, " to %.*s:%u", (int)http->rpc_server.length,
                               http->rpc_server.at, http->rpc_port);
}

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_target_server,
          { "Target server", "rpch.target.server", FT_STRING, BASE_NONE, NULL, 0,
            "Server that the proxy is asked to connect to", HFILL } },
        { &hf_target_port,
          { "Target port", "rpch.target.port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL } },
        { &hf_channel_length,
          { "Content length", "rpch.content_length", FT_UINT64, BASE_DEC | BASE_UNIT_STRING,
            &units_byte_bytes, 0, "Bytes this message may carry", HFILL } },
        { &hf_min_conn_timeout,
          { "MinConnTimeout", "rpch.min_conn_timeout", FT_UINT32, BASE_DEC | BASE_UNIT_STRING,
            &units_seconds, 0, NULL, HFILL } },
        { &hf_session_id,
          { "SessionId", "rpch.session_id", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_resource_type_uuid,
          { "ResourceTypeUuid", "rpch.resource_type_uuid", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_rpc_error,
          { "RPC error", "rpch.rpc_error", FT_UINT32, BASE_DEC_HEX, NULL, 0,
            "Win32 error in the reason phrase", HFILL } },
        { &hf_rpc_error_name,
          { "RPC error name", "rpch.rpc_error.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
    };
    proto_register_field_array(proto_rpch, hf, array_length(hf));
}

void
rpch_head_register(expert_module_t *expert)
{
    static ei_register_info ei[] = {
        { &ei_rpc_error,
          { "rpch.rpc_error.expert", PI_RESPONSE_CODE, PI_WARN, "The proxy reports an RPC error",
            EXPFILL } },
    };

    register_fields();
    expert_register_field_array(expert, ei, array_length(ei));
}
