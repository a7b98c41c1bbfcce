/* packet-oxcmapihttp.c
 * MAPI over HTTP in Wireshark: heads, and the bodies that stock HTTP passes on by their media type.
 * [MS-OXCMAPIHTTP] 2.2.2 to 2.2.5, 2.2.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-oxcmapihttp.h"

#include <epan/expert.h>
#include <epan/to_str.h>
#include WS_COMPAT_HTTP_HEADER

#include <string.h>

#include "exchange/mapi_http_body.h"
#include "exchange_fields.h"
#include "exchange_stats.h"
#include "exchange_tree.h"
#include "items.h"
#include "kept_facts.h"
#include "track/vc_names.h"

#define MEDIA_TYPE "application/mapi-http"

/* Response codes that are looked up to make a table of them. */
#define RESPONSE_CODES 32

/* A number of 32 bits as text. */
#define NUMBER_TEXT 11

#define TEXT(member) offsetof(struct oa_http_mapi, member)

/* An HTTP header field that has a display field of its own. */
static struct header {
    const char *name;
    const char *filter;
    const char *label;
    bool is_number; /* milliseconds, or a code */
    size_t text;    /* offset of its value in struct oa_http_mapi */
    int hf;
} headers[] = {
    { "X-RequestType", "oxcmapihttp.request_type", "Request Type", false, TEXT(request_type), -1 },
    { "X-RequestId", "oxcmapihttp.request_id", "Request ID", false, TEXT(request_id), -1 },
    { "X-ClientInfo", "oxcmapihttp.client_info", "Client Information", false, TEXT(client_info),
      -1 },
    { "X-ClientApplication", "oxcmapihttp.client_application", "Client Application", false,
      TEXT(client_application), -1 },
    { "X-ServerApplication", "oxcmapihttp.server_application", "Server Application", false,
      TEXT(server_application), -1 },
    { "X-DeviceInfo", "oxcmapihttp.device_info", "Device Information", false, TEXT(device_info),
      -1 },
    { "X-ResponseCode", "oxcmapihttp.response_code", "Response Code", true, TEXT(response_code),
      -1 },
    { "X-PendingPeriod", "oxcmapihttp.pending_period", "Pending Period (ms)", true,
      TEXT(pending_period), -1 },
    { "X-ExpirationInfo", "oxcmapihttp.expiration_info", "Expiration (ms)", true,
      TEXT(expiration_info), -1 },
    { "X-ElapsedTime", "oxcmapihttp.elapsed_time", "Elapsed Time (ms)", true, TEXT(elapsed_time),
      -1 },
    { "X-StartTime", "oxcmapihttp.start_time", "Start Time", false, TEXT(start_time), -1 },
};
enum { REQUEST_TYPE, CLIENT_INFO = 2, RESPONSE_CODE = 6, HEADERS = array_length(headers) };

static int hf_operation = -1;
static int hf_meta_tag = -1;
static int hf_header = -1;
static int hf_blank = -1;
static int hf_other = -1;
static int hf_session = -1;
static int hf_user = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_time = -1;

static gint ett_message = -1;
static gint ett_preamble = -1;
static gint ett_header = -1;

static expert_field ei_failed = EI_INIT;
static expert_field ei_preamble = EI_INIT;

/* The code page with which a client opened its last session, by its address and X-ClientInfo; the
 * same for all its sessions and connections. */
static wmem_map_t *client_code_pages;

/* A message while it is dissected. */
struct message {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    proto_tree *own; /* for what is not of the body; NULL if nobody looks at it */
    bool is_response;
    struct oa_text values[HEADERS];       /* of the head; NULL if it has no such field */
    struct mapi_transaction *transaction; /* NULL: unknown */
    enum oa_mapi_http_type type;
    struct mapi_frame *frame;
    bool names_session; /* in the Info column */
};

static void
note_header(void *key, void *value, void *user)
{
    struct message *message = user;

    for (int i = 0; i < HEADERS; i++)
        if (g_ascii_strcasecmp(key, headers[i].name) == 0)
            message->values[i] = (struct oa_text){ value, strlen(value) };
}

/* The header fields that the decoder has read. */
static void
take_head(struct message *message, const struct oa_http_head *head)
{
    for (int i = 0; i < HEADERS; i++)
        message->values[i] = *(const struct oa_text *)((const char *)&head->mapi + headers[i].text);
}

/* --- requests and responses --- */

/* The message's layer of stock HTTP, which comes before ours; NULL if nobody looks. */
static proto_tree *
http_layer(const struct message *message)
{
    if (!message->own || !PTREE_DATA(message->own)->visible)
        return NULL;
    int http = proto_get_id_by_filter_name("http");
    proto_node *ours = proto_tree_get_parent(message->tree);
    proto_node *node = ours && ours->parent ? ours->parent->first_child : NULL;
    proto_node *found = NULL;

    for (; node && node != ours; node = node->next)
        if (PNODE_FINFO(node) && PNODE_FINFO(node)->hfinfo->id == http)
            found = node;
    return found;
}

/* A link that stock HTTP has too is shown once; filters find both. */
static void
show_link(const struct message *message, int hf, const char *stock, guint32 frame)
{
    proto_item *item = generated(proto_tree_add_uint(message->own, hf, message->tvb, 0, 0, frame));

    proto_tree *layer = http_layer(message);
    if (layer && item_in(layer, proto_registrar_get_id_byname(stock)))
        proto_item_set_hidden(item);
}

/* Of a request known on later visits only. */
static void
show_links(const struct message *message)
{
    const struct mapi_transaction *transaction = message->transaction;

    if (transaction->session) {
        char text[OA_USER_TEXT];
        generated(proto_tree_add_uint(message->own, hf_session, message->tvb, 0, 0,
                                      (guint32)transaction->session->number));
        add_generated_text(message->own, hf_user, message->tvb,
                           oa_vc_user_name(transaction->session, text));
    }
    if (!message->is_response && transaction->response_frame)
        show_link(message, hf_response_in, "http.response_in", transaction->response_frame);
    if (message->is_response && transaction->request_frame) {
        nstime_t time;

        show_link(message, hf_request_in, "http.request_in", transaction->request_frame);
        nstime_delta(&time, &message->pinfo->abs_ts, &transaction->request_time);
        generated(proto_tree_add_time(message->own, hf_time, message->tvb, 0, 0, &time));
    }
}

/* --- heads --- */

static proto_item *
add_header(const struct message *message, proto_tree *tree, int i, struct oa_text value, int offset,
           int length)
{
    uint64_t number;

    if (!headers[i].is_number)
        return tree ? proto_tree_add_string(
                          tree, headers[i].hf, message->tvb, offset, length,
                          wmem_strndup(message->pinfo->pool, value.at, value.length))
                    : NULL;
    if (!oa_text_number(value, 10, UINT32_MAX, &number))
        return NULL;
    proto_item *item =
        proto_tree_add_uint(tree, headers[i].hf, message->tvb, offset, length, (guint32)number);
    if (i == RESPONSE_CODE && number != 0) {
        const char *name = oa_mapi_http_response_code_name((uint32_t)number);
        expert_add_info_format(message->pinfo, item, &ei_failed, "The request failed: %.*s",
                               name ? (int)strlen(name) : (int)value.length,
                               name ? name : value.at);
    }
    return item;
}

/* The fields of the head; stock HTTP shows them at their position. A failure is told anyway. */
static void
show_head(const struct message *message)
{
    for (int i = 0; i < HEADERS; i++)
        if (message->values[i].at && (message->own || i == RESPONSE_CODE)) {
            proto_item *item = add_header(message, message->own, i, message->values[i], 0, 0);
            if (item)
                generated(item);
        }
}

/* --- bodies --- */

static void
show_line(const struct message *message, proto_tree *tree, const struct oa_mapi_http_line *line)
{
    int offset = (int)line->offset, length = (int)line->length;

    if (line->kind == OA_MAPI_HTTP_BLANK) {
        proto_tree_add_item(tree, hf_blank, message->tvb, offset, length, ENC_NA);
        return;
    }
    if (line->kind != OA_MAPI_HTTP_HEADER) {
        proto_tree_add_string(tree, hf_meta_tag, message->tvb, offset, length,
                              oa_mapi_http_line_name(line->kind));
        return;
    }
    const char *text =
        tree ? wmem_strdup_printf(message->pinfo->pool, "%.*s: %.*s", (int)line->name.length,
                                  line->name.at, (int)line->value.length, line->value.at)
             : "";
    proto_item *item = proto_tree_add_string(tree, hf_header, message->tvb, offset, length, text);
    for (int i = 0; i < HEADERS; i++)
        if (oa_text_equals(line->name, headers[i].name))
            add_header(message, proto_item_add_subtree(item, ett_header), i, line->value, offset,
                       length);
}

/* The lines before the body of a response; returns where the body begins. */
static int
show_preamble(const struct message *message, const uint8_t *data, size_t length)
{
    struct oa_mapi_http_reader reader = { .offset = 0 };
    struct oa_mapi_http_line line;
    proto_item *item;
    proto_tree *tree =
        proto_tree_add_subtree(message->own, message->tvb, 0, 0, ett_preamble, &item, "Preamble");

    while (oa_mapi_http_next_line(&reader, data, length, &line))
        show_line(message, tree, &line);
    proto_item_set_len(item, (int)reader.offset);
    if (reader.state != OA_MAPI_HTTP_BODY)
        expert_add_info(message->pinfo, item, &ei_preamble);
    return (int)reader.offset;
}

/* NULL if the client does not identify itself. */
static char *
client_key(const struct message *message)
{
    wmem_allocator_t *pool = message->pinfo->pool;
    const struct oa_text *info = &message->values[CLIENT_INFO];

    if (!info->at)
        return NULL;
    const char *address = address_to_str(pool, &message->pinfo->src);
    size_t length = strlen(address) + 1;
    char *key = wmem_alloc(pool, length + info->length + 1);
    memcpy(key, address, length);
    key[length - 1] = ' ';
    memcpy(key + length, info->at, info->length);
    key[length + info->length] = '\0';
    return key;
}

/* The code page known before this body: for a response from its request, for a request from its
 * client. Determined on the first visit. */
static guint32
code_page_before(const struct message *message)
{
    if (!message->transaction)
        return 0;
    guint32 *kept = &message->transaction->code_pages[message->is_response];
    if (!message->is_response && !PINFO_FD_VISITED(message->pinfo)) {
        const char *key = client_key(message);
        *kept = key ? GPOINTER_TO_UINT(wmem_map_lookup(client_code_pages, key)) : 0;
    }
    return *kept;
}

/* First visit only: a request sets it for its response, one that opens a session for later
 * requests. */
static void
note_code_page(const struct message *message, guint32 code_page)
{
    if (message->is_response || !message->transaction || PINFO_FD_VISITED(message->pinfo))
        return;
    message->transaction->code_pages[true] = code_page;
    bool opens = message->type == OA_MAPI_HTTP_CONNECT || message->type == OA_MAPI_HTTP_BIND;
    const char *key = opens ? client_key(message) : NULL;
    if (key)
        wmem_map_insert(client_code_pages, wmem_strdup(wmem_file_scope(), key),
                        GUINT_TO_POINTER(code_page));
}

/* The facts of a message, which only contain its operation so far. */
static void
start_facts(const struct message *message, struct oa_call_facts *facts)
{
    enum oa_mapi_http_endpoint endpoint = message->transaction
                                              ? message->transaction->endpoint
                                              : oa_mapi_http_type_endpoint(message->type);
    struct oa_stub stub = { .interface = oa_rpc_interface_over_http(endpoint),
                            .opnum = (uint16_t)message->type,
                            .is_response = message->is_response };

    oa_call_facts_start(facts, &stub);
}

/* What is kept of the ROPs of an exchange; the session of a request is known if its cookie
 * identifies it, that of a response always. */
static struct exchange_rops
rops_of(const struct message *message)
{
    struct mapi_transaction *transaction = message->transaction;
    struct exchange_rops rops = { .is_first_visit = !PINFO_FD_VISITED(message->pinfo) };

    if (!transaction)
        return rops;
    if (!transaction->rops)
        transaction->rops = exchange_tree_keep_rops();
    rops.call = transaction->rops;
    rops.frame = transaction->request_frame;
    struct oa_mailbox_session *mailbox = message->is_response && transaction->call
                                             ? transaction->call->mailbox
                                             : transaction->mailbox;
    if (rops.is_first_visit && mailbox)
        rops.objects = oa_mailbox_objects(mailbox);
    return rops;
}

static void
show_body(const struct message *message, int offset, struct oa_call_facts *facts)
{
    const struct oa_layout *layout = oa_mapi_http_layout(message->type, message->is_response);
    int length = tvb_reported_length_remaining(message->tvb, offset);
    const struct oa_text *code = &message->values[RESPONSE_CODE];
    bool has_failed = message->is_response && code->at && !oa_text_is(*code, "0");

    if (length <= 0)
        return;
    tvbuff_t *body = tvb_new_subset_remaining(message->tvb, offset);
    if (!layout || has_failed) {
        proto_tree_add_item(message->tree, hf_other, body, 0, -1, ENC_NA);
        return;
    }
    facts->code_page = code_page_before(message);
    bool has_rops = message->type == OA_MAPI_HTTP_EXECUTE;
    struct exchange_rops rops = { .call = NULL };
    if (has_rops)
        rops = rops_of(message);
    const char *info = exchange_tree_show_layout(body, message->pinfo, message->tree, layout,
                                                 has_rops ? &rops : NULL, facts);
    if (info[0]) {
        col_append_str(message->pinfo->cinfo, COL_INFO, ": ");
        col_append_str(message->pinfo->cinfo, COL_INFO, info);
    }
    note_code_page(message, facts->code_page);
    const char *status = oa_field_name(OA_NAMES_STATUS, facts->status);
    if (facts->has_status && facts->status)
        col_append_fstr(message->pinfo->cinfo, COL_INFO, ", %s (0x%08x)", status ? status : "error",
                        facts->status);
    if (facts->user_dn[0])
        col_append_fstr(message->pinfo->cinfo, COL_INFO, ", %s", facts->user_dn);
}

/* Stores the facts with the transaction, on the first visit, and queues the tap record. */
static void
queue_tap(const struct message *message, const struct oa_call_facts *facts)
{
    struct mapi_transaction *transaction = message->transaction;
    packet_info *pinfo = message->pinfo;

    if (!transaction)
        return;
    const guint8 **kept = message->is_response ? &transaction->response : &transaction->request;
    if (!*kept)
        *kept = keep_facts(facts);
    struct exchange_tap *record = exchange_new_record(pinfo);
    if (!record || (message->is_response && !transaction->call))
        return;
    record->transport = OA_TRANSPORT_MAPI_HTTP;
    record->is_response = message->is_response;
    record->iface = facts->interface;
    record->opnum = facts->opnum;
    record->request = kept_facts(pinfo, transaction->request);
    record->call = transaction->call;
    record->vc = transaction->call ? transaction->call->vc : NULL;
    record->session = transaction->call ? transaction->call->mailbox : NULL;
    record->request_frame = transaction->request_frame;
    if (message->is_response) {
        const struct oa_call *call = transaction->call;

        record->response = kept_facts(pinfo, transaction->response);
        if (oa_call_has_latency(call, OA_HOP_CLIENT))
            record->latency_ns = call->response[OA_HOP_CLIENT].last.time_ns -
                                 call->request[OA_HOP_CLIENT].last.time_ns;
    }
    exchange_queue_tap(pinfo, record);
}

/* Session and user, unless the message before has named them. */
static void
name_session(const struct message *message)
{
    const struct oa_virtual_connection *session =
        message->transaction ? message->transaction->session : NULL;
    column_info *cinfo = message->pinfo->cinfo;
    char number[NUMBER_TEXT], text[OA_USER_TEXT];

    if (!message->names_session || !session || session == message->frame->named)
        return;
    message->frame->named = session;
    const char *user = oa_vc_user_name(session, text);
    g_snprintf(number, sizeof number, "%u", (guint32)session->number);
    col_append_lstr(cinfo, COL_INFO, "Session ", number, user ? ", " : "", user ? user : "", ": ",
                    COL_ADD_LSTR_TERMINATOR);
}

/* `status` is the HTTP status of a response whose head is known, else 0. */
static void
show_info(const struct message *message, bool is_first, unsigned status)
{
    column_info *cinfo = message->pinfo->cinfo;
    uint32_t code = 0;
    const struct oa_text *sent = &message->values[REQUEST_TYPE];

    col_set_str(cinfo, COL_PROTOCOL, "MAPI/HTTP");
    if (!is_first)
        col_append_str(cinfo, COL_INFO, " | ");
    name_session(message);
    if (message->type || !sent->at)
        col_append_str(cinfo, COL_INFO, oa_mapi_http_type_name(message->type));
    else
        col_append_fstr(cinfo, COL_INFO, "%.*s", (int)sent->length, sent->at);
    col_append_str(cinfo, COL_INFO, message->is_response ? " response" : " request");
    if (message->is_response && oa_mapi_http_response_code(message->values[RESPONSE_CODE], &code) &&
        code)
        col_append_fstr(cinfo, COL_INFO, ", failed: %s (%u)",
                        oa_mapi_http_response_code_name(code)
                            ? oa_mapi_http_response_code_name(code)
                            : "unknown code",
                        code);
    else if (status && status != 200)
        col_append_fstr(cinfo, COL_INFO, ", HTTP status %u", status);
}

static void
show_summary(const struct message *message)
{
    const struct mapi_transaction *transaction = message->transaction;
    const struct oa_call *call = transaction->call;
    const struct exchange_summary summary = {
        .iface = oa_rpc_interface_over_http(transaction->endpoint),
        .opnum = (uint16_t)message->type,
        .is_response = message->is_response,
        .hop = OA_HOP_CLIENT,
        .call = call,
        .vc = call ? call->vc : transaction->session,
        .mailbox = call ? call->mailbox : transaction->mailbox,
    };

    exchange_fields_show(message->tvb, message->pinfo, message->tree, &summary);
}

/* Everything except the body. */
static void
show_message(struct message *message, int offset, int length)
{
    const char *name = oa_mapi_http_type_name(message->type);

    if (message->transaction)
        show_summary(message);
    proto_item *item =
        proto_tree_add_item(message->tree, proto_oxcmapihttp, message->tvb, offset, length, ENC_NA);

    proto_item_append_text(item, ", %s %s", name, message->is_response ? "response" : "request");
    message->tree = proto_item_add_subtree(item, ett_message);
    message->own = seen_tree(message->tree, proto_oxcmapihttp);
    generated(proto_tree_add_string(message->own, hf_operation, message->tvb, 0, 0, name));
    show_head(message);
    if (message->transaction && message->own)
        show_links(message);
}

static void
take_transaction(struct message *message, struct mapi_transaction *transaction)
{
    message->transaction = transaction;
    message->type = oa_mapi_http_type_of(message->values[REQUEST_TYPE]);
    if (!message->type && transaction)
        message->type = transaction->type;
}

/* A body, with the header fields of its message. */
static int
dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    const WS_COMPAT_HTTP_MESSAGE *http = data;
    size_t length = tvb_captured_length(tvb);
    struct message message = { .tvb = tvb, .pinfo = pinfo, .tree = tree };
    struct oa_call_facts facts;
    int offset = 0;

    if (length == 0 || !http || !WS_COMPAT_HTTP_IS_MESSAGE(http))
        return 0;
    struct mapi_message *whole = mapi_message_current(pinfo);
    if (whole)
        whole->is_shown = true;
    message.names_session = whole && whole->stream->names_in_info;
    message.is_response = WS_COMPAT_HTTP_IS_RESPONSE(http);
    /* Later versions of stock HTTP pass on the header fields on the first visit only. */
    if (whole && whole->head.length)
        take_head(&message, &whole->head);
    else if (http->data)
        wmem_map_foreach(http->data, note_header, &message);
    take_transaction(&message, whole ? whole->transaction : NULL);
    /* Stock HTTP sets a fence after each message of a segment. */
    col_clear(pinfo->cinfo, COL_INFO);
    message.frame = whole ? whole->frame : mapi_frame_of(pinfo);
    show_info(&message, message.frame->shown++ == 0, 0);
    show_message(&message, 0, -1);
    if (message.is_response)
        offset = show_preamble(&message, tvb_get_ptr(tvb, 0, (gint)length), length);
    start_facts(&message, &facts);
    show_body(&message, offset, &facts);
    queue_tap(&message, &facts);
    return (int)length;
}

void
oxcmapihttp_show_head(const struct mapi_message *whole, packet_info *pinfo, proto_tree *tree,
                      const char *before)
{
    struct message message = {
        .tvb = whole->tvb,
        .pinfo = pinfo,
        .tree = tree,
        .is_response = !whole->head.is_request,
        .frame = whole->frame,
        .names_session = whole->stream->names_in_info,
    };
    struct oa_call_facts facts;

    take_head(&message, &whole->head);
    take_transaction(&message, whole->transaction);
    /* Replaces what stock HTTP wrote before its fence. */
    col_clear_fence(pinfo->cinfo, COL_INFO);
    col_add_str(pinfo->cinfo, COL_INFO, before);
    message.frame->shown++;
    show_info(&message, !before[0], whole->head.status);
    col_set_fence(pinfo->cinfo, COL_INFO);
    show_message(&message, (int)whole->head_offset, (int)whole->head.length);
    start_facts(&message, &facts);
    queue_tap(&message, &facts);
}

/* --- registration --- */

static const value_string *
response_codes(void)
{
    static value_string rows[RESPONSE_CODES + 1];
    size_t count = 0;

    for (uint32_t code = 0; code < RESPONSE_CODES; code++)
        if (oa_mapi_http_response_code_name(code)) {
            rows[count].value = code;
            rows[count++].strptr = oa_mapi_http_response_code_name(code);
        }
    return rows;
}

static void
register_headers(void)
{
    static hf_register_info hf[HEADERS];

    for (int i = 0; i < HEADERS; i++) {
        bool is_code = i == RESPONSE_CODE;
        hf_register_info info = {
            &headers[i].hf,
            { headers[i].label, headers[i].filter, headers[i].is_number ? FT_UINT32 : FT_STRING,
              headers[i].is_number ? BASE_DEC : BASE_NONE, is_code ? VALS(response_codes()) : NULL,
              0, headers[i].name, HFILL }
        };
        hf[i] = info;
    }
    proto_register_field_array(proto_oxcmapihttp, hf, HEADERS);
}

void
oxcmapihttp_register(void)
{
    static hf_register_info hf[] = {
        { &hf_operation,
          { "Operation", "oxcmapihttp.operation", FT_STRING, BASE_NONE, NULL, 0,
            "Request type, by its name in [MS-OXCMAPIHTTP]", HFILL } },
        { &hf_meta_tag,
          { "Meta-Tag", "oxcmapihttp.meta_tag", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_header,
          { "Additional Header", "oxcmapihttp.header", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_blank,
          { "End of Additional Headers", "oxcmapihttp.blank", FT_NONE, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_other,
          { "Body", "oxcmapihttp.body", FT_BYTES, BASE_NONE, NULL, 0,
            "Of an unknown request type, or of a failed response", HFILL } },
        { &hf_session,
          { "Session", "oxcmapihttp.session", FT_UINT32, BASE_DEC, NULL, 0,
            "Number of the session context, counted together with virtual connections; session in "
            "the "
            "reports",
            HFILL } },
        { &hf_user,
          { "User", "oxcmapihttp.user", FT_STRING, BASE_NONE, NULL, 0,
            "Who authenticated, else the name in the Connect of the session", HFILL } },
        { &hf_request_in,
          { "Request in", "oxcmapihttp.request_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL } },
        { &hf_response_in,
          { "Response in", "oxcmapihttp.response_in", FT_FRAMENUM, BASE_NONE,
            FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, NULL, HFILL } },
        { &hf_time,
          { "Time from request", "oxcmapihttp.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "From the frame that completes the request to the one that completes the response",
            HFILL } },
    };
    static ei_register_info experts[] = {
        { &ei_failed,
          { "oxcmapihttp.failed", PI_RESPONSE_CODE, PI_NOTE, "The request failed", EXPFILL } },
        { &ei_preamble,
          { "oxcmapihttp.preamble", PI_PROTOCOL, PI_WARN,
            "The lines before the body end unexpectedly", EXPFILL } },
    };
    static gint *ett[] = { &ett_message, &ett_preamble, &ett_header };

    proto_oxcmapihttp =
        proto_register_protocol("Exchange MAPI over HTTP", "OXCMAPIHTTP", "oxcmapihttp");
    proto_register_field_array(proto_oxcmapihttp, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_oxcmapihttp), experts,
                                array_length(experts));
    register_headers();
    client_code_pages =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_str_hash, g_str_equal);
}

void
oxcmapihttp_handoff(void)
{
    dissector_add_string("media_type", MEDIA_TYPE,
                         create_dissector_handle(dissect, proto_oxcmapihttp));
}
