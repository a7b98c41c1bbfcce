/* whole_frames.c
 * Where frames end in the bytes of a pcap or pcapng file.
 * [draft-ietf-opsawg-pcap], [draft-ietf-opsawg-pcapng]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "whole_frames.h"

#include <glib.h>
#include <string.h>

#include "base/cursor.h"

#define MAGIC 4
#define PCAP_RECORD 16
#define PCAP_MAGIC_US 0xA1B2C3D4
#define PCAP_MAGIC_NS 0xA1B23C4D

/* The head of a block, with what shows the order of bytes of a section. */
#define PCAPNG_HEAD 12
#define PCAPNG_SECTION 0x0A0D0D0A
#define PCAPNG_ORDER 0x1A2B3C4D
#define PCAPNG_PACKET 2
#define PCAPNG_SIMPLE 3
#define PCAPNG_ENHANCED 6

/* More than a record of any size that wiretap takes. */
#define LENGTH_MAX (256U * 1024 * 1024)

static uint32_t
u32_at(const struct whole_frames *frames, size_t at)
{
    struct oa_cursor cursor = oa_cursor_over(frames->head + at, 4);

    cursor.big_endian = frames->big_endian;
    return oa_cursor_u32(&cursor);
}

/* How many bytes of the record under way show how long it is. */
static size_t
head_length(const struct whole_frames *frames)
{
    switch (frames->format) {
    case WHOLE_FRAMES_PCAP:
        return frames->at ? PCAP_RECORD : WHOLE_FRAMES_HEAD;
    case WHOLE_FRAMES_PCAPNG:
        return PCAPNG_HEAD;
    default:
        return MAGIC;
    }
}

/* The format, by the first bytes of the file; the head of its first record goes on. */
static void
recognise(struct whole_frames *frames)
{
    uint32_t magic = u32_at(frames, 0), other = GUINT32_SWAP_LE_BE(magic);

    frames->big_endian = other == PCAP_MAGIC_US || other == PCAP_MAGIC_NS;
    if (magic == PCAP_MAGIC_US || magic == PCAP_MAGIC_NS || frames->big_endian)
        frames->format = WHOLE_FRAMES_PCAP;
    else
        frames->format = magic == PCAPNG_SECTION ? WHOLE_FRAMES_PCAPNG : WHOLE_FRAMES_UNKNOWN;
}

static void
begin_pcap(struct whole_frames *frames)
{
    frames->is_frame = frames->at > 0;
    frames->left = frames->is_frame ? u32_at(frames, 8) : 0;
}

static void
begin_pcapng(struct whole_frames *frames)
{
    uint32_t type = u32_at(frames, 0), length;

    if (type == PCAPNG_SECTION) { /* the same in either order */
        frames->big_endian = false;
        frames->big_endian = u32_at(frames, 8) != PCAPNG_ORDER;
    }
    length = u32_at(frames, 4);
    frames->is_frame = type == PCAPNG_ENHANCED || type == PCAPNG_SIMPLE || type == PCAPNG_PACKET;
    frames->left = length - PCAPNG_HEAD; /* below it, more than any length */
}

static void
begin_record(struct whole_frames *frames)
{
    if (frames->format == WHOLE_FRAMES_PCAP)
        begin_pcap(frames);
    else
        begin_pcapng(frames);
    if (frames->left > LENGTH_MAX)
        frames->format = WHOLE_FRAMES_UNKNOWN;
}

/* The record is there. */
static void
end_record(struct whole_frames *frames)
{
    if (frames->is_frame) {
        frames->any = true;
        frames->last_at = frames->at;
        frames->end = frames->seen;
    }
    frames->at = frames->seen;
    frames->n_head = 0;
}

/* Takes what belongs to the head of a record; returns how much that is. */
static size_t
take_head(struct whole_frames *frames, const uint8_t *bytes, size_t length)
{
    size_t n = MIN(head_length(frames) - frames->n_head, length);

    memcpy(frames->head + frames->n_head, bytes, n);
    frames->n_head += n;
    if (frames->n_head < head_length(frames))
        return n;
    if (frames->format == WHOLE_FRAMES_BEGIN)
        recognise(frames);
    else
        begin_record(frames);
    return n;
}

void
whole_frames_take(struct whole_frames *frames, const uint8_t *bytes, size_t length)
{
    while (length && frames->format != WHOLE_FRAMES_UNKNOWN) {
        bool has_head = frames->n_head == head_length(frames);
        size_t n = has_head ? MIN(frames->left, length) : take_head(frames, bytes, length);

        frames->left -= has_head ? n : 0;
        frames->seen += n;
        bytes += n;
        length -= n;
        if (frames->format != WHOLE_FRAMES_BEGIN && frames->n_head == head_length(frames) &&
            frames->left == 0)
            end_record(frames);
    }
}
