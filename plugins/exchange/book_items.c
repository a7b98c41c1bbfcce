/* book_items.c
 * Calls of the address book in a few words, and the values of properties in the titles of their
 * items and rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "book_items.h"

#include <string.h>

#include "rop/rop_words.h"
#include "value_title.h"

/* Structures in each other; a walk has a limit of its own, which is lower. */
#define DEPTH_MAX 64

/* Values in a title, and of a list in the Info column. */
#define VALUES_MAX 3

/* Characters for the Info column. */
#define INFO_MAX 180

/* An item whose title has values. */
struct title {
    proto_item *item;
    unsigned values;
};

struct book_items {
    wmem_allocator_t *pool;
    bool is_response;
    enum oa_field open[DEPTH_MAX]; /* structures; referents come after these */
    unsigned depth;
    bool is_bind;
    struct title property, row; /* the last ones */
    uint64_t taken;             /* rows of WORDS that are in the text */
    unsigned names;             /* in the text */
    wmem_strbuf_t *info;
    const char *tag; /* name of the last property tag */
};

/* How the value of a field is written. */
enum style {
    TEXT,   /* its name, or the number */
    NUMBER, /* the number */
    COUNT,  /* the number of what follows */
    SOME,   /* the same, unless it is 0 */
    IF_SET, /* the name or the number, unless it is 0 */
    FLAGS,  /* the names of the bits that are set */
};

/* The first value of each row counts. `in` is the structure around it; NONE: any. */
/* clang-format off */
static const struct {
    enum oa_field field, in;
    enum style style;
    const char *words; /* of a count the plural of what is counted, else what stands before */
} WORDS[] = {
    { OA_F_OXNSPI_BIND_FLAGS, OA_F_NONE, FLAGS, "" },
    { OA_F_OXNSPI_TABLE_FLAGS, OA_F_NONE, FLAGS, "" },
    { OA_F_OXNSPI_COLUMN_FLAGS, OA_F_NONE, FLAGS, "" },
    { OA_F_OXNSPI_TEMPLATE_FLAGS, OA_F_NONE, FLAGS, "" },
    { OA_F_OXNSPI_LINK_FLAGS, OA_F_NONE, FLAGS, "" },
    { OA_F_OXNSPI_STAT_CONTAINER, OA_F_NONE, IF_SET, "container " },
    { OA_F_OXNSPI_STAT_CURRENT, OA_F_NONE, IF_SET, "at " },
    { OA_F_OXNSPI_STAT_DELTA, OA_F_NONE, IF_SET, "offset " },
    { OA_F_OXNSPI_STAT_CODE_PAGE, OA_F_NONE, NUMBER, "code page " },
    { OA_F_OXNSPI_CODE_PAGE, OA_F_NONE, NUMBER, "code page " },
    { OA_F_OXNSPI_DELTA, OA_F_NONE, IF_SET, "moved " },
    { OA_F_OXNSPI_EXPLICIT_COUNT, OA_F_NONE, SOME, "entries" },
    { OA_F_OXNSPI_ROWS_WANTED, OA_F_NONE, COUNT, "rows" },
    { OA_F_OXNSPI_ROW_COUNT, OA_F_NONE, COUNT, "rows" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_COLUMNS, COUNT, "columns" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_TAGS, COUNT, "properties" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_MIDS, COUNT, "entries" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_EXPLICIT_TABLE, SOME, "entries" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_ENTRY_IDS, COUNT, "entries" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_ROW, COUNT, "properties" },
    { OA_F_OXNSPI_COUNT, OA_F_OXNSPI_VALUES, COUNT, "properties" },
    { OA_F_OXNSPI_MID, OA_F_NONE, TEXT, "MId " },
    { OA_F_OXNSPI_MID1, OA_F_NONE, TEXT, "" },
    { OA_F_OXNSPI_MID2, OA_F_NONE, TEXT, "with " },
    { OA_F_OXNSPI_RESULT, OA_F_NONE, NUMBER, "result " },
    { OA_F_OXNSPI_TEMPLATE_TYPE, OA_F_NONE, TEXT, "" },
};
/* clang-format on */

_Static_assert(array_length(WORDS) <= 64, "bits of book_items.taken");

struct book_items *
book_items_new(wmem_allocator_t *pool, bool is_response)
{
    struct book_items *items = wmem_new0(pool, struct book_items);

    items->pool = pool;
    items->is_response = is_response;
    items->info = wmem_strbuf_new(pool, NULL);
    return items;
}

static enum oa_field
innermost(const struct book_items *items)
{
    return items->depth && items->depth <= DEPTH_MAX ? items->open[items->depth - 1] : OA_F_NONE;
}

void
book_items_begin(struct book_items *items, const struct oa_value *at)
{
    if (items->depth < DEPTH_MAX)
        items->open[items->depth] = at->id;
    items->depth++;
}

void
book_items_end(struct book_items *items)
{
    if (items->depth)
        items->depth--;
}

/* --- the Info column --- */

static void
add_words(struct book_items *items, const char *separator, const char *before, const char *text)
{
    if (wmem_strbuf_get_len(items->info) < INFO_MAX)
        wmem_strbuf_append_printf(items->info, "%s%s%s",
                                  wmem_strbuf_get_len(items->info) ? separator : "", before, text);
}

/* "1 entry", "2 entries". */
static const char *
count_text(wmem_allocator_t *pool, uint64_t number, const char *counted)
{
    int length = (int)strlen(counted);

    if (number != 1)
        return wmem_strdup_printf(pool, "%" PRIu64 " %s", number, counted);
    if (g_str_has_suffix(counted, "ies"))
        return wmem_strdup_printf(pool, "1 %.*sy", length - 3, counted);
    return wmem_strdup_printf(pool, "1 %.*s", length - 1, counted);
}

static void
add_flags(struct book_items *items, const struct oa_value *value)
{
    for (size_t i = 0; i < OA_BITS_COUNT; i++)
        if (OA_BITS[i].parent == value->id && !OA_BITS[i].is_number &&
            (value->number & OA_BITS[i].mask))
            add_words(items, ", ", "", OA_BITS[i].label);
}

static void
add_number(struct book_items *items, const char *before, const struct oa_value *value)
{
    bool is_signed = OA_FIELDS[value->id].type == OA_TYPE_INT32;
    bool is_hex = OA_FIELDS[value->id].base == OA_BASE_HEX;

    add_words(items, ", ", before,
              is_signed ? wmem_strdup_printf(items->pool, "%+d", (int32_t)value->number)
              : is_hex  ? wmem_strdup_printf(items->pool, "0x%" PRIx64, value->number)
                        : wmem_strdup_printf(items->pool, "%" PRIu64, value->number));
}

static void
add_row(struct book_items *items, size_t row, const struct oa_value *value)
{
    const char *words = WORDS[row].words;
    const char *name = oa_value_name(value->id, (uint32_t)value->number);

    switch (WORDS[row].style) {
    case FLAGS:
        add_flags(items, value);
        break;
    case COUNT:
        add_words(items, ", ", "", count_text(items->pool, value->number, words));
        break;
    case SOME:
        if (value->number)
            add_words(items, ", ", "", count_text(items->pool, value->number, words));
        break;
    case IF_SET:
    case TEXT:
        if (WORDS[row].style == IF_SET && !value->number)
            break;
        if (name)
            add_words(items, ", ", words, name);
        else
            add_number(items, words, value);
        break;
    case NUMBER:
        add_number(items, words, value);
        break;
    }
}

static bool
is_name(enum oa_field field)
{
    return field == OA_F_OXNSPI_DN || field == OA_F_OXNSPI_NAME8 || field == OA_F_OXNSPI_NAME ||
           field == OA_F_OXNSPI_TEMPLATE_DN || field == OA_F_OXNSPI_MID_RESOLVED;
}

static void
take_words(struct book_items *items, tvbuff_t *tvb, const struct oa_value *value)
{
    enum oa_field in = innermost(items);

    items->is_bind |= value->id == OA_F_OXNSPI_BIND_FLAGS;
    if (value->id == OA_F_OXNSPI_STAT_CODE_PAGE && !items->is_bind)
        return;
    if (is_name(value->id)) {
        const char *text = value_title(items->pool, tvb, value);
        if (value->id == OA_F_OXNSPI_DN)
            text = oa_dn_name(text);
        if (items->names < VALUES_MAX)
            add_words(items, items->names ? "; " : ", ", "", text);
        else if (items->names == VALUES_MAX)
            add_words(items, "; ", "", "\xe2\x80\xa6");
        items->names++;
    }
    for (size_t i = 0; i < array_length(WORDS); i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (WORDS[i].field != value->id || (WORDS[i].in != OA_F_NONE && WORDS[i].in != in))
            continue;
        if (!(items->taken & bit))
            add_row(items, i, value);
        items->taken |= bit;
    }
}

/* --- titles --- */

static bool
is_text(enum oa_field field)
{
    return field == OA_F_OXNSPI_VALUE_STRING8 || field == OA_F_OXNSPI_VALUE_STRING;
}

static bool
is_value(enum oa_field field)
{
    switch (field) {
    case OA_F_OXNSPI_VALUE_I16:
    case OA_F_OXNSPI_VALUE_I32:
    case OA_F_OXNSPI_VALUE_I64:
    case OA_F_OXNSPI_VALUE_FLOAT:
    case OA_F_OXNSPI_VALUE_DOUBLE:
    case OA_F_OXNSPI_VALUE_BOOLEAN:
    case OA_F_OXNSPI_VALUE_BINARY:
    case OA_F_OXNSPI_VALUE_GUID:
    case OA_F_OXNSPI_VALUE_TIME:
    case OA_F_OXNSPI_VALUE_ERROR:
    case OA_F_OXNSPI_ENTRY_ID_DN:
        return true;
    default:
        return is_text(field);
    }
}

/* The item of that structure around a tree; NULL if there is none, or if nobody looks. */
static proto_item *
around(proto_tree *tree, enum oa_field field)
{
    proto_item *item = tree && PTREE_DATA(tree)->visible ? tree : NULL;

    while (item && !(PNODE_FINFO(item) &&
                     strcmp(PNODE_FINFO(item)->hfinfo->abbrev, OA_FIELDS[field].filter) == 0))
        item = item->parent;
    return item;
}

static void
add_to_title(struct title *title, proto_item *item, const char *text)
{
    if (item != title->item)
        *title = (struct title){ item, 0 };
    if (title->values < VALUES_MAX)
        proto_item_append_text(item, "%s%s", title->values ? "; " : ": ", text);
    else if (title->values == VALUES_MAX)
        proto_item_append_text(item, "; \xe2\x80\xa6");
    title->values++;
}

/* A value stands in the title of its property, and in that of what the property is in: the
 * restriction, or a text in its row. */
static void
take_value(struct book_items *items, proto_tree *tree, tvbuff_t *tvb, const struct oa_value *value)
{
    bool is_sought = !items->is_response && items->tag;

    if (!is_sought && !(tree && PTREE_DATA(tree)->visible))
        return;
    const char *text = value_title(items->pool, tvb, value);
    proto_item *property = around(tree, OA_F_OXNSPI_VALUE);
    proto_item *list = around(tree, OA_F_OXNSPI_VALUE_LIST);
    proto_item *row = around(tree, OA_F_OXNSPI_ROW);
    proto_item *restriction = around(tree, OA_F_OXNSPI_RESTRICTION);

    if (list) /* its elements may be structures of the same kind */
        property = around(list, OA_F_OXNSPI_VALUE);
    if (property)
        add_to_title(&items->property, property, text);
    if (row && is_text(value->id) && text[0] &&
        (items->row.item != row || items->row.values < VALUES_MAX))
        add_to_title(&items->row, row, text);
    if (restriction)
        proto_item_append_text(restriction, " %s", text);
    if (is_sought) {
        add_words(items, ", ", items->tag, wmem_strdup_printf(items->pool, " %s", text));
        items->tag = NULL;
    }
}

static void
take_tag(struct book_items *items, proto_tree *tree, const struct oa_value *value)
{
    const char *name = oa_value_name(value->id, (uint32_t)value->number);
    proto_item *restriction = around(tree, OA_F_OXNSPI_RESTRICTION);

    items->tag = name ? name : wmem_strdup_printf(items->pool, "0x%08x", (guint)value->number);
    if (restriction && !around(tree, OA_F_OXNSPI_VALUE))
        proto_item_append_text(restriction, ": %s", items->tag);
}

void
book_items_field(struct book_items *items, proto_tree *tree, tvbuff_t *tvb,
                 const struct oa_value *value)
{
    take_words(items, tvb, value);
    if (value->id == OA_F_OXNSPI_TAG)
        take_tag(items, tree, value);
    else if (is_value(value->id))
        take_value(items, tree, tvb, value);
}

const char *
book_items_info(const struct book_items *items)
{
    return wmem_strbuf_get_str(items->info);
}
