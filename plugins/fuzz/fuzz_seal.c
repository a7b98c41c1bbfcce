/* fuzz_seal.c
 * Any course of a security context: tokens, PDUs that are sealed, damaged or made up, loss. What is
 * opened is what was sealed, and without damage and loss everything is opened.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/seal.h"

#include <string.h>

#include <gcrypt.h>
#include <glib.h>

#include "base/cursor.h"
#include "ntlm_tokens.h"
#include "sealer.h"
#include "vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the flags are in an AUTHENTICATE. */
#define FLAGS_AT 60

/* A bit of the input's flags that NTLM has no choice about. */
#define SIGNS_ALL OA_NTLM_UNICODE

#define HEAD 24
#define TRAILER 8

/* Of a PDU that is passed over, whose keystream costs as much time as all else. */
#define PASSED_MAX 4096

/* PDUs of one input that are searched for in vain, which is what costs most. */
#define SEARCHES_MAX 2

/* Any user has the password of the sample. */
static bool
find_secret(void *host, const char *user, const char *domain, size_t number,
            struct oa_ntlm_secret *secret, bool *is_password)
{
    g_assert_true(g_utf8_validate(user, -1, NULL) && g_utf8_validate(domain, -1, NULL));
    return SEALER_SECRETS.find_nt_secret(host, "User", "Domain", number, secret, is_password);
}

static const struct oa_seal_secrets SECRETS = { .host = "Password", .find_nt_secret = find_secret };

struct course {
    struct oa_seal *seal;
    struct sealer *sealer;
    bool signs_all;  /* signatures are over whole PDUs */
    bool is_spoiled; /* not everything has to be opened any more */
    unsigned n_searched;
};

static const uint8_t *
some_bytes(struct oa_cursor *input, size_t most, size_t *length)
{
    *length = MIN(oa_cursor_u8(input), most);
    *length = MIN(*length, oa_cursor_left(input));
    return oa_cursor_bytes(input, *length);
}

/* The tokens of the sample, with other flags. */
static void
authenticate(struct course *course, uint32_t flags)
{
    GByteArray *challenge = vectors_array(CHALLENGE_V2), *answer = vectors_array(AUTHENTICATE_V2);
    uint8_t key[OA_NTLM_KEY];

    course->signs_all = flags & SIGNS_ALL;
    flags = (flags | OA_NTLM_UNICODE | OA_NTLM_KEY_EXCH) & ~OA_NTLM_DATAGRAM;
    for (size_t i = 0; i < 4; i++)
        answer->data[FLAGS_AT + i] = (uint8_t)(flags >> 8 * i);
    oa_seal_take_token(course->seal, OA_SERVER, challenge->data, challenge->len);
    oa_seal_take_token(course->seal, OA_CLIENT, answer->data, answer->len);
    memset(key, 0x55, sizeof key);
    course->sealer = sealer_new(flags, key, !(flags & OA_NTLM_EXTENDED_SESSIONSECURITY));
    g_byte_array_unref(challenge);
    g_byte_array_unref(answer);
}

static void
take_token(struct course *course, enum oa_side side, struct oa_cursor *input)
{
    size_t length;
    const uint8_t *token = some_bytes(input, 255, &length);
    uint8_t *copy = g_memdup2(token, length);

    oa_seal_take_token(course->seal, side, copy, length);
    course->is_spoiled = true; /* it may begin anew */
    g_free(copy);
}

static bool
open_pdu(struct course *course, const struct oa_seal_pdu *pdu, uint8_t *plain)
{
    enum oa_seal_outcome outcome = oa_seal_open(course->seal, pdu, plain);

    course->n_searched += outcome == OA_SEAL_BYTES_LOST;
    return oa_seal_is_open(outcome);
}

/* A PDU of the input's bytes. */
static void
take_any(struct course *course, enum oa_side side, bool is_sealed, struct oa_cursor *input)
{
    struct oa_seal_pdu pdu = { .side = side, .is_sealed = is_sealed };

    pdu.head.at = some_bytes(input, HEAD, &pdu.head.length);
    pdu.stub.at = some_bytes(input, 255, &pdu.stub.length);
    pdu.trailer.at = some_bytes(input, TRAILER, &pdu.trailer.length);
    pdu.signature.at = some_bytes(input, 24, &pdu.signature.length);
    uint8_t *plain = g_malloc(pdu.stub.length);
    open_pdu(course, &pdu, plain);
    course->is_spoiled = true;
    g_free(plain);
}

/* A PDU that is sealed: it is lost, or damaged, or comes as it is. */
static void
take_sealed(struct course *course, enum oa_side side, uint8_t how, struct oa_cursor *input)
{
    bool is_sealed = !(how & 0x10), is_lost = (how & 0x60) == 0x20,
         is_damaged = (how & 0x60) == 0x40;
    uint8_t head[HEAD], trailer[TRAILER], signature[SEALER_SIGNATURE];
    size_t length;
    const uint8_t *content = some_bytes(input, 255, &length);
    GByteArray *stub = g_byte_array_append(g_byte_array_new(), content, (guint)length);

    memset(head, how, sizeof head);
    memset(trailer, how, sizeof trailer);
    struct oa_seal_pdu pdu = { .side = side,
                               .is_sealed = is_sealed,
                               .head = { head, sizeof head },
                               .trailer = { trailer, sizeof trailer },
                               .signature = { signature, sizeof signature } };
    sealer_protect(course->sealer, side, is_sealed, course->signs_all, pdu.head, stub, pdu.trailer,
                   signature);
    course->is_spoiled |= is_lost || is_damaged;
    if (is_lost) {
        oa_seal_lose(course->seal, side, sizeof head + length + sizeof trailer + sizeof signature);
    } else {
        uint8_t *plain = g_malloc(length);
        if (is_damaged)
            signature[oa_cursor_u8(input) % sizeof signature] ^= 0x40;
        pdu.stub = (struct oa_bytes){ stub->data, stub->len };
        bool is_open = open_pdu(course, &pdu, plain);
        g_assert_true(is_open || course->is_spoiled);
        if (is_open && is_sealed && !is_damaged && length)
            g_assert_true(memcmp(plain, content, length) == 0);
        g_free(plain);
    }
    g_byte_array_unref(stub);
}

static void
take_step(struct course *course, struct oa_cursor *input)
{
    uint8_t how = oa_cursor_u8(input);
    enum oa_side side = how & 0x08 ? OA_SERVER : OA_CLIENT;

    switch (how & 0x07) {
    case 0:
        take_token(course, side, input);
        break;
    case 1:
        take_any(course, side, how & 0x10, input);
        break;
    case 2:
        oa_seal_lose(course->seal, side, oa_cursor_u32(input));
        course->is_spoiled = true;
        break;
    case 3:
        oa_seal_pass(course->seal, side, oa_cursor_u16(input), oa_cursor_u16(input) % PASSED_MAX);
        course->is_spoiled = true;
        break;
    case 4:
        oa_seal_merge(course->seal, oa_seal_new(&SECRETS));
        break;
    default:
        take_sealed(course, side, how, input);
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor input = oa_cursor_over(data, size);
    struct course course = { .seal = oa_seal_new(&SECRETS) };

    gcry_check_version(NULL);
    authenticate(&course, oa_cursor_u32(&input));
    while (course.n_searched < SEARCHES_MAX && oa_cursor_left(&input) > 0)
        take_step(&course, &input);
    sealer_free(course.sealer);
    oa_seal_free(course.seal);
    return 0;
}
