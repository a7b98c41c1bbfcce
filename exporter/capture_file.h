/* capture_file.h
 * What is known of a capture file: its headers, its end, the order of its frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include <stdint.h>

/* Interfaces of a file that are told apart, by their numbers; those behind them count as the last.
 */
#define CAPTURE_INTERFACES 16

enum capture_status {
    CAPTURE_OK,  /* a frame was read */
    CAPTURE_END, /* every file was read to its end */
    CAPTURE_CUT, /* a file ends in the middle of a record or is damaged; the message names it;
                    reading continues with the others */
    CAPTURE_UNREADABLE, /* a file could not be reopened or read; otherwise as CAPTURE_CUT */
    CAPTURE_SILENT,     /* nothing comes in what is followed: time has gone on, see silence.h */
    CAPTURE_DISORDERED, /* a frame should have come earlier: the files have to be opened again, to
                           be read ahead */
};

/* Frames at a place where they do not belong. */
struct capture_misplaced {
    uint64_t frames;
    int64_t largest_ns;   /* the largest distance in time from their place */
    uint64_t first_frame; /* number and time of the first of them */
    int64_t first_ns;
};

/* Frames of a file that are earlier than one before them. */
struct capture_disorder {
    const char *name;                   /* of the file */
    struct capture_misplaced reordered; /* within the window: put in order */
    struct capture_misplaced steps;     /* beyond it: the clock went back */
    struct capture_misplaced forward;   /* none of both: the clock was put forward before them */
    int64_t forward_within_ns;          /* how exactly the largest of these steps is known */
};

/* A file, as its headers and its end show it; of what is unknown so far, 0 or NULL. */
struct capture_file {
    const char *name;        /* as on the command line; "standard input" */
    const char *format;      /* wiretap's name: "pcapng" */
    uint64_t size;           /* in bytes, as stored; 0: a pipe */
    unsigned interfaces;     /* that it describes */
    uint32_t snap_length;    /* the least of its interfaces; 0: none is given */
    enum capture_status end; /* CAPTURE_END, CAPTURE_CUT, CAPTURE_UNREADABLE; CAPTURE_OK: not yet */
    uint64_t reordered;      /* frames, see struct capture_disorder */
    uint64_t steps;          /* of both kinds */
};

#endif
