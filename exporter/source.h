/* source.h
 * The seam between where the bytes come from and what is done with the events: a source reads
 * captures and feeds a sink. Whether a frame is a packet or an exported PDU is decided by its link
 * type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "capture_facts.h"
#include "clocks.h"
#include "connection.h"
#include "estimate_event.h"
#include "source_result.h"
#include "valid_ports.h"

struct source_progress {
    uint64_t frames;
    uint64_t bytes_done;  /* of the files, as stored, compressed or not */
    uint64_t bytes_total; /* 0: unknown, as on standard input */
};

struct oa_tracker; /* track/tracker.h */

/* Who receives what a source reads. */
/* What has no function is passed over; without `progress`, reading goes on to the end. */
struct source_sink {
    void *context;
    void (*begin)(void *context, struct oa_tracker *tracker); /* before the first event */
    /* The tracker and its objects are freed; only findings about the captures follow. */
    void (*end)(void *context);
    oa_event_function event;
    void (*connection)(void *context, const struct connection_row *row); /* that has ended */
    /* A frame, before what is in it; a segment or PDU, in the facts of its connection. */
    void (*frame)(void *context, size_t file, int64_t time_ns);
    /* The clock of the file was put forward before its next frame. */
    void (*gap)(void *context, size_t file);
    void (*counted)(void *context, struct connection *connection, struct oa_stamp stamp);
    /* A connection of which nothing shows whether it leads to a proxy, at the end; or, with NULL,
     * so many that are not kept, see connection_end.h. */
    void (*undecided)(void *context, const uint8_t server[16], const struct connection_row *row,
                      uint64_t connections);
    /* What connections inside TLS show by their shape, which is not looked at without it. */
    void (*estimated)(void *context, const struct estimate_event *event);
    /* Memory has a limit, and connections are no longer what takes it. */
    void (*full)(void *context);
    /* Before a frame of that time, while files are followed, or when that has passed without one;
     * false: end there. */
    bool (*next)(void *context, size_t file, int64_t time_ns);
    /* What is known of each file at the end, in order of their first frames; of files that are
     * followed, of some before. */
    void (*capture)(void *context, const struct capture_facts *facts);
    void (*warning)(void *context, const char *message); /* one line; reading continues */
    bool (*progress)(
        void *context,
        const struct source_progress *progress); /* every few thousand frames; false: stop */
    uint32_t code_page;                          /* of names that are not Unicode; 0: a guess */
    const struct valid_ports *valid_ports;       /* NULL: not given */
    const struct oa_seal_secrets *secrets;       /* of sealed calls; NULL: none */
    const struct oa_renamer *renamer;            /* of names in findings; NULL: they are shown */
    struct oa_clock_steps *clock_steps; /* gets those in the captures as they are read; NULL: they
                                           are not looked at */
    /* The same, as oa_clock_steps_add(). */
    void (*clock_step)(void *context, int64_t before_ns, struct oa_stamp first);
    struct oa_tls_keys *keys; /* of connections inside TLS, which those in the captures are added
                                 to; NULL: they stay closed */
    uint64_t memory_limit;    /* bytes; 0: none */
    unsigned jobs;            /* threads; with more than one, frames are read in one of their own */
    bool flows_ahead; /* and then TCP and TLS too, which pays if TLS is opened; exported PDUs beside
                         it make the result void */
    char *const *proxies; /* addresses and names of RPC proxies, ended by NULL; NULL: none */
};

struct source;

/* Opens the captures, see capture_reader_open(); NULL with a one-line message in `*message`
 * (g_free) if one of them cannot be read. */
struct source *source_open(char *const *paths, size_t n_paths, const struct capture_order *order,
                           char **message);

/* The same for what is followed, see capture_reader_follow(). */
struct source *source_follow(const struct capture_order *order);

/* Compares the clocks of the files and interfaces; false if there is only one. `clocks` must
 * outlive the source. Before source_run(). */
bool source_use_clocks(struct source *source, struct clocks *clocks);

/* Reads the captures for the key logs inside them only, which may stand behind the frames that need
 * them, if they are of a kind that may have some. In place of source_run(). */
void source_find_keys(struct source *source, struct oa_tls_keys *keys);

/* Reads all captures, once; closes every connection, channel and session at the end. The last
 * events are the findings about the captures themselves, which name no channel and no session. */
void source_run(struct source *source, const struct source_sink *sink,
                struct source_result *result);

/* `source` may be NULL. */
void source_close(struct source *source);

#endif
