/* given_keys.c
 * What the command line gives to open what is encrypted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "given_keys.h"

#include <glib.h>

#include "kerberos_keytab.h"
#include "nt_passwords.h"
#include "secret_file.h"

static bool
read_tls(const struct tls_key_files *files, struct given_keys *keys, void (*tell)(const char *line))
{
    char *message = NULL;

    keys->tls_set = tls_key_set_read(files, tell, &message);
    secret_file_tell(tell, NULL, message);
    if (keys->tls_set)
        keys->tls = tls_key_set_keys(keys->tls_set);
    return keys->tls_set != NULL;
}

static bool
read_passwords(const struct given_key_files *files, struct given_keys *keys,
               void (*tell)(const char *line))
{
    const char *path = files->nt_passwords;
    char *warning = NULL, *message = NULL;

    if (!path)
        return true;
    keys->passwords = nt_passwords_read(path, &warning, &message);
    secret_file_tell(tell, warning, message);
    if (keys->passwords)
        nt_passwords_use_domains(keys->passwords, files->domains);
    keys->secrets.host = keys->passwords;
    keys->secrets.find_nt_secret = nt_passwords_find;
    return keys->passwords != NULL;
}

static bool
read_keytab(const char *path, struct given_keys *keys, void (*tell)(const char *line))
{
    char *warning = NULL, *message = NULL;

    if (!path)
        return true;
    keys->keytab = kerberos_keytab_open(path, &warning, &message);
    secret_file_tell(tell, warning, message);
    if (keys->keytab)
        keys->secrets.kerberos = kerberos_keytab_host(keys->keytab);
    return keys->keytab != NULL;
}

bool
given_keys_read(const struct given_key_files *files, struct given_keys *keys,
                void (*tell)(const char *line))
{
    *keys = (struct given_keys){ 0 };
    if (!read_tls(&files->tls, keys, tell) || !read_passwords(files, keys, tell) ||
        !read_keytab(files->keytab, keys, tell)) {
        given_keys_clear(keys);
        return false;
    }
    if (keys->passwords || keys->keytab)
        keys->sealed = &keys->secrets;
    return true;
}

void
given_keys_clear(struct given_keys *keys)
{
    tls_key_set_free(keys->tls_set);
    nt_passwords_free(keys->passwords);
    kerberos_keytab_free(keys->keytab);
    *keys = (struct given_keys){ 0 };
}
