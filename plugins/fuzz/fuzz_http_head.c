/* fuzz_http_head.c
 * Any bytes as an HTTP head: what is found lies inside it, and parts agree with the whole.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_head.h"

#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Heads longer than this are not tried at every length, to keep a run short. */
#define EVERY_PREFIX_MAX 256

/* Smaller than most texts, so that copies are cut. */
#define COPY_SIZE 32

/* Tells the address sanitizer the exact end of the bytes. */
static enum oa_http_parse
parse_part(const uint8_t *data, size_t length, struct oa_http_head *head)
{
    uint8_t *copy = g_malloc(length ? length : 1);

    if (length > 0)
        memcpy(copy, data, length);
    enum oa_http_parse result = oa_http_head_parse(copy, length, head);
    g_free(copy);
    return result;
}

static void
check_text(const struct oa_http_head *head, const uint8_t *data, struct oa_text text)
{
    const char *start = (const char *)data;
    char copy[COPY_SIZE];

    oa_text_copy(text, copy, sizeof copy);
    g_assert_true(g_utf8_validate(copy, -1, NULL));
    if (text.length == 0)
        return;
    g_assert_true(text.at >= start && text.length <= head->length);
    g_assert_true((size_t)(text.at - start) <= head->length - text.length);
    oa_text_copy_utf16le((const uint8_t *)text.at, text.length, copy, sizeof copy);
    g_assert_true(g_utf8_validate(copy, -1, NULL));
}

static void
check_head(const struct oa_http_head *head, const uint8_t *data)
{
    const struct oa_text texts[] = {
        head->method,
        head->target,
        head->path,
        head->query,
        head->rpc_server,
        head->reason,
        head->eeinfo,
        head->host,
        head->user_agent,
        head->content_type,
        head->content_encoding,
        head->server_software,
        head->resource_type_uuid,
        head->session_id,
        head->mapi.request_type,
        head->mapi.request_id,
        head->mapi.response_code,
        head->mapi.client_info,
        head->mapi.client_application,
        head->mapi.server_application,
        head->mapi.expiration_info,
        head->mapi.pending_period,
        head->mapi.elapsed_time,
        head->mapi.start_time,
        head->mapi.device_info,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        check_text(head, data, texts[i]);
    g_assert_true(head->n_cookies <= OA_HTTP_COOKIES_MAX);
    for (size_t i = 0; i < head->n_cookies; i++)
        check_text(head, data, head->cookies[i]);
    g_assert_true(head->n_credentials <= OA_HTTP_CREDENTIALS_MAX);
    for (size_t i = 0; i < head->n_credentials; i++) {
        g_assert_true(head->credentials[i].scheme.length > 0);
        check_text(head, data, head->credentials[i].scheme);
        check_text(head, data, head->credentials[i].token);
    }
    g_assert_true(head->is_request == (head->method.length > 0));
    g_assert_true(head->is_request || (head->status >= 100 && head->status <= 999));
    g_assert_true(head->has_rpc_server == (head->rpc_server.length > 0));
    g_assert_true(head->rpc_port <= 999999);
    g_assert_true(head->has_content_length || head->content_length == 0);
    g_assert_true(head->content_length <= UINT64_C(1) << 63);
}

/* Fewer bytes are never a whole head, and no head only if all of them are none. */
static void
check_prefixes(const uint8_t *data, size_t end, enum oa_http_parse whole)
{
    size_t step = end / EVERY_PREFIX_MAX + 1;

    for (size_t length = 0; length < end; length += step) {
        struct oa_http_head part;
        enum oa_http_parse result = parse_part(data, length, &part);

        g_assert_true(result != OA_HTTP_COMPLETE);
        g_assert_true(result == OA_HTTP_INCOMPLETE || whole == OA_HTTP_NOT_A_HEAD);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_http_head head, again;
    struct oa_text cookie = { NULL, 0 };
    enum oa_http_method method;
    enum oa_http_parse result = oa_http_head_parse(data, size, &head);
    enum oa_http_parse start = oa_http_rpc_method(data, size, &method);

    g_assert_true((start == OA_HTTP_COMPLETE) == (method != OA_HTTP_OTHER));
    if (result == OA_HTTP_COMPLETE) {
        g_assert_true(head.length > 0 && head.length <= size && head.length <= OA_HTTP_HEAD_MAX);
        g_assert_true(head.method_id == method);
        check_head(&head, data);
        if (oa_http_cookie(&head, "sid", &cookie))
            check_text(&head, data, cookie);
        g_assert_true(parse_part(data, head.length, &again) == OA_HTTP_COMPLETE);
        g_assert_true(again.length == head.length);
    }
    g_assert_true(result != OA_HTTP_INCOMPLETE || size < OA_HTTP_HEAD_MAX);
    check_prefixes(data, result == OA_HTTP_COMPLETE ? head.length : size, result);
    return 0;
}
