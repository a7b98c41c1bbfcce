/* capture_folders.c
 * The captures that a command line names: files, and those in folders.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_folders.h"

#include <glib.h>
#include <string.h>

#include "capture_input.h"
#include "folder_list.h"

static bool
add_folder(const char *folder, GPtrArray *captures, size_t *n_others, char **message)
{
    GPtrArray *paths = folder_list(folder, message);
    guint before = captures->len;

    if (!paths)
        return false;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        if (capture_input_is_capture(path))
            g_ptr_array_add(captures, g_strdup(path));
        else
            ++*n_others;
    }
    g_ptr_array_unref(paths);
    if (captures->len == before)
        *message = g_strdup_printf("%s: no capture in this folder", folder);
    return captures->len > before;
}

bool
capture_paths_expand(char *const *arguments, size_t n, struct capture_paths *captures,
                     char **message)
{
    GPtrArray *paths = g_ptr_array_new();
    bool good = true;

    captures->n_others = 0;
    for (size_t i = 0; i < n && good; i++) {
        if (g_file_test(arguments[i], G_FILE_TEST_IS_DIR))
            good = add_folder(arguments[i], paths, &captures->n_others, message);
        else
            g_ptr_array_add(paths, g_strdup(arguments[i]));
    }
    captures->n = paths->len;
    g_ptr_array_add(paths, NULL);
    captures->paths = (char **)g_ptr_array_free(paths, FALSE);
    return good;
}

void
capture_paths_clear(struct capture_paths *captures)
{
    g_clear_pointer(&captures->paths, g_strfreev);
    captures->n = 0;
}
