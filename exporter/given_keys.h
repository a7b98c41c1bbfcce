/* given_keys.h
 * What the command line gives to open what is encrypted: keys of TLS, passwords, key tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef GIVEN_KEYS_H
#define GIVEN_KEYS_H

#include "auth/seal_mechanism.h"
#include "tls_key_files.h"

/* The names of the files; NULL: not given. */
struct given_key_files {
    struct tls_key_files tls;
    const char *nt_passwords;
    const char *keytab;
    const struct domain_map *domains; /* which of the users' domains are the same; NULL */
};

struct given_keys {
    struct oa_tls_keys *tls;              /* also those in the captures */
    const struct oa_seal_secrets *sealed; /* of sealed calls; NULL: none are given */
    struct tls_key_set *tls_set;          /* these are its own */
    struct nt_passwords *passwords;
    struct kerberos_keytab *keytab;
    struct oa_seal_secrets secrets;
};

/* Reads the files into `keys`, which must not be moved afterwards. False, with nothing kept, if one
 * cannot be read; `tell` gets a line for that, and for each file that others can read. */
bool given_keys_read(const struct given_key_files *files, struct given_keys *keys,
                     void (*tell)(const char *line));

/* Clears all of them. */
void given_keys_clear(struct given_keys *keys);

#endif
