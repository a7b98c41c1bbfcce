/* test_text.c
 * Tests of text.c: comparison, trimming, clean copies from UTF-8 and UTF-16LE, UUIDs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/text.h"

#include <string.h>

#include <glib.h>

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

/* Room enough for every row below. */
#define OUT_MAX 64

#define TEXT(literal) ((struct oa_text){ literal, sizeof literal - 1 })

static const struct {
    const char *name;
    const char *in;
    size_t length;
    const char *expect;
} UTF8_ROWS[] = {
#define ROW(name, in, expect) name, in, sizeof in - 1, expect
    { ROW("empty", "", "") },
    { ROW("ascii", "mail.example.com", "mail.example.com") },
    { ROW("two bytes", "j\xC3\xB6rg", "j\xC3\xB6rg") },
    { ROW("four bytes", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80") },
    { ROW("zero inside", "a\0b", "a" BAD "b") },
    { ROW("line end", "a\r\n\tb", "a" BAD BAD BAD "b") },
    { ROW("delete", "\x7F", BAD) },
    { ROW("C1 control", "\xC2\x85", BAD) },
    { ROW("lone continuation", "\x80z", BAD "z") },
    { ROW("Latin-1", "j\xF6rg", "j" BAD "rg") },
    { ROW("overlong slash", "\xC0\xAF", BAD BAD) },
    { ROW("surrogate", "\xED\xA0\x80", BAD BAD BAD) },
    { ROW("beyond Unicode", "\xF4\x90\x80\x80", BAD BAD BAD BAD) },
    { ROW("old six bytes", "\xFD\xBF\xBF\xBF\xBF\xBF", BAD BAD BAD BAD BAD BAD) },
    { ROW("cut sequence", "a\xE2\x82", "a" BAD BAD) },
#undef ROW
};

static const struct {
    const char *name;
    const char *in;
    size_t length;
    const char *expect;
} UTF16_ROWS[] = {
#define ROW(name, in, expect) name, in, sizeof in - 1, expect
    { ROW("empty", "", "") },
    { ROW("ascii", "U\0s\0e\0r\0", "User") },
    { ROW("odd last byte", "U\0s", "U") },
    { ROW("two bytes", "\xF6\0", "\xC3\xB6") },
    { ROW("pair", "\x3D\xD8\x00\xDE", "\xF0\x9F\x98\x80") },
    { ROW("last character", "\xFF\xDB\xFF\xDF", "\xF4\x8F\xBF\xBF") },
    { ROW("high alone at end", "a\0\x3D\xD8", "a" BAD) },
    { ROW("high before letter", "\x3D\xD8z\0", BAD "z") },
    { ROW("low alone", "\x00\xDEz\0", BAD "z") },
    { ROW("two highs and a low", "\x3D\xD8\x3D\xD8\x00\xDE", BAD "\xF0\x9F\x98\x80") },
    { ROW("zero", "\0\0a\0", BAD "a") },
    { ROW("control", "\n\0", BAD) },
#undef ROW
};

/* A copy on the heap of just that size, so that the address sanitizer sees a read beyond it. */
static char *
exact(const char *in, size_t length)
{
    char *copy = g_malloc(length ? length : 1);

    memcpy(copy, in, length);
    return copy;
}

/* A copy that is cut is cut at a character's border, and not one earlier than it must be. */
static void
check_cut(const char *out, size_t size, const char *whole)
{
    g_assert_true(g_utf8_validate(out, -1, NULL));
    g_assert_cmpuint(strlen(out), <, size);
    g_assert_true(g_str_has_prefix(whole, out));
    if (strlen(out) < strlen(whole)) {
        const char *next = g_utf8_next_char(whole + strlen(out));
        g_assert_cmpuint((size_t)(next - whole), >=, size);
    }
}

static void
test_copy(void)
{
    char out[OUT_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(UTF8_ROWS); i++) {
        char *in = exact(UTF8_ROWS[i].in, UTF8_ROWS[i].length);
        struct oa_text text = { in, UTF8_ROWS[i].length };

        g_test_message("%s", UTF8_ROWS[i].name);
        for (size_t size = 1; size <= sizeof out; size++) {
            oa_text_copy(text, out, size);
            check_cut(out, size, UTF8_ROWS[i].expect);
        }
        g_assert_cmpstr(out, ==, UTF8_ROWS[i].expect);
        g_free(in);
    }
}

static void
test_copy_utf16le(void)
{
    char out[OUT_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(UTF16_ROWS); i++) {
        char *in = exact(UTF16_ROWS[i].in, UTF16_ROWS[i].length);

        g_test_message("%s", UTF16_ROWS[i].name);
        for (size_t size = 1; size <= sizeof out; size++) {
            oa_text_copy_utf16le((const uint8_t *)in, UTF16_ROWS[i].length, out, size);
            check_cut(out, size, UTF16_ROWS[i].expect);
        }
        g_assert_cmpstr(out, ==, UTF16_ROWS[i].expect);
        g_free(in);
    }
}

static void
test_no_room(void)
{
    char out[] = "?";

    oa_text_copy(TEXT("x"), out, 0);
    oa_text_copy_utf16le((const uint8_t *)"x", 2, out, 0);
    g_assert_cmpstr(out, ==, "?");
}

static void
test_absent(void)
{
    struct oa_text none = { NULL, 0 };
    char out[OUT_MAX];

    oa_text_copy(none, out, sizeof out);
    g_assert_cmpstr(out, ==, "");
    oa_text_copy_utf16le(NULL, 0, out, sizeof out);
    g_assert_cmpstr(out, ==, "");
    g_assert_true(oa_text_equals(none, ""));
    g_assert_false(oa_text_equals(none, "a"));
    g_assert_true(oa_text_starts(none, ""));
    g_assert_cmpuint(oa_text_trim(none).length, ==, 0);
}

static void
test_compare(void)
{
    g_assert_true(oa_text_equals(TEXT("Content-Length"), "content-LENGTH"));
    g_assert_false(oa_text_equals(TEXT("Content-Lengths"), "Content-Length"));
    g_assert_false(oa_text_equals(TEXT("Content-Lengt"), "Content-Length"));
    g_assert_false(oa_text_equals(TEXT("ab\0"), "ab"));
    g_assert_false(oa_text_equals(TEXT("a\0b"), "abc"));
    g_assert_false(oa_text_equals(TEXT("\xC3\xB6"), "\xC3\x96"));
    g_assert_true(oa_text_starts(TEXT("RPC Error: 6ba"), "rpc error:"));
    g_assert_false(oa_text_starts(TEXT("RPC"), "RPC Error:"));
}

static void
test_trim(void)
{
    struct oa_text text = oa_text_trim(TEXT(" \t a b\t "));

    g_assert_cmpuint(text.length, ==, 3);
    g_assert_true(memcmp(text.at, "a b", 3) == 0);
    g_assert_cmpuint(oa_text_trim(TEXT(" \t ")).length, ==, 0);
    g_assert_cmpuint(oa_text_trim(TEXT("\n")).length, ==, 1);
}

/* Texts cut by their bytes, at the end and in the middle. */
static void
test_mend(void)
{
    char cut[] = "a\xC3\xB6\xC3, \xE2\x82\xAC"
                 "b\xE2\x82";
    char whole[] = "j\xC3\xB6rg";
    char nothing[] = "";

    oa_text_mend(cut);
    g_assert_cmpstr(cut, ==,
                    "a\xC3\xB6, \xE2\x82\xAC"
                    "b");
    oa_text_mend(whole);
    g_assert_cmpstr(whole, ==, "j\xC3\xB6rg");
    oa_text_mend(nothing);
    g_assert_cmpstr(nothing, ==, "");
}

static void
test_uuid(void)
{
    /* TsProxyRpcInterface, the resource type that RD Gateway clients name, [MS-RPCH] 2.1.2.1.1 */
    static const uint8_t WIRE[16] = { 0xDD, 0x65, 0xE2, 0x44, 0xAF, 0x7D, 0xCD, 0x42,
                                      0x85, 0x60, 0x3C, 0xDB, 0x6E, 0x7A, 0x27, 0x29 };
    char out[OA_UUID_TEXT];

    oa_text_uuid(WIRE, out);
    g_assert_cmpstr(out, ==, "44e265dd-7daf-42cd-8560-3cdb6e7a2729");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/copy", test_copy);
    g_test_add_func("/text/copy-utf16le", test_copy_utf16le);
    g_test_add_func("/text/no-room", test_no_room);
    g_test_add_func("/text/absent", test_absent);
    g_test_add_func("/text/compare", test_compare);
    g_test_add_func("/text/trim", test_trim);
    g_test_add_func("/text/mend", test_mend);
    g_test_add_func("/text/uuid", test_uuid);
    return g_test_run();
}
