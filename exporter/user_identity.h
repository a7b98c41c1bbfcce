/* user_identity.h
 * Which sessions are of the same user, whatever their names are spelt like.
 *
 * A session may show several names of its user. From the one that identifies him best to the one
 * that does so least: his distinguished name, the user of the RPC authentication, that of the HTTP
 * authentication, the client's address. Not all of his sessions show the same ones, so a name
 * stands for a better one if it was seen with that and with no other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef USER_IDENTITY_H
#define USER_IDENTITY_H

#include <stdint.h>

#include "facts.h"

struct domain_map;

/* Names by how well they identify a user. */
enum user_name { USER_NAME_DN, USER_NAME_RPC, USER_NAME_HTTP, USER_NAME_ADDRESS, USER_NAMES };

/* How users are told apart: --user-key and --domain-map. */
struct user_rules {
    bool has_key;
    enum user_name key;               /* if so: by this name only */
    const struct domain_map *domains; /* NULL: none */
};

/* The names that a session shows; NULL: unknown. */
struct user_names {
    const char *name[USER_NAMES];
};

/* Buffers for them. */
struct user_names_text {
    char rpc[OA_USER_TEXT], http[OA_USER_TEXT], address[ADDRESS_TEXT];
};

/* Those of the session, as far as known now. They live as long as the buffers and the session. */
struct user_names user_names_of(const struct oa_virtual_connection *vc,
                                struct user_names_text *text);

/* The name that identifies the user of a session best, by these rules; NULL: none. */
const char *user_best_name(const struct user_rules *rules, const struct user_names *names);

/* Whether there is one by these rules that is more than an address, unless that is what the user
 * asked for. */
bool user_names_any(const struct user_rules *rules, const struct user_names *names);

/* The name by which reports call the user of a session: that of the key, if one was given; else the
 * user of the HTTP authentication, else of the RPC authentication. NULL: none. `text` is a buffer
 * for it. */
const char *user_shown_name(const struct user_rules *rules, const struct oa_virtual_connection *vc,
                            char text[OA_USER_TEXT]);

/* --- spellings --- */

/* Names as they were spelt first. */
struct user_spellings;

/* `rules` has to live as long. */
struct user_spellings *user_spellings_new(const struct user_rules *rules);
void user_spellings_free(struct user_spellings *spellings); /* may be NULL */

/* The name as it was spelt first, or itself if there are too many. Lives as long as the spellings
 * or the name. Both may be NULL. */
const char *user_spelling(struct user_spellings *spellings, const char *name);

/* --- identities --- */

/* No user is known. */
#define USER_ANONYMOUS 0

/* Users as numbers from 1. */
struct user_identities;

/* `rules` has to live as long. */
struct user_identities *user_identities_new(const struct user_rules *rules);
void user_identities_free(struct user_identities *users);

/* Takes note of the names of a session, and returns the number of the best one; USER_ANONYMOUS if
 * there is none that is known or can be kept. */
uint32_t user_identities_take(struct user_identities *users, const struct user_names *names);

/* Memory is short: names that are not known yet are not taken note of, until it is called with
 * false. */
void user_identities_fill(struct user_identities *users, bool is_full);

/* Finds out which names are of the same user; to be called once, after the last session. */
void user_identities_settle(struct user_identities *users);

/* The user of a number that was returned before: equal for all that are of the same user.
 * USER_ANONYMOUS for an address that several users have. */
uint32_t user_identity(const struct user_identities *users, uint32_t number);

/* The name that identifies the user, as it was spelt first; NULL for USER_ANONYMOUS. */
const char *user_identity_name(const struct user_identities *users, uint32_t user);

/* How many numbers there are, which is also the greatest one. */
uint32_t user_identities_count(const struct user_identities *users);

#endif
