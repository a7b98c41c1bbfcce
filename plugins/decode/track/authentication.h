/* authentication.h
 * Internal to track/. Follows the authentication exchanges of channels and virtual connections, and
 * reports their tokens.
 * [MS-NTHT] 3, [RFC 4559] 4, [RFC 9110] 11, [MS-RPCE] 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTHENTICATION_H
#define OA_AUTHENTICATION_H

#include "track/events.h"

struct oa_tracker;

/* What the tracker keeps for authentication. */
struct auth_table *oa_auth_table_new(struct oa_code_pages *pages);
void oa_auth_table_free(struct auth_table *table);

/* From now on Kerberos tickets are opened by this host; NULL: they are not. */
void oa_auth_table_open_tickets(struct auth_table *table, const struct oa_kerberos_host *kerberos);

/* Reports the credentials of a head, and stores the client's identity in its channel. */
void oa_auth_take_credentials(struct oa_tracker *tracker, const struct oa_event *head);

/* A head, or a PDU, of event->channel. The event of a head gets the exchange that the head belongs
 * to. */
void oa_auth_take_head(struct oa_tracker *tracker, struct oa_event *event);
void oa_auth_take_pdu(struct oa_tracker *tracker, const struct oa_event *event);

/* The channel's exchange is over. */
void oa_auth_close_channel(struct oa_tracker *tracker, struct oa_channel *channel);

/* An RPC PDU of event->vc, on the hop nearest to the client. */
void oa_auth_take_rpc(struct oa_tracker *tracker, struct oa_event *event);

/* The virtual connection's exchange is over. */
void oa_auth_close_vc(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* Two virtual connections are merged: the exchange moves along, or ends if there is one already. */
void oa_auth_merge_vc(struct oa_tracker *tracker, struct oa_virtual_connection *into,
                      struct oa_virtual_connection *from);

#endif
