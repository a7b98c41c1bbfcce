/* rpc_interface.c
 * The RPC interfaces that are used over RPC over HTTP, their counterparts in MAPI over HTTP, and
 * their operations: the rows of interfaces.def and operations.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/rpc_interface.h"

#include <string.h>

/* A UUID, written by the groups of its text, in wire order: the first three groups are little
 * endian. [C706] appendix A, [MS-DTYP] 2.3.4.2 */
#define BYTE(number, i) (uint8_t)((number) >> (8 * (i)))
#define OA_UUID(a, b, c, d, e)                                                                     \
    {                                                                                              \
        BYTE(a, 0), BYTE(a, 1), BYTE(a, 2), BYTE(a, 3), BYTE(b, 0), BYTE(b, 1), BYTE(c, 0),        \
            BYTE(c, 1), BYTE(d, 1), BYTE(d, 0), BYTE(e, 5), BYTE(e, 4), BYTE(e, 3), BYTE(e, 2),    \
            BYTE(e, 1), BYTE(e, 0)                                                                 \
    }
#define OA_NO_UUID                                                                                 \
    {                                                                                              \
        0                                                                                          \
    }

static const struct oa_rpc_interface INTERFACES[OA_INTERFACES] = {
#define OA_INTERFACE(id, name, service, is_exchange, major, minor, uuid)                           \
    [OA_IF_##id] = { OA_IF_##id, name, OA_SERVICE_##service, is_exchange, { uuid, major, minor } },
#include "rpc/interfaces.def"
#undef OA_INTERFACE
};

struct operation {
    const char *name;
    unsigned facts; /* enum oa_operation_fact */
};

/* Request types of MAPI over HTTP, by the names of the document. Both interfaces have all of them:
 * the type of a request need not match its endpoint. */
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts)                                \
    [OA_MAPI_HTTP_##id] = { name, facts },

static const struct operation OPERATIONS[OA_INTERFACES][OA_OPERATIONS_MAX] = {
#define OA_OPERATION(interface, id, opnum, name, facts, layouts)                                   \
    [OA_IF_##interface][opnum] = { name, facts },
#include "rpc/operations.def"
#undef OA_OPERATION
    [OA_IF_EMSMDB_HTTP] = {
#include "http/mapi_http_types.def"
    },
    [OA_IF_NSPI_HTTP] = {
#include "http/mapi_http_types.def"
    },
};
#undef OA_MAPI_HTTP_TYPE

/* The row of an operation, or NULL. */
static const struct operation *
find_operation(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    return iface && opnum < OA_OPERATIONS_MAX ? &OPERATIONS[iface->id][opnum] : NULL;
}

const struct oa_rpc_interface *
oa_rpc_interface(enum oa_interface_id id)
{
    return id == OA_IF_NONE ? NULL : &INTERFACES[id];
}

const struct oa_rpc_interface *
oa_rpc_interface_find(const uint8_t uuid[16])
{
    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++)
        if (!oa_rpc_interface_is_mapi_http(&INTERFACES[id]) &&
            memcmp(uuid, INTERFACES[id].syntax.uuid, sizeof INTERFACES[id].syntax.uuid) == 0)
            return &INTERFACES[id];
    return NULL;
}

const struct oa_rpc_interface *
oa_rpc_interface_over_http(enum oa_mapi_http_endpoint endpoint)
{
    return &INTERFACES[endpoint == OA_MAPI_HTTP_NSPI ? OA_IF_NSPI_HTTP : OA_IF_EMSMDB_HTTP];
}

bool
oa_rpc_interface_is_mapi_http(const struct oa_rpc_interface *iface)
{
    return iface->id == OA_IF_EMSMDB_HTTP || iface->id == OA_IF_NSPI_HTTP;
}

bool
oa_rpc_interface_is(const struct oa_rpc_interface *iface, enum oa_interface_id id)
{
    return iface && iface->id == id;
}

unsigned
oa_rpc_interface_operations(const struct oa_rpc_interface *iface)
{
    unsigned count = OA_OPERATIONS_MAX;

    while (count > 0 && !OPERATIONS[iface->id][count - 1].name)
        count--;
    return count;
}

const char *
oa_rpc_operation_name(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    const struct operation *operation = find_operation(iface, opnum);

    return operation ? operation->name : NULL;
}

bool
oa_rpc_operation_has(const struct oa_rpc_interface *iface, uint16_t opnum,
                     enum oa_operation_fact fact)
{
    const struct operation *operation = find_operation(iface, opnum);

    return operation && (operation->facts & fact);
}
