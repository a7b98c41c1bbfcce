/* ext_buffer.h
 * Extended buffers: the RPC_HEADER_EXT framing around ROP and auxiliary payloads, its obfuscation
 * and its compression. [MS-OXCRPC] 2.2.2.1, 3.1.4.1.1.2, 3.1.4.1.1.3, 3.1.4.2.1.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EXT_BUFFER_H
#define OA_EXT_BUFFER_H

#include <glib.h>

#include "base/cursor.h"

#define OA_EXT_HEADER_SIZE 8

/* [MS-OXCRPC] 3.1.4.2.1.2.2: the maximum number of payloads in one buffer. As SizeActual has 16
 * bits, this also limits the size of an opened buffer. */
#define OA_EXT_PAYLOADS_MAX 96

enum oa_ext_flag {
    OA_EXT_COMPRESSED = 0x0001,
    OA_EXT_XOR_MAGIC = 0x0002,
    OA_EXT_LAST = 0x0004,
};

enum oa_ext_error {
    OA_EXT_OK,
    OA_EXT_SHORT_HEADER,      /* fewer bytes remain than a header has */
    OA_EXT_BAD_VERSION,       /* Version is not 0: the format of the rest is unknown */
    OA_EXT_SHORT_PAYLOAD,     /* Size exceeds the buffer */
    OA_EXT_BAD_COMPRESSION,   /* the compressed bytes are truncated, or refer to missing ones */
    OA_EXT_SIZE_MISMATCH,     /* the payload does not have SizeActual bytes */
    OA_EXT_TOO_MANY_PAYLOADS, /* more than OA_EXT_PAYLOADS_MAX */
};

/* One header and its payload. Offsets count from the start of the buffer. */
struct oa_ext_payload {
    size_t offset; /* of the header; the payload as sent follows after OA_EXT_HEADER_SIZE bytes */
    uint16_t version;
    uint16_t flags; /* enum oa_ext_flag */
    uint16_t size;
    uint16_t size_actual;
    const uint8_t *data; /* opened: in the buffer itself if is_stored, else in the scratch array */
    size_t length;       /* of data; after an error, as much as could be opened */
    bool is_stored;      /* neither compressed nor obfuscated */
    enum oa_ext_error error;
    size_t error_offset; /* where the error was found; 0 without one */
};

/* Reads the payloads of one buffer. Members are private. */
struct oa_ext_reader {
    struct oa_cursor cursor;
    GByteArray *scratch;
    unsigned n_payloads;
    bool ended;
};

/* Starts reading a buffer. The caller owns `scratch`, which is overwritten by each payload and
 * grows to 128 KiB at most. */
void oa_ext_reader_start(struct oa_ext_reader *reader, const uint8_t *data, size_t length,
                         GByteArray *scratch);

/*
 * Reads the next payload. Also true for one with an error, whose header can be shown (except for
 * OA_EXT_SHORT_HEADER and OA_EXT_TOO_MANY_PAYLOADS, which set only offset and error). False when
 * there are no more: after the flag Last, after an error that hides where the next header is, or at
 * once if the buffer is empty. `payload->data` is valid until the next call.
 */
bool oa_ext_next(struct oa_ext_reader *reader, struct oa_ext_payload *payload);

/* Reverses the obfuscation of [MS-OXCRPC] 3.1.4.1.1.3 on `length` bytes; `out` has room for them.
 */
void oa_ext_deobfuscate(const uint8_t *data, size_t length, uint8_t *out);

#endif
