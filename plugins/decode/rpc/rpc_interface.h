/* rpc_interface.h
 * The RPC interfaces that run through RPC over HTTP, with the names of their operations.
 * [MS-OXCRPC] 3.1.4, 3.3.4, [MS-OXNSPI] 3.1.4.1, [MS-OXABREF] 3.1.4, [C706] appendix O and Q
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_RPC_INTERFACE_H
#define OA_RPC_INTERFACE_H

#include "rpc/dcerpc.h"

struct oa_rpc_interface {
    const char *uuid; /* as text, lower case; "" for those of MAPI over HTTP */
    uint16_t major, minor;
    const char *name;    /* "EMSMDB" */
    const char *service; /* what it is for: "store", "directory", "referral", ... */
    bool is_exchange;    /* no program but Outlook and Exchange speaks it */
    uint32_t telling;    /* bits of the operations whose parameters tell who the client is, or where
                            an interface listens */
    uint32_t reserved;   /* bits of those that the document only reserves */
    unsigned n_operations;
    const char *const *operations; /* by opnum; MAPI over HTTP: by enum oa_mapi_http_type */
};

/* The interface of that UUID, whatever the version; NULL when it is none of the known ones. The row
 * lives forever. */
const struct oa_rpc_interface *oa_rpc_interface_find(const uint8_t uuid[16]);

/* The interface of that name ("EMSMDB"), or NULL. */
const struct oa_rpc_interface *oa_rpc_interface_by_name(const char *name);

/* Whether it is none of RPC, and its operations have no numbers. */
bool oa_rpc_interface_is_mapi_http(const struct oa_rpc_interface *iface);

/* Its abstract syntax: UUID as on the wire, and version. */
struct oa_rpc_syntax oa_rpc_interface_syntax(const struct oa_rpc_interface *iface);

/* The operation's name, or NULL beyond the table. */
const char *oa_rpc_operation_name(const struct oa_rpc_interface *iface, uint16_t opnum);

/* Whether its parameters tell who the client is, the name of its user and its version, or where an
 * interface listens. */
bool oa_rpc_operation_is_telling(const struct oa_rpc_interface *iface, uint16_t opnum);

/* Whether the document only reserves its number: clients older than the document use it, or none.
 */
bool oa_rpc_operation_is_reserved(const struct oa_rpc_interface *iface, uint16_t opnum);

#endif
