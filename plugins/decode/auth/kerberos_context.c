/* kerberos_context.c
 * The security context that a Kerberos exchange makes: AP-REQ, AP-REP, and in DCE style one more
 * AP-REP of the client. [RFC 4120] 3.2, [RFC 4121] 4.1, [MS-KILE] 3.4.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/kerberos_context.h"

#include <string.h>

#include <glib.h>

#include "auth/auth.h"
#include "auth/der.h"
#include "base/wipe.h"

#define DER_AUTHENTICATOR 0x62   /* [APPLICATION 2] */
#define DER_ENC_AP_REP_PART 0x7B /* [APPLICATION 27] */

/* The checksum in the authenticator that holds flags, [RFC 4121] 4.1.1, [MS-KILE] 3.4.5.1. */
#define CHECKSUM_OF_GSS 0x8003
#define FLAGS_OFFSET 20
#define FLAG_DCE_STYLE 0x1000

void
oa_kerberos_context_init(struct oa_kerberos_context *context, const struct oa_kerberos_host *host)
{
    memset(context, 0, sizeof *context);
    context->keys.host = host;
    context->answer = OA_KERBEROS_NO_TICKET;
}

static void
drop_key(struct oa_kerberos_keys *keys, enum oa_kerberos_key_from from)
{
    if (keys->of[from].key)
        keys->host->free_key(keys->host->context, keys->of[from].key);
    oa_wipe(&keys->of[from], sizeof keys->of[from]);
}

void
oa_kerberos_context_clear(struct oa_kerberos_context *context)
{
    const struct oa_kerberos_host *host = context->keys.host;

    for (size_t i = 0; i < OA_KERBEROS_KEYS; i++)
        drop_key(&context->keys, (enum oa_kerberos_key_from)i);
    oa_kerberos_context_init(context, host);
}

/* Takes the key over, so that `value` has to be wiped here only. */
static bool
set_key(struct oa_kerberos_keys *keys, enum oa_kerberos_key_from from,
        const struct oa_kerberos_key_value *value)
{
    drop_key(keys, from);
    keys->of[from].key =
        keys->host->new_key(keys->host->context, value->enctype, value->bytes, value->length);
    if (keys->of[from].key)
        keys->of[from].value = *value;
    return keys->of[from].key != NULL;
}

/* Decrypts a part with the ticket's session key. Returns its bytes, to be wiped and freed; NULL if
 * it is not what was encrypted. */
static uint8_t *
decrypt_part(const struct oa_kerberos_keys *keys, const struct oa_kerberos_encrypted *part,
             enum oa_kerberos_usage usage, struct oa_cursor *plain)
{
    struct oa_kerberos_sealed sealed = { .bytes = g_malloc(part->length + 1),
                                         .length = part->length };

    memcpy(sealed.bytes, part->cipher, part->length);
    if (keys->host->decrypt(keys->host->context, keys->of[OA_KERBEROS_FROM_TICKET].key, usage,
                            &sealed)) {
        *plain = oa_cursor_over(sealed.plain, sealed.plain_length);
        return sealed.bytes;
    }
    g_free(sealed.bytes);
    return NULL;
}

static void
wipe_part(uint8_t *bytes, size_t length)
{
    oa_wipe(bytes, length);
    g_free(bytes);
}

/* The subkey in the context tag of an opened part, if there is one. */
static void
take_subkey(struct oa_kerberos_keys *keys, enum oa_kerberos_key_from from, struct oa_cursor at,
            unsigned context)
{
    const uint8_t path[] = { (uint8_t)OA_DER_CONTEXT(context), OA_DER_SEQUENCE };
    struct oa_kerberos_key_value value;
    bool malformed = false;

    if (oa_der_descend(&at, path, sizeof path, &malformed) && oa_kerberos_read_key(at, &value)) {
        set_key(keys, from, &value);
        oa_wipe(&value, sizeof value);
    }
}

static bool
asks_for_dce_style(struct oa_cursor authenticator)
{
    static const uint8_t CHECKSUM[] = { OA_DER_CONTEXT(3), OA_DER_SEQUENCE };
    static const uint8_t VALUE[] = { OA_DER_CONTEXT(1), OA_DER_OCTET_STRING };
    struct oa_cursor at = authenticator;
    uint32_t type = 0;
    bool malformed = false;

    if (!oa_der_descend(&at, CHECKSUM, sizeof CHECKSUM, &malformed) ||
        !oa_der_number(at, 0, &type, &malformed) || type != CHECKSUM_OF_GSS ||
        !oa_der_descend(&at, VALUE, sizeof VALUE, &malformed))
        return false;
    struct oa_cursor value = oa_cursor_over(at.data, at.length);
    oa_cursor_skip(&value, FLAGS_OFFSET);
    return oa_cursor_u32(&value) & FLAG_DCE_STYLE;
}

/* [RFC 4120] 5.5.1 */
static void
take_authenticator(struct oa_kerberos_context *context, const struct oa_kerberos_encrypted *part)
{
    static const uint8_t BODY[] = { DER_AUTHENTICATOR, OA_DER_SEQUENCE };
    struct oa_cursor plain = { 0 };
    bool malformed = false;

    if (part->length == 0)
        return;
    uint8_t *bytes = decrypt_part(&context->keys, part, OA_KERBEROS_USE_AUTHENTICATOR, &plain);
    if (!bytes)
        return;
    if (oa_der_descend(&plain, BODY, sizeof BODY, &malformed)) {
        context->keys.is_dce_style = asks_for_dce_style(plain);
        take_subkey(&context->keys, OA_KERBEROS_FROM_INITIATOR, plain, 6);
    }
    wipe_part(bytes, part->length);
}

static void
take_ap_req(struct oa_kerberos_context *context, struct oa_cursor message)
{
    struct oa_kerberos_ap_req ap_req;
    struct oa_kerberos_client client;
    bool malformed = false;

    oa_kerberos_context_clear(context);
    if (!oa_kerberos_read_ap_req(message, &ap_req, &malformed)) {
        context->answer = OA_KERBEROS_MALFORMED;
        return;
    }
    context->answer = oa_kerberos_open_ticket(context->keys.host, &ap_req, &client);
    if (context->answer != OA_KERBEROS_OPENED)
        return;
    if (set_key(&context->keys, OA_KERBEROS_FROM_TICKET, &client.session_key))
        take_authenticator(context, &ap_req.authenticator);
    else
        context->answer = OA_KERBEROS_MALFORMED;
    oa_wipe(&client, sizeof client);
}

/* [RFC 4120] 5.5.2; the client's own, the third leg of DCE style, has no key. */
static void
take_ap_rep(struct oa_kerberos_context *context, struct oa_cursor message)
{
    static const uint8_t ENCRYPTED[] = { OA_DER_SEQUENCE, OA_DER_CONTEXT(2), OA_DER_SEQUENCE };
    static const uint8_t BODY[] = { DER_ENC_AP_REP_PART, OA_DER_SEQUENCE };
    struct oa_kerberos_encrypted part;
    struct oa_cursor plain = { 0 };
    bool malformed = false;

    if (context->answer != OA_KERBEROS_OPENED ||
        !oa_der_descend(&message, ENCRYPTED, sizeof ENCRYPTED, &malformed) ||
        !oa_kerberos_read_encrypted(message, &part, &malformed))
        return;
    uint8_t *bytes = decrypt_part(&context->keys, &part, OA_KERBEROS_USE_AP_REP, &plain);
    if (!bytes)
        return;
    if (oa_der_descend(&plain, BODY, sizeof BODY, &malformed))
        take_subkey(&context->keys, OA_KERBEROS_FROM_ACCEPTOR, plain, 2);
    wipe_part(bytes, part.length);
}

void
oa_kerberos_context_take(struct oa_kerberos_context *context, enum oa_side side,
                         const uint8_t *token, size_t length)
{
    struct oa_cursor message;
    unsigned type;

    if (!oa_auth_find_kerberos(token, length, &type, &message))
        return;
    if (type == OA_KERBEROS_AP_REQ && side == OA_CLIENT)
        take_ap_req(context, message);
    else if (type == OA_KERBEROS_AP_REP && side == OA_SERVER)
        take_ap_rep(context, message);
}
