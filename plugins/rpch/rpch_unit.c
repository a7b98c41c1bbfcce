/* rpch_unit.c
 * What is remembered of a frame from the first visit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_unit.h"

/* The list is not of the file's memory, the data in it are. */
static ws_compat_bool
free_stock_data(wmem_allocator_t *scope _U_, wmem_cb_event_t event _U_, void *user)
{
    struct rpch_stock_data *data = user;

    g_slist_free(data->pfd);
    g_free(data->plain);
    return FALSE; /* not to be called again */
}

static struct rpch_stock_data *
new_stock_data(const struct oa_bytes *plain)
{
    struct rpch_stock_data *data = wmem_new0(wmem_file_scope(), struct rpch_stock_data);

    data->plain = g_memdup2(plain->at, plain->length);
    data->plain_length = plain->length;
    wmem_register_callback(wmem_file_scope(), free_stock_data, data);
    return data;
}

static struct rpch_unit_flow
unit_flow(const struct oa_flow *flow)
{
    return (struct rpch_unit_flow){ .sent = flow->sent,
                                    .acknowledged = flow->acknowledged,
                                    .window = flow->window,
                                    .is_there = flow->sent || flow->acks,
                                    .has_window = flow->has_window,
                                    .is_estimate = flow->is_estimate };
}

struct oa_flow
rpch_flow_of(const struct rpch_unit *unit)
{
    return (struct oa_flow){ .sent = unit->flow.sent,
                             .acknowledged = unit->flow.acknowledged,
                             .window = unit->flow.window,
                             .has_window = unit->flow.has_window,
                             .is_estimate = unit->flow.is_estimate };
}

struct rpch_unit
rpch_unit_of_event(const struct oa_event *event, const guint8 *at)
{
    struct rpch_unit unit = { .type = event->type,
                              .length = (guint)event->length,
                              .is_cut = event->is_cut,
                              .vc = event->vc,
                              .rts_name = event->rts_name,
                              .sequence = event->sequence,
                              .acknowledged = event->acknowledged,
                              .flow = unit_flow(&event->flow),
                              .idle_ns = event->idle_ns,
                              .stall_ns = event->stall_ns,
                              .call = event->call,
                              .exchange = event->exchange,
                              .is_lost = event->seal == OA_SEAL_BYTES_LOST,
                              .auth_leg = event->auth_leg };

    if (event->call && event->channel) {
        const struct oa_call_half *halves =
            event->side == OA_CLIENT ? event->call->request : event->call->response;
        unit.fragment = halves[event->channel->hop].fragments;
    }
    if (event->exchange)
        unit.auth_result = event->exchange->result;
    if (event->type == OA_EVENT_RPC && event->rpc->verifier.present)
        unit.stock = new_stock_data(&event->plain);

    if (event->pdu && event->pdu != at) {
        unit.joined_whole = (guint)event->pdu_length;
        unit.joined_length = event->is_cut ? unit.length : unit.joined_whole;
        unit.joined = wmem_memdup(wmem_file_scope(), event->pdu, unit.joined_length);
    }
    return unit;
}

struct oa_virtual_connection *
rpch_vc_of(const struct rpch_unit *unit)
{
    return oa_vc_whole(unit->vc);
}

struct oa_call *
rpch_call_of(const struct rpch_unit *unit)
{
    struct oa_call *call = unit->call;

    while (call && call->joined)
        call = call->joined;
    return call;
}
