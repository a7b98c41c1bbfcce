/* source.c
 * From captures to events: the frames of all files in time order, each passed to the kind of source
 * that supports its link type; all kinds feed one tracker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source.h"

#include <glib.h>

#include "source_kind.h"
#include "track/channel.h"
#include "track/tracker.h"

#define FRAMES_BETWEEN_PROGRESS 4096

static const struct source_kind *const KINDS[] = { &NATIVE_SOURCE, &PDU_SOURCE };

struct source {
    struct capture_reader *reader;
    size_t n_files;
    struct clocks *clocks; /* NULL: they are not compared */
    const struct source_sink *sink;
    void *self[G_N_ELEMENTS(KINDS)]; /* of each kind, while running */
};

struct source *
source_open(char *const *paths, size_t n_paths, char **message)
{
    struct capture_reader *reader = capture_reader_open(paths, n_paths, message);
    struct source *source = reader ? g_new0(struct source, 1) : NULL;

    if (source)
        *source = (struct source){ .reader = reader, .n_files = n_paths };
    return source;
}

void
source_use_clocks(struct source *source, struct clocks *clocks)
{
    source->clocks = clocks;
    for (size_t file = 0; file < source->n_files; file++)
        capture_reader_correct(source->reader, file, clocks_correction(clocks, file));
}

static void
take_event(void *context, const struct oa_event *event)
{
    const struct source *source = context;

    if (source->clocks)
        clocks_take_event(source->clocks, event);
    source->sink->event(source->sink->context, event);
}

static void
take_frame(struct source *source, const struct capture_frame *frame, struct source_result *result)
{
    result->frames++;
    if (source->clocks)
        clocks_take_frame(source->clocks, frame->file,
                          (struct oa_stamp){ frame->time_ns, frame->number });
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (KINDS[i]->frame(source->self[i], frame))
            return;
    result->unread_frames++;
}

static bool
goes_on(const struct source *source, const struct source_sink *sink, uint64_t frames)
{
    struct source_progress progress = { .frames = frames };

    capture_reader_progress(source->reader, &progress.bytes_done, &progress.bytes_total);
    return sink->progress(sink->context, &progress);
}

static void
read_all(struct source *source, const struct source_sink *sink, struct source_result *result)
{
    struct capture_frame frame;
    enum capture_status status;
    char *message = NULL;

    while ((status = capture_reader_next(source->reader, &frame, &message)) != CAPTURE_END &&
           !result->stopped) {
        if (status == CAPTURE_OK) {
            take_frame(source, &frame, result);
        } else {
            result->incomplete = true;
            sink->warning(sink->context, message);
            g_clear_pointer(&message, g_free);
        }
        if (result->frames % FRAMES_BETWEEN_PROGRESS == 0)
            result->stopped = !goes_on(source, sink, result->frames);
    }
}

void
source_run(struct source *source, const struct source_sink *sink, struct source_result *result)
{
    struct flows flows = { .tracker = oa_tracker_new(take_event, source, false),
                           .ended = sink->connection,
                           .context = sink->context };

    source->sink = sink;
    *result = (struct source_result){ 0 };
    if (source->clocks)
        clocks_begin(source->clocks);
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        source->self[i] = KINDS[i]->begin(&flows);
    read_all(source, sink, result);
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        KINDS[i]->end(source->self[i]);
    oa_tracker_end(flows.tracker);
    oa_tracker_free(flows.tracker);
    result->channels = flows.n_channels;
    if (source->clocks && !result->stopped) {
        result->clocks_differ = clocks_settle(source->clocks);
        clocks_report(source->clocks, sink->event, sink->context);
    }
}

void
source_close(struct source *source)
{
    capture_reader_close(source->reader);
    g_free(source);
}
