/* fuzz_stub.c
 * Any bytes as the stub of any call: the first byte chooses the interface, the second the
 * operation, the third direction, transfer syntax and byte order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "count_bytes.h"

#include "exchange/stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum oa_interface_id INTERFACES[] = { OA_IF_EMSMDB, OA_IF_ASYNC_EMSMDB, OA_IF_RFR,
                                                       OA_IF_NSPI };

    if (size < 3)
        return 0;
    struct oa_stub stub = {
        .interface = oa_rpc_interface(INTERFACES[data[0] % 4]),
        .opnum = data[1],
        .is_response = data[2] & 1,
        .is_ndr64 = data[2] & 2,
        .big_endian = data[2] & 4,
        .data = data + 3,
        .length = size - 3,
    };
    struct count count = { .length = stub.length };
    struct oa_walk *walk = oa_walk_new(&COUNT_VISITOR, &count);
    struct oa_walk_result result;

    if (oa_stub_walk(walk, &stub, NULL, &result) && count.seen != stub.length)
        abort();
    oa_walk_free(walk);
    return 0;
}
