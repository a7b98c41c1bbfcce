/* fuzz_mapi_http.c
 * Any bytes as a head and the body behind it: what is found lies inside, and pieces give the same
 * as the whole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "http/mapi_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bodies are tried in that many pieces at the most, to keep a run short. */
#define PIECES_MAX 64

static void
check_head(const uint8_t *data, const struct oa_http_head *head)
{
    struct oa_mapi_http_request request;

    if (!oa_mapi_http_request(head, &request))
        return;
    g_assert_true(head->is_request && !oa_mapi_http_has_body(head));
    g_assert_nonnull(oa_mapi_http_type_name(request.type));
    if (request.mailbox_id.length == 0)
        return;
    g_assert_true((const uint8_t *)request.mailbox_id.at >= data);
    g_assert_true((const uint8_t *)request.mailbox_id.at + request.mailbox_id.length <=
                  data + head->length);
}

static void
check_body(const uint8_t *body, size_t length)
{
    struct oa_mapi_http_preamble whole;
    struct oa_mapi_http_reader reader = { .offset = 0 };
    struct oa_mapi_http_line line;
    size_t at = 0;
    size_t step = length / PIECES_MAX + 1;

    oa_mapi_http_preamble(body, length, &whole);
    g_assert_true(whole.body_offset <= length);
    g_assert_true(whole.state != OA_MAPI_HTTP_BODY || whole.done);
    for (size_t cut = 0; cut <= length; cut = cut < length ? MIN(cut + step, length) : cut + 1) {
        while (oa_mapi_http_next_line(&reader, body, cut, &line)) {
            g_assert_true(line.offset == at && line.length > 0);
            g_assert_true(line.offset + line.length <= cut);
            at += line.length;
        }
    }
    g_assert_true(reader.state == whole.state && reader.offset == whole.body_offset);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_http_head head;
    size_t body = 0;

    if (oa_http_head_parse(data, size, &head) == OA_HTTP_COMPLETE) {
        check_head(data, &head);
        body = head.length;
    }
    check_body(data + body, size - body);
    return 0;
}
