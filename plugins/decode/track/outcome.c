/* outcome.c
 * What became of the attempt to establish a virtual connection, or session: of its HTTP statuses
 * the one that decides.
 * [MS-RPCH] 3.2.2.5 (errors), [MS-OXCMAPIHTTP] 2.2.3.3.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/outcome.h"

#define OK 200
#define FIRST_ERROR 400

/* An error decides, the first one of several, unless the virtual connection has worked: then it
 * belongs to a recycling, or to its end. Returns whether the status was taken. */
static bool
take_status(struct oa_virtual_connection *vc, unsigned status)
{
    bool is_known = vc->http_status != 0;

    if (status == 0)
        return false;
    if (status >= FIRST_ERROR)
        is_known = oa_vc_has_worked(vc) || vc->http_status >= FIRST_ERROR;
    if (!is_known)
        vc->http_status = status;
    return !is_known;
}

/* PDUs come in a response with 200. An error in the middle of them decides only if the virtual
 * connection was not established by then. */
static unsigned
status_of(const struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    const struct oa_traffic *out = &channel->traffic[OA_SERVER];
    bool has_pdus = oa_hop_is_http(channel->hop) && (out->rpc_pdus || out->rts_pdus);

    return has_pdus && oa_vc_has_worked(vc) ? OK : channel->http_status;
}

void
oa_outcome_take_channel(struct oa_virtual_connection *vc, const struct oa_channel *channel)
{
    if (channel->hop == oa_vc_hop(vc) && take_status(vc, status_of(vc, channel)) &&
        channel->has_rpc_error) {
        vc->has_rpc_error = true;
        vc->rpc_error = channel->rpc_error;
    }
}

void
oa_outcome_take_response(struct oa_virtual_connection *vc, unsigned http_status,
                         uint32_t response_code)
{
    take_status(vc, http_status);
    if (response_code && !vc->response_code && !oa_vc_has_worked(vc))
        vc->response_code = response_code;
}
