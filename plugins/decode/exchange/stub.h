/* stub.h
 * The parameters of the Exchange RPC calls: the layouts of requests and responses by operation.
 * [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_STUB_H
#define OA_STUB_H

#include "layout/layout.h"
#include "rpc/rpc_interface.h"

struct oa_stub {
    const struct oa_rpc_interface *interface;
    uint16_t opnum;
    bool is_response;
    bool is_ndr64;
    bool big_endian;
    const uint8_t *data; /* without auth padding and verifier */
    size_t length;
    uint32_t code_page; /* of 8-bit text, as known before the stub; 0: unknown */
};

/* The layout of the stub; NULL when its operation has none, or is not known. */
const struct oa_layout *oa_stub_layout(const struct oa_stub *stub);

/* The UUID (16 bytes) of the context handle at the start of the stub; NULL if the layout does not
 * begin with one, or the stub is too short. The first fragment suffices. */
const uint8_t *oa_stub_handle(const struct oa_stub *stub);

/* Walks the stub and sets `result`; false, with nothing reported, when there is no layout for it.
 */
bool oa_stub_walk(struct oa_walk *walk, const struct oa_stub *stub, void *root,
                  struct oa_walk_result *result);

#endif
