/* test_rop_vectors.c
 * Every ROP by vectors/rops.tsv: requests and responses, from captures or from the document, are
 * decoded whole, and every prefix of them is reported byte for byte.
 *
 * Columns: rop, side; origin: capture and frame of the request, or section of the document;
 * columns: property tags of the table that the ROP is sent to, or "public" for a store of public
 * folders; request: that of a response; bytes: of the ROP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/ext_payload.h"
#include "rop/rop_walk.h"
#include "vectors.h"

#define HANDLES 8
#define PUBLIC "public"

/* A ROP buffer: the ROP, and the handles 1 to HANDLES by their index. */
static GByteArray *
buffer_of(const uint8_t *rop, size_t length)
{
    uint8_t size[2] = { (uint8_t)(length + 2), (uint8_t)((length + 2) >> 8) };
    GByteArray *buffer = g_byte_array_new();

    g_byte_array_append(buffer, size, sizeof size);
    g_byte_array_append(buffer, rop, (guint)length);
    for (uint8_t i = 1; i <= HANDLES; i++)
        g_byte_array_append(buffer, (const uint8_t[]){ i, 0, 0, 0 }, 4);
    return buffer;
}

/* Walks a ROP as it is in a call of the session; every byte is reported once. */
static char *
walk_rop(struct oa_rop_objects *objects, struct oa_rop_call *call, bool is_response,
         const uint8_t *rop, size_t length)
{
    GByteArray *buffer = buffer_of(rop, length);
    struct coverage coverage;
    struct oa_walk *walk = oa_walk_new(&COVERAGE_VISITOR, &coverage);
    struct oa_rop_reader reader = { .call = call, .objects = objects, .is_response = is_response };

    coverage_start(&coverage, buffer->len);
    oa_rop_reader_start(&reader, walk);
    struct oa_walk_result result = oa_walk_run(walk, &OA_LAYOUT_ROP_BUFFER, OA_PLAIN, false,
                                               buffer->data, buffer->len, &coverage);
    coverage_finish(&coverage);
    g_assert_cmpuint(coverage.missed, ==, 0);
    g_assert_cmpuint(coverage.twice, ==, 0);
    if (result.state == OA_WALK_SHORT)
        g_string_append_printf(coverage.text, " <short: %s>", OA_FIELDS[result.field].filter);
    char *text = g_strdup(coverage.text->str);
    coverage_end(&coverage);
    oa_walk_free(walk);
    g_byte_array_unref(buffer);
    return text;
}

/* A session whose handles all mean a table with these columns. */
static struct oa_rop_objects *
session_of(const char *cell, const uint8_t *bytes, size_t length)
{
    struct oa_rop_objects *objects = oa_rop_objects_new(NULL);
    struct oa_rop_object *logon = oa_rop_object_new(OA_ROP_KIND_LOGON, NULL, 1);
    struct oa_rop_object *table = oa_rop_object_new(OA_ROP_KIND_CONTENTS_TABLE, logon, 1);

    logon->logon_flags = strcmp(cell, PUBLIC) != 0;
    for (int id = 0; id < 256; id++)
        oa_rop_objects_set_logon(objects, (uint8_t)id, logon);
    if (strcmp(cell, PUBLIC) != 0 && strcmp(cell, "-") != 0) {
        char **tags = g_strsplit(cell, " ", -1);
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        for (char **tag = tags; *tag; tag++) {
            uint32_t number = (uint32_t)g_ascii_strtoull(*tag, NULL, 16);
            g_array_append_val(numbers, number);
        }
        struct oa_rop_columns *columns =
            oa_rop_columns_new((const uint32_t *)(const void *)numbers->data, numbers->len);
        oa_rop_object_set_columns(table, columns);
        oa_rop_columns_release(columns);
        g_array_free(numbers, TRUE);
        g_strfreev(tags);
    }
    for (uint32_t i = 1; i <= HANDLES; i++)
        oa_rop_objects_open(objects, table, i);
    if (length >= 5 && bytes[0] == OA_ROP_NOTIFY) {
        struct oa_cursor cursor = oa_cursor_over(bytes + 1, 4);
        oa_rop_objects_open(objects, table, oa_cursor_u32(&cursor));
    }
    oa_rop_object_release(table);
    oa_rop_object_release(logon);
    return objects;
}

/* Decodes the ROP, or the part of it, in a session of its own. */
static char *
decode(char **row, const uint8_t *bytes, size_t whole, size_t length)
{
    bool is_response = strcmp(row[1], "response") == 0;
    struct oa_rop_objects *objects = session_of(row[3], bytes, whole);
    struct oa_rop_call *call = oa_rop_call_new();

    if (is_response && strcmp(row[4], "-") != 0) {
        size_t request_length;
        uint8_t *request = vectors_bytes(row[4], &request_length);
        g_free(walk_rop(objects, call, false, request, request_length));
        g_free(request);
    }
    char *text = walk_rop(objects, call, is_response, bytes, length);
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(call, is_response, &count);
    if (length == whole) {
        if (count != 1)
            g_error("%s %s, %s: more than one ROP: %s", row[0], row[1], row[2], text);
        g_assert_cmpint(rops[0].id, ==, bytes[0]);
        if (is_response && strcmp(row[4], "-") != 0)
            g_assert_cmpint(rops[0].request, ==, 0);
    }
    oa_rop_call_free(call);
    oa_rop_objects_free(objects);
    return text;
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("rops.tsv");
    bool is_seen[256][2] = { { false } };

    for (guint i = 1; i < rows->len; i++) {
        char **row = g_ptr_array_index(rows, i);
        size_t length;
        uint8_t *bytes = vectors_bytes(row[5], &length);
        char *text = decode(row, bytes, length, length);
        if (strstr(text, "<undecoded") || strstr(text, "<trailing") || strstr(text, "<short"))
            g_error("%s %s, %s: %s", row[0], row[1], row[2], text);
        g_free(text);
        for (size_t cut = 0; cut < length; cut++)
            g_free(decode(row, bytes, length, cut));
        if (!is_seen[bytes[0]][0] && !is_seen[bytes[0]][1])
            g_assert_true(strcmp(oa_rop_name(bytes[0]), row[0]) == 0 ||
                          bytes[0] == OA_ROP_SET_MESSAGE_STATUS);
        is_seen[bytes[0]][strcmp(row[1], "response") == 0] = true;
        g_free(bytes);
    }
    for (int id = 0; id < 256; id++) {
        const struct oa_rop_row *row = oa_rop_row((uint8_t)id);
        if (!row)
            continue;
        if (row->handles != OA_ROP_HANDLES_NONE && !is_seen[id][0])
            g_error("no request of %s", oa_rop_name((uint8_t)id));
        if (oa_rop_has_response((uint8_t)id) && id != OA_ROP_GET_MESSAGE_STATUS && !is_seen[id][1])
            g_error("no response of %s", oa_rop_name((uint8_t)id));
    }
    g_ptr_array_unref(rows);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rop/vectors", test_vectors);
    return g_test_run();
}
