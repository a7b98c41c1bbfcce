/* report.h
 * What a report is: a table of columns, and what it does with the decoder's events.
 *
 * Each report stands in report_<name>.c. Header line, --describe, the schema document and the cells
 * are made of its column table, so that they cannot differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_H
#define REPORT_H

#include <glib.h>

#include "column.h"
#include "connection.h"
#include "facts.h"

/* Whether the connection is of a hop between client, proxy, server and domain controller. */
bool connection_is_of_service(const struct connection_row *row);

struct report_run;
struct tally_rows;

struct report {
    const char *name;
    const char *row_is; /* "RPC call" */
    const char *order;  /* how the rows are ordered */
    bool on_request;    /* written only when asked for by name */
    const struct column *columns;
    size_t n_columns;
    const struct tally_rows *rows; /* tally.h: those of a report that counts; else NULL */

    /* All optional. The state is the report's own. A report without `merge` writes a row as soon as
     * it is complete; one with it counts, and has the same state from two streams of events,
     * merged, as from one, as long as all events of a session are in one of them. */
    void *(*new_state)(const struct report *report);
    void (*event)(struct report_run *run, const struct oa_event *event);
    void (*connection)(struct report_run *run, const struct connection_row *row);
    void (*merge)(void *into, const void *from);
    void (*finish)(struct report_run *run);
    void (*free_state)(void *state);
};

/* A report that is being written. */
struct report_run {
    const struct report *report;
    const struct valid_ports *valid_ports; /* NULL: not told */
    struct csv *csv;
    void *state;
};

#define COLUMNS(table) .columns = (table), .n_columns = sizeof(table) / sizeof((table)[0])

extern const struct report REPORT_AUTH, REPORT_CALLS, REPORT_CHANNELS, REPORT_CONNECTIONS,
    REPORT_CONNECTION_STATUS, REPORT_FINDINGS, REPORT_FRAMES, REPORT_HOPS, REPORT_OPERATIONS,
    REPORT_SESSIONS, REPORT_USERS;

/* All reports, ended by NULL, in the order of --list-reports. */
extern const struct report *const REPORTS[];

/* The report of that name, or NULL. */
const struct report *report_find(const char *name);

/* Prints what a row of each report is; prints what the columns of one report are. */
void reports_list(void);
void report_describe(const struct report *report);

/* Writes the header line, or one row: the report's `struct row`. */
void report_header(struct report_run *run);
void report_row(struct report_run *run, const void *row);

#endif
