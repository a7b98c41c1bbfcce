/* report_comparison.h
 * What `oaexport compare` writes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_COMPARISON_H
#define REPORT_COMPARISON_H

struct comparison;
struct report_run;

/* Writes the rows of REPORT_COMPARISON. */
void report_comparison_write(struct report_run *run, const struct comparison *comparison);

#endif
