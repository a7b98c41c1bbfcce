/* mapi_http.c
 * Recognises MAPI over HTTP and reads the lines before the bodies of its responses.
 * [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.3, 2.2.7
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/mapi_http.h"

#include <string.h>

#include <glib.h>

static const char CONTENT_TYPE[] = "application/mapi-http";

static const struct {
    const char *wire;
    const char *name;
    enum oa_mapi_http_endpoint endpoint;
} TYPES[OA_MAPI_HTTP_TYPES] = {
#define OA_MAPI_HTTP_TYPE(id, wire, name, endpoint, facts, layouts)                                \
    [OA_MAPI_HTTP_##id] = { wire, name, OA_MAPI_HTTP_##endpoint },
#include "http/mapi_http_types.def"
#undef OA_MAPI_HTTP_TYPE
};

static const struct {
    const char *name;
    const char *path;
} ENDPOINTS[] = {
    [OA_MAPI_HTTP_NO_ENDPOINT] = { "", NULL },
    [OA_MAPI_HTTP_EMSMDB] = { "emsmdb", "/mapi/emsmdb" },
    [OA_MAPI_HTTP_NSPI] = { "nspi", "/mapi/nspi" },
};

static const char *const LINES[] = {
    [OA_MAPI_HTTP_PROCESSING] = "PROCESSING",
    [OA_MAPI_HTTP_PENDING] = "PENDING",
    [OA_MAPI_HTTP_DONE] = "DONE",
    [OA_MAPI_HTTP_HEADER] = "header",
    [OA_MAPI_HTTP_BLANK] = "end of headers",
};

static const char *const RESPONSE_CODES[] = {
    "Success",
    "Unknown Failure",
    "Invalid Verb",
    "Invalid Path",
    "Invalid Header",
    "Invalid Request Type",
    "Invalid Context Cookie",
    "Missing Header",
    "Anonymous Not Allowed",
    "Too Large",
    "Context Not Found",
    "No Privilege",
    "Invalid Request Body",
    "Missing Cookie",
    "Reserved",
    "Invalid Sequence",
    "Endpoint Disabled",
    "Invalid Response",
    "Endpoint Shutting Down",
};

/* That carry the Session Context: of Exchange, of Gromox. */
static const char *const CONTEXT_COOKIES[] = { "MapiContext", "sid" };

/* Servers ignore case. The names of the document are accepted too. */
enum oa_mapi_http_type
oa_mapi_http_type_of(struct oa_text text)
{
    for (int type = OA_MAPI_HTTP_UNKNOWN + 1; type < OA_MAPI_HTTP_TYPES; type++)
        if (oa_text_equals(text, TYPES[type].wire) || oa_text_equals(text, TYPES[type].name))
            return (enum oa_mapi_http_type)type;
    return OA_MAPI_HTTP_UNKNOWN;
}

static enum oa_mapi_http_endpoint
endpoint_of(struct oa_text path)
{
    for (int i = OA_MAPI_HTTP_EMSMDB; i <= OA_MAPI_HTTP_NSPI; i++) {
        size_t length = strlen(ENDPOINTS[i].path);

        if (oa_text_starts(path, ENDPOINTS[i].path) &&
            (path.length == length || path.at[length] == '/'))
            return (enum oa_mapi_http_endpoint)i;
    }
    return OA_MAPI_HTTP_NO_ENDPOINT;
}

/* `...&MailboxId=guid@domain&...`, as in the addresses from Autodiscover. */
static struct oa_text
mailbox_of(struct oa_text query)
{
    static const char NAME[] = "MailboxId=";

    while (query.length > 0) {
        const char *end = memchr(query.at, '&', query.length);
        size_t length = end ? (size_t)(end - query.at) : query.length;
        struct oa_text item = { query.at, length };

        if (oa_text_starts(item, NAME))
            return (struct oa_text){ item.at + sizeof NAME - 1, length - (sizeof NAME - 1) };
        length += end != NULL;
        query = (struct oa_text){ query.at + length, query.length - length };
    }
    return (struct oa_text){ NULL, 0 };
}

bool
oa_mapi_http_request(const struct oa_http_head *head, struct oa_mapi_http_request *request)
{
    bool has_type = head->mapi.request_type.length > 0;
    bool has_content_type = oa_text_equals(head->content_type, CONTENT_TYPE);

    if (!head->is_request || !oa_text_equals(head->method, "POST"))
        return false;
    *request = (struct oa_mapi_http_request){ .endpoint = endpoint_of(head->path),
                                              .type = oa_mapi_http_type_of(head->mapi.request_type),
                                              .mailbox_id = mailbox_of(head->query) };
    if (request->endpoint != OA_MAPI_HTTP_NO_ENDPOINT)
        return has_type || has_content_type;
    request->endpoint = TYPES[request->type].endpoint;
    return has_type && has_content_type;
}

struct oa_text
oa_mapi_http_context(const struct oa_http_head *head)
{
    struct oa_text value;

    for (size_t i = 0; i < G_N_ELEMENTS(CONTEXT_COOKIES); i++)
        if (oa_http_cookie(head, CONTEXT_COOKIES[i], &value) && value.length > 0)
            return value;
    return (struct oa_text){ NULL, 0 };
}

bool
oa_mapi_http_has_body(const struct oa_http_head *head)
{
    return !head->is_request && oa_text_equals(head->content_type, CONTENT_TYPE);
}

bool
oa_mapi_http_is_response(const struct oa_http_head *head)
{
    return !head->is_request && head->mapi.request_type.length > 0 &&
           (oa_mapi_http_has_body(head) || head->mapi.response_code.length > 0);
}

/* Whether the bytes, as far as they go, are that meta-tag, which is in capitals. */
static bool
begins_tag(struct oa_text text, int kind)
{
    return text.length <= strlen(LINES[kind]) && memcmp(text.at, LINES[kind], text.length) == 0;
}

/* Whether bytes without a line end may become a meta-tag. */
static bool
may_be_tag(struct oa_text text)
{
    bool may_be = false;

    if (text.length > 0 && text.at[text.length - 1] == '\r')
        text.length--;
    for (int kind = OA_MAPI_HTTP_PROCESSING; kind <= OA_MAPI_HTTP_DONE; kind++)
        may_be |= begins_tag(text, kind);
    return may_be;
}

/* Tags come before DONE; after it headers up to an empty line. */
static bool
take_line(struct oa_mapi_http_reader *reader, struct oa_text text, struct oa_mapi_http_line *line)
{
    if (!reader->done) {
        for (int kind = OA_MAPI_HTTP_PROCESSING; kind <= OA_MAPI_HTTP_DONE; kind++) {
            if (text.length != strlen(LINES[kind]) || !begins_tag(text, kind))
                continue;
            line->kind = (enum oa_mapi_http_line_kind)kind;
            reader->done = kind == OA_MAPI_HTTP_DONE;
            return true;
        }
        return false;
    }
    const char *colon = text.length ? memchr(text.at, ':', text.length) : NULL;
    line->kind = colon ? OA_MAPI_HTTP_HEADER : OA_MAPI_HTTP_BLANK;
    if (!colon)
        return text.length == 0;
    size_t length = (size_t)(colon - text.at);
    line->name = oa_text_trim((struct oa_text){ text.at, length });
    line->value = oa_text_trim((struct oa_text){ colon + 1, text.length - length - 1 });
    return true;
}

bool
oa_mapi_http_next_line(struct oa_mapi_http_reader *reader, const uint8_t *body, size_t length,
                       struct oa_mapi_http_line *line)
{
    if (reader->state != OA_MAPI_HTTP_PREAMBLE || reader->offset >= length)
        return false;
    struct oa_text text = { (const char *)body + reader->offset, length - reader->offset };
    const char *end = memchr(text.at, '\n', MIN(text.length, OA_MAPI_HTTP_LINE_MAX));

    if (!end) {
        if (text.length >= OA_MAPI_HTTP_LINE_MAX || (!reader->done && !may_be_tag(text)))
            reader->state = OA_MAPI_HTTP_OTHER;
        return false;
    }
    *line = (struct oa_mapi_http_line){ .offset = reader->offset };
    text.length = (size_t)(end - text.at);
    line->length = text.length + 1;
    if (text.length > 0 && text.at[text.length - 1] == '\r')
        text.length--;
    if (!take_line(reader, text, line)) {
        reader->state = OA_MAPI_HTTP_OTHER;
        return false;
    }
    reader->offset += line->length;
    if (line->kind == OA_MAPI_HTTP_BLANK)
        reader->state = OA_MAPI_HTTP_BODY;
    return true;
}

static void
take_header(struct oa_mapi_http_preamble *preamble, const struct oa_mapi_http_line *line)
{
    uint64_t number;

    if (oa_text_equals(line->name, "X-ResponseCode")) {
        if (oa_mapi_http_response_code(line->value, &preamble->response_code))
            preamble->has_response_code = true;
    } else if (oa_text_equals(line->name, "X-ElapsedTime")) {
        if (oa_text_number(line->value, 10, UINT32_MAX, &number)) {
            preamble->has_elapsed_time = true;
            preamble->elapsed_time_ms = (uint32_t)number;
        }
    } else if (oa_text_equals(line->name, "X-StartTime")) {
        preamble->start_time = line->value;
    }
}

void
oa_mapi_http_preamble(const uint8_t *body, size_t length, struct oa_mapi_http_preamble *preamble)
{
    struct oa_mapi_http_reader reader = { .offset = 0 };
    struct oa_mapi_http_line line;

    *preamble = (struct oa_mapi_http_preamble){ .done = false };
    while (oa_mapi_http_next_line(&reader, body, length, &line)) {
        preamble->n_processing += line.kind == OA_MAPI_HTTP_PROCESSING;
        preamble->n_pending += line.kind == OA_MAPI_HTTP_PENDING;
        if (line.kind == OA_MAPI_HTTP_HEADER)
            take_header(preamble, &line);
    }
    preamble->state = reader.state;
    preamble->body_offset = reader.offset;
    preamble->done = reader.done;
}

bool
oa_mapi_http_response_code(struct oa_text text, uint32_t *code)
{
    uint64_t number;

    if (!oa_text_number(text, 10, UINT32_MAX, &number))
        return false;
    *code = (uint32_t)number;
    return true;
}

enum oa_mapi_http_endpoint
oa_mapi_http_type_endpoint(enum oa_mapi_http_type type)
{
    return TYPES[type].endpoint;
}

const char *
oa_mapi_http_type_name(enum oa_mapi_http_type type)
{
    return TYPES[type].name;
}

const char *
oa_mapi_http_line_name(enum oa_mapi_http_line_kind kind)
{
    return LINES[kind];
}

const char *
oa_mapi_http_response_code_name(uint32_t code)
{
    return code < G_N_ELEMENTS(RESPONSE_CODES) ? RESPONSE_CODES[code] : NULL;
}
