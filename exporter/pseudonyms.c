/* pseudonyms.c
 * Pseudonyms of names and addresses, from a key.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pseudonyms.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "secret_file.h"

/* Bytes of a key file at most; of a key that nobody guesses at least. */
#define KEY_MAX 65536
#define KEY_GOOD 16

/* Bytes of a pseudonym: two of a million names share one in one of 500 cases. */
#define HASH 6

#define DIGEST 32

/* Pseudonyms that are kept; then the table begins anew. */
#define KNOWN_MAX 262144

#define IPV4 4
#define IPV6 16

struct pseudonyms {
    GHmac *hmac; /* knows the key, and no text yet */
    struct oa_renamer renamer;
    GHashTable *names;     /* kind and name -> pseudonym */
    GHashTable *addresses; /* GBytes -> GBytes */
};

/* Where the end of the text is not that of the string. */
struct part {
    const char *at;
    size_t length;
};

static void put_host(struct pseudonyms *pseudonyms, struct part part, GString *out);

/* --- lifetime --- */

static void
rename_text(void *context, enum oa_name_kind kind, const char *name, char *out, size_t size)
{
    g_autoptr(GString) shown = g_string_new(NULL);

    pseudonyms_append(context, kind, name, shown);
    g_strlcpy(out, shown->str, size);
}

static void
forget_bytes(void *bytes)
{
    g_bytes_unref(bytes);
}

struct pseudonyms *
pseudonyms_new(const uint8_t *key, size_t length)
{
    struct pseudonyms *pseudonyms = g_new0(struct pseudonyms, 1);

    pseudonyms->hmac = g_hmac_new(G_CHECKSUM_SHA256, key, length);
    pseudonyms->renamer = (struct oa_renamer){ rename_text, pseudonyms };
    pseudonyms->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pseudonyms->addresses =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, forget_bytes, forget_bytes);
    return pseudonyms;
}

struct pseudonyms *
pseudonyms_open(const char *path, char **warning, char **message)
{
    struct pseudonyms *pseudonyms;
    struct secret_file key;

    if (!secret_file_read(path, KEY_MAX, &key, warning, message))
        return NULL;
    pseudonyms = pseudonyms_new(key.bytes, key.length);
    if (!*warning && key.length < KEY_GOOD)
        *warning =
            g_strdup_printf("%s: a key of less than %d bytes can be guessed", path, KEY_GOOD);
    secret_file_clear(&key);
    return pseudonyms;
}

void
pseudonyms_free(struct pseudonyms *pseudonyms)
{
    if (!pseudonyms)
        return;
    g_hmac_unref(pseudonyms->hmac);
    g_hash_table_unref(pseudonyms->names);
    g_hash_table_unref(pseudonyms->addresses);
    g_free(pseudonyms);
}

const struct oa_renamer *
pseudonyms_renamer(const struct pseudonyms *pseudonyms)
{
    return &pseudonyms->renamer;
}

/* --- hashes --- */

/* Of a text in one of several name spaces. */
static void
hash(const struct pseudonyms *pseudonyms, const char *space, const void *text, size_t length,
     uint8_t digest[DIGEST])
{
    GHmac *hmac = g_hmac_copy(pseudonyms->hmac);
    gsize size = DIGEST;

    g_hmac_update(hmac, (const guchar *)space, (gssize)strlen(space) + 1);
    g_hmac_update(hmac, text, (gssize)length);
    g_hmac_get_digest(hmac, digest, &size);
    g_hmac_unref(hmac);
}

/* Equal for names that differ in letter case alone; to be freed with g_free(). */
static char *
fold(struct part part)
{
    g_autofree char *name = g_strndup(part.at, part.length);
    g_autofree char *valid = g_utf8_make_valid(name, -1);

    return g_utf8_casefold(valid, -1);
}

static void
put_hash(const struct pseudonyms *pseudonyms, char letter, struct part part, GString *out)
{
    g_autofree char *folded = fold(part);
    uint8_t digest[DIGEST];

    if (!folded[0])
        return;
    hash(pseudonyms, "name", folded, strlen(folded), digest);
    g_string_append_c(out, letter);
    for (size_t i = 0; i < HASH; i++)
        g_string_append_printf(out, "%02x", digest[i]);
}

/* One digest of the bytes before has a bit for each beginning of the next byte: whether the bit
 * that follows it is turned. */
static void
rename_address(const struct pseudonyms *pseudonyms, uint8_t *address, size_t length)
{
    uint8_t original[IPV6], digest[DIGEST];

    memcpy(original, address, length);
    for (size_t i = 0; i < length; i++) {
        unsigned node = 1;

        hash(pseudonyms, length == IPV4 ? "ipv4" : "ipv6", original, i, digest);
        for (int bit = 7; bit >= 0; bit--) {
            address[i] ^= (uint8_t)((digest[node / 8] >> node % 8 & 1) << bit);
            node = 2 * node + (original[i] >> bit & 1);
        }
    }
}

void
pseudonyms_address(struct pseudonyms *pseudonyms, uint8_t *address, size_t length)
{
    static const uint8_t MAPPED[IPV6 - IPV4] = { [10] = 0xFF, [11] = 0xFF };

    if (length == IPV6 && memcmp(address, MAPPED, sizeof MAPPED) == 0) {
        address += sizeof MAPPED;
        length = IPV4;
    }
    GBytes *key = g_bytes_new(address, length);
    GBytes *known = g_hash_table_lookup(pseudonyms->addresses, key);
    if (known) {
        memcpy(address, g_bytes_get_data(known, NULL), length);
        g_bytes_unref(key);
        return;
    }
    rename_address(pseudonyms, address, length);
    if (g_hash_table_size(pseudonyms->addresses) >= KNOWN_MAX)
        g_hash_table_remove_all(pseudonyms->addresses);
    g_hash_table_insert(pseudonyms->addresses, key, g_bytes_new(address, length));
}

/* --- names with parts --- */

static struct part
part_of(const char *text)
{
    return (struct part){ text, strlen(text) };
}

/* What is before and behind a character. */
static void
divide(struct part part, const char *at, struct part *before, struct part *behind)
{
    *before = (struct part){ part.at, (size_t)(at - part.at) };
    *behind = (struct part){ at + 1, part.length - before->length - 1 };
}

static const char *
first_of(struct part part, char c)
{
    return memchr(part.at, c, part.length);
}

static const char *
last_of(struct part part, char c)
{
    for (size_t i = part.length; i > 0; i--)
        if (part.at[i - 1] == c)
            return part.at + i - 1;
    return NULL;
}

/* Whether it is one of these words, ended by NULL, whatever its letter case. */
static bool
is_among(struct part part, const char *const words[])
{
    for (; *words; words++)
        if (strlen(*words) == part.length && g_ascii_strncasecmp(*words, part.at, part.length) == 0)
            return true;
    return false;
}

/* The parts between separators, and these. */
static void
put_parts(struct pseudonyms *pseudonyms, struct part part, char separator,
          void (*put)(struct pseudonyms *pseudonyms, struct part part, GString *out), GString *out)
{
    struct part one;
    const char *at;

    while ((at = first_of(part, separator))) {
        divide(part, at, &one, &part);
        put(pseudonyms, one, out);
        g_string_append_c(out, separator);
    }
    put(pseudonyms, part, out);
}

static void
put_label(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    if (part.length == 1 && part.at[0] == '*')
        g_string_append_c(out, '*');
    else
        put_hash(pseudonyms, 'h', part, out);
}

/* False if it is no address. */
static bool
put_address(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t address[IPV6];

    if (part.length >= sizeof text)
        return false;
    memcpy(text, part.at, part.length);
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, address) != 1)
        return false;
    pseudonyms_address(pseudonyms, address, family == AF_INET ? IPV4 : IPV6);
    g_string_append(out, inet_ntop(family, address, text, sizeof text));
    return true;
}

static void
put_user(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    const char *domain_end = first_of(part, '\\'), *at = last_of(part, '@');
    struct part before, behind;

    if (domain_end) {
        divide(part, domain_end, &before, &behind);
        put_host(pseudonyms, before, out);
        g_string_append_c(out, '\\');
        put_user(pseudonyms, behind, out);
    } else if (at) {
        divide(part, at, &before, &behind);
        put_hash(pseudonyms, 'u', before, out);
        g_string_append_c(out, '@');
        put_host(pseudonyms, behind, out);
    } else {
        put_hash(pseudonyms, 'u', part, out);
    }
}

/* The port that ends it, with its colon; else empty. */
static struct part
port_of(struct part part)
{
    const char *colon = last_of(part, ':');
    struct part none = { part.at + part.length, 0 }, before, port;

    if (!colon)
        return none;
    divide(part, colon, &before, &port);
    bool is_port = port.length > 0 && port.length <= 5;
    for (size_t i = 0; i < port.length; i++)
        is_port &= g_ascii_isdigit(port.at[i]);
    /* Without brackets, several colons are those of an address. */
    if (!is_port || (first_of(part, ':') != colon && !last_of(before, ']')))
        return none;
    return (struct part){ colon, port.length + 1 };
}

static void
put_host(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    static const char *const ALL[] = { "all", NULL }; /* of capacity */
    struct part port = port_of(part), host = { part.at, part.length - port.length };
    bool has_brackets = host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']';
    struct part inside = { host.at + 1, host.length - 2 };
    size_t before = out->len;

    if (put_address(pseudonyms, part, out))
        return;
    g_string_append_c(out, '[');
    if (has_brackets && put_address(pseudonyms, inside, out)) {
        g_string_append_c(out, ']');
    } else {
        g_string_truncate(out, before);
        if (last_of(host, '@') || first_of(host, '\\'))
            put_user(pseudonyms, host, out);
        else if (is_among(host, ALL))
            g_string_append_len(out, host.at, (gssize)host.length);
        else if (!put_address(pseudonyms, host, out))
            put_parts(pseudonyms, host, '.', put_label, out);
    }
    g_string_append_len(out, port.at, (gssize)port.length);
}

/* A type of [RFC 4514] or of X.500 names of Exchange and its value, which may be a host. */
static void
put_attribute(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    static const char *const TYPES[] = { "c",
                                         "cn",
                                         "dc",
                                         "e",
                                         "emailaddress",
                                         "l",
                                         "o",
                                         "ou",
                                         "s",
                                         "serialnumber",
                                         "st",
                                         "uid",
                                         "emailAddress",
                                         "streetaddress",
                                         NULL };
    const char *equals = first_of(part, '=');
    struct part type, value = part;

    if (equals) {
        divide(part, equals, &type, &value);
        if (is_among(type, TYPES))
            g_string_append_len(out, type.at, (gssize)type.length + 1);
        else
            value = part;
    }
    if (first_of(value, '.') && !first_of(value, ' '))
        put_host(pseudonyms, value, out);
    else
        put_hash(pseudonyms, 'n', value, out);
}

/* "/o=Lab/ou=.../cn=ada"; "CN=mail.dom.test,O=Lab\\, Root", where commas of values are escaped. */
static void
put_dn(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    size_t begin = 0;

    if (part.length && part.at[0] == '/') {
        put_parts(pseudonyms, part, '/', put_attribute, out);
        return;
    }
    for (size_t i = 0; i < part.length; i++) {
        if (part.at[i] == '\\')
            i++;
        else if (part.at[i] == ',' || part.at[i] == '+') {
            put_attribute(pseudonyms, (struct part){ part.at + begin, i - begin }, out);
            g_string_append_c(out, part.at[i]);
            begin = i + 1;
        }
    }
    put_attribute(pseudonyms, (struct part){ part.at + begin, part.length - begin }, out);
}

static void
put_user_or_dn(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    if (part.length && part.at[0] == '/' && first_of(part, '='))
        put_dn(pseudonyms, part, out);
    else
        put_user(pseudonyms, part, out);
}

/* "HTTP/mail.dom.test", "exchangeMDB/mbx1.dom.test@DOM.TEST"; the class of a service that is known
 * stays. */
static void
put_service(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    static const char *const CLASSES[] = { "cifs",        "dns",  "exchangeab", "exchangemdb",
                                           "exchangerfr", "gc",   "host",       "http",
                                           "krbtgt",      "ldap", "rpc",        "rpcss",
                                           "termsrv",     NULL };
    const char *slash = first_of(part, '/');
    struct part class_name;

    if (slash) {
        divide(part, slash, &class_name, &part);
        if (is_among(class_name, CLASSES))
            g_string_append_len(out, class_name.at, (gssize)class_name.length);
        else
            put_hash(pseudonyms, 'n', class_name, out);
        g_string_append_c(out, '/');
    }
    put_parts(pseudonyms, part, '/', put_host, out);
}

/* What HTTP leaves to its users, as far as it is the same everywhere. */
static bool
is_of_http(struct part part)
{
    static const char *const WORDS[] = {
        /* methods */
        "CONNECT", "GET", "HEAD", "OPTIONS", "POST", "PUT", "RPC_CONNECT", "RPC_IN_DATA",
        "RPC_OUT_DATA",
        /* paths */
        "/mapi/emsmdb/", "/mapi/nspi/", "/rpc/rpcproxy.dll", "/rpcwithcert/rpcproxy.dll",
        /* reason phrases */
        "Access Denied", "Bad Gateway", "Bad Request", "Continue", "Forbidden", "Found",
        "Gateway Timeout", "Internal Server Error", "Moved Permanently", "Not Found", "OK",
        "Proxy Authentication Required", "Service Unavailable", "Success", "Unauthorized", NULL
    };

    return is_among(part, WORDS);
}

/* A file or a folder of a path; what is the same everywhere stays. */
static void
put_file(struct pseudonyms *pseudonyms, struct part part, GString *out)
{
    static const char *const PLACES[] = { "standard input", ".", "..", NULL };

    if (is_among(part, PLACES))
        g_string_append_len(out, part.at, (gssize)part.length);
    else
        put_hash(pseudonyms, 'n', part, out);
}

static void
put(struct pseudonyms *pseudonyms, enum oa_name_kind kind, const char *name, GString *out)
{
    struct part part = part_of(name);

    switch (kind) {
    case OA_NAME_SECRET:
        break;
    case OA_NAME_WORD:
        g_string_append(out, name);
        break;
    case OA_NAME_USER:
        put_parts(pseudonyms, part, ';', put_user_or_dn, out);
        break;
    case OA_NAME_HOST:
        put_parts(pseudonyms, part, ';', put_host, out);
        break;
    case OA_NAME_SERVICE:
        put_service(pseudonyms, part, out);
        break;
    case OA_NAME_DN:
        put_dn(pseudonyms, part, out);
        break;
    case OA_NAME_PHRASE:
        if (is_of_http(part))
            g_string_append(out, name);
        else
            put_hash(pseudonyms, 'n', part, out);
        break;
    case OA_NAME_FOLDER:
        put_hash(pseudonyms, 'f', part, out);
        break;
    case OA_NAME_FILE:
        put_parts(pseudonyms, part, '/', put_file, out);
        break;
    case OA_NAME_ANY:
        put_hash(pseudonyms, 'n', part, out);
        break;
    }
}

void
pseudonyms_append(struct pseudonyms *pseudonyms, enum oa_name_kind kind, const char *name,
                  GString *out)
{
    g_autofree char *key = g_strdup_printf("%c%s", 'A' + (int)kind, name);
    const char *known = g_hash_table_lookup(pseudonyms->names, key);

    if (known) {
        g_string_append(out, known);
        return;
    }
    g_autoptr(GString) shown = g_string_new(NULL);
    put(pseudonyms, kind, name, shown);
    g_string_append(out, shown->str);
    if (g_hash_table_size(pseudonyms->names) >= KNOWN_MAX)
        g_hash_table_remove_all(pseudonyms->names);
    g_hash_table_insert(pseudonyms->names, g_steal_pointer(&key), g_strdup(shown->str));
}
