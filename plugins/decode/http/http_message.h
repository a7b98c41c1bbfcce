/* http_message.h
 * How long a message of HTTP is.
 * [RFC 9112] 6.3, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_MESSAGE_H
#define OA_HTTP_MESSAGE_H

#include "http/http_head.h"

/* Length of a body without chunks in bytes; UINT64_MAX: up to the end of the connection. [RFC 9112]
 * 6.3 */
uint64_t oa_http_plain_length(const struct oa_http_head *head);

/* A response that has no body whatever its head says. */
bool oa_http_never_has_body(const struct oa_http_head *head);

/*
 * The length of the message whose head is at the start of the bytes, including empty lines before
 * it; 0 if it is not complete, if it lasts until the connection ends, or if there is no head.
 * Responses to HEAD or CONNECT are not treated differently. Also the head, whose length is 0 if
 * there is none or not the whole of it, and where it would be.
 */
size_t oa_http_message_length(const uint8_t *data, size_t length, struct oa_http_head *head,
                              size_t *head_at);

#endif
