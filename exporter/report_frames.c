/* report_frames.c
 * frames.csv: one row for each HTTP head, RTS PDU and RPC PDU, like Wireshark's frame summary.
 *
 * Later PDUs decide which of two names an RTS PDU of a recycling has, and to which session a head
 * belongs. So rows wait, in order, until all rows before them are settled; the number of waiting
 * rows is bounded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "frame_text.h"
#include "track/sequence_steps.h"
#include "report.h"
#include "session_number.h"

/* Rows that wait at the same time. When there are more, the oldest is written as it is. */
#define WAITING_MAX 65536

/* A head or PDU that waits to be written. */
struct frame {
    struct oa_stamp first, last;
    enum oa_side side;
    struct oa_endpoint endpoint[2];
    uint64_t channel_number;
    struct session_number *session; /* held; NULL: none, or unknown */
    const char *protocol;
    char *text; /* for an RTS PDU, what follows its name */
    bool is_rts;
    struct oa_rts_name name;
    enum oa_recycle_type type;
    /* What is still undecided, by the object that decides it; NULL once decided. */
    const struct oa_sequence *sequence; /* the name */
    const struct oa_channel *channel;   /* the session */
    GList link;                         /* in `unsettled` while one of these is not NULL */
    bool is_linked;
};

struct state {
    GQueue waiting;   /* of struct frame, in order */
    GQueue unsettled; /* those that wait for a decision */
    int64_t begin_ns;
    bool has_begun;
};

struct row {
    const struct frame *frame;
    const struct oa_endpoint *source, *destination;
    const char *description;
    char pdu[OA_RTS_NAME_TEXT];
    int64_t offset_ns;
};

static void session(struct writer *writer, const void *row);

/* clang-format off */
static const struct column COLUMNS_OF_FRAMES[] = {
    { "frame", NUMBER_OF(frame, last.frame), "Frame with the last byte" },
    { "time", TIME_OF(frame, last.time_ns), "Time of that frame" TIMES_ARE },
    { "offset_ms", MS(offset_ns), "Time since the first frame in this report" },
    { "source", ENDPOINT(source), "Address and port of the sender" },
    { "destination", ENDPOINT(destination), "Address and port of the receiver" },
    { "protocol", WORD_OF(frame, protocol),
      "HTTP, RPCH (RTS PDUs, banner), DCERPC, or the name of the RPC interface" },
    { "description", WORD(description), "Summary with the main values; never credentials" },
    { "session", COMPUTED("number", session),
      "Session, as in sessions.csv; empty if the channel never belonged to one" },
    { "channel", NUMBER_OF(frame, channel_number), "Channel, as in channels.csv" },
    { "pdu", WORD(pdu),
      "Name of the RTS PDU; `OUT_R?/A2` if the capture does not show the type of the recycling" },
    { "first_frame", NUMBER_OF(frame, first.frame), "Frame with the first byte" },
};
/* clang-format on */

static void
session(struct writer *writer, const void *row)
{
    const struct frame *frame = ((const struct row *)row)->frame;

    if (frame->session)
        writer_session(writer, session_number_share(frame->session));
    else
        writer_empty(writer);
}

/* --- rows that wait --- */

static void
free_frame(void *data)
{
    struct frame *frame = data;

    session_number_release(frame->session);
    g_free(frame->text);
    g_free(frame);
}

static void
unlink_frame(struct state *state, struct frame *frame)
{
    if (frame->is_linked)
        g_queue_unlink(&state->unsettled, &frame->link);
    frame->is_linked = false;
}

static void
note_session(struct frame *frame, const struct oa_virtual_connection *vc)
{
    frame->session = session_number_hold(vc);
    frame->channel = NULL;
}

/* Whether nothing about the frame can change any more. */
static bool
is_settled(struct frame *frame)
{
    if (frame->sequence) {
        frame->type = oa_sequence_whole(frame->sequence)->type;
        if (frame->type != OA_RECYCLE_UNDECIDED)
            frame->sequence = NULL;
    }
    if (frame->channel && frame->channel->vc)
        note_session(frame, frame->channel->vc);
    return !frame->sequence && !frame->channel;
}

static void
write_frame(struct report_run *run, const struct frame *frame)
{
    const struct state *state = run->state;
    struct row row = { .frame = frame,
                       .source = &frame->endpoint[frame->side],
                       .destination =
                           &frame->endpoint[frame->side == OA_CLIENT ? OA_SERVER : OA_CLIENT],
                       .description = frame->text,
                       .offset_ns = frame->last.time_ns - state->begin_ns };
    char *named = NULL;

    if (frame->is_rts) {
        oa_rts_name_text(frame->name, frame->type, row.pdu);
        row.description = named = g_strconcat("RTS ", row.pdu, frame->text, NULL);
    }
    report_row(run, &row);
    g_free(named);
}

static void
write_oldest(struct report_run *run)
{
    struct state *state = run->state;
    struct frame *frame = g_queue_pop_head(&state->waiting);

    is_settled(frame);
    unlink_frame(state, frame);
    write_frame(run, frame);
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

/* An object that rows may wait for goes away. */
static void
settle(struct state *state, const struct oa_event *event)
{
    for (GList *link = state->unsettled.head, *next; link; link = next) {
        struct frame *frame = link->data;

        next = link->next;
        if (event->type == OA_EVENT_CHANNEL_CLOSED && frame->channel == event->channel) {
            is_settled(frame);
            frame->channel = NULL;
        }
        if (event->type == OA_EVENT_VC_CLOSED && frame->session &&
            session_number_is_of(frame->session, event->vc)) {
            is_settled(frame);
            frame->sequence = NULL;
        }
        if (is_settled(frame))
            unlink_frame(state, frame);
    }
}

static void
add(struct report_run *run, const struct oa_event *event)
{
    struct state *state = run->state;
    struct frame *frame = g_new0(struct frame, 1);

    if (!state->has_begun)
        state->begin_ns = event->last.time_ns;
    state->has_begun = true;
    frame->first = event->first;
    frame->last = event->last;
    frame->side = event->side;
    memcpy(frame->endpoint, event->channel->endpoint, sizeof frame->endpoint);
    frame->channel_number = event->channel->number;
    frame->protocol = frame_protocol(event);
    frame->text = frame_text(event, run->renamer);
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
    case OA_EVENT_BANNER:
    case OA_EVENT_RTS:
    case OA_EVENT_RPC:
        add(run, event);
        break;
    case OA_EVENT_CHANNEL_CLOSED:
    case OA_EVENT_VC_CLOSED:
        settle(run->state, event);
        break;
    default:
        return;
    }
    write_settled(run);
}

static void *
new_state(const struct report *report)
{
    struct state *state = g_new0(struct state, 1);

    g_queue_init(&state->waiting);
    g_queue_init(&state->unsettled);
    (void)report;
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
    .order = "in order of completion",
    .on_request = true,
    .needs_bytes = true,
    COLUMNS(COLUMNS_OF_FRAMES),
    .new_state = new_state,
    .event = take,
    .takes = REPORT_TAKES(HTTP_HEAD) | REPORT_TAKES(BANNER) | REPORT_TAKES(RTS) |
             REPORT_TAKES(RPC) | REPORT_TAKES(CHANNEL_CLOSED) | REPORT_TAKES(VC_CLOSED),
    .finish = finish,
    .free_state = free_state,
};
