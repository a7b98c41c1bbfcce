/* source.c
 * From captures to events: the frames of all files in time order, each passed to the kind of source
 * that supports its link type; all kinds feed one tracker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source.h"

#include <glib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "memory_bound.h"
#include "source_kind.h"
#include "track/channel.h"
#include "track/named_ports.h"
#include "track/tls_proxy.h"
#include "track/tracker.h"

#define FRAMES_BETWEEN_PROGRESS 4096

/* Of memory, if it has a limit. */
#define FRAMES_BETWEEN_CHECKS 1024

static const struct source_kind *const KINDS[] = { &NATIVE_SOURCE, &PDU_SOURCE };

struct source {
    struct capture_reader *reader;
    size_t n_files;
    bool is_following;
    struct capture_facts
        *facts;            /* of each file, in the order of the command line, modulo n_files */
    size_t file;           /* of the frame under way */
    struct clocks *clocks; /* NULL: they are not compared */
    const struct source_sink *sink; /* this and what follows: while running */
    struct oa_tracker *tracker;
    struct flows flows;
    void *self[G_N_ELEMENTS(KINDS)]; /* of each kind */
    struct frames_ahead *ahead;      /* NULL: frames are read when they are due */
    bool flows_ahead;                /* and flows too, where their kind can */
    bool *has_begun;                 /* for each file, in that thread: it had a frame */
    struct capture_misplaced cut;    /* frames cut by the snap length */
    size_t longest_cut;              /* bytes captured of the longest of them */
    uint64_t n_estimates;            /* of virtual connections */
    struct memory_bound memory;
    uint64_t n_ended;    /* sessions of MAPI over HTTP that were given up */
    bool is_full;        /* the reports were told */
    unsigned n_reported; /* findings about what was given up */
};

struct source *
source_open(char *const *paths, size_t n_paths, const struct capture_order *order, char **message)
{
    struct capture_reader *reader = capture_reader_open(paths, n_paths, order, message);
    struct source *source = reader ? g_new0(struct source, 1) : NULL;

    if (source)
        *source = (struct source){ .reader = reader,
                                   .n_files = n_paths,
                                   .facts = g_new0(struct capture_facts, n_paths) };
    return source;
}

static void retire(void *context, size_t file);

struct source *
source_follow(const struct capture_order *order)
{
    struct source *source = g_new0(struct source, 1);

    *source = (struct source){ .reader = capture_reader_follow(order, retire, source),
                               .is_following = true,
                               .n_files = CAPTURE_FOLLOWED,
                               .facts = g_new0(struct capture_facts, CAPTURE_FOLLOWED) };
    return source;
}

bool
source_use_clocks(struct source *source, struct clocks *clocks)
{
    if (source->n_files > 1 || capture_reader_has_interfaces(source->reader))
        source->clocks = clocks;
    return source->clocks != NULL;
}

static void
give(const struct source_sink *sink, const struct oa_event *event)
{
    if (sink->event)
        sink->event(sink->context, event);
}

static void
take_event(void *context, const struct oa_event *event)
{
    const struct source *source = context;

    if (event->type == OA_EVENT_CHANNEL_OPENED)
        ((struct connection *)event->channel->host)->has_channel = true;
    if (source->clocks)
        clocks_take_event(source->clocks, event);
    give(source->sink, event);
}

static struct capture_facts *
facts_of(const struct source *source, size_t file)
{
    return &source->facts[file % source->n_files];
}

/* --- what comes from the flows --- */

static void
take_connection(void *context, const struct connection_row *row)
{
    const struct source_sink *sink = ((const struct source *)context)->sink;

    if (sink->connection)
        sink->connection(sink->context, row);
}

static void
take_counted(void *context, struct connection *connection, struct oa_stamp stamp)
{
    const struct source *source = context;

    facts_of(source, source->file)->mail_frames += connection->has_channel;
    if (source->sink->counted)
        source->sink->counted(source->sink->context, connection, stamp);
}

static void
take_undecided(void *context, const uint8_t server[16], const struct connection_row *row,
               uint64_t connections)
{
    const struct source_sink *sink = ((const struct source *)context)->sink;

    if (sink->undecided)
        sink->undecided(sink->context, server, row, connections);
}

/* --- frames --- */

static void
note_encap(struct capture_facts *facts, int encap)
{
    for (size_t i = 0; i < facts->n_encaps; i++)
        if (facts->encaps[i] == encap)
            return;
    if (facts->n_encaps < CAPTURE_ENCAPS)
        facts->encaps[facts->n_encaps++] = encap;
}

static void
note_frame(struct capture_facts *facts, const struct capture_frame *frame)
{
    bool is_first = facts->frames++ == 0;

    note_encap(facts, frame->encap);
    facts->first_ns = is_first ? frame->time_ns : MIN(facts->first_ns, frame->time_ns);
    facts->last_ns = is_first ? frame->time_ns : MAX(facts->last_ns, frame->time_ns);
    facts->least_correction_ns =
        is_first ? frame->correction_ns : MIN(facts->least_correction_ns, frame->correction_ns);
    facts->greatest_correction_ns =
        is_first ? frame->correction_ns : MAX(facts->greatest_correction_ns, frame->correction_ns);
    facts->wire_bytes += frame->on_wire;
    facts->captured_bytes += frame->captured;
    facts->cut_frames += frame->captured < frame->on_wire;
}

/* Offers the frame to each kind of source. */
static enum frame_use
use_frame(const struct source *source, const struct capture_frame *frame,
          const struct packet_found *packet)
{
    enum frame_use use = FRAME_UNSUPPORTED;

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS) && use == FRAME_UNSUPPORTED; i++)
        use = KINDS[i]->frame(source->self[i], frame, packet);
    return use;
}

/* The step between files of one capture, if the clock was set before the first frame of this one.
 */
static const struct continuity_step *
step_between(const struct source *source, const struct capture_frame *frame, bool has_begun)
{
    return source->clocks && !has_begun ? clocks_step_before(source->clocks, frame->file) : NULL;
}

static bool
is_step_within(const struct capture_frame *frame)
{
    return frame->back_ns > OA_CLOCK_STEP_NS || frame->forward;
}

/* The time before the step: of a file, or of the file before it. */
static int64_t
time_before(const struct source *source, const struct capture_frame *frame,
            const struct continuity_step *step)
{
    if (!is_step_within(frame))
        return source->facts[step->after].last_ns;
    return frame->forward ? frame->time_ns - frame->forward->gap_ns
                          : frame->time_ns + frame->back_ns;
}

/* Tells the kinds of source that flows are read ahead of, or the others, that a clock was set. */
static void
tell_clock(const struct source *source, const struct capture_frame *frame, bool has_begun,
           bool is_ahead)
{
    if (!is_step_within(frame) && !step_between(source, frame, has_begun))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->clock_step && (source->flows_ahead && KINDS[i]->ahead) == is_ahead)
            KINDS[i]->clock_step(source->self[i], frame->time_ns);
}

static void
give_clock_step(const struct source_sink *sink, int64_t before_ns, struct oa_stamp first)
{
    if (sink->clock_steps)
        oa_clock_steps_add(sink->clock_steps, before_ns, first);
    if (sink->clock_step)
        sink->clock_step(sink->context, before_ns, first);
}

/* Notes where a clock was set before this frame: in its file, or between files of one capture. */
static void
note_clock(const struct source *source, const struct capture_frame *frame)
{
    const struct capture_facts *facts = source->facts;
    bool has_begun = facts[frame->file % source->n_files].frames > 0;
    const struct continuity_step *step = step_between(source, frame, has_begun);

    if (step || is_step_within(frame))
        give_clock_step(source->sink, time_before(source, frame, step),
                        (struct oa_stamp){ frame->time_ns, frame->number });
    tell_clock(source, frame, has_begun, false);
    if (frame->forward && source->sink->gap)
        source->sink->gap(source->sink->context, frame->file);
}

static void
take_frame(struct source *source, const struct capture_frame *frame,
           const struct packet_found *packet, struct source_result *result)
{
    struct capture_facts *facts = facts_of(source, frame->file);

    result->frames++;
    source->file = frame->file;
    note_clock(source, frame);
    note_frame(facts, frame);
    if (frame->captured < frame->on_wire) {
        capture_misplaced_add(&source->cut, frame, 0);
        source->longest_cut = MAX(source->longest_cut, frame->captured);
    }
    if (source->clocks)
        clocks_take_frame(source->clocks, frame->file, frame->interface,
                          (struct oa_stamp){ frame->time_ns, frame->number });
    if (source->sink->frame)
        source->sink->frame(source->sink->context, frame->file, frame->time_ns);
    enum frame_use use = use_frame(source, frame, packet);
    result->unread_frames += use == FRAME_UNSUPPORTED;
    facts->unsupported_frames += use == FRAME_UNSUPPORTED;
    facts->other_frames += use == FRAME_OTHER;
    facts->second_copies += use == FRAME_SECOND_COPY;
}

/* Nothing comes, and time has gone on to that of the frame. False: the end was asked for. */
static bool
pass_silence(const struct source *source, const struct capture_frame *frame)
{
    const struct source_sink *sink = source->sink;

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->silence)
            KINDS[i]->silence(source->self[i], frame->time_ns);
    return !sink->next || sink->next(sink->context, frame->file, frame->time_ns);
}

static void
find_packet(void *context, const struct capture_frame *frame, struct packet_found *packet)
{
    const struct source *source = context;

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->find)
            KINDS[i]->find(source->self[i], frame, packet);
}

/* In the other thread, behind find_packet(). */
static void
take_ahead(void *context, const struct capture_frame *frame, const struct packet_found *packet)
{
    const struct source *source = context;

    tell_clock(source, frame, source->has_begun[frame->file], true);
    source->has_begun[frame->file] = true;
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->ahead)
            KINDS[i]->ahead(source->self[i], frame, packet);
}

/* What is read when it is due. */
struct due {
    struct capture_frame frame;
    struct packet_found packet;
};

/* Both are valid until the next call. */
static enum capture_status
next_frame(struct source *source, struct due *due, const struct capture_frame **frame,
           const struct packet_found **packet, char **message)
{
    if (source->ahead)
        return frames_ahead_next(source->ahead, frame, packet, message);
    enum capture_status status = capture_reader_next(source->reader, &due->frame, message);
    if (status == CAPTURE_OK)
        find_packet(source, &due->frame, &due->packet);
    *frame = &due->frame;
    *packet = &due->packet;
    return status;
}

static bool
goes_on(const struct source *source, const struct source_sink *sink, uint64_t frames)
{
    struct source_progress progress = { .frames = frames };

    if (source->ahead) {
        struct frames_progress ahead = frames_ahead_progress(source->ahead);
        progress.bytes_done = ahead.done;
        progress.bytes_total = ahead.total;
    } else {
        capture_reader_progress(source->reader, &progress.bytes_done, &progress.bytes_total);
    }
    return !sink->progress || sink->progress(sink->context, &progress);
}

static void
take_secrets(void *keys, const char *text, size_t length)
{
    oa_tls_keys_add_log(keys, text, length);
}

void
source_find_keys(struct source *source, struct oa_tls_keys *keys)
{
    struct capture_frame frame;
    enum capture_status status;

    capture_reader_use_secrets(source->reader,
                               &(struct capture_secrets_user){ take_secrets, keys });
    do {
        char *message = NULL;
        status = capture_reader_next(source->reader, &frame, &message);
        g_free(message);
    } while (status != CAPTURE_END && status != CAPTURE_DISORDERED &&
             capture_reader_may_have_secrets(source->reader));
}

/* Flows are read ahead unless what is made of them decides which are given up, or looks at each
 * byte. */
static void
begin_flows_ahead(struct source *source, struct frames_ahead *ahead)
{
    source->has_begun = g_new0(bool, source->n_files);
    source->flows_ahead = true;
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->begin_ahead)
            KINDS[i]->begin_ahead(source->self[i], ahead);
}

static void
end_ahead(struct source *source)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS) && source->flows_ahead; i++)
        if (KINDS[i]->end_ahead)
            KINDS[i]->end_ahead(source->self[i]);
    g_clear_pointer(&source->ahead, frames_ahead_end);
    g_clear_pointer(&source->has_begun, g_free);
}

/* There can be no thread. */
static void
give_up_ahead(struct source *source)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS) && source->flows_ahead; i++)
        if (KINDS[i]->begin_ahead)
            KINDS[i]->begin_ahead(source->self[i], NULL);
    end_ahead(source);
    source->flows_ahead = false;
}

/* A pipe is read when its frames are due: whoever writes it may be slow, and its frames must not
 * wait for others. */
static void
begin_reading(struct source *source, const struct source_sink *sink)
{
    struct capture_secrets_user user = { sink->keys ? take_secrets : NULL, sink->keys };
    bool flows_ahead = sink->flows_ahead && !sink->memory_limit && !sink->estimated;
    struct frames_reader reader = { source, find_packet, flows_ahead ? take_ahead : NULL, user };

    if (sink->jobs > 1 && !source->is_following && !capture_reader_may_wait(source->reader)) {
        source->ahead = frames_ahead_new(source->reader, &reader);
        if (flows_ahead)
            begin_flows_ahead(source, source->ahead);
        if (frames_ahead_begin(source->ahead))
            return;
        give_up_ahead(source);
    }
    capture_reader_use_secrets(source->reader, &user);
}

static void
name_port(void *tracker, uint16_t port)
{
    oa_named_ports_add(tracker, port);
}

/* ---- findings about the captures ---- */

#define FILE_NAME_TEXT 80

static void find(const struct source_sink *sink, enum oa_finding_id id,
                 const struct capture_misplaced *where, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void
find(const struct source_sink *sink, enum oa_finding_id id, const struct capture_misplaced *where,
     const char *format, ...)
{
    struct oa_finding finding = { .id = id };
    struct oa_stamp stamp = { where->first_ns, where->first_frame };
    struct oa_event event = {
        .type = OA_EVENT_FINDING, .finding = &finding, .first = stamp, .last = stamp
    };
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    give(sink, &event);
}

static void
find_disorder(const struct source_sink *sink, const struct capture_disorder *disorder)
{
    const struct capture_misplaced *late = &disorder->reordered, *steps = &disorder->steps;
    const struct capture_misplaced *forward = &disorder->forward;
    g_autofree char *base = g_path_get_basename(disorder->name);
    char text[FILE_NAME_TEXT];

    oa_text_copy((struct oa_text){ base, strlen(base) }, text, sizeof text);
    const char *name = OA_SHOWN(sink->renamer, FILE, text);
    if (late->frames)
        find(sink, OA_FINDING_REORDERED, late,
             "%s: %" G_GUINT64_FORMAT " frames were up to %.6f s late, and were put in order", name,
             late->frames, (double)late->largest_ns / 1e9);
    if (steps->frames)
        find(sink, OA_FINDING_CLOCK_STEP, steps,
             "%s: the time goes back %" G_GUINT64_FORMAT " times, by up to %.6f s", name,
             steps->frames, (double)steps->largest_ns / 1e9);
    if (forward->frames)
        find(sink, OA_FINDING_CLOCK_STEP, forward,
             "%s: the clock was put forward %" G_GUINT64_FORMAT
             " times, by up to %.6f s, within %.6f s by the clocks of the hosts",
             name, forward->frames, (double)forward->largest_ns / 1e9,
             (double)disorder->forward_within_ns / 1e9);
}

static void
find_all(const struct source *source, const struct source_sink *sink,
         const struct source_result *result)
{
    const struct capture_disorder *disorder;

    for (size_t i = 0; (disorder = capture_reader_disorder(source->reader, i)); i++)
        find_disorder(sink, disorder);
    if (result->duplicated.frames)
        find(sink, OA_FINDING_CAPTURE_DUPLICATED, &result->duplicated,
             "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
             " frames are second copies, up to %.6f s after the first, and were not counted",
             result->duplicated.frames, result->frames,
             (double)result->duplicated.largest_ns / 1e9);
    if (source->cut.frames)
        find(sink, OA_FINDING_SNAP_LENGTH, &source->cut,
             "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
             " frames are cut, the longest of them after %zu bytes",
             source->cut.frames, result->frames, source->longest_cut);
}

/* ---- estimates ---- */

static void
take_estimated_call(void *context, struct oa_estimate *estimate,
                    const struct oa_estimated_call *call)
{
    const struct source *source = context;

    source->sink->estimated(source->sink->context, &(struct estimate_event){ estimate, call });
}

static void
take_estimate(void *context, struct oa_estimate *estimate)
{
    struct source *source = context;

    source->n_estimates++;
    source->sink->estimated(source->sink->context, &(struct estimate_event){ .of = estimate });
}

/* ---- captures ---- */

/* Those without frames come last; what began at once, by name. */
static int
compare_facts(const void *a, const void *b)
{
    const struct capture_facts *left = a, *right = b;

    if (!left->frames != !right->frames)
        return !left->frames ? 1 : -1;
    if (left->frames && left->first_ns != right->first_ns)
        return left->first_ns < right->first_ns ? -1 : 1;
    return strcmp(left->file.name, right->file.name);
}

static void
give_facts(struct source *source)
{
    size_t n = source->is_following ? capture_reader_followed(source->reader) : source->n_files;
    size_t first = n > source->n_files ? n - source->n_files : 0;

    for (size_t i = first; i < n; i++)
        facts_of(source, i)->file = capture_reader_file(source->reader, i);
    n -= first;
    qsort(source->facts, n, sizeof *source->facts, compare_facts);
    for (size_t i = 0; i < n && source->sink->capture; i++)
        source->sink->capture(source->sink->context, &source->facts[i]);
}

/* A file is forgotten while others are followed. */
static void
retire(void *context, size_t file)
{
    struct source *source = context;
    struct capture_facts *facts = facts_of(source, file);

    facts->file = capture_reader_file(source->reader, file);
    find_disorder(source->sink, capture_reader_disorder(source->reader, file % source->n_files));
    if (source->sink->capture)
        source->sink->capture(source->sink->context, facts);
    *facts = (struct capture_facts){ 0 };
}

/* ---- memory ---- */

static void
report_given_up(struct source *source, struct oa_stamp stamp)
{
    struct connections_given_up *sum = &source->flows.given_up;
    struct capture_misplaced where = { .first_ns = stamp.time_ns, .first_frame = stamp.frame };

    if (sum->foreign + sum->ours > 0) {
        find(source->sink, OA_FINDING_LIMIT_REACHED, &where,
             "%" G_GUINT64_FORMAT " connections of other services and %" G_GUINT64_FORMAT
             " with RPC or MAPI over HTTP were given up, silent for %.0f s or more: more could not "
             "be kept in memory",
             sum->foreign, sum->ours, floor((double)sum->least_silence_ns / 1e9));
        source->n_reported++;
    }
    if (source->n_ended > 0) {
        find(source->sink, OA_FINDING_LIMIT_REACHED, &where,
             "%" G_GUINT64_FORMAT " sessions of MAPI over HTTP were given up, those silent for "
             "longest: more could not be kept in memory",
             source->n_ended);
        source->n_reported++;
    }
    *sum = (struct connections_given_up){ 0 };
    source->n_ended = 0;
}

/* A part of the connections, silent for longest, of each kind; false: there are few. */
static bool
give_up_connections(struct source *source)
{
    bool is_given_up = false;

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        is_given_up |= KINDS[i]->give_up(source->self[i]);
    return is_given_up;
}

static bool
give_up_sessions(struct source *source)
{
    unsigned n = oa_tracker_give_up(source->tracker);

    source->n_ended += n;
    return n > 0;
}

/* Until there is room; false if that is not reached. `kept` is what stays of each connection that
 * was open. */
static bool
give_up(struct source *source, bool (*give_up_some)(struct source *source), double *kept)
{
    bool has_room = false;

    while (!has_room && give_up_some(source)) {
        has_room = memory_bound_has_room(&source->memory);
        *kept *= 1 - 1.0 / PARTS_TO_GIVE_UP;
    }
    return has_room;
}

/* What the reports have counted is not given up, but gets no more rows. */
static void
fill(struct source *source, struct oa_stamp stamp)
{
    struct capture_misplaced where = { .first_ns = stamp.time_ns, .first_frame = stamp.frame };

    if (!source->sink->full)
        return;
    source->sink->full(source->sink->context);
    if (source->is_full)
        return;
    source->is_full = true;
    find(source->sink, OA_FINDING_LIMIT_REACHED, &where,
         "users, hosts and operations that have no row by now are counted in one row without a "
         "name: more could not be kept in memory");
}

/* Connections first, since a session outlives them. */
static void
make_room(struct source *source, struct oa_stamp stamp)
{
    uint64_t before = memory_bound_in_use(&source->memory);
    double kept_of_connections = 1, kept_of_sessions = 1;
    bool has_room = give_up(source, give_up_connections, &kept_of_connections) ||
                    give_up(source, give_up_sessions, &kept_of_sessions);

    memory_bound_return_freed(&source->memory);
    if (!has_room)
        memory_bound_settle(&source->memory);
    if (!has_room || memory_bound_stays(&source->memory, before, 1 - kept_of_connections))
        fill(source, stamp);
}

static void
check_memory(struct source *source, struct oa_stamp stamp)
{
    if (!memory_bound_is_exceeded(&source->memory))
        return;
    make_room(source, stamp);
    if (source->n_reported < OA_LIMIT_FINDINGS)
        report_given_up(source, stamp);
}

/* ---- reading ---- */

/* Frames whose kind opens TLS here, while that is done in the other thread. */
static bool
shares_keys(const struct source *source, const struct capture_frame *frame)
{
    bool is_shared = false;

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        is_shared |=
            source->flows_ahead && source->sink->keys && KINDS[i]->has && KINDS[i]->has(frame);
    return is_shared;
}

/* What was read ahead is taken even if reading is stopped. */
static bool
is_done(const struct source *source, const struct source_result *result)
{
    if (result->stopped && source->flows_ahead)
        frames_ahead_stop(source->ahead);
    return result->disordered || (result->stopped && !source->flows_ahead);
}

static void
read_all(struct source *source, const struct source_sink *sink, struct source_result *result)
{
    const struct capture_frame *frame;
    const struct packet_found *packet;
    enum capture_status status;
    char *message = NULL;
    struct due due;

    while (!is_done(source, result) &&
           (status = next_frame(source, &due, &frame, &packet, &message)) != CAPTURE_END) {
        if (status == CAPTURE_OK && shares_keys(source, frame)) {
            result->keys_are_shared = result->stopped = true;
        } else if (status == CAPTURE_SILENT) {
            result->stopped = !pass_silence(source, frame);
        } else if (status == CAPTURE_OK && source->is_following && sink->next &&
                   !sink->next(sink->context, frame->file, frame->time_ns)) {
            result->stopped = true;
        } else if (status == CAPTURE_OK) {
            take_frame(source, frame, packet, result);
        } else if (status == CAPTURE_DISORDERED) {
            result->disordered = result->stopped = true;
        } else {
            result->incomplete = true;
            if (sink->warning)
                sink->warning(sink->context, message);
            g_clear_pointer(&message, g_free);
        }
        if (result->frames % FRAMES_BETWEEN_CHECKS == 0 && status == CAPTURE_OK)
            check_memory(source, (struct oa_stamp){ frame->time_ns, frame->number });
        if (result->frames % FRAMES_BETWEEN_PROGRESS == 0 && !result->stopped)
            result->stopped = !goes_on(source, sink, result->frames);
    }
}

void
source_run(struct source *source, const struct source_sink *sink, struct source_result *result)
{
    struct flows *flows = &source->flows;

    source->sink = sink;
    source->tracker = oa_tracker_new(take_event, source, false);
    flows_begin(flows, source->tracker, take_connection, source);
    if (sink->keys)
        oa_tls_keys_begin(sink->keys);
    flows->counted = take_counted;
    flows->undecided = take_undecided;
    if (sink->estimated)
        flows->shapes =
            oa_shapes_new(&(struct oa_shape_listener){ .context = source,
                                                       .call = take_estimated_call,
                                                       .ended = take_estimate,
                                                       .exchange = flow_take_exchange });
    oa_tls_proxies_name(source->tracker, sink->proxies);
    oa_tracker_rename(source->tracker, sink->renamer);
    oa_tracker_use_clock_steps(source->tracker, sink->clock_steps);
    oa_tracker_unseal(source->tracker, sink->secrets);
    *result = (struct source_result){ 0 };
    source->memory = memory_bound_begin(sink->memory_limit);
    oa_code_pages_set_of_names(oa_tracker_code_pages(flows->tracker), sink->code_page);
    valid_ports_each(sink->valid_ports, name_port, flows->tracker);
    if (sink->begin)
        sink->begin(sink->context, flows->tracker);
    if (source->clocks)
        flows->continuity = clocks_begin(source->clocks);
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        source->self[i] = KINDS[i]->begin(flows, sink->keys);
    begin_reading(source, sink);
    read_all(source, sink, result);
    end_ahead(source);
    report_given_up(source, (struct oa_stamp){ 0 });
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        KINDS[i]->end(source->self[i], result);
    oa_shapes_free(flows->shapes);
    oa_tracker_end(flows->tracker);
    if (sink->end)
        sink->end(sink->context);
    oa_tracker_free(flows->tracker);
    result->channels = flows->n_channels;
    result->keys_came_late = sink->keys && oa_tls_keys_came_late(sink->keys);
    result->estimates = source->n_estimates;
    if (source->clocks && !result->stopped) {
        result->clocks_differ = clocks_settle(source->clocks);
        if (sink->event)
            clocks_report(source->clocks, sink->renamer, sink->event, sink->context);
    }
    find_all(source, sink, result);
    give_facts(source);
}

void
source_close(struct source *source)
{
    if (!source)
        return;
    capture_reader_close(source->reader);
    g_free(source->facts);
    g_free(source);
}
