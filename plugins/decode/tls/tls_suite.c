/* tls_suite.c
 * The table of cipher suites.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_suite.h"

#include <glib.h>

static const struct oa_tls_suite SUITES[] = {
#define OA_TLS_CIPHER_SUITE(code, name, exchange, cipher, mac, prf)                                \
    { code,                                                                                        \
      name,                                                                                        \
      OA_TLS_EXCHANGE_##exchange,                                                                  \
      OA_TLS_CIPHER_##cipher,                                                                      \
      OA_TLS_HASH_##mac,                                                                           \
      OA_TLS_HASH_##prf },
#include "tls/tls_cipher_suites.def"
#undef OA_TLS_CIPHER_SUITE
};

const struct oa_tls_suite *
oa_tls_suite_find(uint16_t code)
{
    size_t low = 0, high = G_N_ELEMENTS(SUITES);

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (SUITES[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < G_N_ELEMENTS(SUITES) && SUITES[low].code == code ? &SUITES[low] : NULL;
}
