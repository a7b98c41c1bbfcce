/* tls_suite.h
 * Cipher suites: what each one needs to be decrypted.
 * [RFC 5246] 6.2.3, appendix C, [RFC 8446] appendix B.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_SUITE_H
#define OA_TLS_SUITE_H

#include <stdint.h>

enum oa_tls_exchange {
    OA_TLS_EXCHANGE_RSA,       /* the server's key decrypts the premaster secret */
    OA_TLS_EXCHANGE_EPHEMERAL, /* DHE, ECDHE, all of TLS 1.3 */
    OA_TLS_EXCHANGE_OTHER,     /* static Diffie-Hellman, anonymous, export */
};

enum oa_tls_cipher {
    OA_TLS_CIPHER_NONE, /* not decrypted */
    OA_TLS_CIPHER_NULL, /* integrity only */
    OA_TLS_CIPHER_RC4_128,
    OA_TLS_CIPHER_TRIPLE_DES_CBC,
    OA_TLS_CIPHER_AES_128_CBC,
    OA_TLS_CIPHER_AES_256_CBC,
    OA_TLS_CIPHER_CAMELLIA_128_CBC,
    OA_TLS_CIPHER_CAMELLIA_256_CBC,
    OA_TLS_CIPHER_AES_128_GCM,
    OA_TLS_CIPHER_AES_256_GCM,
    OA_TLS_CIPHER_CAMELLIA_128_GCM,
    OA_TLS_CIPHER_CAMELLIA_256_GCM,
    OA_TLS_CIPHER_AES_128_CCM,
    OA_TLS_CIPHER_AES_256_CCM,
    OA_TLS_CIPHER_AES_128_CCM_8,
    OA_TLS_CIPHER_AES_256_CCM_8,
    OA_TLS_CIPHER_CHACHA20_POLY1305,
    OA_TLS_CIPHERS,
};

enum oa_tls_hash {
    OA_TLS_HASH_NONE, /* of a suite's MAC: the cipher authenticates itself */
    OA_TLS_HASH_MD5,
    OA_TLS_HASH_SHA1,
    OA_TLS_HASH_SHA256,
    OA_TLS_HASH_SHA384,
    OA_TLS_HASHES,
};

struct oa_tls_suite {
    uint16_t code;
    const char *name; /* as registered with IANA */
    enum oa_tls_exchange exchange;
    enum oa_tls_cipher cipher;
    enum oa_tls_hash mac;
    enum oa_tls_hash prf; /* from TLS 1.2 on */
};

/* NULL: not in the table. */
const struct oa_tls_suite *oa_tls_suite_find(uint16_t code);

#endif
