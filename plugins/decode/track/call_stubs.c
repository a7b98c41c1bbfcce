/* call_stubs.c
 * The stubs of calls: of most the return value alone, of those that identify the client all
 * parameters.
 * [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1, [C706] appendix O
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_stubs.h"

#include <string.h>

#include "exchange/call_facts.h"
#include "track/association.h"
#include "track/bindings.h"
#include "track/endpoint.h"
#include "track/tracker_state.h"

/* Bytes of one stub that are kept; enough for a user's name and some auxiliary blocks. */
#define STUB_MAX 65536

/* Verifiers of this level seal the stub. */
#define LEVEL_PRIVACY 6

static bool
is_sealed(const struct oa_rpc_pdu *rpc)
{
    return rpc->verifier.present && rpc->verifier.level >= LEVEL_PRIVACY;
}

static bool
is_endpoint_mapper(const struct oa_rpc_interface *iface)
{
    return strcmp(iface->name, "epm") == 0;
}

void
oa_call_stubs_clear(struct call_stubs *stubs)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (stubs->stub[side])
            g_byte_array_unref(stubs->stub[side]);
}

void
oa_call_stubs_keep(struct call_stubs *stubs, const struct oa_call *call,
                   const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;
    GByteArray **stub = &stubs->stub[event->side];

    if (!oa_rpc_operation_is_telling(call->iface, call->opnum) || !call->has_opnum ||
        rpc->header.ptype == OA_RPC_FAULT || event->channel->hop != oa_vc_hop(call->vc) ||
        is_sealed(rpc))
        return;
    if (!*stub)
        *stub = g_byte_array_new();
    if ((*stub)->len + rpc->stub_length <= STUB_MAX)
        g_byte_array_append(*stub, rpc->stub, (guint)rpc->stub_length);
    stubs->is_big_endian = rpc->header.big_endian;
}

static void
take_client(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
            const struct oa_call_facts *facts)
{
    if (!vc->client)
        vc->client = g_new0(struct oa_client, 1);
    oa_client_take_call(vc->client, facts);
    oa_association_share(tracker, vc);
}

void
oa_call_stubs_read(struct oa_tracker *tracker, const struct call_stubs *stubs,
                   const struct oa_call *call)
{
    struct oa_virtual_connection *vc = call->vc;
    enum oa_hop hop = oa_vc_hop(vc);
    uint32_t code_page = 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct oa_call_half *half =
            side == OA_CLIENT ? &call->request[hop] : &call->response[hop];
        const GByteArray *bytes = stubs->stub[side];
        struct oa_call_facts facts;

        if (!bytes || !half->is_complete || half->has_gap)
            continue;
        const struct oa_rpc_binding *binding = oa_binding_find(vc, call->context_id);
        if (side == OA_SERVER && is_endpoint_mapper(call->iface))
            oa_endpoints_take_map(tracker, vc, bytes, stubs->is_big_endian);
        struct oa_stub stub = { .interface = call->iface,
                                .opnum = call->opnum,
                                .is_response = side == OA_SERVER,
                                .is_ndr64 = binding && oa_rpc_is_ndr64(&binding->transfer_syntax),
                                .big_endian = stubs->is_big_endian,
                                .data = bytes->data,
                                .length = bytes->len,
                                .code_page = code_page };
        struct oa_walk *walk = oa_walk_new(&OA_CALL_FACTS_VISITOR, &facts);
        oa_walk_set_code_pages(walk, tracker->code_pages);
        oa_call_facts_start(&facts, &stub);
        if (oa_stub_walk(walk, &stub, NULL, &facts.walk))
            take_client(tracker, vc, &facts);
        oa_walk_free(walk);
        code_page = facts.code_page;
    }
}

void
oa_call_take_return_value(struct oa_call *call, const struct oa_event *event)
{
    const struct oa_rpc_pdu *rpc = event->rpc;

    if (rpc->header.ptype != OA_RPC_RESPONSE || !(rpc->header.flags & OA_RPC_LAST_FRAG) ||
        is_sealed(rpc) || rpc->stub_length < 4 || !call->iface ||
        !(call->iface->is_exchange || is_endpoint_mapper(call->iface)))
        return;
    const uint8_t *at = rpc->stub + rpc->stub_length - 4;
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value |= (uint32_t)at[rpc->header.big_endian ? 3 - i : i] << (8 * i);
    call->has_return_value = true;
    call->return_value = value;
}
