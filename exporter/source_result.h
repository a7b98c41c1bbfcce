/* source_result.h
 * What is known when the captures have been read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_RESULT_H
#define SOURCE_RESULT_H

#include "capture_reader.h"
#include "packet.h"

/* Sorts of frames that are named when nothing was found. */
#define SOURCE_UNREAD 3

struct source_result {
    uint64_t frames;
    struct capture_misplaced duplicated;        /* packets that the capture has once more */
    struct packet_unread unread[SOURCE_UNREAD]; /* frames that were not looked into, by sort */
    size_t n_unread;
    uint64_t other_unread;  /* of all other sorts */
    uint64_t unread_frames; /* of unsupported link types */
    uint64_t channels;      /* connections with RPC or MAPI over HTTP */
    uint64_t estimates;     /* virtual connections, only looked for if the sink wants them */
    bool incomplete;        /* a file was cut short or damaged */
    bool stopped;           /* before the end: progress returned false, or: */
    bool disordered;        /* CAPTURE_DISORDERED */
    bool keys_are_shared;   /* by threads, see source_sink.flows_ahead */
    bool keys_came_late;    /* a capture has keys behind the connections that need them */
    bool clocks_differ; /* by these three, what was made of the events is void: the captures have
                           to be opened again, with frames read ahead, with all keys, or with the
                           same clocks */
};

#endif
