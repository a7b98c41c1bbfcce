/* auth_findings.h
 * Internal to track/. What is reported of an authentication exchange: refused, split, accepted
 * without credentials.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_FINDINGS_H
#define OA_AUTH_FINDINGS_H

#include "track/events.h"

struct oa_tracker;

/* `where` is the event that shows it, or one made for it. */

/* An exchange over HTTP was refused, or ended without credentials (`id` OA_FINDING_AUTH_REFUSED or
 * OA_FINDING_ANONYMOUS_REFUSED). From the third refusal on a connection on, it is a loop. */
void oa_auth_tell_refusal(struct oa_tracker *tracker, struct oa_channel *channel,
                          const struct oa_auth_exchange *facts, const struct oa_event *where,
                          enum oa_finding_id id);

/* An exchange over HTTP was accepted: reported if it was anonymous, once for each virtual
 * connection. */
void oa_auth_tell_acceptance(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                             const struct oa_event *where);

/* A PDU refuses an exchange inside RPC: a bind_nak, a fault, or a token of the server. */
void oa_auth_tell_rpc_refusal(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                              const struct oa_event *where);

/* The server chose NTLM although the client had sent a Kerberos ticket. */
void oa_auth_tell_declined(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                           const struct oa_event *where);

/* The challenge that the client responds to was sent on another connection, in that frame. */
void oa_auth_tell_split(struct oa_tracker *tracker, const struct oa_auth_exchange *facts,
                        const struct oa_event *where, uint64_t challenge);

#endif
