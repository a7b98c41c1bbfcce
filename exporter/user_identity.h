/* user_identity.h
 * Who a user is, whatever his name is spelt like: letter case does not count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef USER_IDENTITY_H
#define USER_IDENTITY_H

#include <stdint.h>

#include "track/events.h"

/* No user is known. */
#define USER_ANONYMOUS 0

/* Users as numbers from 1. */
struct user_identities;

struct user_identities *user_identities_new(void);
void user_identities_free(struct user_identities *users);

/* The user of the session: of the HTTP authentication, else of the RPC authentication, else by the
 * distinguished name; USER_ANONYMOUS if none is known. */
uint32_t user_identity_of(struct user_identities *users, const struct oa_virtual_connection *vc);

/* How many there are, which is also the greatest number. */
uint32_t user_identities_count(const struct user_identities *users);

/* The name by which users are compared; to be freed with g_free(). */
char *user_identity_fold(const char *name);

#endif
