/* stub_emsmdb.c
 * Parameters of EMSMDB and AsyncEMSMDB, the calls to a mailbox store.
 * [MS-OXCRPC] 3.1.4 (EMSMDB), 3.3.4 (AsyncEMSMDB), 6 (IDL)
 *
 * The document only reserves the numbers of calls that older clients make. Their parameters are
 * those on which OpenChange (exchange.idl and ndr_mapi.c) and Wireshark (mapi.idl) agree; where
 * they do not, a comment explains the choice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/ext_payload.h"
#include "exchange/stub_slots.h"

/* clang-format off */

#define CXH OA_CONTEXT_HANDLE(OXCRPC_CXH)
#define RETURN OA_U32(OXCRPC_RETURN)

/* EcDoConnectEx begins with the parameters of EcDoConnect. */
#define CONNECT_REQUEST                                                                            \
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
#define CONNECT_RESPONSE                                                                           \
    CXH,                                                                                           \
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
 * Both sources describe EcDoConnectEx without its auxiliary buffers. The last three words of the
 * response are rgwBestVersion in Wireshark, as in EcDoConnectEx, and the client's version returned
 * in OpenChange. picxr has 32 bits in both, also in EcDoConnectEx, where the document has 16; with
 * alignment the bytes are the same. The document's form of EcDoConnectEx is used.
 */
OA_REQUEST(EMSMDB, EC_DO_CONNECT) = {
    CONNECT_REQUEST,
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DO_CONNECT) = {
    CONNECT_RESPONSE,
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_DO_DISCONNECT) = {
    CXH,
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DO_DISCONNECT) = {
    CXH,
    RETURN,
    OA_END,
};

/*
 * A conformant varying array whose counts are usSize and *pusLength. Both sources describe the
 * counts as parameters ("size", "offset", and the length before the buffer), which is the same on
 * the wire. The names of the two parameters are those of EcGetMoreRpc, which only Wireshark
 * describes and which has such an array too; the format of the rest of a buffer is not known, so it
 * is not opened.
 */
OA_REQUEST(EMSMDB, EC_DO_RPC) = {
    CXH,
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_RGB, oa_ext_bare_rops),
    OA_U16(OXCRPC_CB_RGB),
    OA_U16(OXCRPC_CB_RGB_MAX),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DO_RPC) = {
    CXH,
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_RGB, oa_ext_bare_rops),
    OA_U16(OXCRPC_CB_RGB),
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_GET_MORE_RPC) = {
    CXH,
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_MORE),
    OA_U16(OXCRPC_CB_RGB),
    OA_U16(OXCRPC_CB_RGB_MAX),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_GET_MORE_RPC) = {
    CXH,
    OA_CONFORMANT_VARYING(NONE),
    OA_OCTETS(OXCRPC_MORE),
    OA_U16(OXCRPC_CB_RGB),
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_R_REGISTER_PUSH_NOTIFICATION) = {
    CXH,
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
OA_RESPONSE(EMSMDB, EC_R_REGISTER_PUSH_NOTIFICATION) = {
    CXH,
    OA_U32(OXCRPC_NOTIFICATION),
    RETURN,
    OA_END,
};

/* Two numbers that have no names in OpenChange; the names are those of Wireshark. */
OA_REQUEST(EMSMDB, EC_R_UNREGISTER_PUSH_NOTIFICATION) = {
    CXH,
    OA_U32(OXCRPC_RPC_INDEX),
    OA_U32(OXCRPC_NOTIFICATION),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_R_UNREGISTER_PUSH_NOTIFICATION) = {
    CXH,
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_DUMMY_RPC) = {
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DUMMY_RPC) = {
    RETURN,
    OA_END,
};

/* OpenChange only has the names of these two. Wireshark describes them with the parameters of
 * GetDCName in a header of Exchange's client, where the buffer has 18 characters. */
OA_REQUEST(EMSMDB, EC_R_GET_DC_NAME) = {
    CXH,
    OA_STRING8(OXCRPC_DOMAIN),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_R_GET_DC_NAME) = {
    CXH,
    OA_BYTES(OXCRPC_DOMAIN_CONTROLLER, 16),
    RETURN,
    OA_END,
};
OA_REQUEST(EMSMDB, EC_R_NET_GET_DC_NAME) = {
    OA_STRING8(OXCRPC_DOMAIN),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_R_NET_GET_DC_NAME) = {
    OA_BYTES(OXCRPC_DOMAIN_CONTROLLER, 16),
    RETURN,
    OA_END,
};

/*
 * EcDoRpcExt is EcDoRpcExt2 without auxiliary output. The sources disagree on what is between
 * pcbOut and pulTransTime: in Wireshark it is rgbAuxIn and cbAuxIn, as in EcDoRpcExt2, and in the
 * request only; in OpenChange it is a reserved conformant varying array and its size, in both
 * directions.
 * Neither source has sample bytes. The number of remaining bytes distinguishes them: an empty
 * reserved array and its size have 16 bytes, no array and its size 8, and a buffer with more than a
 * header has more than 16. In NDR64, which is newer than the call, a request is always taken to be
 * of the first form.
 */
OA_REQUEST(EMSMDB, EC_DO_RPC_EXT) = {
    CXH,
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
OA_RESPONSE(EMSMDB, EC_DO_RPC_EXT) = {
    CXH,
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
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_DO_CONNECT_EX) = {
    CONNECT_REQUEST,
    OA_CONFORMANT(NONE),
    OA_BLOB(OXCRPC_AUX_IN, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_IN),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DO_CONNECT_EX) = {
    CONNECT_RESPONSE,
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_AUX_OUT, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_OUT),
    RETURN,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_DO_RPC_EXT2) = {
    CXH,
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
OA_RESPONSE(EMSMDB, EC_DO_RPC_EXT2) = {
    CXH,
    OA_U32(OXCRPC_FLAGS),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_OUT, oa_ext_rops),
    OA_U32(OXCRPC_CB_OUT),
    OA_CONFORMANT_VARYING(NONE),
    OA_BLOB(OXCRPC_AUX_OUT, oa_ext_aux),
    OA_U32(OXCRPC_CB_AUX_OUT),
    OA_U32(OXCRPC_TRANS_TIME),
    RETURN,
    OA_END,
};

/* EcDoAsyncConnect and EcDoAsyncWait in gromox and Wireshark, which assumes the parameters of
 * EcDoAsyncConnectEx and EcDoAsyncWaitEx. There is no other evidence; OpenChange does not have
 * them. */
#define UNKNOWN_PARAMETERS                                                                         \
    OA_IF_LEFT(1),                                                                                 \
    OA_OCTETS(OXCRPC_RESERVED)

OA_REQUEST(EMSMDB, OPNUM_12) = {
    UNKNOWN_PARAMETERS,
    OA_END,
};
OA_RESPONSE(EMSMDB, OPNUM_12) = {
    UNKNOWN_PARAMETERS,
    OA_END,
};
OA_REQUEST(EMSMDB, OPNUM_13) = {
    UNKNOWN_PARAMETERS,
    OA_END,
};
OA_RESPONSE(EMSMDB, OPNUM_13) = {
    UNKNOWN_PARAMETERS,
    OA_END,
};

OA_REQUEST(EMSMDB, EC_DO_ASYNC_CONNECT_EX) = {
    CXH,
    OA_END,
};
OA_RESPONSE(EMSMDB, EC_DO_ASYNC_CONNECT_EX) = {
    OA_CONTEXT_HANDLE(OXCRPC_ACXH),
    RETURN,
    OA_END,
};

OA_REQUEST(ASYNC_EMSMDB, EC_DO_ASYNC_WAIT_EX) = {
    OA_CONTEXT_HANDLE(OXCRPC_WAIT_ACXH),
    OA_U32(OXCRPC_WAIT_FLAGS_IN),
    OA_END,
};
OA_RESPONSE(ASYNC_EMSMDB, EC_DO_ASYNC_WAIT_EX) = {
    OA_U32(OXCRPC_WAIT_FLAGS_OUT),
    OA_U32(OXCRPC_WAIT_RETURN),
    OA_END,
};

/* clang-format on */
