/* test_code_page.c
 * Tests of code_page.c: names in the scripts of the world, broken bytes, what does not fit; and
 * which code page a walk takes for which text. check_code_pages.py has all characters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/code_page.h"

#include <string.h>

#include "track/tracker.h"
#include "vectors.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

/* Room enough for every row below. */
#define OUT_MAX 96

static const struct {
    const char *name;
    uint32_t code_page;
    const char *bytes;
    const char *text;
} ROWS[] = {
    { "ASCII", 932, "/o=Lab/cn=a\\b~", "/o=Lab/cn=a\\b~" },
    { "Cyrillic", 1251, "\xC0\xED\xED\xE0 \xCF\xE5\xF2\xF0\xEE\xE2\xE0", "Анна Петрова" },
    { "Cyrillic, KOI8", 20866, "\xE1\xCE\xCE\xC1", "Анна" },
    { "Cyrillic, DOS", 866, "\x80\xAD\xAD\xA0", "Анна" },
    { "Ukrainian, KOI8", 21866, "\xB7\xD6\xC1\xCB", "Їжак" },
    { "Japanese", 932, "\x8E\x52\x93\x63 \x91\xBE\x98\x59", "山田 太郎" },
    { "Japanese, half width", 932, "\xD4\xCF\xC0\xDE", "ﾔﾏﾀﾞ" },
    { "Japanese, backslash inside", 932, "\x95\x5C\x8E\xA6", "表示" },
    { "Chinese, simplified", 936, "\xC0\xEE\xCE\xB0", "李伟" },
    { "Chinese, traditional", 950, "\xA7\xF5\xB0\xB6", "李偉" },
    { "Korean", 949, "\xB1\xE8\xB9\xCE\xBC\xF6", "김민수" },
    { "Korean, unified Hangul", 949, "\x8C\x63\xB9\xE6\xB0\xA2\xC7\xCF", "똠방각하" },
    { "Greek", 1253, "\xC3\xE9\xFE\xF1\xE3\xEF\xF2", "Γιώργος" },
    { "Hebrew", 1255, "\xE3\xE5\xE3", "דוד" },
    { "Arabic", 1256, "\xE3\xCD\xE3\xCF", "محمد" },
    { "Thai", 874, "\xCA\xC1\xAA\xD2\xC2", "สมชาย" },
    { "Vietnamese, marks of their own", 1258, "Vi\xEA\xF2t", "Vi\xE1\xBB\x87t" },
    { "Polish", 1250, "\xA3ukasz", "Łukasz" },
    { "Western", 1252, "J\xFCrgen \x80", "Jürgen €" },
    { "Western, ISO", 28591, "J\xFCrgen", "Jürgen" },
    { "default", 0, "J\xFCrgen", "Jürgen" },
    { "unknown", 4711, "J\xFCrgen", "Jürgen" },
    { "Unicode says nothing of bytes", 1200, "J\xFCrgen", "Jürgen" },
    { "UTF-8", 65001, "J\xC3\xBCrgen \xFC", "Jürgen " BAD },
    { "teletex", OA_CODE_PAGE_TELETEX, "J\xFCrgen", "J" BAD "rgen" },
    { "ASCII only", 20127, "J\xFCrgen", "J" BAD "rgen" },
    { "no such byte", 1252, "a\x81z", "a" BAD "z" },
    { "no such byte, Greek", 1253, "\xC3\xD2z", "Γ" BAD "z" },
    { "cut character", 932, "\x8E\x52\x93", "山" BAD },
    { "lead without trail", 932, "\x8E\x20\x8E\x52", BAD " 山" },
    { "control", 1251, "\xC0\r\n", "А" BAD BAD },
};

static struct oa_text
text_of(const char *bytes)
{
    return (struct oa_text){ bytes, strlen(bytes) };
}

static void
test_rows(void)
{
    struct oa_code_pages *pages = oa_code_pages_new();

    /* Twice, as converters are used again. */
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(ROWS); i++) {
        size_t row = i % G_N_ELEMENTS(ROWS);
        char out[OUT_MAX];

        g_test_message("%s", ROWS[row].name);
        oa_code_pages_copy(pages, ROWS[row].code_page, text_of(ROWS[row].bytes), out, sizeof out);
        g_assert_cmpstr(out, ==, ROWS[row].text);
    }
    oa_code_pages_free(pages);
}

/* Every prefix of every row into every room: valid, within its room, and the beginning of what fits
 * where the text was not cut. */
static void
test_prefixes(void)
{
    struct oa_code_pages *pages = oa_code_pages_new();

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        for (size_t length = 0; length <= strlen(ROWS[i].bytes); length++)
            for (size_t size = 1; size < OUT_MAX; size++) {
                char *bytes = g_memdup2(ROWS[i].bytes, MAX(length, 1));
                char *out = g_malloc(size);
                struct oa_text text = { bytes, length };

                oa_code_pages_copy(pages, ROWS[i].code_page, text, out, size);
                g_assert_cmpuint(strlen(out), <, size);
                g_assert_true(g_utf8_validate(out, -1, NULL));
                if (length == strlen(ROWS[i].bytes))
                    g_assert_true(g_str_has_prefix(ROWS[i].text, out));
                g_free(out);
                g_free(bytes);
            }
    oa_code_pages_free(pages);
}

/* Longer than what is converted at a time; a sound text behind a broken one. */
static void
test_long(void)
{
    struct oa_code_pages *pages = oa_code_pages_new();
    GString *bytes = g_string_new(NULL);
    char out[OUT_MAX];

    for (int i = 0; i < 1000; i++)
        g_string_append(bytes, "\x8E\x52\x93\x63");
    char *text = oa_code_pages_dup(pages, 932, (struct oa_text){ bytes->str, bytes->len });
    g_assert_cmpuint(g_utf8_strlen(text, -1), ==, 2000);
    g_assert_true(g_str_has_prefix(text, "山田山田"));
    g_assert_true(g_str_has_suffix(text, "山田"));
    g_free(text);

    memset(bytes->str, 0xFF, bytes->len);
    text = oa_code_pages_dup(pages, 949, (struct oa_text){ bytes->str, bytes->len });
    g_assert_cmpuint(g_utf8_strlen(text, -1), ==, 4000);
    g_free(text);
    oa_code_pages_copy(pages, 949, text_of("\xB1\xE8"), out, sizeof out);
    g_assert_cmpstr(out, ==, "김");

    /* Whole texts keep their control characters. */
    text = oa_code_pages_dup(pages, 1251, text_of("\xC0\r\n\xC1"));
    g_assert_cmpstr(text, ==, "А\r\nБ");
    g_free(text);
    g_string_free(bytes, TRUE);
    oa_code_pages_free(pages);
}

static void
test_nothing(void)
{
    struct oa_code_pages *pages = oa_code_pages_new();
    struct oa_text none = { NULL, 0 };
    char out[OUT_MAX] = "x";

    oa_code_pages_copy(pages, 1251, none, out, sizeof out);
    g_assert_cmpstr(out, ==, "");
    oa_code_pages_copy(pages, 1251, text_of("\xC0"), NULL, 0);
    char *text = oa_code_pages_dup(pages, 1251, none);
    g_assert_cmpstr(text, ==, "");
    g_free(text);
    /* Without converters all is UTF-8. */
    oa_code_pages_copy(NULL, 1251, text_of("\xD0\x90 \xC0"), out, sizeof out);
    g_assert_cmpstr(out, ==, "А " BAD);
    oa_code_pages_free(pages);
    oa_code_pages_free(NULL);
}

/* Which code page a walk takes. */

static const struct oa_slot WALK_STAT[] = { OA_U32(OXNSPI_STAT_CODE_PAGE), OA_END };
static const struct oa_layout STAT = { "STAT", WALK_STAT };
static const struct oa_slot WALK_SLOTS[] = {
    OA_STRING8Z(OXNSPI_NAME8),        OA_STRING8Z(OXNSPI_DN),
    OA_STRUCT(OXNSPI_STAT, STAT),     OA_STRING8Z(OXNSPI_NAME8),
    OA_STRING8Z(OXNSPI_DN),           OA_U32(OXNSPI_CODE_PAGE),
    OA_STRING8Z(OXCRPC_DISPLAY_NAME), OA_END,
};
static const struct oa_layout WALK = { "walk", WALK_SLOTS };

static void
collect(void *user, void *parent, const struct oa_value *value)
{
    enum oa_type type = OA_FIELDS[value->id].type;
    char text[OUT_MAX];

    (void)parent;
    if (type != OA_TYPE_TEXT8 && type != OA_TYPE_TELETEX)
        return;
    oa_value_text(value, text, sizeof text);
    g_string_append_printf(user, "%s ", text);
}

/* The bytes C0 as name and as DN before and behind the STAT and the last word. */
static char *
walk_of(struct oa_walk *walk, GString *texts, const char *stat, const char *last)
{
    char *hex = g_strconcat("c000", "c000", stat, "c000", "c000", last, "c000", NULL);
    size_t length;
    uint8_t *bytes = vectors_bytes(hex, &length);

    g_string_truncate(texts, 0);
    struct oa_walk_result result = oa_walk_run(walk, &WALK, OA_PLAIN, false, bytes, length, NULL);
    g_assert_cmpint(result.state, ==, OA_WALK_DONE);
    g_free(bytes);
    g_free(hex);
    return texts->str;
}

static void
test_walk(void)
{
    static const struct oa_visitor VISITOR = { .field = collect };
    static const char CYRILLIC[] = "e3040000", GREEK[] = "e5040000", NONE[] = "00000000";
    struct oa_code_pages *pages = oa_code_pages_new();
    GString *texts = g_string_new(NULL);
    struct oa_walk *walk = oa_walk_new(&VISITOR, texts);

    oa_walk_set_code_pages(walk, pages);
    /* Nobody said; then the STAT says, out of its structure; then the field behind it. DNs do not
     * follow. Nothing is left to the next run. */
    for (int i = 0; i < 2; i++)
        g_assert_cmpstr(walk_of(walk, texts, CYRILLIC, GREEK), ==, "À " BAD " А " BAD " \xCE\x90 ");
    /* Given before; 0 is no word. */
    oa_walk_set(walk, OA_F_OXCRPC_CPID, 1253);
    g_assert_cmpstr(walk_of(walk, texts, NONE, CYRILLIC), ==,
                    "\xCE\x90 " BAD " \xCE\x90 " BAD " А ");
    g_assert_cmpstr(walk_of(walk, texts, NONE, NONE), ==, "À " BAD " À " BAD " À ");
    oa_walk_free(walk);
    g_string_free(texts, TRUE);
    oa_code_pages_free(pages);
}

/* Which code page a context handle stands for. */

static struct oa_call_facts
facts_of(enum oa_interface_id interface, uint16_t opnum, bool is_response, const uint8_t *handle)
{
    struct oa_call_facts facts = { .interface = oa_rpc_interface(interface),
                                   .opnum = opnum,
                                   .is_response = is_response,
                                   .has_handle = handle };

    if (handle)
        memcpy(facts.handle, handle, OA_HANDLE_SIZE);
    return facts;
}

/* Of the handle's next request, and of one that is cut within it. */
static uint32_t
code_page_of(const struct oa_tracker *tracker, enum oa_interface_id interface, uint16_t opnum,
             const uint8_t *handle)
{
    uint8_t bytes[4 + OA_HANDLE_SIZE] = { 0 };
    struct oa_stub stub = { .interface = oa_rpc_interface(interface),
                            .opnum = opnum,
                            .data = bytes,
                            .length = sizeof bytes - 1 };

    memcpy(bytes + 4, handle, OA_HANDLE_SIZE);
    g_assert_cmpuint(oa_tracker_code_page(tracker, &stub), ==, 0);
    stub.length++;
    return oa_tracker_code_page(tracker, &stub);
}

static void
test_handles(void)
{
    static const uint8_t DIRECTORY[OA_HANDLE_SIZE] = { 1 }, STORE[OA_HANDLE_SIZE] = { 2 };
    static const uint8_t NULL_HANDLE[OA_HANDLE_SIZE] = { 0 };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_call_facts request = facts_of(OA_IF_NSPI, OA_NSPI_BIND, false, NULL);
    struct oa_call_facts response = facts_of(OA_IF_NSPI, OA_NSPI_BIND, true, NULL_HANDLE);

    /* Refused, then granted. */
    request.code_page = 1251;
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &response));
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_QUERY_ROWS, NULL_HANDLE), ==, 0);
    response = facts_of(OA_IF_NSPI, OA_NSPI_BIND, true, DIRECTORY);
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, NULL));
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &response));
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_QUERY_ROWS, DIRECTORY), ==, 1251);
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_QUERY_ROWS, STORE), ==, 0);
    /* NspiBind has no handle at its beginning, and RFR has none at all. */
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_BIND, DIRECTORY), ==, 0);
    g_assert_cmpuint(code_page_of(tracker, OA_IF_RFR, 0, DIRECTORY), ==, 0);

    request = facts_of(OA_IF_EMSMDB, OA_EMSMDB_EC_DO_CONNECT_EX, false, NULL);
    request.has_locale = true;
    request.code_page = 932;
    response = facts_of(OA_IF_EMSMDB, OA_EMSMDB_EC_DO_CONNECT_EX, true, STORE);
    g_assert_nonnull(oa_tracker_take_facts(tracker, NULL, &request, &response));
    g_assert_cmpuint(code_page_of(tracker, OA_IF_EMSMDB, OA_EMSMDB_EC_DO_RPC_EXT2, STORE), ==, 932);

    /* What has ended says nothing more. */
    request = facts_of(OA_IF_NSPI, OA_NSPI_UNBIND, false, DIRECTORY);
    response = facts_of(OA_IF_NSPI, OA_NSPI_UNBIND, true, NULL_HANDLE);
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, NULL));
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_UNBIND, DIRECTORY), ==, 1251);
    g_assert_null(oa_tracker_take_facts(tracker, NULL, &request, &response));
    g_assert_cmpuint(code_page_of(tracker, OA_IF_NSPI, OA_NSPI_UNBIND, DIRECTORY), ==, 0);
    oa_tracker_free(tracker);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/code_page/rows", test_rows);
    g_test_add_func("/code_page/prefixes", test_prefixes);
    g_test_add_func("/code_page/long", test_long);
    g_test_add_func("/code_page/nothing", test_nothing);
    g_test_add_func("/code_page/walk", test_walk);
    g_test_add_func("/code_page/handles", test_handles);
    return g_test_run();
}
