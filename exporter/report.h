/* report.h
 * What a report is: a table of columns, and what it does with the decoder's events.
 *
 * Each report stands in report_<name>.c. A row of the column table carries everything there is to
 * say of a column, so that header line,
 * --describe, the schema document and the cells cannot differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_H
#define REPORT_H

#include <glib.h>

#include "connection.h"
#include "csv_writer.h"
#include "facts.h"
#include "valid_ports.h"

struct column {
    const char *name; /* snake_case with the unit last; never changed once published */
    const char *unit; /* "ms", "bytes", "count", "time", "text", ... */
    const char *definition;
    void (*cell)(struct csv *csv, const void *row);
};

struct report_run;

struct report {
    const char *name;
    const char *row_is; /* "RPC call" */
    const char *order;  /* how the rows are ordered */
    bool on_request;    /* written only when asked for by name */
    const struct column *columns;
    size_t n_columns;

    /* All optional. `state` is the report's own. */
    void *(*new_state)(void);
    void (*event)(struct report_run *run, const struct oa_event *event);
    void (*connection)(struct report_run *run, const struct connection_row *row);
    void (*finish)(struct report_run *run);
    void (*free_state)(void *state);
};

struct report_run {
    const struct report *report;
    const struct valid_ports *valid_ports; /* NULL: not told */
    struct csv *csv;
    void *state;
};

#define COLUMNS(table) .columns = (table), .n_columns = sizeof(table) / sizeof((table)[0])

/* All reports, ended by NULL, in the order of --list-reports. */
extern const struct report *const REPORTS[];

/* The report of that name, or NULL. */
const struct report *report_find(const char *name);

/* Prints what a row of each report is; prints what the columns of one report are. */
void reports_list(void);
void report_describe(const struct report *report);

/* Writes the header line, or one row. */
void report_header(struct report_run *run);
void report_row(struct report_run *run, const void *row);

/* Writes all rows of a table whose keys are texts, in the order of these. */
void report_rows_by_key(struct report_run *run, GHashTable *rows);

extern const struct report REPORT_AUTH, REPORT_CALLS, REPORT_CHANNELS, REPORT_CONNECTIONS,
    REPORT_CONNECTION_STATUS, REPORT_FINDINGS, REPORT_FRAMES, REPORT_HOPS, REPORT_OPERATIONS,
    REPORT_SESSIONS, REPORT_USERS;

/* Whether the connection is of a hop between client, proxy, server and domain controller; what the
 * hop is, and what the service, by the content, else by the server's port. */
bool connection_is_of_service(const struct connection_row *row);
const char *hop_name(const struct oa_channel *channel, uint16_t port);
/* The same of one hop of a session. */
const char *hop_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop);
const char *service_name(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
                         uint16_t port);

/* What several reports ask of a call: a status by name, else by number; whether it failed, by a
 * fault or by what it returned. */
#define STATUS_TEXT 32
const char *status_text(enum oa_status_kind kind, uint32_t status, char number[STATUS_TEXT]);
bool call_failed(const struct oa_call *call);

const char *transport_name(enum oa_transport transport); /* "rpc_http" */

/* Cells that several reports have. */
void cell_status(struct csv *csv, uint32_t status); /* by name, else as 0x%08x */
void cell_operation(struct csv *csv,
                    const struct oa_call *call); /* by name, else "opnum N"; empty if not seen */
void cell_interface(struct csv *csv,
                    const struct oa_call *call); /* by name, else the UUID; empty if not seen */
void cell_user(struct csv *csv, const struct oa_auth *auth); /* DOMAIN\user, or user */
/* allowed, refused; empty when ValidPorts is not told, or the target not known */
void cell_allowed(struct csv *csv, const struct valid_ports *ports, const char *server,
                  uint32_t port);
void cell_mode(struct csv *csv, const struct oa_client *client); /* classic, cached */
void cell_ending(struct csv *csv, struct oa_ending ending);
void cell_ended_by(struct csv *csv, struct oa_ending ending);
void cell_client_address(struct csv *csv, const struct oa_virtual_connection *vc); /* as captured,
                                                                    else by the proxy's word */

#endif
