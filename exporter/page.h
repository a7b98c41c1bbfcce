/* page.h
 * report.html: the reports of a folder as one page to look at, without network.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The name of the file in the folder. */
#define PAGE_FILE "report.html"

/* The reports that the page is made of, ended by NULL. It leaves out what is missing. */
extern const char *const PAGE_REPORTS[];

enum page_result { PAGE_WRITTEN, PAGE_NO_REPORTS, PAGE_NOT_WRITTEN };

/* Makes the page from the CSV files in the folder and writes it there. Days begin at, and times are
 * shown in, local time, so far ahead of UTC. Anything but PAGE_WRITTEN comes with a message for one
 * line in `*message` (g_free). */
enum page_result page_write(const char *directory, int64_t utc_offset_ns, char **message);

#endif
