/* reports.h
 * The list of reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORTS_H
#define REPORTS_H

#include "report.h"

/* All reports in the order of --list-reports, then those that are not of captures; terminated by
 * NULL. */
extern const struct report *const REPORTS[];

/* The report of that name, or NULL. */
const struct report *report_find(const char *name);

/* Prints the list of those that --reports takes. */
void reports_list(void);

#endif
