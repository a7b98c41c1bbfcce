/* shard.c
 * One part of a set of captures, read alone: its borders, its frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shard.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "capture_reader.h"
#include "capture_records.h"
#include "endpoint_hash.h"
#include "partial_writer.h"

/* With that many files for each part, files are not cut. */
#define FILES_PER_PART 16

#define FRAMES_BETWEEN_PROGRESS 4096

struct shard_run {
    const struct shard *shard;
    struct partial_part part;
    struct partial_writer *writer;
    struct packets *packets;
    bool (*progress)(void *context, const struct source_progress *progress);
    void *context;
    struct source_progress reached;
    bool is_stopped;
    bool is_unreadable; /* a capture, which could be read before */
};

/* Where the part begins and ends in a capture, in bytes as stored; both the same: it has nothing.
 */
struct border {
    uint64_t begin, end; /* UINT64_MAX: it has the end too */
};

/* ---- borders ---- */

static int
compare_first(const void *a, const void *b)
{
    const struct partial_capture *left = *(const struct partial_capture *const *)a;
    const struct partial_capture *right = *(const struct partial_capture *const *)b;

    if (left->first_ns != right->first_ns)
        return left->first_ns < right->first_ns ? -1 : 1;
    return left < right ? -1 : left > right;
}

/* Of `total` bytes, where a part begins. */
static uint64_t
begin_of(const struct shard *shard, unsigned index, uint64_t total)
{
    uint64_t before = index - 1;

    return total / shard->count * before + total % shard->count * before / shard->count;
}

/* The border of a capture that has the bytes from `at` on of all. If files are not cut, the part
 * that has its middle has all of it. */
static struct border
border_of(const struct shard *shard, uint64_t at, uint64_t size, uint64_t total, bool is_cut)
{
    uint64_t from = begin_of(shard, shard->index, total);
    uint64_t to = begin_of(shard, shard->index + 1, total);

    if (!is_cut) {
        bool has_it = at + size / 2 >= from && at + size / 2 < to;
        return (struct border){ 0, has_it ? UINT64_MAX : 0 };
    }
    if (from >= at + size || to <= at)
        return (struct border){ 0, 0 };
    return (struct border){ from > at ? from - at : 0, to >= at + size ? UINT64_MAX : to - at };
}

/* The borders of all captures, in their order; to be freed. */
static struct border *
find_borders(const struct shard_run *run)
{
    const struct partial_part *part = &run->part;
    size_t n = part->n_captures;
    struct border *borders = g_new0(struct border, n);
    g_autofree const struct partial_capture **order = g_new(const struct partial_capture *, n);
    bool is_cut = n / FILES_PER_PART < run->shard->count;
    uint64_t total = 0, at = 0;

    for (size_t i = 0; i < n; i++) {
        order[i] = &part->captures[i];
        total += part->captures[i].size;
    }
    qsort(order, n, sizeof *order, compare_first);
    for (size_t i = 0; i < n; i++) {
        uint64_t size = order[i]->size;

        borders[order[i] - part->captures] = run->shard->by == SHARD_BY_HOSTS
                                                 ? (struct border){ 0, UINT64_MAX }
                                                 : border_of(run->shard, at, size, total, is_cut);
        at += size;
    }
    return borders;
}

/* ---- records ---- */

/* Whether the part keeps the frame: by time all that it reads, by hosts those of its pairs, and of
 * frames without TCP its share. */
static bool
is_own(const struct shard *shard, enum packet_kind kind, const struct segment *segment,
       uint64_t number)
{
    if (shard->by == SHARD_BY_TIME)
        return true;
    if (kind != PACKET_TCP)
        return number % shard->count == shard->index - 1;
    struct oa_endpoint hosts[2] = { segment->source, segment->destination };
    hosts[0].port = hosts[1].port = 0;
    return connection_hash(0, &hosts[0], &hosts[1]) % shard->count == shard->index - 1;
}

static void
take_record(struct shard_run *run, uint64_t number, const struct capture_record *record)
{
    const struct packet_frame frame = { record->encap, record->data, record->captured,
                                        record->on_wire, record->time_ns };
    struct segment segment;
    enum packet_kind kind =
        record->is_frame ? packet_decode(run->packets, &frame, &segment) : PACKET_OTHER;

    run->reached.frames++;
    if (is_own(run->shard, kind, &segment, number))
        partial_writer_record(run->writer, number, record, kind, &segment, run->packets);
}

/* Of a capture that is being read. */
struct reading {
    struct shard_run *run;
    struct capture_records *records;
    uint64_t number; /* of the record read last */
    bool has_begun;  /* behind the border */
};

static void
take_keys(void *context, const char *text, size_t length)
{
    const struct reading *reading = context;
    const struct shard *shard = reading->run->shard;

    if (reading->has_begun && (shard->by == SHARD_BY_TIME || shard->index == 1))
        partial_writer_keys(reading->run->writer, reading->number, text, length);
}

static bool
goes_on(struct shard_run *run, const struct reading *reading, uint64_t bytes_before)
{
    if (reading->number % FRAMES_BETWEEN_PROGRESS || !run->progress)
        return true;
    run->reached.bytes_done = bytes_before + capture_records_bytes(reading->records);
    run->is_stopped |= !run->progress(run->context, &run->reached);
    return !run->is_stopped;
}

/* Reads up to the border; false with a message where a read failed. Keys come with the record that
 * they stand before. */
static bool
read_section(struct reading *reading, const struct border *border, struct partial_section *section,
             char **message)
{
    struct shard_run *run = reading->run;
    const struct capture_secrets_user user = { take_keys, reading };
    struct capture_record record;
    enum read_result result = READ_RECORD;
    uint64_t done = run->reached.bytes_done;

    while (goes_on(run, reading, done) && partial_writer_is_good(run->writer, message)) {
        uint64_t at = capture_records_bytes(reading->records);

        reading->has_begun |= at >= border->begin;
        if (border->end != UINT64_MAX && at >= border->end)
            break;
        result = capture_records_next(reading->records, &record, &section->err, &section->err_info);
        reading->number++;
        section->first += !reading->has_begun && result == READ_RECORD;
        section->count += reading->has_begun && result == READ_RECORD;
        capture_records_take_secrets(reading->records, &user);
        if (result != READ_RECORD)
            break;
        if (reading->has_begun)
            take_record(run, reading->number, &record);
    }
    section->is_last = border->end == UINT64_MAX;
    run->reached.bytes_done = done + capture_records_bytes(reading->records);
    return !*message;
}

/* wiretap's codes are negative; others are of reads that failed, which may not fail again. */
static char *
failed_message(const struct partial_capture *capture, const struct partial_section *section)
{
    return section->err > 0 ? g_strdup_printf("%s: %s", capture->name, g_strerror(section->err))
                            : NULL;
}

static bool
read_capture(struct shard_run *run, struct partial_capture *capture, const struct border *border,
             char **message)
{
    struct partial_section *section = &capture->section;
    int err;
    g_autofree char *err_info = NULL;
    struct reading reading = { .run = run,
                               .records =
                                   capture_records_open(capture->name, true, &err, &err_info) };

    if (!reading.records) {
        *message = g_strdup_printf("%s: cannot be opened again", capture->name);
        run->is_unreadable = true;
        return false;
    }
    *section = (struct partial_section){ .is_there = true, .first = 1 };
    section->opened = capture_records_headers(reading.records);
    partial_writer_begin(run->writer);
    if (read_section(&reading, border, section, message)) {
        *message = failed_message(capture, section);
        run->is_unreadable = *message != NULL;
    }
    partial_writer_end(run->writer, section);
    section->closed = capture_records_headers(reading.records);
    capture_records_close(reading.records);
    return !*message;
}

/* ---- the part ---- */

/* Notes all captures; false with a message if one of them cannot be read. */
static bool
examine(struct shard_run *run, const struct capture_paths *captures, char **message)
{
    struct partial_part *part = &run->part;
    const struct capture_order order = { 0 };
    struct capture_reader *reader = NULL;

    for (size_t i = 0; i < captures->n && !*message; i++)
        if (!g_file_test(captures->paths[i], G_FILE_TEST_IS_REGULAR) &&
            g_file_test(captures->paths[i], G_FILE_TEST_EXISTS))
            *message = g_strdup_printf("%s: a part needs files", captures->paths[i]);
    if (!*message)
        reader = capture_reader_open(captures->paths, captures->n, &order, message);
    if (!reader)
        return false;
    *part = (struct partial_part){ .index = run->shard->index,
                                   .count = run->shard->count,
                                   .by = run->shard->by,
                                   .n_others = captures->n_others,
                                   .n_captures = captures->n,
                                   .captures = g_new0(struct partial_capture, captures->n + 1) };
    for (size_t i = 0; i < captures->n; i++)
        part->captures[i] =
            (struct partial_capture){ .name = g_strdup(captures->paths[i]),
                                      .size = capture_reader_file(reader, i).size,
                                      .first_ns = capture_reader_first_ns(reader, i) };
    capture_reader_close(reader);
    return true;
}

static bool
read_part(struct shard_run *run, char **message)
{
    struct partial_part *part = &run->part;
    g_autofree struct border *borders = find_borders(run);
    bool good = true;

    for (size_t i = 0; i < part->n_captures; i++)
        if (borders[i].end)
            run->reached.bytes_total += MIN(borders[i].end, part->captures[i].size);
    for (size_t i = 0; i < part->n_captures && good && !run->is_stopped; i++)
        if (borders[i].begin < borders[i].end)
            good = read_capture(run, &part->captures[i], &borders[i], message);
    return good && !run->is_stopped && partial_writer_finish(run->writer, part, message);
}

enum exit_code
shard_write(const struct shard *shard, const struct capture_paths *captures, const char *directory,
            bool (*progress)(void *context, const struct source_progress *progress), void *context,
            char **message)
{
    struct shard_run run = { .shard = shard, .progress = progress, .context = context };
    g_autofree char *name =
        g_strdup_printf("part-%u-of-%u" PARTIAL_SUFFIX, shard->index, shard->count);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    enum exit_code code = EXIT_DONE;

    *message = NULL;
    if (!examine(&run, captures, message)) {
        partial_part_clear(&run.part);
        return EXIT_UNREADABLE;
    }
    if (g_mkdir_with_parents(directory, 0777) != 0)
        *message = g_strdup_printf("%s: %s", directory, g_strerror(errno));
    else
        run.writer = partial_writer_open(path, message);
    run.packets = packets_new();
    if (!run.writer || !read_part(&run, message))
        code = run.is_unreadable ? EXIT_UNREADABLE : EXIT_NOT_WRITTEN;
    packets_free(run.packets);
    partial_writer_free(run.writer);
    partial_part_clear(&run.part);
    return code;
}
