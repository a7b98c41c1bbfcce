/* user_identity.c
 * Who a user is, whatever his name is spelt like: letter case does not count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "user_identity.h"

#include <glib.h>

#include "facts.h"

struct user_identities {
    GHashTable *numbers; /* folded name -> number */
};

struct user_identities *
user_identities_new(void)
{
    struct user_identities *users = g_new(struct user_identities, 1);

    users->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return users;
}

void
user_identities_free(struct user_identities *users)
{
    g_hash_table_unref(users->numbers);
    g_free(users);
}

char *
user_identity_fold(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);

    return g_utf8_casefold(valid, -1);
}

uint32_t
user_identity_of(struct user_identities *users, const struct oa_virtual_connection *vc)
{
    char text[USER_TEXT];
    const char *name = user_text(user_of_session(vc), text);

    if (!name[0] && vc->client)
        name = vc->client->user_dn;
    if (!name[0])
        return USER_ANONYMOUS;
    char *folded = user_identity_fold(name);
    uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(users->numbers, folded));
    if (number) {
        g_free(folded);
        return number;
    }
    number = user_identities_count(users) + 1;
    g_hash_table_insert(users->numbers, folded, GUINT_TO_POINTER(number));
    return number;
}

uint32_t
user_identities_count(const struct user_identities *users)
{
    return g_hash_table_size(users->numbers);
}
