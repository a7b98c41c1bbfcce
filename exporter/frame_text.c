/* frame_text.c
 * One-line summaries of HTTP heads, RTS PDUs and RPC PDUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_text.h"

#include <glib.h>

#include "base/text.h"

/* The query of a request of another program may contain anything; of RPC over HTTP it is the
 * target.
 */
static char *
describe_head(const struct oa_http_head *http, const struct oa_renamer *renamer)
{
    char method[32], path[128], query[128], reason[80];

    if (http->is_request) {
        oa_text_copy(http->method, method, sizeof method);
        oa_text_copy(http->path, path, sizeof path);
        oa_text_copy(http->query, query, sizeof query);
        return g_strdup_printf("%s %s%s%s HTTP/1.%u", OA_SHOWN(renamer, PHRASE, method),
                               OA_SHOWN(renamer, PHRASE, path), http->has_rpc_server ? "?" : "",
                               http->has_rpc_server ? OA_SHOWN(renamer, HOST, query) : "",
                               http->version_minor);
    }
    if (http->has_rpc_error) {
        const char *name = oa_rpc_status_name(http->rpc_error);
        return g_strdup_printf("HTTP/1.%u %u RPC Error: %x%s%s", http->version_minor, http->status,
                               http->rpc_error, name ? ", " : "", name ? name : "");
    }
    oa_text_copy(http->reason, reason, sizeof reason);
    return g_strdup_printf("HTTP/1.%u %u %s", http->version_minor, http->status,
                           OA_SHOWN(renamer, PHRASE, reason));
}

/* What follows the name: the numbers in the commands of the PDU. */
static char *
describe_rts(const struct oa_rts *rts)
{
    static const struct {
        enum oa_rts_command_type type;
        const char *format;
        unsigned divisor;
    } NUMBERS[] = {
        { OA_RTS_RECEIVE_WINDOW_SIZE, ", window %u bytes", 1 },
        { OA_RTS_CONNECTION_TIMEOUT, ", timeout %u s", 1000 },
        { OA_RTS_CHANNEL_LIFETIME, ", lifetime %u bytes", 1 },
        { OA_RTS_CLIENT_KEEPALIVE, ", keep-alive %u s", 1000 },
        { OA_RTS_PING_TRAFFIC_SENT, ", %u bytes of pings", 1 },
    };
    const struct oa_rts_command *ack = oa_rts_find(rts, OA_RTS_FLOW_CONTROL_ACK_COMMAND, 0);
    const struct oa_rts_command *to = oa_rts_find(rts, OA_RTS_DESTINATION, 0);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++) {
        const struct oa_rts_command *command = oa_rts_find(rts, NUMBERS[i].type, 0);
        char number[64];
        if (!command)
            continue;
        g_snprintf(number, sizeof number, NUMBERS[i].format,
                   command->value.number / NUMBERS[i].divisor);
        g_string_append(text, number);
    }
    if (ack)
        g_string_append_printf(text, ", %u bytes received, window %u",
                               ack->value.ack.bytes_received, ack->value.ack.available_window);
    if (to)
        g_string_append_printf(text, ", to %s", oa_rts_destination_name(to->value.number));
    return g_string_free(text, FALSE);
}

static const char *
fragment_text(const struct oa_rpc_pdu *rpc)
{
    bool first = rpc->header.flags & OA_RPC_FIRST_FRAG, last = rpc->header.flags & OA_RPC_LAST_FRAG;

    return first && last ? ""
           : first       ? ", first fragment"
           : last        ? ", last fragment"
                         : ", fragment";
}

static char *
describe_rpc(const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    const struct oa_call *call = event->call;
    const char *ptype = oa_rpc_ptype_name(rpc->header.ptype);

    if (!call) {
        const struct oa_rpc_interface *iface =
            rpc->n_contexts ? oa_rpc_interface_find(rpc->contexts[0].abstract_syntax.uuid) : NULL;
        return g_strdup_printf("%s%s%s, call %u", ptype, iface ? " " : "", iface ? iface->name : "",
                               rpc->header.call_id);
    }
    const char *name =
        call->has_opnum ? oa_rpc_operation_name(call->iface, call->opnum) : "unknown operation";
    char opnum[24];
    g_snprintf(opnum, sizeof opnum, "opnum %u", call->opnum);
    if (rpc->header.ptype == OA_RPC_FAULT) {
        const char *status = oa_rpc_status_name(rpc->fault_status);
        return g_strdup_printf("%s %s, call %u, %s (0x%08x)", name ? name : opnum, ptype,
                               rpc->header.call_id, status ? status : "unknown status",
                               rpc->fault_status);
    }
    return g_strdup_printf("%s %s, call %u, %zu bytes%s", name ? name : opnum, ptype,
                           rpc->header.call_id, rpc->stub_length, fragment_text(rpc));
}

char *
frame_text(const struct oa_event *event, const struct oa_renamer *renamer)
{
    switch (event->type) {
    case OA_EVENT_HTTP_HEAD:
        return describe_head(event->http, renamer);
    case OA_EVENT_BANNER:
        return g_strdup("Banner ncacn_http/1.0");
    case OA_EVENT_RTS:
        return describe_rts(event->rts);
    case OA_EVENT_RPC:
        return describe_rpc(event);
    default:
        return NULL;
    }
}

const char *
frame_protocol(const struct oa_event *event)
{
    switch (event->type) {
    case OA_EVENT_HTTP_HEAD:
        return "HTTP";
    case OA_EVENT_RPC:
        return event->call && event->call->iface ? event->call->iface->name : "DCERPC";
    default:
        return "RPCH";
    }
}
