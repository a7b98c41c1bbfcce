/* auth_copies.h
 * Kept copies of decoded tokens. They are large, and a session has the same one in several places,
 * so equal ones share one copy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_COPIES_H
#define OA_AUTH_COPIES_H

#include "auth/auth.h"

struct oa_auth_copies;

/* `reader`, which is kept, is for the tokens that are copied. */
struct oa_auth_copies *oa_auth_copies_new(const struct oa_auth_reader *reader);
const struct oa_auth_reader *oa_auth_copies_reader(const struct oa_auth_copies *copies);

/* All copies have been released. NULL is allowed. */
void oa_auth_copies_free(struct oa_auth_copies *copies);

/* A copy of `auth`, shared with those who keep an equal one, to be released. */
const struct oa_auth *oa_auth_copies_keep(struct oa_auth_copies *copies,
                                          const struct oa_auth *auth);

/* The same copy once more, to be released once more; NULL is allowed. */
const struct oa_auth *oa_auth_copy_hold(const struct oa_auth *copy);

/* Frees the copy when nobody keeps it any more; NULL is allowed. */
void oa_auth_copy_release(const struct oa_auth *copy);

#endif
