/* follow_folder.h
 * The files of a folder in the order in which they were written, while more appear and old ones
 * vanish.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FOLLOW_FOLDER_H
#define FOLLOW_FOLDER_H

#include <stdbool.h>

struct follow_folder;

struct follow_folder *follow_folder_new(const char *path);
void follow_folder_free(struct follow_folder *folder); /* may be NULL */

/* Looks for new files. */
void follow_folder_look(struct follow_folder *folder);

/* Whether a file is known that was not taken yet. */
bool follow_folder_has_next(const struct follow_folder *folder);

/* Takes the oldest of these; returns its path (g_free), NULL if there is none. */
char *follow_folder_take(struct follow_folder *folder);

#endif
