/* report.h
 * What a report is: a table of columns, and what it does with the decoder's events.
 *
 * Each report is in report_<name>.c. The header line, --describe, the schema document and the cells
 * are generated from its column table, so that they cannot differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_H
#define REPORT_H

#include <glib.h>

#include "base/clock_steps.h"
#include "capture_facts.h"
#include "column.h"
#include "connection.h"
#include "facts.h"
#include "row_queue.h"
#include "user_identity.h"

struct report_run;
struct estimate_event; /* estimate_event.h */
struct intervals;      /* intervals.h */
struct intervals_settings;
struct tally_rows;

struct report {
    const char *name;
    const char *row_is;   /* "RPC call" */
    const char *order;    /* "ordered by ..." */
    bool has_key;         /* the first column has another value in each row */
    bool on_request;      /* written only if requested by name */
    bool is_of_folders;   /* not of captures: written by a command of its own */
    bool needs_rops;      /* has rows only if ROPs are read */
    bool needs_bytes;     /* of events: looks at these, or at what was parsed of them */
    bool needs_intervals; /* has `intervals` in its run, for `finish` */
    bool by_service;      /* and these keep the services of a server apart */
    const struct column *columns;
    size_t n_columns;
    /* Of a report whose rows may be written later, in another thread; and whether nothing can
     * change this one until then. */
    const struct row_shape *shape; /* NULL: they may not */
    bool (*is_settled)(const void *row);

    const struct tally_rows *rows; /* of a report that counts, see tally.h; else NULL */

    /* All optional. A report without `merge` writes its rows during the capture. A report with it
     * counts: the states of two event streams, merged, equal the state of both in one, provided
     * that all events of a session are in the same stream. */
    void *(*new_state)(const struct report *report);
    void (*event)(struct report_run *run, const struct oa_event *event);
    uint32_t takes; /* the types of events that this wants: REPORT_TAKES(...) | ... */
    void (*connection)(struct report_run *run, const struct connection_row *row);
    void (*estimate)(struct report_run *run, const struct estimate_event *event);
    void (*capture)(struct report_run *run, const struct capture_facts *facts);
    void (*merge)(void *into, const void *from);
    /* Memory is short: what has no row yet counts in the row without a key. */
    void (*fill)(void *state);
    /* What was counted has been written: begins anew, but for what open sessions need. */
    void (*rotate)(void *state);
    void (*finish)(struct report_run *run);
    void (*free_state)(void *state);
};

/* A report that is being written. */
struct report_run {
    const struct report *report;
    const struct valid_ports *valid_ports;     /* NULL: not given */
    const struct intervals_settings *settings; /* of intervals, periods and users */
    struct user_spellings *spellings;          /* of all reports; NULL: as they are */
    const struct oa_renamer *renamer;          /* of names in texts; NULL: they are shown */
    const struct oa_clock_steps *clock_steps;  /* NULL: none */
    struct intervals *intervals; /* of all reports; NULL before report_set_count_intervals() */
    struct writer *writer;
    struct task_queue *queue; /* NULL: rows are written at once */
    bool has_gaps;            /* what its writer has written waits for later rows */
    void *state;
};

/* For `takes`: one type, HTTP_HEAD for OA_EVENT_HTTP_HEAD. */
#define REPORT_TAKES(type) ((uint32_t)1 << OA_EVENT_##type)

#define COLUMNS(table) .columns = (table), .n_columns = sizeof(table) / sizeof((table)[0])

/* Each is defined in report_<name>.c. */
extern const struct report REPORT_AUTH, REPORT_CALLS, REPORT_CAPACITY, REPORT_CAPTURES,
    REPORT_CHANNELS, REPORT_COMPARISON, REPORT_CONNECTIONS, REPORT_CONNECTION_STATUS,
    REPORT_COUNTERS, REPORT_ESTIMATES, REPORT_FINDINGS, REPORT_FRAMES, REPORT_HISTOGRAMS,
    REPORT_HOPS, REPORT_OPERATIONS, REPORT_ROPS, REPORT_SESSIONS, REPORT_USERS;

/* Prints the columns of the report. */
void report_describe(const struct report *report);

/* What the reports call the user of the session, as far as known now: user_shown_name(), as it was
 * spelt first. */
const char *report_user(const struct report_run *run, const struct oa_virtual_connection *vc,
                        char text[OA_USER_TEXT]);
#define USER_OF_CALL_IS                                                                            \
    "User of the session as in users.csv, as far as known at the end of the call; spelt as in "    \
    "the "                                                                                         \
    "first one of him; with --user-key that name"

/* From one frame to a later one; NO_TIME if the clock was set in between. */
int64_t report_duration(const struct report_run *run, struct oa_stamp from, struct oa_stamp to);

/* Writes one row, which is the `struct row` of the report; or queues it, if there is a queue and
 * the report is such. */
void report_row(struct report_run *run, const void *row);

/* Writes it now, to the struct report_run; false if nothing more can be written. A row_function. */
bool report_write_row(void *run, const void *row);

#endif
