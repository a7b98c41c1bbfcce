/* report_set.h
 * The reports of one run: opened together, fed with the same events, written together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_SET_H
#define REPORT_SET_H

#include "report.h"

struct report_set;

/*
 * Opens a CSV for each of the `n` reports, in `directory`, which is created if it is missing, or
 * on standard output when that is NULL; `valid_ports` may be NULL. `directory` and `valid_ports`
 * are kept, not copied. Returns NULL with a message for one line in `*message` (g_free) when a file
 * cannot be created; nothing is left behind then.
 */
struct report_set *report_set_open(const struct report *const reports[], size_t n,
                                   const char *directory, struct csv_style style,
                                   const struct valid_ports *valid_ports, char **message);

/*
 * A part that only counts: those of the reports that have `merge`, without files. It takes the
 * events of some sessions of a capture, and is then merged into the set of the others.
 */
struct report_set *report_set_open_part(const struct report *const reports[], size_t n);
void report_set_merge(struct report_set *set, const struct report_set *part);

/* Passes on what happened to every report that takes it, in the order of the capture. */
void report_set_event(struct report_set *set, const struct oa_event *event);
void report_set_connection(struct report_set *set, const struct connection_row *row);

/* A write has failed; there is no use in going on. */
bool report_set_failed(const struct report_set *set);

/* Writes the rows that had to wait for the end, then gives all files their names: either all appear
 * or, as far as the file system allows, none. False with a message in `*message` if that failed. */
bool report_set_commit(struct report_set *set, char **message);

/* Frees. Files that were not committed are removed, and so is a folder created for them. */
void report_set_free(struct report_set *set);

#endif
