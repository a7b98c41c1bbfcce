/* progress.h
 * How far a run is, on standard error: one line that is written over and over on a terminal, else a
 * line from time to time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct source_progress;

struct progress {
    bool is_shown;
    bool is_on_terminal;
    bool is_there; /* a line that has to be cleared */
    int64_t started_us, shown_us;
};

/* Begins a run. `is_wanted`: even if standard error is no terminal. */
void progress_begin(struct progress *progress, bool is_wanted, bool is_quiet);

/* Shows bytes, frames a second, sessions and the time left, if it is time to. The latter is unknown
 * where the size is, as of standard input. */
void progress_show(struct progress *progress, const struct source_progress *reached,
                   uint64_t sessions);

/* Makes way for other lines, on a terminal. */
void progress_clear(struct progress *progress);

/* "1:02:03", "2:03", "0:03": at least room for 32 characters; returned. */
char *progress_duration(int64_t seconds, char *text);
#define PROGRESS_DURATION 32

#endif
