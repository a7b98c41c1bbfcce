/* stub.h
 * The parameters of the Exchange RPC calls: which layout an operation's stub has.
 * [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_STUB_H
#define OA_STUB_H

#include "layout/layout.h"
#include "rpc/rpc_interface.h"

/*
 * To add an interface: write its fields in fields_<name>.def (and name that file in fields.def),
 * its layouts in stub_<name>.c ending in one struct oa_stub_table, and add that table to the list
 * in stub.c. Nothing else has to know.
 */
struct oa_stub_row {
    const struct oa_layout *request;  /* NULL: no parameters */
    const struct oa_layout *response; /* ends with the return value */
};

struct oa_stub_table {
    const char *interface_name; /* as in rpc_interface.c */
    size_t n_rows;
    const struct oa_stub_row *rows; /* by opnum */
};

extern const struct oa_stub_table OA_STUB_EMSMDB;
extern const struct oa_stub_table OA_STUB_ASYNC_EMSMDB;
extern const struct oa_stub_table OA_STUB_NSPI;
extern const struct oa_stub_table OA_STUB_RFR;

struct oa_stub {
    const struct oa_rpc_interface *interface;
    uint16_t opnum;
    bool is_response;
    bool is_ndr64;
    bool big_endian;
    const uint8_t *data; /* without auth padding and verifier */
    size_t length;
    uint32_t code_page; /* of 8-bit text, as it was said before the stub; 0: nobody said */
};

/* The table of an interface, or NULL. */
const struct oa_stub_table *oa_stub_table_of(const struct oa_rpc_interface *iface);

/* The layout of the stub; NULL when the interface or the operation has none. */
const struct oa_layout *oa_stub_layout(const struct oa_stub *stub);

/* The UUID (16 bytes) of the context handle at the start of the stub; NULL if the layout does not
 * begin with one, or the stub is too short. The first fragment suffices. */
const uint8_t *oa_stub_handle(const struct oa_stub *stub);

/* Walks the stub; false, and nothing reported, when there is no layout for it. */
bool oa_stub_walk(struct oa_walk *walk, const struct oa_stub *stub, void *root,
                  struct oa_walk_result *result);

#endif
