/* exchange_tree.c
 * The parameters of a call in the tree: registers the decoder's field rows with Wireshark and adds
 * an item for each field that the decoder reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange_tree.h"

#include <epan/expert.h>
#include <wsutil/nstime.h>

#include <string.h>

#include "book_items.h"
#include "exchange_fields.h"
#include "items.h"
#include "rop/rop_words.h"
#include "rop_export.h"
#include "rop_items.h"

/* Sources are not nested; there is one open payload at a time. */
#define SOURCES_MAX 8

static int hf[OA_FIELDS_COUNT];
static int *hf_bits;
/* The bits of a field, terminated by NULL, or NULL. */
static int **bits_of[OA_FIELDS_COUNT];

static int hf_source = -1;
static int hf_trailing = -1;
static int hf_undecoded = -1;
static int hf_verification = -1;

/* One for each kind of structure, so that Wireshark opens those of a kind that the user has opened.
 */
static gint ett_structure[OA_FIELDS_COUNT];
static gint ett_bits = -1;
static gint ett_source = -1;

static struct oa_code_pages *code_pages;
static GPtrArray *kept_rops; /* of struct oa_rop_call */

static expert_field ei_short = EI_INIT;
static expert_field ei_limit = EI_INIT;
static expert_field ei_unknown = EI_INIT;
static expert_field ei_trailing = EI_INIT;
static expert_field ei_status = EI_INIT;

/* The protocols of all fields. */
#define PROTOCOLS_MAX 16
static int protocols[PROTOCOLS_MAX];
static unsigned n_protocols;

/* The visitor's context. There is one, for one packet after the other: no call is in another. What
 * it holds is let go of before the next use, because Wireshark may leave a dissector by longjmp. */
struct show {
    packet_info *pinfo;
    struct oa_walk *walk;
    tvbuff_t *sources[SOURCES_MAX];
    unsigned n_sources;
    enum oa_field titled; /* the last structure begun that goes by the name of a value in it */
    struct oa_call_facts *facts;
    struct book_items *book; /* NULL: no call of the address book */
    struct rop_items *rops;  /* NULL: the parameters hold none */
    struct oa_rop_reader reader;
    struct oa_rop_call *own_call; /* of a call that nothing is kept of */
    struct oa_rop_objects *own_objects;
};

static struct show *the_show; /* while a file is open */

static tvbuff_t *
source(const struct show *show)
{
    return show->sources[show->n_sources - 1];
}

static proto_item *
add_integer(const struct show *show, proto_tree *tree, const struct oa_value *value)
{
    const struct oa_field_row *row = &OA_FIELDS[value->id];
    tvbuff_t *tvb = source(show);
    int offset = (int)value->offset;
    int length = (int)value->length;

    if (bits_of[value->id])
        return proto_tree_add_bitmask_value(tree, tvb, offset, hf[value->id], ett_bits,
                                            bits_of[value->id], value->number);
    if (row->type == OA_TYPE_BOOL)
        return proto_tree_add_boolean(tree, hf[value->id], tvb, offset, length, value->number);
    if (row->type == OA_TYPE_INT64 || row->type == OA_TYPE_CURRENCY)
        return proto_tree_add_int64(tree, hf[value->id], tvb, offset, length,
                                    (gint64)value->number);
    if (row->type == OA_TYPE_UINT64 && row->base == OA_BASE_HEX) /* as wide as it is: 4 or 8 */
        return proto_tree_add_uint64_format_value(tree, hf[value->id], tvb, offset, length,
                                                  value->number, "0x%0*" PRIx64, length * 2,
                                                  value->number);
    if (row->type == OA_TYPE_UINT64 || row->type == OA_TYPE_ID)
        return proto_tree_add_uint64(tree, hf[value->id], tvb, offset, length, value->number);
    if (row->type == OA_TYPE_INT16)
        return proto_tree_add_int(tree, hf[value->id], tvb, offset, length, (gint16)value->number);
    if (row->type == OA_TYPE_INT32)
        return proto_tree_add_int(tree, hf[value->id], tvb, offset, length, (gint32)value->number);
    return proto_tree_add_uint(tree, hf[value->id], tvb, offset, length, (guint32)value->number);
}

/* 8-bit text; from the pool, because Wireshark may leave the dissector by longjmp. */
static char *
text8(wmem_allocator_t *pool, const struct oa_value *value)
{
    struct oa_text text = { (const char *)value->bytes, value->text_length };
    char *made = oa_code_pages_dup(value->code_pages, value->code_page, text);
    char *kept = wmem_strdup(pool, made);

    g_free(made);
    return kept;
}

static proto_item *
add_text(const struct show *show, proto_tree *tree, const struct oa_value *value)
{
    guint encoding = ENC_UTF_16 | (value->big_endian ? ENC_BIG_ENDIAN : ENC_LITTLE_ENDIAN);
    char *text =
        OA_FIELDS[value->id].type == OA_TYPE_TEXT16
            ? (char *)tvb_get_string_enc(show->pinfo->pool, source(show), (gint)value->offset,
                                         (gint)value->text_length, encoding)
            : text8(show->pinfo->pool, value);

    return proto_tree_add_string(tree, hf[value->id], source(show), (gint)value->offset,
                                 (gint)value->length, text);
}

static proto_item *
add_value(const struct show *show, proto_tree *tree, const struct oa_value *value)
{
    guint encoding = value->big_endian ? ENC_BIG_ENDIAN : ENC_LITTLE_ENDIAN;
    nstime_t time;

    switch (OA_FIELDS[value->id].type) {
    case OA_TYPE_TEXT8:
    case OA_TYPE_TELETEX:
    case OA_TYPE_TEXT16:
        return add_text(show, tree, value);
    case OA_TYPE_FILETIME:
        filetime_to_nstime(&time, value->number);
        return proto_tree_add_time(tree, hf[value->id], source(show), (gint)value->offset,
                                   (gint)value->length, &time);
    case OA_TYPE_GUID:
    case OA_TYPE_FLOAT:
    case OA_TYPE_DOUBLE:
    case OA_TYPE_FLOATING_TIME:
        return proto_tree_add_item(tree, hf[value->id], source(show), (gint)value->offset,
                                   (gint)value->length, encoding);
    case OA_TYPE_NONE:
    case OA_TYPE_BYTES:
    case OA_TYPE_SID:
        return proto_tree_add_item(tree, hf[value->id], source(show), (gint)value->offset,
                                   (gint)value->length, ENC_NA);
    default:
        return add_integer(show, tree, value);
    }
}

/* Whether an item is of that field. */
static bool
is_item_of(const proto_item *item, enum oa_field field)
{
    return item && PITEM_FINFO(item) && PITEM_FINFO(item)->hfinfo->id == hf[field];
}

/* Writes the name of a structure behind its label, or in its place; there the first one counts. */
static void
title_parent(struct show *show, proto_tree *tree, const struct oa_value *value)
{
    proto_item *parent = proto_tree_get_parent(tree);

    if (!show->titled || !is_item_of(parent, show->titled))
        return;
    const char *name = oa_value_name(value->id, (uint32_t)value->number);
    if (OA_FIELDS[show->titled].role == OA_ROLE_TITLED) {
        if (name)
            proto_item_append_text(parent, ": %s", name);
        return;
    }
    if (name)
        proto_item_set_text(parent, "%s", name);
    else if (value->id == OA_F_ROP_TAG)
        proto_item_set_text(parent, "Property 0x%08x", (guint)value->number);
    show->titled = OA_F_NONE;
}

static const char *
status_name(uint32_t status)
{
    const char *name = oa_field_name(OA_NAMES_STATUS, status);

    return name ? name : "unknown error";
}

/* Minutes are a number, to be filtered; the date is in a time zone that they do not say. */
static void
append_date(proto_item *item, const struct oa_value *value)
{
    char date[OA_MINUTES_TEXT];

    oa_minutes_text((uint32_t)value->number, date);
    proto_item_append_text(item, " (%s)", date);
}

/* The facts of the call, of which the first status is told. */
static void
take_fact(const struct show *show, const struct oa_value *value, proto_item *item)
{
    bool was_known = show->facts->has_status;

    if (!oa_call_facts_field(show->facts, value))
        return;
    if (!was_known && show->facts->has_status && oa_rop_is_failure(show->facts->status))
        expert_add_info_format(show->pinfo, item, &ei_status, "The call failed: %s (0x%08x)",
                               status_name(show->facts->status), show->facts->status);
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct show *show = user;

    /* An empty item would be shown as "<MISSING>". */
    if (OA_FIELDS[value->id].type == OA_TYPE_BYTES && value->length == 0) {
        if (show->rops)
            rop_items_field(show->rops, source(show), value, NULL);
        return;
    }
    proto_item *item = add_value(show, parent, value);
    if (OA_FIELDS[value->id].base == OA_BASE_MINUTES)
        append_date(item, value);
    if (value->about)
        proto_item_append_text(item, " (%s)", OA_FIELDS[value->about].label);
    if (value->is_cut)
        proto_item_append_text(item, " [cut short]");
    if (OA_FIELDS[value->id].role == OA_ROLE_TITLE)
        title_parent(show, parent, value);
    if (show->book)
        book_items_field(show->book, parent, source(show), value);
    take_fact(show, value, item);
    if (show->rops)
        rop_items_field(show->rops, source(show), value, item);
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct show *show = user;
    proto_item *item = add_value(show, parent, at);

    if (at->index >= 0)
        proto_item_append_text(item, " %d", at->index + 1);
    if (OA_FIELDS[at->id].role == OA_ROLE_TITLED || OA_FIELDS[at->id].role == OA_ROLE_NAMED)
        show->titled = at->id;
    if (show->rops)
        rop_items_begin(show->rops, at, item);
    if (show->book)
        book_items_begin(show->book, at);
    return proto_item_add_subtree(item, ett_structure[at->id]);
}

static void
on_end(void *user, void *node, size_t offset)
{
    struct show *show = user;
    proto_item *item = proto_tree_get_parent(node);

    if (item)
        proto_item_set_end(item, source(show), (gint)offset);
    if (show->rops)
        rop_items_end(show->rops, source(show), node);
    if (show->book)
        book_items_end(show->book);
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    static const int *const FIELDS[] = {
        [OA_GAP_VERIFICATION] = &hf_verification,
        [OA_GAP_TRAILING] = &hf_trailing,
        [OA_GAP_UNDECODED] = &hf_undecoded,
    };
    struct show *show = user;

    if (gap == OA_GAP_ALIGNMENT)
        return;
    proto_item *item =
        proto_tree_add_item(parent, *FIELDS[gap], source(show), (gint)offset, (gint)length, ENC_NA);
    if (gap == OA_GAP_TRAILING)
        expert_add_info(show->pinfo, item, &ei_trailing);
}

/* Programs print these bytes without a tree too. */
static tvbuff_t *
add_source(struct show *show, const char *name, const uint8_t *data, size_t length)
{
    guint8 *copy = (guint8 *)wmem_memdup(show->pinfo->pool, data, length);
    tvbuff_t *tvb = tvb_new_child_real_data(source(show), copy, (guint)length, (gint)length);

    add_new_data_source(show->pinfo, tvb, name);
    if (show->n_sources < SOURCES_MAX)
        show->n_sources++;
    show->sources[show->n_sources - 1] = tvb;
    return tvb;
}

static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    tvbuff_t *tvb = add_source(user, name, data, length);
    proto_item *item = proto_tree_add_item(parent, hf_source, tvb, 0, (gint)length, ENC_NA);
    proto_item_set_text(item, "%s (%u bytes)", name, (guint)length);
    return proto_item_add_subtree(item, ett_source);
}

static void
on_end_source(void *user, void *node)
{
    struct show *show = user;

    (void)node;
    if (show->n_sources > 1)
        show->n_sources--;
}

static const struct oa_visitor VISITOR = { on_field, on_begin,        on_end,
                                           on_gap,   on_begin_source, on_end_source };

/* The same without a tree: facts, failures, the ROPs of the Info column, and the bytes of opened
 * payloads. The node of a structure is its field. */

static void
on_field_unseen(void *user, void *parent, const struct oa_value *value)
{
    const struct show *show = user;

    (void)parent;
    if (show->book)
        book_items_field(show->book, NULL, source(show), value);
    take_fact(show, value, NULL);
    if (show->rops)
        rop_items_field_unseen(show->rops, value);
}

static void *
on_begin_unseen(void *user, void *parent, const struct oa_value *at)
{
    const struct show *show = user;

    (void)parent;
    if (show->book)
        book_items_begin(show->book, at);
    if (show->rops)
        rop_items_begin_unseen(show->rops, at->id);
    return GUINT_TO_POINTER((guint)at->id);
}

static void
on_end_unseen(void *user, void *node, size_t offset)
{
    const struct show *show = user;

    (void)offset;
    if (show->book)
        book_items_end(show->book);
    if (show->rops)
        rop_items_end_unseen(show->rops, (enum oa_field)GPOINTER_TO_UINT(node));
}

static void
on_gap_unseen(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    const struct show *show = user;

    (void)parent;
    (void)offset;
    (void)length;
    if (gap == OA_GAP_TRAILING)
        expert_add_info(show->pinfo, NULL, &ei_trailing);
}

static void *
on_begin_source_unseen(void *user, void *parent, const char *name, const uint8_t *data,
                       size_t length)
{
    (void)add_source(user, name, data, length);
    return parent;
}

static const struct oa_visitor VISITOR_UNSEEN = { on_field_unseen,        on_begin_unseen,
                                                  on_end_unseen,          on_gap_unseen,
                                                  on_begin_source_unseen, on_end_source };

static void
let_go(struct show *show)
{
    oa_rop_reader_end(&show->reader);
    g_clear_pointer(&show->own_objects, oa_rop_objects_free);
    g_clear_pointer(&show->own_call, oa_rop_call_free);
}

static void
show_result(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb,
            const struct oa_walk_result *result)
{
    static const struct {
        expert_field *expert;
        const char *text;
    } STATES[] = {
        [OA_WALK_SHORT] = { &ei_short, "Bytes are missing" },
        [OA_WALK_LIMIT] = { &ei_limit, "Too deep or too many parts" },
        [OA_WALK_UNKNOWN] = { &ei_unknown, "Cannot be decoded" },
    };

    if (result->state != OA_WALK_DONE)
        proto_tree_add_expert_format(tree, pinfo, STATES[result->state].expert, tvb, 0, 0,
                                     "%s: %s, at offset %" G_GSIZE_FORMAT,
                                     STATES[result->state].text, OA_FIELDS[result->field].label,
                                     result->offset);
}

/* Sets *tree to NULL if nobody looks at it. */
static struct show *
start_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree **tree, struct oa_call_facts *facts)
{
    struct show *show = the_show;

    let_go(show);
    *tree = seen_tree_of(*tree, protocols, n_protocols);
    show->pinfo = pinfo;
    show->sources[0] = tvb;
    show->n_sources = 1;
    show->titled = OA_F_NONE;
    show->facts = facts;
    show->rops = NULL;
    show->book = oa_rpc_interface_is(facts->interface, OA_IF_NSPI) ||
                         oa_rpc_interface_is(facts->interface, OA_IF_NSPI_HTTP)
                     ? book_items_new(pinfo->pool, facts->is_response)
                     : NULL;
    oa_walk_reuse(show->walk, *tree || rop_export_is_wanted() ? &VISITOR : &VISITOR_UNSEEN, show);
    oa_walk_set_code_pages(show->walk, code_pages);
    return show;
}

/* The ROPs are read with what is kept of them, the first time with the objects of their session. */
static void
start_rops(struct show *show, proto_tree *tree, const struct exchange_rops *rops)
{
    struct oa_rop_reader *reader = &show->reader;

    if (!rops)
        return;
    if (!rops->call)
        show->own_call = oa_rop_call_new();
    reader->call = rops->call ? rops->call : show->own_call;
    reader->frame = rops->frame;
    reader->is_response = show->facts->is_response;
    if (!rops->call || (rops->is_first_visit && !reader->call->is_read[reader->is_response])) {
        if (!rops->objects)
            show->own_objects = oa_rop_objects_new(NULL);
        reader->objects = rops->objects ? rops->objects : show->own_objects;
    }
    oa_rop_reader_start(reader, show->walk);
    show->rops = rop_items_new(show->pinfo, tree, reader->call, reader->is_response);
    if (rops->call)
        rop_items_export(show->rops);
}

/* The text for the Info column. */
static const char *
finish(struct show *show)
{
    const char *info = show->rops   ? rop_items_finish(show->rops)
                       : show->book ? book_items_info(show->book)
                                    : "";

    let_go(show);
    return info;
}

const char *
exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct oa_stub *stub,
                   const struct exchange_rops *rops, struct oa_call_facts *facts)
{
    if (!oa_stub_layout(stub))
        return NULL;
    oa_call_facts_start(facts, stub);
    struct show *show = start_show(tvb, pinfo, &tree, facts);
    start_rops(show, tree, rops);
    oa_stub_walk(show->walk, stub, tree, &facts->walk);
    const char *info = finish(show);
    show_result(pinfo, tree, tvb, &facts->walk);
    return info;
}

const char *
exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          const struct oa_layout *layout, const struct exchange_rops *rops,
                          struct oa_call_facts *facts)
{
    struct show *show = start_show(tvb, pinfo, &tree, facts);
    size_t length = tvb_captured_length(tvb);

    if (facts->code_page)
        oa_walk_set(show->walk, OA_F_OXCRPC_CPID, facts->code_page);
    start_rops(show, tree, rops);
    facts->walk = oa_walk_run(show->walk, layout, OA_PLAIN, false,
                              tvb_get_ptr(tvb, 0, (gint)length), length, tree);
    const char *info = finish(show);
    show_result(pinfo, tree, tvb, &facts->walk);
    return info;
}

struct oa_rop_call *
exchange_tree_keep_rops(void)
{
    struct oa_rop_call *call = oa_rop_call_new();

    g_ptr_array_add(kept_rops, call);
    return call;
}

/* Registration */

static const value_string_ext *
value_names(enum oa_names names)
{
    static value_string_ext *made[OA_NAMES_COUNT];
    const struct oa_name_table *table = &OA_NAME_TABLES[names];

    if (!made[names]) {
        value_string *rows = g_new0(value_string, table->count + 1);
        for (size_t i = 0; i < table->count; i++) {
            rows[i].value = table->rows[i].value;
            rows[i].strptr = table->rows[i].name;
        }
        made[names] = WS_COMPAT_VALUE_STRING_EXT_NEW(rows, (guint)table->count + 1, "value names");
    }
    return made[names];
}

static enum ftenum
field_type(enum oa_type type)
{
    /* clang-format off */
    static const enum ftenum TYPES[] = {
        [OA_TYPE_NONE] = FT_NONE,
        [OA_TYPE_UINT8] = FT_UINT8,
        [OA_TYPE_UINT16] = FT_UINT16,
        [OA_TYPE_UINT32] = FT_UINT32,
        [OA_TYPE_UINT64] = FT_UINT64,
        [OA_TYPE_INT16] = FT_INT16,
        [OA_TYPE_INT32] = FT_INT32,
        [OA_TYPE_INT64] = FT_INT64,
        [OA_TYPE_BOOL] = FT_BOOLEAN,
        [OA_TYPE_ID] = FT_UINT64,
        [OA_TYPE_CURRENCY] = FT_INT64,
        [OA_TYPE_FLOAT] = FT_FLOAT,
        [OA_TYPE_DOUBLE] = FT_DOUBLE,
        [OA_TYPE_FLOATING_TIME] = FT_DOUBLE,
        [OA_TYPE_FILETIME] = FT_ABSOLUTE_TIME,
        [OA_TYPE_GUID] = FT_GUID,
        [OA_TYPE_SID] = FT_BYTES,
        [OA_TYPE_BYTES] = FT_BYTES,
        [OA_TYPE_TEXT8] = FT_STRING,
        [OA_TYPE_TELETEX] = FT_STRING,
        [OA_TYPE_TEXT16] = FT_STRING,
    };
    /* clang-format on */
    return TYPES[type];
}

static int
field_display(const struct oa_field_row *row)
{
    int display = row->base == OA_BASE_HEX ? BASE_HEX : BASE_DEC;

    if (row->type == OA_TYPE_FILETIME)
        return ABSOLUTE_TIME_UTC;
    if (row->type == OA_TYPE_ID)
        return BASE_HEX;
    if (row->type == OA_TYPE_INT64 || row->type == OA_TYPE_CURRENCY)
        return BASE_DEC;
    if (row->type < OA_TYPE_UINT8 || row->type > OA_TYPE_INT32)
        return BASE_NONE;
    return row->names ? display | BASE_EXT_STRING : display;
}

static void
note_protocol(int proto)
{
    unsigned i = 0;

    while (i < n_protocols && protocols[i] != proto)
        i++;
    g_assert(i < PROTOCOLS_MAX);
    protocols[i] = proto;
    n_protocols = MAX(n_protocols, i + 1);
}

/* The protocol that a filter name begins with. */
static int
protocol_of(const char *filter)
{
    char *name = g_strndup(filter, strcspn(filter, "."));
    int proto = proto_get_id_by_filter_name(name);

    g_free(name);
    note_protocol(proto);
    return proto;
}

static void
register_field(int id, hf_register_info *info)
{
    const struct oa_field_row *row = &OA_FIELDS[id];
    hf_register_info made = { &hf[id],
                              { row->label, row->filter, field_type(row->type), field_display(row),
                                row->names ? value_names(row->names) : NULL, 0, NULL, HFILL } };

    hf[id] = -1;
    *info = made;
    proto_register_field_array(protocol_of(row->filter), info, 1);
}

static void
register_bit(size_t i, hf_register_info *info)
{
    const struct oa_bit_row *row = &OA_BITS[i];
    enum oa_type type = OA_FIELDS[row->parent].type;
    int width = type == OA_TYPE_UINT8 ? 8 : type == OA_TYPE_UINT16 ? 16 : 32;
    hf_register_info made = {
        &hf_bits[i], { row->label, row->filter, FT_BOOLEAN, width, NULL, row->mask, NULL, HFILL }
    };

    if (row->is_number) {
        made.hfinfo.type = field_type(type);
        made.hfinfo.display = row->names ? BASE_HEX | BASE_EXT_STRING : BASE_HEX;
        made.hfinfo.strings = row->names ? value_names(row->names) : NULL;
    }

    hf_bits[i] = -1;
    *info = made;
    proto_register_field_array(protocol_of(row->filter), info, 1);
    int **list = bits_of[row->parent];
    size_t count = 0;
    while (list && list[count])
        count++;
    list = g_renew(int *, list, count + 2);
    list[count] = &hf_bits[i];
    list[count + 1] = NULL;
    bits_of[row->parent] = list;
}

static void
register_rows(void)
{
    hf_register_info *fields = g_new0(hf_register_info, OA_FIELDS_COUNT + OA_BITS_COUNT);

    hf_bits = g_new0(int, OA_BITS_COUNT);
    for (int id = OA_F_NONE + 1; id < OA_FIELDS_COUNT; id++)
        register_field(id, &fields[id]);
    for (size_t i = 0; i < OA_BITS_COUNT; i++)
        register_bit(i, &fields[OA_FIELDS_COUNT + i]);
}

static void
free_rops(void *call)
{
    oa_rop_call_free(call);
}

/* What is around ROPs is open until the user closes it. With the first file, because Wireshark
 * makes its table of what is open after plugins have registered. */
static void
open_wrappers(void)
{
    static const enum oa_field WRAPPERS[] = {
        OA_F_OXCRPC_IN,   OA_F_OXCRPC_OUT, OA_F_OXCRPC_RGB,
        OA_F_EXT_PAYLOAD, OA_F_ROP_BUFFER, OA_F_ROPS,
    };

    static bool are_open;

    for (size_t i = 0; i < array_length(WRAPPERS) && !are_open; i++)
        tree_expanded_set(ett_structure[WRAPPERS[i]], TRUE);
    are_open = true;
}

static void
start_file(void)
{
    open_wrappers();
    code_pages = oa_code_pages_new();
    kept_rops = g_ptr_array_new_with_free_func(free_rops);
    the_show = g_new0(struct show, 1);
    the_show->walk = oa_walk_new(&VISITOR, the_show);
}

static void
end_file(void)
{
    let_go(the_show);
    oa_walk_free(the_show->walk);
    g_clear_pointer(&the_show, g_free);
    oa_code_pages_free(code_pages);
    code_pages = NULL;
    g_ptr_array_free(kept_rops, TRUE);
    kept_rops = NULL;
}

void
exchange_tree_register(void)
{
    static hf_register_info own[] = {
        { &hf_source,
          { "Opened payload", "exchange.source", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_trailing,
          { "Trailing bytes", "exchange.trailing", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_undecoded,
          { "Bytes not decoded", "exchange.undecoded", FT_BYTES, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_verification,
          { "Verification trailer", "exchange.verification_trailer", FT_BYTES, BASE_NONE, NULL, 0,
            NULL, HFILL } },
    };
    static ei_register_info experts[] = {
        { &ei_short, { "exchange.short", PI_MALFORMED, PI_WARN, "Bytes are missing", EXPFILL } },
        { &ei_limit,
          { "exchange.limit", PI_UNDECODED, PI_WARN, "Too deep or too many parts", EXPFILL } },
        { &ei_unknown,
          { "exchange.unknown", PI_UNDECODED, PI_WARN, "Cannot be decoded", EXPFILL } },
        { &ei_trailing,
          { "exchange.trailing.expert", PI_UNDECODED, PI_NOTE, "Bytes after the last parameter",
            EXPFILL } },
        { &ei_status,
          { "exchange.failed.expert", PI_RESPONSE_CODE, PI_NOTE, "The call failed", EXPFILL } },
    };
    static gint *ett[OA_FIELDS_COUNT + 2] = { &ett_bits, &ett_source };

    proto_register_field_array(proto_exchange, own, array_length(own));
    for (int id = 0; id < OA_FIELDS_COUNT; id++) {
        ett_structure[id] = -1;
        ett[id + 2] = &ett_structure[id];
    }
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_exchange), experts,
                                array_length(experts));
    rop_items_register();
    rop_export_register(proto_exchange);
    register_rows();
    note_protocol(proto_exchange);
    register_init_routine(start_file);
    register_cleanup_routine(end_file);
}
