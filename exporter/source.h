/* source.h
 * The seam between where the bytes come from and what is done with the events: a source reads
 * captures and feeds a sink. Whether a frame is a packet or an exported PDU is decided by its link
 * type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "clocks.h"
#include "connection.h"

struct source_progress {
    uint64_t frames;
    uint64_t bytes_done;  /* of the files, as stored, compressed or not */
    uint64_t bytes_total; /* 0: unknown, as on standard input */
};

/* Who receives what a source reads. */
struct source_sink {
    void *context;
    oa_event_function event;
    void (*connection)(void *context, const struct connection_row *row); /* that has ended */
    void (*warning)(void *context, const char *message); /* one line; reading continues */
    bool (*progress)(
        void *context,
        const struct source_progress *progress); /* every few thousand frames; false: stop */
};

struct source_result {
    uint64_t frames;
    uint64_t unread_frames; /* of unsupported link types */
    uint64_t channels;      /* connections with RPC or MAPI over HTTP */
    bool incomplete;        /* a file was cut short or damaged */
    bool stopped;           /* by progress */
    bool clocks_differ;     /* what was made of the events is void: the captures have to be read
                               again, with the same clocks */
};

struct source;

/* Opens the captures, see capture_reader_open(); NULL with a one-line message in `*message`
 * (g_free) if one of them cannot be read. */
struct source *source_open(char *const *paths, size_t n_paths, char **message);

/* Compares the clocks of the files, or corrects their times once that has shown how far they
 * differ. `clocks` must outlive the source. Before source_run(). */
void source_use_clocks(struct source *source, struct clocks *clocks);

/* Reads all captures, once; closes every connection, channel and session at the end. */
void source_run(struct source *source, const struct source_sink *sink,
                struct source_result *result);

void source_close(struct source *source);

#endif
