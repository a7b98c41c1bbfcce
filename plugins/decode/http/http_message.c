/* http_message.c
 * How long a message of HTTP is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_message.h"

#include "http/chunked.h"

uint64_t
oa_http_plain_length(const struct oa_http_head *head)
{
    if (head->has_content_length)
        return head->content_length;
    return head->is_request ? 0 : UINT64_MAX;
}

bool
oa_http_never_has_body(const struct oa_http_head *head)
{
    return !head->is_request && (head->status < 200 || head->status == 204 || head->status == 304);
}

/* The length of the chunked body at the start of the bytes; 0 if its end is not among them. */
static size_t
chunks_length(const uint8_t *data, size_t length)
{
    struct oa_chunk_walk walk = { .wire = 0 };

    while (oa_chunk_walk_to_data(&walk, data, length)) {
        if (walk.ended)
            return walk.wire;
        if (walk.left > length - walk.wire)
            return 0;
        walk.wire += (size_t)walk.left;
        walk.in_chunk = false;
        walk.after_chunk = true;
    }
    return 0;
}

size_t
oa_http_message_length(const uint8_t *data, size_t length, struct oa_http_head *head,
                       size_t *head_at)
{
    size_t at = 0;

    while (at < length && (data[at] == '\r' || data[at] == '\n'))
        at++;
    *head_at = at;
    if (at == length || oa_http_head_parse(data + at, length - at, head) != OA_HTTP_COMPLETE) {
        head->length = 0;
        return 0;
    }
    at += head->length;
    if (oa_http_never_has_body(head))
        return at;
    if (head->chunked) {
        size_t chunks = chunks_length(data + at, length - at);
        return chunks ? at + chunks : 0;
    }
    uint64_t body = oa_http_plain_length(head);
    return body <= length - at ? at + (size_t)body : 0;
}
