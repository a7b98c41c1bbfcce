/* tls_keys.c
 * Keys in trees: whoever made the capture or the key log has chosen their names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_keys.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#define NAME_MAX_LENGTH 32 /* of a random, a session id, the hash of a ticket */
#define SECRET_MAX 1024    /* a premaster secret of Diffie-Hellman with 8192 bits */
#define MISSED_MAX 65536   /* names looked for in vain that are remembered */
#define ENCRYPTED_PREFIX 8

struct name {
    uint8_t what; /* enum oa_tls_secret, or of sessions enum oa_tls_session_name */
    uint8_t length;
    uint8_t bytes[NAME_MAX_LENGTH];
};

struct entry {
    struct name name; /* first: the key of the tree */
    uint16_t length;
    uint8_t secret[];
};

struct session {
    struct name name; /* first */
    struct oa_tls_session session;
    GList link; /* in by_age */
};

struct oa_tls_keys {
    GTree *entries;
    GTree *missed;   /* struct name */
    bool missed_all; /* a connection has begun when there were none */
    bool came_late;
    GTree *sessions;
    GQueue by_age; /* of struct session; the one to be forgotten first comes first */
    const struct oa_tls_private_keys *private;
};

static int
compare_names(const void *a, const void *b, void *unused)
{
    const struct name *left = a, *right = b;

    (void)unused;
    if (left->what != right->what)
        return (int)left->what - (int)right->what;
    if (left->length != right->length)
        return (int)left->length - (int)right->length;
    return memcmp(left->bytes, right->bytes, left->length);
}

static struct name
name_of(unsigned what, const uint8_t *bytes, size_t length)
{
    struct name name = { .what = (uint8_t)what };

    name.length = (uint8_t)MIN(length, NAME_MAX_LENGTH);
    memcpy(name.bytes, bytes, name.length);
    return name;
}

static void
free_entry(void *data)
{
    struct entry *entry = data;

    explicit_bzero(entry->secret, entry->length);
    g_free(entry);
}

static void
free_session(void *data)
{
    struct session *session = data;

    explicit_bzero(session, sizeof *session);
    g_free(session);
}

struct oa_tls_keys *
oa_tls_keys_new(void)
{
    struct oa_tls_keys *keys = g_new0(struct oa_tls_keys, 1);

    keys->entries = g_tree_new_full(compare_names, NULL, NULL, free_entry);
    keys->missed = g_tree_new_full(compare_names, NULL, g_free, NULL);
    keys->sessions = g_tree_new_full(compare_names, NULL, NULL, free_session);
    g_queue_init(&keys->by_age);
    return keys;
}

void
oa_tls_keys_free(struct oa_tls_keys *keys)
{
    if (!keys)
        return;
    g_tree_unref(keys->entries);
    g_tree_unref(keys->missed);
    g_tree_unref(keys->sessions);
    g_free(keys);
}

void
oa_tls_keys_begin(struct oa_tls_keys *keys)
{
    g_tree_remove_all(keys->sessions);
    g_tree_remove_all(keys->missed);
    g_queue_init(&keys->by_age);
    keys->came_late = keys->missed_all = false;
}

void
oa_tls_keys_use_private(struct oa_tls_keys *keys, const struct oa_tls_private_keys *private)
{
    keys->private = private;
}

const struct oa_tls_private_keys *
oa_tls_keys_private(const struct oa_tls_keys *keys)
{
    return keys->private;
}

bool
oa_tls_keys_are_there(struct oa_tls_keys *keys)
{
    bool are_there = keys->private || g_tree_nnodes(keys->entries) > 0;

    keys->missed_all |= !are_there;
    return are_there;
}

bool
oa_tls_keys_came_late(const struct oa_tls_keys *keys)
{
    return keys->came_late;
}

struct oa_tls_piece
oa_tls_keys_find(struct oa_tls_keys *keys, enum oa_tls_secret what, const uint8_t *key,
                 size_t length)
{
    struct name name = name_of(what, key, length);
    struct entry *entry =
        length && length <= NAME_MAX_LENGTH ? g_tree_lookup(keys->entries, &name) : NULL;

    if (entry)
        return (struct oa_tls_piece){ entry->secret, entry->length };
    if (g_tree_nnodes(keys->missed) < MISSED_MAX && !g_tree_lookup(keys->missed, &name)) {
        struct name *missed = g_memdup2(&name, sizeof name);
        g_tree_insert(keys->missed, missed, missed);
    }
    return (struct oa_tls_piece){ NULL, 0 };
}

/* --- key logs --- */

/* The kinds of lines: label, a number in hex, another one. */
static const struct line_kind {
    const char *label;
    const char *name_prefix, *secret_prefix;
    enum oa_tls_secret what;
    size_t name_length;   /* 0: 1 to 32 */
    size_t secret_length; /* 0: as long as a hash; SECRET_MAX: up to that */
} LINES[] = {
    /* clang-format off */
    { "CLIENT_RANDOM", "", "", OA_TLS_MASTER_OF_RANDOM, OA_TLS_RANDOM, OA_TLS_MASTER },
    { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "", "", OA_TLS_CLIENT_HANDSHAKE, OA_TLS_RANDOM, 0 },
    { "SERVER_HANDSHAKE_TRAFFIC_SECRET", "", "", OA_TLS_SERVER_HANDSHAKE, OA_TLS_RANDOM, 0 },
    { "CLIENT_TRAFFIC_SECRET_0", "", "", OA_TLS_CLIENT_TRAFFIC, OA_TLS_RANDOM, 0 },
    { "SERVER_TRAFFIC_SECRET_0", "", "", OA_TLS_SERVER_TRAFFIC, OA_TLS_RANDOM, 0 },
    { "PMS_CLIENT_RANDOM", "", "", OA_TLS_PREMASTER_OF_RANDOM, OA_TLS_RANDOM, SECRET_MAX },
    { "RSA", "Session-ID:", "Master-Key:", OA_TLS_MASTER_OF_SESSION_ID, 0, OA_TLS_MASTER },
    { "RSA", "", "", OA_TLS_PREMASTER_OF_ENCRYPTED, ENCRYPTED_PREFIX, OA_TLS_MASTER },
    /* clang-format on */
};

struct words {
    const char *at, *end;
};

static struct oa_tls_piece
next_word(struct words *words)
{
    const char *begin;

    while (words->at < words->end && (*words->at == ' ' || *words->at == '\t'))
        words->at++;
    begin = words->at;
    while (words->at < words->end && *words->at != ' ' && *words->at != '\t')
        words->at++;
    return (struct oa_tls_piece){ (const uint8_t *)begin, (size_t)(words->at - begin) };
}

static bool
drop_prefix(struct oa_tls_piece *word, const char *prefix)
{
    size_t length = strlen(prefix);

    if (word->length < length || memcmp(word->at, prefix, length) != 0)
        return false;
    word->at += length;
    word->length -= length;
    return true;
}

/* The number of bytes; 0 if it is no number of at most that many. */
static size_t
bytes_of(struct oa_tls_piece hex, uint8_t *out, size_t max)
{
    if (hex.length % 2 || hex.length / 2 > max)
        return 0;
    for (size_t i = 0; i < hex.length / 2; i++) {
        int high = g_ascii_xdigit_value((char)hex.at[2 * i]);
        int low = g_ascii_xdigit_value((char)hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex.length / 2;
}

static bool
has_good_length(const struct line_kind *kind, size_t name, size_t secret)
{
    if (!name || !secret || (kind->name_length && name != kind->name_length))
        return false;
    if (kind->secret_length == 0)
        return secret == oa_tls_hash_length(OA_TLS_HASH_SHA256) ||
               secret == oa_tls_hash_length(OA_TLS_HASH_SHA384);
    return kind->secret_length == SECRET_MAX || secret == kind->secret_length;
}

static struct entry *
entry_new(const struct name *name, const uint8_t *secret, size_t length)
{
    struct entry *entry = g_malloc(sizeof *entry + length);

    entry->name = *name;
    entry->length = (uint16_t)length;
    memcpy(entry->secret, secret, length);
    return entry;
}

static void
add_entry(struct oa_tls_keys *keys, struct entry *entry)
{
    bool is_known = g_tree_lookup(keys->entries, &entry->name) != NULL;
    bool was_missed = g_tree_lookup(keys->missed, &entry->name) != NULL;

    keys->came_late |= keys->missed_all || (was_missed && !is_known);
    g_tree_replace(keys->entries, entry, entry);
}

enum line_result { LINE_OTHER, LINE_USED, LINE_MALFORMED };

static enum line_result
take_line(struct oa_tls_keys *keys, const char *line, const char *end)
{
    struct words words = { line, end };
    struct oa_tls_piece label = next_word(&words), name = next_word(&words);
    struct oa_tls_piece secret = next_word(&words);
    enum line_result result = LINE_OTHER;
    uint8_t bytes[SECRET_MAX], name_bytes[NAME_MAX_LENGTH];

    for (size_t i = 0; i < G_N_ELEMENTS(LINES) && result != LINE_USED; i++) {
        const struct line_kind *kind = &LINES[i];
        struct oa_tls_piece of_name = name, of_secret = secret;

        if (label.length != strlen(kind->label) || memcmp(label.at, kind->label, label.length) != 0)
            continue;
        result = LINE_MALFORMED;
        if (!drop_prefix(&of_name, kind->name_prefix) ||
            !drop_prefix(&of_secret, kind->secret_prefix))
            continue;
        size_t n_name = bytes_of(of_name, name_bytes, sizeof name_bytes);
        size_t n_secret = bytes_of(of_secret, bytes, sizeof bytes);
        if (!has_good_length(kind, n_name, n_secret))
            continue;
        struct name key = name_of(kind->what, name_bytes, n_name);
        add_entry(keys, entry_new(&key, bytes, n_secret));
        explicit_bzero(bytes, n_secret);
        result = LINE_USED;
    }
    return result;
}

struct oa_tls_log_lines
oa_tls_keys_add_log(struct oa_tls_keys *keys, const char *text, size_t length)
{
    struct oa_tls_log_lines lines = { 0, 0 };
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;

        if (line_end > text && line_end[-1] == '\r')
            line_end--;
        enum line_result result = take_line(keys, text, line_end);
        lines.used += result == LINE_USED;
        lines.malformed += result == LINE_MALFORMED;
        text = next;
    }
    return lines;
}

/* --- sessions --- */

/* A ticket has any length. */
static bool
name_session(enum oa_tls_session_name by, struct oa_tls_piece name, struct name *out)
{
    uint8_t digest[NAME_MAX_LENGTH];

    if (!name.length)
        return false;
    if (by == OA_TLS_BY_ID) {
        *out = name_of(by, name.at, name.length);
        return name.length <= NAME_MAX_LENGTH;
    }
    gcry_md_hash_buffer(GCRY_MD_SHA256, digest, name.at, name.length);
    *out = name_of(by, digest, sizeof digest);
    return true;
}

void
oa_tls_keys_learn(struct oa_tls_keys *keys, enum oa_tls_session_name by, struct oa_tls_piece name,
                  const struct oa_tls_session *session)
{
    struct name key;

    if (!name_session(by, name, &key))
        return;
    struct session *known = g_tree_lookup(keys->sessions, &key);
    if (known) {
        g_queue_unlink(&keys->by_age, &known->link);
    } else {
        known = g_new0(struct session, 1);
        known->name = key;
        known->link.data = known;
        g_tree_insert(keys->sessions, known, known);
    }
    known->session = *session;
    g_queue_push_tail_link(&keys->by_age, &known->link);
    if (keys->by_age.length > OA_TLS_SESSIONS_MAX)
        g_tree_remove(keys->sessions, g_queue_pop_head_link(&keys->by_age)->data);
}

bool
oa_tls_keys_recall(struct oa_tls_keys *keys, enum oa_tls_session_name by, struct oa_tls_piece name,
                   struct oa_tls_session *session)
{
    struct name key;
    struct session *known = NULL;

    if (name_session(by, name, &key))
        known = g_tree_lookup(keys->sessions, &key);
    if (!known)
        return false;
    g_queue_unlink(&keys->by_age, &known->link);
    g_queue_push_tail_link(&keys->by_age, &known->link);
    *session = known->session;
    return true;
}
