/* nt_passwords.c
 * The users' passwords of --nt-password-file, or the hashes of these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "nt_passwords.h"

#include <glib.h>
#include <string.h>

#include "domain_map.h"
#include "secret_file.h"

#define FILE_MAX (16 * 1024 * 1024)

struct line {
    char *user, *domain; /* folded; NULL: of any domain */
    bool is_password;
    struct oa_ntlm_secret secret;
};

/* Each in memory of its own: an array that grows leaves copies behind. */
struct nt_passwords {
    GPtrArray *lines; /* of struct line, in the order of the file */
    const struct domain_map *domains;
};

static void
free_line(void *data)
{
    struct line *line = data;

    g_free(line->user);
    g_free(line->domain);
    explicit_bzero(line, sizeof *line);
    g_free(line);
}

void
nt_passwords_free(struct nt_passwords *passwords)
{
    if (passwords)
        g_ptr_array_unref(passwords->lines);
    g_free(passwords);
}

/* The user of a line, with its domain before a backslash, or behind the last at sign. */
static void
take_name(struct line *line, const char *name)
{
    const char *backslash = strchr(name, '\\'), *at = strrchr(name, '@');
    g_autofree char *user = NULL, *domain = NULL;

    if (backslash) {
        domain = g_strndup(name, (gsize)(backslash - name));
        user = g_strdup(backslash + 1);
    } else if (at) {
        user = g_strndup(name, (gsize)(at - name));
        domain = g_strdup(at + 1);
    } else {
        user = g_strdup(name);
    }
    line->user = fold_case(user);
    line->domain = domain ? fold_case(domain) : NULL;
}

static bool
read_hash(const char *text, size_t length, uint8_t hash[OA_NTLM_KEY])
{
    if (length != 2 * OA_NTLM_KEY)
        return false;
    for (size_t i = 0; i < length; i++) {
        int digit = g_ascii_xdigit_value(text[i]);
        if (digit < 0)
            return false;
        hash[i / 2] = (uint8_t)(hash[i / 2] << 4 | digit);
    }
    return true;
}

/* Adds a line, of `length` bytes; what is wrong with it, or NULL. */
static const char *
take_line(struct nt_passwords *passwords, const char *text, size_t length)
{
    const char *colon = length > 0 ? memchr(text, ':', length) : NULL;

    if (length == 0 || text[0] == '#')
        return NULL;
    if (!colon || colon == text)
        return "not USER:PASSWORD or USER:HASH";
    const char *secret = colon + 1;
    size_t secret_length = length - (size_t)(secret - text);
    if (!g_utf8_validate(text, (gssize)length, NULL) || memchr(text, 0, length))
        return "not UTF-8";
    struct line *line = g_new0(struct line, 1);
    g_ptr_array_add(passwords->lines, line);
    line->is_password = !read_hash(secret, secret_length, line->secret.nt_hash);
    if (line->is_password && !oa_ntlm_secret_of_password(secret, secret_length, &line->secret))
        return "the library of ciphers refuses MD4";
    g_autofree char *name = g_strndup(text, (gsize)(colon - text));
    take_name(line, name);
    return NULL;
}

static void
take_lines(struct nt_passwords *passwords, const struct secret_file *file, const char *path,
           char **message)
{
    const char *at = (const char *)file->bytes, *end = at + file->length;

    if (g_str_has_prefix(at, "\357\273\277"))
        at += 3; /* a byte order mark */
    for (unsigned number = 1; at < end && !*message; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline : end;
        size_t length = (size_t)(next - at);

        if (length > 0 && at[length - 1] == '\r')
            length--;
        const char *fault = take_line(passwords, at, length);
        if (fault)
            *message = g_strdup_printf("%s:%u: %s", path, number, fault);
        at = next + 1;
    }
    if (!*message && passwords->lines->len == 0)
        *message = g_strdup_printf("%s: no user in it", path);
}

struct nt_passwords *
nt_passwords_read(const char *path, char **warning, char **message)
{
    struct secret_file file;

    if (!secret_file_read(path, FILE_MAX, &file, warning, message))
        return NULL;
    struct nt_passwords *passwords = g_new0(struct nt_passwords, 1);
    passwords->lines = g_ptr_array_new_with_free_func(free_line);
    take_lines(passwords, &file, path, message);
    secret_file_clear(&file);
    if (*message)
        g_clear_pointer(&passwords, nt_passwords_free);
    return passwords;
}

void
nt_passwords_use_domains(struct nt_passwords *passwords, const struct domain_map *domains)
{
    passwords->domains = domains;
}

/* Whether a domain is the DNS name that begins with the other one, as lab.test and LAB. */
static bool
begins(const char *one, const char *other)
{
    size_t length = strlen(one);

    return strcmp(one, other) == 0 || (g_str_has_prefix(other, one) && other[length] == '.');
}

static bool
is_same_domain(const struct nt_passwords *passwords, const char *one, const char *other)
{
    g_autofree char *left = domain_map_dns_name(passwords->domains, one);
    g_autofree char *right = domain_map_dns_name(passwords->domains, other);

    return begins(left, right) || begins(right, left);
}

static bool
matches(const struct nt_passwords *passwords, const struct line *line, const char *user,
        const char *domain)
{
    return strcmp(line->user, user) == 0 &&
           (!line->domain || !domain[0] || is_same_domain(passwords, line->domain, domain));
}

bool
nt_passwords_find(void *context, const char *user, const char *domain, size_t number,
                  struct oa_ntlm_secret *secret, bool *is_password)
{
    const struct nt_passwords *passwords = context;
    struct line *name = g_new0(struct line, 1);
    bool is_found = false;

    /* The user may be user@domain, without a domain besides. */
    take_name(name, user);
    g_autofree char *other = fold_case(domain);
    const char *wanted = name->domain ? name->domain : other;
    for (guint i = 0; i < passwords->lines->len && !is_found; i++) {
        const struct line *line = g_ptr_array_index(passwords->lines, i);
        if (!matches(passwords, line, name->user, wanted) || number-- > 0)
            continue;
        *secret = line->secret;
        *is_password = line->is_password;
        is_found = true;
    }
    free_line(name);
    return is_found;
}
