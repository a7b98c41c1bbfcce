/* ext_buffer.c
 * Opens extended buffers: chained headers, XOR obfuscation, LZ77 with DIRECT2 encoding.
 * [MS-OXCRPC] 2.2.2.1, 3.1.4.1.1.2, 3.1.4.1.1.3, [MS-XCA] 2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/ext_buffer.h"

#include <string.h>

/* [MS-OXCRPC] 3.1.4.1.1.3 */
#define XOR_BYTE 0xA5

/* [MS-XCA] 2.4.4: the parts of a match's length that fit in each of its extensions. */
#define MATCH_MIN 3
#define LENGTH_BITS_FULL 7
#define NIBBLE_FULL 15
#define BYTE_FULL 255

struct lz77 {
    struct oa_cursor in;
    uint8_t *out;
    size_t written;
    size_t expected;
    uint32_t flags; /* the highest bit is the next token's: 0 a literal byte, 1 a match */
    unsigned n_flags;
    uint8_t shared; /* two matches share a byte for their lengths: the first has the low half */
    bool has_shared;
};

/* 0 when the bytes tell an impossible length. */
static uint64_t
match_length(struct lz77 *lz, unsigned length_bits)
{
    unsigned nibble;

    if (length_bits < LENGTH_BITS_FULL)
        return length_bits + MATCH_MIN;
    if (lz->has_shared) {
        nibble = lz->shared >> 4;
    } else {
        lz->shared = oa_cursor_u8(&lz->in);
        nibble = lz->shared & 0x0F;
    }
    lz->has_shared = !lz->has_shared;
    if (nibble < NIBBLE_FULL)
        return nibble + LENGTH_BITS_FULL + MATCH_MIN;
    uint32_t more = oa_cursor_u8(&lz->in);
    if (more < BYTE_FULL)
        return more + NIBBLE_FULL + LENGTH_BITS_FULL + MATCH_MIN;
    more = oa_cursor_u16(&lz->in);
    if (more == 0)
        more = oa_cursor_u32(&lz->in);
    return more < NIBBLE_FULL + LENGTH_BITS_FULL ? 0 : (uint64_t)more + MATCH_MIN;
}

/* Source and destination overlap when the match is longer than its distance: one byte at a time. */
static enum oa_ext_error
copy_match(struct lz77 *lz)
{
    unsigned token = oa_cursor_u16(&lz->in);
    size_t distance = (token >> 3) + 1;
    uint64_t length = match_length(lz, token & LENGTH_BITS_FULL);
    size_t room = lz->expected - lz->written;

    if (lz->in.is_short || length == 0 || distance > lz->written)
        return OA_EXT_BAD_COMPRESSION;
    for (size_t i = 0; i < MIN(length, room); i++, lz->written++)
        lz->out[lz->written] = lz->out[lz->written - distance];
    return length > room ? OA_EXT_SIZE_MISMATCH : OA_EXT_OK;
}

/*
 * Decompresses LZ77 in DIRECT2 encoding ([MS-OXCRPC] 3.1.4.1.1.2, the plain LZ77 of [MS-XCA] 2.4):
 * takes tokens until the input ends; flags without a token after them mean nothing. Not one byte
 * more than expected is written, and what is written is right whatever is returned. With an error
 * `*error_offset` is where in the input.
 */
static enum oa_ext_error
decompress(struct lz77 *lz, size_t *error_offset)
{
    enum oa_ext_error error = OA_EXT_OK;

    while (error == OA_EXT_OK && oa_cursor_left(&lz->in) > 0) {
        *error_offset = lz->in.offset;
        if (lz->n_flags == 0) {
            lz->flags = oa_cursor_u32(&lz->in);
            lz->n_flags = 32;
            error = lz->in.is_short ? OA_EXT_BAD_COMPRESSION : OA_EXT_OK;
            continue;
        }
        bool is_match = lz->flags >> 31 != 0;
        lz->flags <<= 1;
        lz->n_flags--;
        if (lz->written == lz->expected)
            error = OA_EXT_SIZE_MISMATCH;
        else if (is_match)
            error = copy_match(lz);
        else
            lz->out[lz->written++] = oa_cursor_u8(&lz->in);
    }
    if (error == OA_EXT_OK)
        *error_offset = lz->in.offset;
    return error == OA_EXT_OK && lz->written < lz->expected ? OA_EXT_SIZE_MISMATCH : error;
}

void
oa_ext_deobfuscate(const uint8_t *data, size_t length, uint8_t *out)
{
    for (size_t i = 0; i < length; i++)
        out[i] = data[i] ^ XOR_BYTE;
}

void
oa_ext_reader_start(struct oa_ext_reader *reader, const uint8_t *data, size_t length,
                    GByteArray *scratch)
{
    *reader = (struct oa_ext_reader){ .cursor = oa_cursor_over(data, length), .scratch = scratch };
}

static void
set_error(struct oa_ext_payload *payload, enum oa_ext_error error, size_t offset)
{
    if (payload->error != OA_EXT_OK || error == OA_EXT_OK)
        return;
    payload->error = error;
    payload->error_offset = offset;
}

/*
 * Opens the `length` bytes that are there of a payload: on the wire it was compressed first, then
 * obfuscated. The scratch array holds the bytes made readable and behind them the decompressed.
 * That Size is less than SizeActual in a compressed payload is not insisted on: senders are seen
 * that compress short payloads to longer ones.
 */
static void
open_payload(struct oa_ext_payload *payload, const uint8_t *data, size_t length,
             GByteArray *scratch)
{
    size_t start = payload->offset + OA_EXT_HEADER_SIZE;
    bool compressed = payload->flags & OA_EXT_COMPRESSED;
    bool obfuscated = payload->flags & OA_EXT_XOR_MAGIC;
    size_t readable = obfuscated ? length : 0;

    payload->is_stored = !compressed && !obfuscated;
    payload->data = data;
    payload->length = length;
    if (!payload->is_stored)
        g_byte_array_set_size(scratch, (guint)(readable + (compressed ? payload->size_actual : 0)));
    if (obfuscated) {
        oa_ext_deobfuscate(data, length, scratch->data);
        payload->data = scratch->data;
    }
    if (compressed) {
        uint8_t *out = scratch->len ? scratch->data + readable : NULL;
        struct lz77 lz = { .in = oa_cursor_over(payload->data, length),
                           .out = out,
                           .expected = payload->size_actual };
        size_t where = 0;
        enum oa_ext_error error = decompress(&lz, &where);

        payload->data = out;
        payload->length = lz.written;
        set_error(payload, error, start + where);
    } else if (payload->size != payload->size_actual) {
        set_error(payload, OA_EXT_SIZE_MISMATCH, payload->offset);
    }
}

static void
read_payload(struct oa_ext_reader *reader, struct oa_ext_payload *payload)
{
    struct oa_cursor *cursor = &reader->cursor;

    if (reader->n_payloads == OA_EXT_PAYLOADS_MAX) {
        set_error(payload, OA_EXT_TOO_MANY_PAYLOADS, payload->offset);
        return;
    }
    if (oa_cursor_left(cursor) < OA_EXT_HEADER_SIZE) {
        set_error(payload, OA_EXT_SHORT_HEADER, payload->offset);
        return;
    }
    reader->n_payloads++;
    payload->version = oa_cursor_u16(cursor);
    payload->flags = oa_cursor_u16(cursor);
    payload->size = oa_cursor_u16(cursor);
    payload->size_actual = oa_cursor_u16(cursor);
    if (payload->version != 0) {
        set_error(payload, OA_EXT_BAD_VERSION, payload->offset);
        return;
    }
    size_t length = MIN(payload->size, oa_cursor_left(cursor));
    if (length < payload->size)
        set_error(payload, OA_EXT_SHORT_PAYLOAD, cursor->length);
    open_payload(payload, oa_cursor_bytes(cursor, length), length, reader->scratch);
}

bool
oa_ext_next(struct oa_ext_reader *reader, struct oa_ext_payload *payload)
{
    *payload = (struct oa_ext_payload){ .offset = reader->cursor.offset };
    if (reader->ended || reader->cursor.length == 0)
        return false;
    read_payload(reader, payload);
    switch (payload->error) {
    case OA_EXT_OK:
    case OA_EXT_BAD_COMPRESSION:
    case OA_EXT_SIZE_MISMATCH:
        reader->ended = payload->flags & OA_EXT_LAST;
        break;
    case OA_EXT_SHORT_HEADER:
    case OA_EXT_BAD_VERSION:
    case OA_EXT_SHORT_PAYLOAD:
    case OA_EXT_TOO_MANY_PAYLOADS:
        reader->ended = true;
        break;
    }
    return true;
}
