/* kerberos_seal.c
 * Security contexts of Kerberos: the keys that AP-REQ and AP-REP bring, for the PDUs that they
 * protect. Each PDU names its own place in the sequence, so that bytes missing from the capture do
 * no harm to those behind them. [RFC 4120] 3.2, 5.5, [RFC 4121] 4.1, [MS-KILE] 3.4.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include <glib.h>

#include "auth/der.h"
#include "auth/kerberos_token.h"
#include "auth/seal_mechanism.h"

#define DER_AUTHENTICATOR 0x62   /* [APPLICATION 2] */
#define DER_ENC_AP_REP_PART 0x7B /* [APPLICATION 27] */

/* The checksum in the authenticator that holds flags, [RFC 4121] 4.1.1, [MS-KILE] 3.4.5.1. */
#define CHECKSUM_OF_GSS 0x8003
#define FLAGS_OFFSET 20
#define FLAG_DCE_STYLE 0x1000

/* An AP-REP is smaller by far. */
#define AP_REP_MAX 4096

struct kerberos_seal {
    struct oa_kerberos_keys keys;
    enum oa_seal_outcome ticket; /* OA_SEAL_NO_TOKENS: none has come */
    GByteArray *ap_rep;          /* the server's, which came without the ticket; NULL: none */
    bool signs_stub_only;        /* signatures are over stubs; else over whole PDUs, [MS-RPCE]
                                    3.3.1.5.2.2 */
};

static void
drop_keys(struct kerberos_seal *kerberos)
{
    const struct oa_kerberos_host *host = kerberos->keys.host;

    for (size_t i = 0; i < OA_KERBEROS_KEYS; i++)
        if (kerberos->keys.of[i].key)
            host->free_key(host->context, kerberos->keys.of[i].key);
    explicit_bzero(&kerberos->keys, sizeof kerberos->keys);
    kerberos->keys.host = host;
}

static void *
create(const struct oa_seal_secrets *secrets)
{
    struct kerberos_seal *kerberos = g_new0(struct kerberos_seal, 1);

    kerberos->keys.host = secrets->kerberos;
    kerberos->ticket = OA_SEAL_NO_TOKENS;
    return kerberos;
}

static void
keep_ap_rep(struct kerberos_seal *kerberos, GByteArray *ap_rep)
{
    if (kerberos->ap_rep)
        g_byte_array_unref(kerberos->ap_rep);
    kerberos->ap_rep = ap_rep;
}

static void
free_state(void *state)
{
    struct kerberos_seal *kerberos = state;

    if (!kerberos)
        return;
    drop_keys(kerberos);
    keep_ap_rep(kerberos, NULL);
    g_free(kerberos);
}

static bool
set_key(struct oa_kerberos_keys *keys, enum oa_kerberos_key_from from,
        const struct oa_kerberos_key_value *value)
{
    const struct oa_kerberos_host *host = keys->host;
    struct oa_kerberos_key *key =
        host->new_key(host->context, value->enctype, value->bytes, value->length);

    if (!key)
        return false;
    if (keys->of[from].key)
        host->free_key(host->context, keys->of[from].key);
    keys->of[from].key = key;
    keys->of[from].value = *value;
    return true;
}

/* Decrypts a part with the ticket's session key. Returns its bytes, to be given to free_part();
 * NULL if it is not what was encrypted. */
static uint8_t *
open_part(const struct oa_kerberos_keys *keys, const struct oa_kerberos_encrypted *part,
          enum oa_kerberos_usage usage, struct oa_cursor *plain)
{
    const struct oa_kerberos_host *host = keys->host;
    struct oa_kerberos_sealed sealed = { .length = part->cipher.length };

    if (sealed.length == 0)
        return NULL;
    sealed.bytes = g_memdup2(part->cipher.at, sealed.length);
    if (host->decrypt(host->context, keys->of[OA_KERBEROS_FROM_TICKET].key, usage, &sealed)) {
        *plain = oa_cursor_over(sealed.plain, sealed.plain_length);
        return sealed.bytes;
    }
    g_free(sealed.bytes);
    return NULL;
}

static void
free_part(uint8_t *bytes, const struct oa_kerberos_encrypted *part)
{
    explicit_bzero(bytes, part->cipher.length);
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
        explicit_bzero(&value, sizeof value);
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
take_authenticator(struct oa_kerberos_keys *keys, const struct oa_kerberos_encrypted *part)
{
    static const uint8_t BODY[] = { DER_AUTHENTICATOR, OA_DER_SEQUENCE };
    struct oa_cursor plain = { 0 };
    bool malformed = false;
    uint8_t *bytes = open_part(keys, part, OA_KERBEROS_USE_AUTHENTICATOR, &plain);

    if (!bytes)
        return;
    if (oa_der_descend(&plain, BODY, sizeof BODY, &malformed)) {
        keys->is_dce_style = asks_for_dce_style(plain);
        take_subkey(keys, OA_KERBEROS_FROM_INITIATOR, plain, 6);
    }
    free_part(bytes, part);
}

/* The server's AP-REP, [RFC 4120] 5.5.2. The client's own, the third leg of DCE style, has no key.
 */
static void
take_ap_rep(struct oa_kerberos_keys *keys, struct oa_cursor message)
{
    static const uint8_t ENCRYPTED[] = { OA_DER_SEQUENCE, OA_DER_CONTEXT(2), OA_DER_SEQUENCE };
    static const uint8_t BODY[] = { DER_ENC_AP_REP_PART, OA_DER_SEQUENCE };
    struct oa_kerberos_encrypted part;
    struct oa_cursor plain = { 0 };
    bool malformed = false;

    if (!oa_der_descend(&message, ENCRYPTED, sizeof ENCRYPTED, &malformed) ||
        !oa_kerberos_read_encrypted(message, &part, &malformed))
        return;
    uint8_t *bytes = open_part(keys, &part, OA_KERBEROS_USE_AP_REP, &plain);
    if (!bytes)
        return;
    if (oa_der_descend(&plain, BODY, sizeof BODY, &malformed))
        take_subkey(keys, OA_KERBEROS_FROM_ACCEPTOR, plain, 2);
    free_part(bytes, &part);
}

static void
take_kept_ap_rep(struct kerberos_seal *kerberos)
{
    if (!kerberos->ap_rep || kerberos->ticket != OA_SEAL_BY_KEYTAB)
        return;
    take_ap_rep(&kerberos->keys, oa_cursor_over(kerberos->ap_rep->data, kerberos->ap_rep->len));
    keep_ap_rep(kerberos, NULL);
}

/* Begins the context anew. */
static void
take_ap_req(struct kerberos_seal *kerberos, struct oa_cursor message)
{
    struct oa_kerberos_ap_req ap_req;
    struct oa_kerberos_client client;
    bool malformed = false;

    drop_keys(kerberos);
    oa_kerberos_read_ap_req(message, &ap_req, &malformed);
    kerberos->ticket = oa_kerberos_open_ticket(kerberos->keys.host, &ap_req, &client);
    if (kerberos->ticket != OA_SEAL_BY_KEYTAB)
        return;
    if (set_key(&kerberos->keys, OA_KERBEROS_FROM_TICKET, &client.session_key))
        take_authenticator(&kerberos->keys, &ap_req.authenticator);
    else
        kerberos->ticket = oa_seal_unsupported_type(client.session_key.enctype);
    explicit_bzero(&client, sizeof client);
    take_kept_ap_rep(kerberos);
}

static void
take_message(void *state, enum oa_side side, const uint8_t *message, size_t length)
{
    struct kerberos_seal *kerberos = state;
    struct oa_cursor at = oa_cursor_over(message, length);
    struct oa_der element;
    bool malformed = false;

    if (!oa_der_next(&at, &element, &malformed))
        return;
    if (side == OA_CLIENT && element.tag == OA_DER_AP_REQ) {
        take_ap_req(kerberos, element.body);
    } else if (side == OA_SERVER && element.tag == OA_DER_AP_REP && length <= AP_REP_MAX) {
        size_t left = oa_cursor_left(&element.body);
        keep_ap_rep(kerberos,
                    g_byte_array_append(g_byte_array_new(), element.body.data, (guint)left));
        take_kept_ap_rep(kerberos);
    }
}

static enum oa_seal_outcome
open_pdu(void *state, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    struct kerberos_seal *kerberos = state;

    if (kerberos->ticket != OA_SEAL_BY_KEYTAB)
        return kerberos->ticket;
    for (unsigned tries = 0; tries < 2; tries++) {
        struct oa_seal_pdu signed_part = *pdu;

        if (kerberos->signs_stub_only)
            signed_part.head.length = signed_part.trailer.length = 0;
        enum oa_seal_outcome outcome = oa_kerberos_open(&kerberos->keys, &signed_part, plain);
        if (outcome != OA_SEAL_BAD_SIGNATURE)
            return outcome;
        kerberos->signs_stub_only = !kerberos->signs_stub_only;
    }
    return OA_SEAL_BAD_SIGNATURE;
}

static void
pass(void *state, enum oa_side side, size_t pdu_length, size_t stub_length)
{
    (void)state;
    (void)side;
    (void)pdu_length;
    (void)stub_length;
}

static void
lose(void *state, enum oa_side side, uint64_t bytes)
{
    (void)state;
    (void)side;
    (void)bytes;
}

/* One part has the ticket, the other the server's AP-REP. */
static void
merge(void *state, void *part)
{
    struct kerberos_seal *kerberos = state, *other = part;

    if (kerberos->ticket == OA_SEAL_NO_TOKENS) {
        struct kerberos_seal swapped = *kerberos;
        *kerberos = *other;
        *other = swapped;
    }
    if (!kerberos->ap_rep && !kerberos->keys.of[OA_KERBEROS_FROM_ACCEPTOR].key) {
        kerberos->ap_rep = other->ap_rep;
        other->ap_rep = NULL;
    }
    take_kept_ap_rep(kerberos);
}

const struct oa_seal_mechanism OA_SEAL_KERBEROS = {
    .mechanism = OA_AUTH_KERBEROS,
    .create = create,
    .free = free_state,
    .take_message = take_message,
    .open = open_pdu,
    .pass = pass,
    .lose = lose,
    .merge = merge,
};
