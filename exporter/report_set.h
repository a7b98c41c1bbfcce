/* report_set.h
 * The reports of one run: opened together, fed with the same events, written together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef REPORT_SET_H
#define REPORT_SET_H

#include "intervals.h"
#include "report.h"

struct report_set;

/*
 * Opens an output for each of the `n` reports: files in the folder `path`, which is created if it
 * is missing, or on standard output when that is NULL; or tables of the database `path`.
 * `valid_ports` may be NULL. `reports` and `valid_ports` are kept, not copied. A folder of files is
 * locked until the set is freed, and what killed runs left there is removed. Returns NULL with a
 * message for one line in `*message` (g_free) when a file cannot be created; then no file is left.
 */
struct report_set *report_set_open(const struct report *const reports[], size_t n, const char *path,
                                   struct output_style style, const struct valid_ports *valid_ports,
                                   char **message);

/*
 * Opens a set without files, of those reports that have `merge`. It takes the events of some
 * sessions of a capture and is then merged into the set that took the events of the others. `part`
 * still has to be freed.
 */
struct report_set *report_set_open_part(const struct report *const reports[], size_t n);
void report_set_merge(struct report_set *set, const struct report_set *part);

/* Counts by interval from now on, if one of the reports needs it; those reports are empty
 * otherwise. Before the first frame. `settings` are kept, not copied; until then they are
 * INTERVALS_DEFAULT. */
void report_set_count_intervals(struct report_set *set, const struct intervals_settings *settings);

/* The same, also if no report needs it. Before report_set_count_intervals(). */
void report_set_want_intervals(struct report_set *set);

/* What counts by interval; NULL if no report needs it. Waits as report_set_wait(). */
struct intervals *report_set_intervals(struct report_set *set);

/* The run of a report, for one whose rows do not come from events; NULL if it is not in the set. */
struct report_run *report_set_run(struct report_set *set, const struct report *report);

/* Pass on a frame of a file, a gap before its next one, and what came for a connection, see
 * intervals.h. */
void report_set_frame(struct report_set *set, size_t file, int64_t time_ns);
void report_set_gap(struct report_set *set, size_t file);
void report_set_counted(struct report_set *set, struct connection *connection,
                        struct oa_stamp stamp);

/* The clock of a capture was set, see clock_steps.h: no duration is taken across. */
void report_set_clock_step(struct report_set *set, int64_t before_ns, struct oa_stamp first);

/* From now on estimates are in all reports that can have them; else only in that of estimates. */
void report_set_count_estimates(struct report_set *set);

/* Pass on an event, or the end of a TCP connection, to all reports. To be called in capture order.
 */
void report_set_event(struct report_set *set, const struct oa_event *event);
void report_set_estimate(struct report_set *set, const struct estimate_event *event);
void report_set_connection(struct report_set *set, const struct connection_row *row);

/* Passes on what is known of a file at the end. */
void report_set_capture(struct report_set *set, const struct capture_facts *facts);

/* Memory is short: reports that count get no more rows, but what they have goes on. */
void report_set_fill(struct report_set *set);

/* What is done in a thread of its own, until report_set_commit(), as far as the outputs and the
 * reports allow it; what is written stays the same. */
enum thread_use {
    THREAD_WRITES_ROWS,
    THREAD_TAKES_ALL, /* whatever the functions above pass on, but estimates: ROPs are not read */
};

/* After report_set_count_intervals(), before the first frame. */
void report_set_use_thread(struct report_set *set, enum thread_use use);

/* Waits until all that was passed on has been taken, for who looks at what was made of it. */
void report_set_wait(struct report_set *set);

/* The tracker is freed: nothing that comes names an object of its events. */
void report_set_forget_objects(struct report_set *set);

/* Whether a write has failed; there is no point in going on. */
bool report_set_failed(const struct report_set *set);

/* Writes the rows that are only known at the end, then gives all files their final names: all
 * appear, or none, and the files of an earlier run stay. Returns false with a message for one line
 * in
 * `*message` (g_free) if that fails. */
bool report_set_commit(struct report_set *set, char **message);

/* --- outputs that are read while the captures are, by `is_followed` of the style --- */

/*
 * Each report either has rows that are known during the capture, and its file has its name from the
 * beginning and grows by whole rows; or it counts, and its file is complete whenever it is written:
 * by report_set_commit(), in a process forked for that.
 */

/* Whether there are rows that are not shown yet; shows them. */
bool report_set_has_news(const struct report_set *set);
void report_set_show(struct report_set *set);

/* For such a process: from now on the end of the captures is pretended, which only counting by
 * interval takes; report_set_commit() writes the reports that count, to that folder (NULL: none).
 * They contain what the rows of the others contain so far. */
void report_set_begin_snapshot(struct report_set *set, const char *directory);

/* The same with an interval, see intervals_end_at(). */
void report_set_end_at(struct report_set *set, size_t file, int64_t end_ns);

/* After such a process has begun: moves the other files to that folder and begins anew, with the
 * intervals from `begin_ns` on. Returns false with a message. */
bool report_set_rotate(struct report_set *set, const char *directory, int64_t begin_ns,
                       char **message);

/* Moves the files of reports in a folder to another one. Returns false with a message if one cannot
 * be moved. */
bool report_set_put_away(const char *from, const char *to, char **message);

/* Bytes of all files that grow. */
uint64_t report_set_bytes(const struct report_set *set);

/* Frees the set, which may be NULL. Files that were not committed are removed, and so is a folder
 * created for them. */
void report_set_free(struct report_set *set);

#endif
