/* kerberos_ticket.h
 * The structures of Kerberos that tokens carry: names, keys, encrypted parts; AP-REQ and its
 * ticket. [RFC 4120] 5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_KERBEROS_TICKET_H
#define OA_KERBEROS_TICKET_H

#include "auth/kerberos_host.h"
#include "base/cursor.h"

/* EncryptionKey, [RFC 4120] 5.2.9. To be wiped. */
struct oa_kerberos_key_value {
    uint32_t enctype;
    size_t length; /* 0: none */
    uint8_t bytes[OA_KERBEROS_KEY];
};

/* AP-REQ, [RFC 4120] 5.5.1. The encrypted bytes are those of the message. */
struct oa_kerberos_ap_req {
    bool is_user_to_user; /* the ticket is encrypted with a session key of the server */
    struct oa_kerberos_ticket ticket;
    struct oa_kerberos_encrypted authenticator; /* without bytes if it is missing */
};

/* What a ticket says. To be wiped. */
struct oa_kerberos_client {
    char name[OA_KERBEROS_NAME]; /* clean UTF-8, components with slashes between them */
    char realm[OA_KERBEROS_NAME];
    struct oa_kerberos_key_value session_key;
};

/* The Realm, or the PrincipalName with slashes between its components, in the context tag among the
 * elements at `at`, [RFC 4120] 5.2.2; unchanged if there is none. */
void oa_kerberos_read_realm(struct oa_cursor at, unsigned context, char out[OA_KERBEROS_NAME],
                            bool *malformed);
void oa_kerberos_read_principal(struct oa_cursor at, unsigned context, char out[OA_KERBEROS_NAME],
                                bool *malformed);

/* EncryptedData, the body of its SEQUENCE; false if something that it must have is missing. */
bool oa_kerberos_read_encrypted(struct oa_cursor at, struct oa_kerberos_encrypted *encrypted,
                                bool *malformed);

/* EncryptionKey, the body of its SEQUENCE; false if there is none of a length that is possible. */
bool oa_kerberos_read_key(struct oa_cursor at, struct oa_kerberos_key_value *key);

/* Reads the body of an AP-REQ. Sets whatever could be read; false if the ticket's encrypted part is
 * missing. */
bool oa_kerberos_read_ap_req(struct oa_cursor message, struct oa_kerberos_ap_req *ap_req,
                             bool *malformed);

/* Opens the ticket; `host` may be NULL. Sets all of `client`, to nothing unless OA_SEAL_BY_KEYTAB
 * is returned. */
enum oa_seal_outcome oa_kerberos_open_ticket(const struct oa_kerberos_host *host,
                                             const struct oa_kerberos_ap_req *ap_req,
                                             struct oa_kerberos_client *client);

#endif
