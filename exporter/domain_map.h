/* domain_map.h
 * Which short names of domains stand for which DNS names, so that DOMAIN\user and user@dns.name are
 * known to be the same user: the option --domain-map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef DOMAIN_MAP_H
#define DOMAIN_MAP_H

#include <stdbool.h>

struct domain_map;

struct domain_map *domain_map_new(void);
void domain_map_free(struct domain_map *map); /* may be NULL */

/* Adds `DOMAIN=dns.name`; or, from `@FILE`, one of these from each line that is neither empty nor
 * begins with `#`. Several domains may have one DNS name, but not the reverse. Returns false with a
 * message for one line in `*message` (g_free) if the text is wrong or the file cannot be read. */
bool domain_map_add(struct domain_map *map, const char *text, char **message);

/* The form in which names of users are compared: letter case folded and composed as Unicode
 * defines, and user@dns.name for a domain that the map has, by either name. `map` may be NULL. To
 * be freed with g_free(). */
char *domain_map_fold(const struct domain_map *map, const char *name);

/* The DNS name of the domain, which is folded, if the map has one; else its own. `map` may be NULL.
 * To be freed with g_free(). */
char *domain_map_dns_name(const struct domain_map *map, const char *domain);

/* The same as domain_map_fold() without looking for a domain. */
char *fold_case(const char *name);

#endif
