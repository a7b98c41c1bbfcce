/* test_emsmdb.c
 * Stubs of EMSMDB and RFR, extended buffers and auxiliary blocks in them; versions and sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/aux_blocks.h"
#include "exchange/ext_payload.h"
#include "track/tracker.h"
#include "vectors.h"

#define HANDLE                                                                                     \
    "00000000"                                                                                     \
    "00112233445566778899aabbccddeeff"
#define HANDLE_TEXT "oxcrpc.cxh{ handle.attributes=0 handle.uuid=[16] } "

/* EcDoConnectEx of "/o=a", Outlook 2007 SP1 in the form of four numbers, no auxiliary data. */
#define CONNECT_IN                                                                                 \
    "05000000"                                                                                     \
    "00000000"                                                                                     \
    "05000000"                                                                                     \
    "2f6f3d6100"                                                                                   \
    "000000" /* szUserDN */                                                                        \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "e4040000"                                                                                     \
    "07040000"                                                                                     \
    "09040000"                                                                                     \
    "ffffffff"                                                                                     \
    "0100"                                                                                         \
    "000c"                                                                                         \
    "4398"                                                                                         \
    "e803" /* rgwClientVersion */                                                                  \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "00000000"                                                                                     \
    "08100000"

/* EcDoConnect of "/o=a", Outlook 2003 SP2 in the form of three numbers, and its answer. */
#define OLD_CONNECT_IN                                                                             \
    "05000000"                                                                                     \
    "00000000"                                                                                     \
    "05000000"                                                                                     \
    "2f6f3d6100"                                                                                   \
    "000000" /* szUserDN */ "00000000"                                                             \
    "07000000"                                                                                     \
    "00000000"                                                                                     \
    "e4040000"                                                                                     \
    "07040000"                                                                                     \
    "09040000"                                                                                     \
    "ffffffff"                                                                                     \
    "0100"                                                                                         \
    "0b00"                                                                                         \
    "9b19"                                                                                         \
    "0000" /* rgwClientVersion */ "02000000"
#define OLD_CONNECT_OUT(handle, status)                                                            \
    handle "60ea0000"                                                                              \
           "06000000"                                                                              \
           "10270000"                                                                              \
           "0100"                                                                                  \
           "0000"                                                                                  \
           "00000000"                                                                              \
           "01000000"                                                                              \
           "03000000"                                                                              \
           "00000000"                                                                              \
           "03000000"                                                                              \
           "426f00"                                                                                \
           "00" /* szDisplayName */ "0600"                                                         \
           "d61d"                                                                                  \
           "0100"                                                                                  \
           "0b00"                                                                                  \
           "9b19"                                                                                  \
           "0000"                                                                                  \
           "02000000" status

/* EcDoRpcExt up to what the sources do not agree on. */
#define RPC_EXT_IN                                                                                 \
    HANDLE "03000000"                                                                              \
           "10000000"                                                                              \
           "0000040008000800"                                                                      \
           "0400010203000000"                                                                      \
           "10000000"                                                                              \
           "00800000"
#define RPC_EXT_TEXT                                                                               \
    HANDLE_TEXT "oxcrpc.flags=3 max_count=16 oxcrpc.in{ oxcrpc.ext{ oxcrpc.ext.version=0 "         \
                "oxcrpc.ext.flags=4 oxcrpc.ext.size=8 oxcrpc.ext.size_actual=8 "                   \
                "oxcrpc.rop_buffer{ oxcrpc.rop_size=4 oxcrpc.rops=[2] oxcrpc.handle_table{ "       \
                "oxcrpc.handle=3 } } } } oxcrpc.cb_in=16 oxcrpc.cb_out=32768 "
#define RPC_EXT_OUT                                                                                \
    HANDLE "00000000"                                                                              \
           "10000000"                                                                              \
           "00000000"                                                                              \
           "10000000"                                                                              \
           "0000040008000800"                                                                      \
           "0400010203000000"                                                                      \
           "10000000"
#define RPC_EXT_OUT_TEXT                                                                           \
    HANDLE_TEXT "oxcrpc.flags=0 max_count=16 offset=0 actual_count=16 oxcrpc.out{ oxcrpc.ext{ "    \
                "oxcrpc.ext.version=0 oxcrpc.ext.flags=4 oxcrpc.ext.size=8 "                       \
                "oxcrpc.ext.size_actual=8 oxcrpc.rop_buffer{ oxcrpc.rop_size=4 oxcrpc.rops=[2] "   \
                "oxcrpc.handle_table{ oxcrpc.handle=3 } } } } oxcrpc.cb_out=16 "

static const struct {
    const char *what;
    enum oa_interface_id interface;
    uint16_t opnum;
    bool is_response;
    const char *bytes;
    const char *expected;
    enum oa_walk_state state;
} STUBS[] = {
    { "EcDoDisconnect", OA_IF_EMSMDB, 1, false, HANDLE, HANDLE_TEXT, OA_WALK_DONE },
    { "EcDoDisconnect answered", OA_IF_EMSMDB, 1, true, HANDLE "05400080",
      HANDLE_TEXT "oxcrpc.return=2147500037", OA_WALK_DONE },
    { "EcRRegisterPushNotification", OA_IF_EMSMDB, 4, false,
      HANDLE "01000000"
             "02000000"
             "aabb"
             "0200"
             "10000000"
             "01000000"
             "cc"
             "00"
             "0100",
      HANDLE_TEXT "oxcrpc.rpc_index=1 max_count=2 oxcrpc.context=[2] oxcrpc.cb_context=2 "
                  "oxcrpc.advise_bits=16 max_count=1 oxcrpc.callback=[1] oxcrpc.cb_callback=1",
      OA_WALK_DONE },
    { "EcRRegisterPushNotification answered", OA_IF_EMSMDB, 4, true,
      HANDLE "03000000"
             "00000000",
      HANDLE_TEXT "oxcrpc.notification=3 oxcrpc.return=0", OA_WALK_DONE },
    { "EcDummyRpc", OA_IF_EMSMDB, 6, false, "", "", OA_WALK_DONE },
    { "EcDummyRpc answered", OA_IF_EMSMDB, 6, true, "00000000", "oxcrpc.return=0", OA_WALK_DONE },
    { "a number without parameters", OA_IF_EMSMDB, 12, false, "0102", "oxcrpc.reserved=[2]",
      OA_WALK_DONE },
    { "EcDoConnect", OA_IF_EMSMDB, 0, false, OLD_CONNECT_IN,
      "max_count=5 offset=0 actual_count=5 oxcrpc.user_dn=/o=a oxcrpc.connect_flags=0 "
      "oxcrpc.con_mod=7 oxcrpc.limit=0 oxcrpc.cpid=1252 oxcrpc.lcid_string=1031 "
      "oxcrpc.lcid_sort=1033 oxcrpc.icxr_link=4294967295 oxcrpc.can_convert=1 "
      "oxcrpc.client_version_words{ oxcrpc.client_version_word=11 "
      "oxcrpc.client_version_word=6555 oxcrpc.client_version_word=0 } oxcrpc.time_stamp=2",
      OA_WALK_DONE },
    { "EcDoConnect answered", OA_IF_EMSMDB, 0, true, OLD_CONNECT_OUT(HANDLE, "00000000"),
      HANDLE_TEXT "oxcrpc.polls_max=60000 oxcrpc.retry=6 oxcrpc.retry_delay=10000 oxcrpc.icxr=1 "
                  "referent_id=0 referent_id=1 max_count=3 offset=0 actual_count=3 "
                  "oxcrpc.display_name=Bo oxcrpc.server_version_words{ "
                  "oxcrpc.server_version_word=6 oxcrpc.server_version_word=7638 "
                  "oxcrpc.server_version_word=1 } oxcrpc.best_version_words{ "
                  "oxcrpc.best_version_word=11 oxcrpc.best_version_word=6555 "
                  "oxcrpc.best_version_word=0 } oxcrpc.time_stamp=2 oxcrpc.return=0",
      OA_WALK_DONE },
    { "EcDoRpc", OA_IF_EMSMDB, 2, false,
      HANDLE "ff7f0000"
             "00000000"
             "09000000"
             "a0a5a4a5a4a6a5a5a5"
             "00"
             "0900"
             "ff7f",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=9 oxcrpc.rgb{ oxcrpc.ext.payload=[9] "
                  "(Deobfuscated ROP buffer: oxcrpc.rop_size=5 oxcrpc.rops=[3] "
                  "oxcrpc.handle_table{ oxcrpc.handle=3 } ) } oxcrpc.cb_rgb=9 "
                  "oxcrpc.cb_rgb_max=32767",
      OA_WALK_DONE },
    { "EcDoRpc answered", OA_IF_EMSMDB, 2, true,
      HANDLE "ff7f0000"
             "00000000"
             "08000000"
             "a1a5a4a5a6a5a5a5"
             "0800"
             "0000"
             "00000000",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=8 oxcrpc.rgb{ oxcrpc.ext.payload=[8] "
                  "(Deobfuscated ROP buffer: oxcrpc.rop_size=4 oxcrpc.rops=[2] "
                  "oxcrpc.handle_table{ oxcrpc.handle=3 } ) } oxcrpc.cb_rgb=8 oxcrpc.return=0",
      OA_WALK_DONE },
    { "EcDoRpc answered by an error", OA_IF_EMSMDB, 2, true,
      HANDLE "ff7f0000"
             "00000000"
             "00000000"
             "0000"
             "0000"
             "05400080",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=0 oxcrpc.rgb=[0] oxcrpc.cb_rgb=0 "
                  "oxcrpc.return=2147500037",
      OA_WALK_DONE },
    { "EcDoRpc, RopSize beyond the buffer", OA_IF_EMSMDB, 2, false,
      HANDLE "ff7f0000"
             "00000000"
             "04000000"
             "9aa5a4a5"
             "0400"
             "ff7f",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=4 oxcrpc.rgb{ oxcrpc.ext.payload=[4] "
                  "(Deobfuscated ROP buffer: oxcrpc.rop_size=63 oxcrpc.rops=[2] "
                  ") } oxcrpc.cb_rgb=4 oxcrpc.cb_rgb_max=32767",
      OA_WALK_SHORT },
    { "EcGetMoreRpc", OA_IF_EMSMDB, 3, false,
      HANDLE "ff7f0000"
             "00000000"
             "00000000"
             "0000"
             "ff7f",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=0 oxcrpc.more=[0] oxcrpc.cb_rgb=0 "
                  "oxcrpc.cb_rgb_max=32767",
      OA_WALK_DONE },
    { "EcGetMoreRpc answered", OA_IF_EMSMDB, 3, true,
      HANDLE "ff7f0000"
             "00000000"
             "03000000"
             "aabbcc"
             "00"
             "0300"
             "0000"
             "00000000",
      HANDLE_TEXT "max_count=32767 offset=0 actual_count=3 oxcrpc.more=[3] oxcrpc.cb_rgb=3 "
                  "oxcrpc.return=0",
      OA_WALK_DONE },
    { "EcRUnregisterPushNotification", OA_IF_EMSMDB, 5, false,
      HANDLE "01000000"
             "03000000",
      HANDLE_TEXT "oxcrpc.rpc_index=1 oxcrpc.notification=3", OA_WALK_DONE },
    { "EcRUnregisterPushNotification answered", OA_IF_EMSMDB, 5, true, HANDLE "00000000",
      HANDLE_TEXT "oxcrpc.return=0", OA_WALK_DONE },
    { "EcRGetDCName", OA_IF_EMSMDB, 7, false,
      HANDLE "04000000"
             "00000000"
             "04000000"
             "4c414200",
      HANDLE_TEXT "max_count=4 offset=0 actual_count=4 oxcrpc.domain=LAB", OA_WALK_DONE },
    { "EcRGetDCName answered", OA_IF_EMSMDB, 7, true,
      HANDLE "5c5c4443310000000000000000000000"
             "00000000",
      HANDLE_TEXT "oxcrpc.domain_controller=[16] oxcrpc.return=0", OA_WALK_DONE },
    { "EcRNetGetDCName", OA_IF_EMSMDB, 8, false,
      "04000000"
      "00000000"
      "04000000"
      "4c414200",
      "max_count=4 offset=0 actual_count=4 oxcrpc.domain=LAB", OA_WALK_DONE },
    { "EcRNetGetDCName answered", OA_IF_EMSMDB, 8, true,
      "5c5c4443310000000000000000000000"
      "00000000",
      "oxcrpc.domain_controller=[16] oxcrpc.return=0", OA_WALK_DONE },
    { "EcDoRpcExt, no auxiliary input", OA_IF_EMSMDB, 9, false,
      RPC_EXT_IN "00000000"
                 "00000000",
      RPC_EXT_TEXT "max_count=0 oxcrpc.aux_in=[0] oxcrpc.cb_aux_in=0", OA_WALK_DONE },
    { "EcDoRpcExt, auxiliary input", OA_IF_EMSMDB, 9, false,
      RPC_EXT_IN "10000000"
                 "0000040008000800"
                 "0800011703000000"
                 "10000000",
      RPC_EXT_TEXT "max_count=16 oxcrpc.aux_in{ oxcrpc.ext{ oxcrpc.ext.version=0 "
                   "oxcrpc.ext.flags=4 oxcrpc.ext.size=8 oxcrpc.ext.size_actual=8 "
                   "oxcrpc.aux{ oxcrpc.aux.block{ oxcrpc.aux.size=8 oxcrpc.aux.version=1 "
                   "oxcrpc.aux.type=23 oxcrpc.aux.body{ oxcrpc.aux.org_flags=3 } } } } } "
                   "oxcrpc.cb_aux_in=16",
      OA_WALK_DONE },
    { "EcDoRpcExt, an empty reserved array", OA_IF_EMSMDB, 9, false,
      RPC_EXT_IN "00000000"
                 "00000000"
                 "00000000"
                 "00000000",
      RPC_EXT_TEXT "max_count=0 offset=0 actual_count=0 oxcrpc.reserved0=[0] oxcrpc.cb_aux_in=0",
      OA_WALK_DONE },
    { "EcDoRpcExt answered", OA_IF_EMSMDB, 9, true,
      RPC_EXT_OUT "07000000"
                  "00000000",
      RPC_EXT_OUT_TEXT "oxcrpc.trans_time=7 oxcrpc.return=0", OA_WALK_DONE },
    { "EcDoRpcExt answered, a reserved array", OA_IF_EMSMDB, 9, true,
      RPC_EXT_OUT "02000000"
                  "00000000"
                  "02000000"
                  "aabb"
                  "0000"
                  "02000000"
                  "07000000"
                  "00000000",
      RPC_EXT_OUT_TEXT "max_count=2 offset=0 actual_count=2 oxcrpc.reserved0=[2] "
                       "oxcrpc.reserved1=2 oxcrpc.trans_time=7 oxcrpc.return=0",
      OA_WALK_DONE },
    { "EcDoConnectEx", OA_IF_EMSMDB, 10, false, CONNECT_IN,
      "max_count=5 offset=0 actual_count=5 oxcrpc.user_dn=/o=a oxcrpc.connect_flags=0 "
      "oxcrpc.con_mod=0 oxcrpc.limit=0 oxcrpc.cpid=1252 oxcrpc.lcid_string=1031 "
      "oxcrpc.lcid_sort=1033 oxcrpc.icxr_link=4294967295 oxcrpc.can_convert=1 "
      "oxcrpc.client_version_words{ oxcrpc.client_version_word=3072 "
      "oxcrpc.client_version_word=38979 oxcrpc.client_version_word=1000 } oxcrpc.time_stamp=0 "
      "max_count=0 oxcrpc.aux_in=[0] oxcrpc.cb_aux_in=0 oxcrpc.cb_aux_out=4104",
      OA_WALK_DONE },
    { "EcDoRpcExt2, one XOR payload", OA_IF_EMSMDB, 11, false,
      HANDLE "00000000"
             "10000000"
             "0000060008000800"
             "a1a5a4a7a5a5a5a5"
             "10000000"
             "00800000"
             "00000000"
             "00000000"
             "08100000",
      HANDLE_TEXT "oxcrpc.flags=0 max_count=16 oxcrpc.in{ oxcrpc.ext{ oxcrpc.ext.version=0 "
                  "oxcrpc.ext.flags=6 oxcrpc.ext.size=8 oxcrpc.ext.size_actual=8 "
                  "oxcrpc.ext.payload=[8] (Deobfuscated ROP buffer: oxcrpc.rop_size=4 "
                  "oxcrpc.rops=[2] oxcrpc.handle_table{ oxcrpc.handle=0 } ) } } oxcrpc.cb_in=16 "
                  "oxcrpc.cb_out=32768 max_count=0 oxcrpc.aux_in=[0] oxcrpc.cb_aux_in=0 "
                  "oxcrpc.cb_aux_out=4104",
      OA_WALK_DONE },
    { "EcDoRpcExt2 answered, two payloads", OA_IF_EMSMDB, 11, true,
      HANDLE "00000000"
             "00010000"
             "00000000"
             "1b000000"
             "0000000002000200"
             "0200"
             "0000040009000900"
             "050000ffee01020304"
             "00"
             "1b000000"
             "08100000"
             "00000000"
             "00000000"
             "00000000"
             "07000000"
             "00000000",
      HANDLE_TEXT
      "oxcrpc.flags=0 max_count=256 offset=0 actual_count=27 oxcrpc.out{ oxcrpc.ext{ "
      "oxcrpc.ext.version=0 oxcrpc.ext.flags=0 oxcrpc.ext.size=2 oxcrpc.ext.size_actual=2 "
      "oxcrpc.rop_buffer{ oxcrpc.rop_size=2 oxcrpc.rops=[0] oxcrpc.handle_table{ } } } oxcrpc.ext{ "
      "oxcrpc.ext.version=0 oxcrpc.ext.flags=4 oxcrpc.ext.size=9 oxcrpc.ext.size_actual=9 "
      "oxcrpc.rop_buffer{ oxcrpc.rop_size=5 oxcrpc.rops=[3] oxcrpc.handle_table{ "
      "oxcrpc.handle=67305985 } } } } oxcrpc.cb_out=27 max_count=4104 offset=0 actual_count=0 "
      "oxcrpc.aux_out=[0] oxcrpc.cb_aux_out=0 oxcrpc.trans_time=7 oxcrpc.return=0",
      OA_WALK_DONE },
    { "EcDoAsyncConnectEx answered", OA_IF_EMSMDB, 14, true, HANDLE "00000000",
      "oxcrpc.acxh{ handle.attributes=0 handle.uuid=[16] } oxcrpc.return=0", OA_WALK_DONE },
    { "EcDoAsyncWaitEx", OA_IF_ASYNC_EMSMDB, 0, false, HANDLE "00000000",
      "oxcrpc_async.acxh{ handle.attributes=0 handle.uuid=[16] } oxcrpc_async.flags_in=0",
      OA_WALK_DONE },
    { "EcDoAsyncWaitEx answered", OA_IF_ASYNC_EMSMDB, 0, true,
      "01000000"
      "00000000",
      "oxcrpc_async.flags_out=1 oxcrpc_async.return=0", OA_WALK_DONE },
    { "RfrGetNewDSA, nothing asked for", OA_IF_RFR, 0, false,
      "00000000"
      "02000000"
      "00000000"
      "02000000"
      "6100"
      "0000"
      "00000000"
      "00000000",
      "oxabref.flags=0 max_count=2 offset=0 actual_count=2 oxabref.user_dn=a referent_id=0 "
      "referent_id=0",
      OA_WALK_DONE },
    { "RfrGetFQDNFromServerDN", OA_IF_RFR, 1, false,
      "00000000"
      "02000000"
      "02000000"
      "00000000"
      "02000000"
      "6100",
      "oxabref.flags=0 oxabref.cb_server_dn=2 max_count=2 offset=0 actual_count=2 "
      "oxabref.server_dn=a",
      OA_WALK_DONE },
    { "RfrGetFQDNFromServerDN answered", OA_IF_RFR, 1, true,
      "01000000"
      "02000000"
      "00000000"
      "02000000"
      "6200"
      "0000"
      "00000000",
      "referent_id=1 max_count=2 offset=0 actual_count=2 oxabref.fqdn=b oxabref.return=0",
      OA_WALK_DONE },
};

static struct oa_stub
make_stub(size_t i, const uint8_t *data, size_t length)
{
    return (struct oa_stub){ .interface = oa_rpc_interface(STUBS[i].interface),
                             .opnum = STUBS[i].opnum,
                             .is_response = STUBS[i].is_response,
                             .data = data,
                             .length = length };
}

static void
test_stub(const void *data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    size_t length;
    uint8_t *bytes = vectors_bytes(STUBS[i].bytes, &length);
    struct oa_stub stub = make_stub(i, bytes, length);
    const struct oa_layout *layout = oa_stub_layout(&stub);
    struct oa_walk_result result;
    char *text = coverage_walk(layout, OA_NDR32, false, bytes, length, &result);
    char *expected = g_strchomp(g_strdup(STUBS[i].expected));

    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpint(result.state, ==, STUBS[i].state);
    g_assert_cmpuint(result.trailing, ==, 0);
    g_free(text);
    g_free(expected);
    for (size_t cut = 0; cut < length; cut++)
        g_free(coverage_walk(layout, OA_NDR32, false, bytes, cut, &result));
    for (int round = 0; round < 200; round++) {
        uint8_t *copy = g_memdup2(bytes, length ? length : 1);
        for (int hit = 0; length && hit < 3; hit++)
            copy[g_test_rand_int_range(0, (gint32)length)] = (uint8_t)g_test_rand_int_range(0, 256);
        g_free(coverage_walk(layout, round & 1 ? OA_NDR32 : OA_NDR64, round & 2, copy, length,
                             &result));
        g_free(copy);
    }
    g_free(bytes);
}

static const struct {
    const char *bytes;
    const char *expected;
} AUX[] = {
    { "0800011703000000", "oxcrpc.aux.block{ oxcrpc.aux.size=8 oxcrpc.aux.version=1 "
                          "oxcrpc.aux.type=23 oxcrpc.aux.body{ oxcrpc.aux.org_flags=3 } }" },
    /* Version 2 of a counter has the process in front. */
    { "1c00020e"
      "0100"
      "0200"
      "0300"
      "0400"
      "0500"
      "0000"
      "10000000"
      "20000000"
      "ffffffff",
      "oxcrpc.aux.block{ oxcrpc.aux.size=28 oxcrpc.aux.version=2 oxcrpc.aux.type=14 "
      "oxcrpc.aux.body{ oxcrpc.aux.process_id=1 oxcrpc.aux.client_id=2 oxcrpc.aux.server_id=3 "
      "oxcrpc.aux.session_id=4 oxcrpc.aux.request_id=5 oxcrpc.aux.reserved=[2] "
      "oxcrpc.aux.time_since_request=16 oxcrpc.aux.time_to_complete=32 } <trailing 4> }" },
    /* Client information: two names and an address, in another order than their offsets. */
    { "2e000102"
      "e8030000"
      "0100"
      "2400"
      "2a00"
      "0400"
      "2000"
      "0000"
      "0000"
      "0000"
      "0000"
      "0000"
      "0200"
      "0000"
      "c0000201"
      "410042000000"
      "43000000",
      "oxcrpc.aux.block{ oxcrpc.aux.size=46 oxcrpc.aux.version=1 oxcrpc.aux.type=2 "
      "oxcrpc.aux.body{ oxcrpc.aux.adapter_speed=1000 oxcrpc.aux.client_id=1 "
      "oxcrpc.aux.machine_name_offset=36 oxcrpc.aux.user_name_offset=42 "
      "oxcrpc.aux.client_ip_size=4 oxcrpc.aux.client_ip_offset=32 "
      "oxcrpc.aux.client_ip_mask_size=0 oxcrpc.aux.client_ip_mask_offset=0 "
      "oxcrpc.aux.adapter_name_offset=0 oxcrpc.aux.mac_address_size=0 "
      "oxcrpc.aux.mac_address_offset=0 oxcrpc.aux.client_mode=2 oxcrpc.aux.reserved=[2] "
      "oxcrpc.aux.client_ip=[4] oxcrpc.aux.machine_name=AB oxcrpc.aux.user_name=C } }" },
    { "0600017fabcd"
      "0400ff00",
      "oxcrpc.aux.block{ oxcrpc.aux.size=6 oxcrpc.aux.version=1 oxcrpc.aux.type=127 "
      "oxcrpc.aux.body{ oxcrpc.aux.unknown=[2] } } oxcrpc.aux.block{ oxcrpc.aux.size=4 "
      "oxcrpc.aux.version=255 oxcrpc.aux.type=0 oxcrpc.aux.body{ oxcrpc.aux.unknown=[0] } }" },
};

static void
test_aux(void)
{
    struct oa_walk_result result;

    for (size_t i = 0; i < G_N_ELEMENTS(AUX); i++) {
        size_t length;
        uint8_t *bytes = vectors_bytes(AUX[i].bytes, &length);
        char *text = coverage_walk(&OA_LAYOUT_AUX_BUFFER, OA_PLAIN, false, bytes, length, &result);
        g_assert_cmpstr(text, ==, AUX[i].expected);
        g_assert_cmpint(result.state, ==, OA_WALK_DONE);
        g_free(text);
        for (size_t cut = 0; cut < length; cut++)
            g_free(coverage_walk(&OA_LAYOUT_AUX_BUFFER, OA_PLAIN, false, bytes, cut, &result));
        g_free(bytes);
    }
}

static void
test_versions(void)
{
    static const struct {
        uint16_t words[3];
        const char *text;
        const char *client;
        const char *server;
    } ROWS[] = {
        { { 12, 4518, 1014 }, "12.0.4518.1014", "Outlook 2007", NULL },
        { { 0x0c00, 0x9843, 1000 }, "12.0.6211.1000", "Outlook 2007 SP1", NULL },
        { { 0x0c00, 0x99cf, 1000 }, "12.0.6607.1000", "Outlook 2007 SP3", NULL },
        { { 0x0b00, 0x95e8, 0 }, "11.0.5608.0", "Outlook 2003", NULL },
        { { 0x0e00, 0x9b67, 1000 }, "14.0.7015.1000", "Outlook 2010 SP2", "Exchange 2010" },
        { { 0x0e03, 0x807b, 4 }, "14.3.123.4", "Outlook 2010", "Exchange 2010 SP3" },
        { { 0x0801, 0x80f0, 6 }, "8.1.240.6", NULL, "Exchange 2007 SP1" },
        { { 0x0f02, 0x8001, 0 }, "15.2.1.0", "Outlook 2013", "Exchange 2019 or later" },
        { { 0x6300, 0x8000, 0 }, "99.0.0.0", NULL, NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_version version = oa_version_from_words(ROWS[i].words);
        char text[OA_VERSION_TEXT];
        oa_version_text(&version, text);
        g_assert_cmpstr(text, ==, ROWS[i].text);
        if (ROWS[i].words[0] != 0x0e03 && ROWS[i].words[0] != 0x0f02)
            g_assert_cmpstr(oa_version_client_product(&version), ==, ROWS[i].client);
        g_assert_cmpstr(oa_version_server_product(&version), ==, ROWS[i].server);
    }
}

/* The facts of one stub, given in hex digits. */
static struct oa_call_facts
facts_of(enum oa_interface_id interface, uint16_t opnum, bool is_response, const char *hex)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(hex, &length);
    struct oa_stub stub = { .interface = oa_rpc_interface(interface),
                            .opnum = opnum,
                            .is_response = is_response,
                            .data = bytes,
                            .length = length };
    struct oa_call_facts facts;
    struct oa_walk *walk = oa_walk_new(&OA_CALL_FACTS_VISITOR, &facts);

    oa_call_facts_start(&facts, &stub);
    g_assert_true(oa_stub_walk(walk, &stub, NULL, &facts.walk));
    oa_walk_free(walk);
    g_free(bytes);
    return facts;
}

#define CONNECT_OUT(handle, status)                                                                \
    handle "60ea0000"                                                                              \
           "06000000"                                                                              \
           "10270000"                                                                              \
           "0000"                                                                                  \
           "0000"                                                                                  \
           "00000000"                                                                              \
           "01000000"                                                                              \
           "03000000"                                                                              \
           "00000000"                                                                              \
           "03000000"                                                                              \
           "426f00"                                                                                \
           "00" /* szDisplayName */                                                                \
           "030e"                                                                                  \
           "7b80"                                                                                  \
           "0400"                                                                                  \
           "000c"                                                                                  \
           "4398"                                                                                  \
           "e803"                                                                                  \
           "01000000"                                                                              \
           "08100000"                                                                              \
           "00000000"                                                                              \
           "00000000"                                                                              \
           "00000000" status
#define ASYNC_HANDLE                                                                               \
    "00000000"                                                                                     \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NULL_HANDLE                                                                                \
    "00000000"                                                                                     \
    "00000000000000000000000000000000"

/* Packed facts are short, and the same again when they are unpacked; also texts without room left.
 */
static void
test_packed_facts(void)
{
    uint8_t packed[OA_CALL_FACTS_PACKED_MAX], again[OA_CALL_FACTS_PACKED_MAX];
    struct oa_call_facts facts = facts_of(OA_IF_EMSMDB, 10, false, CONNECT_IN), unpacked;
    size_t length = oa_call_facts_pack(&facts, packed);

    g_assert_cmpuint(length, <, sizeof facts / 8);
    oa_call_facts_unpack(&unpacked, packed);
    g_assert_cmpstr(unpacked.user_dn, ==, "/o=a");
    g_assert_cmpstr(unpacked.server, ==, "");
    g_assert_cmpuint(unpacked.code_page, ==, facts.code_page);
    g_assert_cmpuint(unpacked.version_words[2], ==, facts.version_words[2]);
    g_assert_cmpint(unpacked.interface->id, ==, OA_IF_EMSMDB);

    char *const texts[] = { facts.user_dn, facts.display_name, facts.server, facts.machine,
                            facts.process };
    const size_t sizes[] = { OA_DN_TEXT, OA_DN_TEXT, OA_SERVER_TEXT, OA_SERVER_TEXT,
                             OA_SERVER_TEXT };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        memset(texts[i], 'a' + (int)i, sizes[i] - 1);
        texts[i][sizes[i] - 1] = '\0';
    }
    length = oa_call_facts_pack(&facts, packed);
    g_assert_cmpuint(length, <=, OA_CALL_FACTS_PACKED_MAX);
    oa_call_facts_unpack(&unpacked, packed);
    g_assert_cmpstr(unpacked.user_dn, ==, facts.user_dn);
    g_assert_cmpstr(unpacked.process, ==, facts.process);
    g_assert_cmpmem(again, oa_call_facts_pack(&unpacked, again), packed, length);
}

static void
test_session(void)
{
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_call_facts request = facts_of(OA_IF_EMSMDB, 10, false, CONNECT_IN);
    struct oa_call_facts refused =
        facts_of(OA_IF_EMSMDB, 10, true, CONNECT_OUT(NULL_HANDLE, "0f010480"));
    struct oa_call_facts response =
        facts_of(OA_IF_EMSMDB, 10, true, CONNECT_OUT(HANDLE, "00000000"));

    g_assert_cmpint(response.walk.state, ==, OA_WALK_DONE);
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, NULL));
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &refused));
    g_assert_cmphex(refused.status, ==, 0x8004010f);
    const struct oa_mailbox_session *session =
        oa_tracker_take_facts(tracker, NULL, &request, &response);
    g_assert_cmpuint(session->number, ==, 1);
    g_assert_true(session->has_connect);
    g_assert_cmpstr(session->user_dn, ==, "/o=a");
    g_assert_cmpstr(session->display_name, ==, "Bo");
    g_assert_cmpstr(oa_version_client_product(&session->client_version), ==, "Outlook 2007 SP1");
    g_assert_cmpstr(oa_version_server_product(&session->server_version), ==, "Exchange 2010 SP3");
    g_assert_cmpuint(session->code_page, ==, 1252);
    g_assert_cmpuint(session->lcid_string, ==, 0x407);

    /* The asynchronous handle belongs to it, another synchronous one does not. */
    request = facts_of(OA_IF_EMSMDB, 14, false, HANDLE);
    response = facts_of(OA_IF_EMSMDB, 14, true, ASYNC_HANDLE "00000000");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, NULL) == session);
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, &response) == session);
    request = facts_of(OA_IF_ASYNC_EMSMDB, 0, false, ASYNC_HANDLE "00000000");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, NULL) == session);
    request = facts_of(OA_IF_EMSMDB, 1, false,
                       "00000000"
                       "01000000000000000000000000000000");
    const struct oa_mailbox_session *other = oa_tracker_take_facts(tracker, NULL, &request, NULL);
    g_assert_cmpuint(other->number, ==, 2);
    g_assert_false(other->has_connect);

    /* After the disconnect the same handle is somebody else's. */
    request = facts_of(OA_IF_EMSMDB, 1, false, HANDLE);
    response = facts_of(OA_IF_EMSMDB, 1, true, NULL_HANDLE "00000000");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, &response) == session);
    g_assert_true(session->has_ended);
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, NULL) != session);

    request = facts_of(OA_IF_RFR, 0, true,
                       "00000000"
                       "00000000"
                       "00000000");
    g_assert_null(oa_tracker_take_facts(tracker, NULL, NULL, &request));
    oa_tracker_free(tracker);
}

/* EcDoConnect begins a session like EcDoConnectEx, and EcDoRpc is a call of it with its ROPs. */
static void
test_old_session(void)
{
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_call_facts request = facts_of(OA_IF_EMSMDB, 0, false, OLD_CONNECT_IN);
    struct oa_call_facts refused =
        facts_of(OA_IF_EMSMDB, 0, true, OLD_CONNECT_OUT(NULL_HANDLE, "0f010480"));
    struct oa_call_facts response =
        facts_of(OA_IF_EMSMDB, 0, true, OLD_CONNECT_OUT(HANDLE, "00000000"));

    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, NULL));
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &refused));
    g_assert_true(response.has_version);
    const struct oa_mailbox_session *session =
        oa_tracker_take_facts(tracker, NULL, &request, &response);
    g_assert_cmpuint(session->number, ==, 1);
    g_assert_true(session->has_connect);
    g_assert_cmpstr(session->user_dn, ==, "/o=a");
    g_assert_cmpstr(session->display_name, ==, "Bo");
    g_assert_cmpuint(session->code_page, ==, 1252);
    g_assert_cmpstr(oa_version_client_product(&session->client_version), ==, "Outlook 2003 SP2");
    g_assert_cmpstr(oa_version_server_product(&session->server_version), ==,
                    "Exchange 2000 or 2003");

    request = facts_of(OA_IF_EMSMDB, 2, false,
                       HANDLE "ff7f0000"
                              "00000000"
                              "08000000"
                              "a1a5a4a5a6a5a5a5"
                              "0800"
                              "ff7f");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, NULL) == session);
    g_assert_cmpuint(request.rop_bytes, ==, 2);
    request = facts_of(OA_IF_EMSMDB, 5, false,
                       HANDLE "01000000"
                              "03000000");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, NULL) == session);

    /* What a refused connect returns is no version. */
    refused = facts_of(OA_IF_EMSMDB, 0, true,
                       NULL_HANDLE "00000000"
                                   "00000000"
                                   "00000000"
                                   "0000"
                                   "0000"
                                   "00000000"
                                   "00000000"
                                   "000000000000"
                                   "000000000000"
                                   "00000000"
                                   "11010480");
    g_assert_cmpint(refused.walk.state, ==, OA_WALK_DONE);
    g_assert_cmphex(refused.status, ==, 0x80040111);
    g_assert_false(refused.has_version);

    /* On the other hop the same answers come once more. */
    request = facts_of(OA_IF_EMSMDB, 0, false, OLD_CONNECT_IN);
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, &response) == session);
    request = facts_of(OA_IF_EMSMDB, 1, false, HANDLE);
    response = facts_of(OA_IF_EMSMDB, 1, true, NULL_HANDLE "00000000");
    g_assert_true(oa_tracker_take_facts(tracker, NULL, &request, &response) == session);
    g_assert_true(session->has_ended);
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &response));
    oa_tracker_free(tracker);
}

/* The arrays of the older calls have counts of eight bytes in NDR64. [MS-RPCE] 2.2.5.3.2 */
static void
test_old_ndr64(void)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(HANDLE "00000000"
                                          "ff7f000000000000"
                                          "0000000000000000"
                                          "0900000000000000"
                                          "a0a5a4a5a4a6a5a5a5"
                                          "00"
                                          "0900"
                                          "ff7f",
                                   &length);
    struct oa_stub stub = { .interface = oa_rpc_interface(OA_IF_EMSMDB), .opnum = 2 };
    struct oa_walk_result result;
    char *text = coverage_walk(oa_stub_layout(&stub), OA_NDR64, false, bytes, length, &result);

    g_assert_cmpstr(text, ==,
                    HANDLE_TEXT
                    "max_count=32767 offset=0 actual_count=9 oxcrpc.rgb{ "
                    "oxcrpc.ext.payload=[9] (Deobfuscated ROP buffer: oxcrpc.rop_size=5 "
                    "oxcrpc.rops=[3] oxcrpc.handle_table{ oxcrpc.handle=3 } ) } oxcrpc.cb_rgb=9 "
                    "oxcrpc.cb_rgb_max=32767");
    g_assert_cmpint(result.state, ==, OA_WALK_DONE);
    g_free(text);
    g_free(bytes);
}

/* Layouts are data; functions stay the exception. These are the payloads of the connects,
 * of EcDoRpcExt2, and of EcDoRpc and EcDoRpcExt before it. */
static void
test_few_functions(void)
{
    unsigned functions = 0;

    for (uint16_t opnum = 0; opnum < 15; opnum++)
        for (int is_response = 0; is_response < 2; is_response++) {
            struct oa_stub stub = { .interface = oa_rpc_interface(OA_IF_EMSMDB),
                                    .opnum = opnum,
                                    .is_response = is_response };
            const struct oa_layout *layout = oa_stub_layout(&stub);
            g_assert_nonnull(layout);
            for (const struct oa_slot *slot = layout->slots; slot->kind != OA_SLOT_END; slot++)
                functions += slot->blob != NULL;
        }
    g_assert_cmpuint(functions, ==, 11);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(STUBS); i++) {
        char *name = g_strdup_printf("/emsmdb/%s", STUBS[i].what);
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_stub);
        g_free(name);
    }
    g_test_add_func("/emsmdb/aux", test_aux);
    g_test_add_func("/emsmdb/versions", test_versions);
    g_test_add_func("/emsmdb/packed-facts", test_packed_facts);
    g_test_add_func("/emsmdb/session", test_session);
    g_test_add_func("/emsmdb/old-session", test_old_session);
    g_test_add_func("/emsmdb/old-ndr64", test_old_ndr64);
    g_test_add_func("/emsmdb/few-functions", test_few_functions);
    return g_test_run();
}
