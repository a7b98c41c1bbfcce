/* stub.c
 * The parameters of the Exchange RPC calls: the layouts of requests and responses by operation.
 * [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub.h"

#include "exchange/stub_slots.h"

/* clang-format off */
#define LAYOUTS_NONE(interface, id, name) { { NULL, NULL }, { NULL, NULL } }
#define LAYOUTS_LAYOUTS(interface, id, name)                                                       \
    { { name, OA_##interface##_##id##_REQUEST }, { name, OA_##interface##_##id##_RESPONSE } }
/* clang-format on */

/* Rows without slots: the parameters are not decoded. */
static const struct {
    struct oa_layout request, response;
} LAYOUTS[OA_INTERFACES][OA_OPERATIONS_MAX] = {
#define OA_OPERATION(interface, id, opnum, name, facts, layouts)                                   \
    [OA_IF_##interface][opnum] = LAYOUTS_##layouts(interface, id, name),
#include "rpc/operations.def"
#undef OA_OPERATION
};

const struct oa_layout *
oa_stub_layout(const struct oa_stub *stub)
{
    if (!stub->interface || stub->opnum >= OA_OPERATIONS_MAX)
        return NULL;
    const struct oa_layout *request = &LAYOUTS[stub->interface->id][stub->opnum].request;
    const struct oa_layout *response = &LAYOUTS[stub->interface->id][stub->opnum].response;
    const struct oa_layout *layout = stub->is_response ? response : request;
    return layout->slots ? layout : NULL;
}

const uint8_t *
oa_stub_handle(const struct oa_stub *stub)
{
    enum { ATTRIBUTES = 4, UUID = 16 };
    const struct oa_layout *layout = oa_stub_layout(stub);

    if (!layout || layout->slots[0].layout != &OA_LAYOUT_CONTEXT_HANDLE ||
        stub->length < ATTRIBUTES + UUID)
        return NULL;
    return stub->data + ATTRIBUTES;
}

bool
oa_stub_walk(struct oa_walk *walk, const struct oa_stub *stub, void *root,
             struct oa_walk_result *result)
{
    const struct oa_layout *layout = oa_stub_layout(stub);

    if (!layout)
        return false;
    if (stub->code_page)
        oa_walk_set(walk, OA_F_OXCRPC_CPID, stub->code_page);
    *result = oa_walk_run(walk, layout, stub->is_ndr64 ? OA_NDR64 : OA_NDR32, stub->big_endian,
                          stub->data, stub->length, root);
    return true;
}
