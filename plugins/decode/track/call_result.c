/* call_result.c
 * How a call went.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_result.h"

#define EPT_S_NOT_REGISTERED 0x16c9a0d6

bool
oa_call_failed(const struct oa_call *call)
{
    uint32_t value = call->return_value;

    if (call->state == OA_CALL_FAULT)
        return true;
    if (!call->has_return_value || value == 0 || value >> 16 == 4)
        return false;
    return !(value == 1 && oa_rpc_operation_has(call->iface, call->opnum, OA_OP_RETURNS_1)) &&
           !(value == EPT_S_NOT_REGISTERED &&
             oa_rpc_operation_has(call->iface, call->opnum, OA_OP_LISTS));
}

bool
oa_call_latency(const struct oa_call *call, enum oa_hop hop, int64_t *ns)
{
    const struct oa_call_half *request = &call->request[hop], *response = &call->response[hop];

    *ns = response->last.time_ns - request->last.time_ns;
    return oa_call_has_latency(call, hop);
}

void
oa_call_note_clock(struct oa_call *call, const struct oa_clock_steps *steps)
{
    for (int hop = 0; hop < OA_HOPS; hop++) {
        const struct oa_call_half *request = &call->request[hop], *response = &call->response[hop];
        if (request->fragments && response->fragments)
            call->is_clock_stepped |= oa_clock_stepped(steps, request->first, response->last);
    }
}
