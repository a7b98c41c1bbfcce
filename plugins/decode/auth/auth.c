/* auth.c
 * Authentication tokens: NTLM messages, SPNEGO and Kerberos wrappers, Basic credentials.
 * [MS-NLMP] 2.2, [MS-SPNG] 2.2, [RFC 4178] 4.2, [RFC 4121] 4.1, [RFC 4120] 5, [RFC 7617]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth.h"

#include <string.h>

#include <glib.h>

#include "auth/der.h"
#include "auth/kerberos_ticket.h"
#include "auth/ntlm_message.h"

const struct oa_auth OA_AUTH_NONE;

static struct oa_text
as_text(struct oa_cursor bytes)
{
    size_t left = oa_cursor_left(&bytes);

    return (struct oa_text){ (const char *)oa_cursor_bytes(&bytes, left), left };
}

static bool
cursor_equals(struct oa_cursor bytes, const void *wanted, size_t length)
{
    if (oa_cursor_left(&bytes) != length)
        return false;
    return memcmp(oa_cursor_bytes(&bytes, length), wanted, length) == 0;
}

/* --- NTLM, [MS-NLMP] 2.2 --- */

/* A MIC lies before the payload, which begins behind it then. */
#define NTLM_MIC_END 88

/* The av pairs that are names, by id, [MS-NLMP] 2.2.2.1. */
static const struct {
    enum oa_ntlm_av id;
    size_t member;
} AV_NAMES[] = {
    { OA_NTLM_AV_NB_COMPUTER_NAME, offsetof(struct oa_auth, netbios_computer) },
    { OA_NTLM_AV_NB_DOMAIN_NAME, offsetof(struct oa_auth, netbios_domain) },
    { OA_NTLM_AV_DNS_COMPUTER_NAME, offsetof(struct oa_auth, dns_computer) },
    { OA_NTLM_AV_DNS_DOMAIN_NAME, offsetof(struct oa_auth, dns_domain) },
    { OA_NTLM_AV_DNS_TREE_NAME, offsetof(struct oa_auth, dns_forest) },
    { OA_NTLM_AV_TARGET_NAME, offsetof(struct oa_auth, target_name) },
};

static void
copy_utf16(struct oa_cursor bytes, char *out)
{
    struct oa_text text = as_text(bytes);

    oa_text_copy_utf16le((const uint8_t *)text.at, text.length, out, OA_AUTH_NAME);
}

/* A name in the sender's own code page; old clients send such ones for UTF-8 too. */
static void
copy_8bit(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_text name, char *out)
{
    uint32_t code_page = oa_code_pages_of_name(reader->pages, name);

    if (code_page)
        auth->code_page = code_page;
    oa_code_pages_copy(code_page ? reader->pages : NULL, code_page, name, out, OA_AUTH_NAME);
}

/* `bytes` as the flags of the message say. */
static void
copy_name(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_cursor bytes,
          char *out)
{
    bool is_unicode = auth->ntlm_type != OA_NTLM_NEGOTIATE && auth->ntlm_flags & OA_NTLM_UNICODE;

    if (is_unicode)
        copy_utf16(bytes, out);
    else
        copy_8bit(auth, reader, as_text(bytes), out);
}

static void
read_version(struct oa_auth *auth, const uint8_t *bytes)
{
    struct oa_cursor version = oa_cursor_over(bytes, OA_NTLM_VERSION_SIZE);

    auth->has_version = true;
    auth->version_major = oa_cursor_u8(&version);
    auth->version_minor = oa_cursor_u8(&version);
    auth->version_build = oa_cursor_u16(&version);
    oa_cursor_skip(&version, 3); /* reserved */
    auth->version_revision = oa_cursor_u8(&version);
}

static void
read_av_name(struct oa_auth *auth, unsigned id, struct oa_cursor value)
{
    /* A challenge has its target name in a separate field. */
    if (id == OA_NTLM_AV_TARGET_NAME && auth->ntlm_type != OA_NTLM_AUTHENTICATE)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(AV_NAMES); i++)
        if (AV_NAMES[i].id == id)
            copy_utf16(value, (char *)auth + AV_NAMES[i].member);
}

static void
read_av_value(struct oa_auth *auth, unsigned id, struct oa_cursor value)
{
    switch (id) {
    case OA_NTLM_AV_FLAGS:
        auth->av_flags = oa_cursor_u32(&value);
        break;
    case OA_NTLM_AV_TIMESTAMP:
        auth->av_timestamp = oa_cursor_u64(&value);
        break;
    case OA_NTLM_AV_CHANNEL_BINDINGS:
        while (oa_cursor_left(&value) > 0)
            auth->has_channel_bindings |= oa_cursor_u8(&value) != 0;
        break;
    default:
        read_av_name(auth, id, value);
        break;
    }
    auth->malformed |= value.is_short;
}

/* Reads the pairs up to the terminator. */
static void
read_av_pairs(struct oa_auth *auth, struct oa_cursor list)
{
    for (;;) {
        unsigned id = oa_cursor_u16(&list);
        struct oa_cursor value = oa_cursor_sub(&list, oa_cursor_u16(&list));

        auth->malformed |= list.is_short;
        if (list.is_short || id == OA_NTLM_AV_END)
            return;
        if (id < OA_NTLM_AV_IDS)
            auth->av_ids |= 1u << id;
        read_av_value(auth, id, value);
    }
}

/* [MS-NLMP] 2.2.2.8; the MIC is present if the av pairs say so and there is room before the
 * payload. */
static void
read_v2_response(struct oa_auth *auth, const struct oa_ntlm_message *message)
{
    struct oa_cursor response = message->nt_response;

    oa_cursor_skip(&response, OA_NTLM_V2_PROOF + OA_NTLM_V2_FIXED);
    read_av_pairs(auth, response);
    auth->has_mic =
        (auth->av_flags & OA_NTLM_AV_FLAG_MIC) && message->payload_start >= NTLM_MIC_END;
}

/* [MS-NLMP] 3.3.1, 3.3.2; distinguished by length, as the messages do not identify it. */
static enum oa_ntlm_proof
proof_of(const struct oa_ntlm_message *message)
{
    size_t nt_length = oa_cursor_left(&message->nt_response);

    if (nt_length > OA_NTLM_V1_RESPONSE)
        return OA_NTLM_PROOF_V2;
    if (nt_length == OA_NTLM_V1_RESPONSE)
        return message->flags & OA_NTLM_EXTENDED_SESSIONSECURITY ? OA_NTLM_PROOF_V1_SESSION
                                                                 : OA_NTLM_PROOF_V1;
    return oa_cursor_left(&message->lm_response) == OA_NTLM_V1_RESPONSE ? OA_NTLM_PROOF_LM
                                                                        : OA_NTLM_PROOF_NONE;
}

static void
read_authenticate(struct oa_auth *auth, const struct oa_ntlm_message *message)
{
    auth->ntlm_proof = proof_of(message);
    auth->is_ntlm_v2 = auth->ntlm_proof == OA_NTLM_PROOF_V2;
    if (auth->is_ntlm_v2)
        read_v2_response(auth, message);
    /* [MS-NLMP] 3.2.5.1.2; a name that extends beyond the message is not an empty one. */
    bool no_user = oa_cursor_left(&message->user) == 0 && !auth->malformed;
    bool no_proof =
        oa_cursor_left(&message->nt_response) == 0 && oa_cursor_left(&message->lm_response) <= 1;
    auth->is_anonymous = no_user && (no_proof || (auth->ntlm_flags & OA_NTLM_ANONYMOUS));
}

/* The names of a NEGOTIATE are in the OEM character set whatever its flags are. */
static bool
read_ntlm(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_cursor bytes)
{
    struct oa_ntlm_message message;

    if (!oa_ntlm_message_read(bytes.data, bytes.length, &message))
        return false;
    auth->mechanism = OA_AUTH_NTLM;
    auth->malformed |= message.malformed;
    auth->ntlm_type = message.type;
    auth->ntlm_flags = message.flags;
    copy_name(auth, reader, message.target, auth->target_name);
    copy_name(auth, reader, message.domain, auth->domain);
    copy_name(auth, reader, message.user, auth->user);
    copy_name(auth, reader, message.workstation, auth->workstation);
    if (message.version)
        read_version(auth, message.version);
    if (oa_cursor_left(&message.target_info) > 0)
        read_av_pairs(auth, message.target_info);
    if (message.type == OA_NTLM_AUTHENTICATE)
        read_authenticate(auth, &message);
    return true;
}

/* --- Kerberos --- */

static const struct mech_row {
    enum oa_spnego_mech mech;
    enum oa_auth_mechanism mechanism;
    size_t length;
    uint8_t oid[10];
} MECHS[] = {
    { OA_SPNEGO_MECH_NTLM,
      OA_AUTH_NTLM,
      10,
      { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A } },
    { OA_SPNEGO_MECH_KERBEROS,
      OA_AUTH_KERBEROS,
      9,
      { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 } },
    /* a truncated encoding of the same, introduced by Windows 2000, [MS-SPNG] 3.1.5.2 */
    { OA_SPNEGO_MECH_MS_KERBEROS,
      OA_AUTH_KERBEROS,
      9,
      { 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02 } },
    { OA_SPNEGO_MECH_KERBEROS_USER_TO_USER,
      OA_AUTH_KERBEROS,
      10,
      { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 } },
    { OA_SPNEGO_MECH_NEGOEX,
      OA_AUTH_UNKNOWN,
      10,
      { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1E } },
};

static const uint8_t SPNEGO_OID[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

static const struct mech_row *
mech_of(struct oa_cursor oid)
{
    static const struct mech_row OTHER = { .mech = OA_SPNEGO_MECH_OTHER };

    for (size_t i = 0; i < G_N_ELEMENTS(MECHS); i++)
        if (cursor_equals(oid, MECHS[i].oid, MECHS[i].length))
            return &MECHS[i];
    return &OTHER;
}

/* [RFC 4120] 5.5.1, 5.3: the service is in the clear, the client's name is in what the ticket
 * seals. */
static void
read_ap_req(struct oa_auth *auth, const struct oa_kerberos_host *host, struct oa_cursor message)
{
    struct oa_kerberos_ap_req ap_req;
    struct oa_kerberos_client client;

    oa_kerberos_read_ap_req(message, &ap_req, &auth->malformed);
    g_strlcpy(auth->realm, ap_req.ticket.realm, OA_AUTH_NAME);
    g_strlcpy(auth->target_name, ap_req.ticket.service, OA_AUTH_NAME);
    auth->ticket = oa_kerberos_open_ticket(host, &ap_req, &client);
    if (auth->ticket != OA_SEAL_BY_KEYTAB)
        return;
    g_autofree char *name = g_strconcat(client.name, "@", client.realm, NULL);
    oa_text_copy((struct oa_text){ name, strlen(name) }, auth->user, OA_AUTH_NAME);
    explicit_bzero(&client, sizeof client);
}

/* [RFC 4120] 5.9.1 */
static void
read_krb_error(struct oa_auth *auth, struct oa_cursor message)
{
    static const uint8_t BODY[] = { OA_DER_SEQUENCE };

    if (!oa_der_descend(&message, BODY, sizeof BODY, &auth->malformed))
        return;
    oa_der_number(message, 6, &auth->kerberos_error, &auth->malformed);
    oa_kerberos_read_realm(message, 9, auth->realm, &auth->malformed);
    oa_kerberos_read_principal(message, 10, auth->target_name, &auth->malformed);
}

static void
read_kerberos_message(struct oa_auth *auth, const struct oa_auth_reader *reader,
                      const struct oa_der *message)
{
    switch (message->tag) {
    case OA_DER_AP_REQ:
        auth->kerberos_message = OA_KERBEROS_AP_REQ;
        read_ap_req(auth, reader->kerberos, message->body);
        break;
    case OA_DER_AP_REP:
        auth->kerberos_message = OA_KERBEROS_AP_REP; /* everything of interest in it is encrypted */
        break;
    case OA_DER_KRB_ERROR:
        auth->kerberos_message = OA_KERBEROS_ERROR;
        read_krb_error(auth, message->body);
        break;
    default:
        break;
    }
}

/* A Kerberos message: version 5, and the type given by its tag, [RFC 4120] 5.5, 5.9. */
static bool
is_kerberos_message(const struct oa_der *element)
{
    static const uint8_t VERSION[] = { OA_DER_SEQUENCE, OA_DER_CONTEXT(0), OA_DER_INTEGER };
    static const uint8_t TYPE[] = { OA_DER_SEQUENCE, OA_DER_CONTEXT(1), OA_DER_INTEGER };
    struct oa_cursor version = element->body;
    struct oa_cursor type = element->body;
    bool malformed = false;

    if ((element->tag & 0xE0) != 0x60)
        return false;
    if (!oa_der_descend(&version, VERSION, sizeof VERSION, &malformed))
        return false;
    if (!oa_der_descend(&type, TYPE, sizeof TYPE, &malformed))
        return false;
    return oa_cursor_u8(&version) == 5 && oa_cursor_u8(&type) == (element->tag & 0x1F);
}

/* Finds the message in a token: with the GSS header, [RFC 4121] 4.1, or without it, as DCE style
 * has it, [MS-KILE] 3.4.5.1. */
static bool
find_kerberos(struct oa_cursor token, struct oa_cursor *message, bool *malformed)
{
    struct oa_der element, oid;

    *message = token;
    if (!oa_der_next(&token, &element, malformed))
        return false;
    if (element.tag != OA_DER_GSS_TOKEN)
        return is_kerberos_message(&element);
    struct oa_cursor body = element.body;
    if (!oa_der_next(&body, &oid, malformed) || oid.tag != OA_DER_OID)
        return false;
    if (mech_of(oid.body)->mechanism != OA_AUTH_KERBEROS)
        return false;
    oa_cursor_skip(&body, sizeof(uint16_t)); /* the token's type, which the message repeats */
    *malformed |= body.is_short;
    *message = body;
    return true;
}

static bool
read_kerberos(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_cursor token)
{
    struct oa_cursor at;
    struct oa_der message;
    bool malformed = false;

    if (!find_kerberos(token, &at, &malformed))
        return false;
    auth->mechanism = OA_AUTH_KERBEROS;
    if (oa_der_next(&at, &message, &malformed))
        read_kerberos_message(auth, reader, &message);
    auth->malformed |= malformed;
    return true;
}

/* --- SPNEGO, [RFC 4178] 4.2 --- */

/* What the fields around the token of the mechanism say of it, in whatever order they come: the
 * token knows better. */
static void
set_mechanism(struct oa_auth *auth, enum oa_auth_mechanism mechanism)
{
    if (!auth->has_mech_token || auth->mechanism == OA_AUTH_UNKNOWN)
        auth->mechanism = mechanism;
}

/* NegTokenInit [0]: the first mechanism is the preferred one. */
static void
read_mech_list(struct oa_auth *auth, struct oa_cursor at)
{
    static const uint8_t LIST[] = { OA_DER_SEQUENCE };
    struct oa_der mech;
    bool is_first = true;

    if (!oa_der_descend(&at, LIST, sizeof LIST, &auth->malformed))
        return;
    while (oa_der_next(&at, &mech, &auth->malformed)) {
        if (mech.tag != OA_DER_OID)
            continue;
        const struct mech_row *row = mech_of(mech.body);
        if (is_first)
            set_mechanism(auth, row->mechanism);
        if (auth->n_mechs < OA_SPNEGO_MECHS_MAX)
            auth->mechs[auth->n_mechs++] = row->mech;
        is_first = false;
    }
}

/* NegTokenResp [0] and [1]: the state, and the chosen mechanism. */
static void
read_resp_field(struct oa_auth *auth, const struct oa_der *field)
{
    static const uint8_t STATE[] = { OA_DER_ENUMERATED };
    static const uint8_t CHOSEN[] = { OA_DER_OID };
    struct oa_cursor at = field->body;

    if (field->tag == OA_DER_CONTEXT(0) &&
        oa_der_descend(&at, STATE, sizeof STATE, &auth->malformed)) {
        auth->state = oa_cursor_u8(&at);
        auth->has_state = !at.is_short;
        auth->malformed |= at.is_short;
    } else if (field->tag == OA_DER_CONTEXT(1) &&
               oa_der_descend(&at, CHOSEN, sizeof CHOSEN, &auth->malformed)) {
        auth->chosen = mech_of(at)->mech;
        set_mechanism(auth, mech_of(at)->mechanism);
    }
}

/* The token of the mechanism in field [2]; false if it has none. */
static bool
find_mech_token(struct oa_cursor at, struct oa_cursor *token, bool *malformed)
{
    static const uint8_t TOKEN[] = { OA_DER_OCTET_STRING };

    if (!oa_der_descend(&at, TOKEN, sizeof TOKEN, malformed))
        return false;
    *token = oa_cursor_over(at.data, at.length); /* NTLM is little endian, DER is not */
    return true;
}

static void
read_mech_token(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_cursor at)
{
    struct oa_cursor token;

    if (auth->has_mech_token || !find_mech_token(at, &token, &auth->malformed))
        return; /* there is one, [RFC 4178] 4.2 */
    auth->has_mech_token = true;
    if (!read_ntlm(auth, reader, token))
        read_kerberos(auth, reader, token);
}

/*
 * [3] of NegTokenInit and NegTokenResp is the MIC of the mechanism list; in NegTokenInit2 it holds
 * the hints, a sequence, and [4] the MIC, [MS-SPNG] 2.2.1.
 */
static void
read_spnego_fields(struct oa_auth *auth, const struct oa_auth_reader *reader,
                   struct oa_cursor fields, bool is_init)
{
    struct oa_der field;

    auth->is_spnego_init = is_init;
    while (oa_der_next(&fields, &field, &auth->malformed)) {
        struct oa_cursor at = field.body;

        if (field.tag == OA_DER_CONTEXT(2))
            read_mech_token(auth, reader, at);
        else if (field.tag == OA_DER_CONTEXT(3) || field.tag == OA_DER_CONTEXT(4))
            auth->has_mech_list_mic |= oa_cursor_u8(&at) == OA_DER_OCTET_STRING;
        else if (!is_init)
            read_resp_field(auth, &field);
        else if (field.tag == OA_DER_CONTEXT(0))
            read_mech_list(auth, at);
    }
}

/* What is in a token of SPNEGO. */
struct spnego {
    bool is_init;   /* NegTokenInit or NegTokenInit2; else NegTokenResp */
    bool malformed; /* its fields cannot be found, or extend beyond its bytes */
    bool has_fields;
    struct oa_cursor fields;
};

static bool
find_spnego(struct oa_cursor token, struct spnego *spnego)
{
    struct oa_der outer, oid, fields;
    bool has_header = false;

    *spnego = (struct spnego){ .fields = oa_cursor_over(token.data, 0) };
    if (!oa_der_next(&token, &outer, &spnego->malformed))
        return false;
    if (outer.tag == OA_DER_GSS_TOKEN) {
        struct oa_cursor body = outer.body;

        has_header = oa_der_next(&body, &oid, &spnego->malformed) && oid.tag == OA_DER_OID;
        if (!has_header || !cursor_equals(oid.body, SPNEGO_OID, sizeof SPNEGO_OID))
            return false;
        if (!oa_der_next(&body, &outer, &spnego->malformed))
            outer.tag = 0;
    }
    spnego->is_init = outer.tag == OA_DER_CONTEXT(0);
    spnego->has_fields = (spnego->is_init || outer.tag == OA_DER_CONTEXT(1)) &&
                         oa_der_next(&outer.body, &fields, &spnego->malformed) &&
                         fields.tag == OA_DER_SEQUENCE;
    if (spnego->has_fields)
        spnego->fields = fields.body;
    spnego->malformed |= !spnego->has_fields;
    /* Without the header that identifies SPNEGO the inner tags have to be correct. */
    return spnego->has_fields || has_header;
}

static bool
read_spnego(struct oa_auth *auth, const struct oa_auth_reader *reader, struct oa_cursor token)
{
    struct spnego spnego;

    if (!find_spnego(token, &spnego))
        return false;
    auth->is_spnego = true;
    auth->malformed = spnego.malformed;
    if (spnego.has_fields)
        read_spnego_fields(auth, reader, spnego.fields, spnego.is_init);
    return true;
}

/* --- tokens --- */

/* The token of the mechanism in a token of SPNEGO; empty if there is none. */
static struct oa_cursor
token_in_spnego(const struct spnego *spnego)
{
    struct oa_cursor fields = spnego->fields, token;
    bool malformed = false;
    struct oa_der field;

    while (oa_der_next(&fields, &field, &malformed))
        if (field.tag == OA_DER_CONTEXT(2) && find_mech_token(field.body, &token, &malformed))
            return token;
    return oa_cursor_over(spnego->fields.data, 0);
}

enum oa_auth_mechanism
oa_auth_message(const uint8_t *token, size_t length, struct oa_cursor *message)
{
    struct oa_ntlm_message ntlm;
    struct spnego spnego;
    bool malformed = false;

    *message = oa_cursor_over(token, length);
    if (!oa_ntlm_message_read(token, length, &ntlm) &&
        !find_kerberos(*message, message, &malformed) &&
        find_spnego(oa_cursor_over(token, length), &spnego))
        *message = token_in_spnego(&spnego);
    if (oa_ntlm_message_read(message->data + message->offset, oa_cursor_left(message), &ntlm))
        return OA_AUTH_NTLM;
    return find_kerberos(*message, message, &malformed) ? OA_AUTH_KERBEROS : OA_AUTH_UNKNOWN;
}

bool
oa_auth_from_token(const uint8_t *token, size_t length, const struct oa_auth_reader *reader,
                   struct oa_auth *auth)
{
    struct oa_cursor cursor = oa_cursor_over(token, length);

    memset(auth, 0, sizeof *auth);
    auth->has_token = length > 0;
    if (length == 0)
        return false;
    if (read_ntlm(auth, reader, cursor))
        auth->scheme = OA_AUTH_SCHEME_NTLM;
    else if (read_kerberos(auth, reader, cursor))
        auth->scheme = OA_AUTH_SCHEME_KERBEROS;
    else if (read_spnego(auth, reader, cursor))
        auth->scheme = OA_AUTH_SCHEME_NEGOTIATE;
    return auth->scheme != OA_AUTH_SCHEME_NONE;
}

/* --- HTTP headers --- */

/* Takes the bytes before the first `mark`, and the mark; nothing if there is none. */
static bool
take_until(struct oa_cursor *from, char mark, struct oa_text *piece)
{
    struct oa_text all = as_text(*from);
    const char *found = all.length ? memchr(all.at, mark, all.length) : NULL;

    if (!found)
        return false;
    *piece = (struct oa_text){ all.at, (size_t)(found - all.at) };
    return oa_cursor_skip(from, piece->length + 1);
}

/* `user:password` or `DOMAIN\user:password`. Text without a colon may be a password and is not
 * kept. */
static bool
read_basic(const uint8_t *data, size_t length, const struct oa_auth_reader *reader,
           struct oa_auth *auth)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);
    struct oa_text user;

    memset(auth, 0, sizeof *auth);
    auth->mechanism = OA_AUTH_BASIC;
    if (!take_until(&cursor, ':', &user)) {
        auth->malformed = true;
        return false;
    }
    auth->has_password = oa_cursor_left(&cursor) > 0;
    const char *mark = oa_code_pages_backslash(oa_code_pages_of_name(reader->pages, user), user);
    if (mark) {
        struct oa_text domain = { user.at, (size_t)(mark - user.at) };
        copy_8bit(auth, reader, domain, auth->domain);
        user = (struct oa_text){ mark + 1, user.length - domain.length - 1 };
    }
    copy_8bit(auth, reader, user, auth->user);
    return true;
}

static const struct scheme_row {
    const char *name;
    bool (*read)(const uint8_t *token, size_t length, const struct oa_auth_reader *reader,
                 struct oa_auth *auth);
    bool both_ways; /* challenges carry tokens too; those of other schemes carry parameters */
} SCHEMES[] = {
    [OA_AUTH_SCHEME_NONE] = { "", NULL, false },
    [OA_AUTH_SCHEME_BASIC] = { "Basic", read_basic, false },
    [OA_AUTH_SCHEME_NTLM] = { "NTLM", oa_auth_from_token, true },
    [OA_AUTH_SCHEME_NEGOTIATE] = { "Negotiate", oa_auth_from_token, true },
    [OA_AUTH_SCHEME_KERBEROS] = { "Kerberos", oa_auth_from_token, true },
    [OA_AUTH_SCHEME_BEARER] = { "Bearer", NULL, false },
    [OA_AUTH_SCHEME_DIGEST] = { "Digest", NULL, false },
    [OA_AUTH_SCHEME_OTHER] = { "Other", NULL, false },
};

static enum oa_auth_scheme
scheme_of(struct oa_text name)
{
    for (unsigned i = 0; i < OA_AUTH_SCHEME_OTHER; i++)
        if (oa_text_equals(name, SCHEMES[i].name))
            return (enum oa_auth_scheme)i;
    return OA_AUTH_SCHEME_OTHER;
}

static void
read_base64(const struct scheme_row *row, struct oa_text base64,
            const struct oa_auth_reader *reader, struct oa_auth *auth)
{
    size_t size = base64.length / 4 * 3 + 3; /* required by g_base64_decode_step() */
    uint8_t *bytes = g_malloc(size);
    gint state = 0;
    guint bits = 0;
    size_t length = g_base64_decode_step(base64.at, base64.length, bytes, &state, &bits);

    row->read(bytes, length, reader, auth);
    explicit_bzero(bytes, size);
    explicit_bzero(&bits, sizeof bits);
    g_free(bytes);
}

void
oa_auth_from_http(const struct oa_http_credentials *credentials,
                  const struct oa_auth_reader *reader, struct oa_auth *auth)
{
    enum oa_auth_scheme scheme = scheme_of(oa_text_trim(credentials->scheme));
    const struct scheme_row *row = &SCHEMES[scheme];
    struct oa_text token = oa_text_trim(credentials->token);
    enum oa_http_auth_header header = credentials->header;
    bool asks = header == OA_HTTP_WWW_AUTHENTICATE || header == OA_HTTP_PROXY_AUTHENTICATE;
    bool has_token = token.length > 0 && (row->both_ways || !asks);

    if (has_token && row->read)
        read_base64(row, token, reader, auth);
    else
        memset(auth, 0, sizeof *auth);
    auth->scheme = scheme;
    auth->has_token = has_token;
}

const char *
oa_auth_scheme_name(enum oa_auth_scheme scheme)
{
    return (size_t)scheme < G_N_ELEMENTS(SCHEMES) ? SCHEMES[scheme].name : "";
}
