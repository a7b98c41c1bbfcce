/* native_source.h
 * The fast source: capture files through wiretap, our own TCP reassembly, the decoder; memory does
 * not grow with the captures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NATIVE_SOURCE_H
#define NATIVE_SOURCE_H

#include "capture_reader.h"
#include "report.h"

/* Where the events go, and who hears of progress. */
struct source_sink {
    void *context;
    oa_event_function event;
    void (*connection)(void *context, const struct connection_row *row);
    void (*warning)(void *context, const char *message); /* one line; the capture goes on */
    bool (*progress)(void *context, const struct capture_reader *reader,
                     uint64_t frames); /* now and then; false: stop */
};

struct source_result {
    uint64_t frames;
    uint64_t tcp_segments;
    uint64_t unsupported_frames; /* of a link type that is not read */
    uint64_t channels;           /* TCP connections with RPC over HTTP */
    bool incomplete;             /* a file was cut short or damaged */
    bool stopped;                /* progress said so */
};

/* Reads all of `reader`; every connection, channel and session is closed at the end. */
void native_source_run(struct capture_reader *reader, const struct source_sink *sink,
                       struct source_result *result);

#endif
