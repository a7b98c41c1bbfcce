/* test_binary_values.c
 * Structures in binary properties by vectors/binary_values.tsv: each is read as the value of its
 * property in a ROP, whole and at every prefix, and in a FastTransfer stream.
 *
 * Columns: property; key: its tag, or the GUID and the LID of its name in the order of the wire;
 * origin: capture and frame of the request, or section of the document; bytes: of the value;
 * fields: in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/ext_payload.h"
#include "rop/property_scope.h"
#include "rop/rop_walk.h"
#include "vectors.h"

/* What a logon names in the property ID of its first named property. */
#define NAMED_TAG 0x80010102
#define LOGON_ID 5
#define HANDLES "01000000"

enum { PROPERTY, KEY, ORIGIN, BYTES, FIELDS };

struct session {
    struct oa_rop_objects *objects;
    struct oa_rop_call *call;
};

static void
start(struct session *session)
{
    struct oa_rop_object *logon = oa_rop_object_new(OA_ROP_KIND_LOGON, NULL, 1);

    session->objects = oa_rop_objects_new(NULL);
    session->call = oa_rop_call_new();
    oa_rop_objects_set_logon(session->objects, LOGON_ID, logon);
    oa_rop_object_release(logon);
}

static void
finish(struct session *session)
{
    oa_rop_call_free(session->call);
    oa_rop_objects_free(session->objects);
}

static void
append_number(GByteArray *array, size_t number, size_t size)
{
    for (size_t i = 0; i < size; i++, number >>= 8)
        g_byte_array_append(array, (const uint8_t[]){ (uint8_t)number }, 1);
}

/* Walks a ROP; every byte is reported once. */
static char *
walk_rop(const struct session *session, bool is_response, const GByteArray *rop)
{
    GByteArray *buffer = g_byte_array_new();
    GByteArray *handles = vectors_array(HANDLES);
    struct coverage coverage;
    struct oa_walk *walk = oa_walk_new(&COVERAGE_VISITOR, &coverage);
    struct oa_rop_reader reader = { .call = session->call,
                                    .objects = session->objects,
                                    .is_response = is_response };

    append_number(buffer, rop->len + 2, 2);
    g_byte_array_append(buffer, rop->data, rop->len);
    g_byte_array_append(buffer, handles->data, handles->len);
    coverage_start(&coverage, buffer->len);
    oa_rop_reader_start(&reader, walk);
    oa_walk_run(walk, &OA_LAYOUT_ROP_BUFFER, OA_PLAIN, false, buffer->data, buffer->len, &coverage);
    coverage_finish(&coverage);
    g_assert_cmpuint(coverage.missed, ==, 0);
    g_assert_cmpuint(coverage.twice, ==, 0);
    char *text = g_strdup(coverage.text->str);
    coverage_end(&coverage);
    oa_walk_free(walk);
    g_byte_array_unref(handles);
    g_byte_array_unref(buffer);
    return text;
}

static void
play(struct session *session, bool is_response, GByteArray *rop)
{
    g_free(walk_rop(session, is_response, rop));
    g_byte_array_unref(rop);
}

/* The name is asked for, and the property ID told. */
static uint32_t
learn(struct session *session, const char *key)
{
    if (strlen(key) == 8)
        return (uint32_t)g_ascii_strtoull(key, NULL, 16);
    char *request = g_strdup_printf("56 05 00 00 0100 00 %s", key);
    play(session, false, vectors_array(request));
    play(session, true, vectors_array("56 00 00000000 0100 0180"));
    oa_rop_call_free(session->call);
    session->call = oa_rop_call_new();
    g_free(request);
    return NAMED_TAG;
}

/* The fields of a value in RopSetProperties, without the names' prefix. */
static char *
fields_of(const char *key, const uint8_t *bytes, size_t length)
{
    struct session session;
    GByteArray *rop = vectors_array("0a 05 00");

    start(&session);
    uint32_t tag = learn(&session, key);
    append_number(rop, length + 8, 2);
    append_number(rop, 1, 2);
    append_number(rop, tag, 4);
    append_number(rop, length, 2);
    g_byte_array_append(rop, bytes, (guint)length);
    char *text = walk_rop(&session, false, rop);
    char *from = strstr(text, "oxcrops.value.size=");
    char *to = strstr(text, " } } } } oxcrpc.handle_table");
    g_assert_nonnull(from);
    g_assert_nonnull(to);
    *to = '\0';
    from = strchr(from, ' ') + 1;
    char **pieces = g_strsplit(from, "oxcrops.", -1);
    char *joined = g_strjoinv("", pieces);
    g_strfreev(pieces);
    g_free(text);
    g_byte_array_unref(rop);
    finish(&session);
    return joined;
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("binary_values.tsv");

    for (guint i = 1; i < rows->len; i++) {
        char **row = g_ptr_array_index(rows, i);
        size_t length;
        uint8_t *bytes = vectors_bytes(row[BYTES], &length);
        char *fields = fields_of(row[KEY], bytes, length);
        if (strcmp(fields, row[FIELDS]) != 0)
            g_error("%s, %s:\n%s\nexpected\n%s", row[PROPERTY], row[ORIGIN], fields, row[FIELDS]);
        g_assert_true(g_str_has_prefix(fields, "value.binary{ "));
        g_free(fields);
        for (size_t cut = 0; cut < length; cut++)
            g_free(fields_of(row[KEY], bytes, cut));
        g_free(bytes);
    }
    g_ptr_array_unref(rows);
}

/* Bytes that are not the structure of the property are not taken apart. */
static void
test_others(void)
{
    static const char *const OTHERS[][2] = {
        { "00710102", "02 00" },
        { "00710102", "01cf7f4d9a00000102030405060708090a0b0c0d0e0f 00" },
        { "0c1d0102", "aabb3acc00" },
        { "0c1d0102", "41424300" },
        { "004f0102", "01000000 ff000000 00" },
        { "36d90102", "8b325e8428353e694e225acb74d744adf18cb785" },
        { "36da0102", "01 04 0000" },
        { "30190102", "00" },
        { "0220060000000000c000000000000046 33820000", "00" },
        { "0220060000000000c000000000000046 16820000",
          "00000000000000000000000000000000000000000000" },
        { "0220060000000000c000000000000046 77770000", "0430043000" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
        size_t length;
        uint8_t *bytes = vectors_bytes(OTHERS[i][1], &length);
        char *fields = fields_of(OTHERS[i][0], bytes, length);
        char *expected = g_strdup_printf("value.binary=[%" G_GSIZE_FORMAT "]", length);
        g_assert_cmpstr(fields, ==, expected);
        g_free(expected);
        g_free(fields);
        g_free(bytes);
    }
}

static void
take(struct oa_property_scope *scope, enum oa_field field, uint64_t number)
{
    oa_property_scope_field(scope, &(struct oa_value){ .id = field, .number = number });
}

/* An extended rule has a list of names of its own; outside, its IDs mean nothing. */
static void
test_scope(void)
{
    struct oa_property_scope scope = { 0 };
    char name[OA_ROP_TAG_SIZE];

    oa_property_scope_begin(&scope, OA_F_EXTENDED_RULE);
    for (unsigned i = 0; i < OA_SCOPE_NAMES + 4; i++)
        take(&scope, OA_F_PROPERTY_ID, 0x8001 + i);
    for (unsigned i = 0; i < OA_SCOPE_NAMES + 4; i++) {
        oa_property_scope_begin(&scope, OA_F_PROPERTY_NAME);
        take(&scope, OA_F_PROPERTY_NAME_KIND, i == 1 ? OA_PROPERTY_NAME_NONE : 0);
        take(&scope, OA_F_PROPERTY_NAME_LID, i);
        oa_property_scope_end(&scope, OA_F_PROPERTY_NAME);
    }
    g_assert_true(oa_property_scope_name(&scope, NULL, 0x80030003, name));
    g_assert_cmpstr(name, ==, "00000000-0000-0000-0000-000000000000 0x0002");
    g_assert_false(oa_property_scope_name(&scope, NULL, 0x80020003, name));
    g_assert_false(oa_property_scope_name(&scope, NULL, 0x80010003 + (OA_SCOPE_NAMES << 16), name));
    g_assert_true(oa_property_scope_name(&scope, NULL, 0x0037001f, name));
    g_assert_cmpstr(name, ==, "PidTagSubject");
    oa_property_scope_end(&scope, OA_F_EXTENDED_RULE);
    g_assert_false(oa_property_scope_name(&scope, NULL, 0x80030003, name));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/binary_values/vectors", test_vectors);
    g_test_add_func("/binary_values/others", test_others);
    g_test_add_func("/binary_values/scope", test_scope);
    return g_test_run();
}
