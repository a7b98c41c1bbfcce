/* continuity.h
 * Files that were cut from one capture, told by the sequence numbers of TCP: what connections send
 * in one file goes on where another one ended. If the clock of the machine was set in between, the
 * times of the files do not show their order, or show a pause that there was not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CONTINUITY_H
#define CONTINUITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

/* How a file goes on where another one ended although the clock was set in between. */
struct continuity_step {
    bool is_step;
    size_t after;          /* the file that it follows */
    int64_t size_ns;       /* from the last time of that file to its first, as recorded */
    int64_t correction_ns; /* to be added to its times, also if it only inherits that */
    int64_t by_hosts_ns;   /* of the size, what the clocks of hosts show for the step, which no
                              connection does; 0: connections do */
};

struct continuity;

/* For that many files. Keeps at most some megabytes: of more connections, only some are watched. */
struct continuity *continuity_new(size_t n_files);
void continuity_free(struct continuity *continuity);

/* The files are read, or read again, from their beginning. */
void continuity_begin(struct continuity *continuity);

/* Takes the time of each frame of a file, in the order of the file; and each of its segments. */
void continuity_take_frame(struct continuity *continuity, size_t file, int64_t time_ns);
void continuity_take_segment(struct continuity *continuity, size_t file,
                             const struct segment *segment, int64_t time_ns);

/* Takes a call of a service that answers within minutes: its times, in whatever files, as recorded.
 */
void continuity_take_call(struct continuity *continuity, int64_t requested_ns,
                          int64_t responded_ns);

/*
 * The files were read to their end. Returns whether the clock was set between two of them, and
 * forgets everything but the steps.
 *
 * It was put back if connections go on in a file at times before those at which they were at the
 * same byte in another one. The times of such a file are corrected to come right behind the other
 * one's, because in between they would be counted twice; those of files behind it are corrected by
 * as much. It was put forward if a connection goes on as if the time between the files had not
 * passed: something sent is acknowledged without having been sent again, a burst is continued, a
 * call answered after ten minutes. Then the times stay as recorded, unless another file covers that
 * time. Where no connection goes on, the clocks of hosts may show the same (host_clocks.h).
 */
bool continuity_settle(struct continuity *continuity);

/* Whether the files were cut from one capture, as far as is known. */
bool continuity_is_one_capture(struct continuity *continuity, size_t file, size_t other);

/* What was found out about the file. */
const struct continuity_step *continuity_step(const struct continuity *continuity, size_t file);

#endif
