/* cursor.h
 * Bounds-checked reader over a byte range: the only way decode/ looks at packet bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CURSOR_H
#define OA_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A reading position in bytes that the caller owns. A read that does not fit sets is_short, which
 * is sticky: from then on every getter returns 0 or NULL, and the position stays at the first
 * missing byte. A decoder can therefore read a whole structure and check once at the end whether
 * all of it was there.
 */
struct oa_cursor {
    const uint8_t *data;
    size_t length;
    size_t offset;
    bool big_endian; /* byte order of u16, u32, u64; little endian unless set */
    bool is_short;
};

/* A little endian cursor at the start of `length` bytes. */
static inline struct oa_cursor
oa_cursor_over(const void *data, size_t length)
{
    /* Without bytes there may be no address, but offset 0 has one. */
    return (struct oa_cursor){ .data = data ? (const uint8_t *)data : (const uint8_t *)"",
                               .length = length };
}

/* Bytes between the position and the end; 0 once the cursor is short. */
static inline size_t
oa_cursor_left(const struct oa_cursor *cursor)
{
    return cursor->is_short ? 0 : cursor->length - cursor->offset;
}

/* Takes the next `count` bytes and returns their address; NULL, and the cursor is short, if there
 * are fewer. */
static inline const uint8_t *
oa_cursor_bytes(struct oa_cursor *cursor, size_t count)
{
    if (cursor->is_short || count > cursor->length - cursor->offset) {
        cursor->is_short = true;
        return NULL;
    }
    const uint8_t *at = cursor->data + cursor->offset;
    cursor->offset += count;
    return at;
}

/* Passes over the next `count` bytes; false, and the cursor is short, if there are fewer. */
static inline bool
oa_cursor_skip(struct oa_cursor *cursor, size_t count)
{
    return oa_cursor_bytes(cursor, count) != NULL || (count == 0 && !cursor->is_short);
}

/* Integers of fixed size, written out, because they are most of what is read. */
static inline uint8_t
oa_cursor_u8(struct oa_cursor *cursor)
{
    const uint8_t *at = oa_cursor_bytes(cursor, 1);

    return at ? at[0] : 0;
}

static inline uint16_t
oa_cursor_u16(struct oa_cursor *cursor)
{
    const uint8_t *at = oa_cursor_bytes(cursor, 2);

    if (!at)
        return 0;
    return cursor->big_endian ? (uint16_t)(at[0] << 8 | at[1]) : (uint16_t)(at[1] << 8 | at[0]);
}

static inline uint32_t
oa_cursor_u32(struct oa_cursor *cursor)
{
    const uint8_t *at = oa_cursor_bytes(cursor, 4);

    if (!at)
        return 0;
    return cursor->big_endian
               ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* Reads an unsigned integer of up to 8 bytes in the cursor's byte order. */
static inline uint64_t
oa_cursor_uint(struct oa_cursor *cursor, unsigned size)
{
    if (size == 1)
        return oa_cursor_u8(cursor);
    if (size == 2)
        return oa_cursor_u16(cursor);
    if (size == 4)
        return oa_cursor_u32(cursor);
    const uint8_t *at = oa_cursor_bytes(cursor, size);
    uint64_t value = 0;
    for (unsigned i = 0; at && i < size; i++)
        value |= (uint64_t)at[cursor->big_endian ? size - 1 - i : i] << (8 * i);
    return value;
}

static inline uint64_t
oa_cursor_u64(struct oa_cursor *cursor)
{
    return oa_cursor_uint(cursor, 8);
}

/* Takes the next `count` bytes as a cursor of their own that cannot read beyond them; a short one
 * if there are fewer. */
static inline struct oa_cursor
oa_cursor_sub(struct oa_cursor *cursor, size_t count)
{
    struct oa_cursor sub = { .data = cursor->data + cursor->offset,
                             .big_endian = cursor->big_endian };

    if (oa_cursor_skip(cursor, count))
        sub.length = count;
    else
        sub.is_short = true;
    return sub;
}

#endif
