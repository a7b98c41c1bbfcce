/* fuzz_transfer_stream.c
 * Any bytes as a FastTransfer stream: the first byte says how long its buffers are, the others are
 * the stream. It has the same elements in one buffer as in many; each byte is reported once, and a
 * later reading of a buffer reports the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fx_stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    GByteArray *whole = fx_stream_elements(data + 1, size - 1, size);
    GByteArray *cut = fx_stream_elements(data + 1, size - 1, data[0] + 1u);
    if (whole->len != cut->len ||
        (whole->len > 0 && memcmp(whole->data, cut->data, whole->len) != 0))
        abort();
    g_byte_array_unref(whole);
    g_byte_array_unref(cut);
    return 0;
}
