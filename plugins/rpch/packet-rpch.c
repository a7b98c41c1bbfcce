/* packet-rpch.c
 * RPC over HTTP in Wireshark: takes over the connections, and remembers what each frame held.
 * [MS-RPCH] 2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch.h"

#include <epan/address.h>
#include <epan/conversation.h>
#include <epan/proto_data.h>
#include <epan/tap.h>

#include "decode_args.h"
#include "http_stream.h"
#include "rpch_tap.h"
#include "track/channel.h"
#include "track/tracker.h"

/* What belongs to one TCP connection taken over. */
struct connection {
    struct oa_channel *channel;
    address client;
    guint32 client_port;
    guint32 first_frame;     /* from which on it is ours */
    dissector_handle_t http; /* stock HTTP on the same transport */
};

/* All units of one connection in one frame, in order; a frame may be handed over in several calls.
 */
struct frame_units {
    wmem_array_t *units;
};

/* How far this dissection of the frame has come in them. */
struct frame_position {
    guint next;
};

int proto_rpch = -1;

static int rpch_tap = -1;
static dissector_handle_t rpch_handle;
static dissector_handle_t http_stream_handle; /* who wants to see ordinary HTTP; NULL: nobody */
static heur_dissector_t http_tcp_heur;
static heur_dissector_t dcerpc_tcp_heur;
static struct oa_tracker *tracker;
static struct rpch_finding *new_findings; /* of the bytes being decoded */

static int dissect_ours_or_http(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);
static int dissect_ours_or_x11(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

/* Whose place in the table of ports is taken: HTTP's everywhere, X11's where proxies meet servers.
 */
static struct taken_place {
    const char *name;     /* of the stock dissector; NULL if it has none */
    const char *protocol; /* its filter name */
    const char *ours[3];  /* name, short name, filter name of what stands in its place */
    dissector_t dissect;
    bool server_ports_only;
    dissector_handle_t handle;     /* the stock one */
    dissector_handle_t ours_or_it; /* what stands in its place */
} taken_places[] = {
    { .name = "http-over-tcp",
      .protocol = "http",
      .ours = { "RPC over HTTP, else HTTP", "HTTP or RPCH", "http_or_rpch" },
      .dissect = dissect_ours_or_http },
    { .protocol = "x11",
      .ours = { "RPC over HTTP, else X11", "X11 or RPCH", "x11_or_rpch" },
      .dissect = dissect_ours_or_x11,
      .server_ports_only = true },
};

#define HTTP_PLACE taken_places[0]
#define X11_PLACE taken_places[1]

static bool
is_enabled(void)
{
    return proto_is_protocol_enabled(find_protocol_by_id(proto_rpch));
}

/* Whether the data begin with something of ours; OA_MAYBE while they are too short to tell. Never
 * while the protocol is disabled: then the stock dissectors take all. */
static enum oa_verdict
recognise(tvbuff_t *tvb, const packet_info *pinfo, struct oa_recognition *recognition)
{
    guint length = tvb_captured_length(tvb);

    if (!is_enabled())
        return OA_NOT_OURS;
    return oa_recognise(tvb_get_ptr(tvb, 0, (gint)length), length, (uint16_t)pinfo->srcport,
                        (uint16_t)pinfo->destport, recognition);
}

/* TCP passes the frames that follow to us; TLS hands over what it decrypts by itself. */
static void
take_over(packet_info *pinfo, const struct oa_recognition *recognition, dissector_handle_t http)
{
    bool by_client = recognition->sender == OA_CLIENT;
    conversation_t *conversation = find_or_create_conversation(pinfo);
    struct connection *connection = conversation_get_proto_data(conversation, proto_rpch);
    struct oa_endpoint from = decode_endpoint(&pinfo->src, pinfo->srcport);
    struct oa_endpoint to = decode_endpoint(&pinfo->dst, pinfo->destport);

    if (connection)
        return;
    connection = wmem_new0(wmem_file_scope(), struct connection);
    copy_address_wmem(wmem_file_scope(), &connection->client,
                      by_client ? &pinfo->src : &pinfo->dst);
    connection->client_port = by_client ? pinfo->srcport : pinfo->destport;
    connection->first_frame = pinfo->num;
    connection->http = http;
    connection->channel = oa_channel_open(tracker, recognition, by_client ? &from : &to,
                                          by_client ? &to : &from, connection, decode_stamp(pinfo));
    conversation_add_proto_data(conversation, proto_rpch, connection);
    if (http == HTTP_PLACE.handle)
        conversation_set_dissector_from_frame_number(conversation, pinfo->num, rpch_handle);
}

/*
 * Whether what comes in this frame is ours without looking at it. In the frame of the takeover,
 * that is from the request on.
 */
static bool
is_taken(packet_info *pinfo)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    struct connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto_rpch) : NULL;

    if (!connection || pinfo->num < connection->first_frame)
        return false;
    return pinfo->num > connection->first_frame ||
           p_get_proto_data(pinfo->pool, pinfo, proto_rpch, (guint32)connection->channel->number);
}

/* What is none of ours: to stock HTTP, by way of who wants to see it; or to stock X11. */
static int
call_stock(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
           void *data)
{
    struct http_stream stream = { stock, data };

    if (http_stream_handle && stock != X11_PLACE.handle) {
        int taken = call_dissector_only(http_stream_handle, tvb, pinfo, tree, &stream);
        if (taken)
            return taken;
    }
    return call_dissector_only(stock, tvb, pinfo, tree, data);
}

int
rpch_dissect_or(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                void *data)
{
    struct oa_recognition recognition;

    /* These are handed through, so what TCP allows them to ask for must not lessen by the step in
     * between. */
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    if (is_enabled() && is_taken(pinfo))
        return call_dissector_only(rpch_handle, tvb, pinfo, tree, data);
    switch (recognise(tvb, pinfo, &recognition)) {
    case OA_OURS:
        if (!PINFO_FD_VISITED(pinfo))
            take_over(pinfo, &recognition, stock == X11_PLACE.handle ? HTTP_PLACE.handle : stock);
        return call_dissector_only(rpch_handle, tvb, pinfo, tree, data);
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
    return call_stock(stock, tvb, pinfo, tree, data);
}

/* Stand where the stock dissectors stood in the table of ports. Connections that begin something of
 * ours go to us from that frame on; everything else passes to the stock one unchanged. */
static int
dissect_ours_or_http(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(HTTP_PLACE.handle, tvb, pinfo, tree, data);
}

static int
dissect_ours_or_x11(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(X11_PLACE.handle, tvb, pinfo, tree, data);
}

static struct frame_units *
units_of_frame(packet_info *pinfo, const struct oa_channel *channel)
{
    guint32 key = (guint32)channel->number;
    struct frame_units *frame = p_get_proto_data(wmem_file_scope(), pinfo, proto_rpch, key);

    if (!frame) {
        frame = wmem_new0(wmem_file_scope(), struct frame_units);
        frame->units = wmem_array_new(wmem_file_scope(), sizeof(struct rpch_unit));
        p_add_proto_data(wmem_file_scope(), pinfo, proto_rpch, key, frame);
    }
    return frame;
}

static struct frame_position *
position_in_frame(packet_info *pinfo, const struct oa_channel *channel)
{
    guint32 key = (guint32)channel->number;
    struct frame_position *position = p_get_proto_data(pinfo->pool, pinfo, proto_rpch, key);

    if (!position) {
        position = wmem_new0(pinfo->pool, struct frame_position);
        p_add_proto_data(pinfo->pool, pinfo, proto_rpch, key, position);
    }
    return position;
}

static struct rpch_unit
unit_of_event(const struct oa_event *event, const guint8 *at)
{
    struct rpch_unit unit = { .type = event->type,
                              .length = (guint)event->length,
                              .vc = event->vc,
                              .rts_name = event->rts_name,
                              .sequence = event->sequence,
                              .acknowledged = event->acknowledged,
                              .flow = event->flow,
                              .idle_ns = event->idle_ns,
                              .stall_ns = event->stall_ns,
                              .call = event->call,
                              .exchange = event->exchange,
                              .auth_leg = event->auth_leg };

    if (event->exchange)
        unit.auth_result = event->exchange->result;

    if (event->pdu && event->pdu != at) {
        unit.joined = wmem_memdup(wmem_file_scope(), event->pdu, event->pdu_length);
        unit.joined_length = (guint)event->pdu_length;
    }
    return unit;
}

/*
 * The first visit: the bytes go through the decoder, which changes its state; what it says is kept
 * with the frame. Bytes that wait for their rest are asked for again with it, unless TCP cannot
 * give it.
 */
static void
decode(const struct rpch_place *place, struct frame_units *frame)
{
    guint length = tvb_captured_length(place->tvb);
    guint missing = tvb_reported_length(place->tvb) - length;
    const guint8 *data = tvb_get_ptr(place->tvb, 0, length);
    struct oa_stamp stamp = decode_stamp(place->pinfo);
    struct oa_event event;
    guint at = 0;
    size_t need = 0;

    while (at < length && oa_channel_next(place->channel, place->side, data + at, length - at,
                                          stamp, stamp, &event, &need)) {
        struct rpch_unit unit = unit_of_event(&event, data + at);
        unit.findings = g_steal_pointer(&new_findings);
        wmem_array_append_one(frame->units, unit);
        at += unit.length;
    }
    if (at < length || missing) {
        struct rpch_unit rest = { .type = OA_EVENT_NONE,
                                  .length = length - at,
                                  .need = (guint)need };
        if (missing || !place->pinfo->can_desegment) {
            rest.type = at < length ? OA_EVENT_SKIPPED : OA_EVENT_NONE;
            oa_channel_lost(place->channel, place->side, rest.length + missing);
        }
        wmem_array_append_one(frame->units, rest);
    }
}

static bool
waits(const struct rpch_unit *unit)
{
    return unit->type == OA_EVENT_NONE && unit->length;
}

/* TLS loses its place if, with bytes of the same record left, a number of bytes that it was asked
 * for turns out not to be enough; so it is asked for whole records only. */
static void
ask_for_more(const struct rpch_place *place, int offset, const struct rpch_unit *rest)
{
    place->pinfo->desegment_offset = offset;
    place->pinfo->desegment_len = rest->need > rest->length && place->http == HTTP_PLACE.handle
                                      ? rest->need - rest->length
                                      : DESEGMENT_ONE_MORE_SEGMENT;
}

static void
tell_tap(const struct rpch_place *place, const struct rpch_unit *unit, int offset)
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
    event->flow = unit->flow;
    event->idle_ns = unit->idle_ns;
    event->stall_ns = unit->stall_ns;
    event->call = unit->call;
    event->exchange = unit->exchange;
    event->auth_leg = unit->auth_leg;
    if (unit->type == OA_EVENT_HTTP_HEAD) {
        struct oa_http_head *http = wmem_new0(pool, struct oa_http_head);
        oa_http_head_parse(event->pdu, event->pdu_length, http);
        event->http = http;
    } else if (unit->type == OA_EVENT_RTS) {
        struct oa_rts *rts = wmem_new0(pool, struct oa_rts);
        oa_rts_parse(event->pdu, event->pdu_length, rts);
        event->rts = rts;
    } else if (unit->type == OA_EVENT_RPC) {
        struct oa_rpc_pdu *rpc = wmem_new0(pool, struct oa_rpc_pdu);
        oa_rpc_parse(event->pdu, event->pdu_length, rpc);
        event->rpc = rpc;
    }
    tap_queue_packet(rpch_tap, place->pinfo, record);
}

/* Ordinary body bytes right behind a head, as far as these data reach; they are shown with it. */
static guint
body_behind(const struct frame_units *frame, guint head, guint room)
{
    guint body = 0;

    for (guint i = head + 1; i < wmem_array_get_count(frame->units); i++) {
        const struct rpch_unit *unit = wmem_array_index(frame->units, i);
        if (unit->type != OA_EVENT_HTTP_BODY || body + unit->length > room)
            break;
        body += unit->length;
    }
    return body;
}

static int
dissect_rpch(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    struct connection *connection =
        conversation ? conversation_get_proto_data(conversation, proto_rpch) : NULL;
    guint length = tvb_captured_length(tvb);
    guint offset = 0;
    guint shown_body = 0;

    if (!connection)
        return 0;
    struct rpch_place place = { tvb, pinfo, tree, connection->channel, OA_SERVER, connection->http,
                                data };
    if (pinfo->srcport == connection->client_port &&
        addresses_equal(&pinfo->src, &connection->client))
        place.side = OA_CLIENT;
    struct frame_units *frame = units_of_frame(pinfo, place.channel);
    struct frame_position *position = position_in_frame(pinfo, place.channel);
    if (!PINFO_FD_VISITED(pinfo))
        decode(&place, frame);

    while (position->next < wmem_array_get_count(frame->units)) {
        const struct rpch_unit *unit = wmem_array_index(frame->units, position->next);
        guint body = 0;

        /* Bytes that waited and have come with their rest in the same frame: TLS does not hand them
         * over alone again. */
        if (waits(unit) && unit->length < length - offset) {
            position->next++;
            continue;
        }
        if (unit->length > length - offset)
            break;
        if (waits(unit)) {
            ask_for_more(&place, offset, unit);
        } else if (shown_body >= unit->length && unit->type == OA_EVENT_HTTP_BODY) {
            shown_body -= unit->length;
        } else if (unit->type != OA_EVENT_NONE) {
            if (unit->type == OA_EVENT_HTTP_HEAD)
                shown_body = body =
                    body_behind(frame, position->next, length - offset - unit->length);
            rpch_show(&place, unit, (int)offset, body);
            tell_tap(&place, unit, (int)offset);
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

/* Plain RPC over TCP is left to stock DCE/RPC, but for the ports where proxies and clients meet the
 * servers. */
static bool
begins_ours(tvbuff_t *tvb, const packet_info *pinfo, struct oa_recognition *recognition)
{
    return recognise(tvb, pinfo, recognition) == OA_OURS &&
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
rpch_claim(dissector_handle_t http, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct oa_recognition recognition;

    if (!begins_ours(tvb, pinfo, &recognition))
        return false;
    if (!PINFO_FD_VISITED(pinfo))
        take_over(pinfo, &recognition, http);
    dissect_rpch(tvb, pinfo, tree, data);
    return true;
}

/* Serves the ports that have no dissector. */
static ws_compat_bool
dissect_rpch_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_claim(HTTP_PLACE.handle, tvb, pinfo, tree, data);
}

bool
rpch_dissect_stream(dissector_handle_t http, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data)
{
    wmem_list_remove_frame(pinfo->layers, wmem_list_tail(pinfo->layers));
    pinfo->curr_layer_num--;
    return rpch_dissect_or(http, tvb, pinfo, tree, data) > 0;
}

/*
 * A heuristic dissector that had success is asked first from then on, so stock HTTP comes before
 * ours sooner or later. It must not see requests of RPC over HTTP, and connections that it takes
 * have to stay open for them.
 */
static ws_compat_bool
dissect_http_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (rpch_begins(tvb, pinfo))
        return false;
    if (rpch_begins_stream(tvb)) {
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num,
                                                     HTTP_PLACE.ours_or_it);
        return rpch_dissect_stream(HTTP_PLACE.handle, tvb, pinfo, tree, data);
    }
    if (!http_tcp_heur(tvb, pinfo, tree, data))
        return false;
    conversation_t *conversation = find_conversation_pinfo(pinfo, 0);
    if (conversation && conversation_get_dissector(conversation, pinfo->num) == HTTP_PLACE.handle)
        conversation_set_dissector_from_frame_number(conversation, pinfo->num,
                                                     HTTP_PLACE.ours_or_it);
    return true;
}

/* The same for stock DCE/RPC, which would take the PDUs of proxies on any port. */
static ws_compat_bool
dissect_dcerpc_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (rpch_begins(tvb, pinfo))
        return false;
    rpch_context_introduce_segment(pinfo, tvb);
    return dcerpc_tcp_heur(tvb, pinfo, tree, data);
}

heur_dissector_t
rpch_take_heuristic(const char *table, const char *short_name, heur_dissector_t ours)
{
    heur_dtbl_entry_t *entry = find_heur_dissector_by_unique_short_name(short_name);

    if (!entry)
        return NULL;
    heur_dissector_t stock = entry->dissector;
    const char *display_name = entry->display_name;
    int proto = proto_get_id(entry->protocol);
    heuristic_enable_e enabled = entry->enabled ? HEURISTIC_ENABLE : HEURISTIC_DISABLE;
    heur_dissector_delete(table, stock, proto);
    heur_dissector_add(table, ours, display_name, short_name, proto, enabled);
    return stock;
}

/* The keys of a dissector table that lead to a handle. */
struct places {
    dissector_handle_t handle;
    bool server_ports_only;
    GPtrArray *keys;
};

static void
collect_place(const char *table _U_, ftenum_t type _U_, void *key, void *value, void *user)
{
    struct places *places = user;
    bool wanted = !places->server_ports_only || oa_is_server_port((uint16_t)GPOINTER_TO_UINT(key));

    if (wanted && dtbl_entry_get_handle(value) == places->handle)
        g_ptr_array_add(places->keys, key);
}

static void
take_places(const char *table, struct places *places, dissector_handle_t to)
{
    bool by_text = get_dissector_table_selector_type(table) == FT_STRING;

    places->keys = g_ptr_array_new();
    dissector_table_foreach(table, collect_place, places);
    for (guint i = 0; i < places->keys->len; i++) {
        const void *key = places->keys->pdata[i];
        if (by_text) {
            gchar *pattern = g_strdup(key);
            dissector_add_string(table, pattern, to);
            g_free(pattern);
        } else {
            dissector_add_uint(table, GPOINTER_TO_UINT(key), to);
        }
    }
    g_ptr_array_free(places->keys, TRUE);
}

void
rpch_take_places(const char *table, dissector_handle_t from, dissector_handle_t to)
{
    struct places places = { .handle = from };

    take_places(table, &places, to);
}

/* The stock dissector of X11 has no name to find it by; its handle stands in the table only. */
static dissector_handle_t
find_x11(void)
{
    dissector_handle_t handle = NULL;

    for (size_t i = 0; i < OA_SERVICE_PORTS_COUNT && !handle; i++) {
        if (!(OA_SERVICE_PORTS[i].facts & OA_PORT_SERVER))
            continue;
        handle =
            dissector_get_uint_handle(find_dissector_table("tcp.port"), OA_SERVICE_PORTS[i].port);
        if (handle && dissector_handle_get_protocol_index(handle) !=
                          proto_get_id_by_filter_name(X11_PLACE.protocol))
            handle = NULL;
    }
    return handle;
}

/*
 * Reading the preferences gives the ports to the stock dissectors anew, after the plugins' handoff;
 * so the places are taken each time a file is opened. Not by dissector_change_uint, as if the user
 * had chosen it: that would change the order in which TCP asks for all ports.
 */
static void
take_tcp_ports(void)
{
    if (!X11_PLACE.handle)
        X11_PLACE.handle = find_x11();
    for (size_t i = 0; i < array_length(taken_places); i++) {
        struct places places = { .handle = taken_places[i].handle,
                                 .server_ports_only = taken_places[i].server_ports_only };
        if (places.handle)
            take_places("tcp.port", &places, taken_places[i].ours_or_it);
    }
}

/* Problems are told while the bytes they are about are decoded; they are kept with their unit. */
static void
on_event(void *context _U_, const struct oa_event *event)
{
    struct rpch_finding *finding;

    if (event->type != OA_EVENT_FINDING)
        return;
    finding = wmem_new(wmem_file_scope(), struct rpch_finding);
    finding->id = event->finding->id;
    finding->text = wmem_strdup(wmem_file_scope(), event->finding->text);
    finding->next = new_findings;
    new_findings = finding;
}

static void
open_file(void)
{
    tracker = oa_tracker_new(on_event, NULL, true);
    http_stream_handle = find_dissector(HTTP_STREAM_DISSECTOR);
    new_findings = NULL;
    take_tcp_ports();
    rpch_tls_take_places();
}

static void
close_file(void)
{
    oa_tracker_free(tracker);
    tracker = NULL;
}

void
proto_register_rpch(void)
{
    proto_rpch = proto_register_protocol("RPC over HTTP", "RPCH", "rpch");
    rpch_handle = register_dissector("rpch", dissect_rpch, proto_rpch);
    for (size_t i = 0; i < array_length(taken_places); i++) {
        struct taken_place *place = &taken_places[i];
        /* Belongs to the stock one, so that that stays when ours is disabled. */
        int proto = proto_register_protocol_in_name_only(
            place->ours[0], place->ours[1], place->ours[2],
            proto_get_id_by_filter_name(place->protocol), FT_PROTOCOL);
        place->ours_or_it = create_dissector_handle(place->dissect, proto);
    }
    rpch_tap = register_tap(RPCH_TAP);
    rpch_show_register();
    rpch_context_register();
    rpch_tls_register();
    register_init_routine(open_file);
    register_cleanup_routine(close_file);
}

void
proto_reg_handoff_rpch(void)
{
    for (size_t i = 0; i < array_length(taken_places); i++)
        if (taken_places[i].name)
            taken_places[i].handle = find_dissector(taken_places[i].name);
    heur_dissector_add("tcp", dissect_rpch_heur, "RPC over HTTP", "rpch_tcp", proto_rpch,
                       HEURISTIC_ENABLE);
    http_tcp_heur = rpch_take_heuristic("tcp", "http_tcp", dissect_http_heur);
    dcerpc_tcp_heur = rpch_take_heuristic("tcp", "dcerpc_tcp", dissect_dcerpc_heur);
    rpch_show_handoff();
    rpch_context_handoff();
    rpch_tls_handoff();
}
