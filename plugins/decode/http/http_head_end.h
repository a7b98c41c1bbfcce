/* http_head_end.h
 * Where a message head ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_HEAD_END_H
#define OA_HTTP_HEAD_END_H

#include "base/text.h"

/* Bytes without the end of a head up to here are not a head (Kerberos tickets reach 64 KiB in
 * base64). */
#define OA_HTTP_HEAD_MAX (128 * 1024)

enum oa_http_parse {
    OA_HTTP_COMPLETE,
    OA_HTTP_INCOMPLETE, /* may become a head when more bytes follow */
    OA_HTTP_NOT_A_HEAD, /* cannot become one */
};

/* Finds the empty line; `*end` is the offset behind it, set with OA_HTTP_COMPLETE only. Control
 * characters other than the tab, and a CR without LF, do not occur in a head ([RFC 9112] 2.2), so
 * that binary data are no head long before OA_HTTP_HEAD_MAX. */
enum oa_http_parse oa_http_head_end(struct oa_text bytes, size_t *end);

#endif
