/* http_error.h
 * Internal to track/. Error responses to requests of channels. [MS-RPCH] 2.1.2.1.3, 3.2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_ERROR_H
#define OA_HTTP_ERROR_H

#include "track/events.h"

struct channel;

void oa_http_error_tell(struct channel *channel, const struct oa_event *event, bool in_stream);

#endif
