/* capture_folders.h
 * The captures that a command line names: files, and those in folders.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_FOLDERS_H
#define CAPTURE_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

struct capture_paths {
    char **paths; /* ended by NULL */
    size_t n;
    size_t n_others; /* files in folders that are not captures */
};

/*
 * Puts the captures in the place of each folder: its regular files that are captures, by name,
 * without hidden ones and without those in folders inside it. All other paths are copied as they
 * are. Returns false with a message for one line in `*message` (g_free) if a folder cannot be read
 * or contains no capture. Call wtap_init() first. Whatever is returned, to be freed with
 * capture_paths_clear().
 */
bool capture_paths_expand(char *const *arguments, size_t n, struct capture_paths *captures,
                          char **message);
void capture_paths_clear(struct capture_paths *captures);

#endif
