/* native_file.h
 * A file that is read once from its beginning, through a window that is moved over it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NATIVE_FILE_H
#define NATIVE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct native_file {
    int fd; /* -1: its end was reached, or a read failed */
    uint8_t *window;
    size_t room, begin, end; /* of the window: what was read and not passed is between the two */
    uint64_t passed;         /* bytes of the file before `begin` */
    int error;               /* errno of a read that failed */
};

/* False: it cannot be opened. */
bool native_file_open(struct native_file *file, const char *path);
void native_file_close(struct native_file *file);

/* Reads until there are `length` bytes, from native_file_at(), or the file ends or fails; returns
 * how many there are, at most `length`. What native_file_at() returned before is not valid any
 * more. */
size_t native_file_need(struct native_file *file, size_t length);

static inline const uint8_t *
native_file_at(const struct native_file *file)
{
    return file->window + file->begin;
}

/* Goes on behind the next `length` bytes, which are there, and stay there until the next read. */
static inline void
native_file_pass(struct native_file *file, size_t length)
{
    file->begin += length;
    file->passed += length;
}

#endif
