/* mailboxes.h
 * Internal to track/. The sessions with mailbox stores that are open, by their context handles; and
 * the code pages of bindings to a directory.
 * [MS-OXCRPC] 3.1.4.1, 3.1.4.3, [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAILBOXES_H
#define OA_MAILBOXES_H

#include "exchange/call_facts.h"
#include "track/mailbox_session.h"

struct oa_tracker;

struct mailbox_table *oa_mailboxes_new(void);
void oa_mailboxes_free(struct mailbox_table *table);

/* Whether the operation opens or ends a session or binding, so that all its parameters count; of
 * others the context handle is enough. */
bool oa_mailboxes_want(const struct oa_rpc_interface *iface, uint16_t opnum);

/* The open session that uses the handle, begun in the middle if nobody saw the handle being made.
 * NULL for the null handle. */
struct oa_mailbox_session *oa_mailbox_of_handle(struct oa_tracker *tracker,
                                                const uint8_t handle[OA_HANDLE_SIZE]);

/*
 * Takes a call of any interface, in capture order: with its request (`response` NULL), and when it
 * is answered (`request` may be NULL). Returns the session it belongs to; NULL for calls of other
 * interfaces, for a connect that is not yet answered or failed, for calls without a handle, and for
 * what the other hop shows of a disconnect after its end. A session that has_ended with the call is
 * for the caller to close.
 */
struct oa_mailbox_session *oa_mailboxes_take(struct oa_tracker *tracker,
                                             const struct oa_call_facts *request,
                                             const struct oa_call_facts *response);

/* The code page that the session or the binding of a handle was opened with; 0: unknown. */
uint32_t oa_mailboxes_code_page(const struct oa_tracker *tracker,
                                const uint8_t handle[OA_HANDLE_SIZE]);

/* A session that has no handle, of MAPI over HTTP; `connect`, the request that opened it, may be
 * NULL. */
struct oa_mailbox_session *oa_mailbox_begin(struct oa_tracker *tracker,
                                            const struct oa_call_facts *connect);

/* The session is over: no handle leads to it any more. */
void oa_mailbox_close(struct oa_tracker *tracker, struct oa_mailbox_session *session);

/* A session stays while somebody holds it, also after its end. NULL is allowed. */
void oa_mailbox_hold(struct oa_mailbox_session *session);
void oa_mailbox_release(struct oa_tracker *tracker, struct oa_mailbox_session *session);

#endif
