/* fuzz_key_files.c
 * Any bytes as a file of keys: it is read, or said why not; nothing of it is in the message.
 * [LLVM libFuzzer]
 *
 * The first byte of the input chooses the kind of file; the rest is the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gcrypt.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "given_keys.h"
#include "kerberos_keytab.h"
#include "nt_passwords.h"
#include "private_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libkrb5 does not free the key in which a table ends. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
    return "leak:libkrb5.so";
}

/* Of the keys in the corpus that have one. */
#define PASSWORD "Matrix-Lab-1"

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static unsigned n_told;

static void
count(const char *line)
{
    require(line[0] && !strchr(line, '\n'));
    n_told++;
}

/* What the command line does with the files that it names. */
static void
read_given(const struct given_key_files *files)
{
    struct given_keys keys;

    n_told = 0;
    if (given_keys_read(files, &keys, count)) {
        require(keys.tls != NULL);
        require((keys.passwords != NULL) == (files->nt_passwords != NULL));
        require((keys.keytab != NULL) == (files->keytab != NULL));
        given_keys_clear(&keys);
    } else {
        require(n_told > 0);
    }
}

static void
read_key_log(const char *path)
{
    char *names[] = { (char *)path, NULL };

    read_given(&(struct given_key_files){ .tls.key_logs = names });
}

static void
read_passwords(const char *path)
{
    struct oa_ntlm_secret secret;
    bool is_password;
    char *warning = NULL, *message = NULL;
    struct nt_passwords *passwords = nt_passwords_read(path, &warning, &message);

    require((passwords != NULL) == (message == NULL));
    if (passwords)
        for (size_t i = 0; nt_passwords_find(passwords, "anna", "LAB", i, &secret, &is_password);)
            i++;
    nt_passwords_free(passwords);
    g_free(warning);
    g_free(message);
}

/* A ticket that no key opens. */
static void
read_keytab(const char *path)
{
    static const uint8_t CIPHER[64];
    struct oa_kerberos_ticket ticket = { "host/a",
                                         "A",
                                         { .enctype = 18, .cipher = { CIPHER, 64 } } };
    uint8_t plain[sizeof CIPHER];
    size_t length = 0;
    char *warning = NULL, *message = NULL;
    struct kerberos_keytab *keytab = kerberos_keytab_open(path, &warning, &message);

    require((keytab != NULL) == (message == NULL));
    if (keytab) {
        const struct oa_kerberos_host *host = kerberos_keytab_host(keytab);
        require(!oa_seal_is_open(host->open_ticket(host->context, &ticket, plain, &length)));
    }
    kerberos_keytab_free(keytab);
    g_free(warning);
    g_free(message);
}

/* Not by its name: the terminal would be asked for a password. */
static void
read_private_key(const uint8_t *bytes, size_t length, const char *password)
{
    uint8_t premaster[OA_TLS_MASTER], encrypted[128] = { 1 };
    const struct oa_tls_piece certificate = { 0 }, piece = { encrypted, sizeof encrypted };
    struct private_keys *keys = private_keys_new();
    enum private_key_result result = private_keys_add(keys, bytes, length, password);
    const struct oa_tls_private_keys *use = private_keys_use(keys);

    require((use != NULL) == (result == PRIVATE_KEY_ADDED));
    if (use)
        use->decrypt(use->context, certificate, piece, premaster);
    private_keys_free(keys);
}

/* The file, in a folder of this process. */
static const char *
file_of(const uint8_t *bytes, size_t length)
{
    static char path[64];

    g_snprintf(path, sizeof path, "/dev/shm/fuzz_key_files_%d", (int)getpid());
    require(g_file_set_contents_full(path, (const char *)bytes, (gssize)length,
                                     G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return path;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const READERS[])(const char *path) = { read_key_log, read_passwords,
                                                         read_keytab };
    unsigned kind = size ? data[0] % (G_N_ELEMENTS(READERS) + 2) : 0;

    gcry_check_version(NULL);
    if (!size)
        return 0;
    if (kind < G_N_ELEMENTS(READERS)) {
        const char *path = file_of(data + 1, size - 1);
        READERS[kind](path);
        g_unlink(path);
    } else {
        read_private_key(data + 1, size - 1, kind == G_N_ELEMENTS(READERS) ? NULL : PASSWORD);
    }
    return 0;
}
