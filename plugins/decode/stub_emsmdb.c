/* stub_emsmdb.c
 * Parameters of EMSMDB and AsyncEMSMDB, the calls to a mailbox store.
 * [MS-OXCRPC] 3.1.4 (EMSMDB), 3.3.4 (AsyncEMSMDB), 6 (IDL)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stub.h"

#include "ext_payload.h"

static const struct oa_slot DISCONNECT_IN[] = { OA_CONTEXT_HANDLE(OXCRPC_CXH), OA_END };
static const struct oa_slot DISCONNECT_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot REGISTER_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH), OA_U32(OXCRPC_RPC_INDEX),
    OA_CONFORMANT(NONE),           OA_OCTETS(OXCRPC_CONTEXT),
    OA_U16(OXCRPC_CB_CONTEXT),     OA_U32(OXCRPC_ADVISE_BITS),
    OA_CONFORMANT(NONE),           OA_OCTETS(OXCRPC_CALLBACK),
    OA_U16(OXCRPC_CB_CALLBACK),    OA_END,
};
static const struct oa_slot REGISTER_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_NOTIFICATION),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot DUMMY_OUT[] = { OA_U32(OXCRPC_RETURN), OA_END };

static const struct oa_slot CONNECT_EX_IN[] = {
    OA_STRING8(OXCRPC_USER_DN),
    OA_U32(OXCRPC_CONNECT_FLAGS),
    OA_U32(OXCRPC_CON_MOD),
    OA_U32(OXCRPC_LIMIT),
    OA_U32(OXCRPC_CPID),
    OA_U32(OXCRPC_LCID_STRING),
    OA_U32(OXCRPC_LCID_SORT),
    OA_U32(OXCRPC_ICXR_LINK),
    OA_U16(OXCRPC_CAN_CONVERT),
    OA_FIXED(OXCRPC_CLIENT_VERSION, 3),
    OA_U16(OXCRPC_CLIENT_VERSION_WORD),
    OA_U32(OXCRPC_TIME_STAMP),
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_AUX_IN, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_IN),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_END,
};
static const struct oa_slot CONNECT_EX_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_POLLS_MAX),
    OA_U32(OXCRPC_RETRY),
    OA_U32(OXCRPC_RETRY_DELAY),
    OA_U16(OXCRPC_ICXR),
    OA_UNIQUE,
    OA_STRING8(OXCRPC_DN_PREFIX),
    OA_UNIQUE,
    OA_STRING8(OXCRPC_DISPLAY_NAME),
    OA_FIXED(OXCRPC_SERVER_VERSION, 3),
    OA_U16(OXCRPC_SERVER_VERSION_WORD),
    OA_FIXED(OXCRPC_BEST_VERSION, 3),
    OA_U16(OXCRPC_BEST_VERSION_WORD),
    OA_U32(OXCRPC_TIME_STAMP),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_AUX_OUT, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot RPC_EXT2_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_FLAGS),
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_IN, oa_ext_rops),
    OA_U32(OXCRPC_CB_IN),
    OA_U32(OXCRPC_CB_OUT),
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_AUX_IN, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_IN),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_END,
};
static const struct oa_slot RPC_EXT2_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_FLAGS),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_OUT, oa_ext_rops),
    OA_U32(OXCRPC_CB_OUT),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_AUX_OUT, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_U32(OXCRPC_TRANS_TIME),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot ASYNC_CONNECT_IN[] = { OA_CONTEXT_HANDLE(OXCRPC_CXH), OA_END };
static const struct oa_slot ASYNC_CONNECT_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_ACXH),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

/* The document gives no parameters for the numbers it reserves. */
static const struct oa_slot RESERVED[] = {
    OA_IF_LEFT(1),
    OA_OCTETS(OXCRPC_RESERVED),
    OA_END,
};

static const struct oa_slot WAIT_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_WAIT_ACXH),
    OA_U32(OXCRPC_WAIT_FLAGS_IN),
    OA_END,
};
static const struct oa_slot WAIT_OUT[] = {
    OA_U32(OXCRPC_WAIT_FLAGS_OUT),
    OA_U32(OXCRPC_WAIT_RETURN),
    OA_END,
};

static const struct oa_layout RESERVED_STUB = { "reserved", RESERVED };
static const struct oa_layout DISCONNECT_REQUEST = { "EcDoDisconnect", DISCONNECT_IN };
static const struct oa_layout DISCONNECT_RESPONSE = { "EcDoDisconnect", DISCONNECT_OUT };
static const struct oa_layout REGISTER_REQUEST = { "EcRRegisterPushNotification", REGISTER_IN };
static const struct oa_layout REGISTER_RESPONSE = { "EcRRegisterPushNotification", REGISTER_OUT };
static const struct oa_layout DUMMY_RESPONSE = { "EcDummyRpc", DUMMY_OUT };
static const struct oa_layout CONNECT_EX_REQUEST = { "EcDoConnectEx", CONNECT_EX_IN };
static const struct oa_layout CONNECT_EX_RESPONSE = { "EcDoConnectEx", CONNECT_EX_OUT };
static const struct oa_layout RPC_EXT2_REQUEST = { "EcDoRpcExt2", RPC_EXT2_IN };
static const struct oa_layout RPC_EXT2_RESPONSE = { "EcDoRpcExt2", RPC_EXT2_OUT };
static const struct oa_layout ASYNC_CONNECT_REQUEST = { "EcDoAsyncConnectEx", ASYNC_CONNECT_IN };
static const struct oa_layout ASYNC_CONNECT_RESPONSE = { "EcDoAsyncConnectEx", ASYNC_CONNECT_OUT };
static const struct oa_layout WAIT_REQUEST = { "EcDoAsyncWaitEx", WAIT_IN };
static const struct oa_layout WAIT_RESPONSE = { "EcDoAsyncWaitEx", WAIT_OUT };

static const struct oa_stub_row EMSMDB_ROWS[] = {
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcDoConnect */
    { &DISCONNECT_REQUEST, &DISCONNECT_RESPONSE },
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcDoRpc */
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcGetMoreRpc */
    { &REGISTER_REQUEST, &REGISTER_RESPONSE },
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcRUnregisterPushNotification */
    { NULL, &DUMMY_RESPONSE },
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcRGetDCName */
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcRNetGetDCName */
    { &RESERVED_STUB, &RESERVED_STUB }, /* EcDoRpcExt */
    { &CONNECT_EX_REQUEST, &CONNECT_EX_RESPONSE },
    { &RPC_EXT2_REQUEST, &RPC_EXT2_RESPONSE },
    { &RESERVED_STUB, &RESERVED_STUB }, /* Opnum12Reserved */
    { &RESERVED_STUB, &RESERVED_STUB }, /* Opnum13Reserved */
    { &ASYNC_CONNECT_REQUEST, &ASYNC_CONNECT_RESPONSE },
};
static const struct oa_stub_row ASYNC_ROWS[] = { { &WAIT_REQUEST, &WAIT_RESPONSE } };

const struct oa_stub_table OA_STUB_EMSMDB = {
    "EMSMDB",
    sizeof EMSMDB_ROWS / sizeof EMSMDB_ROWS[0],
    EMSMDB_ROWS,
};
const struct oa_stub_table OA_STUB_ASYNC_EMSMDB = {
    "AsyncEMSMDB",
    sizeof ASYNC_ROWS / sizeof ASYNC_ROWS[0],
    ASYNC_ROWS,
};
