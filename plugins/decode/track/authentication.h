/* authentication.h
 * Internal to track/. Follows the authentication exchanges of channels and virtual connections.
 * [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTHENTICATION_H
#define OA_AUTHENTICATION_H

#include "track/events.h"

struct channel;
struct oa_tracker;
struct virtual_connection;

struct auth_exchanges *oa_auth_exchanges_new(void);
void oa_auth_exchanges_free(struct auth_exchanges *exchanges);

/* Reports the credentials of a head, and keeps with the channel who the client is. */
void oa_auth_take_credentials(struct channel *channel, const struct oa_event *head);

void oa_auth_exchange_take_head(struct channel *channel, struct oa_event *event);
void oa_auth_exchange_take_pdu(struct channel *channel, const struct oa_event *event);
void oa_auth_exchange_close_channel(struct channel *channel);
void oa_auth_exchange_take_rpc(struct virtual_connection *vc, struct oa_event *event);
void oa_auth_exchange_close_vc(struct virtual_connection *vc);
void oa_auth_exchange_merge_vc(struct virtual_connection *into, struct virtual_connection *from);
void oa_auth_exchange_free(struct oa_auth_exchange *exchange);

#endif
