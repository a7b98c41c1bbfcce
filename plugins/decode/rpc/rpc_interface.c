/* rpc_interface.c
 * The RPC interfaces that run through RPC over HTTP, and what takes their place in MAPI over HTTP,
 * with the names of their operations. [MS-OXCRPC] 3.1.4, 3.3.4, [MS-OXNSPI] 3.1.4.1, [MS-OXABREF]
 * 3.1.4, [MS-OXCMAPIHTTP] 2.2.4, 2.2.5, [C706] appendix O and Q
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/rpc_interface.h"

#include "base/text.h"

#include <string.h>

/* Numbers that the document only reserves keep the names they had in Exchange 2000 to 2007 clients.
 */
static const char *const EMSMDB[] = {
    "EcDoConnect",
    "EcDoDisconnect",
    "EcDoRpc",
    "EcGetMoreRpc",
    "EcRRegisterPushNotification",
    "EcRUnregisterPushNotification",
    "EcDummyRpc",
    "EcRGetDCName",
    "EcRNetGetDCName",
    "EcDoRpcExt",
    "EcDoConnectEx",
    "EcDoRpcExt2",
    "Opnum12Reserved",
    "Opnum13Reserved",
    "EcDoAsyncConnectEx",
};

static const char *const ASYNC_EMSMDB[] = { "EcDoAsyncWaitEx" };

static const char *const NSPI[] = {
    "NspiBind",
    "NspiUnbind",
    "NspiUpdateStat",
    "NspiQueryRows",
    "NspiSeekEntries",
    "NspiGetMatches",
    "NspiResortRestriction",
    "NspiDNToMId",
    "NspiGetPropList",
    "NspiGetProps",
    "NspiCompareMIds",
    "NspiModProps",
    "NspiGetSpecialTable",
    "NspiGetTemplateInfo",
    "NspiModLinkAtt",
    "Opnum15NotUsedOnWire",
    "NspiQueryColumns",
    "Opnum17NotUsedOnWire",
    "Opnum18NotUsedOnWire",
    "NspiResolveNames",
    "NspiResolveNamesW",
};

static const char *const RFR[] = { "RfrGetNewDSA", "RfrGetFQDNFromServerDN" };

static const char *const MGMT[] = {
    "rpc__mgmt_inq_if_ids",          "rpc__mgmt_inq_stats",
    "rpc__mgmt_is_server_listening", "rpc__mgmt_stop_server_listening",
    "rpc__mgmt_inq_princ_name",
};

static const char *const EPM[] = {
    "ept_insert",     "ept_delete",      "ept_lookup", "ept_map", "ept_lookup_handle_free",
    "ept_inq_object", "ept_mgmt_delete",
};

/* The document's names; what is sent as the type may differ. Where no type fits is "Unknown". */
static const char *const MAPI_HTTP[] = {
    "Unknown",
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint) name,
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
};

#define OPERATIONS(names) sizeof(names) / sizeof((names)[0]), names
#define BIT(opnum) (1U << (opnum))

/* EcDoConnectEx, and EcDoConnect before it; RfrGetNewDSA; ept_map. */
#define EMSMDB_TELLING (BIT(0) | BIT(10))
#define RFR_TELLING BIT(0)
#define EPM_TELLING BIT(3)
/* [MS-OXCRPC] 3.1.4, [MS-OXNSPI] 3.1.4.1 */
#define EMSMDB_RESERVED                                                                            \
    (BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(9) | BIT(12) | BIT(13))
#define NSPI_RESERVED (BIT(15) | BIT(17) | BIT(18))

static const struct oa_rpc_interface INTERFACES[] = {
    { "a4f1db00-ca47-1067-b31f-00dd010662da", 0, 81, "EMSMDB", "store", true, EMSMDB_TELLING,
      EMSMDB_RESERVED, OPERATIONS(EMSMDB) },
    { "5261574a-4572-206e-b268-6b199213b4e4", 0, 1, "AsyncEMSMDB", "store", true, 0, 0,
      OPERATIONS(ASYNC_EMSMDB) },
    { "f5cc5a18-4264-101a-8c59-08002b2f8426", 56, 0, "NSPI", "directory", true, 0, NSPI_RESERVED,
      OPERATIONS(NSPI) },
    { "1544f5e0-613c-11d1-93df-00c04fd7bd09", 1, 0, "RFR", "referral", true, RFR_TELLING, 0,
      OPERATIONS(RFR) },
    { "afa8bd80-7d8a-11c9-bef4-08002b102989", 1, 0, "mgmt", "management", false, 0, 0,
      OPERATIONS(MGMT) },
    { "e1af8308-5d1f-11c9-91a4-08002b14a0fa", 3, 0, "epm", "endpoint mapper", false, EPM_TELLING, 0,
      OPERATIONS(EPM) },
    { "44e265dd-7daf-42cd-8560-3cdb6e7a2729", 1, 3, "TsProxyRpcInterface", "RD gateway", false, 0,
      0, 0, NULL },
    { "", 0, 0, "EMSMDB over HTTP", "store", true, 0, 0, OPERATIONS(MAPI_HTTP) },
    { "", 0, 0, "NSPI over HTTP", "directory", true, 0, 0, OPERATIONS(MAPI_HTTP) },
};

const struct oa_rpc_interface *
oa_rpc_interface_find(const uint8_t uuid[16])
{
    char text[OA_UUID_TEXT];

    oa_text_uuid(uuid, text);
    for (size_t i = 0; i < sizeof INTERFACES / sizeof INTERFACES[0]; i++)
        if (strcmp(text, INTERFACES[i].uuid) == 0)
            return &INTERFACES[i];
    return NULL;
}

const struct oa_rpc_interface *
oa_rpc_interface_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof INTERFACES / sizeof INTERFACES[0]; i++)
        if (strcmp(name, INTERFACES[i].name) == 0)
            return &INTERFACES[i];
    return NULL;
}

bool
oa_rpc_interface_is_mapi_http(const struct oa_rpc_interface *iface)
{
    return iface->uuid[0] == '\0';
}

struct oa_rpc_syntax
oa_rpc_interface_syntax(const struct oa_rpc_interface *iface)
{
    struct oa_rpc_syntax syntax = { .major = iface->major, .minor = iface->minor };

    oa_text_uuid_to_wire(iface->uuid, syntax.uuid);
    return syntax;
}

const char *
oa_rpc_operation_name(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    return iface && opnum < iface->n_operations ? iface->operations[opnum] : NULL;
}

static bool
has_bit(uint32_t bits, uint16_t opnum)
{
    return opnum < 32 && (bits & BIT(opnum)) != 0;
}

bool
oa_rpc_operation_is_telling(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    return iface && has_bit(iface->telling, opnum);
}

bool
oa_rpc_operation_is_reserved(const struct oa_rpc_interface *iface, uint16_t opnum)
{
    return iface && has_bit(iface->reserved, opnum);
}
