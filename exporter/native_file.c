/* native_file.c
 * A file that is read once from its beginning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "native_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

/* Large enough that calls of the system cost little, small enough to stay in the cache. */
#define WINDOW (128 * 1024)

bool
native_file_open(struct native_file *file, const char *path)
{
    *file = (struct native_file){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
    return file->fd >= 0;
}

static void
close_descriptor(struct native_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void
native_file_close(struct native_file *file)
{
    close_descriptor(file);
    g_free(file->window);
}

/* Moves what was not passed to the start of the window, which grows if it has to. */
static void
make_room(struct native_file *file, size_t length)
{
    size_t left = file->end - file->begin;

    if (left)
        memmove(file->window, file->window + file->begin, left);
    file->begin = 0;
    file->end = left;
    if (length > file->room) {
        file->room = MAX(length, WINDOW);
        file->window = g_realloc(file->window, file->room);
    }
}

size_t
native_file_need(struct native_file *file, size_t length)
{
    if (file->end - file->begin >= length)
        return length;
    if (file->room - file->begin < length)
        make_room(file, length);
    while (file->end - file->begin < length && file->fd >= 0) {
        ssize_t n = read(file->fd, file->window + file->end, file->room - file->end);
        if (n <= 0) {
            file->error = n < 0 ? errno : 0;
            close_descriptor(file);
            break;
        }
        file->end += (size_t)n;
    }
    return MIN(file->end - file->begin, length);
}
