/* capture_folders.c
 * The captures that a command line names: files, and those in folders.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_folders.h"

#include <glib.h>
#include <string.h>

#include "capture_reader.h"

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Paths of what is in the folder, by name; NULL with a message. */
static GPtrArray *
list_folder(const char *folder, char **message)
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

static bool
add_folder(const char *folder, GPtrArray *captures, size_t *n_others, char **message)
{
    GPtrArray *paths = list_folder(folder, message);
    guint before = captures->len;

    if (!paths)
        return false;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        if (capture_reader_is_capture(path))
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
