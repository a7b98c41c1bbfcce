/* domain_map.c
 * Which short names of domains stand for which DNS names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "domain_map.h"

#include <glib.h>
#include <string.h>

struct domain_map {
    GHashTable *dns_names; /* folded name of either kind -> folded DNS name */
};

struct domain_map *
domain_map_new(void)
{
    struct domain_map *map = g_new(struct domain_map, 1);

    map->dns_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return map;
}

void
domain_map_free(struct domain_map *map)
{
    if (!map)
        return;
    g_hash_table_unref(map->dns_names);
    g_free(map);
}

char *
fold_case(const char *name)
{
    if (g_str_is_ascii(name))
        return g_ascii_strdown(name, -1); /* the same, and nearly always enough */
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_autofree char *folded = g_utf8_casefold(valid, -1);

    return g_utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

/* Both names are one word, without what separates them from a user. */
static bool
is_name(const char *text)
{
    return text[0] && !strpbrk(text, "\\@= \t\r\n");
}

/* False if the domain has another DNS name already. */
static bool
insert(struct domain_map *map, const char *domain, const char *dns_name)
{
    g_autofree char *folded = fold_case(domain);
    char *dns_folded = fold_case(dns_name);
    const char *before = g_hash_table_lookup(map->dns_names, folded);
    bool is_good = !before || strcmp(before, dns_folded) == 0;

    if (before)
        g_free(dns_folded);
    else
        g_hash_table_insert(map->dns_names, g_steal_pointer(&folded), dns_folded);
    return is_good;
}

static bool
add_pair(struct domain_map *map, const char *text, char **message)
{
    g_auto(GStrv) names = g_strsplit(text, "=", 2);
    bool is_pair = names[0] && names[1];

    if (!is_pair || !is_name(g_strstrip(names[0])) || !is_name(g_strstrip(names[1])))
        *message = g_strdup_printf("'%s' is not DOMAIN=DNS-NAME", text);
    else if (!insert(map, names[1], names[1]) || !insert(map, names[0], names[1]))
        *message = g_strdup_printf("'%s': the domain has two DNS names", text);
    return !*message;
}

static bool
add_file(struct domain_map *map, const char *path, char **message)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        *message = g_strdup(error->message);
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && !*message; line++) {
        g_strstrip(*line);
        if ((*line)[0] && (*line)[0] != '#' && !add_pair(map, *line, message)) {
            g_autofree char *cause = *message;
            *message = g_strdup_printf("%s:%d: %s", path, (int)(line - lines) + 1, cause);
        }
    }
    return !*message;
}

bool
domain_map_add(struct domain_map *map, const char *text, char **message)
{
    return text[0] == '@' ? add_file(map, text + 1, message) : add_pair(map, text, message);
}

char *
domain_map_dns_name(const struct domain_map *map, const char *domain)
{
    const char *dns_name = map ? g_hash_table_lookup(map->dns_names, domain) : NULL;

    return g_strdup(dns_name ? dns_name : domain);
}

/* user@dns.name, if the map has the domain. */
static char *
with_dns_name(const struct domain_map *map, const char *user, const char *domain)
{
    const char *dns_name = g_hash_table_lookup(map->dns_names, domain);

    if (!dns_name)
        return NULL;
    g_autofree char *suffix = g_strdup_printf("@%s", dns_name);
    return g_str_has_suffix(user, suffix) ? g_strdup(user) : g_strconcat(user, suffix, NULL);
}

char *
domain_map_fold(const struct domain_map *map, const char *name)
{
    char *folded = fold_case(name), *whole = NULL;
    char *backslash = strchr(folded, '\\'), *at = strrchr(folded, '@');

    if (map && backslash) {
        g_autofree char *domain = g_strndup(folded, (size_t)(backslash - folded));
        whole = with_dns_name(map, backslash + 1, domain);
    } else if (map && at) {
        g_autofree char *user = g_strndup(folded, (size_t)(at - folded));
        whole = with_dns_name(map, user, at + 1);
    }
    if (!whole)
        return folded;
    g_free(folded);
    return whole;
}
