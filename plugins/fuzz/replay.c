/* replay.c
 * Runs a fuzz target over the files of a folder, and over every prefix of each, where libFuzzer is
 * not linked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prefixes of long inputs are tried in steps, so that a corpus stays a matter of seconds. */
#define PREFIXES_MAX 512

static bool
replay(const char *path)
{
    char *data;
    size_t size;

    if (!g_file_get_contents(path, &data, &size, NULL))
        return false;
    size_t step = size / PREFIXES_MAX + 1;
    for (size_t cut = 0; cut <= size; cut = cut < size && cut + step > size ? size : cut + step) {
        uint8_t *copy = g_memdup2(data, cut ? cut : 1);
        LLVMFuzzerTestOneInput(copy, cut);
        g_free(copy);
    }
    g_free(data);
    return true;
}

int
main(int argc, char *argv[])
{
    GDir *folder = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
    const char *name;
    unsigned files = 0;

    if (!folder) {
        fprintf(stderr, "Usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((name = g_dir_read_name(folder))) {
        char *path = g_build_filename(argv[1], name, NULL);
        files += replay(path);
        g_free(path);
    }
    g_dir_close(folder);
    printf("%u inputs replayed\n", files);
    return files ? 0 : 1;
}
