/* capture_input.h
 * One capture file of several: its frames, put in order of time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <glib.h>

#include "capture_file.h"
#include "capture_records.h"
#include "follow.h"
#include "forward_steps.h"
#include "silence.h"

#define CAPTURE_STANDARD_INPUT "-"

#define CAPTURE_NONE "not a capture file of a known format"

/* No time stamp was seen yet: such a file is due immediately. */
#define CAPTURE_NO_TIME INT64_MIN

/* A frame that was read, and waits until nothing earlier can come. Its data are copied only where
 * others are read behind it; its place in the order is that of a pointer. */
struct capture_ahead {
    struct capture_ahead *next_free;
    uint64_t number; /* in the file */
    int64_t time_ns; /* CAPTURE_NO_TIME: none seen yet */
    int64_t late_ns; /* behind the latest frame before it in the file; 0: in order */
    bool is_step;    /* by more than the window, or too late for what was passed on */
    size_t cost;
    struct capture_record record;
    uint8_t *copy; /* of its data */
    size_t room;
};

/* A file, or its interfaces of one clock. */
struct capture_input {
    char *path;
    const char *name;      /* for messages */
    size_t path_index;     /* on the command line */
    size_t index;          /* orders equal times */
    int64_t time_ns;       /* of the current frame; of the first one before the file is admitted;
                              CAPTURE_NO_TIME */
    int64_t correction_ns; /* added to all times */
    const int64_t *corrections; /* of the file's interfaces: only frames of those with that one are
                                   read; NULL: all are */
    uint64_t size;
    bool is_regular;
    bool is_followed; /* its bytes come through standard input */
    bool is_primed; /* the first frame was read when the reader was opened, and not returned yet */
    struct capture_records *file; /* NULL before it is admitted and when it is finished */
    uint64_t records;             /* read from it so far */

    /* Frames read ahead, in order of time, from `first`; the current one is the first of them. */
    struct capture_ahead **ahead;
    size_t first, n_ahead, room;
    struct capture_ahead
        *step;         /* read behind them: the clock went back, so it waits for their end */
    int64_t latest_ns; /* of the frames read since the clock went back; CAPTURE_NO_TIME */
    int64_t given_ns;  /* of the frame returned last since then; CAPTURE_NO_TIME */
    bool is_at_end;    /* nothing more can be read */
    bool is_silent;    /* nothing more has come, and time has gone on */
    enum capture_status end_status; /* why, if the file is damaged; else CAPTURE_OK */
    char *end_message;
    struct capture_disorder disorder;
    struct capture_file headers; /* what they show, as it was last known */
};

/* Where the clock of a file was put forward, and not reached yet. */
struct capture_forward {
    const struct false_gap *next;
    size_t n;
    bool is_known;
};

/* What the inputs of a reader share. */
struct capture_inputs {
    int64_t window_ns;  /* 0: frames stay as they are in their file */
    bool reads_ahead;   /* also regular files, which can be read again */
    bool is_disordered; /* a file that is not read ahead has to be */
    size_t ahead_bytes; /* of the frames read ahead */
    size_t ahead_max;
    struct capture_ahead *free_ahead; /* to be used again */
    struct partial_set *partials;     /* in place of the files; NULL: the files themselves */
    struct forward_steps *steps;      /* NULL: not looked for */
    struct capture_forward *forward;  /* of each file, in the order of the command line */
    bool goes_forward;                /* a file has steps */
    struct follow *follow;            /* NULL: all inputs were known when the reader was opened */
    bool is_last;                     /* no other file will come */
    struct silence silence;           /* in what is followed */
    bool has_waited;                  /* for the next frame */
};

/* The interface, as CAPTURE_INTERFACES tells them apart. */
static inline unsigned
capture_interface_of(const struct capture_record *record)
{
    return MIN(record->interface, CAPTURE_INTERFACES - 1);
}

/* How far a time lies before another one. */
static inline int64_t
capture_lateness(int64_t time_ns, int64_t latest_ns)
{
    if (time_ns >= latest_ns)
        return 0;
    return (int64_t)MIN((uint64_t)latest_ns - (uint64_t)time_ns, INT64_MAX);
}

/* The current frame. */
static inline struct capture_ahead *
capture_input_first(const struct capture_input *input)
{
    return input->ahead[input->first];
}

/* Whether the file can be opened as a capture, as far as its beginning shows. Call wtap_init()
 * first. */
bool capture_input_is_capture(const char *path);

/* One line "FILE: what" (g_free). */
char *capture_input_error(const struct capture_input *input, const char *what);

/* An input that is not open yet; the path is copied. */
void capture_input_begin(struct capture_input *input, const char *path, size_t path_index);

/* Opens the file, and reads its first frame for its time. It stays open if it cannot be read twice
 * or is the only one. False with a message (g_free) if it cannot be opened or is not a capture. */
bool capture_input_prepare(struct capture_inputs *all, struct capture_input *input, bool is_only,
                           char **message);

/* Opens the file at its beginning; false with a message (g_free). */
bool capture_input_open(const struct capture_inputs *all, struct capture_input *input,
                        char **message);

/* Whether the open file is one that wiretap takes for a capture of a single frame. */
bool capture_input_is_document(const struct capture_input *input);

/* Of one that is followed, before it is opened or read: waits for a frame. False: none has come,
 * and the input is silent, or at its end. */
bool capture_input_wait(struct capture_inputs *all, struct capture_input *input);

/* Reads ahead as far as the order needs it. */
void capture_input_fill(struct capture_inputs *all, struct capture_input *input);

/* Goes on to the next frame; false if there is none, at the end or in silence. */
bool capture_input_advance(struct capture_inputs *all, struct capture_input *input);

/* The step of the clock, put forward, before the frame with that number; NULL: there is none. Only
 * if a file has steps, and for later and later frames of it. */
const struct false_gap *capture_input_step_before(const struct capture_inputs *all,
                                                  const struct capture_input *input,
                                                  uint64_t number);

/* What the headers showed, and the path, stay. Doing it again does nothing. */
void capture_input_close(struct capture_inputs *all, struct capture_input *input);

/* Frees memory of frames, after the last input was closed. */
void capture_inputs_clear(struct capture_inputs *all);

#endif
