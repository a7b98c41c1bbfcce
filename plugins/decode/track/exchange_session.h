/* exchange_session.h
 * For hosts. Sessions with a mailbox store: from EcDoConnectEx (or EcDoConnect) to EcDoDisconnect,
 * known by their context handles; and the code pages of bindings to a directory.
 * [MS-OXCRPC] 3.1.1.1, 3.1.4.1, 3.1.4.3, [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EXCHANGE_SESSION_H
#define OA_EXCHANGE_SESSION_H

#include "exchange/call_facts.h"

/* A session may use several connections at once, and go on when one of them ends. */
struct oa_exchange_session {
    uint64_t number; /* from 1, in the order of the capture */
    uint8_t handle[OA_HANDLE_SIZE];
    bool has_connect; /* its beginning was seen */
    bool has_ended;   /* EcDoDisconnect was answered */
    char user_dn[OA_DN_TEXT];
    char display_name[OA_DN_TEXT];
    char machine[OA_SERVER_TEXT];
    bool has_client_version, has_server_version;
    struct oa_version client_version, server_version;
    uint32_t code_page, lcid_string, lcid_sort;
    uint16_t client_mode;
    uint64_t calls, failures; /* answered, on each hop; with another return value than 0 */
};

struct oa_exchange_sessions *oa_exchange_sessions_new(void);

/* Also frees the sessions. */
void oa_exchange_sessions_free(struct oa_exchange_sessions *sessions);

/*
 * Takes notice of a call, in capture order: once with its request (`response` NULL), once more when
 * it is answered (`request` may be NULL). Returns the session it belongs to, which lives as long as
 * `sessions`; NULL for calls of other interfaces, for a connect that is not yet answered or failed,
 * for calls without a handle, and for what the other hop shows of a disconnect after its end. A
 * handle that nobody saw being made begins a session too.
 */
struct oa_exchange_session *oa_exchange_sessions_note(struct oa_exchange_sessions *sessions,
                                                      const struct oa_call_facts *request,
                                                      const struct oa_call_facts *response);

/* The code page that the session or the binding was opened with whose context handle the stub
 * begins with; 0: no handle, or nobody said. */
uint32_t oa_exchange_sessions_code_page(const struct oa_exchange_sessions *sessions,
                                        const struct oa_stub *stub);

#endif
