/* secret_file.h
 * Files that hold secrets: keys, passwords, tables of keys. They are read once, whole, and cleared.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SECRET_FILE_H
#define SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret_file {
    uint8_t *bytes; /* followed by a zero byte that `length` does not count */
    size_t length;
};

/*
 * Reads all bytes of the file, which may be a pipe, at least one and at most `limit`. False with a
 * message for one line in `*message` (g_free) if that is not so. If others than its owner can read
 * or change it, `*warning` (g_free) says so; NULL: nothing. Neither text shows any of the bytes.
 *
 * From then on the process leaves no core file, and no other process of the user can look into its
 * memory.
 */
bool secret_file_read(const char *path, size_t limit, struct secret_file *secret, char **warning,
                      char **message);

/* For a file that a library is to read: the same warning, and the same for the process. */
void secret_file_guard(const char *path, char **warning);

/* Clears the bytes and frees them. */
void secret_file_clear(struct secret_file *secret);

/* Passes the texts that reading has returned to `tell`, and frees them; both may be NULL. */
void secret_file_tell(void (*tell)(const char *line), char *warning, char *message);

#endif
