/* summary.h
 * What a run prints that writes no reports: the figures that a person looks for first.
 *
 * They are cells of the reports, and sums of these: a summary is the writer of the reports that it
 * names, and keeps what it needs of their rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "report.h"
#include "source_result.h"

struct summary;

/* The name of a report that a summary needs, by number; NULL: there are no more. */
const char *summary_needs(size_t number);

/* The renamer, which may be NULL, of what does not come from the reports. */
struct summary *summary_new(const struct oa_renamer *renamer);
void summary_free(struct summary *summary);

/* Returns the writer of one of these reports, which takes the rows into the summary. */
struct writer *summary_writer(struct summary *summary, const struct report *report);

/* Takes connections of which nothing shows whether they lead to a proxy, see source.h. */
void summary_take_undecided(struct summary *summary, const uint8_t server[16],
                            const struct connection_row *row, uint64_t connections);

/* Whether there are connections inside TLS that could not be read. */
bool summary_has_tls(const struct summary *summary);

/* What the reports do not say. */
struct summary_run {
    const struct source_result *result;
    struct intervals *intervals;
    int64_t interval_ns;
    size_t n_captures;
    size_t n_cut;          /* of them, cut short, damaged or unreadable */
    size_t n_others;       /* files in folders that are not captures */
    char *const *options;  /* of the command line, ended by NULL; NULL: names must not be shown */
    char *const *captures; /* of the command line, ended by NULL; and the files that were read */
    char *const *paths;
    bool has_tls_keys; /* on the command line */
    bool has_colours;
};

/* The text to print, to be freed with g_free(): UTF-8 in 80 columns, control characters made
 * visible. Once the reports have been written. */
char *summary_text(const struct summary *summary, const struct summary_run *run);

#endif
