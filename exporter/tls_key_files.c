/* tls_key_files.c
 * The files with keys of TLS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls_key_files.h"

#include <glib.h>

#include <string.h>

#include "password_prompt.h"
#include "private_keys.h"
#include "secret_file.h"

#define KEY_LOG_MAX ((size_t)1 << 30)
#define PRIVATE_KEY_MAX ((size_t)1 << 20)
#define PASSWORD_MAX 1024

struct tls_key_set {
    struct oa_tls_keys *keys;
    struct private_keys *private;
};

/* Passes on and frees a warning, if there is one. */
static void
pass_on(void (*warn)(const char *message), char *warning)
{
    if (warning)
        warn(warning);
    g_free(warning);
}

static bool
read_key_log(struct oa_tls_keys *keys, const char *path, void (*warn)(const char *message),
             char **message)
{
    struct secret_file file;
    char *warning = NULL;

    if (!secret_file_read(path, KEY_LOG_MAX, &file, &warning, message))
        return false;
    pass_on(warn, warning);
    struct oa_tls_log_lines lines =
        oa_tls_keys_add_log(keys, (const char *)file.bytes, file.length);
    secret_file_clear(&file);
    if (!lines.used)
        *message = g_strdup_printf("%s: no secrets of TLS in it", path);
    else if (lines.malformed)
        pass_on(warn, g_strdup_printf("%s: %zu lines are malformed", path, lines.malformed));
    return lines.used > 0;
}

/* The first line. */
static bool
read_password(const char *path, char password[PASSWORD_MAX], void (*warn)(const char *message),
              char **message)
{
    struct secret_file file;
    char *warning = NULL;

    if (!secret_file_read(path, PASSWORD_MAX - 1, &file, &warning, message))
        return false;
    pass_on(warn, warning);
    size_t length = strcspn((const char *)file.bytes, "\r\n");
    memcpy(password, file.bytes, length);
    password[length] = '\0';
    secret_file_clear(&file);
    return true;
}

static char *
complaint_of(enum private_key_result result, const char *path, bool has_password)
{
    switch (result) {
    case PRIVATE_KEY_IS_ENCRYPTED:
        return g_strdup_printf(has_password ? "%s: the password is wrong"
                                            : "%s: encrypted, and there is neither a terminal to "
                                              "ask for its password nor "
                                              "--tls-private-key-password-file",
                               path);
    case PRIVATE_KEY_IS_OTHER:
        return g_strdup_printf("%s: no private key of RSA", path);
    case PRIVATE_KEY_UNREADABLE:
        return g_strdup_printf("%s: no private key in PEM or PKCS#12", path);
    default:
        return NULL;
    }
}

/* `password`: NULL if no file has one. */
static void
read_private_key(struct private_keys *keys, const char *path, const char *password,
                 void (*warn)(const char *message), char **message)
{
    char asked[PASSWORD_MAX], *warning = NULL;
    struct secret_file file;

    if (!secret_file_read(path, PRIVATE_KEY_MAX, &file, &warning, message))
        return;
    pass_on(warn, warning);
    enum private_key_result result = private_keys_add(keys, file.bytes, file.length, password);
    if (result == PRIVATE_KEY_IS_ENCRYPTED && !password) {
        g_autofree char *question = g_strdup_printf("Password of %s: ", path);
        if (password_prompt(question, asked, sizeof asked)) {
            password = asked;
            result = private_keys_add(keys, file.bytes, file.length, password);
        }
    }
    secret_file_clear(&file);
    *message = complaint_of(result, path, password != NULL);
    explicit_bzero(asked, sizeof asked);
}

static void
read_private_keys(struct tls_key_set *set, const struct tls_key_files *files,
                  void (*warn)(const char *message), char **message)
{
    char password[PASSWORD_MAX];

    if (files->password_file && !read_password(files->password_file, password, warn, message))
        return;
    for (char **path = files->private_keys; path && *path && !*message; path++)
        read_private_key(set->private, *path, files->password_file ? password : NULL, warn,
                         message);
    explicit_bzero(password, sizeof password);
    oa_tls_keys_use_private(set->keys, private_keys_use(set->private));
}

struct tls_key_set *
tls_key_set_read(const struct tls_key_files *files, void (*warn)(const char *message),
                 char **message)
{
    struct tls_key_set *set = g_new0(struct tls_key_set, 1);

    set->keys = oa_tls_keys_new();
    set->private = private_keys_new();
    for (char **path = files->key_logs; path && *path && !*message; path++)
        read_key_log(set->keys, *path, warn, message);
    if (!*message)
        read_private_keys(set, files, warn, message);
    if (*message)
        g_clear_pointer(&set, tls_key_set_free);
    return set;
}

void
tls_key_set_free(struct tls_key_set *set)
{
    if (!set)
        return;
    oa_tls_keys_free(set->keys);
    private_keys_free(set->private);
    g_free(set);
}

struct oa_tls_keys *
tls_key_set_keys(const struct tls_key_set *set)
{
    return set->keys;
}
