/* test_mapi_http_body.c
 * Bodies of MAPI over HTTP: vectors for every request type made by hand from the document, their
 * every prefix, random damage, deep restrictions. [MS-OXCMAPIHTTP] 2.2.4, 2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/mapi_http_body.h"

#include <string.h>

#include "coverage_visitor.h"
#include "vectors.h"

#define DAMAGED_COPIES 200

static const struct oa_layout *
layout_of(const char *type, bool is_response)
{
    int number = 0;

    while (number < OA_MAPI_HTTP_TYPES && strcmp(oa_mapi_http_type_name(number), type) != 0)
        number++;
    return oa_mapi_http_layout(number, is_response);
}

static uint8_t *
spaced_bytes(const char *hex, size_t *length)
{
    char **parts = g_strsplit(hex, " ", -1);
    char *joined = g_strjoinv(NULL, parts);
    uint8_t *bytes = vectors_bytes(joined, length);

    g_free(joined);
    g_strfreev(parts);
    return bytes;
}

static void
check_damage(const struct oa_layout *layout, const uint8_t *bytes, size_t length)
{
    struct oa_walk_result result;

    for (size_t cut = 0; cut < length; cut++) {
        g_free(coverage_walk(layout, OA_PLAIN, false, bytes, cut, &result));
        g_assert_cmpint(result.state, ==, OA_WALK_SHORT);
    }
    for (int i = 0; i < DAMAGED_COPIES; i++) {
        uint8_t *copy = g_memdup2(bytes, length);
        for (int n = g_test_rand_int_range(1, 5); n > 0; n--)
            copy[g_test_rand_int_range(0, (gint32)length)] = (uint8_t)g_test_rand_int_range(0, 256);
        g_free(coverage_walk(layout, OA_PLAIN, false, copy, length, &result));
        g_free(copy);
    }
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("mapi_http_body.tsv");
    unsigned type = vectors_column(rows, "type");
    unsigned direction = vectors_column(rows, "direction");
    unsigned bytes_column = vectors_column(rows, "bytes");
    unsigned expected = vectors_column(rows, "expected");

    g_assert_cmpuint(rows->len, >, 45);
    for (guint i = 1; i < rows->len; i++) {
        char **row = rows->pdata[i];
        const struct oa_layout *layout = layout_of(row[type], strcmp(row[direction], "out") == 0);
        struct oa_walk_result result;
        size_t length;
        uint8_t *bytes = spaced_bytes(row[bytes_column], &length);
        g_test_message("%s %s", row[type], row[direction]);
        g_assert_nonnull(layout);
        char *text = coverage_walk(layout, OA_PLAIN, false, bytes, length, &result);
        g_assert_cmpstr(text, ==, row[expected]);
        g_assert_cmpint(result.state, ==, OA_WALK_DONE);
        g_assert_cmpuint(result.trailing + result.undecoded, ==, 0);
        g_free(text);
        check_damage(layout, bytes, length);
        g_free(bytes);
    }
    g_ptr_array_unref(rows);
}

/* Types have both layouts, named as the document names the type, or none, as their rows say. */
static void
test_table(void)
{
    enum { NONE, LAYOUTS };
    static const int HAS[] = {
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts) layouts,
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
    };

    for (int type = OA_MAPI_HTTP_UNKNOWN; type < OA_MAPI_HTTP_TYPES; type++) {
        const struct oa_layout *request = oa_mapi_http_layout(type, false);
        const struct oa_layout *response = oa_mapi_http_layout(type, true);
        g_assert_true((request != NULL) == (HAS[type] == LAYOUTS));
        g_assert_true((response != NULL) == (HAS[type] == LAYOUTS));
        if (HAS[type] == NONE)
            continue;
        g_assert_cmpstr(request->name, ==, oa_mapi_http_type_name(type));
        g_assert_cmpstr(response->name, ==, oa_mapi_http_type_name(type));
        g_assert_cmpint(response->slots[0].field, ==, OA_F_OXCMAPIHTTP_STATUS);
    }
    g_assert_null(oa_mapi_http_layout(OA_MAPI_HTTP_TYPES, false));
}

/* Not in Not in Not; and rows without end of columns that take no bytes. */
static void
test_limits(void)
{
    static const uint8_t HEAD[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff };
    GByteArray *bytes = g_byte_array_new();
    struct oa_walk_result result;

    g_byte_array_append(bytes, HEAD, sizeof HEAD);
    g_byte_array_set_size(bytes, 5000);
    memset(bytes->data + sizeof HEAD, 2, bytes->len - sizeof HEAD);
    g_free(coverage_walk(layout_of("GetMatches", false), OA_PLAIN, false, bytes->data, bytes->len,
                         &result));
    g_assert_cmpint(result.state, ==, OA_WALK_LIMIT);

    static const uint8_t ROWS[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 4, 0, 0 };
    g_byte_array_set_size(bytes, 0);
    g_byte_array_append(bytes, ROWS, sizeof ROWS);
    for (int i = 0; i < 1024; i++)
        g_byte_array_append(bytes, (const uint8_t *)"\x0d\0\x01\x10", 4);
    g_byte_array_append(bytes, (const uint8_t *)"\xff\xff\xff\xff", 4);
    guint head = bytes->len;
    g_byte_array_set_size(bytes, head + 4000);
    memset(bytes->data + head, 0, 4000);
    g_free(coverage_walk(layout_of("QueryRows", true), OA_PLAIN, false, bytes->data, bytes->len,
                         &result));
    g_assert_cmpint(result.state, ==, OA_WALK_LIMIT);
    g_byte_array_unref(bytes);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi_http_body/vectors", test_vectors);
    g_test_add_func("/mapi_http_body/table", test_table);
    g_test_add_func("/mapi_http_body/limits", test_limits);
    return g_test_run();
}
