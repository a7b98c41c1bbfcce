/* http_error.c
 * Error responses of HTTP servers and RPC proxies, in words.
 * [MS-RPCH] 2.1.2.1.3 (error codes)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/http_error.h"

#include <glib.h>

#include "rpc/dcerpc.h"

#define REASON_TEXT 80

void
oa_http_error_text(const struct oa_http_head *response, const struct oa_renamer *renamer,
                   char *text, size_t size)
{
    const char *name = oa_rpc_status_name(response->rpc_error);
    char reason[REASON_TEXT];

    oa_text_copy(response->reason, reason, sizeof reason);
    if (!response->has_rpc_error)
        g_snprintf(text, (gulong)size, "%u %s", response->status,
                   OA_SHOWN(renamer, PHRASE, reason));
    else if (name)
        g_snprintf(text, (gulong)size, "%u RPC Error: %x, %s", response->status,
                   response->rpc_error, name);
    else
        g_snprintf(text, (gulong)size, "%u RPC Error: %x", response->status, response->rpc_error);
}
