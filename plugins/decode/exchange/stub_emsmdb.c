/* stub_emsmdb.c
 * Parameters of EMSMDB and AsyncEMSMDB, the calls to a mailbox store.
 * [MS-OXCRPC] 3.1.4 (EMSMDB), 3.3.4 (AsyncEMSMDB), 6 (IDL)
 *
 * The document only reserves the numbers of the calls that older clients made. Their parameters
 * here are those that OpenChange (exchange.idl and ndr_mapi.c) and Wireshark (mapi.idl) agree on;
 * where they do not, the layout says what was chosen and why.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub.h"

#include "exchange/ext_payload.h"

/* clang-format off */

static const struct oa_slot DISCONNECT_IN[] = { OA_CONTEXT_HANDLE(OXCRPC_CXH), OA_END };
static const struct oa_slot DISCONNECT_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot REGISTER_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_RPC_INDEX),
    OA_CONFORMANT(NONE),
    OA_OCTETS(OXCRPC_CONTEXT),
    OA_U16(OXCRPC_CB_CONTEXT),
    OA_U32(OXCRPC_ADVISE_BITS),
    OA_CONFORMANT(NONE),
    OA_OCTETS(OXCRPC_CALLBACK),
    OA_U16(OXCRPC_CB_CALLBACK),
    OA_END,
};
static const struct oa_slot REGISTER_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_NOTIFICATION),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot DUMMY_OUT[] = { OA_U32(OXCRPC_RETURN), OA_END };

/* What EcDoConnectEx begins with is all that EcDoConnect has. */
#define CONNECT_IN_SLOTS                                                                           \
    OA_STRING8(OXCRPC_USER_DN),                                                                    \
    OA_U32(OXCRPC_CONNECT_FLAGS),                                                                  \
    OA_U32(OXCRPC_CON_MOD),                                                                        \
    OA_U32(OXCRPC_LIMIT),                                                                          \
    OA_U32(OXCRPC_CPID),                                                                           \
    OA_U32(OXCRPC_LCID_STRING),                                                                    \
    OA_U32(OXCRPC_LCID_SORT),                                                                      \
    OA_U32(OXCRPC_ICXR_LINK),                                                                      \
    OA_U16(OXCRPC_CAN_CONVERT),                                                                    \
    OA_FIXED(OXCRPC_CLIENT_VERSION, 3),                                                            \
    OA_U16(OXCRPC_CLIENT_VERSION_WORD),                                                            \
    OA_U32(OXCRPC_TIME_STAMP)
#define CONNECT_OUT_SLOTS                                                                          \
    OA_CONTEXT_HANDLE(OXCRPC_CXH),                                                                 \
    OA_U32(OXCRPC_POLLS_MAX),                                                                      \
    OA_U32(OXCRPC_RETRY),                                                                          \
    OA_U32(OXCRPC_RETRY_DELAY),                                                                    \
    OA_U16(OXCRPC_ICXR),                                                                           \
    OA_UNIQUE,                                                                                     \
    OA_STRING8(OXCRPC_DN_PREFIX),                                                                  \
    OA_UNIQUE,                                                                                     \
    OA_STRING8(OXCRPC_DISPLAY_NAME),                                                               \
    OA_FIXED(OXCRPC_SERVER_VERSION, 3),                                                            \
    OA_U16(OXCRPC_SERVER_VERSION_WORD),                                                            \
    OA_FIXED(OXCRPC_BEST_VERSION, 3),                                                              \
    OA_U16(OXCRPC_BEST_VERSION_WORD),                                                              \
    OA_U32(OXCRPC_TIME_STAMP)
/*
 * Both sources have the bytes of EcDoConnectEx without its auxiliary buffers. The last three words
 * of the answer are rgwBestVersion to Wireshark, as in EcDoConnectEx, and the client's version
 * returned to OpenChange; picxr has 32 bits in both, also in EcDoConnectEx, where the document has
 * 16: alignment makes it the same. The document's later form is taken.
 */
static const struct oa_slot CONNECT_IN[] = { CONNECT_IN_SLOTS, OA_END };
static const struct oa_slot CONNECT_OUT[] = {
    CONNECT_OUT_SLOTS,
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

/*
 * A conformant varying array whose counts are usSize and *pusLength: both sources have the counts
 * as parameters of their own ("size", "offset", and the length in front of the buffer), which is
 * the same on the wire. EcGetMoreRpc, which Wireshark alone describes, has such an array, and gives
 * the two parameters their names; as nothing tells what the rest of a buffer looks like, it is not
 * opened.
 */
static const struct oa_slot RPC_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_RGB, oa_ext_bare_rops),
    OA_U16(OXCRPC_CB_RGB),
    OA_U16(OXCRPC_CB_RGB_MAX),
    OA_END,
};
static const struct oa_slot RPC_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_RGB, oa_ext_bare_rops),
    OA_U16(OXCRPC_CB_RGB),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};
static const struct oa_slot MORE_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_MORE),
    OA_U16(OXCRPC_CB_RGB),
    OA_U16(OXCRPC_CB_RGB_MAX),
    OA_END,
};
static const struct oa_slot MORE_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_MORE),
    OA_U16(OXCRPC_CB_RGB),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

/* OpenChange has two numbers without names, Wireshark names them. */
static const struct oa_slot UNREGISTER_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_RPC_INDEX),
    OA_U32(OXCRPC_NOTIFICATION),
    OA_END,
};

/* OpenChange knows no more of these two than their names. Wireshark describes them, with parameters
 * as GetDCName has them in a header of Exchange's client, where there is room for 18 characters. */
static const struct oa_slot DC_NAME_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_STRING8(OXCRPC_DOMAIN),
    OA_END,
};
static const struct oa_slot DC_NAME_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_BYTES(OXCRPC_DOMAIN_CONTROLLER, 16),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};
static const struct oa_slot NET_DC_NAME_IN[] = { OA_STRING8(OXCRPC_DOMAIN), OA_END };
static const struct oa_slot NET_DC_NAME_OUT[] = {
    OA_BYTES(OXCRPC_DOMAIN_CONTROLLER, 16),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

/*
 * EcDoRpcExt is EcDoRpcExt2 without auxiliary output. The sources do not agree on what stands
 * between pcbOut and pulTransTime: to Wireshark it is rgbAuxIn and cbAuxIn, as in EcDoRpcExt2 and
 * in the request alone; to OpenChange a reserved conformant varying array and its size, in both
 * directions. Neither shows bytes. What is left tells them apart: an empty reserved array and its
 * size are 16 bytes, no array and its size 8, and a buffer with more than a header is more than 16.
 * In NDR64, which is younger than the call, a request is always taken to be of the first form.
 */
static const struct oa_slot RPC_EXT_IN[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_FLAGS),
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_IN, oa_ext_rops),
    OA_U32(OXCRPC_CB_IN),
    OA_U32(OXCRPC_CB_OUT),
    OA_IF_LEFT_IS(16),
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_RESERVED0),
    OA_IF_LEFT(8),
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_AUX_IN, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_IN),
    OA_END,
};
static const struct oa_slot RPC_EXT_OUT[] = {
    OA_CONTEXT_HANDLE(OXCRPC_CXH),
    OA_U32(OXCRPC_FLAGS),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_OUT, oa_ext_rops),
    OA_U32(OXCRPC_CB_OUT),
    OA_IF_LEFT(24),
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_RESERVED0),
    OA_IF_LEFT(12),
    OA_U32(OXCRPC_RESERVED1),
    OA_U32(OXCRPC_TRANS_TIME),
    OA_U32(OXCRPC_RETURN),
    OA_END,
};

static const struct oa_slot CONNECT_EX_IN[] = {
    CONNECT_IN_SLOTS,
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_AUX_IN, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_IN),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_END,
};
static const struct oa_slot CONNECT_EX_OUT[] = {
    CONNECT_OUT_SLOTS,
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

/* EcDoAsyncConnect and EcDoAsyncWait to gromox and Wireshark, which supposes them to be what
 * EcDoAsyncConnectEx and EcDoAsyncWaitEx are; nothing else says so, and OpenChange has none. */
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

/* clang-format on */

static const struct oa_layout RESERVED_STUB = { "reserved", RESERVED };
static const struct oa_layout CONNECT_REQUEST = { "EcDoConnect", CONNECT_IN };
static const struct oa_layout CONNECT_RESPONSE = { "EcDoConnect", CONNECT_OUT };
static const struct oa_layout RPC_REQUEST = { "EcDoRpc", RPC_IN };
static const struct oa_layout RPC_RESPONSE = { "EcDoRpc", RPC_OUT };
static const struct oa_layout MORE_REQUEST = { "EcGetMoreRpc", MORE_IN };
static const struct oa_layout MORE_RESPONSE = { "EcGetMoreRpc", MORE_OUT };
static const struct oa_layout UNREGISTER_REQUEST = { "EcRUnregisterPushNotification",
                                                     UNREGISTER_IN };
static const struct oa_layout UNREGISTER_RESPONSE = { "EcRUnregisterPushNotification",
                                                      DISCONNECT_OUT };
static const struct oa_layout DC_NAME_REQUEST = { "EcRGetDCName", DC_NAME_IN };
static const struct oa_layout DC_NAME_RESPONSE = { "EcRGetDCName", DC_NAME_OUT };
static const struct oa_layout NET_DC_NAME_REQUEST = { "EcRNetGetDCName", NET_DC_NAME_IN };
static const struct oa_layout NET_DC_NAME_RESPONSE = { "EcRNetGetDCName", NET_DC_NAME_OUT };
static const struct oa_layout RPC_EXT_REQUEST = { "EcDoRpcExt", RPC_EXT_IN };
static const struct oa_layout RPC_EXT_RESPONSE = { "EcDoRpcExt", RPC_EXT_OUT };
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
    { &CONNECT_REQUEST, &CONNECT_RESPONSE },
    { &DISCONNECT_REQUEST, &DISCONNECT_RESPONSE },
    { &RPC_REQUEST, &RPC_RESPONSE },
    { &MORE_REQUEST, &MORE_RESPONSE },
    { &REGISTER_REQUEST, &REGISTER_RESPONSE },
    { &UNREGISTER_REQUEST, &UNREGISTER_RESPONSE },
    { NULL, &DUMMY_RESPONSE },
    { &DC_NAME_REQUEST, &DC_NAME_RESPONSE },
    { &NET_DC_NAME_REQUEST, &NET_DC_NAME_RESPONSE },
    { &RPC_EXT_REQUEST, &RPC_EXT_RESPONSE },
    { &CONNECT_EX_REQUEST, &CONNECT_EX_RESPONSE },
    { &RPC_EXT2_REQUEST, &RPC_EXT2_RESPONSE },
    { &RESERVED_STUB, &RESERVED_STUB }, /* Opnum12Reserved */
    { &RESERVED_STUB, &RESERVED_STUB }, /* Opnum13Reserved */
    { &ASYNC_CONNECT_REQUEST, &ASYNC_CONNECT_RESPONSE },
};
static const struct oa_stub_row ASYNC_ROWS[] = { { &WAIT_REQUEST, &WAIT_RESPONSE } };

const struct oa_stub_table OA_STUB_EMSMDB = {
    OA_IF_EMSMDB,
    sizeof EMSMDB_ROWS / sizeof EMSMDB_ROWS[0],
    EMSMDB_ROWS,
};
const struct oa_stub_table OA_STUB_ASYNC_EMSMDB = {
    OA_IF_ASYNC_EMSMDB,
    sizeof ASYNC_ROWS / sizeof ASYNC_ROWS[0],
    ASYNC_ROWS,
};
