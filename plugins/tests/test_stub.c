/* test_stub.c
 * Which operations have layouts: each row of operations.def that says so, and no other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub.h"

enum { NONE, LAYOUTS };

static const struct {
    enum oa_interface_id interface;
    uint16_t opnum;
    int layouts;
} ROWS[] = {
#define OA_OPERATION(interface, id, opnum, name, facts, layouts)                                   \
    { OA_IF_##interface, opnum, layouts },
#include "rpc/operations.def"
#undef OA_OPERATION
};

static const struct oa_layout *
layout_of(size_t row, bool is_response)
{
    struct oa_stub stub = { .interface = oa_rpc_interface(ROWS[row].interface),
                            .opnum = ROWS[row].opnum,
                            .is_response = is_response };

    return oa_stub_layout(&stub);
}

/* Layouts go by the operation's name. */
static void
test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        for (int is_response = 0; is_response < 2; is_response++) {
            const struct oa_layout *layout = layout_of(i, is_response);
            const char *name =
                oa_rpc_operation_name(oa_rpc_interface(ROWS[i].interface), ROWS[i].opnum);
            g_test_message("%s", name);
            g_assert_true((layout != NULL) == (ROWS[i].layouts == LAYOUTS));
            if (layout)
                g_assert_cmpstr(layout->name, ==, name);
        }
}

/* Responses end with the return value, but for operations of which nothing is known. */
static void
test_return_values(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const struct oa_layout *layout = layout_of(i, true);
        bool is_unknown =
            ROWS[i].interface == OA_IF_EMSMDB &&
            (ROWS[i].opnum == OA_EMSMDB_OPNUM_12 || ROWS[i].opnum == OA_EMSMDB_OPNUM_13);
        if (!layout)
            continue;
        const struct oa_slot *last = layout->slots;
        while (last[1].kind != OA_SLOT_END)
            last++;
        g_assert_true((OA_FIELDS[last->field].role == OA_ROLE_RETURN_VALUE) == !is_unknown);
    }
}

static void
test_no_row(void)
{
    struct oa_stub stub = { .interface = NULL };

    g_assert_null(oa_stub_layout(&stub));
    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++) {
        stub.interface = oa_rpc_interface((enum oa_interface_id)id);
        stub.opnum = (uint16_t)oa_rpc_interface_operations(stub.interface);
        g_assert_null(oa_stub_layout(&stub));
        stub.opnum = UINT16_MAX;
        g_assert_null(oa_stub_layout(&stub));
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stub/rows", test_rows);
    g_test_add_func("/stub/return-values", test_return_values);
    g_test_add_func("/stub/no-row", test_no_row);
    return g_test_run();
}
