/* partial_format.h
 * For partial_writer.c, partial_set.c and partial_records.c: a partial result, which is what one
 * part of a set of captures has in its frames.
 *
 * The file: PARTIAL_MAGIC, blocks, the index, which is a block too, and the end: where the index
 * begins, as 8 bytes, PARTIAL_END_MAGIC. A block: its length and its CRC-32, 4 bytes each, and so
 * many bytes. All numbers are little endian; those in blocks are as of varint.h, signed ones with
 * the sign in the lowest bit, if nothing else is said. Texts have their length before them.
 *
 * The index: PARTIAL_VERSION, wiretap's version as a text; the number of the part, from 1, how many
 * there are, enum shard_by; the files in folders that are not captures; and how many captures there
 * are. Then each of them: its name as a text, its size, the time of its first frame, and whether
 * the part has records of it. If so: where its first block begins, and where the last one ends; the
 * number of the first record that the part is responsible for, and of how many; whether these are
 * the last ones. If so: wiretap's code and text of why it ends there. At last struct
 * capture_headers, as they were when the file was opened, and at the end.
 *
 * The blocks of a capture contain items in the order of its records, each whole in its block. An
 * item begins with a byte, enum partial_item and flags, and continues with what the flags say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PARTIAL_FORMAT_H
#define PARTIAL_FORMAT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "packet.h"

#define PARTIAL_MAGIC "oapart\r\n"
#define PARTIAL_END_MAGIC "oaparte\n"
#define PARTIAL_MAGIC_LENGTH 8
#define PARTIAL_VERSION 1

#define PARTIAL_BLOCK_HEAD 8
#define PARTIAL_END (8 + PARTIAL_MAGIC_LENGTH)

/* A block is written when it has grown so far; only its last item may be larger. */
#define PARTIAL_BLOCK_BYTES (64 * 1024)

enum partial_item {
    PARTIAL_SEGMENT,  /* of TCP: the connection, and if it is a new one, its endpoints, sender
                         first; put_segment() of partial_writer.c says what follows */
    PARTIAL_UNREAD,   /* a frame that was not looked into: its sort and number */
    PARTIAL_NOTHING,  /* a frame in which nothing is found */
    PARTIAL_FRAME,    /* the bytes of the frame, `captured` of them */
    PARTIAL_NO_FRAME, /* a record that is no frame; without time and lengths */
    PARTIAL_KEYS,     /* a key log before a record, as a text; without time and lengths */
    PARTIAL_ITEMS,
};
#define PARTIAL_ITEM 0x07 /* this much of the byte */

enum partial_flag {
    PARTIAL_HAS_TIME = 0x08, /* difference from the last time */
    PARTIAL_NEW_LINK = 0x10, /* link type, interface; else those of the last frame */
    PARTIAL_GAP = 0x20,      /* records before it that the part does not have */
    PARTIAL_IS_BACK = 0x40,  /* a segment of the connection's second endpoint */
    PARTIAL_IS_CUT = 0x80,   /* the bytes captured; always the bytes on the wire, before them */
};

/* Connections are numbered as they come. When there are so many, all are forgotten, before the next
 * one, which stands there as one with the next number. */
#define PARTIAL_CONNECTIONS 8192

/* What a side of a connection sent last. */
struct partial_side {
    uint32_t next, acknowledgment;
    uint16_t identification;
};

struct partial_connection {
    struct oa_endpoint endpoint[2];
    struct partial_side side[2];
};

/* Of the header of TCP, what is before has been said otherwise. */
#define PARTIAL_HEADER_REST 12

/* What is expected of the next segment. */
static inline struct partial_side
partial_side_after(const struct segment *segment)
{
    return (struct partial_side){
        .next = segment->sequence + segment->payload_length + segment->cut_length,
        .acknowledgment = segment->acknowledgment,
        .identification = (uint16_t)(segment->identification + 1),
    };
}

/* Signed numbers with the sign in the lowest bit, so that small ones are short. */
static inline uint64_t
partial_fold(int64_t number)
{
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static inline int64_t
partial_unfold(uint64_t folded)
{
    return (int64_t)(folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0));
}

/* Reads a number as of varint.h; the cursor becomes short where it is not whole. */
static inline uint64_t
partial_number(struct oa_cursor *cursor)
{
    uint64_t number = 0;

    if (!cursor->is_short && cursor->offset < cursor->length &&
        cursor->data[cursor->offset] < 0x80) /* the usual case */
        return cursor->data[cursor->offset++];
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = oa_cursor_u8(cursor);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return number;
    }
    cursor->is_short = true;
    return 0;
}

/* The same where only so much is possible. */
static inline uint64_t
partial_number_to(struct oa_cursor *cursor, uint64_t most)
{
    uint64_t number = partial_number(cursor);

    if (number > most)
        cursor->is_short = true;
    return number > most ? 0 : number;
}

static inline int64_t
partial_signed(struct oa_cursor *cursor)
{
    return partial_unfold(partial_number(cursor));
}

/* The bytes behind their length. */
static inline struct oa_cursor
partial_text(struct oa_cursor *cursor)
{
    return oa_cursor_sub(cursor, partial_number_to(cursor, SIZE_MAX));
}

/* Reads the block at `*at` of a file, which has to end before `end`, and moves behind it; false if
 * there is none, or it is damaged. [partial_set.c] */
bool partial_block_read(int fd, uint64_t *at, uint64_t end, GByteArray *block);

#endif
