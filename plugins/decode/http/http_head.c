/* http_head.c
 * Parses one HTTP/1.x message head, without copying or allocating.
 * [MS-RPCH] 2.1.1.1, 2.1.2.1, 2.2.2, [RFC 9112] 2 to 6, [RFC 9110] 5 and 11
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_head.h"

#include <string.h>

#include <glib.h>

/* When a head has this many bytes, its start line has been checked before. */
#define HEAD_JUDGED 512

/* Longer than any registered method (17 characters) and any private one seen, so that binary data
 * fail early. */
#define METHOD_MAX 32

/* [MS-RPCH] 2.2.2: the name is shorter than 1024 characters, the port has one to six digits. */
#define SERVER_NAME_MAX 1023
#define PORT_DIGITS_MAX 6

#define CONTENT_LENGTH_MAX (UINT64_C(1) << 63)

static const char VERSION_START[] = "HTTP/1.";

static const struct {
    const char *name;
    size_t length;
    enum oa_http_method id;
} METHODS[] = {
#define METHOD(name) #name, sizeof #name - 1, OA_HTTP_##name
    { METHOD(RPC_IN_DATA) },
    { METHOD(RPC_OUT_DATA) },
    { METHOD(RPC_CONNECT) },
#undef METHOD
};

/* State while the lines are read. */
struct parser {
    struct oa_http_head head;
    bool bad_content_length;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Apart from its case, which is one bit. */
static bool
same_letter(char a, char b)
{
    return ((a ^ b) & ~0x20) == 0;
}

/* tchar, [RFC 9110] 5.6.2 */
static bool
is_token_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Drops the first `count` bytes of the text. */
static struct oa_text
without_start(struct oa_text text, size_t count)
{
    return (struct oa_text){ text.at + count, text.length - count };
}

/* Takes the text before the separator, or all of it; the separator itself is dropped. */
static struct oa_text
cut(struct oa_text *rest, char separator)
{
    struct oa_text piece = *rest;
    const char *found = rest->length ? memchr(rest->at, separator, rest->length) : NULL;

    if (!found) {
        rest->length = 0;
        return piece;
    }
    piece.length = (size_t)(found - rest->at);
    *rest = without_start(*rest, piece.length + 1);
    return piece;
}

/* Position of the last occurrence of a character; the length of the text if there is none. */
static size_t
find_last(struct oa_text text, char c)
{
    for (size_t i = text.length; i > 0; i--)
        if (text.at[i - 1] == c)
            return i - 1;
    return text.length;
}

static struct oa_text
next_line(struct oa_text *rest)
{
    struct oa_text line = cut(rest, '\n');

    if (line.length > 0 && line.at[line.length - 1] == '\r')
        line.length--;
    return line;
}

/* Takes one element of a list; a comma in a quoted string does not separate, [RFC 9110] 5.6.1,
 * 5.6.4. */
static struct oa_text
next_item(struct oa_text *list)
{
    struct oa_text item = *list;
    bool quoted = false;
    size_t end = 0;

    for (; end < list->length && (quoted || list->at[end] != ','); end++) {
        if (list->at[end] == '"')
            quoted = !quoted;
        else if (quoted && list->at[end] == '\\' && end + 1 < list->length)
            end++;
    }
    item.length = end;
    *list = without_start(*list, MIN(end + 1, list->length));
    return oa_text_trim(item);
}

static struct oa_text
without_pair(struct oa_text text, char open, char close)
{
    if (text.length < 2 || text.at[0] != open || text.at[text.length - 1] != close)
        return text;
    return (struct oa_text){ text.at + 1, text.length - 2 };
}

/* --- header lines --- */

static void
take_text(struct parser *parser, struct oa_text value, size_t member)
{
    struct oa_text *to = (struct oa_text *)((char *)&parser->head + member);

    if (to->length == 0)
        *to = value;
}

static void
take_content_type(struct parser *parser, struct oa_text value, size_t member)
{
    take_text(parser, oa_text_trim(cut(&value, ';')), member);
}

/* Lengths that disagree are ignored altogether; repeating one is allowed, [RFC 9110] 8.6. */
static void
take_content_length(struct parser *parser, struct oa_text value, size_t unused)
{
    struct oa_http_head *head = &parser->head;

    (void)unused;
    do {
        struct oa_text item = next_item(&value);
        uint64_t length;

        if (!oa_text_number(item, 10, CONTENT_LENGTH_MAX, &length))
            parser->bad_content_length = true;
        else if (head->has_content_length && head->content_length != length)
            parser->bad_content_length = true;
        head->has_content_length = true;
        head->content_length = length;
    } while (value.length > 0);
}

static bool
list_has(struct oa_text list, const char *word)
{
    while (list.length > 0)
        if (oa_text_equals(next_item(&list), word))
            return true;
    return false;
}

static void
take_transfer_encoding(struct parser *parser, struct oa_text value, size_t unused)
{
    (void)unused;
    parser->head.chunked |= list_has(value, "chunked");
}

static void
take_connection(struct parser *parser, struct oa_text value, size_t unused)
{
    (void)unused;
    parser->head.connection_close |= list_has(value, "close");
}

static void
take_expect(struct parser *parser, struct oa_text value, size_t unused)
{
    (void)unused;
    parser->head.expect_continue |= list_has(value, "100-continue");
}

static void
take_persistent_auth(struct parser *parser, struct oa_text value, size_t unused)
{
    (void)unused;
    parser->head.persistent_auth |= oa_text_equals(value, "true");
}

static void
take_min_conn_timeout(struct oa_http_head *head, struct oa_text value)
{
    uint64_t seconds;

    if (!head->has_min_conn_timeout && oa_text_number(value, 10, UINT32_MAX, &seconds)) {
        head->has_min_conn_timeout = true;
        head->min_conn_timeout_s = (uint32_t)seconds;
    }
}

/* [MS-RPCH] 2.1.2.1.1: the directives may be on one line or on several. */
static void
take_pragma(struct parser *parser, struct oa_text value, size_t unused)
{
    (void)unused;
    while (value.length > 0) {
        struct oa_text item = next_item(&value);
        struct oa_text name = oa_text_trim(cut(&item, '='));
        struct oa_text uuid = without_pair(oa_text_trim(item), '{', '}');

        if (oa_text_equals(name, "MinConnTimeout"))
            take_min_conn_timeout(&parser->head, oa_text_trim(item));
        else if (oa_text_equals(name, "ResourceTypeUuid"))
            take_text(parser, uuid, offsetof(struct oa_http_head, resource_type_uuid));
        else if (oa_text_equals(name, "SessionId"))
            take_text(parser, uuid, offsetof(struct oa_http_head, session_id));
    }
}

/* Splits `Scheme token`; false if it does not begin with the name of a scheme and a space. */
static bool
split_scheme(struct oa_text text, struct oa_text *scheme, struct oa_text *token)
{
    size_t length = 0;

    while (length < text.length && is_token_char(text.at[length]))
        length++;
    *scheme = (struct oa_text){ text.at, length };
    *token = oa_text_trim(without_start(text, length));
    return length > 0 && (length == text.length || is_blank(text.at[length]));
}

static struct oa_http_credentials *
add_credentials(struct oa_http_head *head, struct oa_http_credentials credentials)
{
    if (head->n_credentials == OA_HTTP_CREDENTIALS_MAX)
        return NULL;
    head->credentials[head->n_credentials] = credentials;
    return &head->credentials[head->n_credentials++];
}

/* A request names one scheme; commas after it belong to it, [RFC 9110] 11.6.2. */
static void
take_credentials(struct parser *parser, struct oa_text value, size_t header)
{
    struct oa_http_credentials credentials = { .header = (enum oa_http_auth_header)header };

    if (split_scheme(value, &credentials.scheme, &credentials.token))
        add_credentials(&parser->head, credentials);
}

/*
 * A line of challenges may name several schemes, each with parameters, all separated by commas,
 * [RFC 9110] 11.6.1. `name=` begins a parameter of the scheme before it.
 */
static void
take_challenges(struct parser *parser, struct oa_text value, size_t header)
{
    struct oa_http_credentials *last = NULL;

    while (value.length > 0) {
        struct oa_http_credentials found = { .header = (enum oa_http_auth_header)header };
        struct oa_text item = next_item(&value);
        bool is_scheme = split_scheme(item, &found.scheme, &found.token);

        if (found.scheme.length > 0 && oa_text_starts(found.token, "=")) {
            if (last && last->token.length > 0)
                last->token.length = (size_t)(item.at + item.length - last->token.at);
            else if (last)
                last->token = item;
        } else if (is_scheme) {
            last = add_credentials(&parser->head, found);
        }
    }
}

/* Kept in order: a request has Cookie lines, a response has Set-Cookie lines. */
static void
take_cookie(struct parser *parser, struct oa_text value, size_t unused)
{
    struct oa_http_head *head = &parser->head;

    (void)unused;
    if (head->n_cookies < OA_HTTP_COOKIES_MAX)
        head->cookies[head->n_cookies++] = value;
}

/* The longest name in the table, and the most names of one length. */
#define HEADER_NAME_MAX 19
#define NAMES_OF_LENGTH 4

/* By the length of the name. The third letters of those of one length differ. */
#define TELLING_LETTER 2
/* clang-format off */
static const struct header_row {
    const char *name;
    void (*take)(struct parser *parser, struct oa_text value, size_t argument);
    size_t argument; /* of `take`: the member to fill, or which authentication header it is */
} HEADERS[HEADER_NAME_MAX + 1][NAMES_OF_LENGTH] = {
#define MEMBER(name) offsetof(struct oa_http_head, name)
    [4] = {
        { "Host", take_text, MEMBER(host) },
    },
    [6] = {
        { "Server", take_text, MEMBER(server_software) },
        { "Cookie", take_cookie, 0 },
        { "Expect", take_expect, 0 },
        { "Pragma", take_pragma, 0 },
    },
    [10] = {
        { "User-Agent", take_text, MEMBER(user_agent) },
        { "Set-Cookie", take_cookie, 0 },
        { "Connection", take_connection, 0 },
    },
    [11] = {
        { "X-RequestId", take_text, MEMBER(mapi.request_id) },
        { "X-StartTime", take_text, MEMBER(mapi.start_time) },
    },
    [12] = {
        { "Content-Type", take_content_type, MEMBER(content_type) },
        { "X-ClientInfo", take_text, MEMBER(mapi.client_info) },
        { "X-DeviceInfo", take_text, MEMBER(mapi.device_info) },
    },
    [13] = {
        { "X-RequestType", take_text, MEMBER(mapi.request_type) },
        { "X-ElapsedTime", take_text, MEMBER(mapi.elapsed_time) },
        { "Authorization", take_credentials, OA_HTTP_AUTHORIZATION },
    },
    [14] = {
        { "Content-Length", take_content_length, 0 },
        { "X-ResponseCode", take_text, MEMBER(mapi.response_code) },
    },
    [15] = {
        { "Persistent-Auth", take_persistent_auth, 0 },
        { "X-PendingPeriod", take_text, MEMBER(mapi.pending_period) },
    },
    [16] = {
        { "Content-Encoding", take_text, MEMBER(content_encoding) },
        { "X-ExpirationInfo", take_text, MEMBER(mapi.expiration_info) },
        { "WWW-Authenticate", take_challenges, OA_HTTP_WWW_AUTHENTICATE },
    },
    [17] = {
        { "Transfer-Encoding", take_transfer_encoding, 0 },
    },
    [18] = {
        { "Proxy-Authenticate", take_challenges, OA_HTTP_PROXY_AUTHENTICATE },
    },
    [19] = {
        { "X-ClientApplication", take_text, MEMBER(mapi.client_application) },
        { "X-ServerApplication", take_text, MEMBER(mapi.server_application) },
        { "Proxy-Authorization", take_credentials, OA_HTTP_PROXY_AUTHORIZATION },
    },
#undef MEMBER
};
/* clang-format on */

/* Compares a name of the same length; mostly they are in the case of the documents. */
static bool
same_name(struct oa_text name, const char *known)
{
    return memcmp(name.at, known, name.length) == 0 ||
           g_ascii_strncasecmp(name.at, known, name.length) == 0;
}

/* A folded line begins with a space, so its name is not in the table. */
static void
take_header(struct parser *parser, struct oa_text line)
{
    const char *colon = memchr(line.at, ':', MIN(line.length, HEADER_NAME_MAX + 1));

    if (!colon)
        return;
    struct oa_text name = { line.at, (size_t)(colon - line.at) };
    const struct header_row *row = HEADERS[name.length];
    for (size_t i = 0; i < NAMES_OF_LENGTH && row[i].name; i++)
        if (same_letter(name.at[TELLING_LETTER], row[i].name[TELLING_LETTER])) {
            if (same_name(name, row[i].name))
                row[i].take(parser, oa_text_trim(without_start(line, name.length + 1)),
                            row[i].argument);
            return;
        }
}

/* --- first line --- */

/* `server:port` up to a `&`; IPv6 literals have colons, so the last one counts, [MS-RPCH] 2.2.2. */
static void
take_rpc_server(struct oa_http_head *head, struct oa_text text)
{
    text = cut(&text, '&');
    size_t colon = find_last(text, ':');
    if (colon == 0 || colon > SERVER_NAME_MAX || colon == text.length)
        return;
    struct oa_text server = { text.at, colon };
    struct oa_text port = without_start(text, colon + 1);
    uint64_t number;
    if (port.length > PORT_DIGITS_MAX || !oa_text_number(port, 10, UINT32_MAX, &number))
        return;
    server = without_pair(server, '[', ']');
    if (server.length == 0 || find_last(server, ' ') != server.length)
        return;
    head->has_rpc_server = true;
    head->rpc_server = server;
    head->rpc_port = (uint32_t)number;
}

/* Drops the scheme and authority of the absolute form, which HTTP proxies receive, [RFC 9112]
 * 3.2.2. */
static struct oa_text
origin_form(struct oa_text target)
{
    if (!oa_text_starts(target, "http://") && !oa_text_starts(target, "https://"))
        return target;
    cut(&target, '/');
    cut(&target, '/');
    while (target.length > 0 && target.at[0] != '/' && target.at[0] != '?')
        target = without_start(target, 1);
    return target;
}

static void
take_target(struct oa_http_head *head)
{
    const struct oa_text origin = origin_form(head->target);
    struct oa_text query = origin;
    struct oa_text path = cut(&query, '?');
    bool has_query = path.length < origin.length;

    /* The other forms, `*` and `host:port`, have no path. */
    if (has_query || (path.length > 0 && path.at[0] == '/'))
        head->path = path;
    if (has_query)
        head->query = query;
    if (head->method_id == OA_HTTP_OTHER)
        return;
    if (has_query)
        take_rpc_server(head, query);
    else if (head->method_id == OA_HTTP_RPC_CONNECT)
        take_rpc_server(head, head->target);
}

/* Methods are case-sensitive, [RFC 9110] 9.1. */
static enum oa_http_method
method_of(struct oa_text method)
{
    for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++) {
        size_t length = METHODS[i].length;

        if (method.length == length && memcmp(method.at, METHODS[i].name, length) == 0)
            return METHODS[i].id;
    }
    return OA_HTTP_OTHER;
}

static bool
take_request_line(struct oa_http_head *head, struct oa_text line)
{
    struct oa_text rest = oa_text_trim(line);
    struct oa_text method = cut(&rest, ' ');
    size_t blank = find_last(rest, ' ');
    size_t start = sizeof VERSION_START - 1;

    if (blank == rest.length)
        return false;
    struct oa_text version = without_start(rest, blank + 1);
    if (version.length != start + 1 || memcmp(version.at, VERSION_START, start) != 0)
        return false;
    head->target = oa_text_trim((struct oa_text){ rest.at, blank });
    if (!g_ascii_isdigit(version.at[start]) || head->target.length == 0)
        return false;
    head->is_request = true;
    head->version_minor = (unsigned)g_ascii_digit_value(version.at[start]);
    head->method = method;
    head->method_id = method_of(method);
    take_target(head);
    return true;
}

/* `RPC Error: 6ba[, EEInfo: base64]`, [MS-RPCH] 2.1.2.1.3 */
static void
take_rpc_error(struct oa_http_head *head)
{
    static const char ERROR[] = "RPC Error:";
    static const char INFO[] = "EEInfo:";
    uint64_t error;

    if (!oa_text_starts(head->reason, ERROR))
        return;
    struct oa_text info = without_start(head->reason, sizeof ERROR - 1);
    struct oa_text code = oa_text_trim(cut(&info, ','));
    if (!oa_text_number(code, 16, UINT32_MAX, &error))
        return;
    head->has_rpc_error = true;
    head->rpc_error = (uint32_t)error;
    info = oa_text_trim(info);
    if (oa_text_starts(info, INFO))
        head->eeinfo = oa_text_trim(without_start(info, sizeof INFO - 1));
}

/* What a status line must look like up to its reason; `#` stands for a digit. */
static const char STATUS_PATTERN[] = "HTTP/1.# ###";
#define STATUS_LENGTH (sizeof STATUS_PATTERN - 1)

static bool
take_status_line(struct oa_http_head *head, struct oa_text line)
{
    if (line.length < sizeof STATUS_PATTERN - 1)
        return false;
    for (const char *digit = line.at + 9; digit < line.at + 12; digit++)
        head->status = head->status * 10 + (unsigned)g_ascii_digit_value(*digit);
    head->version_minor = (unsigned)g_ascii_digit_value(line.at[7]);
    head->reason = oa_text_trim(without_start(line, sizeof STATUS_PATTERN - 1));
    take_rpc_error(head);
    return head->status >= 100;
}

static bool
may_be_status_line(struct oa_text bytes)
{
    size_t length = sizeof STATUS_PATTERN - 1;

    for (size_t i = 0; i < MIN(length, bytes.length); i++) {
        char wanted = STATUS_PATTERN[i];

        if (wanted == '#' ? !g_ascii_isdigit(bytes.at[i]) : bytes.at[i] != wanted)
            return false;
    }
    return bytes.length <= length || strchr(" \r\n", bytes.at[length]) != NULL;
}

static bool
may_be_request_line(struct oa_text bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (i > 0 && bytes.at[i] == ' ')
            return true;
        if (i == METHOD_MAX || !is_token_char(bytes.at[i]))
            return false;
    }
    return true;
}

/* --- the whole --- */

static bool
take_start_line(struct oa_http_head *head, struct oa_text line)
{
    return may_be_status_line(line) ? take_status_line(head, line) : take_request_line(head, line);
}

static bool
may_be_start_line(struct oa_text bytes)
{
    return may_be_status_line(bytes) || may_be_request_line(bytes);
}

enum oa_http_parse
oa_http_head_find(const uint8_t *data, size_t length, size_t *head_length)
{
    struct oa_text rest = { (const char *)data, MIN(length, OA_HTTP_HEAD_MAX) };
    struct oa_http_head unused = { .length = 0 };

    if (rest.length == 0)
        return OA_HTTP_INCOMPLETE;
    if (!may_be_start_line(rest))
        return OA_HTTP_NOT_A_HEAD;
    enum oa_http_parse state = oa_http_head_end(rest, head_length);
    if (state != OA_HTTP_INCOMPLETE || !memchr(rest.at, '\n', rest.length))
        return state;
    return take_start_line(&unused, next_line(&rest)) ? state : OA_HTTP_NOT_A_HEAD;
}

/* What the lines mean together. */
static void
settle(struct parser *parser)
{
    if (!parser->bad_content_length)
        return;
    parser->head.has_content_length = false;
    parser->head.content_length = 0;
}

/* The lines behind the first. */
static void
take_headers(struct parser *parser, struct oa_text rest)
{
    while (rest.length > 0)
        take_header(parser, next_line(&rest));
    settle(parser);
}

bool
oa_http_head_read(const uint8_t *data, size_t length, struct oa_http_head *head)
{
    struct oa_text rest = { (const char *)data, length };
    struct parser parser = { .head = { .length = length } };

    if (!take_start_line(&parser.head, next_line(&rest)))
        return false;
    take_headers(&parser, rest);
    *head = parser.head;
    return true;
}

enum oa_http_parse
oa_http_head_parse(const uint8_t *data, size_t length, struct oa_http_head *head)
{
    size_t head_length;
    enum oa_http_parse state = oa_http_head_find(data, length, &head_length);

    if (state == OA_HTTP_COMPLETE && !oa_http_head_read(data, head_length, head))
        return OA_HTTP_NOT_A_HEAD;
    return state;
}

/* Texts of a head besides its cookies and credentials. */
static const size_t TEXTS[] = {
#define TEXT(member) offsetof(struct oa_http_head, member)
    TEXT(method),
    TEXT(target),
    TEXT(path),
    TEXT(query),
    TEXT(rpc_server),
    TEXT(reason),
    TEXT(eeinfo),
    TEXT(host),
    TEXT(user_agent),
    TEXT(server_software),
    TEXT(content_type),
    TEXT(content_encoding),
    TEXT(mapi.request_type),
    TEXT(mapi.request_id),
    TEXT(mapi.response_code),
    TEXT(mapi.client_info),
    TEXT(mapi.client_application),
    TEXT(mapi.server_application),
    TEXT(mapi.expiration_info),
    TEXT(mapi.pending_period),
    TEXT(mapi.elapsed_time),
    TEXT(mapi.start_time),
    TEXT(mapi.device_info),
    TEXT(resource_type_uuid),
    TEXT(session_id),
#undef TEXT
};

static void
move_text(struct oa_text *text, const uint8_t *from, const uint8_t *to)
{
    if (text->at)
        text->at = (const char *)to + (text->at - (const char *)from);
}

void
oa_http_head_move(struct oa_http_head *head, const uint8_t *from, const uint8_t *to)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        move_text((struct oa_text *)((char *)head + TEXTS[i]), from, to);
    for (size_t i = 0; i < head->n_cookies; i++)
        move_text(&head->cookies[i], from, to);
    for (size_t i = 0; i < head->n_credentials; i++) {
        move_text(&head->credentials[i].scheme, from, to);
        move_text(&head->credentials[i].token, from, to);
    }
}

/* The start line, whose end is missing; false if it shows nothing. */
static bool
take_cut_start_line(struct oa_http_head *head, struct oa_text line)
{
    if (may_be_status_line(line))
        return take_status_line(head, (struct oa_text){ line.at, MIN(line.length, STATUS_LENGTH) });
    head->is_request = true;
    if (oa_http_rpc_method((const uint8_t *)line.at, line.length, &head->method_id) !=
        OA_HTTP_COMPLETE)
        return false;
    head->method = cut(&line, ' ');
    return true;
}

/* Whether base64 text, which may be cut, contains a colon when decoded. */
static bool
has_user(struct oa_text base64)
{
    g_autofree guchar *bytes = g_malloc(base64.length / 4 * 3 + 3);
    gint state = 0;
    guint save = 0;
    gsize length = g_base64_decode_step(base64.at, base64.length, bytes, &state, &save);

    return memchr(bytes, ':', length) != NULL;
}

/* The last line, whose end is missing, is of use only if it shows the user: the Basic scheme sends
 * `user:password`, [RFC 7617] 2. */
static void
take_cut_header(struct parser *parser, struct oa_text line)
{
    struct oa_http_credentials credentials = { .header = OA_HTTP_AUTHORIZATION };
    struct oa_text value = line;

    if (!oa_text_equals(cut(&value, ':'), "Authorization") ||
        !split_scheme(oa_text_trim(value), &credentials.scheme, &credentials.token) ||
        !oa_text_equals(credentials.scheme, "Basic"))
        return;
    credentials.token.length -= credentials.token.length % 4;
    if (has_user(credentials.token))
        add_credentials(&parser->head, credentials);
}

enum oa_http_parse
oa_http_head_parse_cut(const uint8_t *data, size_t length, struct oa_http_head *head)
{
    struct oa_text rest = { (const char *)data, MIN(length, OA_HTTP_HEAD_MAX) };
    struct parser parser = { .bad_content_length = false };
    size_t unused;

    if (oa_http_head_find(data, length, &unused) != OA_HTTP_INCOMPLETE)
        return OA_HTTP_NOT_A_HEAD;
    if (rest.length > 0 && memchr(rest.at, '\n', rest.length)) {
        take_start_line(&parser.head, next_line(&rest));
    } else {
        if (!take_cut_start_line(&parser.head, rest))
            return OA_HTTP_NOT_A_HEAD;
        rest.length = 0;
    }
    while (memchr(rest.at, '\n', rest.length))
        take_header(&parser, next_line(&rest));
    take_cut_header(&parser, rest);
    settle(&parser);
    parser.head.is_cut = true;
    parser.head.length = length;
    *head = parser.head;
    return OA_HTTP_COMPLETE;
}

bool
oa_http_head_may_be_whole(const uint8_t *data, size_t length, size_t was)
{
    size_t from = was > 3 ? was - 3 : 0;

    if (length < HEAD_JUDGED || length > OA_HTTP_HEAD_MAX)
        return true;
    for (size_t i = from; i + 1 < length; i++)
        if (data[i] == '\n' && (data[i + 1] == '\n' || data[i + 1] == '\r'))
            return true;
    return false;
}

bool
oa_http_cookie(const struct oa_http_head *head, const char *name, struct oa_text *value)
{
    for (size_t i = 0; i < head->n_cookies; i++) {
        struct oa_text rest = head->cookies[i];

        while (rest.length > 0) {
            struct oa_text pair = oa_text_trim(cut(&rest, ';'));

            if (oa_text_equals(oa_text_trim(cut(&pair, '=')), name)) {
                *value = oa_text_trim(pair);
                return true;
            }
        }
    }
    return false;
}

enum oa_http_parse
oa_http_rpc_method(const uint8_t *data, size_t length, enum oa_http_method *method)
{
    enum oa_http_parse result = length == 0 ? OA_HTTP_INCOMPLETE : OA_HTTP_NOT_A_HEAD;

    *method = OA_HTTP_OTHER;
    for (size_t i = 0; i < G_N_ELEMENTS(METHODS) && length > 0; i++) {
        size_t full = METHODS[i].length;

        if (memcmp(data, METHODS[i].name, MIN(length, full)) != 0)
            continue;
        if (length <= full)
            result = OA_HTTP_INCOMPLETE;
        else if (data[full] == ' ') {
            *method = METHODS[i].id;
            return OA_HTTP_COMPLETE;
        }
    }
    return result;
}
