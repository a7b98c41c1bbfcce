/* nt_passwords.h
 * The users' passwords of --nt-password-file, or the hashes of these. [MS-NLMP] 3.3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NT_PASSWORDS_H
#define NT_PASSWORDS_H

#include "auth/seal_mechanism.h"

struct domain_map;
struct nt_passwords;

/*
 * Reads the file, once, in UTF-8. A line is USER:PASSWORD, or USER:HASH with 32 hexadecimal digits;
 * USER is user, DOMAIN\user or user@domain. Empty lines, and those that begin with #, have no
 * meaning. Only hashes are kept. NULL with a message for one line in `*message` (g_free) if that is
 * not so; `*warning` as of secret_file_read(). Neither shows anything of a password.
 */
struct nt_passwords *nt_passwords_read(const char *path, char **warning, char **message);

/* Domains are also the same by this map, which outlives the passwords; NULL: there is none. */
void nt_passwords_use_domains(struct nt_passwords *passwords, const struct domain_map *domains);

/* Clears them; NULL is allowed. */
void nt_passwords_free(struct nt_passwords *passwords);

/* As oa_seal_secrets.find_nt_secret. Names are compared without case, and a line without domain is
 * of the users of all. */
bool nt_passwords_find(void *passwords, const char *user, const char *domain, size_t number,
                       struct oa_ntlm_secret *secret, bool *is_password);

#endif
