/* http_error.h
 * Error responses of HTTP servers and RPC proxies, in words. [MS-RPCH] 2.1.2.1.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_ERROR_H
#define OA_HTTP_ERROR_H

#include "base/renamer.h"
#include "http/http_head.h"

/* "404 Not Found", "503 RPC Error: 6ba, RPC_S_SERVER_UNAVAILABLE": the status with its reason
 * phrase, as the renamer (or NULL) shows it, or with the error that the proxy reports in its place.
 * `text` has `size` bytes. */
void oa_http_error_text(const struct oa_http_head *response, const struct oa_renamer *renamer,
                        char *text, size_t size);

#endif
