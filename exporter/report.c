/* report.c
 * What all reports share: the description of their columns, header line and rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>

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
