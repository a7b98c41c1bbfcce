/* output_file.h
 * A file that appears complete or not at all: written under a temporary name beside its place. Or
 * one that others read while it grows, by whole rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* How the name of a file ends that has no final name yet. */
#define TEMPORARY_SUFFIX ".partial"

struct output_file {
    int fd;          /* open for writing; owned */
    char *path;      /* NULL: standard output */
    char *temporary; /* its name until output_file_publish() */
    char *before;    /* where the file of an earlier run is kept while it can still be put back */
    /* OUTPUT_REPLACED, OUTPUT_NEW: published; OUTPUT_SHOWN: has its name while it is written. */
    enum { OUTPUT_WRITING, OUTPUT_REPLACED, OUTPUT_NEW, OUTPUT_SHOWN } state;
};

/* Creates the temporary file, or takes standard output when `path` is NULL. `path` is copied.
 * Returns false with a message for one line in `*message` (g_free) when that fails. */
bool output_file_open(struct output_file *file, const char *path, char **message);

/* Writes all of the bytes; false with a message if that fails. */
bool output_file_write(const struct output_file *file, const void *bytes, size_t length,
                       char **message);

/* Lets what has been written begin its way to the disk, where the system can be told so; does not
 * wait, and finds no errors. Of several files, the disk then takes in one go what would be as many
 * with output_file_sync() after each. */
void output_file_start_sync(const struct output_file *file);

/* Waits until all that was written is on the disk; false with a message if that fails. */
bool output_file_sync(const struct output_file *file, char **message);

/* The place for messages: the path, or "standard output". */
const char *output_file_place(const struct output_file *file);

/* Gives the file its final name; an earlier file of that name can still be put back. Returns false
 * with a message if that fails; the file must then be discarded. */
bool output_file_publish(struct output_file *file, char **message);

/* The same while the file is still being written, for good: it replaces an earlier one, and stays
 * when it is closed or discarded. */
bool output_file_show(struct output_file *file, char **message);

/* Renames a file that is shown; false with a message if that fails. */
bool output_file_move(struct output_file *file, const char *path, char **message);

/* Closes what was published, for good. */
void output_file_close(struct output_file *file);

/* Closes, removes the temporary file, and takes back what output_file_publish() did. */
void output_file_discard(struct output_file *file);

#endif
