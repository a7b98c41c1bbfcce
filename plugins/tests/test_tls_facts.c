/* test_tls_facts.c
 * Real handshakes in every split, cut anywhere, damaged anywhere; what does not look like TLS.
 *
 * The vectors are connections of the capture of TLS handshakes with what stock tshark and openssl
 * say of them: C and S begin what client and server sent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tls/tls_facts.h"
#include "vectors.h"

static const struct oa_stamp STAMP = { .time_ns = 1, .frame = 1 };

struct piece {
    enum oa_side side;
    uint8_t *bytes;
    size_t length;
};

struct connection {
    char *expected; /* the columns, separated by bars */
    GArray *pieces;
};

static void
free_connection(void *data)
{
    struct connection *connection = data;

    for (unsigned i = 0; i < connection->pieces->len; i++)
        g_free(g_array_index(connection->pieces, struct piece, i).bytes);
    g_array_free(connection->pieces, TRUE);
    g_free(connection->expected);
    g_free(connection);
}

static GPtrArray *
connections_read(void)
{
    GPtrArray *rows = vectors_read("tls.tsv");
    unsigned first = vectors_column(rows, "version"), bytes = vectors_column(rows, "bytes");
    GPtrArray *connections = g_ptr_array_new_with_free_func(free_connection);

    g_assert_cmpuint(rows->len, >, 8);
    for (unsigned i = 1; i < rows->len; i++) {
        char **row = rows->pdata[i];
        struct connection *connection = g_new0(struct connection, 1);
        char **words = g_strsplit(row[bytes], " ", -1);

        connection->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
        for (char **word = words; *word; word++) {
            struct piece piece = { .side = **word == 'S' ? OA_SERVER : OA_CLIENT };
            piece.bytes = vectors_bytes(*word + 1, &piece.length);
            g_array_append_val(connection->pieces, piece);
        }
        g_strfreev(words);
        g_clear_pointer(&row[bytes], g_free);
        connection->expected = g_strjoinv("|", row + first);
        g_ptr_array_add(connections, connection);
    }
    g_ptr_array_unref(rows);
    return connections;
}

static char *
describe(const struct oa_tls_facts *facts)
{
    char version[OA_TLS_VERSION_TEXT] = "", cipher[OA_TLS_CIPHER_TEXT] = "";
    char *not_after = g_strdup(""), *alpn = g_strdup(facts->alpn);

    if (facts->has_server_hello) {
        oa_tls_version_text(facts->version, version);
        oa_tls_cipher_text(facts->cipher_suite, cipher);
    }
    if (facts->certificate) {
        GDateTime *time = g_date_time_new_from_unix_utc(facts->certificate->not_after_s);
        g_free(not_after);
        not_after = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000000Z");
        g_date_time_unref(time);
    }
    if (!facts->alpn[0] && facts->alpn_offered[0]) {
        g_free(alpn);
        alpn = g_strconcat("offered:", facts->alpn_offered, NULL);
    }
    char *text = g_strjoin("|", version, facts->sni, alpn, cipher,
                           facts->certificate ? facts->certificate->subject : "", not_after,
                           facts->alert.is_seen ? oa_tls_alert_name(facts->alert.description) : "",
                           !facts->alert.is_seen          ? ""
                           : facts->alert.by == OA_CLIENT ? "client"
                                                          : "server",
                           facts->client_certificate_sent      ? "sent"
                           : facts->client_certificate_refused ? "refused"
                           : facts->certificate_requested      ? "requested"
                                                               : "",
                           facts->is_finished ? "finished" : "unfinished", NULL);
    g_free(not_after);
    g_free(alpn);
    return text;
}

/* Gives the first `total` bytes of the connection, in parts of at most `cut`, each in memory of its
 * own size. */
static struct oa_tls *
play(const struct connection *connection, size_t cut, size_t total)
{
    struct oa_tls *tls = oa_tls_new();

    for (unsigned i = 0; i < connection->pieces->len && total; i++) {
        const struct piece *piece = &g_array_index(connection->pieces, struct piece, i);
        for (size_t at = 0; at < piece->length && total;) {
            size_t part = MIN(MIN(cut, piece->length - at), total);
            uint8_t *bytes = g_memdup2(piece->bytes + at, part);
            g_assert_true(oa_tls_data(tls, piece->side, bytes, part, STAMP));
            g_free(bytes);
            at += part;
            total -= part;
        }
    }
    return tls;
}

static void
test_splits(void)
{
    static const size_t CUTS[] = { SIZE_MAX, 1, 2, 3, 4, 5, 6, 7, 9, 64, 300, 1461 };
    GPtrArray *connections = connections_read();

    for (unsigned i = 0; i < connections->len; i++) {
        const struct connection *connection = connections->pdata[i];
        for (size_t c = 0; c < G_N_ELEMENTS(CUTS); c++) {
            struct oa_tls *tls = play(connection, CUTS[c], SIZE_MAX);
            char *text = describe(oa_tls_facts_of(tls));
            g_assert_cmpstr(text, ==, connection->expected);
            g_free(text);
            oa_tls_free(tls);
        }
    }
    g_ptr_array_unref(connections);
}

/* What is said of a connection that is cut or loses bytes is empty or true, but for the parts that
 * end the list: the ALPN offered, and whether it is finished. */
static void
expect_true(const struct oa_tls_facts *facts, const char *expected)
{
    char *text = describe(facts);
    char **said = g_strsplit(text, "|", -1), **wanted = g_strsplit(expected, "|", -1);

    for (unsigned i = 0; said[i]; i++) {
        g_assert_nonnull(wanted[i]);
        if (*said[i] && strcmp(said[i], "unfinished") != 0 && strcmp(said[i], "requested") != 0 &&
            !g_str_has_prefix(said[i], "offered:"))
            g_assert_cmpstr(said[i], ==, wanted[i]);
    }
    g_strfreev(said);
    g_strfreev(wanted);
    g_free(text);
}

static void
test_prefixes(void)
{
    GPtrArray *connections = connections_read();

    for (unsigned i = 0; i < connections->len; i++) {
        const struct connection *connection = connections->pdata[i];
        size_t total = 0;
        for (unsigned p = 0; p < connection->pieces->len; p++)
            total += g_array_index(connection->pieces, struct piece, p).length;
        for (size_t end = 1; end <= total; end += total > 4000 ? 7 : 1) {
            struct oa_tls *tls = play(connection, SIZE_MAX, end);
            const struct oa_tls_facts *facts = oa_tls_facts_of(tls);
            g_assert_cmpint(facts != NULL, ==, end >= 5);
            if (facts)
                expect_true(facts, connection->expected);
            oa_tls_free(tls);
        }
    }
    g_ptr_array_unref(connections);
}

static void
test_loss(void)
{
    GPtrArray *connections = connections_read();

    for (unsigned i = 0; i < connections->len; i++) {
        const struct connection *connection = connections->pdata[i];
        for (unsigned missing = 0; missing < connection->pieces->len; missing++) {
            struct oa_tls *tls = oa_tls_new();
            for (unsigned p = 0; p < connection->pieces->len; p++) {
                const struct piece *piece = &g_array_index(connection->pieces, struct piece, p);
                if (p == missing)
                    oa_tls_lost(tls, piece->side, 1);
                else
                    oa_tls_data(tls, piece->side, piece->bytes, piece->length, STAMP);
            }
            if (oa_tls_facts_of(tls))
                expect_true(oa_tls_facts_of(tls), connection->expected);
            oa_tls_free(tls);
        }
    }
    g_ptr_array_unref(connections);
}

/* Each byte changed in turn: nothing to expect but that it goes well. */
static void
test_damage(void)
{
    GPtrArray *connections = connections_read();

    for (unsigned i = 0; i < connections->len; i++) {
        const struct connection *connection = connections->pdata[i];
        for (unsigned p = 0; p < connection->pieces->len; p++) {
            struct piece *piece = &g_array_index(connection->pieces, struct piece, p);
            for (size_t at = 0; at < MIN(piece->length, 1500); at++) {
                struct oa_tls *tls = oa_tls_new();
                piece->bytes[at] ^= (uint8_t)(at % 3 == 0 ? 0xff : at % 3 == 1 ? 0x80 : 1);
                for (unsigned q = 0; q <= p; q++) {
                    const struct piece *given = &g_array_index(connection->pieces, struct piece, q);
                    oa_tls_data(tls, given->side, given->bytes, given->length, STAMP);
                }
                piece->bytes[at] ^= (uint8_t)(at % 3 == 0 ? 0xff : at % 3 == 1 ? 0x80 : 1);
                oa_tls_free(tls);
            }
        }
    }
    g_ptr_array_unref(connections);
}

static void
test_recognition(void)
{
    static const struct {
        const char *hex;
        bool is_tls, is_sslv2;
    } ROWS[] = {
        { "1603010005", true, false },  { "1703030020", true, false },
        { "1503030002", true, false },  { "1603050005", false, false }, /* no such version */
        { "1602010005", false, false },                                 /* nor that */
        { "160301ffff", false, false }, /* longer than a record may be */
        { "1603010000", false, false }, /* an empty handshake record */
        { "1803010005", false, false }, /* heartbeats do not begin a connection */
        { "802e010301", true, true },   /* a hello of SSL 2.0 for TLS 1.0 */
        { "802e010002", true, true },   /* the same for SSL 2.0 alone */
        { "802e010005", false, false }, /* of no version */
        { "800b010301", false, false }, /* too short */
        { "474554202f", false, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        size_t length;
        uint8_t *bytes = vectors_bytes(ROWS[i].hex, &length);
        struct oa_tls *tls = oa_tls_new();

        g_assert_true(oa_tls_data(tls, OA_CLIENT, bytes, length - 1, STAMP));
        g_assert_null(oa_tls_facts_of(tls));
        g_assert_cmpint(oa_tls_data(tls, OA_CLIENT, bytes + length - 1, 1, STAMP), ==,
                        ROWS[i].is_tls);
        g_assert_cmpint(oa_tls_facts_of(tls) != NULL, ==, ROWS[i].is_tls);
        if (ROWS[i].is_tls)
            g_assert_cmpint(oa_tls_facts_of(tls)->is_sslv2_hello, ==, ROWS[i].is_sslv2);
        oa_tls_free(tls);
        g_free(bytes);
    }
}

/* A message longer than is kept is passed over, and what follows is read. */
static void
test_long_message(void)
{
    static const uint8_t HEADER[] = { 0x16, 3, 3, 0x40, 0x00 };
    static const uint8_t MESSAGE[] = { 11, 0x04, 0x00, 0x00 }; /* 256 KiB */
    static const uint8_t ALERT[] = { 0x15, 3, 3, 0, 2, 2, 48 };
    uint8_t *record = g_malloc0(0x4000);
    size_t left = 4 + 0x40000;
    struct oa_tls *tls = oa_tls_new();

    for (bool is_first = true; left; is_first = false) {
        size_t part = MIN(left, 0x4000);
        uint8_t header[sizeof HEADER];
        memcpy(header, HEADER, sizeof header);
        header[3] = (uint8_t)(part >> 8);
        header[4] = (uint8_t)part;
        memset(record, 0, 0x4000);
        if (is_first)
            memcpy(record, MESSAGE, sizeof MESSAGE);
        g_assert_true(oa_tls_data(tls, OA_SERVER, header, sizeof header, STAMP));
        g_assert_true(oa_tls_data(tls, OA_SERVER, record, part, STAMP));
        left -= part;
    }
    g_assert_true(oa_tls_data(tls, OA_SERVER, ALERT, sizeof ALERT, STAMP));
    g_assert_null(oa_tls_facts_of(tls)->certificate);
    g_assert_true(oa_tls_facts_of(tls)->alert.is_seen);
    g_assert_cmpuint(oa_tls_facts_of(tls)->alert.description, ==, 48);
    g_assert_cmpint(oa_tls_facts_of(tls)->alert.by, ==, OA_SERVER);
    oa_tls_free(tls);
    g_free(record);
}

static void
test_names(void)
{
    static const struct {
        uint16_t version;
        const char *text;
    } VERSIONS[] = {
        { 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" },          { 0x0303, "TLS 1.2" },
        { 0x0304, "TLS 1.3" }, { 0x7f1c, "TLS 1.3 draft 28" }, { 0x0305, "0x0305" },
    };
    static const uint16_t CODES[] = {
#define OA_TLS_CIPHER_SUITE(code, ...) code,
#include "tls/tls_cipher_suites.def"
#undef OA_TLS_CIPHER_SUITE
    };
    char text[OA_TLS_CIPHER_TEXT], version[OA_TLS_VERSION_TEXT];

    for (size_t i = 0; i < G_N_ELEMENTS(VERSIONS); i++) {
        oa_tls_version_text(VERSIONS[i].version, version);
        g_assert_cmpstr(version, ==, VERSIONS[i].text);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++) {
        g_assert_true(i == 0 || CODES[i - 1] < CODES[i]);
        oa_tls_cipher_text(CODES[i], text);
        g_assert_true(g_str_has_prefix(text, "TLS_"));
        g_assert_cmpuint(strlen(text), <, sizeof text - 1);
    }
    oa_tls_cipher_text(0xfefe, text);
    g_assert_cmpstr(text, ==, "0xfefe");
    g_assert_cmpstr(oa_tls_alert_name(48), ==, "unknown_ca");
    g_assert_null(oa_tls_alert_name(200));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls/splits", test_splits);
    g_test_add_func("/tls/prefixes", test_prefixes);
    g_test_add_func("/tls/loss", test_loss);
    g_test_add_func("/tls/damage", test_damage);
    g_test_add_func("/tls/recognition", test_recognition);
    g_test_add_func("/tls/long-message", test_long_message);
    g_test_add_func("/tls/names", test_names);
    return g_test_run();
}
