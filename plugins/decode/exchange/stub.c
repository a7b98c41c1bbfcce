/* stub.c
 * The parameters of the Exchange RPC calls: which layout an operation's stub has.
 * [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub.h"

#include <string.h>

static const struct oa_stub_table *const TABLES[] = {
    &OA_STUB_EMSMDB,
    &OA_STUB_ASYNC_EMSMDB,
    &OA_STUB_NSPI,
    &OA_STUB_RFR,
};

static const struct oa_slot NOTHING[] = {
    OA_END,
};
static const struct oa_layout EMPTY = { "void", NOTHING };

const struct oa_stub_table *
oa_stub_table_of(const struct oa_rpc_interface *iface)
{
    for (size_t i = 0; iface && i < sizeof TABLES / sizeof TABLES[0]; i++)
        if (strcmp(TABLES[i]->interface_name, iface->name) == 0)
            return TABLES[i];
    return NULL;
}

const struct oa_layout *
oa_stub_layout(const struct oa_stub *stub)
{
    const struct oa_stub_table *table = oa_stub_table_of(stub->interface);

    if (!table || stub->opnum >= table->n_rows)
        return NULL;
    const struct oa_stub_row *row = &table->rows[stub->opnum];
    const struct oa_layout *layout = stub->is_response ? row->response : row->request;
    return layout ? layout : &EMPTY;
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
