/* test_rop_words.c
 * ROPs and objects in a few words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "rop/rop_words.h"

#define FIELDS_MAX 4
#define NOT_FOUND 0x8004010f

/* A field is its number, or its text. */
struct field {
    enum oa_field id;
    uint64_t number;
    const char *text;
};

/* clang-format off */
static const struct {
    uint8_t id;
    struct field fields[FIELDS_MAX];
    uint32_t return_value;
    const char *words;
    size_t digits;
} CASES[] = {
    { OA_ROP_RELEASE, { { OA_F_NONE, 0, NULL } }, 0, "", 0 },
    { OA_ROP_QUERY_ROWS, { { OA_F_TABLE_ROW_COUNT, 50, NULL } }, 0, "50 rows", 2 },
    { OA_ROP_QUERY_ROWS, { { OA_F_TABLE_ROW_COUNT, 1, NULL } }, 0, "1 row", 1 },
    { OA_ROP_SET_PROPERTIES, { { OA_F_PROPERTY_COUNT, 1, NULL } }, 0, "1 property", 1 },
    { OA_ROP_SET_COLUMNS, { { OA_F_ROP_TAG_COUNT, 8, NULL } }, 0, "8 columns", 1 },
    { OA_ROP_SEEK_ROW, { { OA_F_TABLE_SEEK_ROWS, 0xfffffffe, NULL } }, 0, "-2 rows", 2 },
    { OA_ROP_QUERY_POSITION, { { OA_F_TABLE_NUMERATOR, 3, NULL }, { OA_F_TABLE_DENOMINATOR, 12, NULL } }, 0, "3 of 12", 0 },
    { OA_ROP_OPEN_STREAM, { { OA_F_ROP_TAG, 0x1000001f, NULL } }, 0, "PidTagBody", 0 },
    { OA_ROP_OPEN_STREAM, { { OA_F_ROP_TAG, 0xfffe0102, NULL } }, 0, "0xfffe0102", 0 },
    /* A named property, which in address books would be PidTagAddressBookManager. */
    { OA_ROP_OPEN_STREAM, { { OA_F_ROP_TAG, 0x8005001f, NULL } }, 0, "0x8005001f", 0 },
    { OA_ROP_LOGON, { { OA_F_LOGON_ESSDN, 0, "/o=Lab/ou=Admin/cn=Recipients/cn=anna" } }, 0, "anna", 0 },
    { OA_ROP_LOGON, { { OA_F_LOGON_ESSDN, 0, "/o=Lab/cn=0123456789abcdef0123456789abcdef-anna" } }, 0, "anna", 0 },
    { OA_ROP_LOGON, { { OA_F_LOGON_ESSDN, 0, "/o=Lab/cn=ed-anna" } }, 0, "ed-anna", 0 },
    { OA_ROP_OPEN_MESSAGE, { { OA_F_MESSAGE_TEXT8, 0, "RE: " }, { OA_F_MESSAGE_TEXT8, 0, "Minutes" }, { OA_F_MESSAGE_RECIPIENT_COUNT, 2, NULL } }, 0, "RE: Minutes; 2 recipients", 0 },
    { OA_ROP_NOTIFY, { { OA_F_NOTIFY_FLAGS, 0x100, NULL }, { OA_F_NOTIFY_TABLE_EVENT, 3, NULL } }, 0, "TableRowAdded", 0 },
    { OA_ROP_SET_PROPERTIES, { { OA_F_PROBLEM_COUNT, 0, NULL } }, 0, "", 0 },
    { OA_ROP_COPY_TO, { { OA_F_ROP_PARTIAL_COMPLETION, 1, NULL } }, 0, "partial", 0 },
    /* What is in a list does not count. */
    { OA_ROP_QUERY_ROWS, { { OA_F_TABLE_ROW_COUNT, 2, NULL }, { OA_F_RESTRICTION_TYPE, 1, NULL } }, 0, "2 rows", 1 },
    { OA_ROP_OPEN_MESSAGE, { { OA_F_NONE, 0, NULL } }, NOT_FOUND, "ecNotFound", 0 },
    { OA_ROP_OPEN_MESSAGE, { { OA_F_NONE, 0, NULL } }, 0x81234567, "0x81234567", 0 },
    { OA_ROP_GET_PROPERTIES_SPECIFIC, { { OA_F_PROPERTY_COUNT, 3, NULL } }, 0x00040380, "3 properties; ecWarnWithErrors", 0 },
};
/* clang-format on */

static void
test_rops(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct oa_rop_words words;

        oa_rop_words_start(&words, CASES[i].id);
        for (int n = 0; n < FIELDS_MAX && CASES[i].fields[n].id; n++) {
            const struct field *field = &CASES[i].fields[n];
            struct oa_value value = { .id = field->id, .number = field->number, .index = -1 };
            if (field->text) {
                value.bytes = (const uint8_t *)field->text;
                value.length = value.text_length = strlen(field->text);
            }
            oa_rop_words_field(&words, &value);
        }
        oa_rop_words_end(&words, NULL, CASES[i].return_value);
        g_assert_cmpstr(words.text, ==, CASES[i].words);
        g_assert_cmpuint(words.digits, ==, CASES[i].digits);
    }
}

/* A text that is too long ends with a whole character. */
static void
test_long_text(void)
{
    char name[2 * OA_ROP_WORDS_SIZE + 1];
    struct oa_value value = { .id = OA_F_MESSAGE_TEXT8, .bytes = (const uint8_t *)name };
    struct oa_rop_words words;

    for (size_t i = 0; i < OA_ROP_WORDS_SIZE; i++)
        memcpy(name + 2 * i, "\xc3\xa9", 2);
    value.length = value.text_length = 2 * OA_ROP_WORDS_SIZE;
    oa_rop_words_start(&words, OA_ROP_OPEN_MESSAGE);
    value.text_length = 3;
    oa_rop_words_field(&words, &value);
    value.text_length = 2 * OA_ROP_WORDS_SIZE;
    oa_rop_words_field(&words, &value);
    g_assert_cmpuint(strlen(words.text), >, OA_ROP_WORDS_SIZE / 2);
    g_assert_true(g_utf8_validate(words.text, -1, NULL));
}

static void
check_object(const struct oa_rop_object *object, const char *expected)
{
    char text[OA_ROP_WORDS_SIZE];

    oa_rop_object_words(object, text, sizeof text);
    g_assert_cmpstr(text, ==, expected);
}

/* Opened from `parent`, which the caller gives away. */
static struct oa_rop_object *
child(enum oa_rop_kind kind, struct oa_rop_object *parent)
{
    struct oa_rop_object *object = oa_rop_object_new(kind, parent, 1);

    oa_rop_object_release(parent);
    return object;
}

static void
test_objects(void)
{
    struct oa_rop_object *logon = oa_rop_object_new(OA_ROP_KIND_LOGON, NULL, 1);
    struct oa_rop_object *inbox = child(OA_ROP_KIND_FOLDER, logon);

    check_object(logon, "logon");
    inbox->folder_id = 0x0001000000000d05;
    inbox->has_folder_id = true;
    check_object(inbox, "folder 0x0001000000000d05");
    inbox->folder_name = g_strdup("Inbox");
    check_object(inbox, "folder Inbox");
    struct oa_rop_object *table = child(OA_ROP_KIND_CONTENTS_TABLE, oa_rop_object_hold(inbox));
    check_object(table, "contents table of Inbox");
    oa_rop_object_release(table);
    struct oa_rop_object *message = child(OA_ROP_KIND_MESSAGE, inbox);
    message->folder_name = g_strdup("Inbox");
    check_object(message, "message in Inbox");
    struct oa_rop_object *attachment = child(OA_ROP_KIND_ATTACHMENT, message);
    check_object(attachment, "attachment of message in Inbox");
    struct oa_rop_object *stream = child(OA_ROP_KIND_STREAM, oa_rop_object_hold(attachment));
    stream->has_tag = true;
    stream->tag = 0x1000001f;
    check_object(stream, "stream PidTagBody of attachment of message in Inbox");
    oa_rop_object_release(stream);
    struct oa_rop_object *embedded = child(OA_ROP_KIND_MESSAGE, attachment);
    check_object(embedded, "message in attachment of message in Inbox");
    oa_rop_object_release(embedded);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rop_words/rops", test_rops);
    g_test_add_func("/rop_words/long_text", test_long_text);
    g_test_add_func("/rop_words/objects", test_objects);
    return g_test_run();
}
