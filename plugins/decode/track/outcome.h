/* outcome.h
 * Internal to track/. What became of the attempt to establish a virtual connection, or session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_OUTCOME_H
#define OA_OUTCOME_H

#include "track/events.h"

/* Takes the final HTTP status of a channel that is about to leave the virtual connection. */
void oa_outcome_take_channel(struct oa_virtual_connection *vc, const struct oa_channel *channel);

/* Takes the HTTP status and X-ResponseCode (0: none, or success) of a response to a request of the
 * session. */
void oa_outcome_take_response(struct oa_virtual_connection *vc, unsigned http_status,
                              uint32_t response_code);

#endif
