/* fuzz_nspi.c
 * Any bytes as the stub of an NSPI call: the first byte is the operation, the second direction,
 * transfer syntax and byte order. Every byte has to be reported once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "count_bytes.h"

#include "exchange/stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct oa_rpc_interface *nspi = oa_rpc_interface(OA_IF_NSPI);

    if (size < 2)
        return 0;
    struct oa_stub stub = {
        .interface = nspi,
        .opnum = (uint16_t)(data[0] % oa_rpc_interface_operations(nspi)),
        .is_response = data[1] & 1,
        .is_ndr64 = data[1] & 2,
        .big_endian = data[1] & 4,
        .data = data + 2,
        .length = size - 2,
    };
    struct count count = { .length = stub.length };
    struct oa_walk *walk = oa_walk_new(&COUNT_VISITOR, &count);
    struct oa_walk_result result;

    if (!oa_stub_walk(walk, &stub, NULL, &result) || count.seen != stub.length)
        abort();
    oa_walk_free(walk);
    return 0;
}
