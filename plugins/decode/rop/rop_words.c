/* rop_words.c
 * ROPs and objects in a few words, for lists of ROPs and the rows of a tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_words.h"

#include <string.h>

#define WARNING 4 /* upper half of a ReturnValue that reports a warning, [MS-OXCDATA] 2.4.3 */
#define PARENTS_MAX 4
#define ANY_ROP 0
#define UNIQUE_DIGITS 16

/* How the value of a field is written. */
enum style {
    TEXT,   /* its text, or the name of its value */
    ONLY,   /* the same, in place of what is there */
    NAME,   /* the same; what follows is inside, and does not count */
    STOP,   /* not at all, what follows does not count */
    COUNT,  /* the number, and what it counts, in the plural */
    LIST,   /* the same; what follows is in the list, and does not count */
    SOME,   /* a number and what it counts, unless it is 0 */
    IF_SET, /* the words alone, unless it is 0 */
    DN,     /* the last name of a DN */
};

/* The first row of a field that fits the ROP counts, and each row once. */
/* clang-format off */
static const struct {
    enum oa_field field;
    uint8_t id;
    enum style style;
    const char *before, *words;
} FIELDS[] = {
    { OA_F_LOGON_ESSDN, ANY_ROP, DN, "; ", NULL },
    { OA_F_FOLDER_NAME, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_FOLDER_NAME8, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_STORE_MESSAGE_CLASS, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_STORE_ROW_COUNT, ANY_ROP, COUNT, "; ", "rows" },
    { OA_F_ROP_TAG_COUNT, OA_ROP_SET_COLUMNS, COUNT, "; ", "columns" },
    { OA_F_ROP_TAG_COUNT, OA_ROP_QUERY_COLUMNS_ALL, COUNT, "; ", "columns" },
    { OA_F_ROP_TAG_COUNT, ANY_ROP, COUNT, "; ", "properties" },
    { OA_F_ROP_TAG, OA_ROP_OPEN_STREAM, TEXT, "; ", NULL },
    { OA_F_PROPERTY_COUNT, ANY_ROP, LIST, "; ", "properties" },
    { OA_F_PROPERTY_ID_COUNT, ANY_ROP, COUNT, "; ", "names" },
    { OA_F_PROPERTY_NAME_COUNT, ANY_ROP, COUNT, "; ", "names" },
    { OA_F_PROBLEM_COUNT, ANY_ROP, SOME, "; ", "problems" },
    { OA_F_SORT_ORDER_COUNT, ANY_ROP, COUNT, "; ", "sort orders" },
    { OA_F_PROPERTY_ROW_FLAG, ANY_ROP, STOP, "", NULL },
    { OA_F_RESTRICTION_TYPE, ANY_ROP, NAME, "; ", NULL },
    { OA_F_TABLE_ROW_COUNT, ANY_ROP, LIST, "; ", "rows" },
    { OA_F_TABLE_TOTAL_ROWS, ANY_ROP, COUNT, "; ", "rows" },
    { OA_F_TABLE_SEEK_ROWS, ANY_ROP, COUNT, "; ", "rows" },
    { OA_F_TABLE_ROWS_SOUGHT, ANY_ROP, COUNT, "; ", "rows" },
    { OA_F_TABLE_EXPANDED_ROWS, ANY_ROP, COUNT, "; ", "rows" },
    { OA_F_TABLE_NUMERATOR, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_TABLE_DENOMINATOR, ANY_ROP, TEXT, " of ", NULL },
    { OA_F_ROP_MESSAGE_ID_COUNT, ANY_ROP, COUNT, "; ", "messages" },
    { OA_F_ROP_PARTIAL_COMPLETION, ANY_ROP, IF_SET, "; ", "partial" },
    { OA_F_MESSAGE_ROW_COUNT, OA_ROP_READ_RECIPIENTS, LIST, "; ", "recipients" },
    { OA_F_MESSAGE_ROW_COUNT16, ANY_ROP, LIST, "; ", "recipients" },
    { OA_F_MESSAGE_RECIPIENT_COUNT, ANY_ROP, SOME, "; ", "recipients" },
    { OA_F_ATTACHMENT_ID, ANY_ROP, TEXT, "; attachment ", NULL },
    { OA_F_ATTACHMENT_ID_COUNT, ANY_ROP, COUNT, "; ", "attachments" },
    { OA_F_STREAM_SIZE, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_SIZE64, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_BYTE_COUNT, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_BYTE_COUNT64, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_WRITTEN, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_WRITTEN32, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_STREAM_WRITTEN_COUNT, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_ROP_DATA_SIZE, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_NOTIFY_FLAGS, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_NOTIFY_TABLE_EVENT, ANY_ROP, ONLY, "; ", NULL },
    { OA_F_NOTIFY_CLASS, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_NOTIFY_CLASS8, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_PERMISSION_COUNT, ANY_ROP, LIST, "; ", "permissions" },
    { OA_F_RULE_COUNT, ANY_ROP, LIST, "; ", "rules" },
    { OA_F_TRANSFER_STATUS, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_TRANSFER_SOURCE_OPERATION, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_TRANSFER_DATA_SIZE, ANY_ROP, COUNT, " ", "bytes" },
    { OA_F_TRANSFER_USED_SIZE, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_SYNC_TYPE, ANY_ROP, TEXT, "; ", NULL },
    { OA_F_SYNC_STATE_SIZE, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_SYNC_STATE_DATA_SIZE, ANY_ROP, COUNT, "; ", "bytes" },
    { OA_F_ROP_DURATION, OA_ROP_BACKOFF, COUNT, "; ", "milliseconds" },
    { OA_F_ROP_SIZE_NEEDED, ANY_ROP, COUNT, "; needs ", "bytes" },
};
/* clang-format on */

_Static_assert(G_N_ELEMENTS(FIELDS) <= 64, "bits of oa_rop_words.taken");

static void
append(struct oa_rop_words *words, const char *before, const char *text)
{
    const char *end;

    words->digits = 0;
    if (words->text[0])
        g_strlcat(words->text, before, sizeof words->text);
    else if (before[0] == ';')
        g_strlcat(words->text, before + 2, sizeof words->text);
    g_strlcat(words->text, text, sizeof words->text);
    if (!g_utf8_validate(words->text, -1, &end))
        words->text[end - words->text] = '\0';
}

/* Longest text of a number, with its terminator. */
#define NUMBER_TEXT 21

/* A decimal number, into the end of the room, where it begins. As printf() writes it, without its
 * cost: counts are most of what is told of ROPs. */
static const char *
number_text(int64_t number, char room[NUMBER_TEXT])
{
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char *at = &room[NUMBER_TEXT - 1];

    *at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    return at;
}

/* "1 row", "2 rows". */
static void
append_count(struct oa_rop_words *words, const char *before, const struct oa_value *value,
             const char *counted)
{
    bool is_signed = OA_FIELDS[value->id].type == OA_TYPE_INT32;
    int64_t number = is_signed ? (int32_t)value->number : (int64_t)value->number;
    bool is_many = g_str_has_suffix(counted, "ies"), is_alone = !words->text[0];
    char room[NUMBER_TEXT], text[64];
    size_t digits = g_strlcpy(text, number_text(number, room), sizeof text);
    size_t length = strlen(counted) - (number != 1 ? 0 : is_many ? 3 : 1);

    text[digits] = ' ';
    g_strlcpy(text + digits + 1, counted, MIN(length + 1, sizeof text - digits - 1));
    if (number == 1 && is_many)
        g_strlcat(text, "y", sizeof text);
    append(words, before, text);
    if (is_alone)
        words->digits = strspn(words->text, "-0123456789");
}

/* The text of the value, or its name, or the number. */
static void
append_text(struct oa_rop_words *words, const char *before, const struct oa_value *value)
{
    enum oa_type type = OA_FIELDS[value->id].type;
    char text[OA_ROP_WORDS_SIZE];

    if (type == OA_TYPE_TEXT8 || type == OA_TYPE_TELETEX || type == OA_TYPE_TEXT16) {
        oa_value_text(value, text, sizeof text);
    } else {
        const char *name = oa_value_name(value->id, (uint32_t)value->number);
        bool is_hex = OA_FIELDS[value->id].base == OA_BASE_HEX;
        if (name)
            g_strlcpy(text, name, sizeof text);
        else
            g_snprintf(text, sizeof text,
                       is_hex ? "0x%" G_GINT64_MODIFIER "x" : "%" G_GUINT64_FORMAT, value->number);
    }
    if (text[0])
        append(words, before, text);
}

const char *
oa_dn_name(const char *dn)
{
    const char *name = strrchr(dn, '=');

    name = name ? name + 1 : dn;
    size_t digits = strspn(name, "0123456789abcdefABCDEF");
    return digits >= UNIQUE_DIGITS && name[digits] == '-' ? name + digits + 1 : name;
}

static void
append_dn(struct oa_rop_words *words, const char *before, const struct oa_value *value)
{
    char text[OA_ROP_WORDS_SIZE * 4];

    oa_value_text(value, text, sizeof text);
    append(words, before, oa_dn_name(text));
}

static void
append_field(struct oa_rop_words *words, size_t row, const struct oa_value *value)
{
    const char *before = FIELDS[row].before;

    switch (FIELDS[row].style) {
    case ONLY:
        words->text[0] = '\0';
        append_text(words, before, value);
        break;
    case NAME:
        words->is_complete = true;
        append_text(words, before, value);
        break;
    case STOP:
        words->is_complete = true;
        break;
    case TEXT:
        append_text(words, before, value);
        break;
    case LIST:
        words->is_complete = true;
        append_count(words, before, value, FIELDS[row].words);
        break;
    case SOME:
        if (value->number)
            append_count(words, before, value, FIELDS[row].words);
        break;
    case COUNT:
        append_count(words, before, value, FIELDS[row].words);
        break;
    case IF_SET:
        if (value->number)
            append(words, before, FIELDS[row].words);
        break;
    case DN:
        append_dn(words, before, value);
        break;
    }
}

void
oa_rop_words_start(struct oa_rop_words *words, uint8_t id)
{
    words->id = id;
    words->taken = 0;
    words->is_complete = false;
    words->digits = 0;
    words->text[0] = '\0';
}

void
oa_rop_words_field(struct oa_rop_words *words, const struct oa_value *value)
{
    if (words->is_complete)
        return;
    /* A subject is in two parts, "RE: " and "Minutes". */
    if (value->id == OA_F_MESSAGE_TEXT || value->id == OA_F_MESSAGE_TEXT8) {
        append_text(words, "", value);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FIELDS); i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (FIELDS[i].field != value->id || (FIELDS[i].id != ANY_ROP && FIELDS[i].id != words->id))
            continue;
        if (!(words->taken & bit))
            append_field(words, i, value);
        words->taken |= bit;
        return;
    }
}

/* The table has "MAPI_E_NOT_FOUND (ecNotFound)" where a code has two names. */
void
oa_rop_status_text(uint32_t status, char out[OA_ROP_STATUS_SIZE])
{
    const char *name = oa_field_name(OA_NAMES_STATUS, status);
    const char *second = name ? strchr(name, '(') : NULL;

    if (!name)
        g_snprintf(out, OA_ROP_STATUS_SIZE, "0x%08x", status);
    else if (second)
        g_snprintf(out, OA_ROP_STATUS_SIZE, "%.*s", (int)strcspn(second + 1, ")"), second + 1);
    else
        g_strlcpy(out, name, OA_ROP_STATUS_SIZE);
}

bool
oa_rop_is_failure(uint32_t return_value)
{
    return return_value != 0 && return_value >> 16 != WARNING;
}

void
oa_rop_words_end(struct oa_rop_words *words, const struct oa_rop *rop, uint32_t return_value)
{
    const struct oa_rop_object *opened = rop ? rop->opened : NULL;

    if (words->id == OA_ROP_OPEN_STREAM && opened && opened->tag_name && !rop->has_return) {
        g_strlcpy(words->text, opened->tag_name, sizeof words->text);
    } else if (return_value) {
        char status[OA_ROP_STATUS_SIZE];

        oa_rop_status_text(return_value, status);
        if (oa_rop_is_failure(return_value))
            words->text[0] = '\0';
        append(words, "; ", status);
    } else if (words->id == OA_ROP_OPEN_FOLDER && opened && opened->folder_name) {
        append(words, "; ", opened->folder_name);
    }
}

/* --- properties --- */

bool
oa_rop_tag_name(const struct oa_rop *rop, uint32_t tag, char out[OA_ROP_TAG_SIZE])
{
    const char *standard = oa_value_name(OA_F_ROP_TAG, tag);
    uint16_t id = (uint16_t)(tag >> 16);
    const struct oa_property_name *name =
        rop && id >= OA_NAMED_ID_MIN ? oa_rop_property_name(rop, id) : NULL;

    if (name)
        oa_property_name_text(name, out, OA_ROP_TAG_SIZE);
    else if (standard)
        g_strlcpy(out, standard, OA_ROP_TAG_SIZE);
    return name || standard;
}

void
oa_rop_tag_text(const struct oa_rop *rop, uint32_t tag, char out[OA_ROP_TAG_SIZE])
{
    if (!oa_rop_tag_name(rop, tag, out))
        g_snprintf(out, OA_ROP_TAG_SIZE, "0x%08x%s", tag,
                   tag >> 16 >= OA_NAMED_ID_MIN ? ", name not seen" : "");
}

/* --- objects --- */

static void
object_words(GString *text, const struct oa_rop_object *object, unsigned depth)
{
    const struct oa_rop_object *parent = object->parent;
    bool is_folder = object->kind == OA_ROP_KIND_FOLDER;
    bool is_message = object->kind == OA_ROP_KIND_MESSAGE;

    g_string_append(text, oa_rop_kind_name(object->kind));
    if (object->kind == OA_ROP_KIND_STREAM && object->has_tag) {
        char name[OA_ROP_TAG_SIZE];
        oa_rop_tag_text(NULL, object->tag, name);
        g_string_append_printf(text, " %s", object->tag_name ? object->tag_name : name);
    }
    if (is_folder && object->folder_name) {
        g_string_append_printf(text, " %s", object->folder_name);
    } else if (is_folder && object->has_folder_id) {
        g_string_append_printf(text, " 0x%016" G_GINT64_MODIFIER "x", object->folder_id);
    } else if (is_message && object->folder_name &&
               !(parent && parent->kind == OA_ROP_KIND_ATTACHMENT)) {
        g_string_append_printf(text, " in %s", object->folder_name);
    } else if (parent && parent->kind == OA_ROP_KIND_FOLDER && parent->folder_name) {
        g_string_append_printf(text, " of %s", parent->folder_name);
    } else if (parent && parent->kind != OA_ROP_KIND_NONE && parent->kind != OA_ROP_KIND_LOGON &&
               depth < PARENTS_MAX) {
        g_string_append(text, is_message ? " in " : " of ");
        object_words(text, parent, depth + 1);
    }
}

void
oa_rop_object_words(const struct oa_rop_object *object, char *out, size_t size)
{
    GString *text = g_string_new(NULL);

    object_words(text, object, 0);
    g_strlcpy(out, text->str, size);
    g_string_free(text, TRUE);
}
