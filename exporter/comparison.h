/* comparison.h
 * What has changed between two folders of reports: their counters, laid over each other by weekday
 * and time of day.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <stdint.h>

struct comparison;

/* One measure of one server, in both folders. Texts live as long as the comparison. */
struct comparison_value {
    const char *server;  /* address; "all" */
    const char *service; /* role of the server; NULL for all */
    const char *server_name;
    const char *measure;
    double value[2]; /* NAN: unknown */
};

/* Reads counters.csv of both folders, and histograms.csv if both have it. Only intervals count that
 * both cover: those that begin at the same time of the local week, which is that much ahead of UTC
 * in each. Returns NULL with a message for
 * one line in `*message` (g_free) if one cannot be read, their intervals differ or do not divide a
 * week, or they have no time in common. */
struct comparison *comparison_read(const char *const folders[2], const int64_t utc_offset_ns[2],
                                   char **message);
void comparison_free(struct comparison *comparison); /* may be NULL */

/* Calls the function with each measure of each server, in the order of counters.csv, then of all
 * servers together. */
void comparison_each(const struct comparison *comparison,
                     void (*take)(void *context, const struct comparison_value *value),
                     void *context);

#endif
