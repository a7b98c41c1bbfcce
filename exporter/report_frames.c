/* report_frames.c
 * frames.csv: one row for each HTTP head, RTS PDU and RPC PDU, as a frame summary.
 *
 * Which of two names an RTS PDU of a recycling has, later PDUs decide; and a capture that begins in
 * the middle joins its channels late. So rows wait, in order, until all before them are settled,
 * but no more than a fixed number of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "track/sequence_steps.h"

/* Rows that wait at the same time. Beyond, the oldest is written as far as it is known. */
#define WAITING_MAX 65536

#define DESCRIPTION_TEXT 256

struct frame_row {
    struct oa_stamp first, last;
    enum oa_side side;
    struct oa_endpoint endpoint[2];
    uint64_t channel_number, vc_number;
    bool has_vc;
    const char *protocol;
    char *description; /* for a RTS PDU, what stands behind its name */
    bool is_rts;
    struct oa_rts_name name;
    enum oa_recycle_type type;
    /* What decides the rest; NULL once it is known. */
    const struct oa_sequence *sequence;        /* the name */
    const struct oa_channel *channel;          /* the session */
    const struct oa_virtual_connection *loose; /* whether that one is a part of another */
    GList link;                                /* in `unsettled`, while any of these is not NULL */
    bool is_linked;
};

struct state {
    GQueue waiting;   /* of struct frame_row, in order */
    GQueue unsettled; /* those of them that something is to come for */
    int64_t begin_ns;
    bool has_begun;
};

struct row {
    const struct frame_row *frame;
    int64_t begin_ns;
};

#define ROW(name) const struct frame_row *name = ((const struct row *)row)->frame

static void
frame_number(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_number(csv, frame->last.frame);
}

static void
time_cell(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_time(csv, frame->last.time_ns);
}

static void
offset(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_ms(csv, frame->last.time_ns - ((const struct row *)row)->begin_ns);
}

static void
put_endpoint(struct csv *csv, const struct oa_endpoint *endpoint)
{
    char text[ADDRESS_TEXT], whole[ADDRESS_TEXT + 16];
    struct address address;

    memcpy(address.bytes, endpoint->address, sizeof address.bytes);
    address_text(&address, text);
    g_snprintf(whole, sizeof whole, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, endpoint->port);
    csv_text(csv, whole);
}

static void
source(struct csv *csv, const void *row)
{
    ROW(frame);
    put_endpoint(csv, &frame->endpoint[frame->side]);
}

static void
destination(struct csv *csv, const void *row)
{
    ROW(frame);
    put_endpoint(csv, &frame->endpoint[frame->side == OA_CLIENT ? OA_SERVER : OA_CLIENT]);
}

static void
protocol(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_text(csv, frame->protocol);
}

static void
description(struct csv *csv, const void *row)
{
    ROW(frame);
    char name[OA_RTS_NAME_TEXT];

    if (!frame->is_rts) {
        csv_text(csv, frame->description);
        return;
    }
    oa_rts_name_text(frame->name, frame->type, name);
    char *text = g_strconcat("RTS ", name, frame->description, NULL);
    csv_text(csv, text);
    g_free(text);
}

static void
pdu(struct csv *csv, const void *row)
{
    ROW(frame);
    char name[OA_RTS_NAME_TEXT];

    if (frame->is_rts)
        oa_rts_name_text(frame->name, frame->type, name);
    csv_text(csv, frame->is_rts ? name : NULL);
}

static void
session(struct csv *csv, const void *row)
{
    ROW(frame);
    if (frame->has_vc)
        csv_number(csv, frame->vc_number);
    else
        csv_empty(csv);
}

static void
channel_number(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_number(csv, frame->channel_number);
}

static void
first_frame(struct csv *csv, const void *row)
{
    ROW(frame);
    csv_number(csv, frame->first.frame);
}

static const struct column COLUMNS_OF_FRAMES[] = {
    { "frame", "number", "Frame with the last byte", frame_number },
    { "time", "time", "Time of that frame", time_cell },
    { "offset_ms", "ms", "The same since the first frame that is described", offset },
    { "source", "text", "Address and port of the sender", source },
    { "destination", "text", "Address and port of the receiver", destination },
    { "protocol", "text", "HTTP, RPCH (RTS PDUs, banner), DCERPC, or the RPC interface by name",
      protocol },
    { "description", "text", "What it is, with its main values; never credentials", description },
    { "session", "number", "Session, as in sessions.csv; empty if the channel never was of one",
      session },
    { "channel", "number", "Channel, as in channels.csv", channel_number },
    { "pdu", "text",
      "RTS PDU by its name; `OUT_R?/A2` if the capture does not tell the type of the recycling",
      pdu },
    { "first_frame", "number", "Frame with the first byte", first_frame },
};

/* --- descriptions --- */

/* The query of a request of another program may hold anything; ours is the target. */
static char *
describe_head(const struct oa_http_head *http)
{
    char method[32], path[128], query[128], reason[80];

    if (http->is_request) {
        oa_text_copy(http->method, method, sizeof method);
        oa_text_copy(http->path, path, sizeof path);
        oa_text_copy(http->query, query, sizeof query);
        return g_strdup_printf("%s %s%s%s HTTP/1.%u", method, path, http->has_rpc_server ? "?" : "",
                               http->has_rpc_server ? query : "", http->version_minor);
    }
    if (http->has_rpc_error) {
        const char *name = oa_rpc_status_name(http->rpc_error);
        return g_strdup_printf("HTTP/1.%u %u RPC Error: %x%s%s", http->version_minor, http->status,
                               http->rpc_error, name ? ", " : "", name ? name : "");
    }
    oa_text_copy(http->reason, reason, sizeof reason);
    return g_strdup_printf("HTTP/1.%u %u %s", http->version_minor, http->status, reason);
}

/* Behind the name: the numbers that the commands of the PDU carry. */
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

static char *
describe_fragment(const struct oa_rpc_pdu *rpc)
{
    bool first = rpc->header.flags & OA_RPC_FIRST_FRAG, last = rpc->header.flags & OA_RPC_LAST_FRAG;

    return g_strdup(first && last ? ""
                    : first       ? ", first fragment"
                    : last        ? ", last fragment"
                                  : ", fragment");
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
    char *fragment = describe_fragment(rpc);
    char *text = g_strdup_printf("%s %s, call %u, %zu bytes%s", name ? name : opnum, ptype,
                                 rpc->header.call_id, rpc->stub_length, fragment);
    g_free(fragment);
    return text;
}

/* --- rows that wait --- */

static void
free_frame(void *data)
{
    struct frame_row *frame = data;

    g_free(frame->description);
    g_free(frame);
}

static void
unlink_frame(struct state *state, struct frame_row *frame)
{
    if (frame->is_linked)
        g_queue_unlink(&state->unsettled, &frame->link);
    frame->is_linked = false;
}

static void
note_session(struct frame_row *frame, const struct oa_virtual_connection *vc)
{
    frame->has_vc = true;
    frame->vc_number = vc->number;
    frame->channel = NULL;
    /* One connection that carries all cannot be joined to another; nor one with a cookie, other
     * than as the whole that others are parts of. */
    frame->loose = vc->has_cookie || vc->transport != OA_TRANSPORT_RPC_HTTP ? NULL : vc;
}

/* Whether all is known that can be known of it. */
static bool
is_settled(struct frame_row *frame)
{
    if (frame->sequence) {
        frame->type = oa_sequence_whole(frame->sequence)->type;
        if (frame->type != OA_RECYCLE_UNDECIDED)
            frame->sequence = NULL;
    }
    if (frame->channel && frame->channel->vc)
        note_session(frame, frame->channel->vc);
    if (frame->loose && frame->loose->has_cookie)
        frame->loose = NULL;
    return !frame->sequence && !frame->channel && !frame->loose;
}

static void
write_oldest(struct report_run *run)
{
    struct state *state = run->state;
    struct frame_row *frame = g_queue_pop_head(&state->waiting);

    is_settled(frame);
    unlink_frame(state, frame);
    report_row(run, &(struct row){ frame, state->begin_ns });
    free_frame(frame);
}

static void
write_settled(struct report_run *run)
{
    struct state *state = run->state;

    while (state->waiting.length > WAITING_MAX ||
           (state->waiting.length && is_settled(g_queue_peek_head(&state->waiting))))
        write_oldest(run);
}

/* What a row waits for goes. */
static void
settle(struct state *state, const struct oa_event *event)
{
    for (GList *link = state->unsettled.head, *next; link; link = next) {
        struct frame_row *frame = link->data;

        next = link->next;
        if (event->type == OA_EVENT_VC_JOINED && frame->has_vc &&
            frame->vc_number == event->vc->number)
            note_session(frame, event->vc->joined);
        if (event->type == OA_EVENT_CHANNEL_CLOSED && frame->channel == event->channel) {
            is_settled(frame);
            frame->channel = NULL;
        }
        if (event->type == OA_EVENT_VC_CLOSED && frame->has_vc &&
            frame->vc_number == event->vc->number) {
            is_settled(frame);
            frame->sequence = NULL;
            frame->loose = NULL;
        }
        if (is_settled(frame))
            unlink_frame(state, frame);
    }
}

static void
add(struct report_run *run, const struct oa_event *event, const char *of_protocol, char *text)
{
    struct state *state = run->state;
    struct frame_row *frame = g_new0(struct frame_row, 1);

    if (!state->has_begun)
        state->begin_ns = event->last.time_ns;
    state->has_begun = true;
    frame->first = event->first;
    frame->last = event->last;
    frame->side = event->side;
    memcpy(frame->endpoint, event->channel->endpoint, sizeof frame->endpoint);
    frame->channel_number = event->channel->number;
    frame->protocol = of_protocol;
    frame->description = text;
    frame->is_rts = event->type == OA_EVENT_RTS;
    frame->name = event->rts_name;
    if (event->vc)
        note_session(frame, event->vc);
    else
        frame->channel = event->channel;
    if (frame->is_rts && event->sequence && frame->name.r1 != frame->name.r2)
        frame->sequence = event->sequence;
    g_queue_push_tail(&state->waiting, frame);
    if (!is_settled(frame)) {
        frame->link.data = frame;
        frame->is_linked = true;
        g_queue_push_tail_link(&state->unsettled, &frame->link);
    }
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    switch (event->type) {
    case OA_EVENT_HTTP_HEAD:
        add(run, event, "HTTP", describe_head(event->http));
        break;
    case OA_EVENT_BANNER:
        add(run, event, "RPCH", g_strdup("Banner ncacn_http/1.0"));
        break;
    case OA_EVENT_RTS:
        add(run, event, "RPCH", describe_rts(event->rts));
        break;
    case OA_EVENT_RPC:
        add(run, event, event->call && event->call->iface ? event->call->iface->name : "DCERPC",
            describe_rpc(event));
        break;
    case OA_EVENT_CHANNEL_CLOSED:
    case OA_EVENT_VC_JOINED:
    case OA_EVENT_VC_CLOSED:
        settle(run->state, event);
        break;
    default:
        return;
    }
    write_settled(run);
}

static void *
new_state(void)
{
    struct state *state = g_new0(struct state, 1);

    g_queue_init(&state->waiting);
    g_queue_init(&state->unsettled);
    return state;
}

static void
finish(struct report_run *run)
{
    struct state *state = run->state;

    while (state->waiting.length)
        write_oldest(run);
}

static void
free_state(void *data)
{
    struct state *state = data;

    g_queue_clear_full(&state->waiting, free_frame);
    g_free(state);
}

const struct report REPORT_FRAMES = {
    .name = "frames",
    .row_is = "HTTP head, RTS PDU or RPC PDU",
    .order = "as they are complete",
    .on_request = true,
    COLUMNS(COLUMNS_OF_FRAMES),
    .new_state = new_state,
    .event = take,
    .finish = finish,
    .free_state = free_state,
};
