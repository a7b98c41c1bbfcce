/* compared_records.c
 * A capture file read by wiretap alone, and as the exporter reads it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compared_records.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_records.h"

static void
require_same(const char *path, bool is_same, const char *what, uint64_t record)
{
    if (is_same)
        return;
    fprintf(stderr, "%s: %s differs at record %" G_GUINT64_FORMAT "\n", path, what, record);
    abort();
}

/* One way to read, and what it has shown last. */
struct reading {
    struct capture_records *records;
    struct capture_record record;
    enum read_result result;
    int err;
    char *err_info;
    GString *keys;
};

static void
take_keys(void *context, const char *text, size_t length)
{
    g_string_append_len(((struct reading *)context)->keys, text, (gssize)length);
    g_string_append_c(((struct reading *)context)->keys, '\n');
}

static void
begin(struct reading *reading, const char *path, bool is_regular)
{
    *reading = (struct reading){ .keys = g_string_new(NULL) };
    reading->records = capture_records_open(path, is_regular, &reading->err, &reading->err_info);
}

static void
advance(struct reading *reading)
{
    const struct capture_secrets_user user = { take_keys, reading };

    g_clear_pointer(&reading->err_info, g_free);
    reading->result =
        capture_records_next(reading->records, &reading->record, &reading->err, &reading->err_info);
    capture_records_take_secrets(reading->records, &user);
}

static void
end(struct reading *reading)
{
    capture_records_close(reading->records);
    g_free(reading->err_info);
    g_string_free(reading->keys, TRUE);
}

static bool
same_record(const struct capture_record *a, const struct capture_record *b)
{
    if (a->is_frame != b->is_frame || !a->is_frame)
        return a->is_frame == b->is_frame;
    return a->has_time == b->has_time && (!a->has_time || a->time_ns == b->time_ns) &&
           a->encap == b->encap && a->interface == b->interface && a->on_wire == b->on_wire &&
           a->captured == b->captured &&
           (!a->captured || memcmp(a->data, b->data, a->captured) == 0);
}

static void
compare_ends(const char *path, const struct reading *ours, const struct reading *theirs, uint64_t n)
{
    struct capture_headers a = capture_records_headers(ours->records);
    struct capture_headers b = capture_records_headers(theirs->records);

    require_same(path, a.interfaces == b.interfaces, "the number of interfaces", n);
    require_same(path, a.snap_length == b.snap_length, "the snapshot length", n);
    require_same(path, strcmp(a.format, b.format) == 0, "the format", n);
    require_same(path, g_string_equal(ours->keys, theirs->keys), "the key log", n);
}

struct compared_records
compared_records_read(const char *path)
{
    struct compared_records compared = { .last_at = -1 };
    struct reading ours, theirs;

    begin(&ours, path, true);
    begin(&theirs, path, false);
    require_same(path, !ours.records == !theirs.records && ours.err == theirs.err, "opening", 0);
    require_same(path, g_strcmp0(ours.err_info, theirs.err_info) == 0, "the text", 0);
    compared.was_opened = ours.records != NULL;
    while (ours.records && ours.result == READ_RECORD) {
        advance(&ours);
        advance(&theirs);
        require_same(path, ours.result == theirs.result, "the result", compared.records);
        require_same(path, ours.err == theirs.err, "the error", compared.records);
        require_same(path, g_strcmp0(ours.err_info, theirs.err_info) == 0, "the text",
                     compared.records);
        if (ours.result != READ_RECORD)
            break;
        require_same(path, same_record(&ours.record, &theirs.record), "the frame",
                     compared.records);
        compared.records++;
        if (theirs.record.is_frame)
            compared.last_at = capture_records_offset(theirs.records);
    }
    compared.has_failed = ours.result == READ_FAILED;
    compared.key_bytes = ours.keys->len;
    if (ours.records)
        compare_ends(path, &ours, &theirs, compared.records);
    end(&ours);
    end(&theirs);
    return compared;
}

struct compared_records
compared_records_read_bytes(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = g_fopen(path, "wb");

    if (!file || (size && fwrite(data, 1, size, file) != size) || fclose(file) != 0)
        abort();
    struct compared_records compared = compared_records_read(path);
    g_unlink(path);
    return compared;
}
