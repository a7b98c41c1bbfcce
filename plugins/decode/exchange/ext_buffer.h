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

/* [MS-OXCRPC] 3.1.4.2.1.2.2: no more payloads than these are packed into one buffer. As SizeActual
 * has 16 bits, this also bounds what one buffer opens to. */
#define OA_EXT_PAYLOADS_MAX 96

enum oa_ext_flag {
    OA_EXT_COMPRESSED = 0x0001,
    OA_EXT_XOR_MAGIC = 0x0002,
    OA_EXT_LAST = 0x0004,
};

enum oa_ext_error {
    OA_EXT_OK,
    OA_EXT_SHORT_HEADER,      /* a header is wanted where fewer bytes than its size are left */
    OA_EXT_BAD_VERSION,       /* Version is not 0: what follows is of an unknown form */
    OA_EXT_SHORT_PAYLOAD,     /* Size reaches beyond the buffer */
    OA_EXT_BAD_COMPRESSION,   /* the compressed bytes are cut, or refer to what is not there */
    OA_EXT_SIZE_MISMATCH,     /* the payload is not of SizeActual bytes */
    OA_EXT_TOO_MANY_PAYLOADS, /* more than OA_EXT_PAYLOADS_MAX */
};

/* One header and what it announces. Offsets count from the start of the buffer. */
struct oa_ext_payload {
    size_t offset; /* of the header; the payload as sent begins OA_EXT_HEADER_SIZE behind it */
    uint16_t version;
    uint16_t flags; /* enum oa_ext_flag */
    uint16_t size;
    uint16_t size_actual;
    const uint8_t
        *data;      /* opened; in the buffer itself when is_stored, else in the scratch array */
    size_t length;  /* of data; with an error, as much as could be opened */
    bool is_stored; /* neither compressed nor obfuscated */
    enum oa_ext_error error;
    size_t error_offset; /* where it was found; 0 without an error */
};

/* Walks through the payloads of one buffer. All members are the reader's own. */
struct oa_ext_reader {
    struct oa_cursor cursor;
    GByteArray *scratch;
    unsigned n_payloads;
    bool ended;
};

/* `scratch` belongs to the caller, is overwritten with each payload and holds 128 KiB at the most.
 */
void oa_ext_reader_start(struct oa_ext_reader *reader, const uint8_t *data, size_t length,
                         GByteArray *scratch);

/*
 * Gives the next payload: true also for one with an error, as the header is worth showing (with
 * OA_EXT_SHORT_HEADER and OA_EXT_TOO_MANY_PAYLOADS only offset and error are set). False when the
 * last one has been given: after the flag Last, after an error that leaves unknown where the next
 * header is, or at once if the buffer is empty. `payload->data` is good until the next call.
 */
bool oa_ext_next(struct oa_ext_reader *reader, struct oa_ext_payload *payload);

/* Takes the obfuscation of [MS-OXCRPC] 3.1.4.1.1.3 off `length` bytes; `out` has room for them. */
void oa_ext_deobfuscate(const uint8_t *data, size_t length, uint8_t *out);

#endif
