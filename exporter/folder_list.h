/* folder_list.h
 * What is in a folder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FOLDER_LIST_H
#define FOLDER_LIST_H

#include <glib.h>

/* Paths of what is in a folder, by name, without what is hidden (g_ptr_array_unref()); NULL with a
 * message for one line in `*message` (g_free). */
GPtrArray *folder_list(const char *folder, char **message);

#endif
