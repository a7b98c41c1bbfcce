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
    uint64_t number; /* from 1, counted over all files in time order */
    int64_t time_ns; /* since the epoch; that of the previous frame if the record has none */
    int encap;       /* WTAP_ENCAP_* */
    const uint8_t *data;
    size_t captured;
    size_t on_wire;
    size_t file; /* on the command line, from 0 */
};

enum capture_status {
    CAPTURE_OK,        /* a frame was read */
    CAPTURE_END,       /* every file was read to its end */
    CAPTURE_CUT,       /* a file ends in the middle of a record or is damaged; the message names it;
                          reading continues with the others */
    CAPTURE_UNREADABLE /* a file could not be reopened or read; otherwise as CAPTURE_CUT */
};

struct capture_reader;

/*
 * Opens every file ("-" is standard input) and reads the time of its first frame. Files that
 * overlap in time (captures of several hops) are merged by time stamp; the order of frames within
 * one file is kept. Files are closed until they are due, so that a long ring of files needs few
 * descriptors. Returns NULL with a one-line message in `*message` (g_free) if a file cannot be
 * opened, is a directory, is empty or is not a capture. Call wtap_init() first.
 */
struct capture_reader *capture_reader_open(char *const *paths, size_t n_paths, char **message);

/* Adds that much to all times of a file, the position of which on the command line is given. Only
 * before the first capture_reader_next(). */
void capture_reader_correct(struct capture_reader *reader, size_t file, int64_t by_ns);

/*
 * Reads the next frame; its data are valid until the next call. With CAPTURE_CUT or
 * CAPTURE_UNREADABLE, `*message` (g_free) describes the problem, and the next call continues.
 */
enum capture_status capture_reader_next(struct capture_reader *reader, struct capture_frame *frame,
                                        char **message);

/* Bytes read so far (as stored, compressed or not) and in total; the total is 0 if it is unknown
 * (standard input). */
void capture_reader_progress(const struct capture_reader *reader, uint64_t *done, uint64_t *total);

void capture_reader_close(struct capture_reader *reader);

#endif
