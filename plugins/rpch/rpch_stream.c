/* rpch_stream.c
 * The bytes of a connection with RPC: decoded on the first visit, shown on every one.
 * [MS-RPCH] 2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_stream.h"

#include <epan/proto_data.h>
#include <epan/tap.h>

#include "decode_args.h"
#include "items.h"
#include "rpch_connection.h"
#include "rpch_findings.h"
#include "rpch_proto.h"
#include "rpch_show.h"
#include "rpch_tap.h"
#include "rpch_tracker.h"
#include "track/channel.h"

static int rpch_tap = -1;
static dissector_handle_t handle;

/* All units of one connection in one frame, in order; the frame may be passed to us in several
 * calls. */
static wmem_array_t *
units_of_frame(packet_info *pinfo, const struct oa_channel *channel)
{
    guint32 key = (guint32)channel->number;
    wmem_array_t *units = p_get_proto_data(wmem_file_scope(), pinfo, proto_rpch, key);

    if (!units) {
        units = wmem_array_new(wmem_file_scope(), sizeof(struct rpch_unit));
        p_add_proto_data(wmem_file_scope(), pinfo, proto_rpch, key, units);
    }
    return units;
}

/*
 * First visit: the decoder takes the bytes, which changes its state, and its events are remembered
 * with the frame. Bytes of an incomplete unit are requested again with the rest, unless TCP cannot
 * provide it. `segment` may be NULL.
 */
static void
decode(const struct rpch_connection *connection, const struct rpch_place *place,
       const struct tcpinfo *segment, wmem_array_t *units)
{
    guint length = tvb_captured_length(place->tvb);
    guint missing = tvb_reported_length(place->tvb) - length;
    const guint8 *data = tvb_get_ptr(place->tvb, 0, length);
    struct oa_stamp stamp = decode_stamp(place->pinfo);
    struct oa_event event;
    guint at = 0;
    size_t need = 0;

    rpch_connection_follow(connection, place->side, segment);
    rpch_findings_keep(rpch_tracker_take_findings(), 0);
    while (at < length && oa_channel_next(place->channel, place->side, data + at, length - at,
                                          stamp, stamp, &event, &need)) {
        struct rpch_unit unit = rpch_unit_of_event(&event, data + at);
        unit.findings = rpch_tracker_take_findings();
        rpch_findings_keep(unit.findings, place->pinfo->num);
        wmem_array_append_one(units, unit);
        at += unit.length;
    }
    if (at < length || missing) {
        struct rpch_unit rest = { .type = OA_EVENT_NONE,
                                  .length = length - at,
                                  .need = (guint)need };
        if (missing || !place->pinfo->can_desegment) {
            rest.type = at < length ? OA_EVENT_SKIPPED : OA_EVENT_NONE;
            if (oa_channel_next_cut(place->channel, place->side, data + at, length - at, missing,
                                    stamp, stamp, !missing, &event)) {
                rest = rpch_unit_of_event(&event, data + at);
                rest.findings = rpch_tracker_take_findings();
            }
        }
        wmem_array_append_one(units, rest);
    }
    rpch_findings_keep(rpch_tracker_take_findings(), 0);
    bool is_waiting = at < length && !missing && place->pinfo->can_desegment;
    rpch_connection_put_off(connection, place->side, data + at, is_waiting ? length - at : 0,
                            stamp);
}

/* Bytes of a connection that has been closed, 30 s after its end or later. */
static void
skip_all(const struct rpch_place *place, wmem_array_t *units)
{
    struct rpch_unit rest = { .type = OA_EVENT_SKIPPED, .length = tvb_captured_length(place->tvb) };

    wmem_array_append_one(units, rest);
}

static bool
waits(const struct rpch_unit *unit)
{
    return unit->type == OA_EVENT_NONE && unit->length;
}

/* TLS loses its position if a number of bytes that was requested turns out not to be enough while
 * bytes of the same record are left; so only whole records are requested from it. */
static void
ask_for_more(const struct rpch_place *place, bool is_tls, guint offset,
             const struct rpch_unit *rest)
{
    place->pinfo->desegment_offset = (int)offset;
    place->pinfo->desegment_len = rest->need > rest->length && !is_tls ? rest->need - rest->length
                                                                       : DESEGMENT_ONE_MORE_SEGMENT;
}

static void
queue_tap(const struct rpch_place *place, const struct rpch_unit *unit, int offset)
{
    struct rpch_tap *record;
    struct oa_event *event;
    wmem_allocator_t *pool = place->pinfo->pool;

    if (!have_tap_listener(rpch_tap) || unit->type == OA_EVENT_CHUNK)
        return;
    record = wmem_new0(pool, struct rpch_tap);
    record->version = RPCH_TAP_VERSION;
    event = &record->event;
    event->type = unit->type;
    event->first = event->last = decode_stamp(place->pinfo);
    event->side = place->side;
    event->channel = place->channel;
    event->vc = unit->vc;
    event->length = unit->length;
    event->pdu = unit->joined ? unit->joined : tvb_get_ptr(place->tvb, offset, unit->length);
    event->pdu_length = unit->joined ? unit->joined_length : unit->length;
    event->rts_name = unit->rts_name;
    event->sequence = unit->sequence;
    event->acknowledged = unit->acknowledged;
    event->flow = rpch_flow_of(unit);
    event->idle_ns = unit->idle_ns;
    event->stall_ns = unit->stall_ns;
    event->is_cut = unit->is_cut;
    event->call = unit->call;
    event->exchange = unit->exchange;
    event->auth_leg = unit->auth_leg;
    if (unit->type == OA_EVENT_HTTP_HEAD) {
        struct oa_http_head *http = wmem_new0(pool, struct oa_http_head);
        (unit->is_cut ? oa_http_head_parse_cut : oa_http_head_parse)(event->pdu, event->pdu_length,
                                                                     http);
        event->http = http;
    } else if (unit->type == OA_EVENT_RTS) {
        struct oa_rts *rts = wmem_new0(pool, struct oa_rts);
        oa_rts_parse(event->pdu, event->pdu_length, rts);
        event->rts = rts;
    } else if (unit->type == OA_EVENT_RPC) {
        struct oa_rpc_pdu *rpc = wmem_new0(pool, struct oa_rpc_pdu);
        oa_rpc_parse_beginning(event->pdu, event->pdu_length, rpc);
        event->pdu_length = rpc->header.frag_length;
        event->rpc = rpc;
    }
    tap_queue_packet(rpch_tap, place->pinfo, record);
}

/* How many bytes of an ordinary body follow a head directly in these data; they are shown with it.
 */
static guint
body_after(wmem_array_t *units, guint head, guint room)
{
    guint body = 0;

    for (guint i = head + 1; i < wmem_array_get_count(units); i++) {
        const struct rpch_unit *unit = wmem_array_index(units, i);
        if (unit->type != OA_EVENT_HTTP_BODY || body + unit->length > room)
            break;
        body += unit->length;
    }
    return body;
}

int
rpch_stream_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const struct rpch_connection *connection = rpch_connection_find(pinfo);
    guint length = tvb_captured_length(tvb);
    guint offset = 0;
    guint shown_body = 0;

    if (!connection || connection->is_mapi_http)
        return 0;
    struct rpch_place place = { tvb,
                                pinfo,
                                tree,
                                seen_tree(tree, proto_rpch) != NULL,
                                connection->channel,
                                rpch_connection_side(connection, pinfo),
                                connection->transport->http,
                                data };
    wmem_array_t *units = units_of_frame(pinfo, place.channel);
    struct rpch_position *position = rpch_connection_position(pinfo, connection);
    if (!PINFO_FD_VISITED(pinfo) && connection->is_closed)
        skip_all(&place, units);
    else if (!PINFO_FD_VISITED(pinfo))
        decode(connection, &place, connection->transport->is_tls ? NULL : data, units);

    while (position->next < wmem_array_get_count(units)) {
        const struct rpch_unit *unit = wmem_array_index(units, position->next);
        guint body = 0;

        /* Incomplete bytes whose rest came in the same frame: TLS does not pass them to us
         * separately again. */
        if (waits(unit) && unit->length < length - offset) {
            position->next++;
            continue;
        }
        if (unit->length > length - offset)
            break;
        if (waits(unit)) {
            ask_for_more(&place, connection->transport->is_tls, offset, unit);
        } else if (shown_body >= unit->length && unit->type == OA_EVENT_HTTP_BODY) {
            shown_body -= unit->length;
        } else if (unit->type != OA_EVENT_NONE) {
            if (unit->type == OA_EVENT_HTTP_HEAD)
                shown_body = body =
                    body_after(units, position->next, length - offset - unit->length);
            rpch_show(&place, unit, (int)offset, body);
            queue_tap(&place, unit, (int)offset);
        }
        position->next++;
        offset += unit->length;
        if (offset == length)
            break;
    }
    if (tvb_reported_length(tvb) > length)
        rpch_show_cut(&place, tvb_reported_length(tvb) - length);
    return (int)length;
}

dissector_handle_t
rpch_stream_handle(void)
{
    return handle;
}

void
rpch_stream_register(void)
{
    handle = register_dissector("rpch", rpch_stream_dissect, proto_rpch);
    rpch_tap = register_tap(RPCH_TAP);
}
