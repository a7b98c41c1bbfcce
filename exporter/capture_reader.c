/* capture_reader.c
 * Frames of several capture files as one stream in time order.
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

#include "capture_records.h"
#include "partial_set.h"

#define STANDARD_INPUT "-"

#define NO_CAPTURE "not a capture file of a known format"

/* No time stamp was seen yet: such a file is due immediately. */
#define NO_TIME INT64_MIN

/* Memory for frames that were read ahead to be put in order, of all files, if nothing else is
 * wanted. */
#define AHEAD_BYTES (64 * 1024 * 1024)

/* What a frame that was read ahead costs at least, with the least memory for its data. */
#define AHEAD_ROOM 2048
#define AHEAD_COST (sizeof(struct ahead) + AHEAD_ROOM)

/* A frame that was read, and waits until nothing earlier can come. Its data are copied only where
 * others are read behind it; its place in the order is that of a pointer. */
struct ahead {
    struct ahead *next_free;
    uint64_t number; /* in the file */
    int64_t time_ns; /* NO_TIME: none seen yet */
    int64_t late_ns; /* behind the latest frame before it in the file; 0: in order */
    bool is_step;    /* by more than the window, or too late for what was passed on */
    size_t cost;
    struct capture_record record;
    uint8_t *copy; /* of its data */
    size_t room;
};

/* A file, or its interfaces of one clock. */
struct input {
    char *path;
    const char *name;  /* for messages */
    size_t path_index; /* on the command line */
    size_t index;      /* orders equal times */
    int64_t
        time_ns; /* of the current frame; of the first one before the file is admitted; NO_TIME */
    int64_t correction_ns;      /* added to all times */
    const int64_t *corrections; /* of the file's interfaces: only frames of those with that one are
                                   read; NULL: all are */
    uint64_t size;
    bool is_regular;
    bool is_followed; /* its bytes come through standard input */
    bool is_primed; /* the first frame was read when the reader was opened, and not returned yet */
    struct capture_records *file; /* NULL before it is admitted and when it is finished */
    uint64_t records;             /* read from it so far */

    /* Frames read ahead, in order of time, from `first`; the current one is the first of them. */
    struct ahead **ahead;
    size_t first, n_ahead, room;
    struct ahead *step; /* read behind them: the clock went back, so it waits for their end */
    int64_t latest_ns;  /* of the frames read since the clock went back; NO_TIME */
    int64_t given_ns;   /* of the frame returned last since then; NO_TIME */
    bool is_at_end;     /* nothing more can be read */
    enum capture_status end_status; /* why, if the file is damaged; else CAPTURE_OK */
    char *end_message;
    struct capture_disorder disorder;
    struct capture_file headers; /* what they show, as it was last known */
};

/* Where the clock of a file was put forward, and not reached yet. */
struct forward {
    const struct false_gap *next;
    size_t n;
    bool is_known;
};

struct capture_reader {
    size_t n_paths;
    struct input *inputs; /* ordered by their first frames, once open */
    size_t n_inputs;
    size_t n_admitted;   /* inputs from here on are not admitted yet */
    struct input **heap; /* admitted ones; the one with the earliest frame first */
    size_t n_heap;
    bool root_given;     /* the first one's frame was returned */
    int64_t window_ns;   /* 0: frames stay as they are in their file */
    bool reads_ahead;    /* also regular files, which can be read again */
    bool is_disordered;  /* a file that is not read ahead has to be */
    bool has_interfaces; /* a file has several */
    size_t ahead_bytes;  /* of the frames read ahead */
    size_t ahead_max;
    struct ahead *free_ahead; /* to be used again */
    uint64_t frames;          /* returned so far, of several files */
    int64_t last_ns;
    uint64_t bytes_done; /* of finished inputs */
    uint64_t bytes_total;
    struct capture_secrets_user secrets;

    struct partial_set *partials; /* in place of the files; NULL: the files themselves */
    struct forward_steps *steps;  /* NULL: not looked for */
    struct forward *forward;      /* of each file, in the order of the command line */
    bool goes_forward;            /* a file has steps */
    struct follow *follow;        /* NULL: all inputs were known when the reader was opened */
    uint64_t n_followed; /* files so far; the last ones are inputs by this number, modulo */
    bool is_last;        /* no other file will come */
    void (*retired)(void *context, size_t file);
    void *context;
};

/* Files that are not captures, which wiretap opens as a single frame; it takes anything that starts
 * with "{" for JSON. */
static const int DOCUMENT_ENCAPS[] = {
    WTAP_ENCAP_MIME,    WTAP_ENCAP_JSON, WTAP_ENCAP_MP4,
    WTAP_ENCAP_RFC7468, WTAP_ENCAP_MPEG, WTAP_ENCAP_RUBY_MARSHAL,
};

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

/* ---- memory of frames ---- */

static struct ahead *
ahead_new(struct capture_reader *reader)
{
    struct ahead *ahead = reader->free_ahead;

    if (!ahead)
        return g_new0(struct ahead, 1);
    reader->free_ahead = ahead->next_free;
    return ahead;
}

static void
ahead_release(struct capture_reader *reader, struct ahead *ahead)
{
    ahead->next_free = reader->free_ahead;
    reader->free_ahead = ahead;
}

static void
ahead_free(struct ahead *ahead)
{
    g_free(ahead->copy);
    g_free(ahead);
}

/* Others are about to be read from its file. Doing it again does nothing. */
static void
ahead_keep(struct ahead *ahead)
{
    struct capture_record *record = &ahead->record;

    size_t length = record->packed ? record->packed : record->captured;

    if (record->data == ahead->copy)
        return;
    if (length > ahead->room) {
        ahead->room = MAX(length, AHEAD_ROOM);
        ahead->copy = g_realloc(ahead->copy, ahead->room);
    }
    if (length)
        memcpy(ahead->copy, record->data, length);
    record->data = ahead->copy;
}

static struct ahead *
ahead_first(const struct input *input)
{
    return input->ahead[input->first];
}

/* Puts the frame in its place; nearly always that is the last one. Frames of equal time keep the
 * order of the file. */
static void
ahead_insert(struct capture_reader *reader, struct input *input, struct ahead *ahead)
{
    if (input->first + input->n_ahead == input->room) {
        if (input->first > input->room / 2) {
            memmove(input->ahead, input->ahead + input->first,
                    input->n_ahead * sizeof *input->ahead);
            input->first = 0;
        } else {
            input->room = MAX(64, input->room * 2);
            input->ahead = g_renew(struct ahead *, input->ahead, input->room);
        }
    }
    struct ahead **begin = input->ahead + input->first, **at = begin + input->n_ahead;
    while (at > begin && at[-1]->time_ns > ahead->time_ns)
        at--;
    memmove(at + 1, at, (size_t)(begin + input->n_ahead - at) * sizeof *at);
    *at = ahead;
    input->n_ahead++;
    ahead->cost = AHEAD_COST + ahead->record.captured;
    reader->ahead_bytes += ahead->cost;
}

static void
ahead_remove_first(struct capture_reader *reader, struct input *input)
{
    struct ahead *ahead = ahead_first(input);

    reader->ahead_bytes -= ahead->cost;
    ahead_release(reader, ahead);
    input->first++;
    if (--input->n_ahead == 0)
        input->first = 0;
}

/* ---- one file ---- */

static bool
input_open(struct partial_set *partials, struct input *input, char **message)
{
    int err = 0;
    char *err_info = NULL;

    input->records = 0;
    if (partials) {
        input->file = capture_records_of_parts(partials, input->path_index);
        return true;
    }
    input->file = capture_records_open(input->is_followed ? STANDARD_INPUT : input->path,
                                       input->is_regular && !input->is_followed, &err, &err_info);
    if (!input->file)
        *message = open_message(input, err, err_info);
    return input->file != NULL;
}

/* Interfaces may be described behind frames: noted whenever the file is closed. */
static void
note_headers(struct input *input)
{
    struct capture_headers headers = capture_records_headers(input->file);

    input->headers.format = headers.format;
    input->headers.interfaces = headers.interfaces;
    input->headers.snap_length = headers.snap_length;
}

static void
input_close(struct capture_reader *reader, struct input *input)
{
    while (input->n_ahead)
        ahead_remove_first(reader, input);
    if (input->step)
        ahead_release(reader, input->step);
    input->step = NULL;
    g_clear_pointer(&input->ahead, g_free);
    input->room = 0;
    g_clear_pointer(&input->end_message, g_free);
    input->is_at_end = false;
    input->end_status = CAPTURE_OK;
    if (input->file) {
        note_headers(input);
        if (input->is_followed && strcmp(input->path, STANDARD_INPUT) != 0)
            input->size = capture_records_bytes(input->file);
        capture_records_close(input->file);
    }
    input->file = NULL;
}

static unsigned
interface_of(const struct capture_record *record)
{
    return MIN(record->interface, CAPTURE_INTERFACES - 1);
}

/* Whether the record is a frame of the input, not one of another clock, nor something else. */
static bool
is_wanted(const struct input *input, const struct capture_record *record)
{
    return record->is_frame && (!input->corrections ||
                                input->corrections[interface_of(record)] == input->correction_ns);
}

/* Reads the next frame. */
static enum read_result
input_read(struct input *input, struct ahead *ahead, int *err, char **err_info)
{
    do {
        enum read_result result = capture_records_next(input->file, &ahead->record, err, err_info);
        if (result != READ_RECORD)
            return result;
        input->records++;
    } while (!is_wanted(input, &ahead->record));
    ahead->number = input->records;
    /* One without a time stamp has that of the frame before it. */
    ahead->time_ns = ahead->record.has_time
                         ? capture_time_corrected(ahead->record.time_ns, input->correction_ns)
                         : input->latest_ns;
    return READ_RECORD;
}

/* How far a time lies before another one. */
static int64_t
lateness(int64_t time_ns, int64_t latest_ns)
{
    if (time_ns >= latest_ns)
        return 0;
    return (int64_t)MIN((uint64_t)latest_ns - (uint64_t)time_ns, INT64_MAX);
}

static bool
is_read_ahead(const struct capture_reader *reader, const struct input *input)
{
    return reader->reads_ahead || !input->is_regular;
}

/* Whether the frame comes so long after those before it that it may be the first one of another
 * clock. */
static bool
is_behind_pause(const struct input *input, int64_t time_ns)
{
    return time_ns > input->latest_ns &&
           (uint64_t)time_ns - (uint64_t)input->latest_ns > FALSE_GAP_NS &&
           input->latest_ns != NO_TIME;
}

/* Looks for steps of the clock in a file with a pause, which is read to its end for that. */
static void
look_forward(struct capture_reader *reader, const struct input *input)
{
    struct forward *forward = reader->forward ? &reader->forward[input->path_index] : NULL;

    if (!forward || forward->is_known || !input->is_regular)
        return;
    forward->next = forward_steps_of(reader->steps, input->path_index, &forward->n);
    forward->is_known = true;
    reader->goes_forward |= forward->n > 0;
}

/* The step before a frame; NULL: there is none. */
static const struct false_gap *
step_before(const struct capture_reader *reader, const struct input *input, uint64_t number)
{
    struct forward *forward = &reader->forward[input->path_index];
    const struct false_gap *step = NULL;

    while (forward->n && forward->next->record <= number) {
        step = forward->next++;
        forward->n--;
    }
    return step;
}

/* Puts a frame that was read in its place. If the clock went back, what was read before comes
 * first, and the order begins anew. */
static void
take_read(struct capture_reader *reader, struct input *input, struct ahead *ahead)
{
    ahead_keep(ahead);
    if (is_behind_pause(input, ahead->time_ns))
        look_forward(reader, input);
    ahead->late_ns = input->latest_ns == NO_TIME ? 0 : lateness(ahead->time_ns, input->latest_ns);
    ahead->is_step = ahead->late_ns > reader->window_ns ||
                     (is_read_ahead(reader, input) && ahead->late_ns &&
                      input->given_ns != NO_TIME && ahead->time_ns < input->given_ns);
    if (ahead->is_step && input->n_ahead > 0) {
        input->step = ahead;
        return;
    }
    if (ahead->is_step)
        input->given_ns = NO_TIME;
    else if (ahead->late_ns && !is_read_ahead(reader, input))
        reader->is_disordered = true;
    input->latest_ns = ahead->late_ns && !ahead->is_step ? input->latest_ns : ahead->time_ns;
    ahead_insert(reader, input, ahead);
}

/* Whether an earlier frame than the first one may still come. */
static bool
must_read_on(const struct capture_reader *reader, const struct input *input)
{
    if (input->n_ahead == 0 || !is_read_ahead(reader, input))
        return input->n_ahead == 0;
    return lateness(ahead_first(input)->time_ns, input->latest_ns) < reader->window_ns &&
           reader->ahead_bytes < reader->ahead_max;
}

/* Whether the rest of the block was still to be written when the end was asked for. */
static bool
is_unfinished(const struct capture_reader *reader, int err)
{
    return reader->follow && err == WTAP_ERR_SHORT_READ && follow_is_ending(reader->follow);
}

/* Reads the next frame, or notes why there is none. */
static bool
read_next(struct capture_reader *reader, struct input *input, struct ahead *ahead)
{
    int err;
    char *err_info;
    enum read_result result;

    if (reader->follow && !follow_pause(reader->follow)) {
        input->is_at_end = reader->is_last = true;
        return false;
    }
    result = input_read(input, ahead, &err, &err_info);
    if (result == READ_RECORD)
        return true;
    input->is_at_end = true;
    if (result == READ_FAILED && is_unfinished(reader, err)) {
        g_free(err_info);
    } else if (result == READ_FAILED) {
        input->end_message = read_message(input, err, err_info);
        input->end_status = read_status(err);
    }
    return false;
}

/* Reads ahead as far as the order needs it. */
static void
input_fill(struct capture_reader *reader, struct input *input)
{
    if (input->step && input->n_ahead == 0) {
        struct ahead *step = input->step;

        input->step = NULL;
        take_read(reader, input, step);
    }
    while (!input->is_at_end && !input->step && must_read_on(reader, input)) {
        struct ahead *ahead = ahead_new(reader);

        if (read_next(reader, input, ahead))
            take_read(reader, input, ahead);
        else
            ahead_release(reader, ahead);
    }
    if (input->n_ahead)
        input->time_ns = ahead_first(input)->time_ns;
}

/* Goes on to the next frame; false at the end. */
static bool
input_advance(struct capture_reader *reader, struct input *input)
{
    struct ahead *ahead = ahead_first(input);

    /* The usual case, short: the frame makes room for the next one, which is not earlier. */
    if (!is_read_ahead(reader, input)) {
        if (!read_next(reader, input, ahead))
            return false;
        if (ahead->time_ns >= input->latest_ns) {
            ahead->late_ns = 0;
            if (is_behind_pause(input, ahead->time_ns))
                look_forward(reader, input);
            input->time_ns = input->latest_ns = ahead->time_ns;
            return true;
        }
        input->n_ahead = input->first = 0;
        reader->ahead_bytes -= ahead->cost;
        take_read(reader, input, ahead);
    } else {
        input->given_ns = ahead->time_ns;
        ahead_remove_first(reader, input);
    }
    input_fill(reader, input);
    return input->n_ahead > 0;
}

/* Checks what the file system knows, for clearer messages than the contents would give. */
static bool
input_examine(const struct partial_set *partials, struct input *input, char **message)
{
    struct stat info;

    if (partials) {
        input->is_regular = true;
        input->size = partial_set_capture(partials, input->path_index)->size;
        return true;
    }
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
        if (capture_records_headers(input->file).encap == DOCUMENT_ENCAPS[i])
            return true;
    }
    return false;
}

bool
capture_reader_is_capture(const char *path)
{
    struct input input = { .path = (char *)path, .name = path };
    g_autofree char *message = NULL;
    bool is_capture = input_examine(NULL, &input, &message) && input_open(NULL, &input, &message);

    if (is_capture) {
        is_capture = !is_document(&input);
        capture_records_close(input.file);
    }
    return is_capture;
}

/* Opens the file and reads the first frame. It stays open if it cannot be read twice or is the only
 * one. */
static bool
input_prepare(struct capture_reader *reader, struct input *input, char **message)
{
    if (!input_examine(reader->partials, input, message) ||
        !input_open(reader->partials, input, message))
        return false;
    if (is_document(input)) {
        *message = plain_error(input, NO_CAPTURE);
        return false;
    }
    note_headers(input);
    reader->has_interfaces |= input->headers.interfaces > 1;
    struct ahead *ahead = ahead_new(reader);
    int err;
    char *err_info;
    enum read_result result = input_read(input, ahead, &err, &err_info);
    g_free(err_info);
    if (result == READ_RECORD)
        take_read(reader, input, ahead);
    else
        ahead_release(reader, ahead);
    /* ERF has no file header, so an empty pipe looks like a capture without frames. */
    if (result == READ_END && capture_records_headers(input->file).encap == WTAP_ENCAP_ERF) {
        *message = plain_error(input, "empty, or cut off before the first packet");
        return false;
    }
    if (result == READ_RECORD)
        input->time_ns = ahead->time_ns;
    input->is_primed = result == READ_RECORD && (reader->n_inputs == 1 || !input->is_regular);
    /* A file that fails here is due immediately, and the error is reported then. */
    if (!input->is_primed) {
        input_close(reader, input);
        input->latest_ns = NO_TIME;
    }
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

/* The file is done, or cannot be read further. */
static enum capture_status
input_finish(struct capture_reader *reader, struct input *input, char **message)
{
    enum capture_status status = input->end_status;

    *message = g_steal_pointer(&input->end_message);
    capture_records_take_secrets(input->file, &reader->secrets);
    input_close(reader, input);
    input->headers.end = status == CAPTURE_OK ? CAPTURE_END : status;
    reader->bytes_done += input->size;
    return status;
}

/* Advances the file whose frame was returned last. */
static enum capture_status
advance_root(struct capture_reader *reader, char **message)
{
    struct input *root = reader->heap[0];
    enum capture_status status = CAPTURE_OK;

    reader->root_given = false;
    if (input_advance(reader, root)) {
        capture_records_take_secrets(root->file, &reader->secrets);
    } else {
        status = input_finish(reader, root, message);
        reader->heap[0] = reader->heap[--reader->n_heap];
    }
    heap_down(reader);
    return status;
}

/* Reads the first frames of a file that is open. */
static enum capture_status
enter(struct capture_reader *reader, struct input *input, char **message)
{
    input_fill(reader, input);
    capture_records_take_secrets(input->file, &reader->secrets);
    if (input->n_ahead == 0)
        return input_finish(reader, input, message);
    heap_push(reader, input);
    return CAPTURE_OK;
}

/* Admits the next file: reads its first frame again, unless that was kept. */
static enum capture_status
admit(struct capture_reader *reader, char **message)
{
    struct input *input = &reader->inputs[reader->n_admitted++];

    if (!input->is_primed && !input_open(reader->partials, input, message)) {
        input->headers.end = CAPTURE_UNREADABLE;
        reader->bytes_done += input->size;
        return CAPTURE_UNREADABLE;
    }
    return enter(reader, input, message);
}

/* The first frame of a file that is read ahead may not be its earliest one. */
static bool
is_due(const struct capture_reader *reader)
{
    int64_t ahead_ns = reader->reads_ahead ? reader->window_ns : 0;

    return reader->n_admitted < reader->n_inputs &&
           (reader->n_heap == 0 ||
            lateness(reader->heap[0]->time_ns, reader->inputs[reader->n_admitted].time_ns) <=
                ahead_ns);
}

static void
input_begin(struct input *input, const char *path, size_t path_index)
{
    *input = (struct input){ .path = g_strdup(path),
                             .path_index = path_index,
                             .index = path_index,
                             .time_ns = NO_TIME,
                             .latest_ns = NO_TIME,
                             .given_ns = NO_TIME };
    input->name = strcmp(path, STANDARD_INPUT) == 0 ? "standard input" : input->path;
    input->disorder.name = input->name;
}

/* An input for each clock of the file. */
static void
add_inputs(struct capture_reader *reader, size_t path_index, const char *path,
           const int64_t *corrections)
{
    for (size_t i = 0; i < (corrections ? CAPTURE_INTERFACES : 1); i++) {
        struct input *input = &reader->inputs[reader->n_inputs];
        size_t same = 0;

        while (same < i && corrections[same] != corrections[i])
            same++;
        if (same < i)
            continue;
        input_begin(input, path, path_index);
        input->index = reader->n_inputs++;
        input->correction_ns = corrections ? corrections[i] : 0;
        input->corrections = corrections;
    }
}

struct capture_reader *
capture_reader_open(char *const *paths, size_t n_paths, const struct capture_order *order,
                    char **message)
{
    struct capture_reader *reader = g_new0(struct capture_reader, 1);
    size_t clocks = order->corrections ? CAPTURE_INTERFACES : 1; /* of a file, at most */

    /* One more than needed, because qsort() must not be given NULL. */
    reader->inputs = g_new0(struct input, n_paths * clocks + 1);
    reader->heap = g_new0(struct input *, n_paths * clocks);
    reader->n_paths = n_paths;
    reader->window_ns = order->window_ns;
    reader->ahead_max = order->ahead_bytes ? order->ahead_bytes : AHEAD_BYTES;
    reader->reads_ahead = order->reads_ahead;
    reader->partials = order->partials;
    reader->steps = order->forward;
    if (reader->steps)
        reader->forward = g_new0(struct forward, n_paths);
    for (size_t i = 0; i < n_paths; i++)
        add_inputs(reader, i, paths[i],
                   order->corrections ? order->corrections + i * CAPTURE_INTERFACES : NULL);
    bool all_sized = true;
    for (size_t i = 0; i < reader->n_inputs; i++) {
        struct input *input = &reader->inputs[i];

        if (strcmp(input->path, STANDARD_INPUT) == 0 && n_paths > 1)
            *message = plain_error(input, "cannot be combined with other captures");
        else if (input_prepare(reader, input, message)) {
            reader->bytes_total += input->size;
            all_sized = all_sized && input->size > 0;
            continue;
        }
        capture_reader_close(reader);
        return NULL;
    }
    if (!all_sized)
        reader->bytes_total = 0;
    qsort(reader->inputs, reader->n_inputs, sizeof *reader->inputs, compare_inputs);
    return reader;
}

struct capture_reader *
capture_reader_follow(const struct capture_order *order,
                      void (*retired)(void *context, size_t file), void *context)
{
    struct capture_reader *reader = g_new0(struct capture_reader, 1);

    reader->inputs = g_new0(struct input, CAPTURE_FOLLOWED);
    reader->heap = g_new0(struct input *, CAPTURE_FOLLOWED);
    reader->n_paths = follow_is_of_folder(order->follow) ? CAPTURE_FOLLOWED : 1;
    reader->window_ns = order->window_ns;
    reader->ahead_max = order->ahead_bytes ? order->ahead_bytes : AHEAD_BYTES;
    reader->reads_ahead = true;
    reader->follow = order->follow;
    reader->retired = retired;
    reader->context = context;
    return reader;
}

/* ---- files that are followed ---- */

/* Whether the next file is due: the last one was read to its end, though its frames may wait. The
 * file whose place it takes must have none left. */
static bool
wants_next(const struct capture_reader *reader)
{
    const struct input *last =
        &reader->inputs[(reader->n_followed + CAPTURE_FOLLOWED - 1) % CAPTURE_FOLLOWED];
    const struct input *place = &reader->inputs[reader->n_followed % CAPTURE_FOLLOWED];

    return !reader->is_last && (!last->file || last->is_at_end) && !place->file;
}

static enum capture_status
open_followed(struct capture_reader *reader, struct input *input, int error, char **message)
{
    if (error)
        *message =
            plain_error(input, error == ENOENT ? "vanished before it was read" : g_strerror(error));
    if (!error && input_open(NULL, input, message) && is_document(input)) {
        *message = plain_error(input, NO_CAPTURE);
        input_close(reader, input);
    }
    if (!*message)
        return CAPTURE_OK;
    input->headers.end = CAPTURE_UNREADABLE;
    return CAPTURE_UNREADABLE;
}

/* Waits for the next file and its first frames. */
static enum capture_status
follow_on(struct capture_reader *reader, char **message)
{
    size_t place = reader->n_followed % CAPTURE_FOLLOWED;
    struct input *input = &reader->inputs[place];
    int error;
    const char *path = follow_pause(reader->follow) ? follow_next(reader->follow, &error) : NULL;

    if (!path) {
        reader->is_last = true;
        return CAPTURE_OK;
    }
    if (input->path && reader->retired)
        reader->retired(reader->context, reader->n_followed - CAPTURE_FOLLOWED);
    g_free(input->path);
    input_begin(input, path, reader->n_followed++);
    input->is_followed = true;
    reader->n_inputs = reader->n_admitted = MIN(reader->n_followed, CAPTURE_FOLLOWED);
    enum capture_status status = open_followed(reader, input, error, message);
    return status == CAPTURE_OK ? enter(reader, input, message) : status;
}

void
capture_misplaced_add(struct capture_misplaced *misplaced, const struct capture_frame *frame,
                      int64_t by_ns)
{
    if (misplaced->frames++ == 0) {
        misplaced->first_frame = frame->number;
        misplaced->first_ns = frame->time_ns;
    }
    misplaced->largest_ns = MAX(misplaced->largest_ns, by_ns);
}

static void
note_forward(struct capture_disorder *disorder, const struct capture_frame *frame)
{
    if (frame->forward->size_ns > disorder->forward.largest_ns)
        disorder->forward_within_ns = frame->forward->within_ns;
    capture_misplaced_add(&disorder->forward, frame, frame->forward->size_ns);
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
    while (status == CAPTURE_OK && reader->follow && wants_next(reader))
        status = follow_on(reader, message);
    if (status != CAPTURE_OK)
        return status;
    if (reader->is_disordered)
        return CAPTURE_DISORDERED;
    if (reader->n_heap == 0)
        return CAPTURE_END;

    struct input *root = reader->heap[0];
    struct ahead *ahead = ahead_first(root);
    const struct capture_record *record = &ahead->record;

    if (ahead->time_ns != NO_TIME)
        reader->last_ns = ahead->time_ns;
    reader->root_given = true;
    *frame = (struct capture_frame){
        .number = reader->n_paths == 1 ? ahead->number : ++reader->frames,
        .time_ns = reader->last_ns,
        .encap = record->encap,
        .data = record->data,
        .captured = record->captured,
        .on_wire = MAX(record->on_wire, record->captured),
        .packed = record->packed,
        .file = root->path_index,
        .interface = interface_of(record),
        .correction_ns = root->correction_ns,
        .back_ns = ahead->is_step ? ahead->late_ns : 0,
    };
    if (ahead->late_ns)
        capture_misplaced_add(ahead->is_step ? &root->disorder.steps : &root->disorder.reordered,
                              frame, ahead->late_ns);
    if (reader->goes_forward && (frame->forward = step_before(reader, root, ahead->number)))
        note_forward(&root->disorder, frame);
    return CAPTURE_OK;
}

const struct capture_disorder *
capture_reader_disorder(const struct capture_reader *reader, size_t file)
{
    return file < reader->n_inputs ? &reader->inputs[file].disorder : NULL;
}

struct capture_file
capture_reader_file(const struct capture_reader *reader, size_t path_index)
{
    struct capture_file file = { 0 };

    for (size_t i = 0; i < reader->n_inputs; i++) {
        const struct input *input = &reader->inputs[i];
        uint64_t reordered = file.reordered, steps = file.steps;
        enum capture_status end = MAX(file.end, input->headers.end);

        if (input->path_index != path_index)
            continue;
        file = input->headers;
        file.name = input->name;
        file.size = input->size;
        file.end = end; /* all read the same file */
        file.reordered = reordered + input->disorder.reordered.frames;
        file.steps = steps + input->disorder.steps.frames + input->disorder.forward.frames;
    }
    return file;
}

size_t
capture_reader_followed(const struct capture_reader *reader)
{
    return (size_t)reader->n_followed;
}

int64_t
capture_reader_first_ns(const struct capture_reader *reader, size_t path_index)
{
    size_t i = 0;

    while (reader->inputs[i].path_index != path_index)
        i++;
    return reader->inputs[i].time_ns;
}

bool
capture_reader_has_interfaces(const struct capture_reader *reader)
{
    return reader->has_interfaces;
}

bool
capture_reader_may_have_secrets(const struct capture_reader *reader)
{
    for (size_t i = 0; i < reader->n_heap; i++)
        if (capture_records_may_have_secrets(reader->heap[i]->file))
            return true;
    return false;
}

bool
capture_reader_may_wait(const struct capture_reader *reader)
{
    for (size_t i = 0; i < reader->n_inputs; i++)
        if (!reader->inputs[i].is_regular)
            return true;
    return false;
}

void
capture_reader_use_secrets(struct capture_reader *reader, const struct capture_secrets_user *user)
{
    reader->secrets = *user;
}

void
capture_reader_progress(const struct capture_reader *reader, uint64_t *done, uint64_t *total)
{
    *done = reader->bytes_done;
    for (size_t i = 0; i < reader->n_heap; i++)
        *done += capture_records_bytes(reader->heap[i]->file);
    *total = reader->bytes_total;
}

void
capture_reader_close(struct capture_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < reader->n_inputs; i++) {
        input_close(reader, &reader->inputs[i]);
        g_free(reader->inputs[i].path);
    }
    for (struct ahead *next; reader->free_ahead; reader->free_ahead = next) {
        next = reader->free_ahead->next_free;
        ahead_free(reader->free_ahead);
    }
    g_free(reader->inputs);
    g_free(reader->heap);
    g_free(reader->forward);
    g_free(reader);
}
