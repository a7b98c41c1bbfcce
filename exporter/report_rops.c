/* report_rops.c
 * rops.csv: one row for each ROP that a call carries.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "layout/fields.h"
#include "report.h"
#include "rop_facts.h"

struct row {
    const struct oa_renamer *renamer; /* NULL: names are shown */
    const struct oa_call *call;
    const struct oa_virtual_connection *vc;
    const char *user;
    const struct oa_call_half *request, *response; /* NULL if not captured */
    const struct rop_pair *rop;
    const struct oa_rop *sent;       /* NULL: none */
    const struct oa_rop *received;   /* NULL: none */
    const struct rop_half *in, *out; /* the same */
    const struct oa_rop_object *object, *opened;
    const struct oa_rop_object *about;    /* one of these, for its folder and message */
    const struct rop_half *named;         /* names the properties; NULL: none does */
    const struct oa_rop_columns *columns; /* of its rows; NULL: none, or not known */
    uint64_t number;                      /* in the call */
    uint64_t output_index, input_handle, output_handle, object_frame;
    uint64_t properties, rows, data_bytes, stream_bytes;
    const char *name, *class_name, *message_class, *return_value, *event, *subject, *file_name;
};

static void rop_id(struct writer *writer, const void *row);
static void handle(struct writer *writer, const void *value);
static void folder_id(struct writer *writer, const void *row);
static void message_id(struct writer *writer, const void *row);
static void property_names(struct writer *writer, const void *row);
static void restrictions(struct writer *writer, const void *row);

/* clang-format off */
static const struct column COLUMNS_OF_ROPS[] = {
    { "call", NUMBER_OF(call, number), "Call that carries it, as in calls.csv" },
    { "session", SESSION(vc), "Session of the call, as in sessions.csv" },
    { "user", NAMED(USER, user), USER_OF_CALL_IS },
    { "time", TIME_OF(request, first.time_ns), "First byte of the call's request" TIMES_ARE },
    { "request_frame", NUMBER_OF(request, last.frame), "Frame with the last byte of the call's request" },
    { "response_frame", NUMBER_OF(response, last.frame), "Frame with the last byte of the call's response" },
    { "number", NUMBER(number),
      "Place in the call, from 0: the ROPs of the request, then those that only the response has "
      "(notifications, further responses to the last ROP)" },
    { "rop", WORD(name), "Name of the ROP" },
    { "rop_id", COMPUTED_NAMED(WORD, rop_id), "RopId" },
    { "class", WORD(class_name), "Kind of load: logon, open, read, write, table, transfer, notify, submit, other" },
    { "logon_id", NUMBER_OF(sent, logon_id), "LogonId of the request" },
    { "input_index", NUMBER_OF(sent, index), "Index of the object that it is sent to, in the table of handles; of RopLogon of the one that it opens" },
    { "output_index", NUMBER(output_index), "Index of the object that it opens, or of the destination" },
    { "input_handle", COMPUTED_NAMED_OF(WORD, handle, input_handle), "Handle of the object that it is sent to" },
    { "output_handle", COMPUTED_NAMED_OF(WORD, handle, output_handle), "Handle of the object that it opened" },
    { "object", NAME_OF(object, kind, oa_rop_kind_name),
      "Kind of the object that it is sent to; empty if its opening is not in the capture" },
    { "object_frame", NUMBER(object_frame), "Frame in which the opening of that object was requested" },
    { "opened", NAME_OF(opened, kind, oa_rop_kind_name), "Kind of the object that it opens" },
    { "folder", NAMED_OF(FOLDER, about, folder_name), "Name of the folder concerned, if the capture shows it" },
    { "folder_id", COMPUTED_NAMED(WORD, folder_id), "ID of that folder: replica ID, then counter, as in Wireshark" },
    { "message_id", COMPUTED_NAMED(WORD, message_id), "ID of the message concerned" },
    { "message_class", WORD(message_class), "Class of the message, from this ROP or earlier ones on the same object; of the first message in rows" },
    { "return_value", WORD(return_value), "ReturnValue by name, else in hex; empty without a response" },
    { "request_bytes", BYTES_OF(in, bytes), "The ROP in the request" },
    { "response_bytes", BYTES_OF(out, bytes), "The ROP in the response" },
    { "properties", COUNT(properties),
      "Properties that the request names or sets; if it names none, that the response names, or columns of its rows" },
    { "rows", COUNT(rows), "Rows of tables, or recipients, in the response; else recipients in the request" },
    { "data_bytes", BYTES(data_bytes), "Data of streams, FastTransfer and synchronization, in the request or response" },
    { "stream_bytes", BYTES(stream_bytes), "Size of the stream, as reported or set" },
    { "event", WORD(event), "Type of a notification" },
    { "payload", NUMBER_OF(out, payload), "Payload of the response that it is in, from 1" },
    { "subject", NAMED(SECRET, subject), "First subject of a message in it" },
    { "file_name", NAMED(FILE, file_name), "First file name of an attachment in it" },
    { "property_names", COMPUTED_NAMED(WORD, property_names),
      "The first 32 of these properties: canonical names, for named properties as far as the capture shows them, else property ids in hex, "
      "separated by semicolons" },
    { "restrictions", COMPUTED_NAMED(WORD, restrictions),
      "The first 16 kinds of restrictions, from the outermost to the innermost, separated by semicolons" },
};
/* clang-format on */

/* --- cells --- */

/* The number with so many hexadecimal digits, at most 16. Four cells of each row are such: printf()
 * takes a twentieth of the time of the report. */
static void
put_hex(struct writer *writer, uint64_t number, unsigned digits)
{
    char text[2 + 16 + 1] = "0x";

    for (unsigned i = digits; i > 0; i--, number >>= 4)
        text[1 + i] = "0123456789abcdef"[number & 0xf];
    writer_text(writer, text);
}

static void
rop_id(struct writer *writer, const void *data)
{
    put_hex(writer, ((const struct row *)data)->rop->id, 2);
}

static void
handle(struct writer *writer, const void *value)
{
    uint64_t number = *(const uint64_t *)value;

    if (number == NO_NUMBER)
        writer_text(writer, NULL);
    else
        put_hex(writer, number, 8);
}

static void
put_id(struct writer *writer, bool is_known, uint64_t id)
{
    if (is_known)
        put_hex(writer, id, 16);
    else
        writer_text(writer, NULL);
}

static void
folder_id(struct writer *writer, const void *data)
{
    const struct oa_rop_object *about = ((const struct row *)data)->about;

    put_id(writer, about && about->has_folder_id, about ? about->folder_id : 0);
}

static void
message_id(struct writer *writer, const void *data)
{
    const struct oa_rop_object *about = ((const struct row *)data)->about;

    put_id(writer, about && about->has_message_id, about ? about->message_id : 0);
}

static void
add_name(GString *text, enum oa_names names, uint32_t value)
{
    const char *name = oa_field_name(names, value);

    if (text->len)
        g_string_append_c(text, ';');
    if (name)
        g_string_append(text, name);
    else
        g_string_append_printf(text, "0x%04x", value);
}

/* Programs and users may choose names that are texts; a semicolon in one is no separator. */
static void
add_named_property(GString *text, const struct oa_renamer *renamer,
                   const struct oa_property_name *name)
{
    char shown[OA_PROPERTY_NAME_TEXT * 2];
    struct oa_property_name copy = *name;

    if (copy.kind == OA_PROPERTY_NAME_STRING && !oa_property_name_canonical(name))
        g_strlcpy(copy.text, OA_SHOWN(renamer, ANY, name->text), sizeof copy.text);
    oa_property_name_text(&copy, shown, sizeof shown);
    if (text->len)
        g_string_append_c(text, ';');
    g_string_append(text, g_strdelimit(shown, ";", ','));
}

static void
add_property(GString *text, const struct row *row, const struct oa_property_name *name,
             uint32_t tag)
{
    if (name)
        add_named_property(text, row->renamer, name);
    else
        add_name(text, OA_NAMES_PROPERTY_ID, tag >> 16);
}

static void
property_names(struct writer *writer, const void *data)
{
    const struct row *row = data;
    const struct rop_names *names = rop_names_of(row->named);
    const struct oa_rop *rop = row->named && row->named == row->in ? row->sent : row->received;
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < names->n_tags; i++)
        add_property(text, row, rop_property_name(rop, row->named, i), names->tags[i]);
    for (size_t i = 0; !row->named && row->columns && i < MIN(row->columns->count, ROP_TAGS_MAX);
         i++) {
        uint32_t tag = row->columns->tags[i];
        add_property(text, row, oa_rop_property_name(rop, (uint16_t)(tag >> 16)), tag);
    }
    writer_text(writer, text->str);
    g_string_free(text, TRUE);
}

static void
restrictions(struct writer *writer, const void *data)
{
    const struct row *row = data;
    const struct rop_names *names[] = { rop_names_of(row->in), rop_names_of(row->out) };
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        for (unsigned k = 0; k < names[i]->n_restrictions; k++)
            add_name(text, OA_NAMES_RESTRICTION, names[i]->restrictions[k]);
    writer_text(writer, text->str);
    g_string_free(text, TRUE);
}

/* --- rows --- */

/* The half that names properties, else NULL: then there may be columns. */
static const struct rop_half *
naming_half(const struct rop_pair *rop)
{
    if (rop->sent && rop->sent->properties)
        return rop->sent;
    return rop->received && rop->received->properties ? rop->received : NULL;
}

/* The columns by which the rows of the response were read; RopGetPropertiesSpecific names them. */
static const struct oa_rop_columns *
columns_of(const struct rop_pair *rop)
{
    return rop_succeeded(rop) ? rop->response->columns : NULL;
}

static bool
returns_rows(const struct rop_pair *rop)
{
    const struct oa_rop_row *row = oa_rop_row(rop->id);

    return row &&
           (row->reads == OA_ROP_READS_COLUMNS || row->reads == OA_ROP_READS_RECEIVE_FOLDERS);
}

static uint64_t
rows_of(const struct rop_pair *rop)
{
    if (returns_rows(rop))
        return rop->received && rop_succeeded(rop) ? rop->received->rows : NO_NUMBER;
    if (rop->id == OA_ROP_GET_PROPERTIES_SPECIFIC)
        return NO_NUMBER;
    if (rop->received && rop->received->rows)
        return rop->received->rows;
    return rop->sent ? or_none(rop->sent->rows) : NO_NUMBER;
}

static uint64_t
data_bytes_of(const struct rop_pair *rop)
{
    if (rop->sent && rop->sent->has_data)
        return rop->sent->data_bytes;
    return rop->received && rop->received->has_data ? rop->received->data_bytes : NO_NUMBER;
}

static uint64_t
stream_bytes_of(const struct rop_pair *rop)
{
    if (rop->received && rop->received->has_stream_bytes)
        return rop->received->stream_bytes;
    return rop->sent && rop->sent->has_stream_bytes ? rop->sent->stream_bytes : NO_NUMBER;
}

/* Names of the request, else of the response. */
static void
set_names(struct row *row, const struct rop_pair *rop)
{
    const struct rop_names *sent = rop_names_of(rop->sent);
    const struct rop_names *received = rop_names_of(rop->received);

    row->message_class = sent->message_class ? sent->message_class : received->message_class;
    row->subject = sent->subject ? sent->subject : received->subject;
    row->file_name = sent->file_name ? sent->file_name : received->file_name;
}

static void
set_objects(struct row *row, const struct rop_pair *rop)
{
    const struct oa_rop *known = rop->request ? rop->request : rop->response;

    row->object = known->object;
    row->opened = rop->response && rop->response->opened ? rop->response->opened : known->opened;
    row->about = row->opened ? row->opened : row->object;
    row->object_frame = row->object ? or_none(row->object->frame) : NO_NUMBER;
    if (!row->message_class && row->about)
        row->message_class = row->about->message_class;
}

static void
set_indexes(struct row *row, const struct rop_pair *rop)
{
    const struct oa_rop_row *kind = oa_rop_row(rop->id);
    bool has_output = kind && (kind->handles == OA_ROP_HANDLES_IN_OUT ||
                               kind->handles == OA_ROP_HANDLES_SOURCE_DEST);

    row->output_index = has_output && rop->request ? rop->request->output_index : NO_NUMBER;
    row->input_handle = rop->has_input_handle ? rop->input_handle : NO_NUMBER;
    row->output_handle = rop->has_output_handle ? rop->output_handle : NO_NUMBER;
}

static void
write_rop(struct report_run *run, struct row *row, const struct rop_pair *rop)
{
    char number[ROP_VALUE_TEXT];

    row->rop = rop;
    row->sent = rop->request;
    row->received = rop->response;
    row->in = rop->sent;
    row->out = rop->received;
    row->named = naming_half(rop);
    row->columns = columns_of(rop);
    row->name = oa_rop_name(rop->id);
    row->class_name = oa_rop_class_name(oa_rop_class(rop->id));
    set_names(row, rop);
    row->return_value = rop->response && rop->response->has_return
                            ? rop_return_value_text(rop->response->return_value, number)
                            : NULL;
    row->event = rop->received && rop->received->event
                     ? oa_field_name(OA_NAMES_NOTIFICATION_TYPE, rop->received->event)
                     : NULL;
    row->properties = row->named     ? row->named->properties
                      : row->columns ? row->columns->count
                                     : NO_NUMBER;
    row->rows = rows_of(rop);
    row->data_bytes = data_bytes_of(rop);
    row->stream_bytes = stream_bytes_of(rop);
    set_objects(row, rop);
    set_indexes(row, rop);
    report_row(run, row);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    const struct oa_call *call = event->call;
    size_t count;
    char user[OA_USER_TEXT];

    const struct rop_pair *rops = rops_of_call(call, &count);
    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    struct row row = { .renamer = run->renamer,
                       .call = call,
                       .vc = call->vc,
                       .user = report_user(run, call->vc, user),
                       .request = request->fragments ? request : NULL,
                       .response = response->fragments ? response : NULL };
    for (size_t i = 0; i < count; i++) {
        row.number = i;
        write_rop(run, &row, &rops[i]);
    }
}

const struct report REPORT_ROPS = {
    .name = "rops",
    .row_is = "ROP in an RPC call",
    .order = "ordered by the end of the call, then by place in it",
    .on_request = true,
    .needs_rops = true,
    COLUMNS(COLUMNS_OF_ROPS),
    .event = take,
    .takes = REPORT_TAKES(CALL),
};
