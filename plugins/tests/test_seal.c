/* test_seal.c
 * Session security of NTLM: the samples of the document, every strength, loss, other orders.
 * [MS-NLMP] 4.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/seal.h"

#include <string.h>

#include <gcrypt.h>
#include <glib.h>

#include "ntlm_tokens.h"
#include "sealer.h"
#include "vectors.h"

/* A sample: the tokens, the keys, and the message "Plaintext" in UTF-16 as the client seals it. */
struct sample {
    const char *name;
    const char *challenge, *authenticate;
    const char *session_key;
    const char *seal_key, *sign_key; /* of the client */
    const char *sealed, *signature;
};

/* [MS-NLMP] 4.2.2 (key exchange), 4.2.3, 4.2.4 */
static const struct sample SAMPLES[] = {
    { "NTLMv1", CHALLENGE_V1, AUTHENTICATE_V1, "55555555555555555555555555555555",
      "55555555555555555555555555555555", "00000000000000000000000000000000",
      "56fe04d861f9319af0d7238a2e3b4d457fb8", "010000000000000009dcd1df2e459d36" },
    { "NTLMv1 with a challenge of the client", CHALLENGE_V1_CLIENT, AUTHENTICATE_V1_CLIENT,
      "eb93429a8bd952f8b89c55b87f475edc", "04dd7f014d8504d265a25cc86a3a7c06",
      "60e799be5c72fc92922ae8ebe961fb8d", "a02372f6530273f3aa1eb90190ce5200c99d",
      "01000000ff2aeb52f681793a00000000" },
    { "NTLMv2", CHALLENGE_V2, AUTHENTICATE_V2, "55555555555555555555555555555555",
      "59f600973cc4960a25480a7c196e4c58", "4788dc861b4782f35d43fd98fe1a2d39",
      "54e50165bf1936dc996020c1811b0f06fb5f", "010000007fb38ec5c55d497600000000" },
};

static const char PLAIN[] = "50006c00610069006e007400650078007400";

static void
give(struct oa_seal *seal, enum oa_side side, const char *hex)
{
    size_t length;
    uint8_t *token = vectors_bytes(hex, &length);

    oa_seal_take_token(seal, side, token, length);
    g_free(token);
}

static struct oa_seal *
seal_of(const struct sample *sample, const char *password, struct oa_seal_secrets *secrets)
{
    *secrets = SEALER_SECRETS;
    secrets->host = (void *)password;
    struct oa_seal *seal = oa_seal_new(secrets);

    give(seal, OA_SERVER, sample->challenge);
    give(seal, OA_CLIENT, sample->authenticate);
    return seal;
}

static void
assert_bytes(const uint8_t *bytes, size_t length, const char *hex)
{
    size_t wanted;
    uint8_t *expected = vectors_bytes(hex, &wanted);

    g_assert_cmpmem(bytes, length, expected, wanted);
    g_free(expected);
}

static void
test_samples(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SAMPLES); i++) {
        const struct sample *sample = &SAMPLES[i];
        struct oa_seal_secrets secrets;
        struct oa_seal *seal = seal_of(sample, "Password", &secrets);
        struct oa_seal_pdu pdu = { .side = OA_CLIENT, .is_sealed = true };
        struct oa_ntlm_message authenticate;
        struct oa_ntlm_side_keys keys;
        uint8_t plain[64];
        size_t length;
        uint8_t *token = vectors_bytes(sample->authenticate, &length);
        uint8_t *key = vectors_bytes(sample->session_key, &length);
        uint8_t *sealed = vectors_bytes(sample->sealed, &pdu.stub.length);
        uint8_t *signature = vectors_bytes(sample->signature, &pdu.signature.length);

        g_test_message("%s", sample->name);
        g_assert_true(oa_ntlm_message_read(token, strlen(sample->authenticate) / 2, &authenticate));
        g_assert_true(oa_ntlm_side_keys(authenticate.flags, key, OA_CLIENT, &keys));
        assert_bytes(keys.seal, keys.seal_length, sample->seal_key);
        assert_bytes(keys.sign, sizeof keys.sign, sample->sign_key);
        pdu.stub.at = sealed;
        pdu.signature.at = signature;
        g_assert_cmpint(oa_seal_open(seal, &pdu, plain), ==, OA_SEAL_BY_PASSWORD);
        assert_bytes(plain, pdu.stub.length, PLAIN);
        oa_seal_free(seal);
        g_free(token);
        g_free(key);
        g_free(sealed);
        g_free(signature);
    }
}

/* LMOWFv1 and NTOWFv1, [MS-NLMP] 4.2.2.1 */
static void
test_hashes(void)
{
    struct oa_ntlm_secret secret;

    g_assert_true(oa_ntlm_secret_of_password("Password", 8, &secret));
    g_assert_true(secret.has_lm_hash);
    assert_bytes(secret.lm_hash, OA_NTLM_KEY, "e52cac67419a9a224a3b108f3fa6cb6d");
    assert_bytes(secret.nt_hash, OA_NTLM_KEY, "a4f49c406510bdcab6824ee7c30fd852");
    g_assert_true(oa_ntlm_secret_of_password("", 0, &secret)); /* its keys are weak ones of DES */
    assert_bytes(secret.lm_hash, OA_NTLM_KEY, "aad3b435b51404eeaad3b435b51404ee");
    assert_bytes(secret.nt_hash, OA_NTLM_KEY, "31d6cfe0d16ae931b73c59d7e0c089c0");
    g_assert_true(oa_ntlm_secret_of_password("P\303\244sswort", 9, &secret));
    g_assert_false(secret.has_lm_hash);
    g_assert_true(oa_ntlm_secret_of_password("fifteen letters", 15, &secret));
    g_assert_false(secret.has_lm_hash);
    g_assert_false(oa_ntlm_secret_of_password("\377", 1, &secret));
}

/* The key that the tokens would have with other flags: the session key in the clear,
 * [MS-NLMP] 4.2.2.2.3, where it is encrypted with the key exchange key. */
static void
test_exchange_keys(void)
{
    static const struct {
        uint32_t flags;
        const char *encrypted;
    } ROWS[] = {
        { 0, "518822b1b3f350c8958682ecbb3e3cb7" },
        { OA_NTLM_NON_NT_SESSION_KEY, "7452ca55c225a1ca04b48fae32cf56fc" },
        { OA_NTLM_LM_KEY, "4cd7bb57d697ef9b549f02b8f9b37864" },
    };
    size_t length;
    uint8_t *challenge = vectors_bytes(CHALLENGE_V1, &length);
    uint8_t *token = vectors_bytes(AUTHENTICATE_V1, &length);
    struct oa_ntlm_message message;
    struct oa_ntlm_secret secret;
    uint8_t key[OA_NTLM_KEY];

    g_assert_true(oa_ntlm_message_read(token, length, &message));
    g_assert_true(oa_ntlm_secret_of_password("Password", 8, &secret));
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        uint8_t *encrypted = vectors_bytes(ROWS[i].encrypted, &length);
        struct oa_ntlm_tokens tokens = {
            .flags = OA_NTLM_KEY_EXCH | ROWS[i].flags,
            .challenge = challenge + 24,
            .user = message.user,
            .domain = message.domain,
            .lm_response = message.lm_response,
            .nt_response = message.nt_response,
            .session_key = oa_cursor_over(encrypted, length),
        };
        g_assert_cmpint(oa_ntlm_session_key(&tokens, &secret, key), ==, OA_NTLM_PROVEN);
        assert_bytes(key, sizeof key, "55555555555555555555555555555555");
        if (ROWS[i].flags) { /* these keys need the password */
            struct oa_ntlm_secret hash = secret;
            hash.has_lm_hash = false;
            g_assert_cmpint(oa_ntlm_session_key(&tokens, &hash, key), ==, OA_NTLM_UNSUPPORTED);
        }
        /* A client that sends the LM response only. */
        tokens.nt_response = oa_cursor_over(NULL, 0);
        g_assert_cmpint(oa_ntlm_session_key(&tokens, &secret, key), ==, OA_NTLM_PROVEN);
        secret.lm_hash[0] ^= 1;
        g_assert_cmpint(oa_ntlm_session_key(&tokens, &secret, key), ==, OA_NTLM_DISPROVEN);
        secret.lm_hash[0] ^= 1;
        g_free(encrypted);
    }
    g_free(challenge);
    g_free(token);
}

/* --- reasons --- */

static bool
find_none(void *host, const char *user, const char *domain, size_t number,
          struct oa_ntlm_secret *secret, bool *is_password)
{
    (void)host, (void)user, (void)domain, (void)number, (void)secret, (void)is_password;
    return false;
}

static enum oa_seal_outcome
outcome_of(struct oa_seal *seal)
{
    uint8_t bytes[32] = { 1 }, plain[16];
    struct oa_seal_pdu pdu = { .is_sealed = true,
                               .stub = { bytes, 16 },
                               .signature = { bytes, 16 } };
    enum oa_seal_outcome outcome = oa_seal_open(seal, &pdu, plain);

    oa_seal_free(seal);
    return outcome;
}

static void
test_reasons(void)
{
    struct oa_seal_secrets secrets = { .find_nt_secret = find_none };
    struct oa_seal *seal = oa_seal_new(&secrets);

    give(seal, OA_SERVER, CHALLENGE_V2);
    give(seal, OA_CLIENT, AUTHENTICATE_V2);
    g_assert_cmpint(outcome_of(seal), ==, OA_SEAL_NO_SECRET_OF_USER);
    for (size_t i = 0; i < G_N_ELEMENTS(SAMPLES); i++)
        g_assert_cmpint(outcome_of(seal_of(&SAMPLES[i], "password", &secrets)), ==,
                        OA_SEAL_WRONG_SECRET);
    g_assert_cmpint(outcome_of(seal_of(&SAMPLES[2], "Password", &secrets)), ==,
                    OA_SEAL_BAD_SIGNATURE);
    g_assert_cmpint(outcome_of(oa_seal_new(NULL)), ==, OA_SEAL_NO_SECRETS);
    g_assert_cmpint(outcome_of(oa_seal_new(&secrets)), ==, OA_SEAL_NO_TOKENS);
    seal = oa_seal_new(&secrets);
    give(seal, OA_CLIENT, AUTHENTICATE_V2);
    g_assert_cmpint(outcome_of(seal), ==, OA_SEAL_NO_TOKENS);
    for (int outcome = OA_SEAL_NONE; outcome <= OA_SEAL_CUT; outcome++) {
        bool is_open = oa_seal_is_open((enum oa_seal_outcome)outcome);
        g_assert_true(is_open == (oa_seal_source((enum oa_seal_outcome)outcome) != NULL));
        g_assert_true((outcome == OA_SEAL_NONE || is_open) ==
                      (oa_seal_reason((enum oa_seal_outcome)outcome) == NULL));
    }
}

/* --- a conversation --- */

/* A sealer and a receiver that have the session key of NTLMv2's sample with other flags. */
struct talk {
    struct sealer *sealer;
    struct oa_seal *seal;
    struct oa_seal_secrets secrets;
    bool signs_all;
    unsigned n;
};

static void
put_flags(GByteArray *token, size_t at, uint32_t flags)
{
    for (size_t i = 0; i < 4; i++)
        token->data[at + i] = (uint8_t)(flags >> 8 * i);
}

static void
talk_begin(struct talk *talk, uint32_t flags, bool is_shared)
{
    uint8_t key[OA_NTLM_KEY];
    GByteArray *token = vectors_array(AUTHENTICATE_V2);

    talk->secrets = SEALER_SECRETS;
    talk->seal = oa_seal_new(&talk->secrets);
    give(talk->seal, OA_SERVER, CHALLENGE_V2);
    put_flags(token, 60, OA_NTLM_UNICODE | OA_NTLM_KEY_EXCH | flags);
    oa_seal_take_token(talk->seal, OA_CLIENT, token->data, token->len);
    g_byte_array_unref(token);
    memset(key, 0x55, sizeof key);
    talk->sealer = sealer_new(OA_NTLM_KEY_EXCH | flags, key, is_shared);
    talk->n = 0;
}

static void
talk_end(struct talk *talk)
{
    sealer_free(talk->sealer);
    oa_seal_free(talk->seal);
}

/* A PDU as it is sent. */
struct sent {
    uint8_t head[24], trailer[8], signature[SEALER_SIGNATURE];
    GByteArray *stub, *plain;
    enum oa_side side;
    bool is_sealed;
};

static struct sent
send_pdu(struct talk *talk, enum oa_side side, bool is_sealed)
{
    struct sent sent = { .side = side, .is_sealed = is_sealed };
    unsigned length = talk->n * 36 % 400;

    sent.plain = g_byte_array_new();
    for (unsigned i = 0; i < length; i++)
        g_byte_array_append(sent.plain, &(uint8_t){ (uint8_t)(talk->n + i) }, 1);
    memset(sent.head, (int)talk->n, sizeof sent.head);
    memset(sent.trailer, 0xAB, sizeof sent.trailer);
    sent.stub = g_byte_array_new();
    g_byte_array_append(sent.stub, sent.plain->data, sent.plain->len);
    sealer_protect(talk->sealer, side, is_sealed, talk->signs_all,
                   (struct oa_bytes){ sent.head, sizeof sent.head }, sent.stub,
                   (struct oa_bytes){ sent.trailer, sizeof sent.trailer }, sent.signature);
    talk->n++;
    return sent;
}

static void
drop(struct sent *sent)
{
    g_byte_array_unref(sent->stub);
    g_byte_array_unref(sent->plain);
}

static size_t
size_of(const struct sent *sent)
{
    return sizeof sent->head + sent->stub->len + sizeof sent->trailer + sizeof sent->signature;
}

/* What the receiver makes of it; if it opens it, it has to be what was sent. */
static enum oa_seal_outcome
receive(struct talk *talk, const struct sent *sent)
{
    struct oa_seal_pdu pdu = { .side = sent->side,
                               .is_sealed = sent->is_sealed,
                               .head = { sent->head, sizeof sent->head },
                               .stub = { sent->stub->data, sent->stub->len },
                               .trailer = { sent->trailer, sizeof sent->trailer },
                               .signature = { sent->signature, sizeof sent->signature } };
    uint8_t *plain = g_malloc(sent->stub->len + 1);
    enum oa_seal_outcome outcome = oa_seal_open(talk->seal, &pdu, plain);

    if (oa_seal_is_open(outcome) && sent->is_sealed)
        g_assert_cmpmem(plain, sent->stub->len, sent->plain->data, sent->plain->len);
    g_free(plain);
    return outcome;
}

static void
exchange_one(struct talk *talk, enum oa_side side, bool is_sealed)
{
    struct sent sent = send_pdu(talk, side, is_sealed);

    g_assert_cmpint(receive(talk, &sent), ==, OA_SEAL_BY_PASSWORD);
    drop(&sent);
}

/* --- unusual users --- */

/* A client without a user: what encrypts the session key is zero. */
static void
test_anonymous(void)
{
    static const char TOKEN[] = "4e544c4d5353500003000000" /* AUTHENTICATE */
                                "0100010040000000"         /* response of LM: a zero */
                                "0000000041000000"         /* and none of NTLM, no names: */
                                "0000000041000000"
                                "0000000041000000"
                                "0000000041000000"
                                "1000100041000000" /* session key */
                                "00000000"
                                "00";
    const uint32_t flags = OA_NTLM_UNICODE | OA_NTLM_KEY_EXCH | OA_NTLM_128 |
                           OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_ANONYMOUS;
    uint8_t key[OA_NTLM_KEY], encrypted[OA_NTLM_KEY];
    static const uint8_t ZEROS[OA_NTLM_KEY];
    GByteArray *token = vectors_array(TOKEN);
    gcry_cipher_hd_t cipher;
    struct talk talk = { .signs_all = true, .secrets = SEALER_SECRETS };

    memset(key, 0x77, sizeof key);
    g_assert_cmpint(gcry_cipher_open(&cipher, GCRY_CIPHER_ARCFOUR, GCRY_CIPHER_MODE_STREAM, 0), ==,
                    0);
    g_assert_cmpint(gcry_cipher_setkey(cipher, ZEROS, sizeof ZEROS), ==, 0);
    gcry_cipher_encrypt(cipher, encrypted, sizeof encrypted, key, sizeof key);
    gcry_cipher_close(cipher);
    g_assert_cmpuint(token->len, ==, 65);
    g_byte_array_append(token, encrypted, sizeof encrypted);
    put_flags(token, 60, flags);
    talk.seal = oa_seal_new(&talk.secrets);
    give(talk.seal, OA_SERVER, CHALLENGE_V2);
    oa_seal_take_token(talk.seal, OA_CLIENT, token->data, token->len);
    g_byte_array_unref(token);
    talk.sealer = sealer_new(flags, key, false);
    for (int i = 0; i < 4; i++) {
        struct sent sent = send_pdu(&talk, i & 1, true);
        g_assert_cmpint(receive(&talk, &sent), ==, OA_SEAL_BY_NO_SECRET);
        drop(&sent);
    }
    talk_end(&talk);
}

static bool
find_juergen(void *host, const char *user, const char *domain, size_t number,
             struct oa_ntlm_secret *secret, bool *is_password)
{
    return strcmp(user, "J\303\274rgen12") == 0 && strcmp(domain, "DomainDomain") == 0 &&
           SEALER_SECRETS.find_nt_secret(host, "User", "Domain", number, secret, is_password);
}

/* The names of a client that knows no Unicode, in its code page. */
static void
test_code_page(void)
{
    struct oa_seal_secrets secrets = { .host = "Password",
                                       .find_nt_secret = find_juergen,
                                       .code_pages = oa_code_pages_new() };
    GByteArray *token = vectors_array(AUTHENTICATE_V1);
    struct oa_seal *seal = oa_seal_new(&secrets);
    struct oa_seal_pdu pdu = { .side = OA_CLIENT, .is_sealed = true };
    uint8_t plain[64];
    uint8_t *sealed = vectors_bytes(SAMPLES[0].sealed, &pdu.stub.length);
    uint8_t *signature = vectors_bytes(SAMPLES[0].signature, &pdu.signature.length);

    memcpy(token->data + 0x48, "DomainDomain", 12);
    memcpy(token->data + 0x54, "J\374rgen12", 8);
    token->data[60] = (uint8_t)(token->data[60] & ~OA_NTLM_UNICODE);
    give(seal, OA_SERVER, CHALLENGE_V1);
    oa_seal_take_token(seal, OA_CLIENT, token->data, token->len);
    pdu.stub.at = sealed;
    pdu.signature.at = signature;
    g_assert_cmpint(oa_seal_open(seal, &pdu, plain), ==, OA_SEAL_BY_PASSWORD);
    assert_bytes(plain, pdu.stub.length, PLAIN);
    oa_seal_free(seal);
    oa_code_pages_free(secrets.code_pages);
    g_byte_array_unref(token);
    g_free(sealed);
    g_free(signature);
}

/* Every strength, with and without extended session security, whatever is signed. */
static void
test_strengths(void)
{
    static const uint32_t FLAGS[] = {
        0,
        OA_NTLM_56,
        OA_NTLM_128,
        OA_NTLM_LM_KEY,
        OA_NTLM_LM_KEY | OA_NTLM_56,
        OA_NTLM_EXTENDED_SESSIONSECURITY,
        OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_56,
        OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_56 | OA_NTLM_128,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(FLAGS); i++)
        for (int how = 0; how < 4; how++) {
            bool is_extended = FLAGS[i] & OA_NTLM_EXTENDED_SESSIONSECURITY;
            struct talk talk = { .signs_all = how & 1 };

            talk_begin(&talk, FLAGS[i], !is_extended && (how & 2));
            exchange_one(&talk, OA_CLIENT, true);
            exchange_one(&talk, OA_CLIENT, true);
            for (int n = 0; n < 20; n++)
                exchange_one(&talk, n % 3 ? OA_SERVER : OA_CLIENT, n % 5 != 4);
            talk_end(&talk);
        }
}

/* A PDU with a wrong byte does not spoil those behind it. */
static void
test_damage(void)
{
    for (unsigned where = 0; where < 4; where++) {
        struct talk talk = { .signs_all = true };

        talk_begin(&talk, OA_NTLM_EXTENDED_SESSIONSECURITY, false);
        exchange_one(&talk, OA_CLIENT, true);
        struct sent sent = send_pdu(&talk, OA_CLIENT, true);
        uint8_t *bytes[] = { sent.head, sent.stub->data, sent.trailer, sent.signature + 4 };
        bytes[where][3] ^= 0x10;
        g_assert_cmpint(receive(&talk, &sent), ==, OA_SEAL_BAD_SIGNATURE);
        drop(&sent);
        exchange_one(&talk, OA_CLIENT, true);
        talk_end(&talk);
    }
}

/* `missing` PDUs are lost, with `others` bytes that are none; then the position is found again. */
static void
lose_some(uint32_t flags, bool is_shared, unsigned missing, unsigned others, bool is_counted)
{
    struct talk talk = { .signs_all = true };
    uint64_t bytes = others;

    talk_begin(&talk, flags, is_shared);
    for (int i = 0; i < 5; i++)
        exchange_one(&talk, OA_CLIENT, true);
    for (unsigned i = 0; i < missing; i++) {
        struct sent sent = send_pdu(&talk, OA_CLIENT, true);
        bytes += size_of(&sent);
        drop(&sent);
    }
    if (is_counted)
        oa_seal_lose(talk.seal, OA_CLIENT, bytes);
    for (int i = 0; i < 5; i++)
        exchange_one(&talk, OA_CLIENT, true);
    talk_end(&talk);
}

static void
test_loss(void)
{
    for (unsigned missing = 1; missing < 12; missing++)
        for (unsigned others = 0; others < 3; others++) {
            lose_some(OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_128, false, missing, others * 56,
                      true);
            lose_some(OA_NTLM_LM_KEY, true, missing, others * 56, true);
        }
    lose_some(OA_NTLM_EXTENDED_SESSIONSECURITY, false, 3, 0, false);
    lose_some(OA_NTLM_EXTENDED_SESSIONSECURITY, false, 0, 112, true);
}

/* More is lost than is searched: what follows stays sealed, and nothing takes long. */
static void
test_great_loss(void)
{
    struct talk talk = { .signs_all = true };

    talk_begin(&talk, OA_NTLM_EXTENDED_SESSIONSECURITY, false);
    exchange_one(&talk, OA_CLIENT, true);
    oa_seal_lose(talk.seal, OA_CLIENT, UINT64_C(1) << 40);
    for (int i = 0; i < 3; i++) {
        struct sent lost = send_pdu(&talk, OA_CLIENT, true);
        drop(&lost);
    }
    for (int i = 0; i < 100; i++) {
        struct sent sent = send_pdu(&talk, OA_CLIENT, true);
        g_assert_cmpint(receive(&talk, &sent), ==, OA_SEAL_BYTES_LOST);
        drop(&sent);
    }
    exchange_one(&talk, OA_SERVER, true);
    talk_end(&talk);
}

/* A recycled channel is ahead of the one that it replaces: what comes late is opened too, once. */
static void
test_late(void)
{
    struct talk talk = { .signs_all = true };
    struct sent late[4];

    talk_begin(&talk, OA_NTLM_EXTENDED_SESSIONSECURITY, false);
    exchange_one(&talk, OA_CLIENT, true);
    for (int i = 0; i < 4; i++)
        late[i] = send_pdu(&talk, OA_CLIENT, true);
    exchange_one(&talk, OA_CLIENT, true);
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(receive(&talk, &late[i]), ==, OA_SEAL_BY_PASSWORD);
    exchange_one(&talk, OA_CLIENT, true);
    for (int i = 0; i < 4; i++) {
        g_assert_cmpint(receive(&talk, &late[i]), ==, OA_SEAL_BYTES_LOST);
        drop(&late[i]);
    }
    exchange_one(&talk, OA_CLIENT, true);
    talk_end(&talk);
}

/* PDUs whose end is missing keep their place. */
static void
test_pass(void)
{
    struct talk talk = { .signs_all = true };

    talk_begin(&talk, OA_NTLM_EXTENDED_SESSIONSECURITY, false);
    for (int i = 0; i < 4; i++) {
        exchange_one(&talk, OA_CLIENT, true);
        struct sent cut = send_pdu(&talk, OA_CLIENT, true);
        oa_seal_pass(talk.seal, OA_CLIENT, size_of(&cut), cut.stub->len);
        drop(&cut);
    }
    exchange_one(&talk, OA_CLIENT, true);
    talk_end(&talk);
}

/* One part has the client's tokens and PDUs, the other those of the server. */
static void
test_merge(void)
{
    for (int order = 0; order < 2; order++) {
        struct oa_seal_secrets secrets = SEALER_SECRETS;
        struct oa_seal *parts[2] = { oa_seal_new(&secrets), oa_seal_new(&secrets) };
        struct talk talk = { .signs_all = true };

        talk_begin(&talk, OA_NTLM_EXTENDED_SESSIONSECURITY, false);
        oa_seal_free(talk.seal);
        give(parts[OA_SERVER], OA_SERVER, CHALLENGE_V2);
        GByteArray *token = vectors_array(AUTHENTICATE_V2);
        put_flags(token, 60, OA_NTLM_UNICODE | OA_NTLM_KEY_EXCH | OA_NTLM_EXTENDED_SESSIONSECURITY);
        oa_seal_take_token(parts[OA_CLIENT], OA_CLIENT, token->data, token->len);
        g_byte_array_unref(token);
        for (int n = 0; n < 6; n++) {
            enum oa_side side = n % 3 ? OA_SERVER : OA_CLIENT;
            struct sent sent = send_pdu(&talk, side, true);
            talk.seal = parts[side];
            g_assert_cmpint(receive(&talk, &sent), ==, OA_SEAL_NO_TOKENS);
            drop(&sent);
        }
        oa_seal_merge(parts[order], parts[!order]);
        talk.seal = parts[order];
        for (int n = 0; n < 6; n++)
            exchange_one(&talk, n % 3 ? OA_SERVER : OA_CLIENT, true);
        talk_end(&talk);
    }
}

/* SPNEGO around the tokens. The first number is 1 if SPNEGO has signed its list of mechanisms with
 * number 0; then the keystream has gone on, or has begun anew. */
static void
begin_in_spnego(struct talk *talk)
{
    static const char CHALLENGE[] =
        "a18181307fa0030a0101a10c060a2b06010401823702020aa26a04684e544c4d53535000020000000c000c00"
        "3800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500"
        "720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";
    static const uint8_t TAGS[] = { 0x04, 0xA2, 0x30, 0xA1 };
    uint32_t flags = OA_NTLM_EXTENDED_SESSIONSECURITY | OA_NTLM_128;
    GByteArray *token = vectors_array(AUTHENTICATE_V2);

    talk_begin(talk, flags, false);
    oa_seal_free(talk->seal);
    talk->seal = oa_seal_new(&talk->secrets);
    give(talk->seal, OA_SERVER, CHALLENGE);
    put_flags(token, 60, OA_NTLM_UNICODE | OA_NTLM_KEY_EXCH | flags);
    for (size_t i = 0; i < sizeof TAGS; i++) {
        uint8_t head[] = { TAGS[i], 0x82, (uint8_t)(token->len >> 8), (uint8_t)token->len };
        g_byte_array_prepend(token, head, sizeof head);
    }
    oa_seal_take_token(talk->seal, OA_CLIENT, token->data, token->len);
    g_byte_array_unref(token);
}

static void
test_spnego(void)
{
    for (int how = 0; how < 3; how++) {
        struct talk talk = { .signs_all = true };

        begin_in_spnego(&talk);
        for (int side = OA_CLIENT; how > 0 && side <= OA_SERVER; side++) {
            struct sent list = send_pdu(&talk, (enum oa_side)side, false);
            drop(&list);
        }
        if (how == 2)
            sealer_begin_anew(talk.sealer);
        exchange_one(&talk, OA_CLIENT, true);
        exchange_one(&talk, OA_SERVER, true);
        exchange_one(&talk, OA_CLIENT, true);
        talk_end(&talk);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_nonnull(gcry_check_version(NULL));
    g_test_add_func("/seal/samples", test_samples);
    g_test_add_func("/seal/hashes", test_hashes);
    g_test_add_func("/seal/anonymous", test_anonymous);
    g_test_add_func("/seal/code_page", test_code_page);
    g_test_add_func("/seal/exchange_keys", test_exchange_keys);
    g_test_add_func("/seal/reasons", test_reasons);
    g_test_add_func("/seal/strengths", test_strengths);
    g_test_add_func("/seal/damage", test_damage);
    g_test_add_func("/seal/loss", test_loss);
    g_test_add_func("/seal/great_loss", test_great_loss);
    g_test_add_func("/seal/late", test_late);
    g_test_add_func("/seal/pass", test_pass);
    g_test_add_func("/seal/merge", test_merge);
    g_test_add_func("/seal/spnego", test_spnego);
    return g_test_run();
}
