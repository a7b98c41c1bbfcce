/* rop_items.c
 * ROPs in the tree and in the Info column: the titles of their items, the objects that they mean,
 * the values of properties in the rows of these, and failures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop_items.h"

#include <epan/column-utils.h>
#include <epan/expert.h>

#include <stddef.h>
#include <string.h>

#include "exchange_fields.h"
#include "items.h"
#include "rop/property_scope.h"
#include "rop/rop_words.h"
#include "rop_export.h"
#include "value_title.h"

/* Structures in each other; a walk has a limit of its own, which is lower. */
#define DEPTH_MAX 64

/* Values of a multiple property, and texts of a row, that are in the title. */
#define TITLE_VALUES_MAX 3

/* Characters of the Info column for ROPs; the rest is counted. */
#define INFO_MAX 180

static int proto_oxcrops = -1;
static int hf_object = -1;
static int hf_opened_in = -1;
static int hf_request_rop = -1;
static int hf_named_property = -1;
static int hf_continued_from = -1;
static int hf_continues_in = -1;

static gint ett_object = -1;

static expert_field ei_failed = EI_INIT;
static expert_field ei_warning = EI_INIT;
static expert_field ei_columns = EI_INIT;

/* A structure that has been begun. */
struct open {
    enum oa_field id;
    proto_item *item;  /* NULL: its title does not matter */
    unsigned values;   /* in its title */
    const char *relop; /* of a restriction; NULL: none yet */
    uint8_t type;      /* RestrictType, of a restriction */
    uint32_t tag;      /* of a property */
    const char *name;  /* of a named property; NULL: none, or not seen */
};

struct rop_items {
    packet_info *pinfo;
    bool is_visible, is_response;
    bool has_words;                 /* somebody reads those of a ROP */
    const struct oa_rop_call *call; /* what is kept of them */
    size_t next;                    /* ROPs so far */
    size_t before;                  /* this payload */

    unsigned depth; /* of `open` */

    /* The ROP being shown; those that RopBufferTooSmall hands back are parts of it. */
    unsigned rops_open;
    uint8_t id;
    bool has_return, has_rows;
    uint32_t return_value;
    proto_item *return_item;
    proto_item
        *index_item[2]; /* of the object it is sent to or of its own, and of the one opened */
    struct oa_rop_words words;

    proto_item *tag_item; /* of the last property tag */

    struct rop_export *exported; /* NULL: nobody has asked */
    char subject[VALUE_TITLE_MAX];

    wmem_strbuf_t *info;
    const char *last; /* not in `info` yet, `times` of them */
    unsigned times;
    bool has_failed;
    unsigned more, failed_more; /* that did not fit */
    const char *first_failed;   /* of these; NULL: none */

    /* What follows is not cleared: most packets need little of it. */
    struct oa_property_scope scope;
    struct open open[DEPTH_MAX];
};

static const struct oa_rop *
kept_rop(const struct rop_items *items)
{
    size_t count;
    const struct oa_rop *rops = oa_rop_call_rops(items->call, items->is_response, &count);

    return items->next < count && rops[items->next].id == items->id ? &rops[items->next] : NULL;
}

/* --- values in titles --- */

static bool
is_tag(enum oa_field field)
{
    return field == OA_F_ROP_TAG || field == OA_F_RESTRICTION_TAG ||
           field == OA_F_RESTRICTION_SUB_OBJECT || field == OA_F_TRANSFER_DELETED;
}

/* The name of a property at this place. What is kept of the ROP is there behind its head only. */
static bool
tag_name(const struct rop_items *items, uint32_t tag, char out[OA_ROP_TAG_SIZE])
{
    return oa_property_scope_name(&items->scope, kept_rop(items), tag, out);
}

/* The name of a property, or its tag. */
static const char *
tag_text(const struct rop_items *items, uint32_t tag)
{
    char text[OA_ROP_TAG_SIZE];

    if (!tag_name(items, tag, text))
        oa_rop_tag_text(NULL, tag, text);
    return wmem_strdup(items->pinfo->pool, text);
}

/* The value of a field, as it stands in a title. */
static const char *
value_text(const struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value)
{
    return is_tag(value->id) ? tag_text(items, (uint32_t)value->number)
                             : value_title(items->pinfo->pool, tvb, value);
}

static bool
is_text(enum oa_field field)
{
    return OA_FIELDS[field].type == OA_TYPE_TEXT8 || OA_FIELDS[field].type == OA_TYPE_TEXT16;
}

/* Adds to the title of a structure, up to a number of values. */
static void
add_to_title(struct open *open, const char *before, const char *text)
{
    if (open->values < TITLE_VALUES_MAX)
        proto_item_append_text(open->item, "%s%s", open->values ? "; " : before, text);
    else if (open->values == TITLE_VALUES_MAX)
        proto_item_append_text(open->item, "; \xe2\x80\xa6");
    open->values++;
}

/* The value of a property: into its own title, that of its restriction, and texts into that of its
 * row. */
static void
title_property(struct rop_items *items, unsigned at, enum oa_field field, const char *text)
{
    struct open *property = &items->open[at];
    struct open *outer = at > 0 ? &items->open[at - 1] : NULL;

    add_to_title(property, ": ", text);
    if (outer && outer->id == OA_F_RESTRICTION && outer->relop)
        proto_item_append_text(outer->item, " %s %s", outer->relop, text);
    if (outer && outer->id == OA_F_PROPERTY_ROW && is_text(field) && text[0] &&
        outer->values < TITLE_VALUES_MAX)
        add_to_title(outer, ": ", text);
}

/* The structure in whose title a value stands; 0: none. */
static enum oa_field
titled_by(enum oa_field field)
{
    switch (field) {
    case OA_F_VALUE_I16:
    case OA_F_VALUE_I32:
    case OA_F_VALUE_I64:
    case OA_F_VALUE_ID:
    case OA_F_VALUE_FLOAT:
    case OA_F_VALUE_DOUBLE:
    case OA_F_VALUE_CURRENCY:
    case OA_F_VALUE_FLOATING_TIME:
    case OA_F_VALUE_ERROR:
    case OA_F_VALUE_BOOLEAN:
    case OA_F_VALUE_STRING8:
    case OA_F_VALUE_STRING:
    case OA_F_VALUE_TIME:
    case OA_F_VALUE_GUID:
    case OA_F_VALUE_BINARY:
    case OA_F_BINARY_GUID:
    case OA_F_ADDRESS_SEARCH_KEY:
    case OA_F_ENTRY_BOOK_DN:
    case OA_F_ENTRY_ONE_OFF_ADDRESS:
    case OA_F_ENTRY_ONE_OFF_ADDRESS8:
    case OA_F_ENTRY_STORE_DN:
    case OA_F_RECURRENCE_FREQUENCY:
    case OA_F_RETENTION_START:
    case OA_F_VERB_DISPLAY_NAME:
    case OA_F_ZONE_KEY:
        return OA_F_PROPERTY;
    case OA_F_PROBLEM_ERROR:
        return OA_F_PROBLEM;
    case OA_F_SORT_DIRECTION:
        return OA_F_SORT_ORDER;
    case OA_F_RECIPIENT_NAME:
    case OA_F_RECIPIENT_NAME8:
    case OA_F_RECIPIENT_EMAIL:
    case OA_F_RECIPIENT_EMAIL8:
        return OA_F_RECIPIENT;
    case OA_F_RESTRICTION_TAG:
    case OA_F_RESTRICTION_MASK:
    case OA_F_RESTRICTION_VALUE_SIZE:
    case OA_F_RESTRICTION_REL_OP:
    case OA_F_RESTRICTION_BITMAP_REL_OP:
    case OA_F_RESTRICTION_FUZZY:
        return OA_F_RESTRICTION;
    default:
        return OA_F_NONE;
    }
}

/* [MS-OXCDATA] 2.12.4.1 */
static const char *
fuzzy_words(uint64_t fuzzy_level)
{
    static const char *const WORDS[] = { "is", "contains", "begins with" };
    size_t low = fuzzy_level & 0xffff;

    return low < array_length(WORDS) ? WORDS[low] : "matches";
}

/* "PropertyRestriction: PidTagMessageSize >= 1000". */
static void
title_restriction(struct rop_items *items, struct open *restriction, const struct oa_value *value,
                  tvbuff_t *tvb)
{
    const char *text = value_text(items, tvb, value);

    switch (value->id) {
    case OA_F_RESTRICTION_FUZZY:
        restriction->relop = fuzzy_words(value->number);
        break;
    case OA_F_RESTRICTION_BITMAP_REL_OP:
        restriction->relop = value->number ? "has any bit of" : "has no bit of";
        break;
    case OA_F_RESTRICTION_REL_OP:
        restriction->relop = text;
        break;
    case OA_F_RESTRICTION_TAG:
        if (restriction->values++ > 0 && restriction->relop)
            proto_item_append_text(restriction->item, " %s %s", restriction->relop, text);
        else
            proto_item_append_text(restriction->item, ": %s", text);
        break;
    default:
        proto_item_append_text(restriction->item, " %s %s",
                               restriction->relop ? restriction->relop : "", text);
    }
}

/* RestrictType, [MS-OXCDATA] 2.12: of restrictions of restrictions, and of one without a value. */
enum { AND = 0, OR = 1, NOT = 2, EXIST = 8 };

/* The whole of a restriction stands in the title of the one around: "AndRestriction: PidTagSubject
 * begins with Minutes AND PidTagImportance >= 1". */
static void
join_restriction(const struct rop_items *items, struct open *inner)
{
    struct open *outer = inner > items->open ? inner - 1 : NULL;
    bool is_compound = inner->type <= OR;

    if (!items->is_visible || !outer || outer->id != OA_F_RESTRICTION || outer->type > NOT)
        return;
    const field_info *field = PITEM_FINFO(inner->item);
    if (!field || !field->rep)
        return;
    const char *title = field->rep->representation;
    const char *text = strstr(title, ": ");
    text = text ? text + 2 : title;
    const char *before = outer->type == NOT   ? ": not "
                         : outer->values == 0 ? ": "
                         : outer->type == OR  ? " OR "
                                              : " AND ";
    if (outer->values < TITLE_VALUES_MAX)
        proto_item_append_text(outer->item, "%s%s%s%s", before, is_compound ? "(" : "", text,
                               is_compound            ? ")"
                               : inner->type == EXIST ? " exists"
                                                      : "");
    else if (outer->values == TITLE_VALUES_MAX)
        proto_item_append_text(outer->item, "%s\xe2\x80\xa6", before);
    outer->values++;
}

static bool
is_property(enum oa_field field)
{
    return field == OA_F_PROPERTY || field == OA_F_PROPERTY_CELL ||
           field == OA_F_TRANSFER_PROPERTY || field == OA_F_TRANSFER_CONTINUED;
}

static void
add_value(struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value)
{
    enum oa_field titled = titled_by(value->id);

    if (!titled)
        return;
    for (unsigned at = items->depth; at-- > 0 && items->open[at].id != OA_F_ROP;) {
        struct open *open = &items->open[at];

        if (open->id == OA_F_RESTRICTION && titled == OA_F_RESTRICTION) {
            title_restriction(items, open, value, tvb);
            return;
        }
        if (open->id == OA_F_RESTRICTION)
            return; /* the value of a property is one itself */
        if (titled == OA_F_PROPERTY && is_property(open->id)) {
            title_property(items, at, value->id, value_text(items, tvb, value));
            return;
        }
        if (open->id == titled) {
            add_to_title(open, ": ", value_text(items, tvb, value));
            return;
        }
    }
}

/* --- the Info column --- */

/* ROPs that do not fit are counted; what failed first among them matters more than what fitted. */
static void
count_more(struct rop_items *items, const char *text, unsigned times, bool has_failed)
{
    items->more += times;
    if (!has_failed)
        return;
    items->failed_more += times;
    if (!items->first_failed)
        items->first_failed = wmem_strdup(items->pinfo->pool, text);
}

static void
flush(struct rop_items *items)
{
    if (!items->last)
        return;
    if (!items->info)
        items->info = wmem_strbuf_new(items->pinfo->pool, "");
    bool is_first = wmem_strbuf_get_len(items->info) == 0;
    if (!is_first && wmem_strbuf_get_len(items->info) + strlen(items->last) > INFO_MAX) {
        count_more(items, items->last, items->times, items->has_failed);
    } else {
        wmem_strbuf_append(items->info, is_first ? "" : ", ");
        wmem_strbuf_append(items->info, items->last);
        if (items->times > 1)
            wmem_strbuf_append_printf(items->info, " \xc3\x97%u", items->times);
    }
    items->last = NULL;
}

static void
add_info(struct rop_items *items)
{
    const char *name = oa_rop_name(items->id);
    const char *words = items->words.text;
    bool failed = items->has_return && oa_rop_is_failure(items->return_value);
    char text[OA_ROP_WORDS_SIZE + 80];

    name = g_str_has_prefix(name, "Rop") ? name + 3 : name;
    g_strlcpy(text, name, sizeof text);
    if (words[0] && items->is_response) {
        g_strlcat(text, " ", sizeof text);
        g_strlcat(text, words, sizeof text);
    } else if (words[0]) {
        size_t length = items->words.digits ? items->words.digits : strlen(words);
        char part[OA_ROP_WORDS_SIZE];
        g_strlcpy(part, words, MIN(length + 1, sizeof part));
        g_strlcat(text, "(", sizeof text);
        g_strlcat(text, part, sizeof text);
        g_strlcat(text, ")", sizeof text);
    }
    if (items->more > 0) {
        count_more(items, text, 1, failed);
    } else if (items->last && strcmp(items->last, text) == 0) {
        items->times++;
    } else {
        flush(items);
        items->last = wmem_strdup(items->pinfo->pool, text);
        items->times = 1;
        items->has_failed = failed;
    }
}

const char *
rop_items_finish(struct rop_items *items)
{
    flush(items);
    if (items->exported)
        rop_export_queue(items->exported);
    if (items->more > 0)
        wmem_strbuf_append_printf(items->info, ", \xe2\x80\xa6 and %u more", items->more);
    if (items->failed_more > 1)
        wmem_strbuf_append_printf(items->info, " (%u failed, first %s)", items->failed_more,
                                  items->first_failed);
    else if (items->failed_more == 1)
        wmem_strbuf_append_printf(items->info, " (failed: %s)", items->first_failed);
    items->more = items->failed_more = 0;
    items->first_failed = NULL;
    return items->info ? wmem_strbuf_get_str(items->info) : "";
}

/* --- ROPs --- */

/* Below an index: which object it means. */
static void
show_object(const struct rop_items *items, tvbuff_t *tvb, proto_item *item,
            const struct oa_rop_object *object)
{
    char words[OA_ROP_WORDS_SIZE];
    bool is_elsewhere = object && object->frame && object->frame != items->pinfo->num;

    if (!item)
        return;
    if (object)
        oa_rop_object_words(object, words, sizeof words);
    else
        g_strlcpy(words, "not seen", sizeof words);
    if (is_elsewhere)
        proto_item_append_text(item, " (%s, opened in %u)", words, (guint)object->frame);
    else if (object && !object->frame)
        proto_item_append_text(item, " (%s, opening not seen)", words);
    else
        proto_item_append_text(item, " (%s)", words);
    if (!object)
        return;
    proto_tree *tree = proto_item_add_subtree(item, ett_object);
    add_generated_text(tree, hf_object, tvb, words);
    if (is_elsewhere)
        add_generated_frame(tree, hf_opened_in, tvb, object->frame);
}

/* Requests have the index of the object they are sent to, and that of the one they open; responses
 * one of these. */
static void
show_objects(const struct rop_items *items, tvbuff_t *tvb, proto_tree *tree,
             const struct oa_rop *rop)
{
    bool opens = rop->opened != NULL;

    if (items->index_item[0])
        show_object(items, tvb, items->index_item[0], rop->object);
    if (items->index_item[1] && opens)
        show_object(items, tvb, items->index_item[1], rop->opened);
    if (items->is_response && rop->request >= 0)
        generated(proto_tree_add_uint(tree, hf_request_rop, tvb, 0, 0, (guint)rop->request + 1));
}

static void
show_return(const struct rop_items *items)
{
    bool is_failure = oa_rop_is_failure(items->return_value);
    char status[OA_ROP_STATUS_SIZE];

    if (!items->return_value)
        return;
    oa_rop_status_text(items->return_value, status);
    expert_add_info_format(items->pinfo, items->return_item, is_failure ? &ei_failed : &ei_warning,
                           "%s %s: %s (0x%08x)", oa_rop_name(items->id),
                           is_failure ? "failed" : "warns", status, items->return_value);
}

/* --- what can be exported --- */

/* The properties that name an object, the best last. */
static unsigned
name_rank(enum oa_rop_kind kind, uint32_t tag)
{
    enum { SUBJECT = 0x0037, DISPLAY_NAME = 0x3001, FILENAME = 0x3704, LONG_FILENAME = 0x3707 };
    uint32_t id = tag >> 16;

    if (kind == OA_ROP_KIND_MESSAGE)
        return id == SUBJECT;
    if (kind != OA_ROP_KIND_ATTACHMENT)
        return 0;
    return id == LONG_FILENAME ? 3 : id == FILENAME ? 2 : id == DISPLAY_NAME;
}

/* Whether values are properties of an embedded message, and not of its recipients. */
static bool
is_of_embedded(const struct rop_items *items, const struct oa_rop_object *object)
{
    bool is_embedded = object->kind == OA_ROP_KIND_MESSAGE && object->parent &&
                       object->parent->kind == OA_ROP_KIND_ATTACHMENT;

    switch (items->id) {
    case OA_ROP_SET_PROPERTIES:
    case OA_ROP_SET_PROPERTIES_NO_REPLICATE:
    case OA_ROP_GET_PROPERTIES_SPECIFIC:
    case OA_ROP_GET_PROPERTIES_ALL:
        return is_embedded;
    default:
        return false;
    }
}

/* The whole text, where it is one. */
static const char *
whole_text(const struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value)
{
    if (!is_text(value->id))
        return value_text(items, tvb, value);
    size_t size = value->length * 3 + 1; /* of UTF-8 */
    char *text = (char *)wmem_alloc(items->pinfo->pool, size);
    oa_value_text(value, text, size);
    return text;
}

static void
export_property(const struct rop_items *items, tvbuff_t *tvb, const struct oa_rop_object *object,
                const struct oa_value *value)
{
    enum { ATTACH_DATA_BINARY = 0x37010102 };
    const struct open *property =
        items->depth > 0 && items->depth <= DEPTH_MAX ? &items->open[items->depth - 1] : NULL;
    char name[VALUE_TITLE_MAX];

    if (!property || (property->id != OA_F_PROPERTY && property->id != OA_F_PROPERTY_CELL))
        return;
    unsigned rank = name_rank(object->kind, property->tag);
    if (is_text(value->id) && rank > 0) {
        oa_value_text(value, name, sizeof name);
        rop_export_name(items->exported, object, name, rank);
    }
    if (is_of_embedded(items, object) && titled_by(value->id) == OA_F_PROPERTY) {
        const char *title = oa_value_name(OA_F_ROP_TAG, property->tag);
        rop_export_property(
            items->exported, object, property->tag,
            title ? title
                  : wmem_strdup_printf(items->pinfo->pool, "Property 0x%08x", property->tag),
            whole_text(items, tvb, value), value->index > 0);
    } else if (value->id == OA_F_VALUE_BINARY && property->tag == ATTACH_DATA_BINARY &&
               object->kind == OA_ROP_KIND_ATTACHMENT) {
        rop_export_data(items->exported, object, value);
    }
}

/* Data of a request to write, or of a response to a read. */
static void
export_stream_data(const struct rop_items *items, const struct oa_rop_object *object,
                   const struct oa_value *value)
{
    bool is_write = items->id == OA_ROP_WRITE_STREAM || items->id == OA_ROP_WRITE_STREAM_EXTENDED ||
                    items->id == OA_ROP_WRITE_AND_COMMIT_STREAM;

    if (is_write && !items->is_response)
        rop_export_write(items->exported, object, items->call, items->next, value);
    else if (items->id == OA_ROP_READ_STREAM && items->is_response)
        rop_export_data(items->exported, object, value);
}

static void
export_field(struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value)
{
    const struct oa_rop *rop = kept_rop(items);
    const struct oa_rop_object *object = rop ? rop->object : NULL;
    char text[VALUE_TITLE_MAX];

    if (!object)
        return;
    switch (value->id) {
    case OA_F_ROP_DATA:
        export_stream_data(items, object, value);
        break;
    case OA_F_STREAM_WRITTEN:
    case OA_F_STREAM_WRITTEN32:
        if (rop->request >= 0)
            rop_export_written(items->exported, object, items->call, (size_t)rop->request,
                               value->number);
        break;
    case OA_F_STREAM_POSITION:
        rop_export_seek(items->exported, object, value->number);
        break;
    case OA_F_MESSAGE_TEXT:
    case OA_F_MESSAGE_TEXT8:
        oa_value_text(value, text, sizeof text);
        g_strlcat(items->subject, text, sizeof items->subject);
        break;
    default:
        export_property(items, tvb, object, value);
    }
}

static void
export_subject(struct rop_items *items, const struct oa_rop *rop)
{
    const struct oa_rop_object *message = rop && rop->opened ? rop->opened
                                          : rop              ? rop->object
                                                             : NULL;

    if (message && items->subject[0])
        rop_export_name(items->exported, message, items->subject, 1);
    items->subject[0] = '\0';
}

void
rop_items_export(struct rop_items *items)
{
    if (rop_export_is_wanted())
        items->exported = rop_export_new(items->pinfo);
}

/* --- the ends of ROPs and payloads --- */

/* Whether the ROP has rows that cannot be read for want of what a request before has said. */
static bool
lacks_columns(const struct rop_items *items, const struct oa_rop *rop)
{
    const struct oa_rop_row *row = oa_rop_row(items->id);

    return items->has_rows && items->is_response && row && row->reads != OA_ROP_READS_NONE &&
           !(rop && rop->columns);
}

/* A ROP of which there are no words is told by what it opens or is sent to. */
static void
title_rop(const struct rop_items *items, const struct oa_rop *rop, proto_item *item)
{
    const struct oa_rop_object *object = rop ? rop->opened ? rop->opened : rop->object : NULL;
    char words[OA_ROP_WORDS_SIZE];

    if (items->words.text[0])
        g_strlcpy(words, items->words.text, sizeof words);
    else if (object && object->kind != OA_ROP_KIND_LOGON)
        oa_rop_object_words(object, words, sizeof words);
    else
        return;
    proto_item_append_text(item, ": %s", words);
}

static void
end_rop(struct rop_items *items, tvbuff_t *tvb, proto_tree *tree, const struct open *open)
{
    const struct oa_rop *rop = kept_rop(items);

    oa_rop_words_end(&items->words, rop, items->has_return ? items->return_value : 0);
    title_rop(items, rop, open->item);
    if (tree)
        exchange_fields_show_rop(tvb, tree, oa_rop_name(items->id));
    if (rop && tree)
        show_objects(items, tvb, tree, rop);
    show_return(items);
    if (lacks_columns(items, rop))
        expert_add_info(items->pinfo, open->item, &ei_columns);
    add_info(items);
    if (items->exported)
        export_subject(items, rop);
    items->next++;
}

static void
end_rop_unseen(struct rop_items *items)
{
    const struct oa_rop *rop = kept_rop(items);

    show_return(items);
    if (lacks_columns(items, rop))
        expert_add_info(items->pinfo, NULL, &ei_columns);
    if (items->has_words) {
        oa_rop_words_end(&items->words, rop, items->has_return ? items->return_value : 0);
        add_info(items);
    }
    items->next++;
}

/* The protocol has no item of its own to be seen, but can be filtered. */
static void
end_payload(const struct rop_items *items, tvbuff_t *tvb, proto_tree *tree, const struct open *open)
{
    proto_item_set_text(open->item, "ROPs: %u", (guint)(items->next - items->before));
    proto_item_set_hidden(proto_tree_add_item(tree, proto_oxcrops, tvb, 0, 0, ENC_NA));
}

static void
begin_rop(struct rop_items *items)
{
    items->id = 0;
    items->has_return = items->has_rows = false;
    items->return_value = 0;
    items->return_item = items->index_item[0] = items->index_item[1] = NULL;
    oa_rop_words_start(&items->words, 0);
}

static void
take_field(struct rop_items *items, const struct oa_value *value, proto_item *item)
{
    switch (value->id) {
    case OA_F_ROP_ID:
        items->id = (uint8_t)value->number;
        oa_rop_words_start(&items->words, items->id);
        break;
    case OA_F_ROP_RETURN:
        items->has_return = true;
        items->return_value = (uint32_t)value->number;
        items->return_item = item;
        break;
    case OA_F_ROP_INPUT_INDEX:
    case OA_F_ROP_SOURCE_INDEX:
    case OA_F_NOTIFY_HANDLE:
        items->index_item[0] = item;
        break;
    case OA_F_ROP_OUTPUT_INDEX:
        items->index_item[1] = item;
        break;
    case OA_F_ROP_RESPONSE_INDEX:
        if (items->is_response)
            items->index_item[0] = item;
        break;
    default:
        if (items->has_words)
            oa_rop_words_field(&items->words, value);
    }
}

struct rop_items *
rop_items_new(packet_info *pinfo, proto_tree *tree, const struct oa_rop_call *call,
              bool is_response)
{
    struct rop_items *items = wmem_new(pinfo->pool, struct rop_items);

    memset(items, 0, offsetof(struct rop_items, scope));
    oa_property_scope_start(&items->scope);
    items->pinfo = pinfo;
    items->is_visible = tree && PTREE_DATA(tree)->visible;
    items->has_words = tree || col_get_writable(pinfo->cinfo, COL_INFO);
    items->is_response = is_response;
    items->call = call;
    return items;
}

/* --- names of properties --- */

/* The structure that a field or another structure is in; NULL: too deep. */
static struct open *
innermost(struct rop_items *items)
{
    return items->depth > 0 && items->depth <= DEPTH_MAX ? &items->open[items->depth - 1] : NULL;
}

static bool
is_in_stream(const struct open *open)
{
    return open && (open->id == OA_F_TRANSFER_PROPERTY || open->id == OA_F_TRANSFER_CONTINUED);
}

static void
title_item(const struct rop_items *items, struct open *property, const char *before,
           const char *name)
{
    if (items->is_visible)
        proto_item_set_text(property->item, "%s%s%s", before, name,
                            property->id == OA_F_TRANSFER_CONTINUED ? ", continued" : "");
}

/* A structure that is about a property has its name as its title; in a stream names stand behind
 * the tag, or in an earlier buffer. */
static void
title_property_item(const struct rop_items *items, struct open *property)
{
    const struct oa_rop *rop = kept_rop(items);
    const struct oa_fx_part *part = rop ? rop->transfer : NULL;
    bool is_stream = is_in_stream(property) && oa_is_named_property(property->tag);
    char name[OA_ROP_TAG_SIZE];

    if (is_stream && part && property->id == OA_F_TRANSFER_CONTINUED && part->before.has_name) {
        oa_property_name_text(&part->before.name, name, sizeof name);
    } else if (is_stream || !tag_name(items, property->tag, name)) {
        g_snprintf(name, sizeof name, "0x%08x%s", property->tag,
                   !is_stream && oa_is_named_property(property->tag) ? ", name not seen" : "");
        title_item(items, property, "Property ", name);
        return;
    }
    if (oa_is_named_property(property->tag))
        property->name = wmem_strdup(items->pinfo->pool, name);
    title_item(items, property, "", name);
}

/* The tag of a property. Wireshark writes the parts of a number before their names. */
static void
show_tag(struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value, proto_item *item)
{
    uint32_t tag = (uint32_t)value->number;
    bool is_named = oa_is_named_property(tag);
    struct open *outer = innermost(items);
    char name[OA_ROP_TAG_SIZE];

    items->tag_item = item;
    if (outer && value->id == OA_F_ROP_TAG)
        outer->tag = tag;
    if (is_named && is_in_stream(outer))
        return;
    bool has_name = tag_name(items, tag, name);
    if (items->is_visible && has_name)
        proto_item_set_text(item, "%s: %s (0x%08x)", OA_FIELDS[value->id].label, name, tag);
    else if (items->is_visible && is_named)
        proto_item_append_text(item, ", name not seen");
    if (is_named && outer && value->id == OA_F_ROP_TAG &&
        OA_FIELDS[outer->id].role == OA_ROLE_NAMED)
        title_property_item(items, outer);
    else if (is_named && has_name)
        add_generated_text(proto_item_add_subtree(item, ett_object), hf_named_property, tvb, name);
}

static void
show_property_id(const struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value,
                 proto_item *item)
{
    uint32_t tag = (uint32_t)value->number << 16;
    char name[OA_ROP_TAG_SIZE];

    if (!oa_is_named_property(tag) || !tag_name(items, tag, name))
        return;
    proto_item_set_text(item, "%s: %s (0x%04x)", OA_FIELDS[value->id].label, name,
                        (guint)value->number);
    add_generated_text(proto_item_add_subtree(item, ett_object), hf_named_property, tvb, name);
}

/* A name that stands in the stream itself, behind the tag. */
static void
end_name(struct rop_items *items)
{
    struct open *outer = innermost(items);
    char name[OA_ROP_TAG_SIZE];

    if (!outer)
        return;
    oa_property_name_text(&items->scope.name, name, sizeof name);
    if (is_in_stream(outer)) {
        outer->name = wmem_strdup(items->pinfo->pool, name);
        title_item(items, outer, "", name);
        if (items->is_visible)
            proto_item_set_text(items->tag_item, "PropertyTag: %s (0x%08x)", name, outer->tag);
    } else if (outer->id == OA_F_SYNC_GROUP_TAG) {
        proto_item_append_text(outer->item, ": %s", name);
    }
}

/* --- reports of the walk --- */

void
rop_items_begin(struct rop_items *items, const struct oa_value *at, proto_item *item)
{
    if (at->id == OA_F_ROP && items->rops_open++ == 0)
        begin_rop(items);
    if (items->depth < DEPTH_MAX)
        oa_property_scope_begin(&items->scope, at->id);
    if (items->depth < DEPTH_MAX)
        items->open[items->depth] =
            (struct open){ .id = at->id, .item = item, .tag = (uint32_t)at->number };
    items->depth++;
    items->has_rows |= at->id == OA_F_PROPERTY_ROW;
    if (at->id == OA_F_ROPS)
        items->before = items->next;
    if (at->about == OA_F_ROP_TAG && innermost(items))
        title_property_item(items, innermost(items));
}

void
rop_items_field(struct rop_items *items, tvbuff_t *tvb, const struct oa_value *value,
                proto_item *item)
{
    oa_property_scope_field(&items->scope, value);
    if (is_tag(value->id))
        show_tag(items, tvb, value, item);
    if (value->id == OA_F_PROPERTY_ID)
        show_property_id(items, tvb, value, item);
    if (value->id == OA_F_RESTRICTION_TYPE && innermost(items))
        innermost(items)->type = (uint8_t)value->number;
    if (items->is_visible && value->id == OA_F_HANDLE && value->index >= 0)
        proto_item_append_text(item, " (index %d)", value->index);
    if (items->rops_open == 1)
        take_field(items, value, item);
    if (items->exported && items->rops_open == 1)
        export_field(items, tvb, value);
    if (items->is_visible && items->rops_open > 0 && items->depth <= DEPTH_MAX)
        add_value(items, tvb, value);
}

/* Below a buffer of a stream: where the elements that it cuts have their other parts. */
static void
show_parts(const struct rop_items *items, tvbuff_t *tvb, proto_tree *tree)
{
    const struct oa_rop *rop = kept_rop(items);
    const struct oa_fx_part *part = rop ? rop->transfer : NULL;

    if (part && part->before.cut)
        add_generated_frame(tree, hf_continued_from, tvb, part->before.cut->from);
    if (part && part->continues && part->continues->to)
        add_generated_frame(tree, hf_continues_in, tvb, part->continues->to);
}

void
rop_items_end(struct rop_items *items, tvbuff_t *tvb, proto_tree *tree)
{
    struct open *open = --items->depth < DEPTH_MAX ? &items->open[items->depth] : NULL;

    if (open && open->id == OA_F_PROPERTY_NAME)
        end_name(items);
    if (open)
        oa_property_scope_end(&items->scope, open->id);
    if (open && open->id == OA_F_RESTRICTION)
        join_restriction(items, open);
    if (open && open->name)
        add_generated_text(tree, hf_named_property, tvb, open->name);
    if (open && open->id == OA_F_ROP && --items->rops_open == 0)
        end_rop(items, tvb, tree, open);
    if (open && (open->id == OA_F_TRANSFER_DATA || open->id == OA_F_SYNC_STATE_DATA))
        show_parts(items, tvb, tree);
    if (open && open->id == OA_F_ROPS)
        end_payload(items, tvb, tree, open);
    if (open && items->depth == 0 && items->next > 0)
        proto_item_set_text(open->item, "%s: %u ROP%s", OA_FIELDS[open->id].label,
                            (guint)items->next, items->next == 1 ? "" : "s");
}

void
rop_items_begin_unseen(struct rop_items *items, enum oa_field structure)
{
    if (structure == OA_F_ROP && items->rops_open++ == 0)
        begin_rop(items);
    items->has_rows |= structure == OA_F_PROPERTY_ROW;
}

void
rop_items_field_unseen(struct rop_items *items, const struct oa_value *value)
{
    if (items->rops_open == 1)
        take_field(items, value, NULL);
}

void
rop_items_end_unseen(struct rop_items *items, enum oa_field structure)
{
    if (structure == OA_F_ROP && --items->rops_open == 0)
        end_rop_unseen(items);
}

void
rop_items_register(void)
{
    static hf_register_info hf[] = {
        { &hf_object,
          { "Object", "oxcrops.object", FT_STRING, BASE_NONE, NULL, 0,
            "The server object of the handle that an index means", HFILL } },
        { &hf_opened_in,
          { "Opened in", "oxcrops.opened_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame in which the object was requested", HFILL } },
        { &hf_named_property,
          { "Named property", "oxcrops.named_property", FT_STRING, BASE_NONE, NULL, 0,
            "The name that the store has given to the property ID, where the capture shows it",
            HFILL } },
        { &hf_continued_from,
          { "Continued from", "oxcrops.transfer.continued_from", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of the call in which the first element of the buffer begins", HFILL } },
        { &hf_continues_in,
          { "Continues in", "oxcrops.transfer.continues_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
            "Frame of the call in which the last element of the buffer goes on", HFILL } },
        { &hf_request_rop,
          { "Response to ROP", "oxcrops.request_rop", FT_UINT32, BASE_DEC, NULL, 0,
            "Number of the ROP in the request, from 1", HFILL } },
    };
    static ei_register_info experts[] = {
        { &ei_failed, { "oxcrops.failed", PI_RESPONSE_CODE, PI_NOTE, "A ROP failed", EXPFILL } },
        { &ei_warning,
          { "oxcrops.warning", PI_RESPONSE_CODE, PI_CHAT, "A ROP returned a warning", EXPFILL } },
        { &ei_columns,
          { "oxcrops.columns_not_seen", PI_UNDECODED, PI_NOTE,
            "The columns of these rows are not in the capture", EXPFILL } },
    };
    static gint *ett[] = { &ett_object };

    proto_oxcrops =
        proto_register_protocol("Exchange remote operations (ROPs)", "OXCROPS", "oxcrops");
    proto_register_field_array(proto_oxcrops, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_oxcrops), experts,
                                array_length(experts));
}
