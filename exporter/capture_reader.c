/* capture_reader.c
 * Frames of several capture files as one stream in time order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture_input.h"

/* Memory for frames that were read ahead to be put in order, of all files, if nothing else is
 * wanted. */
#define AHEAD_BYTES (64 * 1024 * 1024)

struct capture_reader {
    size_t n_paths;
    struct capture_input *inputs; /* ordered by their first frames, once open */
    size_t n_inputs;
    size_t n_admitted;           /* inputs from here on are not admitted yet */
    struct capture_input **heap; /* admitted ones; the one with the earliest frame first */
    size_t n_heap;
    bool root_given; /* the first one's frame was returned */
    struct capture_inputs all;
    bool has_interfaces; /* a file has several */
    uint64_t frames;     /* returned so far, of several files */
    int64_t last_ns;
    uint64_t bytes_done; /* of finished inputs */
    uint64_t bytes_total;
    struct capture_secrets_user secrets;

    struct capture_input *silent;  /* has no frame now, and is not at its end; or NULL */
    struct capture_input *opening; /* is to be opened when a frame has come; or NULL */
    int opening_error;             /* an errno: it cannot be */
    uint64_t n_followed; /* files so far; the last ones are inputs by this number, modulo */
    void (*retired)(void *context, size_t file);
    void *context;
};

static int
compare_inputs(const void *a, const void *b)
{
    const struct capture_input *left = (const struct capture_input *)a,
                               *right = (const struct capture_input *)b;

    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static void
heap_down(struct capture_reader *reader)
{
    struct capture_input **heap = reader->heap;

    for (size_t at = 0, child; (child = 2 * at + 1) < reader->n_heap; at = child) {
        if (child + 1 < reader->n_heap && compare_inputs(heap[child + 1], heap[child]) < 0)
            child++;
        if (compare_inputs(heap[at], heap[child]) <= 0)
            return;
        struct capture_input *moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

static void
heap_push(struct capture_reader *reader, struct capture_input *input)
{
    struct capture_input **heap = reader->heap;
    size_t at = reader->n_heap++;

    while (at > 0 && compare_inputs(input, heap[(at - 1) / 2]) < 0) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = input;
}

/* The file is done, or cannot be read further. */
static enum capture_status
input_finish(struct capture_reader *reader, struct capture_input *input, char **message)
{
    enum capture_status status = input->end_status;

    *message = g_steal_pointer(&input->end_message);
    capture_records_take_secrets(input->file, &reader->secrets);
    capture_input_close(&reader->all, input);
    input->headers.end = status == CAPTURE_OK ? CAPTURE_END : status;
    reader->bytes_done += input->size;
    return status;
}

/* No frame of the file waits: it is done, or nothing comes. */
static enum capture_status
input_leave(struct capture_reader *reader, struct capture_input *input, char **message)
{
    if (input->is_at_end)
        return input_finish(reader, input, message);
    reader->silent = input;
    return CAPTURE_OK;
}

/* Advances the file whose frame was returned last. */
static enum capture_status
advance_root(struct capture_reader *reader, char **message)
{
    struct capture_input *root = reader->heap[0];
    enum capture_status status = CAPTURE_OK;

    reader->root_given = false;
    if (capture_input_advance(&reader->all, root)) {
        capture_records_take_secrets(root->file, &reader->secrets);
    } else {
        status = input_leave(reader, root, message);
        reader->heap[0] = reader->heap[--reader->n_heap];
    }
    heap_down(reader);
    return status;
}

/* Reads the first frames of a file that is open. */
static enum capture_status
enter(struct capture_reader *reader, struct capture_input *input, char **message)
{
    capture_input_fill(&reader->all, input);
    capture_records_take_secrets(input->file, &reader->secrets);
    if (input->n_ahead == 0)
        return input_leave(reader, input, message);
    heap_push(reader, input);
    return CAPTURE_OK;
}

/* Admits the next file: reads its first frame again, unless that was kept. */
static enum capture_status
admit(struct capture_reader *reader, char **message)
{
    struct capture_input *input = &reader->inputs[reader->n_admitted++];

    if (!input->is_primed && !capture_input_open(&reader->all, input, message)) {
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
    int64_t ahead_ns = reader->all.reads_ahead ? reader->all.window_ns : 0;

    return reader->n_admitted < reader->n_inputs &&
           (reader->n_heap == 0 ||
            capture_lateness(reader->heap[0]->time_ns,
                             reader->inputs[reader->n_admitted].time_ns) <= ahead_ns);
}

/* An input for each clock of the file. */
static void
add_inputs(struct capture_reader *reader, size_t path_index, const char *path,
           const int64_t *corrections)
{
    for (size_t i = 0; i < (corrections ? CAPTURE_INTERFACES : 1); i++) {
        struct capture_input *input = &reader->inputs[reader->n_inputs];
        size_t same = 0;

        while (same < i && corrections[same] != corrections[i])
            same++;
        if (same < i)
            continue;
        capture_input_begin(input, path, path_index);
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
    reader->inputs = g_new0(struct capture_input, n_paths * clocks + 1);
    reader->heap = g_new0(struct capture_input *, n_paths * clocks);
    reader->n_paths = n_paths;
    reader->all.window_ns = order->window_ns;
    reader->all.ahead_max = order->ahead_bytes ? order->ahead_bytes : AHEAD_BYTES;
    reader->all.reads_ahead = order->reads_ahead;
    reader->all.partials = order->partials;
    reader->all.steps = order->forward;
    if (reader->all.steps)
        reader->all.forward = g_new0(struct capture_forward, n_paths);
    for (size_t i = 0; i < n_paths; i++)
        add_inputs(reader, i, paths[i],
                   order->corrections ? order->corrections + i * CAPTURE_INTERFACES : NULL);
    bool all_sized = true;
    for (size_t i = 0; i < reader->n_inputs; i++) {
        struct capture_input *input = &reader->inputs[i];

        if (strcmp(input->path, CAPTURE_STANDARD_INPUT) == 0 && n_paths > 1)
            *message = capture_input_error(input, "cannot be combined with other captures");
        else if (capture_input_prepare(&reader->all, input, reader->n_inputs == 1, message)) {
            reader->has_interfaces |= input->headers.interfaces > 1;
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

    reader->inputs = g_new0(struct capture_input, CAPTURE_FOLLOWED);
    reader->heap = g_new0(struct capture_input *, CAPTURE_FOLLOWED);
    reader->n_paths = follow_is_of_folder(order->follow) ? CAPTURE_FOLLOWED : 1;
    reader->all.window_ns = order->window_ns;
    reader->all.ahead_max = order->ahead_bytes ? order->ahead_bytes : AHEAD_BYTES;
    reader->all.reads_ahead = true;
    reader->all.follow = order->follow;
    reader->all.silence = silence_begin(order->window_ns);
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
    const struct capture_input *last =
        &reader->inputs[(reader->n_followed + CAPTURE_FOLLOWED - 1) % CAPTURE_FOLLOWED];
    const struct capture_input *place = &reader->inputs[reader->n_followed % CAPTURE_FOLLOWED];

    return reader->opening ||
           (!reader->all.is_last && (!last->file || last->is_at_end) && !place->file);
}

static enum capture_status
open_followed(struct capture_reader *reader, struct capture_input *input, int error, char **message)
{
    if (error)
        *message = capture_input_error(input, error == ENOENT ? "vanished before it was read"
                                                              : g_strerror(error));
    if (!error && capture_input_open(&reader->all, input, message) &&
        capture_input_is_document(input)) {
        *message = capture_input_error(input, CAPTURE_NONE);
        capture_input_close(&reader->all, input);
    }
    if (!*message)
        return CAPTURE_OK;
    input->headers.end = CAPTURE_UNREADABLE;
    return CAPTURE_UNREADABLE;
}

/* Waits for the next file; false if none will come. */
static bool
begin_next(struct capture_reader *reader)
{
    size_t place = reader->n_followed % CAPTURE_FOLLOWED;
    struct capture_input *input = &reader->inputs[place];
    const char *path = follow_pause(reader->all.follow)
                           ? follow_next(reader->all.follow, &reader->opening_error)
                           : NULL;

    reader->all.is_last = !path;
    if (!path)
        return false;
    if (input->path && reader->retired)
        reader->retired(reader->context, reader->n_followed - CAPTURE_FOLLOWED);
    g_free(input->path);
    capture_input_begin(input, path, reader->n_followed++);
    input->is_followed = true;
    reader->n_inputs = reader->n_admitted = MIN(reader->n_followed, CAPTURE_FOLLOWED);
    reader->opening = input;
    return true;
}

/* Waits for the next file and its first frames: what opens it reads up to the first of them. */
static enum capture_status
follow_on(struct capture_reader *reader, char **message)
{
    if (!reader->opening && !begin_next(reader))
        return CAPTURE_OK;
    struct capture_input *input = reader->opening;
    input->is_silent = false;
    bool is_there = reader->opening_error || capture_input_wait(&reader->all, input);
    if (input->is_silent)
        return CAPTURE_SILENT;
    reader->opening = NULL;
    if (!is_there)
        return CAPTURE_OK;
    enum capture_status status = open_followed(reader, input, reader->opening_error, message);
    return status == CAPTURE_OK ? enter(reader, input, message) : status;
}

/* Files that are followed: goes on with what was silent, or the next one. */
static enum capture_status
follow_files(struct capture_reader *reader, char **message)
{
    struct capture_input *silent = g_steal_pointer(&reader->silent);
    enum capture_status status = silent ? enter(reader, silent, message) : CAPTURE_OK;

    while (status == CAPTURE_OK && wants_next(reader))
        status = follow_on(reader, message);
    return status;
}

/* Nothing comes: the file that is waited for, and the time. */
static void
tell_silence(const struct capture_reader *reader, struct capture_frame *frame)
{
    const struct capture_input *input = reader->silent ? reader->silent : reader->opening;

    *frame =
        (struct capture_frame){ .time_ns = reader->all.silence.told_ns, .file = input->path_index };
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
    if (status == CAPTURE_OK && reader->all.follow)
        status = follow_files(reader, message);
    if (status != CAPTURE_OK && status != CAPTURE_SILENT)
        return status;
    if (reader->all.is_disordered)
        return CAPTURE_DISORDERED;
    if (reader->n_heap == 0 && (reader->silent || reader->opening)) {
        tell_silence(reader, frame);
        return CAPTURE_SILENT;
    }
    if (reader->n_heap == 0)
        return CAPTURE_END;

    struct capture_input *root = reader->heap[0];
    struct capture_ahead *ahead = capture_input_first(root);
    const struct capture_record *record = &ahead->record;

    if (ahead->time_ns != CAPTURE_NO_TIME)
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
        .interface = capture_interface_of(record),
        .correction_ns = root->correction_ns,
        .back_ns = ahead->is_step ? ahead->late_ns : 0,
    };
    if (ahead->late_ns)
        capture_misplaced_add(ahead->is_step ? &root->disorder.steps : &root->disorder.reordered,
                              frame, ahead->late_ns);
    if (reader->all.goes_forward &&
        (frame->forward = capture_input_step_before(&reader->all, root, ahead->number)))
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
        const struct capture_input *input = &reader->inputs[i];
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
        capture_input_close(&reader->all, &reader->inputs[i]);
        g_free(reader->inputs[i].path);
    }
    capture_inputs_clear(&reader->all);
    g_free(reader->inputs);
    g_free(reader->heap);
    g_free(reader->all.forward);
    g_free(reader);
}
