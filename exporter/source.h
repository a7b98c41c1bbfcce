/* source.h
 * The seam between where the bytes come from and what is done with what they say: a source reads
 * captures and feeds a sink. What the captures are made of (packets, exported PDUs) is chosen frame
 * by frame, by the link type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "capture_reader.h"
#include "connection.h"
#include "source_result.h"

struct source_progress {
    uint64_t frames;
    uint64_t bytes_done;  /* of the files, as stored, compressed or not */
    uint64_t bytes_total; /* 0: unknown, as on standard input */
};

/* Who is told. */
struct source_sink {
    void *context;
    oa_event_function event;
    void (*connection)(void *context, const struct connection_row *row); /* it has ended */
    void (*warning)(void *context, const char *message); /* one line; the captures go on */
    bool (*progress)(void *context,
                     const struct source_progress *progress); /* now and then; false: stop */
};

struct source;

/* Opens captures, as capture_reader_open() does; NULL with a message for one line in `*message`
 * (g_free) if one cannot be read. */
struct source *source_open(char *const *paths, size_t n_paths, const struct capture_order *order,
                           char **message);

/* Reads the captures to their ends, once. Every connection, channel and session is closed then.
 * The last events are the findings about the captures themselves, which name no channel and no
 * session. */
void source_run(struct source *source, const struct source_sink *sink,
                struct source_result *result);

void source_close(struct source *source);

#endif
