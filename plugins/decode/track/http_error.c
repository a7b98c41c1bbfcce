/* http_error.c
 * Error answers: to the request that was to open a channel, and in the middle of a channel.
 * [MS-RPCH] 2.1.2.1.3 (error codes), 3.2.2.5 (what clients make of them)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/http_error.h"

#include "track/channel_kind.h"
#include "track/channel_state.h"
#include "track/emit.h"

#define REASON_TEXT 80

/* The status with its reason phrase, or with the error that the proxy reports in its place. */
static void
describe_error(const struct oa_http_head *http, char *text, size_t size)
{
    const char *name = oa_rpc_status_name(http->rpc_error);
    char reason[REASON_TEXT];

    oa_text_copy(http->reason, reason, sizeof reason);
    if (!http->has_rpc_error)
        g_snprintf(text, (gulong)size, "%u %s", http->status, reason);
    else if (name)
        g_snprintf(text, (gulong)size, "%u RPC Error: %x, %s", http->status, http->rpc_error, name);
    else
        g_snprintf(text, (gulong)size, "%u RPC Error: %x", http->status, http->rpc_error);
}

/* What asks for credentials is told by its authentication exchange. */
void
oa_http_error_tell(struct channel *channel, const struct oa_event *event, bool in_stream)
{
    const struct oa_http_head *http = event->http;
    const struct oa_channel *facts = &channel->facts;
    const char *kind = oa_channel_kind_name(facts->kind);
    char error[OA_FINDING_TEXT];

    if (http->is_request || http->status < 400 || !channel->last_request_is_rpc)
        return;
    describe_error(http, error, sizeof error);
    if (in_stream)
        oa_emit_finding(channel->tracker, event, OA_FINDING_ERROR_IN_STREAM,
                        "%s after %" G_GUINT64_FORMAT " PDUs of the server", error,
                        facts->traffic[OA_SERVER].rpc_pdus + facts->traffic[OA_SERVER].rts_pdus);
    else if (http->status != 401 && http->status != 407)
        oa_emit_finding(channel->tracker, event,
                        http->has_rpc_error ? OA_FINDING_RPC_ERROR : OA_FINDING_HTTP_ERROR,
                        "%s to the request for the %s channel", error,
                        facts->kind == OA_CHANNEL_UNKNOWN ? "RPC" : kind);
}
