/* report.c
 * The list of reports, and what all of them share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "service_ports.h"

/* HTTP is a service hop only if it carries RPC or TLS; everything else on port 80 is left out. */
#define HTTP_PORT 80

const struct report *const REPORTS[] = {
    &REPORT_CONNECTIONS,
    &REPORT_CHANNELS,
    &REPORT_SESSIONS,
    &REPORT_CALLS,
    &REPORT_OPERATIONS,
    &REPORT_USERS,
    &REPORT_CONNECTION_STATUS,
    &REPORT_AUTH,
    &REPORT_HOPS,
    &REPORT_FINDINGS,
    &REPORT_FRAMES,
    NULL,
};

bool
connection_is_of_service(const struct connection_row *row)
{
    const struct service_port *port = service_port_find(row->tcp->port[TCP_SERVER]);

    return row->channel || (port && (port->port != HTTP_PORT || row->tls));
}

const struct report *
report_find(const char *name)
{
    for (size_t i = 0; REPORTS[i]; i++)
        if (strcmp(REPORTS[i]->name, name) == 0)
            return REPORTS[i];
    return NULL;
}

void
reports_list(void)
{
    for (size_t i = 0; REPORTS[i]; i++)
        printf("%-12s %s%s\n", REPORTS[i]->name, REPORTS[i]->row_is,
               REPORTS[i]->on_request ? " (only if requested by name)" : "");
}

void
report_describe(const struct report *report)
{
    printf("%s: one row for each %s, %s\n", report->name, report->row_is, report->order);
    for (size_t i = 0; i < report->n_columns; i++)
        printf("  %-26s %-8s %s\n", report->columns[i].name, report->columns[i].cell.unit,
               report->columns[i].definition);
}

void
report_header(struct report_run *run)
{
    for (size_t i = 0; i < run->report->n_columns; i++)
        csv_text(run->csv, run->report->columns[i].name);
    csv_end_row(run->csv);
}

void
report_row(struct report_run *run, const void *row)
{
    columns_print(run->report->columns, run->report->n_columns, run->csv, row);
    csv_end_row(run->csv);
}
