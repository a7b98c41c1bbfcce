/* rpc_interface.h
 * The RPC interfaces that run through RPC over HTTP and what takes their place in MAPI over HTTP,
 * with their operations: the rows of interfaces.def and operations.def.
 *
 * Each plugin links a table of its own: interfaces are compared by id, never by pointer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_RPC_INTERFACE_H
#define OA_RPC_INTERFACE_H

#include "http/mapi_http.h"
#include "rpc/dcerpc.h"
#include "rpc/service.h"

enum oa_interface_id {
    OA_IF_NONE,
#define OA_INTERFACE(id, name, service, is_exchange, major, minor, uuid) OA_IF_##id,
#include "rpc/interfaces.def"
#undef OA_INTERFACE
    OA_INTERFACES
};

struct oa_rpc_interface {
    enum oa_interface_id id;
    const char *name;            /* "EMSMDB" */
    enum oa_service_id service;  /* what it is for */
    bool is_exchange;            /* no program but Outlook and Exchange speaks it */
    struct oa_rpc_syntax syntax; /* its UUID and version; zeros for those of MAPI over HTTP */
};

/* Numbers of operations: OA_EMSMDB_EC_DO_CONNECT and so on. */
enum {
#define OA_OPERATION(interface, id, opnum, name, facts, layouts) OA_##interface##_##id = opnum,
#include "rpc/operations.def"
#undef OA_OPERATION
};

/* No interface has more. */
#define OA_OPERATIONS_MAX 32

enum oa_operation_fact {
    OA_OP_IDENTIFIES = 1, /* its parameters identify the client, its user and its version, or tell
                             where an interface listens */
    OA_OP_RESERVED = 2,   /* the document only reserves the number: clients older than the document
                             use it, or none */
    OA_OP_WAITS = 4,      /* it is answered when there is news */
    OA_OP_RETURNS_1 = 8,  /* when it succeeds, [MS-OXNSPI] 3.1.4.1.2; all others return 0 */
};

/* The row of an interface, which lives forever; NULL for OA_IF_NONE. */
const struct oa_rpc_interface *oa_rpc_interface(enum oa_interface_id id);

/* The interface of that UUID, as on the wire, whatever the version; NULL when it is none of the
 * known ones. */
const struct oa_rpc_interface *oa_rpc_interface_find(const uint8_t uuid[16]);

/* What takes the place of an interface at an endpoint of MAPI over HTTP: the store's when the
 * endpoint is not known. */
const struct oa_rpc_interface *oa_rpc_interface_over_http(enum oa_mapi_http_endpoint endpoint);

/* Whether it is one of MAPI over HTTP: its operations are request types, without numbers on the
 * wire; enum oa_mapi_http_type stands in for these. */
bool oa_rpc_interface_is_mapi_http(const struct oa_rpc_interface *iface);

/* Whether `iface`, which may be NULL, is the interface of that id. */
bool oa_rpc_interface_is(const struct oa_rpc_interface *iface, enum oa_interface_id id);

/* How many rows its operations have, whose numbers are those below. */
unsigned oa_rpc_interface_operations(const struct oa_rpc_interface *iface);

/* The operation's name; NULL when there is none of that number, or no interface. */
const char *oa_rpc_operation_name(const struct oa_rpc_interface *iface, uint16_t opnum);

/* Whether the operation is known for the fact; false when there is none of that number, or no
 * interface. */
bool oa_rpc_operation_has(const struct oa_rpc_interface *iface, uint16_t opnum,
                          enum oa_operation_fact fact);

#endif
