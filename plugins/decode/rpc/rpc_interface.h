/* rpc_interface.h
 * The RPC interfaces that are used over RPC over HTTP, their counterparts in MAPI over HTTP, and
 * their operations: the rows of interfaces.def and operations.def.
 *
 * Each plugin links its own copy of the tables: compare interfaces by id, never by pointer.
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
    const char *name; /* "EMSMDB" */
    enum oa_service_id service;
    bool is_exchange;            /* used by Outlook and Exchange only */
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
    OA_OP_IDENTIFIES = 1, /* its parameters identify the client, its user and its version, or the
                             endpoint of an interface */
    OA_OP_RESERVED = 2,   /* the document only reserves the number: used by clients that are older
                             than the document, or by none */
    OA_OP_WAITS = 4,      /* the response comes when there is something to report */
    OA_OP_RETURNS_1 = 8,  /* on success, [MS-OXNSPI] 3.1.4.1.2; all others return 0 */
    OA_OP_LISTS = 16, /* returns ept_s_not_registered at the end of its list, [C706] appendix O */
    OA_OP_TIMED = 32, /* its response ends with pulTransTime, [MS-OXCRPC] 3.1.4.2 */
    OA_OP_ROPS = 64,  /* its parameters have ROP buffers */
};

/* The row of an interface, which lives forever; NULL for OA_IF_NONE. */
const struct oa_rpc_interface *oa_rpc_interface(enum oa_interface_id id);

/* The interface of that UUID, as on the wire, whatever its version; NULL when it is not known. */
const struct oa_rpc_interface *oa_rpc_interface_find(const uint8_t uuid[16]);

/* The interface of an endpoint of MAPI over HTTP; that of the store when the endpoint is not
 * known. */
const struct oa_rpc_interface *oa_rpc_interface_over_http(enum oa_mapi_http_endpoint endpoint);

/* Whether it is one of MAPI over HTTP: its operations are request types, which have no number on
 * the wire; their opnum is enum oa_mapi_http_type. */
bool oa_rpc_interface_is_mapi_http(const struct oa_rpc_interface *iface);

/* Whether `iface`, which may be NULL, is the interface of that id. */
bool oa_rpc_interface_is(const struct oa_rpc_interface *iface, enum oa_interface_id id);

/* The number of its operations; their opnums count from 0. */
unsigned oa_rpc_interface_operations(const struct oa_rpc_interface *iface);

/* The operation's name; NULL when there is none of that number, or no interface. */
const char *oa_rpc_operation_name(const struct oa_rpc_interface *iface, uint16_t opnum);

/* Whether the fact is true of the operation; false when there is no operation of that number, or
 * no interface. */
bool oa_rpc_operation_has(const struct oa_rpc_interface *iface, uint16_t opnum,
                          enum oa_operation_fact fact);

#endif
