/* tls_key_files.h
 * The files with keys of TLS: key logs, and private keys of servers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TLS_KEY_FILES_H
#define TLS_KEY_FILES_H

#include <stdbool.h>

#include "tls/tls_keys.h"

/* Their names; NULL: none. */
struct tls_key_files {
    char **key_logs, **private_keys; /* ended by NULL */
    const char *password_file;       /* of the private keys */
};

static inline bool
tls_key_files_are_given(const struct tls_key_files *files)
{
    return (files->key_logs && files->key_logs[0]) ||
           (files->private_keys && files->private_keys[0]);
}

/* The keys in them, and in whatever captures add; freed by tls_key_set_free(). */
struct tls_key_set;

/*
 * Reads the files once, whole, so that a line is found wherever it stands. `warn` gets lines about
 * what can be used all the same. Returns NULL with a one-line message in `*message` (g_free) if a
 * file cannot be read or has no keys. Neither shows any of the keys.
 */
struct tls_key_set *tls_key_set_read(const struct tls_key_files *files,
                                     void (*warn)(const char *message), char **message);
void tls_key_set_free(struct tls_key_set *set); /* may be NULL */

struct oa_tls_keys *tls_key_set_keys(const struct tls_key_set *set);

#endif
