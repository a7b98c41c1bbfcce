/* user_identity.c
 * Which sessions are of the same user, whatever their names are spelt like.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "user_identity.h"

#include <glib.h>
#include <string.h>

#include "domain_map.h"

/* Spellings that are kept. */
#define SPELLINGS_MAX 262144

/* Better names with which a name was seen, and that are kept: beyond, it is of many users. */
#define BETTER_MAX 8

/* --- names of a session --- */

static const char *
name_of(const struct oa_auth *auth, char text[OA_USER_TEXT])
{
    return auth && auth->user[0] ? oa_user_text(auth, text) : NULL;
}

struct user_names
user_names_of(const struct oa_virtual_connection *vc, struct user_names_text *text)
{
    uint8_t mapped[16];
    const uint8_t *address = client_address_of(vc, mapped);

    return (struct user_names){ {
        [USER_NAME_DN] = vc->client && vc->client->user_dn[0] ? vc->client->user_dn : NULL,
        [USER_NAME_RPC] = name_of(vc->security.auth, text->rpc),
        [USER_NAME_HTTP] = name_of(vc->auth, text->http),
        [USER_NAME_ADDRESS] = address ? address_text(address, text->address) : NULL,
    } };
}

const char *
user_best_name(const struct user_rules *rules, const struct user_names *names)
{
    int name = rules->has_key ? (int)rules->key : 0;
    int end = rules->has_key ? name + 1 : USER_NAMES;

    while (name < end && !names->name[name])
        name++;
    return name < end ? names->name[name] : NULL;
}

bool
user_names_any(const struct user_rules *rules, const struct user_names *names)
{
    const char *best = user_best_name(rules, names);

    return best && (rules->has_key || best != names->name[USER_NAME_ADDRESS]);
}

const char *
user_shown_name(const struct user_rules *rules, const struct oa_virtual_connection *vc,
                char text[OA_USER_TEXT])
{
    struct user_names_text texts;

    if (!rules->has_key)
        return name_of(oa_vc_user(vc), text);
    struct user_names names = user_names_of(vc, &texts);
    const char *name = names.name[rules->key];
    if (name)
        g_strlcpy(text, name, OA_USER_TEXT);
    return name ? text : NULL;
}

/* Domains are a part of logon names only. */
static char *
fold(const struct user_rules *rules, enum user_name kind, const char *name)
{
    bool has_domain = kind == USER_NAME_RPC || kind == USER_NAME_HTTP;

    return has_domain ? domain_map_fold(rules->domains, name) : fold_case(name);
}

/* --- spellings --- */

struct user_spellings {
    const struct user_rules *rules;
    GHashTable *folded; /* folded name -> the first spelling, which `known` owns; a name that is
                           folded as it is spelt is the key of both */
    GHashTable *known;  /* name -> the first spelling of it */
    const char *last;   /* of `known`, the one asked for last, which is often the next one too */
    const char *last_first; /* its first spelling */
};

struct user_spellings *
user_spellings_new(const struct user_rules *rules)
{
    struct user_spellings *spellings = g_new0(struct user_spellings, 1);

    spellings->rules = rules;
    spellings->folded = g_hash_table_new(g_str_hash, g_str_equal);
    spellings->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return spellings;
}

static void
free_folded(void *folded, void *first, void *known)
{
    void *key;

    (void)first;
    if (!g_hash_table_lookup_extended(known, folded, &key, NULL) || key != folded)
        g_free(folded);
}

void
user_spellings_free(struct user_spellings *spellings)
{
    if (!spellings)
        return;
    g_hash_table_foreach(spellings->folded, free_folded, spellings->known);
    g_hash_table_unref(spellings->folded);
    g_hash_table_unref(spellings->known);
    g_free(spellings);
}

/* Adds a name that is not known, unless there are too many. */
static void
learn_spelling(struct user_spellings *spellings, const char *name)
{
    if (g_hash_table_size(spellings->known) >= SPELLINGS_MAX)
        return;
    char *own = g_strdup(name);
    g_autofree char *folded = domain_map_fold(spellings->rules->domains, name);
    char *first = g_hash_table_lookup(spellings->folded, folded);
    if (!first) {
        bool is_folded = strcmp(own, folded) == 0;
        first = own;
        g_hash_table_insert(spellings->folded, is_folded ? own : g_steal_pointer(&folded), own);
    }
    g_hash_table_insert(spellings->known, own, first);
}

const char *
user_spelling(struct user_spellings *spellings, const char *name)
{
    void *known, *first;

    if (!spellings || !name)
        return name;
    if (spellings->last && strcmp(spellings->last, name) == 0)
        return spellings->last_first;
    if (!g_hash_table_lookup_extended(spellings->known, name, &known, &first)) {
        learn_spelling(spellings, name);
        if (!g_hash_table_lookup_extended(spellings->known, name, &known, &first))
            return name;
    }
    spellings->last = known;
    spellings->last_first = first;
    return first;
}

/* --- identities --- */

struct identity {
    const char *key;   /* the kind, and the folded name behind it: of the table */
    char *spelt;       /* the name as spelt first, if that is not the folded one; NULL */
    uint32_t *more;    /* better names behind the first; NULL: none */
    uint32_t better;   /* the first one */
    unsigned n_better; /* BETTER_MAX + 1: more than are kept */
    uint32_t user;     /* after settling */
};

struct user_identities {
    const struct user_rules *rules;
    GPtrArray *list;     /* of struct identity, by number */
    GHashTable *numbers; /* key -> number */
    bool is_full;        /* no more names are taken note of */
};

static void
identity_free(void *data)
{
    struct identity *identity = data;

    if (identity) {
        g_free(identity->spelt);
        g_free(identity->more);
    }
    g_free(identity);
}

struct user_identities *
user_identities_new(const struct user_rules *rules)
{
    struct user_identities *users = g_new(struct user_identities, 1);

    users->rules = rules;
    users->is_full = false;
    users->list = g_ptr_array_new_with_free_func(identity_free);
    g_ptr_array_add(users->list, NULL);
    users->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return users;
}

void
user_identities_free(struct user_identities *users)
{
    g_ptr_array_unref(users->list);
    g_hash_table_unref(users->numbers);
    g_free(users);
}

static struct identity *
identity_at(const struct user_identities *users, uint32_t number)
{
    return g_ptr_array_index(users->list, number);
}

static char *
key_of(enum user_name kind, const char *folded)
{
    const char digit[] = { (char)('0' + kind), '\0' };

    return g_strconcat(digit, folded, NULL);
}

static uint32_t
find(const struct user_identities *users, enum user_name kind, const char *folded)
{
    g_autofree char *key = key_of(kind, folded);

    return GPOINTER_TO_UINT(g_hash_table_lookup(users->numbers, key));
}

static enum user_name
kind_of(const struct identity *identity)
{
    return (enum user_name)(identity->key[0] - '0');
}

static const char *
folded_of(const struct identity *identity)
{
    return identity->key + 1;
}

/* USER_ANONYMOUS: a new name for which there is no room. */
static uint32_t
number_of(struct user_identities *users, enum user_name kind, const char *name)
{
    g_autofree char *folded = fold(users->rules, kind, name);
    uint32_t number = find(users, kind, folded);

    if (number || users->is_full)
        return number;
    struct identity *identity = g_new0(struct identity, 1);
    char *key = key_of(kind, folded);
    number = users->list->len;
    g_hash_table_insert(users->numbers, key, GUINT_TO_POINTER(number));
    identity->key = key;
    identity->spelt = strcmp(name, folded) == 0 ? NULL : g_strdup(name);
    g_ptr_array_add(users->list, identity);
    return number;
}

/* Of those that are kept. */
static uint32_t
better_at(const struct identity *identity, unsigned i)
{
    return i == 0 ? identity->better : identity->more[i - 1];
}

static void
keep_better(struct identity *identity, uint32_t better)
{
    if (identity->n_better == 0) {
        identity->better = better;
        return;
    }
    identity->more = g_renew(uint32_t, identity->more, identity->n_better);
    identity->more[identity->n_better - 1] = better;
}

static void
note_better(struct identity *identity, uint32_t better)
{
    for (unsigned i = 0; i < MIN(identity->n_better, BETTER_MAX); i++)
        if (better_at(identity, i) == better)
            return;
    if (identity->n_better < BETTER_MAX)
        keep_better(identity, better);
    if (identity->n_better <= BETTER_MAX)
        identity->n_better++;
}

uint32_t
user_identities_take(struct user_identities *users, const struct user_names *names)
{
    uint32_t best = USER_ANONYMOUS;

    for (int kind = 0; kind < USER_NAMES; kind++) {
        bool is_left_out = users->rules->has_key && kind != (int)users->rules->key;
        if (!names->name[kind] || is_left_out)
            continue;
        uint32_t number = number_of(users, (enum user_name)kind, names->name[kind]);
        if (number == USER_ANONYMOUS)
            continue;
        if (best)
            note_better(identity_at(users, number), best);
        else
            best = number;
    }
    return best;
}

/* The user of all names that are better; USER_ANONYMOUS if they are of several users, or if there
 * are none. */
static uint32_t
user_of_better(const struct user_identities *users, const struct identity *identity)
{
    uint32_t user = USER_ANONYMOUS;

    if (identity->n_better > BETTER_MAX)
        return USER_ANONYMOUS;
    for (unsigned i = 0; i < identity->n_better; i++) {
        uint32_t other = identity_at(users, better_at(identity, i))->user;
        if (user && user != other)
            return USER_ANONYMOUS;
        user = other;
    }
    return user;
}

/* The names that are better have been settled. One account may authenticate on both levels. */
static uint32_t
settled(const struct user_identities *users, uint32_t number)
{
    struct identity *identity = identity_at(users, number);

    if (kind_of(identity) == USER_NAME_HTTP) {
        uint32_t same = find(users, USER_NAME_RPC, folded_of(identity));
        if (same)
            note_better(identity, same);
        uint32_t user = user_of_better(users, identity);
        return user ? user : same ? identity_at(users, same)->user : number;
    }
    uint32_t user = user_of_better(users, identity);
    if (kind_of(identity) == USER_NAME_ADDRESS && identity->n_better)
        return user;
    return user ? user : number;
}

void
user_identities_fill(struct user_identities *users, bool is_full)
{
    users->is_full = is_full;
}

void
user_identities_settle(struct user_identities *users)
{
    for (int kind = 0; kind < USER_NAMES; kind++)
        for (uint32_t number = 1; number < users->list->len; number++)
            if ((int)kind_of(identity_at(users, number)) == kind)
                identity_at(users, number)->user = settled(users, number);
}

uint32_t
user_identity(const struct user_identities *users, uint32_t number)
{
    return number ? identity_at(users, number)->user : USER_ANONYMOUS;
}

const char *
user_identity_name(const struct user_identities *users, uint32_t user)
{
    const struct identity *identity = user ? identity_at(users, user) : NULL;

    return !identity ? NULL : identity->spelt ? identity->spelt : folded_of(identity);
}

uint32_t
user_identities_count(const struct user_identities *users)
{
    return users->list->len - 1;
}
