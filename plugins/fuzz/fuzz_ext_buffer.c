/* fuzz_ext_buffer.c
 * Any bytes as an extended buffer: payloads lie where they are said to, in order, within the
 * limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "exchange/ext_buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct oa_ext_payload *payload, const uint8_t *data, size_t size)
{
    unsigned sum = 0;

    for (size_t i = 0; i < payload->length; i++)
        sum += payload->data[i]; /* the address sanitizer sees each byte */
    if (payload->length > MAX(payload->size, payload->size_actual) || sum > UINT16_MAX * 255)
        abort();
    if (payload->offset > size || payload->error_offset > size)
        abort();
    if (payload->length > 0 && payload->is_stored &&
        payload->data != data + payload->offset + OA_EXT_HEADER_SIZE)
        abort();
    if (payload->error == OA_EXT_OK && payload->length != payload->size_actual)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GByteArray *scratch = g_byte_array_new();
    struct oa_ext_reader reader;
    struct oa_ext_payload payload;
    size_t end = 0;
    unsigned payloads = 0;

    oa_ext_reader_start(&reader, data, size, scratch);
    while (oa_ext_next(&reader, &payload)) {
        if (payload.offset != end || ++payloads > OA_EXT_PAYLOADS_MAX + 1)
            abort();
        check(&payload, data, size);
        end = size - oa_cursor_left(&reader.cursor);
    }
    g_byte_array_unref(scratch);
    return 0;
}
