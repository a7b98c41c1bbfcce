/* test_pseudonyms.c
 * Pseudonyms: the parts that names keep, and what addresses share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pseudonyms.h"

#include <glib.h>
#include <string.h>

static const uint8_t KEY[] = "key of this test";

/* The letters of kinds, in the place of their digits, of what is shown for the name. */
static char *
shape_of(struct pseudonyms *pseudonyms, enum oa_name_kind kind, const char *name)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    g_autoptr(GRegex) regex = g_regex_new("([uhfn])[0-9a-f]{12}", 0, 0, NULL);

    pseudonyms_append(pseudonyms, kind, name, shown);
    return g_regex_replace(regex, shown->str, -1, 0, "<\\1>", 0, NULL);
}

static void
test_shapes(void)
{
    static const struct {
        enum oa_name_kind kind;
        const char *name, *shape;
    } ROWS[] = {
        { OA_NAME_USER, "ada", "<u>" },
        { OA_NAME_USER, "LAB\\ada", "<h>\\<u>" },
        { OA_NAME_USER, "lab.test\\ada", "<h>.<h>\\<u>" },
        { OA_NAME_USER, "ada@lab.test", "<u>@<h>.<h>" },
        { OA_NAME_USER, "LAB\\ada@lab.test", "<h>\\<u>@<h>.<h>" },
        { OA_NAME_USER, "\\ada", "\\<u>" },
        { OA_NAME_USER, "@", "@" },
        { OA_NAME_USER, "/o=Lab/ou=First Group/cn=ada", "/o=<n>/ou=<n>/cn=<n>" },
        { OA_NAME_HOST, "mail.lab.test", "<h>.<h>.<h>" },
        { OA_NAME_HOST, "mail.lab.test.:443", "<h>.<h>.<h>.:443" },
        { OA_NAME_HOST, "mail:123456", "<h>" },
        { OA_NAME_HOST, "*.lab.test", "*.<h>.<h>" },
        { OA_NAME_HOST, "PC1;PC2", "<h>;<h>" },
        { OA_NAME_HOST, "9d8cc1ea-0e1c-4c3d-b4a5-55f8a2a9d0ff@lab.test", "<u>@<h>.<h>" },
        { OA_NAME_HOST, "all", "all" },
        { OA_NAME_SERVICE, "HTTP/mail.lab.test", "HTTP/<h>.<h>.<h>" },
        { OA_NAME_SERVICE, "exchangeMDB/mbx1/LAB.TEST", "exchangeMDB/<h>/<h>.<h>" },
        { OA_NAME_SERVICE, "ada/LAB", "<n>/<h>" },
        { OA_NAME_SERVICE, "mbx1$", "<h>" },
        { OA_NAME_DN, "CN=mail.lab.test,O=Lab\\, Root,C=DE", "CN=<h>.<h>.<h>,O=<n>,C=<n>" },
        { OA_NAME_DN, "CN=A+ada=b,\\", "CN=<n>+<n>,<n>" },
        { OA_NAME_FOLDER, "Plans 2027/Q1", "<f>" },
        { OA_NAME_FILE, "plans.docx", "<n>" },
        { OA_NAME_ANY, "a@b.c\\d", "<n>" },
        { OA_NAME_PHRASE, "Not Found", "Not Found" },
        { OA_NAME_PHRASE, "Not Found on mbx1", "<n>" },
        { OA_NAME_WORD, "answered", "answered" },
        { OA_NAME_SECRET, "about ada", "" },
    };
    struct pseudonyms *pseudonyms = pseudonyms_new(KEY, sizeof KEY);

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        for (int again = 0; again < 2; again++) {
            g_autofree char *shape = shape_of(pseudonyms, ROWS[i].kind, ROWS[i].name);
            g_assert_cmpstr(shape, ==, ROWS[i].shape);
        }
    pseudonyms_free(pseudonyms);
}

static char *
shown(struct pseudonyms *pseudonyms, enum oa_name_kind kind, const char *name)
{
    GString *text = g_string_new(NULL);

    pseudonyms_append(pseudonyms, kind, name, text);
    return g_string_free(text, FALSE);
}

/* Letter case does not count; the digits are those of the name, whatever it names. */
static void
test_equal(void)
{
    struct pseudonyms *pseudonyms = pseudonyms_new(KEY, sizeof KEY);
    g_autofree char *one = shown(pseudonyms, OA_NAME_USER,
                                 "LAB\\\xc3\x84"
                                 "da");
    g_autofree char *other = shown(pseudonyms, OA_NAME_USER,
                                   "lab\\\xc3\xa4"
                                   "DA");
    g_autofree char *folder = shown(pseudonyms, OA_NAME_FOLDER, "lab");
    g_autofree char *broken = shown(pseudonyms, OA_NAME_USER, "a\xff\xfe");

    g_assert_cmpstr(one, ==, other);
    g_assert_cmpint(strncmp(one + 1, folder + 1, 12), ==, 0);
    g_assert_cmpuint(strlen(broken), ==, 13);
    pseudonyms_free(pseudonyms);
}

/* How many first bits two addresses share. */
static unsigned
shared_bits(const uint8_t *one, const uint8_t *other, size_t length)
{
    unsigned n = 0;

    while (n < 8 * length && ((one[n / 8] ^ other[n / 8]) & 0x80 >> n % 8) == 0)
        n++;
    return n;
}

static void
test_addresses(void)
{
    struct pseudonyms *pseudonyms = pseudonyms_new(KEY, sizeof KEY);
    GRand *random = g_rand_new_with_seed(1);

    for (int i = 0; i < 2000; i++) {
        size_t length = i % 2 ? 4 : 16;
        unsigned bits = (unsigned)g_rand_int_range(random, 0, 8 * (gint32)length);
        uint8_t one[16], other[16], before[2][16];
        for (size_t k = 0; k < length; k++)
            one[k] = other[k] = (uint8_t)g_rand_int(random);
        other[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
        memcpy(before[0], one, length);
        memcpy(before[1], other, length);
        g_assert_cmpuint(shared_bits(one, other, length), ==, bits);
        pseudonyms_address(pseudonyms, one, length);
        pseudonyms_address(pseudonyms, other, length);
        g_assert_cmpuint(shared_bits(one, other, length), ==, bits);
        pseudonyms_address(pseudonyms, before[0], length); /* once more */
        g_assert_cmpmem(before[0], length, one, length);
    }
    g_rand_free(random);
    pseudonyms_free(pseudonyms);
}

/* An address has one pseudonym, in whatever form it is written. */
static void
test_forms(void)
{
    static const char *const FORMS[][2] = {
        { "192.0.2.1", "192.0.2.1:80" },
        { "2001:db8::1", "[2001:db8::1]:80" },
        { "2001:db8::1", "[2001:0db8:0::1]" },
    };
    struct pseudonyms *pseudonyms = pseudonyms_new(KEY, sizeof KEY);
    uint8_t mapped[16] = { [10] = 0xFF, 0xFF, 192, 0, 2, 1 }, plain[4] = { 192, 0, 2, 1 };

    for (size_t i = 0; i < G_N_ELEMENTS(FORMS); i++) {
        g_autofree char *alone = shown(pseudonyms, OA_NAME_HOST, FORMS[i][0]);
        g_autofree char *other = shown(pseudonyms, OA_NAME_HOST, FORMS[i][1]);
        g_assert_cmpstr(alone, !=, FORMS[i][0]);
        g_assert_nonnull(strstr(other, alone));
    }
    pseudonyms_address(pseudonyms, mapped, sizeof mapped);
    pseudonyms_address(pseudonyms, plain, sizeof plain);
    g_assert_cmpmem(mapped + 12, 4, plain, 4);
    g_assert_cmpuint(mapped[10] & mapped[11], ==, 0xFF);
    pseudonyms_free(pseudonyms);
}

/* More names than are kept. */
static void
test_many(void)
{
    struct pseudonyms *pseudonyms = pseudonyms_new(KEY, sizeof KEY);
    g_autofree char *before = shown(pseudonyms, OA_NAME_USER, "0");

    for (int i = 0; i < 300000; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "%d", i);
        g_autofree char *text = shown(pseudonyms, OA_NAME_USER, name);
        g_assert_true(i == 0 || strcmp(text, before) != 0);
    }
    g_autofree char *after = shown(pseudonyms, OA_NAME_USER, "0");
    g_assert_cmpstr(before, ==, after);
    pseudonyms_free(pseudonyms);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pseudonyms/shapes", test_shapes);
    g_test_add_func("/pseudonyms/equal", test_equal);
    g_test_add_func("/pseudonyms/addresses", test_addresses);
    g_test_add_func("/pseudonyms/forms", test_forms);
    g_test_add_func("/pseudonyms/many", test_many);
    return g_test_run();
}
