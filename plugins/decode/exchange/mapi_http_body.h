/* mapi_http_body.h
 * The bodies of MAPI over HTTP: the layouts of requests and responses by request type.
 * [MS-OXCMAPIHTTP] 2.2.4, 2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_HTTP_BODY_H
#define OA_MAPI_HTTP_BODY_H

#include "layout/layout.h"
#include "http/mapi_http.h"

/* The layout of a body, to be walked as OA_PLAIN; for a response, of what follows the preamble.
 * NULL for a type without bodies. */
const struct oa_layout *oa_mapi_http_layout(enum oa_mapi_http_type type, bool is_response);

#endif
