/* capture_reader.h
 * Frames of several capture files as one stream in time order, through wiretap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_frame {
    uint64_t number; /* from 1; with several files, counted over all of them in time order */
    int64_t time_ns; /* since the epoch; of the frame before when the record has no time stamp */
    int encap;       /* WTAP_ENCAP_* */
    const uint8_t *data;
    size_t captured;
    size_t on_wire;
};

enum capture_status {
    CAPTURE_OK,  /* a frame was read */
    CAPTURE_END, /* all files are read to their ends */
    CAPTURE_CUT, /* a file ended in the middle of a record or is damaged; the message says which;
                    the other files go on */
    CAPTURE_UNREADABLE /* a file could not be opened again, or read; message and other files as with
                          CAPTURE_CUT */
};

struct capture_reader;

/*
 * Opens every file ("-" is standard input) and finds the time of its first frame; files may overlap
 * in time (captures of several hops) and are then merged by time stamp. A frame never moves before
 * one that precedes it in its own file. Files that are not yet due stay closed, so that a long ring
 * of files needs few descriptors. Returns NULL with a message for one line in `*message` (g_free)
 * if any file cannot be opened, is a directory, is empty or is no capture. Call wtap_init() first.
 */
struct capture_reader *capture_reader_open(char *const *paths, size_t n_paths, char **message);

/*
 * Reads the next frame; its data stay valid until the next call. With CAPTURE_CUT or
 * CAPTURE_UNREADABLE, `*message` (g_free) tells what happened, and the next call goes on.
 */
enum capture_status capture_reader_next(struct capture_reader *reader, struct capture_frame *frame,
                                        char **message);

/* Bytes of the files read so far (as stored, compressed or not) and in all; the total is 0 when it
 * is not known (standard input). */
void capture_reader_progress(const struct capture_reader *reader, uint64_t *done, uint64_t *total);

void capture_reader_close(struct capture_reader *reader);

#endif
