/* mailbox_session.h
 * For hosts. A session with a mailbox store: from EcDoConnectEx (or EcDoConnect) to EcDoDisconnect,
 * or from Connect to the end of its Session Context. [MS-OXCRPC] 3.1.1.1, [MS-OXCMAPIHTTP] 3.2.1.1
 *
 * Over RPC it is identified by its context handles, synchronous and asynchronous; so it may use
 * several virtual connections at once, and continue when one of them ends. Each call refers to its
 * session (struct oa_call).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAILBOX_SESSION_H
#define OA_MAILBOX_SESSION_H

#include "exchange/exchange_version.h"

/* Texts are NULL, and has_ is false, if the capture does not contain them. */
struct oa_mailbox_session {
    uint64_t number;  /* from 1, in the order of the capture */
    bool has_connect; /* its beginning is in the capture */
    bool has_ended;   /* EcDoDisconnect, or Disconnect, got its response */
    char *user_dn;
    char *display_name; /* of RPC */
    char *machine;
    bool has_client_version, has_server_version;
    struct oa_version client_version, server_version;
    uint32_t code_page, lcid_string, lcid_sort; /* as requested by the connect; 0 unknown */
    uint16_t client_mode;                       /* 0 unknown, 1 classic, 2 cached */
};

/* The server objects of the session, see rop/rop_objects.h; NULL if it has been closed. */
struct oa_rop_objects;
struct oa_rop_objects *oa_mailbox_objects(struct oa_mailbox_session *session);

#endif
