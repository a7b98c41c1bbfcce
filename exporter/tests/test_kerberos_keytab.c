/* test_kerberos_keytab.c
 * Kerberos with a key table: exchanges and the PDUs that they protect, of another implementation
 * (make_kerberos_vectors.py); tickets and messages that do not open, and why.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kerberos_keytab.h"

#include <gcrypt.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/der.h"
#include "auth/kerberos_ticket.h"
#include "auth/seal.h"
#include "vectors.h"

/* libkrb5 does not free the key in which a table ends. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
    return "leak:libkrb5.so";
}

static GPtrArray *rows;
static char *keytab_path;

/* A row's cell of bytes, freed with `held`. */
static struct oa_bytes
bytes_of(GPtrArray *held, char *const *row, const char *title)
{
    struct oa_bytes bytes = { 0 };
    uint8_t *at = vectors_bytes(row[vectors_column(rows, title)], &bytes.length);

    g_ptr_array_add(held, at);
    bytes.at = at;
    return bytes;
}

static const char *
cell(char *const *row, const char *title)
{
    return row[vectors_column(rows, title)];
}

static enum oa_side
side_of(char *const *row)
{
    return strcmp(cell(row, "side"), "client") == 0 ? OA_CLIENT : OA_SERVER;
}

static struct kerberos_keytab *
open_keytab(void)
{
    char *warning = NULL, *message = NULL;
    struct kerberos_keytab *keytab = kerberos_keytab_open(keytab_path, &warning, &message);

    g_assert_cmpstr(message, ==, NULL);
    g_assert_cmpstr(warning, ==, NULL);
    return keytab;
}

static void
take_token(struct oa_seal *seal, char *const *row)
{
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(g_free);
    struct oa_bytes token = bytes_of(held, row, "token");

    oa_seal_take_token(seal, side_of(row), token.at, token.length);
}

static struct oa_seal_pdu
pdu_of(GPtrArray *held, char *const *row)
{
    return (struct oa_seal_pdu){ .side = side_of(row),
                                 .is_sealed = strcmp(cell(row, "what"), "sealed") == 0,
                                 .head = bytes_of(held, row, "head"),
                                 .stub = bytes_of(held, row, "stub"),
                                 .trailer = bytes_of(held, row, "trailer"),
                                 .signature = bytes_of(held, row, "token") };
}

/* Opens the PDU; if it is sealed, the stub has to become the plain one. */
static enum oa_seal_outcome
open_row(struct oa_seal *seal, char *const *row)
{
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(g_free);
    struct oa_seal_pdu pdu = pdu_of(held, row);
    struct oa_bytes wanted = bytes_of(held, row, "plain");
    uint8_t *plain = g_malloc(pdu.stub.length + 1);
    enum oa_seal_outcome outcome = oa_seal_open(seal, &pdu, plain);

    if (oa_seal_is_open(outcome) && pdu.is_sealed)
        g_assert_cmpmem(plain, pdu.stub.length, wanted.at, wanted.length);
    g_free(plain);
    return outcome;
}

/* The rows of an exchange in the table's order; `what` is "token" for its tokens, else its PDUs. */
static bool
is_row(char *const *row, const char *exchange, const char *what)
{
    bool is_token = strcmp(cell(row, "what"), "token") == 0;

    return strcmp(cell(row, "exchange"), exchange) == 0 && is_token == (strcmp(what, "token") == 0);
}

static void
take_tokens(struct oa_seal *seal, const char *exchange)
{
    for (guint i = 1; i < rows->len; i++)
        if (is_row(rows->pdata[i], exchange, "token"))
            take_token(seal, rows->pdata[i]);
}

/* How many PDUs have that outcome; all of them must. */
static unsigned
open_pdus(struct oa_seal *seal, const char *exchange, enum oa_seal_outcome wanted)
{
    unsigned n = 0;

    for (guint i = 1; i < rows->len; i++)
        if (is_row(rows->pdata[i], exchange, "pdu")) {
            g_assert_cmpint(open_row(seal, rows->pdata[i]), ==, wanted);
            n++;
        }
    return n;
}

static const char *const EXCHANGES[] = { "aes256",        "aes256_extra", "aes128",
                                         "aes128_ticket", "aes256_stub",  "rc4",
                                         "rc4_ticket" };

static void
test_vectors(void)
{
    struct kerberos_keytab *keytab = open_keytab();
    struct oa_seal_secrets secrets = { .kerberos = kerberos_keytab_host(keytab) };

    for (size_t i = 0; i < G_N_ELEMENTS(EXCHANGES); i++) {
        struct oa_seal *seal = oa_seal_new(&secrets);

        g_test_message("%s", EXCHANGES[i]);
        g_assert_cmpuint(open_pdus(seal, EXCHANGES[i], OA_SEAL_NO_TOKENS), ==, 8);
        take_tokens(seal, EXCHANGES[i]);
        g_assert_cmpuint(open_pdus(seal, EXCHANGES[i], OA_SEAL_BY_KEYTAB), ==, 8);
        /* Any order is as good. */
        g_assert_cmpuint(open_pdus(seal, EXCHANGES[i], OA_SEAL_BY_KEYTAB), ==, 8);
        oa_seal_free(seal);
    }
    kerberos_keytab_free(keytab);
}

/* The counts of a Wrap token, which must only lead to the right place; with RC4 the header of GSS,
 * and the sequence number of a MIC. */
static bool
is_unprotected(struct oa_bytes token, size_t at)
{
    return token.at[0] == 5   ? at >= 4 && at < 8
           : token.at[0] == 4 ? false
                              : at < 13 || (at >= 21 && at < 25);
}

/* Each byte is protected: those of the data, of what is signed with them, and of the token. */
static void
check_damage(struct oa_seal *seal, char *const *row)
{
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(g_free);
    struct oa_seal_pdu pdu = pdu_of(held, row);
    const struct oa_bytes parts[] = { pdu.head, pdu.stub, pdu.trailer, pdu.signature };
    uint8_t *plain = g_malloc(pdu.stub.length + 1);

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        for (size_t at = 0; at < parts[i].length; at++) {
            uint8_t *byte = (uint8_t *)parts[i].at + at;

            *byte ^= 0x40;
            if (i != 3 || !is_unprotected(parts[i], at))
                g_assert_false(oa_seal_is_open(oa_seal_open(seal, &pdu, plain)));
            *byte ^= 0x40;
        }
    for (size_t length = 0; length < pdu.signature.length; length++) {
        struct oa_seal_pdu cut = pdu;

        cut.signature.length = length;
        g_assert_false(oa_seal_is_open(oa_seal_open(seal, &cut, plain)));
    }
    pdu.side = pdu.side == OA_CLIENT ? OA_SERVER : OA_CLIENT;
    g_assert_cmpint(oa_seal_open(seal, &pdu, plain), ==, OA_SEAL_BAD_SIGNATURE);
    g_free(plain);
}

static void
test_damage(void)
{
    struct kerberos_keytab *keytab = open_keytab();
    struct oa_seal_secrets secrets = { .kerberos = kerberos_keytab_host(keytab) };
    static const char *const SIGNS_ALL[] = { "aes256_extra", "aes128", "rc4" };

    for (size_t i = 0; i < G_N_ELEMENTS(SIGNS_ALL); i++) {
        struct oa_seal *seal = oa_seal_new(&secrets);

        take_tokens(seal, SIGNS_ALL[i]);
        for (guint row = 1; row < rows->len; row++)
            if (is_row(rows->pdata[row], SIGNS_ALL[i], "pdu"))
                check_damage(seal, rows->pdata[row]);
        g_assert_cmpuint(open_pdus(seal, SIGNS_ALL[i], OA_SEAL_BY_KEYTAB), ==, 8);
        oa_seal_free(seal);
    }
    kerberos_keytab_free(keytab);
}

/* The server's key is in its AP-REP. */
static void
test_one_side(void)
{
    struct kerberos_keytab *keytab = open_keytab();
    struct oa_seal_secrets secrets = { .kerberos = kerberos_keytab_host(keytab) };
    struct oa_seal *client = oa_seal_new(&secrets), *server = oa_seal_new(&secrets);

    for (guint i = 1; i < rows->len; i++)
        if (is_row(rows->pdata[i], "aes256", "token"))
            take_token(side_of(rows->pdata[i]) == OA_CLIENT ? client : server, rows->pdata[i]);
    open_pdus(client, "aes256", OA_SEAL_NO_TOKENS);
    open_pdus(server, "aes256", OA_SEAL_NO_TOKENS);
    oa_seal_merge(server, client);
    g_assert_cmpuint(open_pdus(server, "aes256", OA_SEAL_BY_KEYTAB), ==, 8);
    /* Another exchange in the same place begins anew. */
    take_tokens(server, "rc4");
    g_assert_cmpuint(open_pdus(server, "rc4", OA_SEAL_BY_KEYTAB), ==, 8);
    open_pdus(server, "aes256", OA_SEAL_BAD_SIGNATURE);
    oa_seal_free(server);
    kerberos_keytab_free(keytab);
}

/* Tickets of the vectors, changed so that they do not open. */
static void
test_tickets(void)
{
    static const struct {
        const char *service, *realm;
        uint32_t enctype, version;
        bool is_damaged;
        enum oa_seal_outcome wanted;
    } ROWS[] = {
        { "exchangeMDB/aes256", "EXAMPLE.COM", 18, 3, false, OA_SEAL_BY_KEYTAB },
        /* case does not matter, nor does the version of a key that fits */
        { "exchangemdb/AES256", "example.com", 18, 4, false, OA_SEAL_BY_KEYTAB },
        /* another name of the same account */
        { "HTTP/mail.example.com", "EXAMPLE.COM", 18, 3, false, OA_SEAL_BY_KEYTAB },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 18, 3, true, OA_SEAL_WRONG_KEY },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 18, 4, true, OA_SEAL_NO_KEY_VERSION },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 17, 3, false, OA_SEAL_NO_KEY_TYPE },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 0xFFFFFFFF, 3, false, OA_SEAL_UNSUPPORTED },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 1, 3, false, OA_SEAL_GONE_DES_CBC_CRC },
        { "exchangeMDB/aes256", "EXAMPLE.COM", 2, 3, false, OA_SEAL_GONE_DES_CBC_MD4 },
        { "HTTP/mail.example.com", "EXAMPLE.COM", 3, 3, false, OA_SEAL_GONE_DES_CBC_MD5 },
        { "exchangeMDB/aes256", "EXAMPLE.ORG", 18, 3, true, OA_SEAL_NO_SERVICE_KEY },
        { "HTTP/mail.example.com", "EXAMPLE.COM", 18, 3, true, OA_SEAL_NO_SERVICE_KEY },
    };
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(g_free);
    struct kerberos_keytab *keytab = open_keytab();
    struct oa_bytes token = { 0 };
    struct oa_cursor message;
    struct oa_der element;
    struct oa_kerberos_ap_req ap_req;
    struct oa_kerberos_client client;
    bool malformed = false;

    for (guint i = 1; i < rows->len && !token.length; i++)
        if (is_row(rows->pdata[i], "aes256", "token"))
            token = bytes_of(held, rows->pdata[i], "token");
    g_assert_cmpint(oa_auth_message(token.at, token.length, &message), ==, OA_AUTH_KERBEROS);
    g_assert_true(oa_der_next(&message, &element, &malformed));
    g_assert_true(oa_kerberos_read_ap_req(element.body, &ap_req, &malformed));
    g_assert_false(malformed);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_kerberos_ap_req changed = ap_req;
        uint8_t *cipher = g_memdup2(ap_req.ticket.part.cipher.at, ap_req.ticket.part.cipher.length);

        g_strlcpy(changed.ticket.service, ROWS[i].service, OA_KERBEROS_NAME);
        g_strlcpy(changed.ticket.realm, ROWS[i].realm, OA_KERBEROS_NAME);
        changed.ticket.part.enctype = ROWS[i].enctype;
        changed.ticket.part.version = ROWS[i].version;
        changed.ticket.part.cipher.at = cipher;
        cipher[20] ^= ROWS[i].is_damaged;
        enum oa_seal_outcome outcome =
            oa_kerberos_open_ticket(kerberos_keytab_host(keytab), &changed, &client);
        g_test_message("%zu: %s", i, oa_seal_reason(outcome));
        g_assert_cmpint(outcome, ==, ROWS[i].wanted);
        bool is_open = outcome == OA_SEAL_BY_KEYTAB;
        g_assert_cmpstr(client.name, ==, is_open ? "ada" : "");
        g_assert_cmpstr(client.realm, ==, is_open ? "EXAMPLE.COM" : "");
        g_assert_cmpuint(client.session_key.length, ==, is_open ? 32 : 0);
        g_assert_true(is_open == (oa_seal_reason(outcome) == NULL));
        g_free(cipher);
    }
    g_assert_cmpint(oa_kerberos_open_ticket(NULL, &ap_req, &client), ==, OA_SEAL_NO_KEYTAB);
    ap_req.is_user_to_user = true;
    g_assert_cmpint(oa_kerberos_open_ticket(kerberos_keytab_host(keytab), &ap_req, &client), ==,
                    OA_SEAL_USER_TO_USER);
    kerberos_keytab_free(keytab);
}

/* Every beginning of the key table, and its permissions. */
static void
test_files(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test_kerberos_cut.keytab", NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;

    g_assert_true(g_file_get_contents(keytab_path, &bytes, &length, NULL));
    for (gsize size = 0; size <= length; size++) {
        char *warning = NULL, *message = NULL;

        g_assert_true(g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE,
                                               0640, NULL));
        g_assert_cmpint(chmod(path, 0640), ==, 0);
        struct kerberos_keytab *keytab = kerberos_keytab_open(path, &warning, &message);
        g_assert_nonnull(strstr(warning, "others can read"));
        g_assert_true((keytab == NULL) == (message != NULL));
        if (size == 0 || size == length)
            g_assert_true((keytab != NULL) == (size == length));
        if (message)
            g_assert_true(g_str_has_prefix(message, path));
        kerberos_keytab_free(keytab);
        g_free(warning);
        g_free(message);
    }
    g_remove(path);

    char *warning = NULL, *message = NULL;
    g_assert_null(kerberos_keytab_open(path, &warning, &message));
    g_assert_null(warning);
    g_assert_nonnull(strstr(message, "not found"));
    g_free(message);
}

int
main(int argc, char *argv[])
{
    char *name = NULL;
    size_t length;
    int code;

    g_test_init(&argc, &argv, NULL);
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    rows = vectors_read("kerberos.tsv");
    uint8_t *bytes = vectors_bytes(cell(rows->pdata[1], "stub"), &length);
    int fd = g_file_open_tmp("test_kerberos_XXXXXX.keytab", &name, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    keytab_path = name;
    g_assert_true(g_file_set_contents_full(name, (char *)bytes, (gssize)length,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_free(bytes);
    g_test_add_func("/kerberos/vectors", test_vectors);
    g_test_add_func("/kerberos/damage", test_damage);
    g_test_add_func("/kerberos/one-side", test_one_side);
    g_test_add_func("/kerberos/tickets", test_tickets);
    g_test_add_func("/kerberos/files", test_files);
    code = g_test_run();
    g_remove(name);
    g_free(name);
    g_ptr_array_unref(rows);
    return code;
}
