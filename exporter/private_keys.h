/* private_keys.h
 * Private RSA keys of servers, from files, through GnuTLS.
 * PEM: PKCS#1, PKCS#8 [RFC 5958], also encrypted; PKCS#12 [RFC 7292]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PRIVATE_KEYS_H
#define PRIVATE_KEYS_H

#include "tls/tls_keys.h"

struct private_keys;

struct private_keys *private_keys_new(void);
void private_keys_free(struct private_keys *keys); /* may be NULL */

enum private_key_result {
    PRIVATE_KEY_ADDED,
    PRIVATE_KEY_IS_ENCRYPTED, /* and no password was given, or not the right one */
    PRIVATE_KEY_IS_OTHER,     /* no RSA key */
    PRIVATE_KEY_UNREADABLE,
};

/* Adds the key in a file of these bytes. `password`: NULL if none is known. */
enum private_key_result private_keys_add(struct private_keys *keys, const uint8_t *bytes,
                                         size_t length, const char *password);

/* Whether there are any; if so, what they can do, as long as `keys`. */
const struct oa_tls_private_keys *private_keys_use(const struct private_keys *keys);

#endif
