/* fuzz_stub.c
 * Any bytes as the stub of any call: the first byte chooses the interface, the second the
 * operation, the third direction, transfer syntax and byte order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes reported have to be bytes of the input, and all of them. */
struct count {
    const uint8_t *data;
    size_t length;
    size_t seen;
    unsigned sources;
};

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct count *count = user;

    (void)parent;
    if (count->sources)
        return;
    if (value->offset > count->length || value->length > count->length - value->offset)
        abort();
    count->seen += value->length;
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    struct count *count = user;

    (void)parent;
    (void)gap;
    if (count->sources)
        return;
    if (offset > count->length || length > count->length - offset)
        abort();
    count->seen += length;
}

static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    struct count *count = user;

    (void)name;
    (void)data;
    (void)length;
    count->sources++;
    return parent;
}

static void
on_end_source(void *user, void *node)
{
    struct count *count = user;

    (void)node;
    count->sources--;
}

static const struct oa_visitor VISITOR = {
    .field = on_field,
    .gap = on_gap,
    .begin_source = on_begin_source,
    .end_source = on_end_source,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const INTERFACES[] = { "EMSMDB", "AsyncEMSMDB", "RFR", "NSPI" };

    if (size < 3)
        return 0;
    struct oa_stub stub = {
        .interface = oa_rpc_interface_by_name(INTERFACES[data[0] % 4]),
        .opnum = data[1],
        .is_response = data[2] & 1,
        .is_ndr64 = data[2] & 2,
        .big_endian = data[2] & 4,
        .data = data + 3,
        .length = size - 3,
    };
    struct count count = { .data = stub.data, .length = stub.length };
    struct oa_walk *walk = oa_walk_new(&VISITOR, &count);
    struct oa_walk_result result;

    if (oa_stub_walk(walk, &stub, NULL, &result) && count.seen != stub.length)
        abort();
    oa_walk_free(walk);
    return 0;
}
