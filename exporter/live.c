/* live.c
 * Reports of what is followed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "live.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* While much is read at once, as at the beginning, reports that count are written this often. */
#define MS_BETWEEN_SNAPSHOTS 1000

/* Of folders with one name. */
#define NAMES_MAX 1000

struct live {
    struct report_set *reports;
    struct follow *follow;
    const struct intervals_settings *settings;
    const struct live_rotation *rotation;
    const char *directory;
    bool has_begun;
    int64_t period_start_ns; /* the first frame, or the last rotation */
    int64_t interval_end_ns, period_end_ns;
    bool is_due;       /* a snapshot is, for an interval that has ended */
    bool is_snapshot;  /* this process is one */
    pid_t child;       /* that is writing one; 0: none */
    int64_t forked_us; /* when that was; 0: never */
    void (*begins)(void *context);
    void *context;
    char *message; /* what could not be written; NULL: nothing */
};

struct live *
live_new(struct report_set *reports, struct follow *follow,
         const struct intervals_settings *settings, const struct live_rotation *rotation,
         const char *directory)
{
    struct live *live = g_new0(struct live, 1);

    *live = (struct live){ .reports = reports,
                           .follow = follow,
                           .settings = settings,
                           .rotation = rotation,
                           .directory = directory };
    follow_set_pause(follow, live_pause, live);
    return live;
}

void
live_on_snapshot(struct live *live, void (*begins)(void *context), void *context)
{
    live->begins = begins;
    live->context = context;
}

void
live_free(struct live *live)
{
    if (live)
        g_free(live->message);
    g_free(live);
}

bool
live_is_snapshot(const struct live *live)
{
    return live && live->is_snapshot;
}

/* ---- processes ---- */

/* Whether no other process is writing any more; with `waits`, waits for that. */
static bool
is_alone(struct live *live, bool waits)
{
    int status;

    if (!live->child)
        return true;
    pid_t ended = waitpid(live->child, &status, waits ? 0 : WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return false;
    live->child = 0;
    return true;
}

/* What a killed run leaves must not come between the files of the next one. */
static void
end_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* Returns true in the process that writes the reports, to that folder. */
static bool
fork_snapshot(struct live *live, const char *directory)
{
    pid_t self = getpid(), child = fork();

    live->is_due = child < 0;
    live->forked_us = g_get_monotonic_time();
    if (child > 0)
        live->child = child;
    if (child != 0)
        return false;
    end_with(self);
    live->is_snapshot = true;
    if (live->begins)
        live->begins(live->context);
    report_set_begin_snapshot(live->reports, directory);
    return true;
}

static int64_t
ms_since_fork(const struct live *live)
{
    return live->forked_us ? (g_get_monotonic_time() - live->forked_us) / 1000 : INT64_MAX;
}

/* ---- rotation ---- */

/* "20261124T010203Z", of the beginning of the period; a second one of that name gets a number. */
static char *
make_folder(const struct live *live, char **message)
{
    g_autoptr(GDateTime) start = g_date_time_new_from_unix_utc(live->period_start_ns / NS_PER_S);
    g_autofree char *name = start ? g_date_time_format(start, "%Y%m%dT%H%M%SZ") : NULL;
    g_autofree char *path = g_build_filename(live->directory, name ? name : "unknown", NULL);

    for (int i = 1; i < NAMES_MAX; i++) {
        char *folder = i == 1 ? g_strdup(path) : g_strdup_printf("%s-%d", path, i);
        if (g_mkdir(folder, 0777) == 0)
            return folder;
        if (errno != EEXIST || i == NAMES_MAX - 1)
            *message = g_strdup_printf("%s: %s", folder, g_strerror(errno));
        g_free(folder);
        if (*message)
            break;
    }
    return NULL;
}

static void
rotate(struct live *live, int64_t begin_ns)
{
    g_autofree char *folder = make_folder(live, &live->message);

    if (!folder)
        return;
    is_alone(live, true);
    if (fork_snapshot(live, folder))
        return;
    live->period_start_ns = begin_ns;
    if (live->is_due)
        live->message = g_strdup_printf("%s: %s", folder, g_strerror(errno));
    else
        report_set_rotate(live->reports, folder, begin_ns, &live->message);
}

/* ---- time ---- */

/* The next multiple of the length, which begin `offset_ns` before those of UTC. */
static int64_t
next_multiple(int64_t time_ns, int64_t length_ns, int64_t offset_ns)
{
    int64_t rest = (time_ns + offset_ns) % length_ns;

    return time_ns - (rest < 0 ? rest + length_ns : rest) + length_ns;
}

static int64_t
end_of_interval(const struct live *live, int64_t time_ns)
{
    return next_multiple(time_ns, live->settings->interval_ns, 0);
}

static int64_t
end_of_period(const struct live *live, int64_t time_ns)
{
    return live->rotation->period_ns
               ? next_multiple(time_ns, live->rotation->period_ns, live->settings->utc_offset_ns)
               : INT64_MAX;
}

static bool
is_rotation_due(const struct live *live, int64_t time_ns)
{
    return time_ns >= live->period_end_ns ||
           (live->rotation->bytes && report_set_bytes(live->reports) >= live->rotation->bytes);
}

/* False where reading ends: in the process that writes the reports that count up to then, and if
 * something failed. */
static bool
goes_on(const struct live *live, size_t file, int64_t end_ns)
{
    if (live->is_snapshot)
        report_set_end_at(live->reports, file, end_ns);
    return !live->is_snapshot && !live->message;
}

bool
live_next(struct live *live, size_t file, int64_t time_ns)
{
    int64_t length_ns = live->settings->interval_ns, begin_ns;

    if (live->is_snapshot || live->message)
        return false;
    if (!live->has_begun || time_ns < live->interval_end_ns - 2 * length_ns) { /* or back in time */
        if (!live->has_begun)
            live->period_start_ns = time_ns;
        live->has_begun = true;
        live->interval_end_ns = end_of_interval(live, time_ns);
        live->period_end_ns = end_of_period(live, time_ns);
        return true;
    }
    if (time_ns < live->interval_end_ns)
        return true;
    live->interval_end_ns = end_of_interval(live, time_ns);
    begin_ns = live->interval_end_ns - length_ns;
    live->is_due = live->directory || live->begins;
    if (is_rotation_due(live, time_ns)) {
        rotate(live, begin_ns);
        if (time_ns >= live->period_end_ns)
            live->period_start_ns = end_of_period(live, time_ns) - live->rotation->period_ns;
        live->period_end_ns = end_of_period(live, time_ns);
        return goes_on(live, file, begin_ns);
    }
    if (live->is_due && ms_since_fork(live) >= MS_BETWEEN_SNAPSHOTS && is_alone(live, false))
        fork_snapshot(live, live->directory);
    return goes_on(live, file, begin_ns);
}

bool
live_pause(void *context)
{
    struct live *live = context;
    bool has_news = report_set_has_news(live->reports);

    if (live->is_snapshot || live->message || report_set_failed(live->reports))
        return false;
    if ((!has_news && !live->is_due) || !follow_is_near(live->follow))
        return true;
    if (has_news)
        report_set_show(live->reports);
    if (!live->is_due ||
        !follow_is_idle(live->follow, (int)MAX(MS_BETWEEN_SNAPSHOTS - ms_since_fork(live), 0)))
        return true;
    is_alone(live, true);
    return !fork_snapshot(live, live->directory);
}

bool
live_end(struct live *live, char **message)
{
    is_alone(live, true);
    *message = g_steal_pointer(&live->message);
    return !*message;
}

bool
live_put_away(struct live *live, char **message)
{
    g_autofree char *folder = NULL;

    if (!live->directory || !(live->rotation->period_ns || live->rotation->bytes))
        return true;
    folder = make_folder(live, message);
    return folder && report_set_put_away(live->directory, folder, message);
}
