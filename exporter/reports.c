/* reports.c
 * The list of reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include <stdio.h>
#include <string.h>

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
    &REPORT_COUNTERS,
    &REPORT_ESTIMATES,
    &REPORT_CAPACITY,
    &REPORT_FINDINGS,
    &REPORT_FRAMES,
    &REPORT_ROPS,
    &REPORT_HISTOGRAMS,
    &REPORT_COMPARISON,
    NULL,
};

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
        if (!REPORTS[i]->is_of_folders)
            printf("%-12s %s%s\n", REPORTS[i]->name, REPORTS[i]->row_is,
                   REPORTS[i]->on_request ? " (only if requested by name)" : "");
}
