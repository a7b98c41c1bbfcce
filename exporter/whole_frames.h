/* whole_frames.h
 * Where frames end in the bytes of a pcap or pcapng file, as far as they have come: whether the
 * next one can be read without waiting for the rest of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WHOLE_FRAMES_H
#define WHOLE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHOLE_FRAMES_HEAD 24

/* All zero, nothing has come yet. */
struct whole_frames {
    enum whole_frames_format {
        WHOLE_FRAMES_BEGIN,
        WHOLE_FRAMES_PCAP,
        WHOLE_FRAMES_PCAPNG,
        WHOLE_FRAMES_UNKNOWN /* another format, compressed, or damaged */
    } format;
    bool big_endian;
    uint8_t head[WHOLE_FRAMES_HEAD]; /* of the record under way, */
    size_t n_head;                   /* as far as it is there, */
    uint64_t left;                   /* and bytes behind it that are still to come */
    bool is_frame;                   /* the record is one */
    uint64_t at, seen;               /* where it begins, and how many bytes have come */
    bool any;                        /* a frame is there: */
    uint64_t last_at, end;           /* where the last one begins and ends */
};

/* What comes next. */
void whole_frames_take(struct whole_frames *frames, const uint8_t *bytes, size_t length);

/* Whether a frame is there that begins behind `at`; -1: any. */
static inline bool
whole_frames_behind(const struct whole_frames *frames, int64_t at)
{
    return frames->any && (at < 0 || frames->last_at > (uint64_t)at);
}

/* Bytes that have come behind the last frame. */
static inline uint64_t
whole_frames_rest(const struct whole_frames *frames)
{
    return frames->seen - frames->end;
}

#endif
