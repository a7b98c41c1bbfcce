/* rop_facts.c
 * The ROPs of a call as the reports show them: each request with its response, and what the two
 * contain. [MS-OXCROPS]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop_facts.h"

#include <stdio.h>
#include <string.h>

#include "rop/rop_limits.h"

#define NO_HANDLE 0xffffffff /* in requests: of objects that do not exist yet */
#define TEXT_MAX 256

/* Property ids, [MS-OXPROPS]. */
enum {
    MESSAGE_CLASS = 0x001a,
    SUBJECT = 0x0037,
    NORMALIZED_SUBJECT = 0x0e1d,
    MESSAGE_SIZE = 0x0e08,
    ATTACH_FILENAME = 0x3704,
    ATTACH_LONG_FILENAME = 0x3707,
};

enum { NEW_MAIL = 0x002 }; /* [MS-OXCNOTIF] 2.2.1.1 */

/* What is kept with a call. */
struct call_facts {
    GArray *halves[2];      /* of struct rop_half, in the order of oa_rop_call_rops() */
    GArray *handles[2];     /* of struct handle: the tables of all payloads */
    struct rop_pair *pairs; /* NULL until asked for */
    size_t n_pairs;
};

struct handle {
    unsigned payload;
    unsigned index;
    uint32_t handle;
};

static void
clear_half(void *data)
{
    struct rop_names *names = ((struct rop_half *)data)->names;

    if (!names)
        return;
    g_free(names->message_class);
    g_free(names->subject);
    g_free(names->file_name);
    for (unsigned i = 0; names->own && i < names->n_tags; i++)
        g_free(names->own[i]);
    g_free(names->own);
    g_free(names);
}

static void
free_facts(void *data)
{
    struct call_facts *facts = data;

    for (int side = 0; side < 2; side++) {
        g_array_unref(facts->halves[side]);
        g_array_unref(facts->handles[side]);
    }
    g_free(facts->pairs);
    g_free(facts);
}

static struct call_facts *
facts_of(const struct oa_call *call)
{
    struct oa_rop_call *rops = call->rops;

    if (rops->host)
        return rops->host;
    struct call_facts *facts = g_new0(struct call_facts, 1);
    for (int side = 0; side < 2; side++) {
        facts->halves[side] = g_array_new(FALSE, TRUE, sizeof(struct rop_half));
        g_array_set_clear_func(facts->halves[side], clear_half);
        facts->handles[side] = g_array_new(FALSE, TRUE, sizeof(struct handle));
    }
    rops->host = facts;
    rops->free_host = free_facts;
    return facts;
}

/* --- fields --- */

/* Containers, told apart by what begin() returns for them. */
static char IN_ROP, IN_PART, IN_RECIPIENT, IN_RETURNED, IN_STREAM, IN_NAME, IN_OTHER;

static void
on_start(void *user, const struct oa_call *call, bool is_response)
{
    *(struct rop_reading *)user = (struct rop_reading){
        .call = call,
        .is_response = is_response,
        .handles = facts_of(call)->handles[is_response],
    };
}

static void
begin_rop(struct rop_reading *reading, size_t offset)
{
    GArray *halves = facts_of(reading->call)->halves[reading->is_response];

    if (halves->len == OA_LIMIT_ROPS)
        return;
    g_array_set_size(halves, halves->len + 1);
    reading->half = &g_array_index(halves, struct rop_half, halves->len - 1);
    reading->half->payload = reading->payload;
    reading->start = offset;
}

static struct rop_names *
names_of(struct rop_half *half)
{
    if (!half->names)
        half->names = g_new0(struct rop_names, 1);
    return half->names;
}

static void
count_property(struct rop_reading *reading, uint32_t tag)
{
    struct rop_half *half = reading->half;

    if (reading->inner)
        return;
    half->properties++;
    struct rop_names *names = names_of(half);
    if (names->n_tags < ROP_TAGS_MAX)
        names->tags[names->n_tags++] = tag;
}

/* A name in the ROP: a property of its own, or in a stream what stands behind the tag. */
static void *
begin_name(struct rop_reading *reading)
{
    reading->name = (struct oa_property_name){ .kind = OA_PROPERTY_NAME_NONE };
    if (!reading->half || reading->inner || reading->is_continued)
        return &IN_OTHER;
    if (!reading->in_stream)
        count_property(reading, 0);
    return &IN_NAME;
}

static void
end_name(struct rop_reading *reading)
{
    struct rop_half *half = reading->half;
    struct rop_names *names = half ? half->names : NULL;

    if (!names || half->properties != names->n_tags || names->n_tags == 0 ||
        reading->name.kind == OA_PROPERTY_NAME_NONE)
        return;
    if (!names->own)
        names->own = g_new0(struct oa_property_name *, ROP_TAGS_MAX);
    struct oa_property_name **own = &names->own[names->n_tags - 1];
    g_free(*own);
    *own = g_new(struct oa_property_name, 1);
    **own = reading->name;
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct rop_reading *reading = user;

    (void)parent;
    switch (at->id) {
    case OA_F_ROP:
        if (!reading->returned)
            begin_rop(reading, at->offset);
        return reading->returned ? &IN_OTHER : &IN_ROP;
    case OA_F_ROP_REQUEST_BUFFERS:
        reading->returned++;
        return &IN_RETURNED;
    case OA_F_RESTRICTION:
    case OA_F_SORT_ORDER:
    case OA_F_PROBLEM:
    case OA_F_EXTENDED_RULE:
        reading->inner++;
        return &IN_PART;
    case OA_F_PROPERTY_CELL:
        reading->tag = (uint32_t)at->number;
        return &IN_OTHER;
    case OA_F_RECIPIENT:
        if (reading->half)
            reading->half->rows++;
        reading->recipients++;
        return &IN_RECIPIENT;
    case OA_F_PROPERTY_ROW:
        if (reading->half && !reading->recipients)
            reading->half->rows++;
        return &IN_OTHER;
    case OA_F_MESSAGE_SUBJECT:
        reading->tag = SUBJECT << 16;
        return &IN_OTHER;
    case OA_F_MESSAGE_SUBJECT_PREFIX:
        reading->tag = 0;
        return &IN_OTHER;
    case OA_F_TRANSFER_PROPERTY:
    case OA_F_SYNC_GROUP_TAG:
    case OA_F_TRANSFER_CONTINUED:
        reading->in_stream++;
        reading->is_continued = at->id == OA_F_TRANSFER_CONTINUED;
        return &IN_STREAM;
    case OA_F_PROPERTY_NAME:
        return begin_name(reading);
    case OA_F_TRANSFER_DATA:
    case OA_F_SYNC_STATE_DATA:
        if (reading->half) {
            reading->half->has_data = true;
            reading->half->data_bytes += (uint32_t)at->length;
        }
        return &IN_OTHER;
    default:
        return &IN_OTHER;
    }
}

static void
on_end(void *user, void *node, size_t offset)
{
    struct rop_reading *reading = user;

    if (node == &IN_PART) {
        reading->inner--;
    } else if (node == &IN_STREAM) {
        reading->in_stream--;
        reading->is_continued = false;
    } else if (node == &IN_NAME) {
        end_name(reading);
    } else if (node == &IN_RECIPIENT) {
        reading->recipients--;
    } else if (node == &IN_RETURNED) {
        reading->returned--;
    } else if (node == &IN_ROP && reading->half) {
        reading->half->bytes = (uint32_t)(offset - reading->start);
        reading->half = NULL;
    }
}

/* The first one counts. */
static void
keep_text(char **text, const struct oa_value *value)
{
    char buffer[TEXT_MAX];

    if (*text)
        return;
    oa_value_text(value, buffer, sizeof buffer);
    *text = g_strdup(buffer);
}

static void
take_text(struct rop_reading *reading, const struct oa_value *value)
{
    struct rop_half *half = reading->half;

    if (reading->inner || reading->recipients)
        return;
    switch (reading->tag >> 16) {
    case MESSAGE_CLASS:
        keep_text(&names_of(half)->message_class, value);
        break;
    case SUBJECT:
    case NORMALIZED_SUBJECT:
        keep_text(&names_of(half)->subject, value);
        break;
    case ATTACH_FILENAME:
    case ATTACH_LONG_FILENAME:
        keep_text(&names_of(half)->file_name, value);
        break;
    default:
        break;
    }
}

static void
take_number(struct rop_reading *reading, const struct oa_value *value)
{
    struct rop_half *half = reading->half;

    if (reading->inner || reading->tag >> 16 != MESSAGE_SIZE || (int64_t)value->number < 0)
        return;
    half->sizes++;
    half->size_sum += value->number;
}

static void
add_restriction(struct rop_names *names, uint8_t kind)
{
    if (names->n_restrictions < ROP_RESTRICTIONS_MAX)
        names->restrictions[names->n_restrictions++] = kind;
}

/* Markers of messages in folders and in synchronization, [MS-OXCFXICS] 2.2.4.3. */
static bool
begins_message(uint32_t marker)
{
    enum {
        START_MESSAGE = 0x400c0003,
        START_FAI_MSG = 0x40100003,
        INCR_SYNC_MESSAGE = 0x40150003,
        INCR_SYNC_CHG_PARTIAL = 0x407d0003
    };

    return marker == START_MESSAGE || marker == START_FAI_MSG || marker == INCR_SYNC_MESSAGE ||
           marker == INCR_SYNC_CHG_PARTIAL;
}

/* Of a ROP. */
static void
take_field(struct rop_reading *reading, const struct oa_value *value)
{
    struct rop_half *half = reading->half;

    switch (value->id) {
    case OA_F_ROP_TAG:
        reading->tag = (uint32_t)value->number;
        count_property(reading, reading->tag);
        break;
    case OA_F_PROPERTY_ID:
        count_property(reading, (uint32_t)value->number << 16);
        break;
    case OA_F_VALUE_STRING:
    case OA_F_VALUE_STRING8:
    case OA_F_MESSAGE_TEXT:
    case OA_F_MESSAGE_TEXT8:
        take_text(reading, value);
        break;
    case OA_F_VALUE_I32:
    case OA_F_VALUE_I64:
        take_number(reading, value);
        break;
    case OA_F_RESTRICTION_TYPE:
        add_restriction(names_of(half), (uint8_t)value->number);
        break;
    case OA_F_ROP_DATA:
    case OA_F_TRANSFER_DATA:
    case OA_F_SYNC_STATE_DATA:
        half->has_data = true;
        half->data_bytes += (uint32_t)value->length;
        break;
    case OA_F_STREAM_SIZE:
    case OA_F_STREAM_SIZE64:
        half->has_stream_bytes = true;
        half->stream_bytes = value->number;
        break;
    case OA_F_TRANSFER_MARKER:
        half->messages += begins_message((uint32_t)value->number);
        break;
    case OA_F_NOTIFY_FLAGS:
        half->event = value->number & 0x0fff;
        break;
    case OA_F_NOTIFY_CLASS:
    case OA_F_NOTIFY_CLASS8:
    case OA_F_TRANSPORT_MESSAGE_CLASS:
    case OA_F_STORE_MESSAGE_CLASS:
        keep_text(&names_of(half)->message_class, value);
        break;
    default:
        break;
    }
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct rop_reading *reading = user;

    (void)parent;
    oa_rop_name_field(&reading->name, value);
    if (reading->half)
        take_field(reading, value);
    else if (value->id == OA_F_ROP_SIZE)
        reading->payload++;
    else if (value->id == OA_F_HANDLE && value->index >= 0)
        g_array_append_vals(
            reading->handles,
            &(struct handle){ reading->payload, (unsigned)value->index, (uint32_t)value->number },
            1);
}

static const struct oa_visitor VISITOR = { .field = on_field, .begin = on_begin, .end = on_end };

struct oa_rop_listener
rop_facts_listener(struct rop_reading *reading)
{
    return (struct oa_rop_listener){ .visitor = &VISITOR, .start = on_start, .user = reading };
}

/* --- requests with their responses --- */

/* The handle that the payload's table has for that index. Tables are in the order of payloads and
 * indexes, but may be cut. */
static bool
find_handle(const GArray *handles, unsigned payload, unsigned index, uint32_t *handle)
{
    unsigned low = 0, high = handles->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct handle *found = &g_array_index(handles, struct handle, middle);
        if (found->payload == payload && found->index == index) {
            *handle = found->handle;
            return found->handle != NO_HANDLE;
        }
        if (found->payload < payload || (found->payload == payload && found->index < index))
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Objects that a request opens have their handles in the response. */
static void
find_handles(const struct call_facts *facts, struct rop_pair *pair)
{
    const struct oa_rop_row *row = oa_rop_row(pair->id);
    const GArray *sent = facts->handles[OA_CLIENT], *received = facts->handles[OA_SERVER];
    unsigned payload = pair->received ? pair->received->payload : 1;

    if (!row || !pair->request)
        return;
    pair->has_input_handle =
        row->handles != OA_ROP_HANDLES_OUT &&
        (find_handle(sent, pair->sent->payload, pair->request->index, &pair->input_handle) ||
         find_handle(received, payload, pair->request->index, &pair->input_handle));
    pair->has_output_handle =
        row->opens && rop_succeeded(pair) &&
        find_handle(received, payload, pair->request->output_index, &pair->output_handle);
}

static const struct rop_half *
half_at(const struct call_facts *facts, int side, size_t i)
{
    const GArray *halves = facts->halves[side];

    return i < halves->len ? &g_array_index(halves, struct rop_half, i) : NULL;
}

static void
make_pairs(const struct oa_call *call, struct call_facts *facts)
{
    size_t n[2], further = 0;
    const struct oa_rop *requests = oa_rop_call_rops(call->rops, false, &n[OA_CLIENT]);
    const struct oa_rop *responses = oa_rop_call_rops(call->rops, true, &n[OA_SERVER]);
    struct rop_pair *pairs = g_new0(struct rop_pair, n[OA_CLIENT] + n[OA_SERVER] + 1);

    for (size_t i = 0; i < n[OA_CLIENT]; i++) {
        pairs[i].id = requests[i].id;
        pairs[i].request = &requests[i];
        pairs[i].sent = half_at(facts, OA_CLIENT, i);
    }
    for (size_t i = 0; i < n[OA_SERVER]; i++) {
        int request = responses[i].request;
        bool is_first = request >= 0 && !pairs[request].response;
        struct rop_pair *pair = &pairs[is_first ? (size_t)request : n[OA_CLIENT] + further++];
        if (!pair->request)
            pair->id = responses[i].id;
        pair->response = &responses[i];
        pair->received = half_at(facts, OA_SERVER, i);
    }
    facts->pairs = pairs;
    facts->n_pairs = n[OA_CLIENT] + further;
    for (size_t i = 0; i < facts->n_pairs; i++)
        find_handles(facts, &pairs[i]);
}

const struct rop_pair *
rops_of_call(const struct oa_call *call, size_t *count)
{
    struct call_facts *facts = call->rops ? call->rops->host : NULL;

    *count = 0;
    if (!facts)
        return NULL;
    if (!facts->pairs)
        make_pairs(call, facts);
    *count = facts->n_pairs;
    return facts->pairs;
}

/* --- what they mean --- */

bool
rop_failed(const struct rop_pair *rop)
{
    return rop->response && oa_rop_has_failed(rop->response);
}

bool
rop_succeeded(const struct rop_pair *rop)
{
    return rop->response && !oa_rop_has_failed(rop->response);
}

const struct rop_names *
rop_names_of(const struct rop_half *half)
{
    static const struct rop_names NONE;

    return half && half->names ? half->names : &NONE;
}

const struct oa_property_name *
rop_property_name(const struct oa_rop *rop, const struct rop_half *half, unsigned i)
{
    const struct rop_names *names = rop_names_of(half);

    if (names->own && names->own[i])
        return names->own[i];
    /* A stream has the IDs of the mailbox that it comes from. */
    return rop && !rop->transfer ? oa_rop_property_name(rop, (uint16_t)(names->tags[i] >> 16))
                                 : NULL;
}

const char *
rop_return_value_text(uint32_t value, char number[ROP_VALUE_TEXT])
{
    const char *name = oa_field_name(OA_NAMES_STATUS, value);

    if (name)
        return name;
    snprintf(number, ROP_VALUE_TEXT, "0x%08x", value);
    return number;
}

uint32_t
rop_downloads_messages(const struct rop_pair *rop)
{
    return rop->id == OA_ROP_FAST_TRANSFER_SOURCE_GET_BUFFER && rop->received
               ? rop->received->messages
               : 0;
}

bool
rop_reads_message(const struct rop_pair *rop)
{
    return rop->id == OA_ROP_OPEN_MESSAGE && rop_succeeded(rop);
}

bool
rop_sends_message(const struct rop_pair *rop)
{
    return (rop->id == OA_ROP_SUBMIT_MESSAGE || rop->id == OA_ROP_TRANSPORT_SEND) &&
           rop_succeeded(rop);
}

bool
rop_announces_message(const struct rop_pair *rop)
{
    if (rop->id == OA_ROP_NOTIFY)
        return rop->received && rop->received->event == NEW_MAIL;
    return rop->id == OA_ROP_TRANSPORT_NEW_MAIL && rop_succeeded(rop);
}

/* Sizes are those of messages; folders have a property of the same name. */
static bool
has_sizes(const struct rop_pair *rop)
{
    const struct oa_rop_object *object = rop->response ? rop->response->object : NULL;

    return rop->received && object &&
           (object->kind == OA_ROP_KIND_MESSAGE || object->kind == OA_ROP_KIND_CONTENTS_TABLE);
}

void
rop_count_messages(struct rop_messages *sum, const struct rop_pair *rop)
{
    sum->read += rop_reads_message(rop);
    sum->sent += rop_sends_message(rop);
    sum->received += rop_announces_message(rop);
    sum->downloaded += rop_downloads_messages(rop);
    if (has_sizes(rop)) {
        sum->sizes += rop->received->sizes;
        sum->size_sum += rop->received->size_sum;
    }
}

void
rop_add_messages(struct rop_messages *sum, const struct rop_messages *more)
{
    sum->read += more->read;
    sum->sent += more->sent;
    sum->received += more->received;
    sum->downloaded += more->downloaded;
    sum->sizes += more->sizes;
    sum->size_sum += more->size_sum;
}
