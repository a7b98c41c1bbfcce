/* follow.c
 * Captures that are still being written, as standard input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "follow_folder.h"
#include "whole_frames.h"

/* How often a file or folder is looked at for more. */
#define LOOK_MS 100

/* What is passed on at once, and of what waits in the pipe, how much is little: less than what
 * pipes hold. */
#define PIECE 65536
#define NEAR 32768

struct follow {
    char *path;
    struct follow_folder *folder; /* NULL: a file, or standard input */
    char *file;                   /* that is read now, or was last; NULL: none yet */
    const atomic_int *signals;
    sigset_t endings, before; /* the signals; the mask without them */
    int from, to;             /* the file, and the pipe to standard input */
    bool is_regular;
    bool has_thread;
    pthread_t thread;
    atomic_bool is_over; /* nobody reads any more */
    GMutex mutex;        /* of what follows, which tells what the thread passes on */
    GCond more;
    struct whole_frames frames;
    int64_t came_us; /* when the last of it came */
    bool is_passed;  /* all of it */
    bool (*pause)(void *context);
    void *context;
};

/* ---- waiting ---- */

/* Waits until the descriptor can be read (-1: none), a signal comes, or the time is over. Here, and
 * only here, signals come in. */
static void
wait_for(const struct follow *follow, int fd, long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    fd_set set;

    FD_ZERO(&set);
    if (fd >= 0 && fd < FD_SETSIZE)
        FD_SET(fd, &set);
    pselect(fd + 1, &set, NULL, NULL, &time, &follow->before);
}

bool
follow_is_ending(const struct follow *follow)
{
    wait_for(follow, -1, 0);
    return atomic_load(follow->signals) > 0;
}

/* ---- the thread that passes bytes on ---- */

/* Told before they are written: who waits then reads, so that the pipe does not stay full. */
static void
tell(struct follow *follow, const char *bytes, size_t length)
{
    g_mutex_lock(&follow->mutex);
    whole_frames_take(&follow->frames, (const uint8_t *)bytes, length);
    follow->came_us = g_get_monotonic_time();
    follow->is_passed = !length;
    g_cond_signal(&follow->more);
    g_mutex_unlock(&follow->mutex);
}

static void
end_passing(struct follow *follow)
{
    close(follow->to);
    tell(follow, NULL, 0);
}

static bool
pass_on(struct follow *follow, const char *bytes, size_t length)
{
    tell(follow, bytes, length);
    while (length) {
        ssize_t n = write(follow->to, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || atomic_load(follow->signals) > 1)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static bool
is_to_end(const struct follow *follow)
{
    return atomic_load(follow->signals) > 0 || atomic_load(&follow->is_over);
}

/* Whether bytes can be read from a pipe without waiting. */
static bool
is_readable(int fd)
{
    struct timeval now = { 0 };
    fd_set set;

    FD_ZERO(&set);
    if (fd < FD_SETSIZE)
        FD_SET(fd, &set);
    return select(fd + 1, &set, NULL, NULL, &now) > 0;
}

/* A file of a folder is complete when a newer one is there. */
static bool
is_complete(struct follow *follow)
{
    if (is_to_end(follow))
        return true;
    if (!follow->folder)
        return false;
    follow_folder_look(follow->folder);
    return follow_folder_has_next(follow->folder);
}

/* Up to what is in the file when it is complete, or when the first signal comes. */
static void *
feed_file(void *data)
{
    struct follow *follow = data;
    g_autofree char *piece = g_malloc(PIECE);
    bool is_last = false, goes_on = true;
    off_t done = 0, limit = -1;
    struct stat info;

    while (goes_on) {
        size_t length = limit >= 0 ? MIN(PIECE, (size_t)MAX(limit - done, 0)) : PIECE;
        ssize_t n = length ? read(follow->from, piece, length) : 0;

        if (n > 0) {
            done += n;
            goes_on = pass_on(follow, piece, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 || is_last) {
            break;
        } else if (is_complete(follow)) {
            is_last = true;
            if (fstat(follow->from, &info) == 0)
                limit = info.st_size;
        } else {
            wait_for(follow, -1, LOOK_MS);
        }
    }
    end_passing(follow);
    return NULL;
}

/* With the first signal, as long as bytes come without waiting. */
static void *
feed_pipe(void *data)
{
    struct follow *follow = data;
    g_autofree char *piece = g_malloc(PIECE);

    for (;;) {
        if (!is_readable(follow->from)) {
            if (is_to_end(follow))
                break;
            wait_for(follow, follow->from, LOOK_MS);
            continue;
        }
        ssize_t n = read(follow->from, piece, PIECE);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0 || !pass_on(follow, piece, (size_t)n))
            break;
    }
    end_passing(follow);
    return NULL;
}

static void
end_thread(struct follow *follow)
{
    if (follow->has_thread)
        pthread_join(follow->thread, NULL);
    follow->has_thread = false;
    if (follow->from >= 0)
        close(follow->from);
    follow->from = -1;
}

/* Makes what the thread reads standard input. */
static bool
begin_thread(struct follow *follow)
{
    int ends[2];

    if (pipe(ends) != 0)
        return false;
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    follow->to = ends[1];
    follow->frames = (struct whole_frames){ 0 };
    follow->came_us = g_get_monotonic_time();
    follow->is_passed = false;
    bool good = dup2(ends[0], STDIN_FILENO) == STDIN_FILENO;
    close(ends[0]);
    if (good) {
        errno = pthread_create(&follow->thread, NULL, follow->is_regular ? feed_file : feed_pipe,
                               follow);
        good = errno == 0;
    }
    follow->has_thread = good;
    if (!good)
        close(follow->to);
    return good;
}

/* ---- files ---- */

static bool
examine(struct follow *follow, char **message)
{
    struct stat info;
    bool is_input = strcmp(follow->path, "-") == 0;

    if ((is_input ? fstat(STDIN_FILENO, &info) : stat(follow->path, &info)) != 0) {
        *message = g_strdup_printf("%s: %s", is_input ? "standard input" : follow->path,
                                   g_strerror(errno));
        return false;
    }
    if (is_input)
        follow->from = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (S_ISDIR(info.st_mode))
        follow->folder = follow_folder_new(follow->path);
    return true;
}

struct follow *
follow_open(const char *path, const atomic_int *signals, const int endings[], unsigned n_endings,
            char **message)
{
    struct follow *follow = g_new0(struct follow, 1);

    follow->path = g_strdup(path);
    follow->signals = signals;
    follow->from = -1;
    g_mutex_init(&follow->mutex);
    g_cond_init(&follow->more);
    sigemptyset(&follow->endings);
    for (unsigned i = 0; i < n_endings; i++)
        sigaddset(&follow->endings, endings[i]);
    pthread_sigmask(SIG_BLOCK, &follow->endings, &follow->before);
    if (!examine(follow, message)) {
        follow_close(follow);
        return NULL;
    }
    return follow;
}

void
follow_close(struct follow *follow)
{
    if (!follow)
        return;
    if (follow->has_thread) { /* one that writes is told that nobody reads */
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        atomic_store(&follow->is_over, true);
        if (nothing >= 0) {
            dup2(nothing, STDIN_FILENO);
            close(nothing);
        }
    }
    end_thread(follow);
    pthread_sigmask(SIG_SETMASK, &follow->before, NULL);
    follow_folder_free(follow->folder);
    g_mutex_clear(&follow->mutex);
    g_cond_clear(&follow->more);
    g_free(follow->file);
    g_free(follow->path);
    g_free(follow);
}

bool
follow_is_of_folder(const struct follow *follow)
{
    return follow->folder != NULL;
}

/* The path of the next file of the folder; NULL: none came before the end. */
static char *
wait_for_file(const struct follow *follow)
{
    follow_folder_look(follow->folder);
    while (!follow_folder_has_next(follow->folder) && !follow_is_ending(follow)) {
        wait_for(follow, -1, LOOK_MS);
        follow_folder_look(follow->folder);
    }
    return atomic_load(follow->signals) > 1 ? NULL : follow_folder_take(follow->folder);
}

const char *
follow_next(struct follow *follow, int *error)
{
    struct stat info;
    bool is_first = !follow->file;

    *error = 0;
    if (!is_first)
        end_thread(follow);
    if (!follow->folder && !is_first)
        return NULL;
    g_free(follow->file);
    follow->file = follow->folder ? wait_for_file(follow) : g_strdup(follow->path);
    if (!follow->file)
        return NULL;
    if (follow->from < 0)
        follow->from = open(follow->file, O_RDONLY | O_CLOEXEC);
    follow->is_regular =
        follow->from >= 0 && fstat(follow->from, &info) == 0 && S_ISREG(info.st_mode);
    if (follow->from < 0 || !begin_thread(follow))
        *error = errno;
    return follow->file;
}

void
follow_set_pause(struct follow *follow, bool (*pause)(void *context), void *context)
{
    follow->pause = pause;
    follow->context = context;
}

bool
follow_pause(const struct follow *follow)
{
    return !follow->pause || follow->pause(follow->context);
}

static bool
is_ready(const struct follow *follow, int64_t offset)
{
    const struct whole_frames *frames = &follow->frames;

    return follow->is_passed || frames->format == WHOLE_FRAMES_UNKNOWN ||
           whole_frames_behind(frames, offset) || whole_frames_rest(frames) > NEAR;
}

enum follow_wait
follow_wait(struct follow *follow, int64_t offset)
{
    if (!follow_pause(follow))
        return FOLLOW_ENDED;
    g_mutex_lock(&follow->mutex);
    if (!is_ready(follow, offset))
        g_cond_wait_until(&follow->more, &follow->mutex,
                          g_get_monotonic_time() + LOOK_MS * G_TIME_SPAN_MILLISECOND);
    bool is_there = is_ready(follow, offset);
    g_mutex_unlock(&follow->mutex);
    return is_there ? FOLLOW_READY : FOLLOW_NOTHING;
}

int64_t
follow_silent_ns(struct follow *follow)
{
    g_mutex_lock(&follow->mutex);
    int64_t came_us = follow->came_us;
    g_mutex_unlock(&follow->mutex);
    return (g_get_monotonic_time() - came_us) * 1000;
}

bool
follow_is_near(const struct follow *follow)
{
    int waiting = 0;

    (void)follow;
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting < NEAR;
}

bool
follow_is_idle(const struct follow *follow, int ms)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

    (void)follow;
    return poll(&input, 1, ms) == 0;
}
