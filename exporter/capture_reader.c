/* capture_reader.c
 * Frames of several capture files as one stream in time order, through wiretap.
 * [Wireshark wiretap/wtap.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_reader.h"

#include <wireshark.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wiretap/wtap.h>

#include "ws_compat.h"

#define NS_PER_SECOND G_GINT64_CONSTANT(1000000000)
#define STANDARD_INPUT "-"

#define NO_CAPTURE "not a capture file of a known format"

/* No time stamp was seen yet: such a file is due immediately. */
#define NO_TIME INT64_MIN

struct input {
    char *path;
    const char *name; /* for messages */
    size_t index;     /* on the command line: orders equal times */
    int64_t
        time_ns; /* of the current frame; of the first one before the file is admitted; NO_TIME */
    int64_t correction_ns; /* added to all times */
    uint64_t size;
    bool is_regular;
    bool is_primed; /* the first frame was read when the reader was opened, and not returned yet */
    wtap *file;     /* NULL before it is admitted and when it is finished */
    wtap_rec record;
    Buffer buffer; /* holds the frame's data, unless the record does */
};

struct capture_reader {
    struct input *inputs; /* ordered by their first frames, once open */
    size_t n_inputs;
    size_t n_admitted;   /* inputs from here on are not admitted yet */
    struct input **heap; /* admitted ones; the one with the earliest frame first */
    size_t n_heap;
    bool root_given; /* the first one's frame was returned */
    uint64_t frames;
    int64_t last_ns;
    uint64_t bytes_done; /* of finished inputs */
    uint64_t bytes_total;
};

/* Files that are not captures, which wiretap opens as a single frame; it takes anything that starts
 * with "{" for JSON. */
static const int DOCUMENT_ENCAPS[] = {
    WTAP_ENCAP_MIME,    WTAP_ENCAP_JSON, WTAP_ENCAP_MP4,
    WTAP_ENCAP_RFC7468, WTAP_ENCAP_MPEG, WTAP_ENCAP_RUBY_MARSHAL,
};

enum read_result { READ_FRAME, READ_END, READ_FAILED };

/* One line "FILE: what (details)"; takes err_info. */
static char *
error_message(const struct input *input, const char *what, char *err_info)
{
    char *message = err_info && *err_info
                        ? g_strdup_printf("%s: %s (%s)", input->name, what, err_info)
                        : g_strdup_printf("%s: %s", input->name, what);

    g_free(err_info);
    return g_strdelimit(message, "\r\n", ' ');
}

static char *
plain_error(const struct input *input, const char *what)
{
    return error_message(input, what, NULL);
}

static char *
open_message(const struct input *input, int err, char *err_info)
{
    switch (err) {
    case WTAP_ERR_FILE_UNKNOWN_FORMAT:
        return error_message(input, NO_CAPTURE, err_info);
    case WTAP_ERR_NOT_REGULAR_FILE:
        return error_message(input, "neither a file nor a pipe", err_info);
    case WTAP_ERR_SHORT_READ:
        return error_message(input, "the file ends in the middle of its header", err_info);
    default:
        return error_message(input, wtap_strerror(err), err_info);
    }
}

static char *
read_message(const struct input *input, int err, char *err_info)
{
    switch (err) {
    case WTAP_ERR_SHORT_READ:
        return error_message(input, "the file ends in the middle of a packet", err_info);
    case WTAP_ERR_BAD_FILE:
    case WTAP_ERR_DECOMPRESS:
        return error_message(input, "the file is damaged, and cannot be read further", err_info);
    default:
        return error_message(input, wtap_strerror(err), err_info);
    }
}

static enum capture_status
read_status(int err)
{
    switch (err) {
    case WTAP_ERR_SHORT_READ:
    case WTAP_ERR_BAD_FILE:
    case WTAP_ERR_DECOMPRESS:
        return CAPTURE_CUT;
    default:
        return CAPTURE_UNREADABLE;
    }
}

static bool
input_open(struct input *input, char **message)
{
    int err = 0;
    char *err_info = NULL;

    input->file = wtap_open_offline(input->path, WTAP_TYPE_AUTO, &err, &err_info, FALSE);
    if (!input->file) {
        *message = open_message(input, err, err_info);
        return false;
    }
    WS_COMPAT_RECORD_INIT(&input->record, &input->buffer, 2048);
    return true;
}

static void
input_close(struct input *input)
{
    if (!input->file)
        return;
    wtap_close(input->file);
    WS_COMPAT_RECORD_CLEANUP(&input->record, &input->buffer);
    input->file = NULL;
}

static int64_t
record_time(const wtap_rec *record)
{
    int64_t limit = INT64_MAX / NS_PER_SECOND - 1;

    return CLAMP((int64_t)record->ts.secs, -limit, limit) * NS_PER_SECOND + record->ts.nsecs;
}

/* Reads the next frame; skips other records (interface statistics, system events, logs). */
static enum read_result
input_read(struct input *input, int *err, char **err_info)
{
    gint64 offset;

    *err = 0;
    *err_info = NULL;
    do {
        wtap_rec_reset(&input->record);
        if (!WS_COMPAT_RECORD_READ(input->file, &input->record, &input->buffer, err, err_info,
                                   &offset))
            return *err == 0 ? READ_END : READ_FAILED;
    } while (input->record.rec_type != REC_TYPE_PACKET);
    if (input->record.presence_flags & WTAP_HAS_TS)
        input->time_ns = record_time(&input->record) + input->correction_ns;
    return READ_FRAME;
}

/* Checks what the file system knows, for clearer messages than the contents would give. */
static bool
input_examine(struct input *input, char **message)
{
    struct stat info;
    bool is_standard_input = strcmp(input->path, STANDARD_INPUT) == 0;
    int failed = is_standard_input ? fstat(STDIN_FILENO, &info) : stat(input->path, &info);

    if (failed)
        *message = plain_error(input, g_strerror(errno));
    else if (S_ISDIR(info.st_mode))
        *message = plain_error(input, "is a directory");
    else if (S_ISREG(info.st_mode) && info.st_size == 0)
        *message = plain_error(input, "the file is empty");
    else {
        input->is_regular = S_ISREG(info.st_mode) && !is_standard_input;
        input->size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
        return true;
    }
    return false;
}

static bool
is_document(const struct input *input)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DOCUMENT_ENCAPS); i++) {
        if (wtap_file_encap(input->file) == DOCUMENT_ENCAPS[i])
            return true;
    }
    return false;
}

/* Opens the file and reads the first frame. It stays open if it cannot be read twice or is the only
 * one. */
static bool
input_prepare(struct input *input, bool is_only, char **message)
{
    int err;
    char *err_info;

    if (!input_examine(input, message) || !input_open(input, message))
        return false;
    if (is_document(input)) {
        *message = plain_error(input, NO_CAPTURE);
        return false;
    }
    enum read_result result = input_read(input, &err, &err_info);
    g_free(err_info);
    /* ERF has no file header, so an empty pipe looks like a capture without frames. */
    if (result == READ_END && wtap_file_encap(input->file) == WTAP_ENCAP_ERF) {
        *message = plain_error(input, "empty, or cut off before the first packet");
        return false;
    }
    input->is_primed = result == READ_FRAME && (is_only || !input->is_regular);
    /* A file that fails here is due immediately, and the error is reported then. */
    if (!input->is_primed)
        input_close(input);
    return true;
}

static int
compare_inputs(const void *a, const void *b)
{
    const struct input *left = (const struct input *)a, *right = (const struct input *)b;

    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static void
heap_down(struct capture_reader *reader)
{
    struct input **heap = reader->heap;

    for (size_t at = 0, child; (child = 2 * at + 1) < reader->n_heap; at = child) {
        if (child + 1 < reader->n_heap && compare_inputs(heap[child + 1], heap[child]) < 0)
            child++;
        if (compare_inputs(heap[at], heap[child]) <= 0)
            return;
        struct input *moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

static void
heap_push(struct capture_reader *reader, struct input *input)
{
    struct input **heap = reader->heap;
    size_t at = reader->n_heap++;

    while (at > 0 && compare_inputs(input, heap[(at - 1) / 2]) < 0) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = input;
}

static void
input_finish(struct capture_reader *reader, struct input *input)
{
    input_close(input);
    reader->bytes_done += input->size;
}

/* Advances the file whose frame was returned last. */
static enum capture_status
advance_root(struct capture_reader *reader, char **message)
{
    struct input *root = reader->heap[0];
    enum capture_status status = CAPTURE_OK;
    int err;
    char *err_info;
    enum read_result result = input_read(root, &err, &err_info);

    reader->root_given = false;
    if (result != READ_FRAME) {
        if (result == READ_FAILED) {
            *message = read_message(root, err, err_info);
            status = read_status(err);
        }
        input_finish(reader, root);
        reader->heap[0] = reader->heap[--reader->n_heap];
    }
    heap_down(reader);
    return status;
}

/* Admits the next file: reads its first frame again, unless that was kept. */
static enum capture_status
admit(struct capture_reader *reader, char **message)
{
    struct input *input = &reader->inputs[reader->n_admitted++];
    enum read_result result = READ_FRAME;
    int err = 0;
    char *err_info = NULL;

    if (!input->is_primed) {
        if (!input_open(input, message)) {
            reader->bytes_done += input->size;
            return CAPTURE_UNREADABLE;
        }
        result = input_read(input, &err, &err_info);
    }
    if (result == READ_FRAME) {
        heap_push(reader, input);
        return CAPTURE_OK;
    }
    input_finish(reader, input);
    if (result == READ_END)
        return CAPTURE_OK;
    *message = read_message(input, err, err_info);
    return read_status(err);
}

static bool
is_due(const struct capture_reader *reader)
{
    return reader->n_admitted < reader->n_inputs &&
           (reader->n_heap == 0 ||
            reader->inputs[reader->n_admitted].time_ns <= reader->heap[0]->time_ns);
}

struct capture_reader *
capture_reader_open(char *const *paths, size_t n_paths, char **message)
{
    struct capture_reader *reader = g_new0(struct capture_reader, 1);

    /* One more than needed, because qsort() must not be given NULL. */
    reader->inputs = g_new0(struct input, n_paths + 1);
    reader->heap = g_new0(struct input *, n_paths);
    reader->n_inputs = n_paths;
    bool all_sized = true;
    for (size_t i = 0; i < n_paths; i++) {
        struct input *input = &reader->inputs[i];
        bool is_standard_input = strcmp(paths[i], STANDARD_INPUT) == 0;

        input->path = g_strdup(paths[i]);
        input->name = is_standard_input ? "standard input" : input->path;
        input->index = i;
        input->time_ns = NO_TIME;
        if (is_standard_input && n_paths > 1) {
            *message = plain_error(input, "cannot be combined with other captures");
            capture_reader_close(reader);
            return NULL;
        }
        if (!input_prepare(input, n_paths == 1, message)) {
            capture_reader_close(reader);
            return NULL;
        }
        reader->bytes_total += input->size;
        all_sized = all_sized && input->size > 0;
    }
    if (!all_sized)
        reader->bytes_total = 0;
    qsort(reader->inputs, n_paths, sizeof *reader->inputs, compare_inputs);
    return reader;
}

void
capture_reader_correct(struct capture_reader *reader, size_t file, int64_t by_ns)
{
    for (size_t i = 0; i < reader->n_inputs; i++) {
        struct input *input = &reader->inputs[i];
        if (input->index != file)
            continue;
        input->correction_ns = by_ns;
        if (input->time_ns != NO_TIME)
            input->time_ns += by_ns;
    }
    qsort(reader->inputs, reader->n_inputs, sizeof *reader->inputs, compare_inputs);
}

enum capture_status
capture_reader_next(struct capture_reader *reader, struct capture_frame *frame, char **message)
{
    enum capture_status status = CAPTURE_OK;

    *message = NULL;
    if (reader->root_given)
        status = advance_root(reader, message);
    while (status == CAPTURE_OK && is_due(reader))
        status = admit(reader, message);
    if (status != CAPTURE_OK)
        return status;
    if (reader->n_heap == 0)
        return CAPTURE_END;

    struct input *root = reader->heap[0];
    const wtap_packet_header *header = &root->record.rec_header.packet_header;

    if (root->time_ns != NO_TIME)
        reader->last_ns = root->time_ns;
    reader->root_given = true;
    *frame = (struct capture_frame){
        .number = ++reader->frames,
        .time_ns = reader->last_ns,
        .encap = header->pkt_encap,
        .data = WS_COMPAT_RECORD_DATA(&root->record, &root->buffer),
        .captured = header->caplen,
        .on_wire = MAX(header->len, header->caplen),
        .file = root->index,
    };
    return CAPTURE_OK;
}

void
capture_reader_progress(const struct capture_reader *reader, uint64_t *done, uint64_t *total)
{
    *done = reader->bytes_done;
    for (size_t i = 0; i < reader->n_heap; i++)
        *done += (uint64_t)MAX(wtap_read_so_far(reader->heap[i]->file), 0);
    *total = reader->bytes_total;
}

void
capture_reader_close(struct capture_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < reader->n_inputs; i++) {
        input_close(&reader->inputs[i]);
        g_free(reader->inputs[i].path);
    }
    g_free(reader->inputs);
    g_free(reader->heap);
    g_free(reader);
}
