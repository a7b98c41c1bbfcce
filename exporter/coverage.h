/* coverage.h
 * The time that the captures cover: from the first frame of a file to its last, of any protocol,
 * united over all files; not where a clock was put forward.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coverage;

struct coverage *coverage_new(void);
void coverage_free(struct coverage *coverage);

/* Notes a frame of a file, which is named by its position on the command line. Times in nanoseconds
 * since the epoch. */
void coverage_take(struct coverage *coverage, size_t file, int64_t time_ns);

/* Between the last frame of the file and its next one, the file covers nothing, however short that
 * is: its clock was put forward. */
void coverage_take_gap(struct coverage *coverage, size_t file);

/* Forgets the time before. The file whose frame is the latest goes on then. */
void coverage_forget(struct coverage *coverage, int64_t begin_ns);

/* Unites the files. What lies between two of them is covered too if it is no longer than
 * `max_gap_ns`. Required before the following functions, after the last frame. */
void coverage_settle(struct coverage *coverage, int64_t max_gap_ns);

/* Whether a part of the time between the two is covered by no file, as far as is known before
 * coverage_settle(), and longer than `max_gap_ns`. */
bool coverage_has_hole(const struct coverage *coverage, int64_t from_ns, int64_t to_ns,
                       int64_t max_gap_ns);

/* The first and the last covered instant; false if there is no frame. */
bool coverage_span(const struct coverage *coverage, int64_t *first_ns, int64_t *last_ns);

/* Calls the function with each covered piece, in their order. */
void coverage_each_piece(const struct coverage *coverage,
                         void (*take)(void *context, int64_t first_ns, int64_t last_ns),
                         void *context);

/* How much of [from, to) is covered, in nanoseconds. */
int64_t coverage_within(const struct coverage *coverage, int64_t from_ns, int64_t to_ns);

/* The begin of the covered piece that contains the time; the time itself if none does. */
int64_t coverage_begin_of(const struct coverage *coverage, int64_t time_ns);

#endif
