/* tls_record_size.c
 * How many bytes an encrypted record carries.
 * [RFC 8446] 5.2, [RFC 5246] 6.2.3, [RFC 5288] 3, [RFC 6655] 3, [RFC 7366], [RFC 7905]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_record_size.h"

#include <string.h>

#include <glib.h>

#define TLS_1_0 0x0301
#define TAG 16
#define SHORT_TAG 8 /* of CCM_8 */
#define EXPLICIT_NONCE 8

/* What any suite of the table may add: tag or stream MAC at least; at most nonce or IV, MAC of
 * SHA-384 and a block of padding. */
#define ADDED_LEAST SHORT_TAG
#define ADDED_MOST (16 + 48 + 16)

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
size_with_cbc(const struct oa_tls_facts *facts, const char *name, size_t length)
{
    size_t block = block_size(name), mac = mac_size(name);
    size_t iv = facts->version > TLS_1_0 ? block : 0;

    return without(length, iv + mac + 1, iv + mac + block);
}

struct oa_tls_size
oa_tls_record_size(const struct oa_tls_facts *facts, size_t length)
{
    char name[OA_TLS_CIPHER_TEXT];

    if (!facts || !facts->has_server_hello)
        return without(length, ADDED_LEAST, ADDED_MOST);
    oa_tls_cipher_text(facts->cipher_suite, name);
    size_t tag = strstr(name, "_CCM_8") ? SHORT_TAG : TAG;
    if (facts->version >= OA_TLS_1_3)
        return without(length, tag + 1, tag + 1); /* and the type */
    if (strstr(name, "_CHACHA20_"))
        return without(length, TAG, TAG);
    if (strstr(name, "_GCM_") || strstr(name, "_CCM"))
        return without(length, EXPLICIT_NONCE + tag, EXPLICIT_NONCE + tag);
    if (strstr(name, "_CBC_"))
        return size_with_cbc(facts, name, length);
    if (strstr(name, "_RC4_") || strstr(name, "_NULL_"))
        return without(length, mac_size(name), mac_size(name));
    return without(length, ADDED_LEAST, ADDED_MOST);
}

bool
oa_tls_splits_records(const struct oa_tls_facts *facts)
{
    char name[OA_TLS_CIPHER_TEXT];

    if (!facts || !facts->has_server_hello || facts->version > TLS_1_0)
        return false;
    oa_tls_cipher_text(facts->cipher_suite, name);
    return strstr(name, "_CBC_") != NULL;
}
