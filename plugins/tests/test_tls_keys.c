/* test_tls_keys.c
 * Key logs, sessions that may be resumed, and the functions that make keys of secrets: with
 * published vectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tls/tls_keys.h"
#include "vectors.h"

#define TLS_1_3_KEY 16
#define TLS_1_3_IV 12

/* Of TLS 1.2: P_SHA256 and P_SHA384 as published on the TLS working group's list; of TLS 1.0: the
 * vector that went with [RFC 2246]. */
static const struct {
    uint16_t version;
    enum oa_tls_hash hash;
    const char *secret, *label, *seed, *output;
} PRF[] = {
    { 0x0303, OA_TLS_HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "test label",
      "a0ba9f936cda311827a6f796ffd5198c",
      "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14ba"
      "f9af"
      "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110ff"
      "f701"
      "87347b66" },
    { 0x0303, OA_TLS_HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "test label",
      "cd665cf6a8447dd6ff8b27555edb7465",
      "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c91"
      "46a0"
      "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d91"
      "8425"
      "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e09"
      "9070"
      "3d73e56f" },
    { 0x0301, OA_TLS_HASH_SHA256,
      "abababababababababababababababababababababababababababababababababababababababababababababab"
      "abab",
      "PRF Testvector",
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
      "cdcd"
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
      "d3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187"
      "e4eb"
      "d31e602353776c408aafb74cbc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b"
      "2d8f"
      "1afbc655a8c9a013" },
};

/* [RFC 8448] 3: secrets with the keys and IVs of their records. */
static const char *const TRAFFIC[][3] = {
    { "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
      "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30" },
    { "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
      "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f" },
    { "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
      "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9" },
};

static void
expect_bytes(const uint8_t *found, const char *hex)
{
    size_t length;
    g_autofree uint8_t *bytes = vectors_bytes(hex, &length);

    g_assert_cmpmem(found, length, bytes, length);
}

static void
test_prf(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(PRF); i++) {
        size_t n_secret, n_seed;
        g_autofree uint8_t *secret = vectors_bytes(PRF[i].secret, &n_secret);
        g_autofree uint8_t *seed = vectors_bytes(PRF[i].seed, &n_seed);
        uint8_t out[256];
        size_t n = strlen(PRF[i].output) / 2;

        for (size_t cut = 0; cut <= n_seed; cut += 8) {
            struct oa_tls_piece first = { seed, cut }, rest = { seed + cut, n_seed - cut };
            g_assert_true(oa_tls_prf(PRF[i].version, PRF[i].hash,
                                     (struct oa_tls_piece){ secret, n_secret }, PRF[i].label, first,
                                     rest, out, n));
            expect_bytes(out, PRF[i].output);
        }
    }
}

static void
test_expand_label(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TRAFFIC); i++) {
        size_t length;
        g_autofree uint8_t *secret = vectors_bytes(TRAFFIC[i][0], &length);
        uint8_t key[TLS_1_3_KEY], iv[TLS_1_3_IV];

        g_assert_true(oa_tls_expand_label(OA_TLS_HASH_SHA256, secret, "key", key, sizeof key));
        g_assert_true(oa_tls_expand_label(OA_TLS_HASH_SHA256, secret, "iv", iv, sizeof iv));
        expect_bytes(key, TRAFFIC[i][1]);
        expect_bytes(iv, TRAFFIC[i][2]);
    }
}

#define RANDOM_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RANDOM_2 "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ZEROS "0000000000000000000000000000000000000000"
#define MASTER "0123456789abcdef" ZEROS ZEROS

static const struct {
    const char *line;
    size_t used, malformed;
} LINES[] = {
    { "CLIENT_RANDOM " RANDOM_1 " " MASTER "\n", 1, 0 },
    { "CLIENT_RANDOM " RANDOM_1 " " MASTER, 1, 0 }, /* no line end */
    { "  CLIENT_RANDOM\t" RANDOM_1 "  " MASTER " \r\n", 1, 0 },
    { "# comment\n\n\r\nCLIENT_RANDOM " RANDOM_1 " " MASTER "\n", 1, 0 },
    { "CLIENT_RANDOM " RANDOM_1 " " MASTER "0\n", 0, 1 },
    { "CLIENT_RANDOM " RANDOM_1 " 00\n", 0, 1 },
    { "CLIENT_RANDOM " RANDOM_1 "00 " MASTER "\n", 0, 1 },
    { "CLIENT_RANDOM " RANDOM_1 "\n", 0, 1 },
    { "CLIENT_RANDOM\n", 0, 1 },
    { "CLIENT_RANDOM " RANDOM_1 " x" MASTER "\n", 0, 1 },
    { "client_random " RANDOM_1 " " MASTER "\n", 0, 0 },
    { "EXPORTER_SECRET " RANDOM_1 " " RANDOM_1 "\n", 0, 0 },
    { "CLIENT_TRAFFIC_SECRET_0 " RANDOM_1 " " RANDOM_2 "\n", 1, 0 },
    { "SERVER_TRAFFIC_SECRET_0 " RANDOM_1 " " MASTER "\n", 1, 0 },
    { "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_1 " " RANDOM_2 "00\n", 0, 1 },
    { "RSA Session-ID:00ff Master-Key:" MASTER "\n", 1, 0 },
    { "RSA Session-ID: Master-Key:" MASTER "\n", 0, 1 },
    { "RSA 0011223344556677 " MASTER "\n", 1, 0 },
    { "RSA 00112233445566 " MASTER "\n", 0, 1 },
    { "PMS_CLIENT_RANDOM " RANDOM_1 " 0102\n", 1, 0 },
};

static void
test_lines(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LINES); i++) {
        struct oa_tls_keys *keys = oa_tls_keys_new();
        size_t length = strlen(LINES[i].line);
        g_autofree char *exact = g_memdup2(LINES[i].line, length);
        struct oa_tls_log_lines lines = oa_tls_keys_add_log(keys, exact, length);

        g_assert_cmpuint(lines.used, ==, LINES[i].used);
        g_assert_cmpuint(lines.malformed, ==, LINES[i].malformed);
        g_assert_cmpint(oa_tls_keys_are_there(keys), ==, LINES[i].used > 0);
        oa_tls_keys_free(keys);
    }
}

static size_t
length_of(struct oa_tls_keys *keys, enum oa_tls_secret what, const char *name)
{
    size_t length;
    g_autofree uint8_t *bytes = vectors_bytes(name, &length);

    return oa_tls_keys_find(keys, what, bytes, length).length;
}

static void
add(struct oa_tls_keys *keys, const char *text)
{
    oa_tls_keys_add_log(keys, text, strlen(text));
}

static void
test_find(void)
{
    struct oa_tls_keys *keys = oa_tls_keys_new();

    add(keys, "CLIENT_RANDOM " RANDOM_1 " " MASTER "\nRSA Session-ID:00ff Master-Key:" MASTER "\n");
    g_assert_cmpuint(length_of(keys, OA_TLS_MASTER_OF_RANDOM, RANDOM_1), ==, OA_TLS_MASTER);
    g_assert_cmpuint(length_of(keys, OA_TLS_PREMASTER_OF_RANDOM, RANDOM_1), ==, 0);
    g_assert_cmpuint(length_of(keys, OA_TLS_MASTER_OF_SESSION_ID, "00ff"), ==, OA_TLS_MASTER);
    g_assert_cmpuint(length_of(keys, OA_TLS_MASTER_OF_SESSION_ID, "00"), ==, 0);
    g_assert_false(oa_tls_keys_came_late(keys));
    g_assert_cmpuint(length_of(keys, OA_TLS_MASTER_OF_RANDOM, RANDOM_2), ==, 0);
    add(keys, "CLIENT_RANDOM " RANDOM_1 " " MASTER "\n");
    g_assert_false(oa_tls_keys_came_late(keys));
    add(keys, "CLIENT_RANDOM " RANDOM_2 " " MASTER "\n");
    g_assert_true(oa_tls_keys_came_late(keys));
    oa_tls_keys_begin(keys);
    g_assert_false(oa_tls_keys_came_late(keys));
    g_assert_cmpuint(length_of(keys, OA_TLS_MASTER_OF_RANDOM, RANDOM_2), ==, OA_TLS_MASTER);
    oa_tls_keys_free(keys);
}

static void
test_sessions(void)
{
    struct oa_tls_keys *keys = oa_tls_keys_new();
    struct oa_tls_session session = { .source = OA_TLS_FROM_PRIVATE_KEY }, found;
    uint32_t name = 0;
    uint8_t ticket[3000] = { 0 };
    struct oa_tls_piece id = { (const uint8_t *)&name, sizeof name };
    struct oa_tls_piece long_ticket = { ticket, sizeof ticket }, none = { NULL, 0 };

    for (name = 0; name < OA_TLS_SESSIONS_MAX + 10; name++) {
        memcpy(session.master, &name, sizeof name);
        oa_tls_keys_learn(keys, OA_TLS_BY_ID, id, &session);
    }
    name = 9;
    g_assert_false(oa_tls_keys_recall(keys, OA_TLS_BY_ID, id, &found));
    name = 10;
    g_assert_true(oa_tls_keys_recall(keys, OA_TLS_BY_ID, id, &found));
    g_assert_cmpmem(found.master, sizeof name, &name, sizeof name);
    oa_tls_keys_learn(keys, OA_TLS_BY_TICKET, long_ticket, &session);
    g_assert_true(oa_tls_keys_recall(keys, OA_TLS_BY_ID, id, &found)); /* was asked for */
    name = 11;
    g_assert_false(oa_tls_keys_recall(keys, OA_TLS_BY_ID, id, &found));
    g_assert_true(oa_tls_keys_recall(keys, OA_TLS_BY_TICKET, long_ticket, &found));
    ticket[2999] = 1;
    g_assert_false(oa_tls_keys_recall(keys, OA_TLS_BY_TICKET, long_ticket, &found));
    oa_tls_keys_learn(keys, OA_TLS_BY_ID, none, &session);
    g_assert_false(oa_tls_keys_recall(keys, OA_TLS_BY_ID, none, &found));
    oa_tls_keys_free(keys);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls_keys/prf", test_prf);
    g_test_add_func("/tls_keys/expand_label", test_expand_label);
    g_test_add_func("/tls_keys/lines", test_lines);
    g_test_add_func("/tls_keys/find", test_find);
    g_test_add_func("/tls_keys/sessions", test_sessions);
    return g_test_run();
}
