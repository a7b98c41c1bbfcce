/* auth_copies.c
 * Kept copies of decoded tokens, shared where they are equal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_copies.h"

#include <string.h>

#include <glib.h>

struct copy {
    struct oa_auth auth; /* first, so that the two convert */
    struct oa_auth_copies *copies;
    unsigned holders;
};

struct oa_auth_copies {
    const struct oa_auth_reader *reader;
    GTree *by_content;
};

/* Tokens are zeroed before they are read, so that equal ones are equal in all bytes. */
static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct oa_auth));
}

struct oa_auth_copies *
oa_auth_copies_new(const struct oa_auth_reader *reader)
{
    struct oa_auth_copies *copies = g_new(struct oa_auth_copies, 1);

    copies->reader = reader;
    copies->by_content = g_tree_new(compare);
    return copies;
}

const struct oa_auth_reader *
oa_auth_copies_reader(const struct oa_auth_copies *copies)
{
    return copies->reader;
}

void
oa_auth_copies_free(struct oa_auth_copies *copies)
{
    if (!copies)
        return;
    g_tree_unref(copies->by_content);
    g_free(copies);
}

const struct oa_auth *
oa_auth_copies_keep(struct oa_auth_copies *copies, const struct oa_auth *auth)
{
    struct copy *copy = g_tree_lookup(copies->by_content, auth);

    if (!copy) {
        copy = g_new0(struct copy, 1);
        memcpy(&copy->auth, auth, sizeof copy->auth);
        copy->copies = copies;
        g_tree_insert(copies->by_content, &copy->auth, copy);
    }
    copy->holders++;
    return &copy->auth;
}

const struct oa_auth *
oa_auth_copy_hold(const struct oa_auth *copy)
{
    if (copy)
        ((struct copy *)copy)->holders++;
    return copy;
}

void
oa_auth_copy_release(const struct oa_auth *auth)
{
    struct copy *copy = (struct copy *)auth;

    if (!copy || --copy->holders > 0)
        return;
    g_tree_remove(copy->copies->by_content, &copy->auth);
    g_free(copy);
}
