/* ntlm_seal.c
 * Session security of NTLM: what its keys sign and seal, in the order of the sequence numbers.
 * [MS-NLMP] 3.4
 *
 * Sealing is one RC4 keystream for each side, which goes on from PDU to PDU: for the stub, then for
 * the checksum. Behind bytes that are missing from the capture its position is found by trying, in
 * bounds, those that their number allows; a signature proves it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/seal_mechanism.h"

#include <string.h>

#include <gcrypt.h>
#include <glib.h>

#include "base/text.h"

#define SIGNATURE 16
#define SIGNATURE_VERSION 1

/* Of a sealed PDU: its header with the first fields of a request or response, and its trailer. */
#define HEAD 24
#define TRAILER 8

/* Stubs are padded, and PDUs are as long, in steps of that, [C706] 13.2.6.1. */
#define STEP 4

/* Secrets tried for one user. */
#define SECRETS_MAX 16

/* Bytes that are deciphered in search of a position: some at first, so many for each byte that has
 * come, and at most so many in store. */
#define CREDIT_START (UINT64_C(64) * 1024)
#define CREDIT_FACTOR 64
#define CREDIT_MAX (UINT64_C(4) * 1024 * 1024)

/* How far the search goes, in bytes, and how many PDUs are searched; then what follows stays
 * sealed. */
#define DISTANCE_MAX (UINT64_C(512) * 1024)
#define SEARCHED_MAX 64

/* Keystream that is passed over in one go. */
#define BLOCK (64 * 1024)

/* The keystream of lost PDUs is kept, as they may come late, and how much of it. */
#define GAPS 4
#define GAP_BYTES (8 * 1024)

/* An RC4 keystream from its current position on. */
struct keystream {
    gcry_cipher_hd_t cipher; /* NULL: refused, or not begun */
    GByteArray *ahead;       /* the next bytes of it, if they have been generated; else NULL */
    size_t used;             /* of these */
};

/* PDUs that were missing when later ones came. */
struct gap {
    uint32_t next, end; /* sequence numbers; equal if unused */
    GByteArray *keystream;
};

/* What is protected by one keystream: the PDUs of one side, or of both. */
struct stream {
    struct keystream keystream;
    uint32_t next;   /* sequence number of the next PDU */
    bool has_opened; /* one at least */
    uint64_t lost;   /* bytes between the last PDU and the next one */
    uint64_t credit;
    unsigned searched; /* PDUs in vain, since the last that was opened */
    struct gap gaps[GAPS];
    unsigned n_gaps;      /* so far */
    uint64_t n, n_sealed; /* PDUs, and bytes sealed in them, before the keys are known */
};

struct ntlm_seal {
    const struct oa_seal_secrets *secrets;
    bool has_challenge;
    uint8_t challenge[OA_NTLM_CHALLENGE_SIZE];
    GByteArray *authenticate;     /* the message, while the challenge is not known */
    enum oa_seal_outcome outcome; /* open: there are keys */
    uint32_t flags;
    uint8_t key[OA_NTLM_KEY];             /* the session key */
    struct oa_ntlm_checksum *checksum[2]; /* NULL: no keys */
    struct stream streams[2];
    struct stream *stream_of[2]; /* of each side */
    bool signs_all;  /* signatures are over whole PDUs; else over stubs, [MS-RPCE] 3.3.1.5.2.2: */
    bool has_signed; /* the first that was right has shown which, for all of them */
};

static bool
is_extended(const struct ntlm_seal *ntlm)
{
    return ntlm->flags & OA_NTLM_EXTENDED_SESSIONSECURITY;
}

/* Keystream that a signature uses. */
static size_t
used_by_signature(const struct ntlm_seal *ntlm)
{
    if (!is_extended(ntlm))
        return 12;
    return ntlm->flags & OA_NTLM_KEY_EXCH ? 8 : 0;
}

/* --- keystreams --- */

static void
keystream_begin(struct keystream *keystream, const struct oa_ntlm_side_keys *keys)
{
    gcry_cipher_hd_t cipher;

    if (gcry_cipher_open(&cipher, GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, 0) != 0)
        return;
    if (gcry_cipher_setkey(cipher, keys->seal, keys->seal_length) == 0)
        keystream->cipher = cipher;
    else
        gcry_cipher_close(cipher);
}

static void
drop_ahead(struct keystream *keystream)
{
    if (keystream->ahead)
        g_byte_array_unref(keystream->ahead);
    keystream->ahead = NULL;
    keystream->used = 0;
}

static void
keystream_end(struct keystream *keystream)
{
    if (keystream->cipher)
        gcry_cipher_close(keystream->cipher);
    keystream->cipher = NULL;
    drop_ahead(keystream);
}

/* The next bytes of the keystream, which are not used up; NULL if there is none. Valid until its
 * next use. */
static const uint8_t *
look_ahead(struct keystream *keystream, size_t length)
{
    size_t wanted = keystream->used + length;

    if (!keystream->cipher)
        return NULL;
    if (!keystream->ahead)
        keystream->ahead = g_byte_array_sized_new((guint)MAX(length, 1));
    size_t there = keystream->ahead->len;
    if (there < wanted) {
        g_byte_array_set_size(keystream->ahead, (guint)wanted);
        uint8_t *more = keystream->ahead->data + there;
        memset(more, 0, wanted - there);
        if (gcry_cipher_encrypt(keystream->cipher, more, wanted - there, NULL, 0) != 0) {
            keystream_end(keystream);
            return NULL;
        }
    }
    return keystream->ahead->data + keystream->used;
}

static void
use_up(struct keystream *keystream, uint64_t length)
{
    while (length > 0 && look_ahead(keystream, (size_t)MIN(length, BLOCK))) {
        size_t used = MIN(length, keystream->ahead->len - keystream->used);
        keystream->used += used;
        length -= used;
        if (keystream->used == keystream->ahead->len)
            drop_ahead(keystream);
    }
}

/* --- signatures, [MS-NLMP] 3.4.4 --- */

static uint32_t
u32_of(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The sequence number that the PDU has, if its signature is right; `tail` is the keystream of the
 * signature. Of the older form the number is a part of the proof. */
static bool
is_signed(const struct ntlm_seal *ntlm, const struct oa_seal_pdu *pdu, struct oa_bytes stub,
          bool signs_all, const uint8_t *tail, uint32_t *sequence)
{
    const uint8_t *signature = pdu->signature.at;
    struct oa_bytes all[] = { { signature + 12, 4 }, pdu->head, stub, pdu->trailer };
    struct oa_bytes some[] = { { signature + 12, 4 }, stub };
    const struct oa_bytes *pieces = signs_all ? all : some;
    size_t n = signs_all ? G_N_ELEMENTS(all) : G_N_ELEMENTS(some);
    struct oa_ntlm_checksum *checksum = ntlm->checksum[pdu->side];
    uint8_t digest[OA_NTLM_KEY];

    if (!is_extended(ntlm)) {
        *sequence = u32_of(signature + 12) ^ u32_of(tail + 8);
        return oa_ntlm_checksum_of(checksum, pieces + 1, n - 1, digest) &&
               u32_of(digest) == (u32_of(signature + 8) ^ u32_of(tail + 4));
    }
    *sequence = u32_of(signature + 12);
    if (!oa_ntlm_checksum_of(checksum, pieces, n, digest))
        return false;
    for (size_t i = 0; i < 8; i++)
        if ((signature[4 + i] ^ (ntlm->flags & OA_NTLM_KEY_EXCH ? tail[i] : 0)) != digest[i])
            return false;
    return true;
}

/* How much of the keystream the PDU uses. */
static size_t
used_by_pdu(const struct ntlm_seal *ntlm, const struct oa_seal_pdu *pdu)
{
    return (pdu->is_sealed ? pdu->stub.length : 0) + used_by_signature(ntlm);
}

/* Deciphers the PDU with that keystream, and checks its signature. */
static bool
decipher(struct ntlm_seal *ntlm, const struct oa_seal_pdu *pdu, const uint8_t *keystream,
         uint8_t *plain, uint32_t *sequence)
{
    struct oa_bytes stub = pdu->stub;

    if (pdu->is_sealed) {
        for (size_t i = 0; i < stub.length; i++)
            plain[i] = stub.at[i] ^ keystream[i];
        stub.at = plain;
        keystream += stub.length;
    }
    bool is_right = is_signed(ntlm, pdu, stub, ntlm->signs_all, keystream, sequence);
    if (!is_right && !ntlm->has_signed) {
        is_right = is_signed(ntlm, pdu, stub, !ntlm->signs_all, keystream, sequence);
        ntlm->signs_all ^= is_right;
    }
    ntlm->has_signed |= is_right;
    return is_right;
}

/* --- positions --- */

static size_t
length_of(const struct oa_seal_pdu *pdu)
{
    return pdu->head.length + pdu->stub.length + pdu->trailer.length + pdu->signature.length;
}

/* Tries the PDU at that distance from the current position. */
static bool
try_at(struct ntlm_seal *ntlm, struct stream *stream, const struct oa_seal_pdu *pdu,
       uint64_t distance, uint8_t *plain, uint32_t *sequence)
{
    const uint8_t *keystream =
        look_ahead(&stream->keystream, (size_t)distance + used_by_pdu(ntlm, pdu));

    return keystream && decipher(ntlm, pdu, keystream + distance, plain, sequence);
}

/*
 * Bytes are missing, with `missing` PDUs or more among them. If these were all, the distance
 * follows from their number; other PDUs, which use no keystream, make it less. Without a count of
 * bytes, it is as small as the PDUs allow, or more.
 */
static bool
search(struct ntlm_seal *ntlm, struct stream *stream, const struct oa_seal_pdu *pdu,
       uint32_t missing, uint8_t *plain, uint64_t *distance, uint32_t *sequence)
{
    uint64_t least = (uint64_t)missing * used_by_signature(ntlm);
    uint64_t around = (uint64_t)missing * (HEAD + TRAILER + SIGNATURE);
    uint64_t most = stream->lost >= around ? stream->lost - around + least : 0;
    bool is_counted = stream->lost > 0;
    uint64_t cost = length_of(pdu);

    if (is_counted && most < least)
        return false;
    if (!is_counted)
        most = DISTANCE_MAX;
    *distance = is_counted ? most : least;
    while (stream->credit >= cost && *distance >= least && *distance <= MIN(most, DISTANCE_MAX)) {
        stream->credit -= cost;
        if (try_at(ntlm, stream, pdu, *distance, plain, sequence))
            return true;
        if (is_counted && *distance < STEP)
            break;
        *distance = is_counted ? *distance - STEP : *distance + STEP;
    }
    return false;
}

static void
forget_gap(struct gap *gap)
{
    if (gap->keystream)
        g_byte_array_unref(gap->keystream);
    *gap = (struct gap){ 0 };
}

/* Keeps the keystream of the PDUs before the one with that number. */
static void
keep_gap(struct stream *stream, uint64_t distance, uint32_t end)
{
    struct gap *gap = &stream->gaps[stream->n_gaps++ % GAPS];

    forget_gap(gap);
    if (distance > GAP_BYTES)
        return;
    gap->next = stream->next;
    gap->end = end;
    gap->keystream = g_byte_array_new();
    g_byte_array_append(gap->keystream, look_ahead(&stream->keystream, (size_t)distance),
                        (guint)distance);
}

/* A PDU that was missing when later ones came. */
static bool
open_late(struct ntlm_seal *ntlm, struct stream *stream, const struct oa_seal_pdu *pdu,
          uint8_t *plain)
{
    uint32_t wanted = u32_of(pdu->signature.at + 12), sequence;
    size_t used = used_by_pdu(ntlm, pdu);

    for (size_t i = 0; i < GAPS; i++) {
        struct gap *gap = &stream->gaps[i];
        if (!gap->keystream || gap->next != wanted || gap->keystream->len < used ||
            !decipher(ntlm, pdu, gap->keystream->data, plain, &sequence))
            continue;
        g_byte_array_remove_range(gap->keystream, 0, (guint)used);
        gap->next++;
        if (gap->next == gap->end)
            forget_gap(gap);
        return true;
    }
    return false;
}

/* --- PDUs --- */

/* How many PDUs are known to be missing before this one; `is_late`: it is one of those that were.
 */
static uint32_t
missing_before(const struct ntlm_seal *ntlm, const struct stream *stream,
               const struct oa_seal_pdu *pdu, bool *is_late)
{
    *is_late = false;
    if (!is_extended(ntlm))
        return stream->lost > 0; /* its number is sealed */
    uint32_t missing = u32_of(pdu->signature.at + 12) - stream->next;
    *is_late = missing > INT32_MAX;
    return missing;
}

/*
 * Without extended session security both sides have the same key. Most implementations also have
 * one keystream and one count for both; with others each side has its own, which its first PDU
 * shows.
 */
static bool
has_own_stream(struct ntlm_seal *ntlm, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    struct stream *own = &ntlm->streams[OA_SERVER];
    struct oa_ntlm_side_keys keys;
    uint32_t sequence;

    if (is_extended(ntlm) || pdu->side != OA_SERVER || ntlm->stream_of[OA_SERVER] == own)
        return false;
    if (!own->keystream.cipher && oa_ntlm_side_keys(ntlm->flags, ntlm->key, OA_SERVER, &keys)) {
        keystream_begin(&own->keystream, &keys);
        explicit_bzero(&keys, sizeof keys);
    }
    if (!try_at(ntlm, own, pdu, 0, plain, &sequence))
        return false;
    ntlm->stream_of[OA_SERVER] = own;
    return true;
}

static enum oa_seal_outcome
open_pdu(struct ntlm_seal *ntlm, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    struct stream *stream = ntlm->stream_of[pdu->side];
    uint64_t distance = 0;
    uint32_t sequence;
    bool is_late;
    uint32_t missing = missing_before(ntlm, stream, pdu, &is_late);

    stream->credit = MIN(stream->credit + CREDIT_FACTOR * length_of(pdu), CREDIT_MAX);
    if (is_late)
        return open_late(ntlm, stream, pdu, plain) ? ntlm->outcome : OA_SEAL_BYTES_LOST;
    /* Numbers do not begin at 0 if SPNEGO has signed its list of mechanisms, [MS-SPNG] 3.3.5.1. */
    bool is_found =
        (missing == 0 || !stream->has_opened) && try_at(ntlm, stream, pdu, 0, plain, &sequence);
    if (!is_found && missing == 0 && has_own_stream(ntlm, pdu, plain)) {
        is_found = true;
        stream = ntlm->stream_of[pdu->side];
        sequence = 0;
    }
    is_found = is_found ||
               (missing > 0 && search(ntlm, stream, pdu, missing, plain, &distance, &sequence));
    if (!is_found && missing > 0) {
        stream->lost += length_of(pdu);
        if (++stream->searched == SEARCHED_MAX)
            keystream_end(&stream->keystream);
        return OA_SEAL_BYTES_LOST;
    }
    if (!is_found) { /* in its turn, and spoiled */
        use_up(&stream->keystream, used_by_pdu(ntlm, pdu));
        stream->next++;
        return OA_SEAL_BAD_SIGNATURE;
    }
    if (missing > 0)
        keep_gap(stream, distance, sequence);
    use_up(&stream->keystream, distance + used_by_pdu(ntlm, pdu));
    stream->next = sequence + 1;
    stream->has_opened = true;
    stream->searched = 0;
    stream->lost = 0;
    return ntlm->outcome;
}

/* --- keys --- */

static void
begin_streams(struct ntlm_seal *ntlm)
{
    bool is_shared = !is_extended(ntlm);

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        struct stream *stream = &ntlm->streams[side];
        struct oa_ntlm_side_keys keys;

        ntlm->stream_of[side] = is_shared ? &ntlm->streams[OA_CLIENT] : stream;
        if (!oa_ntlm_side_keys(ntlm->flags, ntlm->key, (enum oa_side)side, &keys)) {
            ntlm->outcome = OA_SEAL_UNSUPPORTED;
            return;
        }
        ntlm->checksum[side] = oa_ntlm_checksum_new(ntlm->flags, keys.sign);
        if (!ntlm->checksum[side])
            ntlm->outcome = OA_SEAL_UNSUPPORTED;
        if (ntlm->stream_of[side] == stream) {
            keystream_begin(&stream->keystream, &keys);
            use_up(&stream->keystream, stream->n_sealed + stream->n * used_by_signature(ntlm));
            stream->next = (uint32_t)stream->n;
            if (!stream->keystream.cipher)
                ntlm->outcome = OA_SEAL_UNSUPPORTED;
        }
        explicit_bzero(&keys, sizeof keys);
    }
}

/* A name of the AUTHENTICATE in UTF-16, little endian; older clients send it in their own code
 * page. To be freed by the caller. */
static uint8_t *
name_of(const struct ntlm_seal *ntlm, const struct oa_ntlm_message *message, struct oa_cursor name,
        struct oa_cursor *utf16)
{
    size_t length = oa_cursor_left(&name);
    const uint8_t *at = oa_cursor_bytes(&name, length);
    struct oa_text text = { (const char *)at, length };
    struct oa_code_pages *pages = ntlm->secrets->code_pages;
    glong n_units = 0;

    if (message->flags & OA_NTLM_UNICODE || !length) {
        uint8_t *copy = g_memdup2(at, length);
        *utf16 = oa_cursor_over(copy, length);
        return copy;
    }
    uint32_t page = oa_code_pages_of_name(pages, text);
    g_autofree char *utf8 = oa_code_pages_dup(page ? pages : NULL, page, text);
    gunichar2 *units = g_utf8_to_utf16(utf8, -1, NULL, &n_units, NULL);
    for (glong i = 0; i < n_units; i++)
        units[i] = GUINT16_TO_LE(units[i]);
    *utf16 = oa_cursor_over((const uint8_t *)units, (size_t)n_units * sizeof *units);
    return (uint8_t *)units;
}

/* Tries the secrets that the host has for the user. */
static enum oa_seal_outcome
try_secrets(struct ntlm_seal *ntlm, const struct oa_ntlm_tokens *tokens)
{
    char user[OA_AUTH_NAME], domain[OA_AUTH_NAME];
    enum oa_seal_outcome outcome = OA_SEAL_NO_SECRET_OF_USER;
    struct oa_ntlm_secret secret;
    bool is_password;

    if (!ntlm->secrets->find_nt_secret)
        return OA_SEAL_NO_SECRETS;
    oa_text_copy_utf16le(tokens->user.data, tokens->user.length, user, sizeof user);
    oa_text_copy_utf16le(tokens->domain.data, tokens->domain.length, domain, sizeof domain);
    for (size_t i = 0; i < SECRETS_MAX && !oa_seal_is_open(outcome); i++) {
        if (!ntlm->secrets->find_nt_secret(ntlm->secrets->host, user, domain, i, &secret,
                                           &is_password))
            break;
        switch (oa_ntlm_session_key(tokens, &secret, ntlm->key)) {
        case OA_NTLM_PROVEN:
            outcome = is_password ? OA_SEAL_BY_PASSWORD : OA_SEAL_BY_NT_HASH;
            break;
        case OA_NTLM_DISPROVEN:
            outcome = OA_SEAL_WRONG_SECRET;
            break;
        case OA_NTLM_UNSUPPORTED:
            outcome = OA_SEAL_UNSUPPORTED;
            break;
        }
    }
    explicit_bzero(&secret, sizeof secret);
    return outcome;
}

static void
take_authenticate(struct ntlm_seal *ntlm, const struct oa_ntlm_message *message)
{
    struct oa_ntlm_tokens tokens = { .flags = message->flags,
                                     .challenge = ntlm->challenge,
                                     .lm_response = message->lm_response,
                                     .nt_response = message->nt_response,
                                     .session_key = message->session_key };
    uint8_t *user = name_of(ntlm, message, message->user, &tokens.user);
    uint8_t *domain = name_of(ntlm, message, message->domain, &tokens.domain);

    ntlm->flags = message->flags;
    ntlm->outcome = OA_SEAL_UNSUPPORTED;
    if (!message->malformed && !(message->flags & OA_NTLM_DATAGRAM)) {
        if (!oa_ntlm_is_anonymous(&tokens))
            ntlm->outcome = try_secrets(ntlm, &tokens);
        else if (oa_ntlm_anonymous_key(&tokens, ntlm->key))
            ntlm->outcome = OA_SEAL_BY_NO_SECRET;
    }
    if (oa_seal_is_open(ntlm->outcome))
        begin_streams(ntlm);
    g_free(user);
    g_free(domain);
}

/* --- the mechanism --- */

static void
forget_keys(struct ntlm_seal *ntlm)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        struct stream *stream = &ntlm->streams[side];
        keystream_end(&stream->keystream);
        for (size_t i = 0; i < GAPS; i++)
            forget_gap(&stream->gaps[i]);
        *stream = (struct stream){ .credit = CREDIT_START };
        ntlm->stream_of[side] = stream;
        g_clear_pointer(&ntlm->checksum[side], oa_ntlm_checksum_free);
    }
    explicit_bzero(ntlm->key, sizeof ntlm->key);
    ntlm->has_signed = false;
    ntlm->outcome = OA_SEAL_NO_TOKENS;
}

static void *
create(const struct oa_seal_secrets *secrets)
{
    struct ntlm_seal *ntlm = g_new0(struct ntlm_seal, 1);

    ntlm->secrets = secrets;
    ntlm->signs_all = true;
    forget_keys(ntlm);
    return ntlm;
}

static void
forget_authenticate(struct ntlm_seal *ntlm)
{
    if (ntlm->authenticate)
        g_byte_array_unref(ntlm->authenticate);
    ntlm->authenticate = NULL;
}

static void
free_state(void *state)
{
    struct ntlm_seal *ntlm = state;

    if (!ntlm)
        return;
    forget_keys(ntlm);
    forget_authenticate(ntlm);
    g_free(ntlm);
}

/* Both have to be known, in whatever order they come. */
static void
derive_if_known(struct ntlm_seal *ntlm)
{
    struct oa_ntlm_message message;

    if (!ntlm->has_challenge || !ntlm->authenticate)
        return;
    if (oa_ntlm_message_read(ntlm->authenticate->data, ntlm->authenticate->len, &message))
        take_authenticate(ntlm, &message);
    forget_authenticate(ntlm);
}

static void
take_message(void *state, enum oa_side side, const uint8_t *data, size_t length)
{
    struct ntlm_seal *ntlm = state;
    struct oa_ntlm_message message;

    if (!oa_ntlm_message_read(data, length, &message))
        return;
    if (message.type == OA_NTLM_NEGOTIATE && side == OA_CLIENT) { /* it begins anew */
        forget_keys(ntlm);
        forget_authenticate(ntlm);
        ntlm->has_challenge = false;
    } else if (message.type == OA_NTLM_CHALLENGE && side == OA_SERVER && message.challenge) {
        memcpy(ntlm->challenge, message.challenge, sizeof ntlm->challenge);
        ntlm->has_challenge = true;
    } else if (message.type == OA_NTLM_AUTHENTICATE && side == OA_CLIENT) {
        if (ntlm->outcome != OA_SEAL_NO_TOKENS) /* a second one, of another context */
            forget_keys(ntlm);
        forget_authenticate(ntlm);
        ntlm->authenticate = g_byte_array_append(g_byte_array_new(), data, (guint)length);
    }
    derive_if_known(ntlm);
}

static enum oa_seal_outcome
open_or_count(void *state, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    struct ntlm_seal *ntlm = state;
    struct stream *stream = ntlm->stream_of[pdu->side];

    if (!oa_seal_is_open(ntlm->outcome)) {
        stream->n++;
        stream->n_sealed += pdu->is_sealed ? pdu->stub.length : 0;
        return ntlm->outcome;
    }
    if (pdu->signature.length < SIGNATURE || u32_of(pdu->signature.at) != SIGNATURE_VERSION) {
        stream->lost += length_of(pdu);
        return OA_SEAL_BAD_SIGNATURE;
    }
    return open_pdu(ntlm, pdu, plain);
}

static void
pass(void *state, enum oa_side side, size_t pdu_length, size_t stub_length)
{
    struct ntlm_seal *ntlm = state;
    struct stream *stream = ntlm->stream_of[side];

    if (!oa_seal_is_open(ntlm->outcome)) {
        stream->n++;
        stream->n_sealed += stub_length;
    } else if (stream->lost > 0) {
        stream->lost += pdu_length;
    } else {
        use_up(&stream->keystream, stub_length + used_by_signature(ntlm));
        stream->next++;
    }
}

static void
lose(void *state, enum oa_side side, uint64_t bytes)
{
    struct ntlm_seal *ntlm = state;

    ntlm->stream_of[side]->lost += bytes;
}

static void
merge(void *state, void *other)
{
    struct ntlm_seal *ntlm = state, *part = other;

    if (oa_seal_is_open(ntlm->outcome) || oa_seal_is_open(part->outcome))
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        ntlm->streams[side].n += part->streams[side].n;
        ntlm->streams[side].n_sealed += part->streams[side].n_sealed;
        ntlm->streams[side].lost += part->streams[side].lost;
    }
    if (!ntlm->has_challenge && part->has_challenge) {
        memcpy(ntlm->challenge, part->challenge, sizeof ntlm->challenge);
        ntlm->has_challenge = true;
    }
    if (!ntlm->authenticate) {
        ntlm->authenticate = part->authenticate;
        part->authenticate = NULL;
    }
    derive_if_known(ntlm);
}

const struct oa_seal_mechanism OA_SEAL_NTLM = {
    .mechanism = OA_AUTH_NTLM,
    .create = create,
    .free = free_state,
    .take_message = take_message,
    .open = open_or_count,
    .pass = pass,
    .lose = lose,
    .merge = merge,
};
