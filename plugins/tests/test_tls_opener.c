/* test_tls_opener.c
 * Connections of OpenSSL in the form of fuzz_tls.c, opened with their key logs: in every split,
 * with parts lost, with the key log of another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "tls/tls_opener.h"

enum part_bits { FROM_SERVER = 0x01, KEYS = 0x04 };

#define PARTS_MAX 32

struct part {
    unsigned bits;
    const uint8_t *bytes;
    size_t length;
};

struct connection {
    char *content;
    struct part part[PARTS_MAX]; /* the first one is the key log */
    unsigned n_parts;
};

struct result {
    GByteArray *data[2];
    bool is_lost;
};

static uint8_t room[OA_TLS_RECORD_MAX];

static const char *const NAMES[] = { "tls10_cbc", "tls11_cbc",    "tls12_cbc",
                                     "tls12_ccm", "tls12_chacha", "tls12_gcm",
                                     "tls12_rsa", "tls13_gcm",    "tls13_resumed" };

static struct connection
connection_read(const char *name)
{
    g_autofree char *path = g_build_filename(CORPUS_DIR, "tls", name, NULL);
    struct connection connection = { .n_parts = 0 };
    size_t length;

    g_assert_true(g_file_get_contents(path, &connection.content, &length, NULL));
    struct oa_cursor cursor = oa_cursor_over((const uint8_t *)connection.content, length);
    while (oa_cursor_left(&cursor) && connection.n_parts < PARTS_MAX) {
        struct part *part = &connection.part[connection.n_parts++];
        part->bits = oa_cursor_u8(&cursor);
        part->length = oa_cursor_u16(&cursor);
        part->bytes = oa_cursor_bytes(&cursor, part->length);
    }
    g_assert_false(cursor.is_short);
    g_assert_cmpuint(connection.part[0].bits, ==, KEYS);
    return connection;
}

static void
on_data(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct result *result = context;

    g_byte_array_append(result->data[side], data, (guint)length);
}

static void
on_lost(void *context, enum oa_side side, uint64_t bytes)
{
    struct result *result = context;

    (void)side;
    g_assert_cmpuint(bytes, >, 0);
    result->is_lost = true;
}

/* Plays the connection without the part `missing`, with the keys of another one. */
static struct oa_tls_outcome
play(const struct connection *connection, const struct connection *keys_of, size_t split,
     unsigned missing, struct result *result)
{
    struct oa_tls_keys *keys = oa_tls_keys_new();
    struct oa_tls *tls = oa_tls_new();
    struct oa_tls_reader reader = { result, on_data, on_lost, room };
    struct oa_tls_opener *opener = oa_tls_opener_new(tls, keys, &reader);

    *result = (struct result){ .data = { g_byte_array_new(), g_byte_array_new() } };
    oa_tls_keys_add_log(keys, (const char *)keys_of->part[0].bytes, keys_of->part[0].length);
    for (unsigned i = 1; i < connection->n_parts; i++) {
        const struct part *part = &connection->part[i];
        enum oa_side side = part->bits & FROM_SERVER ? OA_SERVER : OA_CLIENT;
        if (i == missing)
            oa_tls_lost(tls, side, part->length);
        for (size_t at = 0; at < part->length && i != missing; at += split)
            oa_tls_data(tls, side, part->bytes + at, MIN(split, part->length - at),
                        (struct oa_stamp){ 1, i });
    }
    oa_tls_opener_end(opener);
    struct oa_tls_outcome outcome = oa_tls_opener_outcome(opener);
    oa_tls_free(tls);
    oa_tls_opener_free(opener);
    oa_tls_keys_free(keys);
    return outcome;
}

static char *
text_of(struct result *result)
{
    char *text = g_strdup_printf(
        "%.*s|%.*s", (int)result->data[OA_CLIENT]->len, (const char *)result->data[OA_CLIENT]->data,
        (int)result->data[OA_SERVER]->len, (const char *)result->data[OA_SERVER]->data);

    g_byte_array_unref(result->data[OA_CLIENT]);
    g_byte_array_unref(result->data[OA_SERVER]);
    return text;
}

static char *
all_data(void)
{
    g_autofree char *request = g_strnfill(100, 'x'), *response = g_strnfill(50, 'y');

    return g_strconcat("POST /", request, "|HTTP/1.1 200", response, NULL);
}

static void
test_splits(void)
{
    g_autofree char *all = all_data();

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct connection connection = connection_read(NAMES[i]);
        for (size_t split = 1; split < 4000; split = split * 3 / 2 + 1) {
            struct result result;
            struct oa_tls_outcome outcome = play(&connection, &connection, split, 0, &result);
            g_autofree char *text = text_of(&result);
            g_assert_cmpstr(text, ==, all);
            g_assert_cmpint(outcome.source, ==, OA_TLS_FROM_KEY_LOG);
            g_assert_null(outcome.why_not);
            g_assert_false(result.is_lost);
            g_assert_cmpuint(outcome.data[OA_CLIENT].opened, ==, 106);
            g_assert_cmpuint(outcome.data[OA_SERVER].opened, ==, 62);
        }
        g_free(connection.content);
    }
}

/* What is opened is a part of the data; if only data are missing, all others are there. */
static void
test_loss(void)
{
    g_autofree char *all = all_data();

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct connection connection = connection_read(NAMES[i]);
        for (unsigned missing = 1; missing < connection.n_parts; missing++) {
            struct result result;
            struct oa_tls_outcome outcome = play(&connection, &connection, 7, missing, &result);
            bool is_data = missing + 4 >= connection.n_parts;
            g_autofree char *text = text_of(&result);
            g_assert_cmpuint(strlen(text), <=, strlen(all));
            g_assert_cmpint(is_data, <=, result.is_lost);
            if (!outcome.source)
                g_assert_nonnull(outcome.why_not);
            if (is_data)
                g_assert_cmpuint(strlen(text) + outcome.data[OA_CLIENT].lost +
                                     outcome.data[OA_SERVER].lost,
                                 >=, strlen(all));
            /* The client's Finished: its data are opened all the same. */
            if (g_str_has_prefix(NAMES[i], "tls13") && missing == 3)
                g_assert_cmpstr(text, ==, all);
            for (const char *at = text; *at; at++)
                g_assert_nonnull(strchr(all, *at));
        }
        g_free(connection.content);
    }
}

static void
test_other_keys(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct connection connection = connection_read(NAMES[i]);
        struct connection other = connection_read(NAMES[(i + 1) % G_N_ELEMENTS(NAMES)]);
        struct result result;
        struct oa_tls_outcome outcome = play(&connection, &other, 4000, 0, &result);
        g_autofree char *text = text_of(&result);
        g_assert_cmpstr(text, ==, "|");
        g_assert_cmpint(outcome.source, ==, OA_TLS_FROM_NOWHERE);
        g_assert_cmpstr(outcome.why_not, ==, "the key log has no line for this connection");
        g_free(connection.content);
        g_free(other.content);
    }
}

/* The client's hello in the form of SSL 2.0: its challenge is the random that the key log has. */
static void
test_old_hello(void)
{
    struct connection connection = connection_read("tls10_cbc");
    const uint8_t *random = connection.part[1].bytes + 5 + 4 + 2;
    g_autoptr(GByteArray) hello = g_byte_array_new();
    static const uint8_t BEGIN[] = { 0x80, 9 + 3 + 32, 1, 3, 1, 0, 3, 0, 0, 0, 32, 0, 0, 0x2f };
    g_autofree char *all = all_data();

    g_byte_array_append(hello, BEGIN, sizeof BEGIN);
    g_byte_array_append(hello, random, 32);
    connection.part[1].bytes = hello->data;
    connection.part[1].length = hello->len;
    for (size_t split = 1; split < 60; split++) {
        struct result result;
        struct oa_tls_outcome outcome = play(&connection, &connection, split, 0, &result);
        g_autofree char *text = text_of(&result);
        g_assert_cmpstr(text, ==, all);
        g_assert_null(outcome.why_not);
    }
    g_free(connection.content);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls_opener/splits", test_splits);
    g_test_add_func("/tls_opener/loss", test_loss);
    g_test_add_func("/tls_opener/other_keys", test_other_keys);
    g_test_add_func("/tls_opener/old_hello", test_old_hello);
    return g_test_run();
}
