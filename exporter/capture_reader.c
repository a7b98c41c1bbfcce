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

/* Before any time stamp was seen: such a file is due at once. */
#define NO_TIME INT64_MIN

struct source {
    char *path;
    const char *name; /* for messages */
    size_t index;     /* on the command line: decides between equal times */
    int64_t time_ns;  /* of the frame at hand, or of the first one while the file waits; NO_TIME */
    uint64_t size;
    bool is_regular;
    bool is_primed; /* the frame at hand was read when the reader was opened, and not given out yet
                     */
    wtap *file;     /* NULL while it waits and when it is done */
    wtap_rec record;
    Buffer buffer; /* of the frame's data, where the record does not hold them */
};

struct capture_reader {
    struct source *sources; /* in the order of their first frames, once open */
    size_t n_sources;
    size_t n_admitted;    /* sources from here on still wait */
    struct source **heap; /* those being read, the one with the earliest frame first */
    size_t n_heap;
    bool root_given; /* the first one's frame was handed out */
    uint64_t frames;
    int64_t last_ns;
    uint64_t bytes_done; /* of the sources that are done */
    uint64_t bytes_total;
};

/* Files that wiretap opens as a single frame, for they are no captures; anything beginning with a
 * "{" is JSON to it. */
static const int DOCUMENT_ENCAPS[] = {
    WTAP_ENCAP_MIME,    WTAP_ENCAP_JSON, WTAP_ENCAP_MP4,
    WTAP_ENCAP_RFC7468, WTAP_ENCAP_MPEG, WTAP_ENCAP_RUBY_MARSHAL,
};

enum read_result { READ_FRAME, READ_END, READ_FAILED };

/* One line "FILE: what (details)"; takes err_info. */
static char *
error_message(const struct source *source, const char *what, char *err_info)
{
    char *message = err_info && *err_info
                        ? g_strdup_printf("%s: %s (%s)", source->name, what, err_info)
                        : g_strdup_printf("%s: %s", source->name, what);

    g_free(err_info);
    return g_strdelimit(message, "\r\n", ' ');
}

static char *
plain_error(const struct source *source, const char *what)
{
    return error_message(source, what, NULL);
}

static char *
open_message(const struct source *source, int err, char *err_info)
{
    switch (err) {
    case WTAP_ERR_FILE_UNKNOWN_FORMAT:
        return error_message(source, NO_CAPTURE, err_info);
    case WTAP_ERR_NOT_REGULAR_FILE:
        return error_message(source, "neither a file nor a pipe", err_info);
    case WTAP_ERR_SHORT_READ:
        return error_message(source, "the file ends in the middle of its header", err_info);
    default:
        return error_message(source, wtap_strerror(err), err_info);
    }
}

static char *
read_message(const struct source *source, int err, char *err_info)
{
    switch (err) {
    case WTAP_ERR_SHORT_READ:
        return error_message(source, "the file ends in the middle of a packet", err_info);
    case WTAP_ERR_BAD_FILE:
    case WTAP_ERR_DECOMPRESS:
        return error_message(source, "the file is damaged, and cannot be read further", err_info);
    default:
        return error_message(source, wtap_strerror(err), err_info);
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
source_open(struct source *source, char **message)
{
    int err = 0;
    char *err_info = NULL;

    source->file = wtap_open_offline(source->path, WTAP_TYPE_AUTO, &err, &err_info, FALSE);
    if (!source->file) {
        *message = open_message(source, err, err_info);
        return false;
    }
    WS_COMPAT_RECORD_INIT(&source->record, &source->buffer, 2048);
    return true;
}

static void
source_close(struct source *source)
{
    if (!source->file)
        return;
    wtap_close(source->file);
    WS_COMPAT_RECORD_CLEANUP(&source->record, &source->buffer);
    source->file = NULL;
}

static int64_t
record_time(const wtap_rec *record)
{
    int64_t limit = INT64_MAX / NS_PER_SECOND - 1;

    return CLAMP((int64_t)record->ts.secs, -limit, limit) * NS_PER_SECOND + record->ts.nsecs;
}

/* Reads on to the next frame, past records that are none (interface statistics, system events,
 * logs). */
static enum read_result
source_read(struct source *source, int *err, char **err_info)
{
    gint64 offset;

    *err = 0;
    *err_info = NULL;
    do {
        wtap_rec_reset(&source->record);
        if (!WS_COMPAT_RECORD_READ(source->file, &source->record, &source->buffer, err, err_info,
                                   &offset))
            return *err == 0 ? READ_END : READ_FAILED;
    } while (source->record.rec_type != REC_TYPE_PACKET);
    if (source->record.presence_flags & WTAP_HAS_TS)
        source->time_ns = record_time(&source->record);
    return READ_FRAME;
}

/* What the file system knows, which makes clearer messages than the bytes could. */
static bool
source_examine(struct source *source, char **message)
{
    struct stat info;
    bool is_standard_input = strcmp(source->path, STANDARD_INPUT) == 0;
    int failed = is_standard_input ? fstat(STDIN_FILENO, &info) : stat(source->path, &info);

    if (failed)
        *message = plain_error(source, g_strerror(errno));
    else if (S_ISDIR(info.st_mode))
        *message = plain_error(source, "is a directory");
    else if (S_ISREG(info.st_mode) && info.st_size == 0)
        *message = plain_error(source, "the file is empty");
    else {
        source->is_regular = S_ISREG(info.st_mode) && !is_standard_input;
        source->size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
        return true;
    }
    return false;
}

static bool
is_document(const struct source *source)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DOCUMENT_ENCAPS); i++) {
        if (wtap_file_encap(source->file) == DOCUMENT_ENCAPS[i])
            return true;
    }
    return false;
}

/* Opens the file once and reads up to the first frame. What cannot be read twice, or need not be,
 * stays open. */
static bool
source_prepare(struct source *source, bool is_only, char **message)
{
    int err;
    char *err_info;

    if (!source_examine(source, message) || !source_open(source, message))
        return false;
    if (is_document(source)) {
        *message = plain_error(source, NO_CAPTURE);
        return false;
    }
    enum read_result result = source_read(source, &err, &err_info);
    g_free(err_info);
    /* ERF has no file header, so nothing at all passes for a capture of no frames. */
    if (result == READ_END && wtap_file_encap(source->file) == WTAP_ENCAP_ERF) {
        *message = plain_error(source, "empty, or cut off before the first packet");
        return false;
    }
    source->is_primed = result == READ_FRAME && (is_only || !source->is_regular);
    /* A file that fails here fails again, and then is reported, as soon as it is due: at once. */
    if (!source->is_primed)
        source_close(source);
    return true;
}

static int
compare_sources(const void *a, const void *b)
{
    const struct source *left = (const struct source *)a, *right = (const struct source *)b;

    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static void
heap_down(struct capture_reader *reader)
{
    struct source **heap = reader->heap;

    for (size_t at = 0, child; (child = 2 * at + 1) < reader->n_heap; at = child) {
        if (child + 1 < reader->n_heap && compare_sources(heap[child + 1], heap[child]) < 0)
            child++;
        if (compare_sources(heap[at], heap[child]) <= 0)
            return;
        struct source *moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

static void
heap_push(struct capture_reader *reader, struct source *source)
{
    struct source **heap = reader->heap;
    size_t at = reader->n_heap++;

    while (at > 0 && compare_sources(source, heap[(at - 1) / 2]) < 0) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = source;
}

static void
source_finish(struct capture_reader *reader, struct source *source)
{
    source_close(source);
    reader->bytes_done += source->size;
}

/* Moves the file whose frame was handed out to its next frame. */
static enum capture_status
advance_root(struct capture_reader *reader, char **message)
{
    struct source *root = reader->heap[0];
    enum capture_status status = CAPTURE_OK;
    int err;
    char *err_info;
    enum read_result result = source_read(root, &err, &err_info);

    reader->root_given = false;
    if (result != READ_FRAME) {
        if (result == READ_FAILED) {
            *message = read_message(root, err, err_info);
            status = read_status(err);
        }
        source_finish(reader, root);
        reader->heap[0] = reader->heap[--reader->n_heap];
    }
    heap_down(reader);
    return status;
}

/* Begins the next waiting file. */
static enum capture_status
admit(struct capture_reader *reader, char **message)
{
    struct source *source = &reader->sources[reader->n_admitted++];
    enum read_result result = READ_FRAME;
    int err = 0;
    char *err_info = NULL;

    if (!source->is_primed) {
        if (!source_open(source, message)) {
            reader->bytes_done += source->size;
            return CAPTURE_UNREADABLE;
        }
        result = source_read(source, &err, &err_info);
    }
    if (result == READ_FRAME) {
        heap_push(reader, source);
        return CAPTURE_OK;
    }
    source_finish(reader, source);
    if (result == READ_END)
        return CAPTURE_OK;
    *message = read_message(source, err, err_info);
    return read_status(err);
}

static bool
is_due(const struct capture_reader *reader)
{
    return reader->n_admitted < reader->n_sources &&
           (reader->n_heap == 0 ||
            reader->sources[reader->n_admitted].time_ns <= reader->heap[0]->time_ns);
}

struct capture_reader *
capture_reader_open(char *const *paths, size_t n_paths, char **message)
{
    struct capture_reader *reader = g_new0(struct capture_reader, 1);

    /* One more than needed, for qsort() takes no NULL. */
    reader->sources = g_new0(struct source, n_paths + 1);
    reader->heap = g_new0(struct source *, n_paths);
    reader->n_sources = n_paths;
    bool all_sized = true;
    for (size_t i = 0; i < n_paths; i++) {
        struct source *source = &reader->sources[i];
        bool is_standard_input = strcmp(paths[i], STANDARD_INPUT) == 0;

        source->path = g_strdup(paths[i]);
        source->name = is_standard_input ? "standard input" : source->path;
        source->index = i;
        source->time_ns = NO_TIME;
        if (is_standard_input && n_paths > 1) {
            *message = plain_error(source, "cannot be combined with other captures");
            capture_reader_close(reader);
            return NULL;
        }
        if (!source_prepare(source, n_paths == 1, message)) {
            capture_reader_close(reader);
            return NULL;
        }
        reader->bytes_total += source->size;
        all_sized = all_sized && source->size > 0;
    }
    if (!all_sized)
        reader->bytes_total = 0;
    qsort(reader->sources, n_paths, sizeof *reader->sources, compare_sources);
    return reader;
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

    struct source *root = reader->heap[0];
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
    for (size_t i = 0; i < reader->n_sources; i++) {
        source_close(&reader->sources[i]);
        g_free(reader->sources[i].path);
    }
    g_free(reader->sources);
    g_free(reader->heap);
    g_free(reader);
}
