/* compared_records.h
 * A capture file read twice: by wiretap alone, and as the exporter reads it. Both must show the
 * same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COMPARED_RECORDS_H
#define COMPARED_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compared_records {
    uint64_t records;   /* read, of both the same number */
    bool was_opened;    /* else both failed in the same way */
    bool has_failed;    /* reading ended with the same error */
    uint64_t key_bytes; /* of key logs */
    int64_t last_at;    /* where the last frame begins, by wiretap; -1: there is none */
};

/* Ends the program with a line on standard error where they differ. Call wtap_init() first. */
struct compared_records compared_records_read(const char *path);

/* The same of a file with these contents, written to `path` and removed again. */
struct compared_records compared_records_read_bytes(const char *path, const uint8_t *data,
                                                    size_t size);

#endif
