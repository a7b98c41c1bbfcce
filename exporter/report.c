/* report.c
 * What all reports share: the description of their columns, and rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <stdio.h>

#include "intervals.h"

void
report_describe(const struct report *report)
{
    printf("%s: one row for each %s, %s\n", report->name, report->row_is, report->order);
    for (size_t i = 0; i < report->n_columns; i++)
        printf("  %-26s %-8s %s\n", report->columns[i].name, report->columns[i].cell.unit,
               report->columns[i].definition);
}

const char *
report_user(const struct report_run *run, const struct oa_virtual_connection *vc,
            char text[OA_USER_TEXT])
{
    return user_spelling(run->spellings, user_shown_name(&run->settings->users, vc, text));
}

int64_t
report_duration(const struct report_run *run, struct oa_stamp from, struct oa_stamp to)
{
    return oa_clock_stepped(run->clock_steps, from, to) ? NO_TIME
                                                        : time_between(from.time_ns, to.time_ns);
}

void
report_row(struct report_run *run, const void *row)
{
    columns_print(run->report->columns, run->report->n_columns, run->writer, row);
    writer_end_row(run->writer);
}
