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

bool
report_write_row(void *to, const void *row)
{
    struct report_run *run = to;

    columns_print(run->report->columns, run->report->n_columns, run->writer, row);
    writer_end_row(run->writer);
    return !writer_failed(run->writer);
}

/* What is not settled is written at once, and so are all rows behind it as long as the writer waits
 * for what becomes of it, which it can only be asked in one thread. */
void
report_row(struct report_run *run, const void *row)
{
    const struct report *report = run->report;

    if (!run->queue || !report->shape) {
        report_write_row(run, row);
        return;
    }
    if (!run->has_gaps && report->is_settled(row)) {
        row_queue_add(run->queue, report_write_row, run, report->shape, row);
        return;
    }
    task_queue_drain(run->queue);
    report_write_row(run, row);
    run->has_gaps = writer_has_gaps(run->writer);
}
