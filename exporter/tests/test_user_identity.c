/* test_user_identity.c
 * Users by their names: letter case, domains, and names that stand for better ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "domain_map.h"
#include "user_identity.h"

static struct domain_map *
map_of(const char *const texts[])
{
    struct domain_map *map = domain_map_new();
    char *message = NULL;

    for (; *texts; texts++)
        g_assert_true(domain_map_add(map, *texts, &message));
    return map;
}

static void
test_fold(void)
{
    /* clang-format off */
    static const struct {
        const char *name, *folded;
    } ROWS[] = {
        { "LAB\\Ada", "ada@lab.test" },
        { "ada@LAB.test", "ada@lab.test" },
        { "ADA@lab", "ada@lab.test" },
        { "lab.test\\ada", "ada@lab.test" },
        { "LAB\\ada@lab.test", "ada@lab.test" },
        { "OLD\\ada", "ada@lab.test" },
        { "OTHER\\Ada", "other\\ada" },
        { "Ada@other.test", "ada@other.test" },
        { "Ada", "ada" },
        { "", "" },
        { "\\", "\\" },
        { "@", "@" },
        { "LAB\\", "@lab.test" },
        { "LAB\\STRASSE", "strasse@lab.test" },
        { "LAB\\Stra\u00dfe", "strasse@lab.test" },
        { "LAB\\\u0412\u041e\u0412\u0410", "\u0432\u043e\u0432\u0430@lab.test" },
        { "LAB\\Bo\u0308ll", "b\u00f6ll@lab.test" }, /* decomposed */
        { "LAB\\B\u00d6LL", "b\u00f6ll@lab.test" },
        { "B\xf6ll", "b\ufffdll" },
    };
    /* clang-format on */
    struct domain_map *map =
        map_of((const char *const[]){ "LAB=lab.test", "old = Lab.Test", NULL });

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *folded = domain_map_fold(map, ROWS[i].name);
        g_assert_cmpstr(folded, ==, ROWS[i].folded);
    }
    g_autofree char *unmapped = domain_map_fold(NULL, "LAB\\Ada");
    g_assert_cmpstr(unmapped, ==, "lab\\ada");
    domain_map_free(map);
    domain_map_free(NULL);
}

static void
expect_error(struct domain_map *map, const char *text, const char *words)
{
    char *message = NULL;

    g_assert_false(domain_map_add(map, text, &message));
    g_assert_nonnull(strstr(message, words));
    g_assert_null(strchr(message, '\n'));
    g_free(message);
}

static void
test_map_errors(void)
{
    static const char *const WRONG[] = {
        "", "LAB", "LAB=", "=lab.test", "L B=lab.test", "LAB\\=lab.test", "LAB=a@b", "LAB=a=b"
    };
    struct domain_map *map = map_of((const char *const[]){ "LAB=lab.test", "LAB=LAB.TEST", NULL });
    g_autofree char *path = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++)
        expect_error(map, WRONG[i], "is not DOMAIN=DNS-NAME");
    expect_error(map, "lab=other.test", "two DNS names");
    expect_error(map, "@/nowhere/domains", "/nowhere/domains");
    g_close(g_file_open_tmp(NULL, &path, NULL), NULL);
    g_autofree char *file = g_strconcat("@", path, NULL);
    g_assert_true(
        g_file_set_contents(path, "# domains\n\nA=a.test\r\n  B = b.test\nC\n", -1, NULL));
    expect_error(map, file, ":5: 'C' is not");
    g_autofree char *folded = domain_map_fold(map, "B\\ada");
    g_assert_cmpstr(folded, ==, "ada@b.test");
    g_unlink(path);
    domain_map_free(map);
}

/* --- identities --- */

/* One session of each. */
static void
take(struct user_identities *users, const struct user_names *sessions, uint32_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        numbers[i] = user_identities_take(users, &sessions[i]);
    user_identities_settle(users);
    for (size_t i = 0; i < n; i++)
        numbers[i] = user_identity(users, numbers[i]);
}

#define NAMES(dn, rpc, http, address)                                                              \
    {                                                                                              \
        {                                                                                          \
            (dn), (rpc), (http), (address)                                                         \
        }                                                                                          \
    }

static void
test_links(void)
{
    static const struct user_names SESSIONS[] = {
        NAMES("/cn=ada", NULL, "LAB\\ada", "192.0.2.1"), /* 0: all of this user are linked */
        NAMES("/CN=Ada", NULL, NULL, NULL),
        NAMES(NULL, NULL, "lab\\ADA", "192.0.2.9"),
        NAMES(NULL, "Ada@lab.test", NULL, NULL), /* the name of the other level, in other form */
        NAMES(NULL, NULL, NULL, "192.0.2.1"),    /* the only user there */
        NAMES("/cn=bob", "LAB\\service", NULL, "192.0.2.2"), /* 5: an account of two users */
        NAMES("/cn=eve", "LAB\\service", NULL, "192.0.2.2"),
        NAMES(NULL, "LAB\\service", NULL, "192.0.2.3"),
        NAMES(NULL, NULL, NULL, "192.0.2.2"), /* 8: of one of two users */
        NAMES(NULL, NULL, NULL, "192.0.2.4"), /* of nobody else */
        NAMES(NULL, NULL, NULL, NULL),
    };
    static const char *const EXPECTED[] = { "/cn=ada", "/cn=ada",   "/cn=ada", "/cn=ada",
                                            "/cn=ada", "/cn=bob",   "/cn=eve", "LAB\\service",
                                            NULL,      "192.0.2.4", NULL };
    struct domain_map *map = map_of((const char *const[]){ "LAB=lab.test", NULL });
    struct user_rules rules = { .domains = map };
    struct user_identities *users = user_identities_new(&rules);
    uint32_t numbers[G_N_ELEMENTS(SESSIONS)];

    /* The RPC user is linked to the distinguished name by a session that shows both. */
    const struct user_names both = NAMES("/cn=ada", "LAB\\ada", NULL, NULL);
    user_identities_take(users, &both);
    take(users, SESSIONS, numbers, G_N_ELEMENTS(SESSIONS));
    for (size_t i = 0; i < G_N_ELEMENTS(SESSIONS); i++)
        g_assert_cmpstr(user_identity_name(users, numbers[i]), ==, EXPECTED[i]);
    user_identities_free(users);
    domain_map_free(map);
}

/* One account on both levels, without a distinguished name. */
static void
test_levels(void)
{
    static const struct user_names SESSIONS[] = {
        NAMES(NULL, "LAB\\ada", NULL, NULL), NAMES(NULL, NULL, "LAB\\Ada", NULL),
        NAMES(NULL, "LAB\\bob", "LAB\\ada", NULL),
        NAMES("LAB\\ada", NULL, NULL, NULL), /* not a name of that kind */
    };
    struct user_rules rules = { 0 };
    struct user_identities *users = user_identities_new(&rules);
    uint32_t numbers[G_N_ELEMENTS(SESSIONS)];

    take(users, SESSIONS, numbers, G_N_ELEMENTS(SESSIONS));
    g_assert_cmpuint(numbers[0], ==, numbers[1]);
    g_assert_cmpstr(user_identity_name(users, numbers[2]), ==, "LAB\\bob");
    g_assert_cmpuint(numbers[3], !=, numbers[0]);
    user_identities_free(users);
}

static void
test_key(void)
{
    static const struct user_names SESSION = NAMES("/cn=ada", NULL, "LAB\\ada", "192.0.2.1");
    static const char *const EXPECTED[USER_NAMES] = { "/cn=ada", NULL, "LAB\\ada", "192.0.2.1" };

    for (int key = 0; key < USER_NAMES; key++) {
        struct user_rules rules = { .has_key = true, .key = (enum user_name)key };
        struct user_identities *users = user_identities_new(&rules);
        uint32_t number;

        take(users, &SESSION, &number, 1);
        g_assert_cmpstr(user_identity_name(users, number), ==, EXPECTED[key]);
        g_assert_cmpstr(user_best_name(&rules, &SESSION), ==, EXPECTED[key]);
        g_assert_cmpint(user_names_any(&rules, &SESSION), ==, EXPECTED[key] != NULL);
        user_identities_free(users);
    }
}

/* A name with more better ones than are kept is of none of them. */
static void
test_many(void)
{
    struct user_rules rules = { 0 };
    struct user_identities *users = user_identities_new(&rules);
    const struct user_names alone = NAMES(NULL, NULL, "service", NULL);
    uint32_t number = user_identities_take(users, &alone);

    for (int i = 0; i < 20; i++) {
        g_autofree char *dn = g_strdup_printf("/cn=%d", i);
        const struct user_names both = NAMES(dn, NULL, "service", NULL);
        user_identities_take(users, &both);
    }
    user_identities_settle(users);
    g_assert_cmpstr(user_identity_name(users, user_identity(users, number)), ==, "service");
    user_identities_free(users);
}

/* Where there is no room for a new name, what is known stays. */
static void
test_full(void)
{
    static const struct user_names KNOWN = NAMES("/cn=ada", NULL, NULL, NULL);
    static const struct user_names LINKED = NAMES("/cn=ada", NULL, "LAB\\ada", NULL);
    static const struct user_names NEW = NAMES("/cn=bob", NULL, "LAB\\bob", NULL);
    struct user_rules rules = { 0 };
    struct user_identities *users = user_identities_new(&rules);
    uint32_t known = user_identities_take(users, &KNOWN);

    user_identities_fill(users, true);
    g_assert_cmpuint(user_identities_take(users, &LINKED), ==, known);
    g_assert_cmpuint(user_identities_take(users, &NEW), ==, USER_ANONYMOUS);
    g_assert_cmpuint(user_identities_count(users), ==, 1);
    user_identities_fill(users, false);
    g_assert_cmpuint(user_identities_take(users, &NEW), !=, USER_ANONYMOUS);
    user_identities_settle(users);
    g_assert_cmpstr(user_identity_name(users, user_identity(users, known)), ==, "/cn=ada");
    user_identities_free(users);
}

static void
test_spellings(void)
{
    struct domain_map *map = map_of((const char *const[]){ "LAB=lab.test", NULL });
    struct user_rules rules = { .domains = map };
    struct user_spellings *spellings = user_spellings_new(&rules);

    g_assert_null(user_spelling(spellings, NULL));
    g_assert_cmpstr(user_spelling(spellings, "Ada@lab.test"), ==, "Ada@lab.test");
    g_assert_cmpstr(user_spelling(spellings, "LAB\\ada"), ==, "Ada@lab.test");
    g_assert_cmpstr(user_spelling(spellings, "LAB\\bob"), ==, "LAB\\bob");
    g_assert_cmpstr(user_spelling(NULL, "LAB\\ada"), ==, "LAB\\ada");
    user_spellings_free(spellings);
    user_spellings_free(NULL);
    domain_map_free(map);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/user_identity/fold", test_fold);
    g_test_add_func("/user_identity/map_errors", test_map_errors);
    g_test_add_func("/user_identity/links", test_links);
    g_test_add_func("/user_identity/levels", test_levels);
    g_test_add_func("/user_identity/key", test_key);
    g_test_add_func("/user_identity/many", test_many);
    g_test_add_func("/user_identity/full", test_full);
    g_test_add_func("/user_identity/spellings", test_spellings);
    return g_test_run();
}
