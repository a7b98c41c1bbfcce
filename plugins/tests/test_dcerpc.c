/* test_dcerpc.c
 * DCE/RPC PDUs: bodies, verifiers, both byte orders, every prefix, the status table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "rpc/dcerpc.h"
#include "rpc/rpc_interface.h"
#include "vectors.h"

/* A request with a verifier of 4 bytes behind 2 bytes of padding. */
static const char REQUEST[] = "0500000310000000"
                              "2a00"
                              "0400"
                              "07000000" /* header */
                              "08000000"
                              "0100"
                              "0b00" /* alloc_hint, p_cont_id, opnum */
                              "aabbccddeeff"
                              "0000" /* stub, padding */
                              "0a060200"
                              "09000000" /* sec_trailer */
                              "deadbeef";
/* The beginning of the same in big endian, with the length of its own. */
static const char REQUEST_BIG_ENDIAN[] = "0500000300000000"
                                         "001e"
                                         "0000"
                                         "00000007"
                                         "00000006"
                                         "0001"
                                         "000b"
                                         "aabbccddeeff";

static void
test_request(void)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(REQUEST, &length);
    struct oa_rpc_pdu pdu;

    bytes[8] = (uint8_t)length;
    g_assert_true(oa_rpc_parse(bytes, length, &pdu));
    g_assert_false(pdu.is_short);
    g_assert_cmpuint(pdu.header.ptype, ==, OA_RPC_REQUEST);
    g_assert_cmpuint(pdu.header.call_id, ==, 7);
    g_assert_cmpuint(pdu.context_id, ==, 1);
    g_assert_cmpuint(pdu.opnum, ==, 11);
    g_assert_cmpuint(pdu.stub_length, ==, 6);
    g_assert_cmpuint(pdu.stub[0], ==, 0xaa);
    g_assert_true(pdu.verifier.present);
    g_assert_cmpuint(pdu.verifier.type, ==, 10);
    g_assert_cmpuint(pdu.verifier.level, ==, OA_RPC_LEVEL_PKT_PRIVACY);
    g_assert_cmpuint(pdu.verifier.pad_length, ==, 2);
    g_assert_cmpuint(pdu.verifier.context_id, ==, 9);
    g_assert_cmpuint(pdu.verifier.value_length, ==, 4);
    g_free(bytes);
}

static void
test_big_endian(void)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(REQUEST_BIG_ENDIAN, &length);
    struct oa_rpc_pdu pdu;

    g_assert_cmpuint(length, ==, 30);
    g_assert_true(oa_rpc_parse(bytes, length, &pdu));
    g_assert_true(pdu.header.big_endian);
    g_assert_cmpuint(pdu.header.call_id, ==, 7);
    g_assert_cmpuint(pdu.opnum, ==, 11);
    g_assert_cmpuint(pdu.stub_length, ==, 6);
    g_free(bytes);
}

/* A verifier whose padding, or whose own length, does not fit in the PDU. */
static void
test_bad_verifier(void)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(REQUEST, &length);
    struct oa_rpc_pdu pdu;

    bytes[8] = (uint8_t)length;
    bytes[length - 4 - 8 + 2] = 200;
    g_assert_true(oa_rpc_parse(bytes, length, &pdu));
    g_assert_true(pdu.is_short);
    bytes[10] = 0xff;
    g_assert_false(oa_rpc_parse(bytes, length, &pdu));
    g_free(bytes);
}

static void
test_prefixes(void)
{
    size_t length;
    uint8_t *bytes = vectors_bytes(REQUEST, &length);

    bytes[8] = (uint8_t)length;
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *prefix = g_memdup2(bytes, cut ? cut : 1);
        struct oa_rpc_pdu pdu;
        g_assert_true(oa_rpc_may_be_header(prefix, cut));
        g_assert_false(oa_rpc_parse(prefix, cut, &pdu));
        g_free(prefix);
    }
    g_free(bytes);
}

/* Any bytes behind a good header: no read beyond them (a sanitizer watches), and nothing out of the
 * PDU is pointed to. */
static void
test_noise(void)
{
    static const uint8_t PTYPES[] = { 0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)g_test_rand_int_range(16, 120);
        uint8_t *bytes = g_malloc(length);
        struct oa_rpc_pdu pdu;

        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)g_test_rand_int_range(0, 256);
        memcpy(bytes, "\x05\x00\x00\x03\x10\x00\x00\x00", 8);
        bytes[2] = PTYPES[round % (int)sizeof PTYPES];
        bytes[8] = (uint8_t)length;
        bytes[9] = 0;
        bytes[10] = (uint8_t)(bytes[10] % 40);
        bytes[11] = 0;
        if (oa_rpc_parse(bytes, length, &pdu)) {
            g_assert_cmpuint(pdu.n_contexts, <=, OA_RPC_CONTEXTS_MAX);
            g_assert_cmpuint(pdu.n_results, <=, OA_RPC_CONTEXTS_MAX);
            g_assert_true(!pdu.stub ||
                          (pdu.stub >= bytes && pdu.stub + pdu.stub_length <= bytes + length));
        }
        g_free(bytes);
    }
}

static void
test_status_table(void)
{
    static const uint32_t CODES[] = {
#define OA_RPC_STATUS(code, name) code,
#include "rpc/rpc_status.def"
#undef OA_RPC_STATUS
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++) {
        g_assert_true(i == 0 || CODES[i - 1] < CODES[i]);
        g_assert_nonnull(oa_rpc_status_name(CODES[i]));
    }
    g_assert_cmpstr(oa_rpc_status_name(0x1c010003), ==, "nca_unk_if");
    g_assert_cmpstr(oa_rpc_status_name(0x6ba), ==, "RPC_S_SERVER_UNAVAILABLE");
    g_assert_null(oa_rpc_status_name(0x12345678));
}

/* Two contexts of EMSMDB, which propose NDR64, and NDR before NDR64. */
static void
test_transfer_syntaxes(void)
{
    static const char BIND[] = "05000b0310000000"
                               "8800"
                               "0000"
                               "01000000" /* header */
                               "f80ff80f"
                               "00000000"
                               "02000000" /* fragment sizes, group, contexts */
                               "00000100"
                               "00dbf1a447ca6710b31f00dd010662da"
                               "00005100"
                               "33057171babe37498319b5dbef9ccc36"
                               "01000000"
                               "01000200"
                               "00dbf1a447ca6710b31f00dd010662da"
                               "00005100"
                               "045d888aeb1cc9119fe808002b104860"
                               "02000000"
                               "33057171babe37498319b5dbef9ccc36"
                               "01000000";
    size_t length;
    uint8_t *bytes = vectors_bytes(BIND, &length);
    struct oa_rpc_pdu pdu;

    g_assert_cmpuint(length, ==, 0x88);
    g_assert_true(oa_rpc_parse(bytes, length, &pdu));
    g_assert_false(pdu.is_short);
    g_assert_cmpuint(pdu.n_contexts, ==, 2);
    g_assert_true(oa_rpc_is_ndr64(&pdu.contexts[0].transfer_syntax));
    g_assert_cmpuint(pdu.contexts[1].n_transfer_syntaxes, ==, 2);
    g_assert_false(oa_rpc_is_ndr64(&pdu.contexts[1].transfer_syntax));
    g_free(bytes);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dcerpc/request", test_request);
    g_test_add_func("/dcerpc/big-endian", test_big_endian);
    g_test_add_func("/dcerpc/bad-verifier", test_bad_verifier);
    g_test_add_func("/dcerpc/prefixes", test_prefixes);
    g_test_add_func("/dcerpc/noise", test_noise);
    g_test_add_func("/dcerpc/status-table", test_status_table);
    g_test_add_func("/dcerpc/transfer-syntaxes", test_transfer_syntaxes);
    return g_test_run();
}
