/* clocks.h
 * The clocks of the machines that made the captures: how far they differ, and whether one was set
 * between files of a capture (continuity.h). Two files, or two
 * interfaces of one that was merged from them, may hold the same PDUs, on two hops of one session,
 * or at two places of one hop; a request passes the one that is nearer to the client first, a
 * response last. This gives an interval for the difference.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CLOCKS_H
#define CLOCKS_H

#include "base/renamer.h"
#include "capture_reader.h"
#include "continuity.h"
#include "track/events.h"

/* Clocks that differ by more are not compared. */
#define CLOCKS_APART_MAX_NS (INT64_C(75) * 1000000000)

struct clocks;

/* For files in the order of the command line; `paths` must outlive it. */
struct clocks *clocks_new(char *const *paths, size_t n_files);
void clocks_free(struct clocks *clocks);

/* What has to be added to times, as in struct capture_order, so that they are those of the first
 * file and interface that has PDUs in common with theirs, or of a file that they follow. NULL until
 * clocks_settle(), and if clocks agree, or nothing is known. */
const int64_t *clocks_corrections(const struct clocks *clocks);

/* The captures are read, or read again, from their beginning. Returns what has to get the segments
 * of all files; NULL once it is known how files follow each other, and if there is only one. */
struct continuity *clocks_begin(struct clocks *clocks);

/* The next events are of a frame of that interface of the file, with that stamp. */
void clocks_take_frame(struct clocks *clocks, size_t file, unsigned interface,
                       struct oa_stamp stamp);
void clocks_take_event(struct clocks *clocks, const struct oa_event *event);

/*
 * The captures were read to their end. Returns whether clocks differ, or were set: then the
 * captures have to be read again, with corrected times, because frames came in the wrong order. How
 * files follow each other is found out first, and only with that right, how clocks differ. Called
 * again after that, or without anything taken, it returns false.
 */
bool clocks_settle(struct clocks *clocks);

/* Whether nothing more will be found out. */
bool clocks_are_settled(const struct clocks *clocks);

/* How the clock was set before the file, which follows another one; NULL: it was not, as far as is
 * known. */
const struct continuity_step *clocks_step_before(const struct clocks *clocks, size_t file);

/* Reports the corrections as findings, one for each clock, and each step between two files. */
void clocks_report(const struct clocks *clocks, const struct oa_renamer *renamer,
                   oa_event_function on_event, void *context);

#endif
