/* rop_export.c
 * File > Export Objects > EXCHANGE: contents of streams, attachments, and embedded messages, as
 * ROPs read or write them. [MS-OXCPRPT] 2.2.14 to 2.2.19, [MS-OXCMSG] 2.2.2, 2.2.3.16
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop_export.h"

#include <epan/export_object.h>
#include <epan/tap.h>

#include <string.h>

#include "rop/rop_words.h"

/* Bytes of one object, and bytes before those seen that the capture may lack. */
#define OBJECT_MAX (256U << 20)
#define HOLE_MAX (1U << 20)

/* Writes to one stream that wait for their responses. */
#define WRITES_MAX 256

/* Properties of an embedded message. */
#define PROPERTIES_MAX 4096

#define ATTACH_DATA 0x3701

enum part_kind { PART_DATA, PART_WRITE, PART_WRITTEN, PART_SEEK, PART_NAME, PART_PROPERTY };

struct part {
    struct part *next;
    enum part_kind kind;
    const struct oa_rop_object *object;
    const guint8 *bytes; /* of data and of a write */
    size_t length;
    const struct oa_rop_call *call; /* of a write, */
    size_t index;                   /* and the ROP in its request */
    uint64_t number;                /* of bytes written; the position sought */
    const char *name;
    unsigned rank;
    uint32_t tag; /* of a property, */
    const char *text;
    bool is_next; /* and whether it is not its first value */
};

struct rop_export {
    packet_info *pinfo;
    struct part *first, *last;
};

static int export_tap = -1;

/* --- parts --- */

bool
rop_export_is_wanted(void)
{
    return have_tap_listener(export_tap);
}

struct rop_export *
rop_export_new(packet_info *pinfo)
{
    struct rop_export *parts = wmem_new0(pinfo->pool, struct rop_export);

    parts->pinfo = pinfo;
    return parts;
}

static struct part *
add_part(struct rop_export *parts, enum part_kind kind, const struct oa_rop_object *object)
{
    struct part *part = wmem_new0(parts->pinfo->pool, struct part);

    part->kind = kind;
    part->object = object;
    if (parts->last)
        parts->last->next = part;
    else
        parts->first = part;
    parts->last = part;
    return part;
}

void
rop_export_data(struct rop_export *parts, const struct oa_rop_object *object,
                const struct oa_value *value)
{
    struct part *part = add_part(parts, PART_DATA, object);

    part->bytes = (guint8 *)wmem_memdup(parts->pinfo->pool, value->bytes, value->length);
    part->length = value->length;
}

void
rop_export_write(struct rop_export *parts, const struct oa_rop_object *object,
                 const struct oa_rop_call *call, size_t index, const struct oa_value *value)
{
    rop_export_data(parts, object, value);
    parts->last->kind = PART_WRITE;
    parts->last->call = call;
    parts->last->index = index;
}

void
rop_export_written(struct rop_export *parts, const struct oa_rop_object *object,
                   const struct oa_rop_call *call, size_t index, uint64_t count)
{
    struct part *part = add_part(parts, PART_WRITTEN, object);

    part->call = call;
    part->index = index;
    part->number = count;
}

void
rop_export_seek(struct rop_export *parts, const struct oa_rop_object *object, uint64_t position)
{
    add_part(parts, PART_SEEK, object)->number = position;
}

void
rop_export_name(struct rop_export *parts, const struct oa_rop_object *object, const char *name,
                unsigned rank)
{
    struct part *part = add_part(parts, PART_NAME, object);

    part->name = wmem_strdup(parts->pinfo->pool, name);
    part->rank = rank;
}

void
rop_export_property(struct rop_export *parts, const struct oa_rop_object *message, uint32_t tag,
                    const char *name, const char *text, bool is_next)
{
    struct part *part = add_part(parts, PART_PROPERTY, message);

    part->tag = tag;
    part->name = wmem_strdup(parts->pinfo->pool, name);
    part->text = wmem_strdup(parts->pinfo->pool, text);
    part->is_next = is_next;
}

void
rop_export_queue(struct rop_export *parts)
{
    if (parts->first)
        tap_queue_packet(export_tap, parts->pinfo, parts);
}

/* --- who has asked --- */

/* A write that waits for its response. */
struct write {
    const struct oa_rop_call *call;
    size_t index;
    size_t length;
    guint8 bytes[];
};

/* A property of an embedded message. */
struct property {
    uint32_t tag;
    char *name;
    GString *text;
};

/* What is collected of an object; the list of Wireshark owns the entry. */
struct collected {
    char *name;
    unsigned rank;
    uint64_t position;
    GQueue writes;                /* of struct write */
    GPtrArray *properties;        /* of struct property, as they came; NULL: none */
    export_object_entry_t *entry; /* NULL: no data yet */
};

/* By struct oa_rop_object, which live as long as the file is open. */
static GHashTable *collected;

static void
free_property(void *data)
{
    struct property *property = data;

    g_free(property->name);
    g_string_free(property->text, TRUE);
    g_free(property);
}

static void
free_collected(void *data)
{
    struct collected *object = data;

    if (object->properties)
        g_ptr_array_unref(object->properties);
    g_queue_clear_full(&object->writes, g_free);
    g_free(object->name);
    g_free(object);
}

static struct collected *
collected_of(const struct oa_rop_object *object)
{
    struct collected *found;

    if (!collected)
        collected = g_hash_table_new_full(NULL, NULL, NULL, free_collected);
    found = g_hash_table_lookup(collected, object);
    if (!found) {
        found = g_new0(struct collected, 1);
        g_hash_table_insert(collected, (gpointer)object, found);
    }
    return found;
}

/* A name that cannot leave its folder or hide; Wireshark replaces what file systems refuse. */
static char *
safe_name(const char *name)
{
    char *safe = g_strdup(name);

    for (char *at = safe; *at; at++)
        if ((guchar)*at < ' ' || *at == 0x7f || *at == '/' || *at == '\\')
            *at = '_';
    if (safe[0] == '.')
        safe[0] = '_';
    return safe;
}

static const char *
extension(uint32_t tag)
{
    static const struct {
        uint32_t tag;
        const char *extension;
    } EXTENSIONS[] = {
        { 0x1000001e, ".txt" },
        { 0x1000001f, ".utf16.txt" },
        { 0x10130102, ".html" },
        { 0x10090102, ".compressed.rtf" },
    };

    for (size_t i = 0; i < array_length(EXTENSIONS); i++)
        if (EXTENSIONS[i].tag == tag)
            return EXTENSIONS[i].extension;
    return ".bin";
}

/* The file name of an attachment, the subject of an embedded message, or the subject of a message
 * and the name of its property. */
static char *
file_name(const struct oa_rop_object *object, guint32 frame)
{
    bool is_attachment = object->kind == OA_ROP_KIND_ATTACHMENT;
    bool is_message = object->kind == OA_ROP_KIND_MESSAGE;
    bool is_whole = is_attachment || is_message;
    const struct oa_rop_object *owner = is_whole ? object : object->parent;
    const struct collected *known = owner ? collected_of(owner) : NULL;
    bool is_file = owner && owner->kind == OA_ROP_KIND_ATTACHMENT &&
                   (is_attachment || object->tag >> 16 == ATTACH_DATA);
    char words[OA_ROP_WORDS_SIZE];
    char *name;

    if (is_file && known->name)
        return safe_name(known->name);
    const char *property = is_whole ? NULL : oa_value_name(OA_F_ROP_TAG, object->tag);
    oa_rop_object_words(object, words, sizeof words);
    if (known && known->name && is_message)
        name = g_strdup_printf("%s.txt", known->name);
    else if (known && known->name && property)
        name = g_strdup_printf("%s %.*s%s", known->name, (int)strcspn(property, " "), property,
                               extension(object->tag));
    else
        name = g_strdup_printf("%s frame %u%s", words, frame,
                               is_attachment ? ".bin"
                               : is_message  ? ".txt"
                                             : extension(object->tag));
    char *safe = safe_name(name);
    g_free(name);
    return safe;
}

static void
add_entry(export_object_list_t *list, const packet_info *pinfo, const struct oa_rop_object *object,
          struct collected *to)
{
    const struct oa_rop_object *owner = object->parent ? object->parent : object;
    export_object_entry_t *entry = g_new0(export_object_entry_t, 1);
    char words[OA_ROP_WORDS_SIZE];

    oa_rop_object_words(owner, words, sizeof words);
    entry->pkt_num = pinfo->num;
    entry->hostname = g_strdup(words);
    entry->content_type = g_strdup(oa_rop_kind_name(object->kind));
    entry->filename = file_name(object, pinfo->num);
    to->entry = entry;
    list->add_entry(list->gui_data, entry);
}

/* Puts bytes at the position. */
static void
put(struct collected *to, const guint8 *bytes, size_t length)
{
    export_object_entry_t *entry = to->entry;

    if (to->position > entry->payload_len + HOLE_MAX || to->position + length > OBJECT_MAX)
        return;
    size_t end = (size_t)to->position + length;
    if (end > entry->payload_len) {
        entry->payload_data = (guint8 *)g_realloc(entry->payload_data, end);
        memset(entry->payload_data + entry->payload_len, 0, end - entry->payload_len);
        entry->payload_len = end;
    }
    if (length)
        memcpy(entry->payload_data + to->position, bytes, length);
    to->position = end;
}

static void
keep_write(struct collected *to, const struct part *part)
{
    struct write *write = (struct write *)g_malloc(sizeof *write + part->length);

    write->call = part->call;
    write->index = part->index;
    write->length = part->length;
    if (part->length)
        memcpy(write->bytes, part->bytes, part->length);
    g_queue_push_tail(&to->writes, write);
    if (to->writes.length > WRITES_MAX)
        g_free(g_queue_pop_head(&to->writes));
}

/* NULL if its request is not in the capture. */
static struct write *
take_write(struct collected *to, const struct part *part)
{
    for (GList *link = to->writes.head; link; link = link->next) {
        struct write *write = link->data;

        if (write->call == part->call && write->index == part->index) {
            g_queue_delete_link(&to->writes, link);
            return write;
        }
    }
    return NULL;
}

static void
take_name(struct collected *to, const struct part *part)
{
    if (part->rank < to->rank || part->name[0] == '\0')
        return;
    g_free(to->name);
    to->name = g_strdup(part->name);
    to->rank = part->rank;
}

static void
take_data(export_object_list_t *list, const packet_info *pinfo, struct collected *to,
          const struct oa_rop_object *object, const guint8 *bytes, size_t length)
{
    if (object->kind == OA_ROP_KIND_ATTACHMENT)
        to->position = 0;
    if (!to->entry)
        add_entry(list, pinfo, object, to);
    put(to, bytes, length);
}

static struct property *
property_of(struct collected *to, const struct part *part)
{
    if (!to->properties)
        to->properties = g_ptr_array_new_with_free_func(free_property);
    for (guint i = 0; i < to->properties->len; i++) {
        struct property *known = g_ptr_array_index(to->properties, i);
        if (known->tag == part->tag)
            return known;
    }
    if (to->properties->len == PROPERTIES_MAX)
        return NULL;
    struct property *property = g_new0(struct property, 1);
    property->tag = part->tag;
    property->name = g_strdup(part->name);
    property->text = g_string_new(NULL);
    g_ptr_array_add(to->properties, property);
    return property;
}

/* Its properties, a line each; texts of several lines begin on a line of their own. */
static void
write_message(struct collected *to)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < to->properties->len; i++) {
        const struct property *one = g_ptr_array_index(to->properties, i);
        bool has_lines = strchr(one->text->str, '\n') != NULL;
        g_string_append_printf(text, "%s:%s%s\n", one->name, has_lines ? "\n" : " ",
                               one->text->str);
    }
    to->entry->payload_len = text->len;
    g_free(to->entry->payload_data);
    to->entry->payload_data = (guint8 *)g_string_free(text, FALSE);
}

static bool
take_property(export_object_list_t *list, const packet_info *pinfo, struct collected *to,
              const struct part *part)
{
    struct property *property = property_of(to, part);

    if (!property || (part->is_next && property->text->len + strlen(part->text) > OBJECT_MAX))
        return false;
    if (!part->is_next)
        g_string_assign(property->text, part->text);
    else
        g_string_append_printf(property->text, "; %s", part->text);
    if (!to->entry)
        add_entry(list, pinfo, part->object, to);
    return true;
}

/* Returns whether an entry has changed. */
static bool
take_part(export_object_list_t *list, const packet_info *pinfo, const struct part *part)
{
    struct collected *to = collected_of(part->object);
    struct write *write;

    switch (part->kind) {
    case PART_DATA:
        take_data(list, pinfo, to, part->object, part->bytes, part->length);
        return true;
    case PART_WRITE:
        keep_write(to, part);
        return false;
    case PART_WRITTEN:
        write = take_write(to, part);
        if (write)
            take_data(list, pinfo, to, part->object, write->bytes,
                      MIN(write->length, (size_t)part->number));
        else
            to->position += part->number;
        g_free(write);
        return true;
    case PART_SEEK:
        to->position = part->number;
        return false;
    case PART_NAME:
        return false;
    case PART_PROPERTY:
        return take_property(list, pinfo, to, part);
    }
    return false;
}

static tap_packet_status
take_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
            tap_flags_t flags _U_)
{
    const struct rop_export *parts = data;
    bool has_changed = false;

    for (const struct part *part = parts->first; part; part = part->next)
        if (part->kind == PART_NAME)
            take_name(collected_of(part->object), part);
    for (const struct part *part = parts->first; part; part = part->next)
        has_changed |= take_part(tapdata, pinfo, part);
    for (const struct part *part = parts->first; part; part = part->next) {
        struct collected *to = collected_of(part->object);
        bool is_last = !part->next || part->next->object != part->object;
        if (part->kind == PART_PROPERTY && is_last && to->entry)
            write_message(to);
    }
    return has_changed ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
}

static void
forget_all(void)
{
    if (collected)
        g_hash_table_destroy(collected);
    collected = NULL;
}

void
rop_export_register(int proto)
{
    export_tap = register_export_object(proto, take_packet, forget_all);
    register_cleanup_routine(forget_all);
}
