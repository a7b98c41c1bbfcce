/* capture_input.c
 * One capture file of several: its frames, put in order of time.
 * [Wireshark wiretap/wtap.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_input.h"

#include <wireshark.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wiretap/wtap.h>

#include "partial_set.h"

/* What a frame that was read ahead costs at least, with the least memory for its data. */
#define AHEAD_ROOM 2048
#define AHEAD_COST (sizeof(struct capture_ahead) + AHEAD_ROOM)

/* One line "FILE: what (details)"; takes err_info. */
static char *
error_message(const struct capture_input *input, const char *what, char *err_info)
{
    char *message = err_info && *err_info
                        ? g_strdup_printf("%s: %s (%s)", input->name, what, err_info)
                        : g_strdup_printf("%s: %s", input->name, what);

    g_free(err_info);
    return g_strdelimit(message, "\r\n", ' ');
}

char *
capture_input_error(const struct capture_input *input, const char *what)
{
    return error_message(input, what, NULL);
}

static char *
open_message(const struct capture_input *input, int err, char *err_info)
{
    switch (err) {
    case WTAP_ERR_FILE_UNKNOWN_FORMAT:
        return error_message(input, CAPTURE_NONE, err_info);
    case WTAP_ERR_NOT_REGULAR_FILE:
        return error_message(input, "neither a file nor a pipe", err_info);
    case WTAP_ERR_SHORT_READ:
        return error_message(input, "the file ends in the middle of its header", err_info);
    default:
        return error_message(input, wtap_strerror(err), err_info);
    }
}

static char *
read_message(const struct capture_input *input, int err, char *err_info)
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

/* Files that are not captures, which wiretap opens as a single frame; it takes anything that starts
 * with "{" for JSON. */
static const int DOCUMENT_ENCAPS[] = {
    WTAP_ENCAP_MIME,    WTAP_ENCAP_JSON, WTAP_ENCAP_MP4,
    WTAP_ENCAP_RFC7468, WTAP_ENCAP_MPEG, WTAP_ENCAP_RUBY_MARSHAL,
};

/* ---- memory of frames ---- */

static struct capture_ahead *
ahead_new(struct capture_inputs *all)
{
    struct capture_ahead *ahead = all->free_ahead;

    if (!ahead)
        return g_new0(struct capture_ahead, 1);
    all->free_ahead = ahead->next_free;
    return ahead;
}

static void
ahead_release(struct capture_inputs *all, struct capture_ahead *ahead)
{
    ahead->next_free = all->free_ahead;
    all->free_ahead = ahead;
}

static void
ahead_free(struct capture_ahead *ahead)
{
    g_free(ahead->copy);
    g_free(ahead);
}

/* Others are about to be read from its file. Doing it again does nothing. */
static void
ahead_keep(struct capture_ahead *ahead)
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

/* Puts the frame in its place; nearly always that is the last one. Frames of equal time keep the
 * order of the file. */
static void
ahead_insert(struct capture_inputs *all, struct capture_input *input, struct capture_ahead *ahead)
{
    if (input->first + input->n_ahead == input->room) {
        if (input->first > input->room / 2) {
            memmove(input->ahead, input->ahead + input->first,
                    input->n_ahead * sizeof *input->ahead);
            input->first = 0;
        } else {
            input->room = MAX(64, input->room * 2);
            input->ahead = g_renew(struct capture_ahead *, input->ahead, input->room);
        }
    }
    struct capture_ahead **begin = input->ahead + input->first, **at = begin + input->n_ahead;
    while (at > begin && at[-1]->time_ns > ahead->time_ns)
        at--;
    memmove(at + 1, at, (size_t)(begin + input->n_ahead - at) * sizeof *at);
    *at = ahead;
    input->n_ahead++;
    ahead->cost = AHEAD_COST + ahead->record.captured;
    all->ahead_bytes += ahead->cost;
}

static void
ahead_remove_first(struct capture_inputs *all, struct capture_input *input)
{
    struct capture_ahead *ahead = capture_input_first(input);

    all->ahead_bytes -= ahead->cost;
    ahead_release(all, ahead);
    input->first++;
    if (--input->n_ahead == 0)
        input->first = 0;
}

/* ---- one file ---- */

bool
capture_input_open(const struct capture_inputs *all, struct capture_input *input, char **message)
{
    int err = 0;
    char *err_info = NULL;

    input->records = 0;
    if (all->partials) {
        input->file = capture_records_of_parts(all->partials, input->path_index);
        return true;
    }
    input->file = capture_records_open(input->is_followed ? CAPTURE_STANDARD_INPUT : input->path,
                                       input->is_regular && !input->is_followed, &err, &err_info);
    if (!input->file)
        *message = open_message(input, err, err_info);
    return input->file != NULL;
}

/* Interfaces may be described behind frames: noted whenever the file is closed. */
static void
note_headers(struct capture_input *input)
{
    struct capture_headers headers = capture_records_headers(input->file);

    input->headers.format = headers.format;
    input->headers.interfaces = headers.interfaces;
    input->headers.snap_length = headers.snap_length;
}

void
capture_input_close(struct capture_inputs *all, struct capture_input *input)
{
    while (input->n_ahead)
        ahead_remove_first(all, input);
    if (input->step)
        ahead_release(all, input->step);
    input->step = NULL;
    g_clear_pointer(&input->ahead, g_free);
    input->room = 0;
    g_clear_pointer(&input->end_message, g_free);
    input->is_at_end = false;
    input->end_status = CAPTURE_OK;
    if (input->file) {
        note_headers(input);
        if (input->is_followed && strcmp(input->path, CAPTURE_STANDARD_INPUT) != 0)
            input->size = capture_records_bytes(input->file);
        capture_records_close(input->file);
    }
    input->file = NULL;
}

/* Whether the record is a frame of the input, not one of another clock, nor something else. */
static bool
is_wanted(const struct capture_input *input, const struct capture_record *record)
{
    return record->is_frame &&
           (!input->corrections ||
            input->corrections[capture_interface_of(record)] == input->correction_ns);
}

/* Reads the next frame. */
static inline enum read_result
input_read(struct capture_input *input, struct capture_ahead *ahead, int *err, char **err_info)
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

static bool
is_read_ahead(const struct capture_inputs *all, const struct capture_input *input)
{
    return all->reads_ahead || !input->is_regular;
}

/* Whether the frame comes so long after those before it that it may be the first one of another
 * clock. */
static bool
is_behind_pause(const struct capture_input *input, int64_t time_ns)
{
    return time_ns > input->latest_ns &&
           (uint64_t)time_ns - (uint64_t)input->latest_ns > FALSE_GAP_NS &&
           input->latest_ns != CAPTURE_NO_TIME;
}

/* Looks for steps of the clock in a file with a pause, which is read to its end for that. */
static void
look_forward(struct capture_inputs *all, const struct capture_input *input)
{
    struct capture_forward *forward = all->forward ? &all->forward[input->path_index] : NULL;

    if (!forward || forward->is_known || !input->is_regular)
        return;
    forward->next = forward_steps_of(all->steps, input->path_index, &forward->n);
    forward->is_known = true;
    all->goes_forward |= forward->n > 0;
}

const struct false_gap *
capture_input_step_before(const struct capture_inputs *all, const struct capture_input *input,
                          uint64_t number)
{
    struct capture_forward *forward = &all->forward[input->path_index];
    const struct false_gap *step = NULL;

    while (forward->n && forward->next->record <= number) {
        step = forward->next++;
        forward->n--;
    }
    return step;
}

/* For how time goes on behind it. */
static void
note_time(struct capture_inputs *all, const struct capture_input *input,
          const struct capture_ahead *ahead)
{
    int64_t now_ns = all->has_waited ? g_get_real_time() * 1000 : SILENCE_NO_TIME;

    if (ahead->record.has_time)
        silence_take(&all->silence, ahead->time_ns, input->latest_ns, now_ns);
    all->has_waited = false;
}

/* Puts a frame that was read in its place. If the clock went back, what was read before comes
 * first, and the order begins anew. */
static void
take_read(struct capture_inputs *all, struct capture_input *input, struct capture_ahead *ahead)
{
    ahead_keep(ahead);
    if (is_behind_pause(input, ahead->time_ns))
        look_forward(all, input);
    ahead->late_ns = input->latest_ns == CAPTURE_NO_TIME
                         ? 0
                         : capture_lateness(ahead->time_ns, input->latest_ns);
    ahead->is_step = ahead->late_ns > all->window_ns ||
                     (is_read_ahead(all, input) && ahead->late_ns &&
                      input->given_ns != CAPTURE_NO_TIME && ahead->time_ns < input->given_ns);
    if (ahead->is_step && input->n_ahead > 0) {
        input->step = ahead;
        return;
    }
    if (ahead->is_step)
        input->given_ns = CAPTURE_NO_TIME;
    else if (ahead->late_ns && !is_read_ahead(all, input))
        all->is_disordered = true;
    input->latest_ns = ahead->late_ns && !ahead->is_step ? input->latest_ns : ahead->time_ns;
    if (all->follow)
        note_time(all, input, ahead);
    ahead_insert(all, input, ahead);
}

/* Whether an earlier frame than the first one may still come. */
static bool
must_read_on(const struct capture_inputs *all, const struct capture_input *input)
{
    if (input->n_ahead == 0 || !is_read_ahead(all, input))
        return input->n_ahead == 0;
    return capture_lateness(capture_input_first(input)->time_ns, input->latest_ns) <
               all->window_ns &&
           all->ahead_bytes < all->ahead_max;
}

/* Whether the rest of the block was still to be written when the end was asked for. */
static bool
is_unfinished(const struct capture_inputs *all, int err)
{
    return all->follow && err == WTAP_ERR_SHORT_READ && follow_is_ending(all->follow);
}

bool
capture_input_wait(struct capture_inputs *all, struct capture_input *input)
{
    int64_t offset = input->file ? capture_records_offset(input->file) : -1;
    enum follow_wait found;

    do {
        found = follow_wait(all->follow, offset);
        if (found != FOLLOW_NOTHING)
            break;
        all->has_waited = true;
        input->is_silent = silence_passes(&all->silence, g_get_real_time() * 1000,
                                          follow_silent_ns(all->follow), all->ahead_bytes > 0);
    } while (!input->is_silent);
    if (found == FOLLOW_ENDED)
        input->is_at_end = all->is_last = true;
    return found == FOLLOW_READY;
}

/* Reads the next frame, or notes why there is none. */
static inline bool
read_next(struct capture_inputs *all, struct capture_input *input, struct capture_ahead *ahead)
{
    int err;
    char *err_info;
    enum read_result result;

    if (all->follow && !capture_input_wait(all, input))
        return false;
    result = input_read(input, ahead, &err, &err_info);
    if (result == READ_RECORD)
        return true;
    input->is_at_end = true;
    if (result == READ_FAILED && is_unfinished(all, err)) {
        g_free(err_info);
    } else if (result == READ_FAILED) {
        input->end_message = read_message(input, err, err_info);
        input->end_status = read_status(err);
    }
    return false;
}

void
capture_input_fill(struct capture_inputs *all, struct capture_input *input)
{
    if (input->step && input->n_ahead == 0) {
        struct capture_ahead *step = input->step;

        input->step = NULL;
        take_read(all, input, step);
    }
    input->is_silent = false;
    while (!input->is_at_end && !input->is_silent && !input->step && must_read_on(all, input)) {
        struct capture_ahead *ahead = ahead_new(all);

        if (read_next(all, input, ahead))
            take_read(all, input, ahead);
        else
            ahead_release(all, ahead);
    }
    if (input->n_ahead)
        input->time_ns = capture_input_first(input)->time_ns;
}

bool
capture_input_advance(struct capture_inputs *all, struct capture_input *input)
{
    struct capture_ahead *ahead = capture_input_first(input);

    /* The usual case, short: the frame makes room for the next one, which is not earlier. */
    if (!is_read_ahead(all, input)) {
        if (!read_next(all, input, ahead))
            return false;
        if (ahead->time_ns >= input->latest_ns) {
            ahead->late_ns = 0;
            if (is_behind_pause(input, ahead->time_ns))
                look_forward(all, input);
            input->time_ns = input->latest_ns = ahead->time_ns;
            return true;
        }
        input->n_ahead = input->first = 0;
        all->ahead_bytes -= ahead->cost;
        take_read(all, input, ahead);
    } else {
        input->given_ns = ahead->time_ns;
        ahead_remove_first(all, input);
    }
    capture_input_fill(all, input);
    return input->n_ahead > 0;
}

/* Checks what the file system knows, for clearer messages than the contents would give. */
static bool
input_examine(const struct partial_set *partials, struct capture_input *input, char **message)
{
    struct stat info;

    if (partials) {
        input->is_regular = true;
        input->size = partial_set_capture(partials, input->path_index)->size;
        return true;
    }
    bool is_standard_input = strcmp(input->path, CAPTURE_STANDARD_INPUT) == 0;
    int failed = is_standard_input ? fstat(STDIN_FILENO, &info) : stat(input->path, &info);

    if (failed)
        *message = capture_input_error(input, g_strerror(errno));
    else if (S_ISDIR(info.st_mode))
        *message = capture_input_error(input, "is a directory");
    else if (S_ISREG(info.st_mode) && info.st_size == 0)
        *message = capture_input_error(input, "the file is empty");
    else {
        input->is_regular = S_ISREG(info.st_mode) && !is_standard_input;
        input->size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
        return true;
    }
    return false;
}

bool
capture_input_is_document(const struct capture_input *input)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DOCUMENT_ENCAPS); i++) {
        if (capture_records_headers(input->file).encap == DOCUMENT_ENCAPS[i])
            return true;
    }
    return false;
}

bool
capture_input_is_capture(const char *path)
{
    const struct capture_inputs none = { .partials = NULL };
    struct capture_input input = { .path = (char *)path, .name = path };
    g_autofree char *message = NULL;
    bool is_capture =
        input_examine(NULL, &input, &message) && capture_input_open(&none, &input, &message);

    if (is_capture) {
        is_capture = !capture_input_is_document(&input);
        capture_records_close(input.file);
    }
    return is_capture;
}

bool
capture_input_prepare(struct capture_inputs *all, struct capture_input *input, bool is_only,
                      char **message)
{
    if (!input_examine(all->partials, input, message) || !capture_input_open(all, input, message))
        return false;
    if (capture_input_is_document(input)) {
        *message = capture_input_error(input, CAPTURE_NONE);
        return false;
    }
    note_headers(input);
    struct capture_ahead *ahead = ahead_new(all);
    int err;
    char *err_info;
    enum read_result result = input_read(input, ahead, &err, &err_info);
    g_free(err_info);
    if (result == READ_RECORD)
        take_read(all, input, ahead);
    else
        ahead_release(all, ahead);
    /* ERF has no file header, so an empty pipe looks like a capture without frames. */
    if (result == READ_END && capture_records_headers(input->file).encap == WTAP_ENCAP_ERF) {
        *message = capture_input_error(input, "empty, or cut off before the first packet");
        return false;
    }
    if (result == READ_RECORD)
        input->time_ns = ahead->time_ns;
    input->is_primed = result == READ_RECORD && (is_only || !input->is_regular);
    /* A file that fails here is due immediately, and the error is reported then. */
    if (!input->is_primed) {
        capture_input_close(all, input);
        input->latest_ns = CAPTURE_NO_TIME;
    }
    return true;
}

void
capture_input_begin(struct capture_input *input, const char *path, size_t path_index)
{
    *input = (struct capture_input){ .path = g_strdup(path),
                                     .path_index = path_index,
                                     .index = path_index,
                                     .time_ns = CAPTURE_NO_TIME,
                                     .latest_ns = CAPTURE_NO_TIME,
                                     .given_ns = CAPTURE_NO_TIME };
    input->name = strcmp(path, CAPTURE_STANDARD_INPUT) == 0 ? "standard input" : input->path;
    input->disorder.name = input->name;
}

void
capture_inputs_clear(struct capture_inputs *all)
{
    for (struct capture_ahead *next; all->free_ahead; all->free_ahead = next) {
        next = all->free_ahead->next_free;
        ahead_free(all->free_ahead);
    }
}
