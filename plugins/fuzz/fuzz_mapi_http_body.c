/* fuzz_mapi_http_body.c
 * Any bytes as a body of MAPI over HTTP: the first byte is the request type, the second the
 * direction. Every byte has to be reported once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/mapi_http_body.h"

#include "count_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct oa_layout *layout = oa_mapi_http_layout(data[0] % OA_MAPI_HTTP_TYPES, data[1] & 1);
    if (!layout)
        return 0;
    struct count count = { .length = size - 2 };
    struct oa_walk *walk = oa_walk_new(&COUNT_VISITOR, &count);

    oa_walk_run(walk, layout, OA_PLAIN, false, data + 2, size - 2, NULL);
    if (count.seen != size - 2)
        abort();
    oa_walk_free(walk);
    return 0;
}
