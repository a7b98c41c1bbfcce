/* mailboxes.h
 * Internal to track/. Open sessions with mailbox stores, by context handle; and the code pages of
 * bindings to a directory.
 * [MS-OXCRPC] 3.1.4.1, 3.1.4.3, [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAILBOXES_H
#define OA_MAILBOXES_H

#include "exchange/call_facts.h"
#include "rop/rop_objects.h"
#include "track/mailbox_session.h"

struct oa_tracker;

struct mailbox_table *oa_mailboxes_new(void);
void oa_mailboxes_free(struct mailbox_table *table);

/* Whether the operation opens or ends a session or binding, so that all its parameters matter; for
 * others the context handle suffices. */
bool oa_mailboxes_want(const struct oa_rpc_interface *iface, uint16_t opnum);

/* The open session of the handle; a new one if the capture does not show where the handle comes
 * from. NULL for the null handle. */
struct oa_mailbox_session *oa_mailbox_of_handle(struct oa_tracker *tracker,
                                                const uint8_t handle[OA_HANDLE_SIZE]);

/*
 * Takes a call of any interface, in capture order: with its request (`response` NULL), and with its
 * response (`request` may be NULL). Returns the session it belongs to; NULL for calls of other
 * interfaces, for a connect without a response or one that failed, for calls without a handle, and
 * for a disconnect that the other hop shows again. The caller has to close a session that has_ended
 * with the call.
 */
struct oa_mailbox_session *oa_mailboxes_take(struct oa_tracker *tracker,
                                             const struct oa_call_facts *request,
                                             const struct oa_call_facts *response);

/* The code page with which the session or binding of a handle was opened; 0: unknown. */
uint32_t oa_mailboxes_code_page(const struct oa_tracker *tracker,
                                const uint8_t handle[OA_HANDLE_SIZE]);

/* Begins a session without a handle, for MAPI over HTTP; `connect`, the request that opened it, may
 * be NULL. */
struct oa_mailbox_session *oa_mailbox_begin(struct oa_tracker *tracker,
                                            const struct oa_call_facts *connect);

/* The server objects of the session; NULL if it has been closed. */
struct oa_rop_objects *oa_mailbox_objects(struct oa_tracker *tracker,
                                          struct oa_mailbox_session *session);

/* Ends the session: it is no longer found by its handles. */
void oa_mailbox_close(struct oa_tracker *tracker, struct oa_mailbox_session *session);

/* A session that is held is not freed, even after its end. Both accept NULL. */
void oa_mailbox_hold(struct oa_mailbox_session *session);
void oa_mailbox_release(struct oa_tracker *tracker, struct oa_mailbox_session *session);

#endif
