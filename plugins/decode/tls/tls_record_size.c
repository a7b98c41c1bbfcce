/* tls_record_size.c
 * How many bytes an encrypted record carries.
 * [RFC 8446] 5.2, [RFC 5246] 6.2.3, [RFC 5288] 3, [RFC 6655] 3, [RFC 7366], [RFC 7905]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_record_size.h"

#include <string.h>

#include <glib.h>

#include "tls/tls_wire.h"

#define TAG 16
#define SHORT_TAG 8 /* of CCM_8 */
#define EXPLICIT_NONCE 8

/* What any suite of the table may add: tag or stream MAC at least; at most nonce or IV, MAC of
 * SHA-384 and a block of padding. */
#define ADDED_LEAST SHORT_TAG
#define ADDED_MOST (16 + 48 + 16)

/* The shortest block, and what is added without one: TLS 1.3, ChaCha20 and RC4. */
#define SHORT_BLOCK 8
#define STREAM_ADDS_LEAST 16
#define STREAM_ADDS_MOST 20

/* The names of cipher suites say how they protect: "..._3DES_EDE_CBC_SHA". */
static size_t
mac_size(const char *name)
{
    static const struct {
        const char *suffix;
        size_t size;
    } MACS[] = { { "_MD5", 16 }, { "_SHA", 20 }, { "_SHA256", 32 }, { "_SHA384", 48 } };

    for (size_t i = 0; i < G_N_ELEMENTS(MACS); i++)
        if (g_str_has_suffix(name, MACS[i].suffix))
            return MACS[i].size;
    return 0;
}

/* Of CBC. */
static size_t
block_size(const char *name)
{
    static const char *const SHORT[] = { "_DES", "3DES", "_IDEA_", "_RC2_" };

    for (size_t i = 0; i < G_N_ELEMENTS(SHORT); i++)
        if (strstr(name, SHORT[i]))
            return 8;
    return 16;
}

static struct oa_tls_size
without(size_t length, size_t added_least, size_t added_most)
{
    return (struct oa_tls_size){ length > added_most ? length - added_most : 0,
                                 length > added_least ? length - added_least : 0 };
}

/* The last byte of the padding is its length; the MAC is in front of it, or behind it in the clear
 * (encrypt-then-MAC). */
static struct oa_tls_size
size_with_cbc(struct oa_tls_choice choice, const char *name, size_t length)
{
    size_t block = block_size(name), mac = mac_size(name);
    size_t iv = choice.version > OA_TLS_1_0 ? block : 0;

    return without(length, iv + mac + 1, iv + mac + block);
}

struct oa_tls_size
oa_tls_record_size(struct oa_tls_choice choice, size_t length)
{
    char name[OA_TLS_CIPHER_TEXT];

    if (!choice.is_known)
        return without(length, ADDED_LEAST, ADDED_MOST);
    oa_tls_cipher_text(choice.cipher_suite, name);
    size_t tag = strstr(name, "_CCM_8") ? SHORT_TAG : TAG;
    if (choice.version >= OA_TLS_1_3)
        return without(length, tag + 1, tag + 1); /* and the type */
    if (strstr(name, "_CHACHA20_"))
        return without(length, TAG, TAG);
    if (strstr(name, "_GCM_") || strstr(name, "_CCM"))
        return without(length, EXPLICIT_NONCE + tag, EXPLICIT_NONCE + tag);
    if (strstr(name, "_CBC_"))
        return size_with_cbc(choice, name, length);
    if (strstr(name, "_RC4_") || strstr(name, "_NULL_"))
        return without(length, mac_size(name), mac_size(name));
    return without(length, ADDED_LEAST, ADDED_MOST);
}

void
oa_tls_guess_note(struct oa_tls_guess *guess, enum oa_side by, size_t length, uint64_t number)
{
    if (!guess->first)
        guess->first = (unsigned)length;
    guess->lengths |= (unsigned)length ^ guess->first;
    guess->is_numbered |= number && guess->number[by] && number == guess->number[by] + 1;
    guess->number[by] = number;
}

struct oa_tls_size
oa_tls_guess_size(const struct oa_tls_guess *guess, size_t length)
{
    if (guess->is_numbered)
        return without(length, EXPLICIT_NONCE + TAG, EXPLICIT_NONCE + TAG);
    if (guess->lengths % SHORT_BLOCK)
        return without(length, STREAM_ADDS_LEAST, STREAM_ADDS_MOST);
    return without(length, ADDED_LEAST, ADDED_MOST);
}

bool
oa_tls_splits_records(struct oa_tls_choice choice)
{
    char name[OA_TLS_CIPHER_TEXT];

    if (!choice.is_known || choice.version > OA_TLS_1_0)
        return false;
    oa_tls_cipher_text(choice.cipher_suite, name);
    return strstr(name, "_CBC_") != NULL;
}

struct oa_tls_choice
oa_tls_choice_by_finished(uint16_t version, size_t length)
{
    /* [RFC 5246] 7.4.9; CBC with padding of one block at most, and the MAC on either side of it. */
    /* clang-format off */
    static const struct {
        uint16_t least, most; /* versions */
        uint8_t length;
        uint16_t cipher_suite;
    } ROWS[] = {
        { OA_TLS_1_2, OA_TLS_1_2, 40, 0xC02F }, /* AES-GCM, AES-CCM */
        { OA_TLS_1_0, OA_TLS_1_2, 32, 0xCCA8 }, /* ChaCha20, and as much RC4 with MD5, AES-CCM-8 */
        { OA_TLS_1_0, OA_TLS_1_2, 36, 0x0005 }, /* RC4 with SHA */
        { OA_TLS_1_0, OA_TLS_1_0, 48, 0x002F }, /* AES-CBC with SHA */
        { OA_TLS_1_0, OA_TLS_1_0, 52, 0x002F },
        { OA_TLS_1_0, OA_TLS_1_0, 40, 0x000A }, /* 3DES */
        { OA_TLS_1_0, OA_TLS_1_0, 44, 0x000A },
        { OA_TLS_1_1, OA_TLS_1_2, 64, 0x002F },
        { OA_TLS_1_1, OA_TLS_1_2, 68, 0x002F },
        { OA_TLS_1_1, OA_TLS_1_2, 48, 0x000A },
        { OA_TLS_1_1, OA_TLS_1_2, 52, 0x000A },
        { OA_TLS_1_2, OA_TLS_1_2, 80, 0x003C }, /* AES-CBC with SHA-256 */
        { OA_TLS_1_2, OA_TLS_1_2, 96, 0xC028 }, /* AES-CBC with SHA-384 */
    };
    /* clang-format on */

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        if (version >= ROWS[i].least && version <= ROWS[i].most && length == ROWS[i].length)
            return (struct oa_tls_choice){ true, version, ROWS[i].cipher_suite };
    return (struct oa_tls_choice){ 0 };
}
