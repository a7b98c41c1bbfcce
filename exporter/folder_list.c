/* folder_list.c
 * What is in a folder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "folder_list.h"

#include <string.h>

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
folder_list(const char *folder, char **message)
{
    GError *error = NULL;
    GDir *directory = g_dir_open(folder, 0, &error);
    const char *name;

    if (!directory) {
        *message = g_strdup(error->message);
        g_error_free(error);
        return NULL;
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(directory)))
        if (name[0] != '.')
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_dir_close(directory);
    g_ptr_array_sort(paths, compare_names);
    return paths;
}
