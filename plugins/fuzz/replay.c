/* replay.c
 * Runs a fuzz target over the files of folders, and over prefixes of each, where libFuzzer is not
 * linked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of short inputs every prefix is tried, of longer ones as many as have about so many bytes
 * together, so that a corpus takes seconds; of slow targets fewer. */
#ifndef PREFIXES_MAX
#define PREFIXES_MAX 512
#endif
#define BYTES_MAX (1 << 20)

static bool
replay(const char *path)
{
    char *data;
    size_t size;

    if (!g_file_get_contents(path, &data, &size, NULL))
        return false;
    size_t prefixes = CLAMP(2 * BYTES_MAX / (size + 1), 1, PREFIXES_MAX);
    size_t step = size / prefixes + 1;
    for (size_t cut = 0; cut <= size; cut = cut < size && cut + step > size ? size : cut + step) {
        uint8_t *copy = g_memdup2(data, cut ? cut : 1);
        LLVMFuzzerTestOneInput(copy, cut);
        g_free(copy);
    }
    g_free(data);
    return true;
}

static unsigned
replay_folder(const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    const char *name;
    unsigned files = 0;

    while (folder && (name = g_dir_read_name(folder))) {
        char *file = g_build_filename(path, name, NULL);
        files += replay(file);
        g_free(file);
    }
    if (folder)
        g_dir_close(folder);
    return files;
}

int
main(int argc, char *argv[])
{
    bool good = argc > 1;

    if (!good)
        fprintf(stderr, "Usage: %s FOLDER...\n", argv[0]);
    for (int i = 1; i < argc; i++) {
        unsigned files = replay_folder(argv[i]);
        printf("%s: %u inputs replayed\n", argv[i], files);
        good = files > 0 && good;
    }
    return good ? 0 : 1;
}
