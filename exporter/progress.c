/* progress.c
 * How far a run is, on standard error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "progress.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#include "source.h"

#define US_PER_SECOND 1000000
#define US_BETWEEN_ON_TERMINAL 200000
#define US_BETWEEN_LINES (10 * US_PER_SECOND)

void
progress_begin(struct progress *progress, bool is_wanted, bool is_quiet)
{
    bool is_on_terminal = isatty(STDERR_FILENO);

    *progress = (struct progress){ .is_shown = is_wanted || (!is_quiet && is_on_terminal),
                                   .is_on_terminal = is_on_terminal,
                                   .started_us = g_get_monotonic_time() };
}

char *
progress_duration(int64_t seconds, char *text)
{
    int minutes = (int)(seconds / 60 % 60), rest = (int)(seconds % 60);

    if (seconds >= 3600)
        g_snprintf(text, PROGRESS_DURATION, "%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600,
                   minutes, rest);
    else
        g_snprintf(text, PROGRESS_DURATION, "%d:%02d", minutes, rest);
    return text;
}

/* At the rate so far. */
static void
print_time_left(const struct source_progress *reached, int64_t elapsed_us)
{
    double done = (double)reached->bytes_done, left = (double)reached->bytes_total - done;

    if (done > 0 && left >= 0) {
        double seconds = left / done * (double)elapsed_us / US_PER_SECOND;
        char text[PROGRESS_DURATION];
        fprintf(stderr, ", %s left", progress_duration((int64_t)seconds, text));
    }
}

void
progress_show(struct progress *progress, const struct source_progress *reached, uint64_t sessions)
{
    int64_t now = g_get_monotonic_time(), elapsed = now - progress->started_us;
    int64_t between = progress->is_on_terminal ? US_BETWEEN_ON_TERMINAL : US_BETWEEN_LINES;

    if (!progress->is_shown || now - MAX(progress->shown_us, progress->started_us) < between)
        return;
    progress->shown_us = now;
    progress->is_there = progress->is_on_terminal;
    g_autofree char *size = g_format_size(reached->bytes_done);
    g_autofree char *all =
        reached->bytes_total ? g_format_size(reached->bytes_total) : g_strdup("?");
    fprintf(stderr, "%s%s of %s, %.0f frames/s, %" G_GUINT64_FORMAT " sessions",
            progress->is_on_terminal ? "\r" : "", size, all,
            (double)reached->frames * US_PER_SECOND / (double)elapsed, sessions);
    print_time_left(reached, elapsed);
    fputs(progress->is_on_terminal ? "\033[K" : "\n", stderr);
}

void
progress_clear(struct progress *progress)
{
    if (progress->is_there)
        fputs("\r\033[K", stderr);
    progress->is_there = false;
}
