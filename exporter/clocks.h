/* clocks.h
 * The clocks of the machines that made the captures: how far they differ. Two files, or two
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
#include "track/events.h"

/* Clocks that differ by more are not compared. */
#define CLOCKS_APART_MAX_NS (INT64_C(75) * 1000000000)

/* Clocks that differ by less agree. */
#define CLOCKS_AGREE_NS INT64_C(100000)

struct clocks;

/* For files in the order of the command line; `paths` must outlive it. */
struct clocks *clocks_new(char *const *paths, size_t n_files);
void clocks_free(struct clocks *clocks);

/* What has to be added to times, as in struct capture_order, so that they are those of the first
 * file and interface that has PDUs in common with theirs. NULL until clocks_settle(), and if clocks
 * agree, or nothing is known. */
const int64_t *clocks_corrections(const struct clocks *clocks);

/* The captures are read, or read again, from their beginning. */
void clocks_begin(struct clocks *clocks);

/* The next events are of a frame of that interface of the file, with that stamp. */
void clocks_take_frame(struct clocks *clocks, size_t file, unsigned interface,
                       struct oa_stamp stamp);
void clocks_take_event(struct clocks *clocks, const struct oa_event *event);

/*
 * The captures were read to their end. Returns whether clocks differ: then the captures have to be
 * read again, with corrected times, because frames came in the wrong order. Called again, or
 * without anything taken, it returns false.
 */
bool clocks_settle(struct clocks *clocks);

/* Reports the corrections as findings, one for each clock. */
void clocks_report(const struct clocks *clocks, const struct oa_renamer *renamer,
                   oa_event_function on_event, void *context);

#endif
