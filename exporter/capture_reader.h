/* capture_reader.h
 * Frames of several capture files as one stream in time order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture_file.h"
#include "capture_secrets.h"
#include "follow.h"
#include "forward_steps.h"

struct capture_frame {
    uint64_t number; /* from 1, as Wireshark has it: in the file; of several, in time order */
    int64_t time_ns; /* since the epoch; that of the previous frame if the record has none */
    int encap;       /* WTAP_ENCAP_* */
    const uint8_t *data;
    size_t captured;
    size_t on_wire;
    size_t packed; /* see struct capture_record */
    size_t file;   /* on the command line, from 0; of those that are followed, in their order */
    unsigned interface; /* of the file, below CAPTURE_INTERFACES; 0 in formats without interfaces */
    int64_t correction_ns; /* that the time contains, see struct capture_order */
    int64_t back_ns; /* by which the time went back before it in the file, beyond the window */
    const struct false_gap *forward; /* the clock was put forward before it in the file; or NULL */
};

struct partial_set; /* partial_set.h */

/* What is done about the times of frames, and with frames of one file that are not in order of
 * them. */
struct capture_order {
    /* To be added to the times of each interface of each file, in the order of the command line:
     * CAPTURE_INTERFACES of a file in a row; NULL: nothing. */
    const int64_t *corrections;
    int64_t window_ns;            /* how late a frame may be to be put in order; 0: never */
    bool reads_ahead;             /* from the beginning, see capture_reader_open() */
    size_t ahead_bytes;           /* memory for that; 0: 64 MiB */
    struct follow *follow;        /* files that are still being written; NULL: read what is there */
    struct partial_set *partials; /* in place of the files; NULL: the files themselves */
    struct forward_steps *forward; /* where clocks were put forward; NULL: that is not looked for */
};

/* Files that are followed of which something may be known at the same time: the last ones. */
#define CAPTURE_FOLLOWED 64

void capture_misplaced_add(struct capture_misplaced *misplaced, const struct capture_frame *frame,
                           int64_t by_ns);

struct capture_reader;

/*
 * Opens every file ("-" is standard input) and reads the time of its first frame. Files that
 * overlap in time (captures of several hops) are merged by time stamp. Files are closed until they
 * are due, so that a long ring of files needs few descriptors.
 *
 * Frames of one file that are not in order of time, as of several interfaces or queues, are put in
 * order if they are no more than the window late. For this, frames are read ahead for as long, in
 * at most 64 MiB. That costs time and is seldom needed, so regular files are read ahead only with
 * `reads_ahead`; without it, capture_reader_next() ends with CAPTURE_DISORDERED where it would have
 * been needed. A frame that is later than the window stays behind all frames before it in its file.
 *
 * Interfaces of one file whose corrections differ are merged like files of their own.
 *
 * Returns NULL with a one-line message in `*message` (g_free) if a file cannot be opened, is a
 * directory, is empty or is not a capture. Call wtap_init() first.
 */
struct capture_reader *capture_reader_open(char *const *paths, size_t n_paths,
                                           const struct capture_order *order, char **message);

/*
 * Reads the next frame; its data are valid until the next call. With CAPTURE_CUT or
 * CAPTURE_UNREADABLE, `*message` (g_free) describes the problem, and the next call continues.
 */
enum capture_status capture_reader_next(struct capture_reader *reader, struct capture_frame *frame,
                                        char **message);

/*
 * The same for files that are followed (`order->follow`): capture_reader_next() opens one after the
 * other as they come, and waits for their frames. They are read ahead, so that a frame is returned
 * when one has come that is later by the window, or nothing more comes, see silence.h: then with
 * CAPTURE_SILENT, of `*frame` the time is one that has passed, and the file the one that is waited
 * for. A file that cannot be opened or read is told as in
 * the middle of others; a block that is not complete when the end is asked for is nothing wrong.
 * `retired` is called, if not NULL, before a file is forgotten: CAPTURE_FOLLOWED others have come
 * since.
 */
struct capture_reader *capture_reader_follow(const struct capture_order *order,
                                             void (*retired)(void *context, size_t file),
                                             void *context);

/* The time of the first frame of the file at that place of the command line, before any frame is
 * read; INT64_MIN: it has none. */
int64_t capture_reader_first_ns(const struct capture_reader *reader, size_t path_index);

/* Whether a file says at its beginning that it has several interfaces. */
bool capture_reader_has_interfaces(const struct capture_reader *reader);

/* Whether a file that is being read is of a kind that may have key logs inside. */
bool capture_reader_may_have_secrets(const struct capture_reader *reader);

/* Whether the next frame may take long to come, because a file is a pipe. */
bool capture_reader_may_wait(const struct capture_reader *reader);

/* Passes on the key logs inside the files as they are read, before the first frame that stands
 * behind one. Before the first frame. */
void capture_reader_use_secrets(struct capture_reader *reader,
                                const struct capture_secrets_user *user);

/* Bytes read so far (as stored, compressed or not) and in total; the total is 0 if it is unknown
 * (standard input). */
void capture_reader_progress(const struct capture_reader *reader, uint64_t *done, uint64_t *total);

/* What is known so far of the order in a file, the files by their first frames; NULL: there is no
 * such file. Valid until the reader is closed. */
const struct capture_disorder *capture_reader_disorder(const struct capture_reader *reader,
                                                       size_t file);

/* The file at that place of the command line, or one of the last CAPTURE_FOLLOWED followed; its
 * strings are valid until the reader is closed, or the file retired. */
struct capture_file capture_reader_file(const struct capture_reader *reader, size_t path_index);

/* How many files were followed so far. */
size_t capture_reader_followed(const struct capture_reader *reader);

void capture_reader_close(struct capture_reader *reader);

#endif
