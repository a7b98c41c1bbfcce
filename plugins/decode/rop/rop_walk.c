/* rop_walk.c
 * The ROPs of one call: reads the ROP buffers of its request and response along the layouts, and
 * keeps what their context was. [MS-OXCROPS] 2.2.1, 3.1.5.1, 3.2.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_walk.h"

#include "rop/binary_values.h"
#include "rop/rop_limits.h"
#include "rop/rop_streams.h"

#define NO_HANDLE 0xffffffff

enum { REQUEST, RESPONSE };

/* Heads, [MS-OXCROPS] 2.2. */
/* clang-format off */
static const struct oa_slot REQUEST_HEADS[][5] = {
    [OA_ROP_HANDLES_NONE] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_END },
    [OA_ROP_HANDLES_IN] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_U8(ROP_INPUT_INDEX), OA_END },
    [OA_ROP_HANDLES_OUT] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_U8(ROP_OUTPUT_INDEX), OA_END },
    [OA_ROP_HANDLES_IN_OUT] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_U8(ROP_INPUT_INDEX),
                                OA_U8(ROP_OUTPUT_INDEX), OA_END },
    [OA_ROP_HANDLES_SOURCE_DEST] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_U8(ROP_SOURCE_INDEX),
                                     OA_U8(ROP_DEST_INDEX), OA_END },
    [OA_ROP_HANDLES_RESPONSE_IN] = { OA_U8(ROP_ID), OA_U8(ROP_LOGON_ID), OA_U8(ROP_RESPONSE_INDEX),
                                     OA_U8(ROP_INPUT_INDEX), OA_END },
};
static const struct oa_slot RESPONSE_HEADS[][4] = {
    [OA_ROP_HANDLES_NONE] = { OA_U8(ROP_ID), OA_END },
    [OA_ROP_HANDLES_IN] = { OA_U8(ROP_ID), OA_U8(ROP_INPUT_INDEX), OA_U32(ROP_RETURN), OA_END },
    [OA_ROP_HANDLES_OUT] = { OA_U8(ROP_ID), OA_U8(ROP_OUTPUT_INDEX), OA_U32(ROP_RETURN), OA_END },
    [OA_ROP_HANDLES_IN_OUT] = { OA_U8(ROP_ID), OA_U8(ROP_OUTPUT_INDEX), OA_U32(ROP_RETURN), OA_END },
    [OA_ROP_HANDLES_SOURCE_DEST] = { OA_U8(ROP_ID), OA_U8(ROP_SOURCE_INDEX), OA_U32(ROP_RETURN), OA_END },
    [OA_ROP_HANDLES_RESPONSE_IN] = { OA_U8(ROP_ID), OA_U8(ROP_RESPONSE_INDEX), OA_U32(ROP_RETURN), OA_END },
};
/* The index that names the object, and the other one. */
static const struct { enum oa_field first, second; } INDEXES[] = {
    [OA_ROP_HANDLES_NONE] = { OA_F_NONE, OA_F_NONE },
    [OA_ROP_HANDLES_IN] = { OA_F_ROP_INPUT_INDEX, OA_F_NONE },
    [OA_ROP_HANDLES_OUT] = { OA_F_ROP_OUTPUT_INDEX, OA_F_ROP_OUTPUT_INDEX },
    [OA_ROP_HANDLES_IN_OUT] = { OA_F_ROP_INPUT_INDEX, OA_F_ROP_OUTPUT_INDEX },
    [OA_ROP_HANDLES_SOURCE_DEST] = { OA_F_ROP_SOURCE_INDEX, OA_F_ROP_DEST_INDEX },
    [OA_ROP_HANDLES_RESPONSE_IN] = { OA_F_ROP_INPUT_INDEX, OA_F_ROP_RESPONSE_INDEX },
};
/* clang-format on */

static struct oa_rop *
rop_at(const struct oa_rop_reader *reader, bool is_response, size_t i)
{
    const struct oa_rop_list *rops = &reader->call->rops[is_response];

    return i < rops->count ? &rops->at[i] : NULL;
}

/* On the first walk a new one; else the one kept, or NULL. */
static struct oa_rop *
next_rop(struct oa_rop_reader *reader)
{
    struct oa_rop_list *rops = &reader->call->rops[reader->is_response];

    if (reader->objects && reader->next == rops->count && rops->count < OA_LIMIT_ROPS)
        oa_rop_list_grow(rops);
    return rop_at(reader, reader->is_response, reader->next++);
}

/* --- the objects of a buffer --- */

static uint32_t
handle_at(const struct oa_rop_reader *reader, uint8_t index)
{
    struct oa_cursor cursor = oa_cursor_over(reader->handles, reader->n_handles * 4);

    oa_cursor_skip(&cursor, (size_t)index * 4);
    uint32_t handle = oa_cursor_u32(&cursor);
    return cursor.is_short ? NO_HANDLE : handle;
}

static void
clear_slots(struct oa_rop_reader *reader)
{
    for (size_t i = 0; i < reader->n_slots; i++)
        oa_rop_object_release(reader->slots[i]);
    reader->n_slots = 0;
}

/* NULL: not known. */
static struct oa_rop_object *
object_at(const struct oa_rop_reader *reader, uint8_t index)
{
    return index < reader->n_slots ? reader->slots[index] : NULL;
}

/* The table of handles is behind the ROPs. */
static void
take_handles(struct oa_rop_reader *reader, const struct oa_walk *walk)
{
    size_t length;

    reader->handles = oa_walk_beyond(walk, &length);
    reader->n_handles = MIN(length / 4, OA_ROP_INDEXES);
    clear_slots(reader);
    if (!reader->objects)
        return;
    for (size_t i = 0; i < reader->n_handles; i++)
        reader->slots[i] =
            oa_rop_object_hold(oa_rop_objects_find(reader->objects, handle_at(reader, (uint8_t)i)));
    reader->n_slots = reader->n_handles;
}

static void
put_slot(struct oa_rop_reader *reader, uint8_t index, struct oa_rop_object *object)
{
    oa_rop_object_hold(object);
    while (reader->n_slots <= index)
        reader->slots[reader->n_slots++] = NULL;
    oa_rop_object_release(reader->slots[index]);
    reader->slots[index] = object;
}

/* --- names of folders --- */

/* PidTagFolderId and PidTagDisplayName in the rows of hierarchy tables. */
static void
learn_row(struct oa_rop_reader *reader)
{
    if (reader->is_hierarchy && reader->has_row_id && reader->row_name[0])
        oa_rop_objects_learn(reader->objects, reader->row_id, reader->row_name);
}

static void
start_row(struct oa_rop_reader *reader)
{
    reader->has_row_id = false;
    reader->row_name[0] = '\0';
    reader->message_class[0] = '\0';
}

/* A logon that the capture does not show begins with the first thing known of it. */
static struct oa_rop_object *
logon_of(struct oa_rop_reader *reader, struct oa_rop *rop)
{
    enum { PRIVATE = 1 };

    if (!rop->logon) {
        rop->logon = oa_rop_object_new(OA_ROP_KIND_LOGON, NULL, 0);
        rop->logon->logon_flags = PRIVATE;
        oa_rop_objects_set_logon(reader->objects, rop->logon_id, rop->logon);
    }
    return rop->logon;
}

/* The last ID of the response belongs to the name at the same place of the request. It is known
 * before it is shown. */
static void
learn_asked(struct oa_rop_reader *reader)
{
    struct oa_rop *rop = reader->rop;
    const struct oa_rop *request =
        rop->request >= 0 ? rop_at(reader, false, (size_t)rop->request) : NULL;
    const GArray *ids = reader->listing->ids;

    if (!request || !request->listing)
        return;
    struct oa_rop_object *logon = logon_of(reader, rop);
    oa_rop_learn_names(logon, ids, request->listing->names, ids->len - 1);
    rop->n_names = oa_named_properties_count(logon->names);
}

static void
observe(struct oa_walk *walk, const struct oa_value *value)
{
    enum { FOLDER_ID = 0x6748, DISPLAY_NAME = 0x3001, MESSAGE_CLASS = 0x001a };
    struct oa_rop_reader *reader = oa_walk_context(walk);

    switch (value->id) {
    case OA_F_PROPERTY_ROW_FLAG:
        start_row(reader);
        break;
    case OA_F_VALUE_ID:
        if (oa_walk_value(walk, OA_F_ROP_TAG) >> 16 != FOLDER_ID)
            break;
        reader->row_id = value->number;
        reader->has_row_id = true;
        learn_row(reader);
        break;
    case OA_F_VALUE_STRING:
    case OA_F_VALUE_STRING8:
        if (oa_walk_value(walk, OA_F_ROP_TAG) >> 16 == MESSAGE_CLASS)
            oa_value_text(value, reader->message_class, sizeof reader->message_class);
        if (oa_walk_value(walk, OA_F_ROP_TAG) >> 16 != DISPLAY_NAME)
            break;
        oa_value_text(value, reader->row_name, sizeof reader->row_name);
        learn_row(reader);
        break;
    case OA_F_PROPERTY_ID: {
        uint16_t id = (uint16_t)value->number;
        g_array_append_val(oa_rop_reader_listing(reader)->ids, id);
        if (reader->rop->id == OA_ROP_GET_PROPERTY_IDS_FROM_NAMES && reader->is_response)
            learn_asked(reader);
        break;
    }
    case OA_F_PROPERTY_NAME_KIND:
    case OA_F_PROPERTY_NAME_GUID:
    case OA_F_PROPERTY_NAME_LID:
    case OA_F_PROPERTY_NAME_TEXT:
        oa_rop_reader_list_name(reader, value);
        break;
    case OA_F_FOLDER_NAME:
    case OA_F_FOLDER_NAME8:
        oa_value_text(value, reader->row_name, sizeof reader->row_name);
        break;
    default:
        break;
    }
}

/* --- requests --- */

/* The flags of the logon, which decide on some layouts. */
static uint8_t
logon_flags(const struct oa_rop_reader *reader, uint8_t logon_id)
{
    enum { PRIVATE = 1 };
    const struct oa_rop_object *logon = oa_rop_objects_logon(reader->objects, logon_id);

    return logon ? logon->logon_flags : PRIVATE;
}

/* NULL: not known. */
static void
set_logon(struct oa_rop *rop, struct oa_rop_object *logon)
{
    rop->logon = oa_rop_object_hold(logon);
    rop->n_names = logon ? oa_named_properties_count(logon->names) : 0;
}

static struct oa_rop_columns *
columns_of(const struct oa_walk *walk)
{
    size_t count;
    const uint32_t *tags = oa_walk_columns(walk, &count);

    return tags && count <= OA_LIMIT_ROP_COLUMNS ? oa_rop_columns_new(tags, count) : NULL;
}

static void
use_columns(struct oa_walk *walk, const struct oa_rop_columns *columns)
{
    oa_walk_set_columns(walk, columns ? columns->tags : NULL, columns ? columns->count : 0);
}

/* The name of the property that a stream is of, if it has one. */
static void
describe_property(const struct oa_rop *rop, struct oa_rop_object *stream)
{
    const struct oa_property_name *name = oa_rop_property_name(rop, (uint16_t)(stream->tag >> 16));
    char text[OA_PROPERTY_NAME_TEXT];

    if (!name)
        return;
    oa_property_name_text(name, text, sizeof text);
    stream->tag_name = g_strdup(text);
}

/* What is known of an object from the request that opens it. */
static void
describe(struct oa_rop_reader *reader, const struct oa_walk *walk, struct oa_rop_object *object)
{
    const struct oa_rop_object *parent = object->parent;
    uint64_t folder_id = oa_walk_value(walk, OA_F_ROP_FOLDER_ID);
    uint64_t message_id = oa_walk_value(walk, OA_F_ROP_MESSAGE_ID);

    object->has_folder_id = folder_id != 0 || (parent && parent->has_folder_id);
    object->folder_id = folder_id || !parent ? folder_id : parent->folder_id;
    object->has_message_id = message_id != 0 || (parent && parent->has_message_id);
    object->message_id = message_id || !parent ? message_id : parent->message_id;
    if (object->kind == OA_ROP_KIND_STREAM) {
        object->has_tag = true;
        object->tag = (uint32_t)oa_walk_value(walk, OA_F_ROP_TAG);
        describe_property(reader->rop, object);
    }
    if (object->kind == OA_ROP_KIND_LOGON)
        object->logon_flags = (uint8_t)oa_walk_value(walk, OA_F_LOGON_FLAGS);
    if (object->has_folder_id)
        object->folder_name = g_strdup(oa_rop_objects_folder(reader->objects, object->folder_id));
}

/* A folder that does not exist yet has a name, but no ID. */
static void
describe_new_folder(const struct oa_rop_reader *reader, struct oa_rop_object *object)
{
    object->has_folder_id = false;
    object->folder_id = 0;
    g_free(object->folder_name);
    object->folder_name = g_strdup(reader->row_name);
}

/* The class of a message whose properties are being read or set. */
static void
learn_class(const struct oa_rop_reader *reader, struct oa_rop_object *object)
{
    if (!object || object->kind != OA_ROP_KIND_MESSAGE || !reader->message_class[0])
        return;
    g_free(object->message_class);
    object->message_class = g_strdup(reader->message_class);
}

/* First walk only. */
static void
resolve_request(struct oa_rop_reader *reader, const struct oa_walk *walk,
                const struct oa_rop_row *row, struct oa_rop *rop)
{
    if (row->opens) {
        rop->opened = oa_rop_object_new(row->opens, rop->object, reader->frame);
        describe(reader, walk, rop->opened);
        if (row->id == OA_ROP_CREATE_FOLDER)
            describe_new_folder(reader, rop->opened);
        put_slot(reader, rop->output_index, rop->opened);
    }
    if (row->opens == OA_ROP_KIND_LOGON)
        oa_rop_objects_set_logon(reader->objects, rop->logon_id, rop->opened);
    if (row->id == OA_ROP_RELEASE)
        oa_rop_objects_close(reader->objects, handle_at(reader, rop->index));
    if (row->id == OA_ROP_SET_PROPERTIES || row->id == OA_ROP_SET_PROPERTIES_NO_REPLICATE)
        learn_class(reader, rop->object);
    rop->columns = columns_of(walk);
    oa_rop_stream_resolve(reader, walk, rop);
    rop->listing = reader->listing;
    reader->listing = NULL;
}

/* A stream may have begun before the capture, like its logon. */
static void
adopt(struct oa_rop_reader *reader, struct oa_rop *rop, const struct oa_rop_object *logon)
{
    uint32_t handle = handle_at(reader, rop->index);

    if (rop->object || logon || handle == NO_HANDLE)
        return;
    rop->object = oa_rop_stream_adopt(rop);
    if (!rop->object)
        return;
    put_slot(reader, rop->index, rop->object);
    oa_rop_objects_open(reader->objects, rop->object, handle);
}

/* Fills in what the head says. */
static void
take_head(const struct oa_walk *walk, const struct oa_rop_row *row, struct oa_rop *rop)
{
    rop->id = row->id;
    rop->logon_id = (uint8_t)oa_walk_value(walk, OA_F_ROP_LOGON_ID);
    rop->index = (uint8_t)oa_walk_value(walk, INDEXES[row->handles].first);
    rop->output_index = (uint8_t)oa_walk_value(walk, INDEXES[row->handles].second);
}

static void
walk_part(struct oa_walk *walk, void *node, const struct oa_slot *slots)
{
    if (slots && !oa_walk_stopped(walk))
        oa_walk_slots(walk, node, slots);
}

/* `kept` is NULL for a request that is only shown. */
static void
read_request(struct oa_rop_reader *reader, struct oa_walk *walk, void *node,
             const struct oa_rop_row *row, struct oa_rop *kept)
{
    bool resolves = kept && reader->objects;
    struct oa_rop unknown = { .id = row->id };
    struct oa_rop *rop = kept ? kept : &unknown;

    reader->rop = rop;
    oa_walk_slots(walk, node, REQUEST_HEADS[row->handles]);
    if (resolves) {
        take_head(walk, row, rop);
        if (row->handles != OA_ROP_HANDLES_OUT)
            rop->object = oa_rop_object_hold(object_at(reader, rop->index));
        adopt(reader, rop, oa_rop_objects_logon(reader->objects, rop->logon_id));
        rop->logon_flags = logon_flags(reader, rop->logon_id);
        set_logon(rop, oa_rop_objects_logon(reader->objects, rop->logon_id));
    }
    oa_walk_set(walk, OA_F_LOGON_FLAGS, rop->logon_flags);
    oa_walk_set_columns(walk, NULL, 0);
    start_row(reader);
    walk_part(walk, node, row->request);
    if (resolves && !oa_walk_stopped(walk))
        resolve_request(reader, walk, row, rop);
}

/* --- responses --- */

/* RopGetMessageStatus has the response of RopSetMessageStatus, [MS-OXCROPS] 2.2.6.9.2. */
static bool
answers(uint8_t response, uint8_t request)
{
    return response == request ||
           (request == OA_ROP_GET_MESSAGE_STATUS && response == OA_ROP_SET_MESSAGE_STATUS);
}

/* The index of the request: the next one; if responses are missing, a later one; if the server
 * continued the last ROP in a further payload, that one. -1: none. */
static int
find_request(struct oa_rop_reader *reader, uint8_t id)
{
    const struct oa_rop *request;

    for (size_t i = reader->paired; (request = rop_at(reader, false, i)); i++)
        if (oa_rop_has_response(request->id) && answers(id, request->id)) {
            reader->paired = i + 1;
            reader->last = (int64_t)i;
            return (int)i;
        }
    request = reader->last >= 0 ? rop_at(reader, false, (size_t)reader->last) : NULL;
    return request && answers(id, request->id) ? (int)reader->last : -1;
}

/* Whether the next byte, or the end, can be that of the next response: what is optional in this one
 * is then absent. */
static bool
next_follows(const struct oa_rop_reader *reader, const struct oa_walk *walk)
{
    const struct oa_rop *request;
    size_t i = reader->paired;

    if (oa_walk_left(walk) == 0)
        return true;
    uint8_t id = *oa_walk_bytes_ahead(walk);
    const struct oa_rop_row *row = oa_rop_row(id);
    if (row && row->handles == OA_ROP_HANDLES_NONE)
        return true;
    while ((request = rop_at(reader, false, i)) && !oa_rop_has_response(request->id))
        i++;
    return request && answers(id, request->id);
}

/* RopNotify: the object of the handle that follows. */
static struct oa_rop_object *
notified(const struct oa_rop_reader *reader, const struct oa_walk *walk)
{
    struct oa_cursor cursor = oa_cursor_over(oa_walk_bytes_ahead(walk), oa_walk_left(walk));

    return oa_rop_objects_find(reader->objects, oa_cursor_u32(&cursor));
}

static struct oa_rop_columns *
columns_for(const struct oa_rop_row *row, const struct oa_rop *request,
            const struct oa_rop_object *object)
{
    switch (row->reads) {
    case OA_ROP_READS_TAGS:
        return request ? oa_rop_columns_hold(request->columns) : NULL;
    case OA_ROP_READS_COLUMNS:
        return object ? oa_rop_columns_hold(object->columns) : NULL;
    case OA_ROP_READS_RECEIVE_FOLDERS:
        return oa_rop_columns_new(OA_RECEIVE_FOLDER_TAGS, OA_RECEIVE_FOLDER_COLUMNS);
    default:
        return NULL;
    }
}

/* First walk only: the request, the object, and the columns. */
static void
resolve_response(struct oa_rop_reader *reader, const struct oa_walk *walk,
                 const struct oa_rop_row *row, struct oa_rop *rop)
{
    rop->request = row->handles ? find_request(reader, row->id) : -1;
    struct oa_rop *request = rop->request >= 0 ? rop_at(reader, false, (size_t)rop->request) : NULL;

    if (request) {
        request->has_response = true;
        rop->logon_id = request->logon_id;
        rop->logon_flags = request->logon_flags;
        set_logon(rop, request->logon);
        rop->object = oa_rop_object_hold(request->object);
    } else if (row->id == OA_ROP_NOTIFY) {
        rop->object = oa_rop_object_hold(notified(reader, walk));
    } else if (row->handles == OA_ROP_HANDLES_IN) {
        rop->object = oa_rop_object_hold(object_at(reader, rop->index));
        adopt(reader, rop, NULL);
    }
    rop->columns = columns_for(row, request, rop->object);
}

/* Special folders in the order of FolderIds, [MS-OXCSTOR] 2.2.1.1.3, 2.2.1.1.4. */
static void
learn_special(struct oa_walk *walk, const struct oa_value *value)
{
    enum { PRIVATE = 1 };
    static const char *const PRIVATE_NAMES[] = {
        "Root",   "Deferred Action", "Spooler Queue", "IPM Subtree",  "Inbox",
        "Outbox", "Sent Items",      "Deleted Items", "Common Views", "Schedule",
        "Search", "Views",           "Shortcuts",
    };
    static const char *const PUBLIC_NAMES[] = {
        "Public Folder Root",
        "IPM Subtree",
        "Non-IPM Subtree",
        "EFORMS Registry",
        "Free/Busy Data",
        "Offline Address Book",
        "Local EFORMS Registry",
        "Local Site Free/Busy Data",
        "Local Site Offline Address Book",
        "NNTP Article Index",
    };
    struct oa_rop_reader *reader = oa_walk_context(walk);
    bool is_private = (oa_walk_value(walk, OA_F_LOGON_FLAGS) & PRIVATE) != 0;
    const char *const *names = is_private ? PRIVATE_NAMES : PUBLIC_NAMES;
    size_t count = is_private ? G_N_ELEMENTS(PRIVATE_NAMES) : G_N_ELEMENTS(PUBLIC_NAMES);

    if (value->index >= 0 && (size_t)value->index < count && value->number != 0)
        oa_rop_objects_learn(reader->objects, value->number, names[value->index]);
}

/* The object that was opened has the handle that the response's table has for its index. */
static void
open_object(struct oa_rop_reader *reader, const struct oa_walk *walk, const struct oa_rop *request,
            struct oa_rop *rop)
{
    struct oa_rop_object *object = request->opened;
    uint64_t folder_id = oa_walk_value(walk, OA_F_ROP_FOLDER_ID);
    uint64_t message_id = oa_walk_value(walk, OA_F_ROP_MESSAGE_ID);

    if (object->kind == OA_ROP_KIND_LOGON) {
        object->logon_flags = (uint8_t)oa_walk_value(walk, OA_F_LOGON_FLAGS);
    } else if (rop->id == OA_ROP_CREATE_FOLDER) {
        object->folder_id = folder_id;
        object->has_folder_id = true;
        oa_rop_objects_learn(reader->objects, folder_id, object->folder_name);
    } else if (message_id) {
        object->message_id = message_id;
        object->has_message_id = true;
    }
    rop->opened = oa_rop_object_hold(object);
    put_slot(reader, request->output_index, object);
    uint32_t handle = handle_at(reader, request->output_index);
    if (handle != NO_HANDLE)
        oa_rop_objects_open(reader->objects, object, handle);
}

static void
apply_names(struct oa_rop_reader *reader, const struct oa_rop *request, struct oa_rop *rop)
{
    const struct oa_rop_listing *asked = request->listing, *told = reader->listing;

    if (rop->id == OA_ROP_QUERY_NAMED_PROPERTIES && told)
        oa_rop_learn_names(logon_of(reader, rop), told->ids, told->names, 0);
    else if (rop->id == OA_ROP_GET_NAMES_FROM_PROPERTY_IDS && asked && told)
        oa_rop_learn_names(logon_of(reader, rop), asked->ids, told->names, 0);
}

/* First walk only: what has changed after success. */
static void
apply_success(struct oa_rop_reader *reader, const struct oa_walk *walk,
              const struct oa_rop_row *row, struct oa_rop *rop)
{
    struct oa_rop *request = rop->request >= 0 ? rop_at(reader, false, (size_t)rop->request) : NULL;

    if (request && request->opened && !rop->opened)
        open_object(reader, walk, request, rop);
    if (request) {
        apply_names(reader, request, rop);
        oa_rop_listing_free(request->listing);
        request->listing = NULL;
    }
    struct oa_rop_object *object = rop->opened ? rop->opened : rop->object;
    if (!object)
        return;
    if (row->id == OA_ROP_GET_PROPERTIES_SPECIFIC || row->id == OA_ROP_GET_PROPERTIES_ALL)
        learn_class(reader, object);
    if (row->keeps == OA_ROP_KEEPS_REQUEST && request && request->columns &&
        request->columns->count > 0) {
        oa_rop_object_set_columns(object, request->columns);
    } else if (row->keeps == OA_ROP_KEEPS_RESPONSE) {
        struct oa_rop_columns *columns = columns_of(walk);
        oa_rop_object_set_columns(object, columns);
        oa_rop_columns_release(columns);
    } else if (row->id == OA_ROP_RESET_TABLE) {
        oa_rop_object_set_columns(object, NULL);
    } else if (row->id == OA_ROP_GET_PROPERTIES_SPECIFIC && object->kind == OA_ROP_KIND_FOLDER &&
               object->has_folder_id) {
        oa_rop_objects_learn(reader->objects, object->folder_id, reader->row_name);
    }
}

static void
read_response(struct oa_rop_reader *reader, struct oa_walk *walk, void *node,
              const struct oa_rop_row *row, struct oa_rop *kept)
{
    bool resolves = kept && reader->objects;
    struct oa_rop unknown = { .id = row->id, .request = -1 };
    struct oa_rop *rop = kept ? kept : &unknown;

    reader->rop = rop;
    oa_walk_slots(walk, node, RESPONSE_HEADS[row->handles]);
    if (resolves) {
        take_head(walk, row, rop);
        resolve_response(reader, walk, row, rop);
        rop->has_return = row->handles != OA_ROP_HANDLES_NONE;
        if (row->id == OA_ROP_FAST_TRANSFER_SOURCE_GET_BUFFER && rop->object)
            rop->object->awaited = 0;
        rop->return_value = (uint32_t)oa_walk_value(walk, OA_F_ROP_RETURN);
    } else if (row->handles) {
        find_request(reader, row->id);
    }
    use_columns(walk, rop->columns);
    oa_walk_set(walk, OA_F_LOGON_FLAGS, rop->logon_flags);
    reader->is_hierarchy = rop->object && rop->object->kind == OA_ROP_KIND_HIERARCHY_TABLE;
    start_row(reader);
    uint32_t return_value = (uint32_t)oa_walk_value(walk, OA_F_ROP_RETURN);
    if (return_value == 0 || (oa_rop_is_warning(return_value) && !next_follows(reader, walk))) {
        walk_part(walk, node, row->response);
        if (resolves && !oa_walk_stopped(walk))
            apply_success(reader, walk, row, rop);
        return;
    }
    if (!next_follows(reader, walk))
        walk_part(walk, node, row->failure);
    const struct oa_rop *request =
        rop->request >= 0 ? rop_at(reader, false, (size_t)rop->request) : NULL;
    if (resolves && request)
        oa_rop_stream_refused(rop, request);
}

/* --- buffers --- */

static void
read_rop(struct oa_rop_reader *reader, struct oa_walk *walk, void *node, bool is_returned)
{
    const struct oa_rop_row *row = oa_rop_row(*oa_walk_bytes_ahead(walk));
    struct oa_rop *rop = is_returned ? NULL : next_rop(reader);
    unsigned known = oa_walk_known(walk);
    bool is_response = reader->is_response && !is_returned;

    if (!row || (!is_response && row->handles == OA_ROP_HANDLES_NONE)) {
        static const struct oa_slot ID[] = { OA_U8(ROP_ID), OA_END };
        if (rop)
            rop->id = *oa_walk_bytes_ahead(walk);
        oa_walk_slots(walk, node, ID);
        oa_walk_give_up(walk, OA_F_ROP_ID);
    } else if (is_response) {
        read_response(reader, walk, node, row, rop);
    } else {
        read_request(reader, walk, node, row, rop);
    }
    reader->rop = NULL;
    oa_rop_listing_free(reader->listing);
    reader->listing = NULL;
    oa_walk_forget(walk, known);
}

static void
read_rops(struct oa_rop_reader *reader, struct oa_walk *walk, void *node, bool is_returned)
{
    for (int i = 0; oa_walk_left(walk) > 0; i++) {
        void *inner = oa_walk_begin(walk, node, OA_F_ROP, i);
        read_rop(reader, walk, inner, is_returned);
        oa_walk_end(walk, inner);
    }
}

void
oa_rop_returned_requests(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct oa_rop_reader *reader = oa_walk_context(walk);

    (void)bytes;
    if (length == 0)
        return;
    void *inner = oa_walk_begin(walk, node, OA_F_ROP_REQUEST_BUFFERS, -1);
    read_rops(reader, walk, inner, true);
    oa_walk_end(walk, inner);
}

static void
observe_field(struct oa_walk *walk, const struct oa_value *value)
{
    const struct oa_rop_reader *reader = oa_walk_context(walk);

    if (value->id == OA_F_ROP_FOLDER_ID && reader->is_response &&
        oa_walk_value(walk, OA_F_ROP_ID) == OA_ROP_LOGON)
        learn_special(walk, value);
    else
        observe(walk, value);
}

/* The ROPs of one payload. */
static void
read_payload(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct oa_rop_reader *reader = oa_walk_context(walk);

    (void)bytes;
    (void)length;
    take_handles(reader, walk);
    oa_walk_set_observer(walk, reader->objects ? observe_field : NULL);
    read_rops(reader, walk, node, false);
    oa_walk_set_observer(walk, NULL);
    clear_slots(reader);
    if (reader->objects)
        reader->call->is_read[reader->is_response] = true;
}

/* The structure of a binary value in a row or in a list of properties; NULL: none. Streams read
 * their values themselves; extended rules have names of their own. */
static const struct oa_layout *
structure_of(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    const struct oa_rop_reader *reader = oa_walk_context(walk);
    uint16_t id = (uint16_t)(oa_walk_value(walk, OA_F_ROP_TAG) >> 16);
    bool is_named = id >= OA_NAMED_ID_MIN && !oa_walk_value(walk, OA_F_EXTENDED_RULE);

    if (!reader->rop || oa_walk_value(walk, OA_F_TRANSFER_LENGTH))
        return NULL;
    return oa_binary_layout(
        oa_binary_kind(id, is_named ? oa_rop_property_name(reader->rop, id) : NULL), bytes, length);
}

static bool
is_structure(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    return structure_of(walk, bytes, length) != NULL;
}

static void
read_structure(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    oa_walk_layout(walk, node, structure_of(walk, bytes, length));
}

void
oa_rop_reader_start(struct oa_rop_reader *reader, struct oa_walk *walk)
{
    if (reader->call->is_read[reader->is_response])
        reader->objects = NULL;
    reader->next = 0;
    reader->paired = 0;
    reader->last = -1;
    reader->rop = NULL;
    reader->listing = NULL;
    reader->handles = NULL;
    reader->n_handles = 0;
    reader->is_hierarchy = false;
    reader->n_slots = 0;
    start_row(reader);
    oa_walk_set_context(walk, reader);
    oa_walk_set_decoder(walk, OA_F_ROPS, NULL, read_payload);
    oa_walk_set_decoder(walk, OA_F_VALUE_BINARY, is_structure, read_structure);
}

void
oa_rop_reader_end(struct oa_rop_reader *reader)
{
    clear_slots(reader);
    oa_rop_listing_free(reader->listing);
    reader->listing = NULL;
    reader->objects = NULL; /* of a session that may end before the next call is read */
}
