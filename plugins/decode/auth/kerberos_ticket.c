/* kerberos_ticket.c
 * The structures of Kerberos that tokens carry: names, keys, encrypted parts; AP-REQ and its
 * ticket. [RFC 4120] 5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/kerberos_ticket.h"

#include <string.h>

#include <glib.h>

#include "auth/der.h"
#include "base/text.h"

#define DER_ENC_TICKET_PART 0x63 /* [APPLICATION 3] */

/* Bit 1 of APOptions, [RFC 4120] 5.5.1, in the first octet after the count of unused bits. */
#define USE_SESSION_KEY 0x40

static struct oa_text
as_text(struct oa_cursor bytes)
{
    size_t left = oa_cursor_left(&bytes);

    return (struct oa_text){ (const char *)oa_cursor_bytes(&bytes, left), left };
}

void
oa_kerberos_read_realm(struct oa_cursor at, unsigned context, char out[OA_KERBEROS_NAME],
                       bool *malformed)
{
    const uint8_t path[] = { (uint8_t)OA_DER_CONTEXT(context), OA_DER_GENERAL_STRING };

    if (oa_der_descend(&at, path, sizeof path, malformed))
        oa_text_copy(as_text(at), out, OA_KERBEROS_NAME);
}

void
oa_kerberos_read_principal(struct oa_cursor at, unsigned context, char out[OA_KERBEROS_NAME],
                           bool *malformed)
{
    const uint8_t path[] = { (uint8_t)OA_DER_CONTEXT(context), OA_DER_SEQUENCE, OA_DER_CONTEXT(1),
                             OA_DER_SEQUENCE };
    struct oa_der part;
    size_t used = 0;

    if (!oa_der_descend(&at, path, sizeof path, malformed))
        return;
    while (used + 1 < OA_KERBEROS_NAME && oa_der_next(&at, &part, malformed)) {
        if (part.tag != OA_DER_GENERAL_STRING)
            continue;
        if (used > 0)
            out[used++] = '/';
        oa_text_copy(as_text(part.body), out + used, OA_KERBEROS_NAME - used);
        used += strlen(out + used);
    }
}

bool
oa_kerberos_read_encrypted(struct oa_cursor at, struct oa_kerberos_encrypted *encrypted,
                           bool *malformed)
{
    static const uint8_t CIPHER[] = { OA_DER_CONTEXT(2), OA_DER_OCTET_STRING };
    struct oa_cursor cipher = at;

    memset(encrypted, 0, sizeof *encrypted);
    if (!oa_der_number(at, 0, &encrypted->enctype, malformed) ||
        !oa_der_descend(&cipher, CIPHER, sizeof CIPHER, malformed))
        return false;
    encrypted->has_version = oa_der_number(at, 1, &encrypted->version, malformed);
    encrypted->cipher.length = oa_cursor_left(&cipher);
    encrypted->cipher.at = oa_cursor_bytes(&cipher, encrypted->cipher.length);
    return encrypted->cipher.length > 0;
}

bool
oa_kerberos_read_key(struct oa_cursor at, struct oa_kerberos_key_value *key)
{
    static const uint8_t VALUE[] = { OA_DER_CONTEXT(1), OA_DER_OCTET_STRING };
    struct oa_cursor value = at;
    bool malformed = false;

    memset(key, 0, sizeof *key);
    if (!oa_der_number(at, 0, &key->enctype, &malformed) ||
        !oa_der_descend(&value, VALUE, sizeof VALUE, &malformed))
        return false;
    size_t length = oa_cursor_left(&value);
    if (malformed || length == 0 || length > sizeof key->bytes)
        return false;
    key->length = length;
    memcpy(key->bytes, oa_cursor_bytes(&value, length), length);
    return true;
}

/* [RFC 4120] 5.5.1, 5.3: the ticket's realm and service are in the clear, the client's name is not.
 */
bool
oa_kerberos_read_ap_req(struct oa_cursor message, struct oa_kerberos_ap_req *ap_req,
                        bool *malformed)
{
    static const uint8_t BODY[] = { OA_DER_SEQUENCE };
    static const uint8_t OPTIONS[] = { OA_DER_CONTEXT(2), OA_DER_BIT_STRING };
    static const uint8_t TICKET[] = { OA_DER_CONTEXT(3), OA_DER_TICKET, OA_DER_SEQUENCE };
    static const uint8_t ENCRYPTED[] = { OA_DER_CONTEXT(3), OA_DER_SEQUENCE };
    static const uint8_t AUTHENTICATOR[] = { OA_DER_CONTEXT(4), OA_DER_SEQUENCE };

    memset(ap_req, 0, sizeof *ap_req);
    if (!oa_der_descend(&message, BODY, sizeof BODY, malformed))
        return false;
    struct oa_cursor options = message, ticket = message, authenticator = message;
    if (oa_der_descend(&options, OPTIONS, sizeof OPTIONS, malformed)) {
        oa_cursor_skip(&options, 1);
        ap_req->is_user_to_user = oa_cursor_u8(&options) & USE_SESSION_KEY;
    }
    if (!oa_der_descend(&ticket, TICKET, sizeof TICKET, malformed))
        return false;
    oa_kerberos_read_realm(ticket, 1, ap_req->ticket.realm, malformed);
    oa_kerberos_read_principal(ticket, 2, ap_req->ticket.service, malformed);
    if (oa_der_descend(&authenticator, AUTHENTICATOR, sizeof AUTHENTICATOR, malformed))
        oa_kerberos_read_encrypted(authenticator, &ap_req->authenticator, malformed);
    return oa_der_descend(&ticket, ENCRYPTED, sizeof ENCRYPTED, malformed) &&
           oa_kerberos_read_encrypted(ticket, &ap_req->ticket.part, malformed);
}

/* EncTicketPart, [RFC 4120] 5.3. */
static bool
read_ticket_part(struct oa_cursor at, struct oa_kerberos_client *client)
{
    static const uint8_t BODY[] = { DER_ENC_TICKET_PART, OA_DER_SEQUENCE };
    static const uint8_t KEY[] = { OA_DER_CONTEXT(1), OA_DER_SEQUENCE };
    bool malformed = false;

    if (!oa_der_descend(&at, BODY, sizeof BODY, &malformed))
        return false;
    oa_kerberos_read_realm(at, 2, client->realm, &malformed);
    oa_kerberos_read_principal(at, 3, client->name, &malformed);
    return oa_der_descend(&at, KEY, sizeof KEY, &malformed) &&
           oa_kerberos_read_key(at, &client->session_key);
}

enum oa_seal_outcome
oa_kerberos_open_ticket(const struct oa_kerberos_host *host,
                        const struct oa_kerberos_ap_req *ap_req, struct oa_kerberos_client *client)
{
    size_t size = ap_req->ticket.part.cipher.length, length = 0;

    memset(client, 0, sizeof *client);
    if (!host)
        return OA_SEAL_NO_KEYTAB;
    if (ap_req->is_user_to_user)
        return OA_SEAL_USER_TO_USER;
    if (size == 0)
        return OA_SEAL_UNSUPPORTED;
    uint8_t *plain = g_malloc(size);
    enum oa_seal_outcome outcome =
        host->open_ticket(host->context, &ap_req->ticket, plain, &length);
    if (outcome == OA_SEAL_BY_KEYTAB && !read_ticket_part(oa_cursor_over(plain, length), client)) {
        outcome = OA_SEAL_UNSUPPORTED;
        explicit_bzero(client, sizeof *client);
    }
    explicit_bzero(plain, size);
    g_free(plain);
    return outcome;
}
