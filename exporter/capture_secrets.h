/* capture_secrets.h
 * The key logs of TLS inside a capture: Decryption Secrets Blocks of pcapng.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_SECRETS_H
#define CAPTURE_SECRETS_H

#include <stddef.h>

/* Takes the text of a key log, which is not kept. */
struct capture_secrets_user {
    void (*take)(void *context, const char *text, size_t length); /* NULL: nobody does */
    void *context;
};

/* What has been taken of an open file. */
struct capture_secrets {
    const void *blocks;          /* wiretap's, which grow while it reads; NULL: it has none */
    unsigned n_taken, n_skipped; /* the latter of the former, or to be */
};

/* `file` is a wtap that was opened just now. */
void capture_secrets_begin(struct capture_secrets *secrets, void *file);

/* The first `n` of the file were passed on before. */
void capture_secrets_skip(struct capture_secrets *secrets, unsigned n);

/* Passes on what has been read since the last call, and clears it. */
void capture_secrets_take(struct capture_secrets *secrets, const struct capture_secrets_user *user);

#endif
