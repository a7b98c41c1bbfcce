/* kerberos_keytab.h
 * The keys of a Kerberos key table, and the cryptography that opens what they protect. libkrb5
 * reads the file and does both. [RFC 3961]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERBEROS_KEYTAB_H
#define KERBEROS_KEYTAB_H

#include "auth/kerberos_host.h"

struct kerberos_keytab;

/*
 * Reads the key table, to be freed. NULL with a message for one line in `*message` (g_free) if it
 * cannot be read, or has no key. If others than its owner can read or change it, `*warning`
 * (g_free) says so; NULL: nothing. Neither text shows a key. The configuration of Kerberos on this
 * machine does not matter.
 */
struct kerberos_keytab *kerberos_keytab_open(const char *path, char **warning, char **message);

/* Clears and frees the keys; all of its host have been freed. NULL is allowed. */
void kerberos_keytab_free(struct kerberos_keytab *keytab);

/* What the decoder asks of it. Lives as long as the key table. */
const struct oa_kerberos_host *kerberos_keytab_host(const struct kerberos_keytab *keytab);

#endif
