/* test_whole_frames.c
 * Where frames end in the bytes of a capture, whatever pieces they come in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "whole_frames.h"

#include <glib.h>
#include <string.h>

/* Words of 32 bits, in hexadecimal; "<" and ">" set the order of their bytes. Behind "|" a frame
 * ends, and the number is where it began. */
struct row {
    const char *name, *words;
    bool is_known; /* to the end */
};

#define PCAP "a1b2c3d4 00040002 0 0 ffff 1 "
#define SECTION "0a0d0d0a 1c 1a2b3c4d 00000001 ffffffff ffffffff 1c "
#define INTERFACE "1 14 1 ffff 14 "
#define ENHANCED "6 24 0 0 0 4 4 0 24 "

static const struct row ROWS[] = {
    { "pcap", "< " PCAP "5 6 8 8 1 2 |24 5 6 0 0 |48 7 8 4 4 9 |64 1", true },
    { "pcap-other-order", "> " PCAP "5 6 8 8 1 2 |24 7 8 4 4 9 |48", true },
    { "pcap-nanoseconds", "< a1b23c4d 00040002 0 0 ffff 1 5 6 0 0 |24", true },
    { "pcap-too-long", "< " PCAP "5 6 8 8 1 2 |24 5 6 ffffffff 0", false },
    { "pcapng", "< " SECTION INTERFACE ENHANCED "|48 3 14 4 0 14 |84 5 10 0 10 " ENHANCED "|120",
      true },
    { "pcapng-other-order", "> " SECTION INTERFACE ENHANCED "|48", true },
    { "pcapng-two-orders", "< " SECTION INTERFACE ENHANCED "|48 > " SECTION ENHANCED "|112", true },
    { "pcapng-too-short", "< " SECTION "6 8 0 0", false },
    { "gzip", "< 00088b1f 0 0 0", false },
    { "text", "< 6c6c6568 6f", false },
};

struct script {
    GByteArray *bytes;
    GArray *ends, *begins; /* of frames, uint64_t */
};

static void
put_word(GByteArray *bytes, const char *word, bool big_endian)
{
    uint32_t value = (uint32_t)g_ascii_strtoull(word, NULL, 16);
    uint32_t stored = big_endian ? GUINT32_TO_BE(value) : GUINT32_TO_LE(value);

    g_byte_array_append(bytes, (const uint8_t *)&stored, sizeof stored);
}

static struct script
read_script(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    struct script script = { g_byte_array_new(), g_array_new(FALSE, FALSE, sizeof(uint64_t)),
                             g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
    bool big_endian = false;

    for (char **word = words; *word; word++) {
        if (**word == '<' || **word == '>') {
            big_endian = **word == '>';
        } else if (**word == '|') {
            uint64_t begin = g_ascii_strtoull(*word + 1, NULL, 10), end = script.bytes->len;
            g_array_append_val(script.begins, begin);
            g_array_append_val(script.ends, end);
        } else if (**word) {
            put_word(script.bytes, *word, big_endian);
        }
    }
    return script;
}

/* After so many bytes. */
static void
expect(const struct whole_frames *frames, const struct script *script, uint64_t length)
{
    guint n = 0;

    while (n < script->ends->len && g_array_index(script->ends, uint64_t, n) <= length)
        n++;
    if (n == 0) {
        g_assert_false(whole_frames_behind(frames, -1));
        return;
    }
    int64_t begin = (int64_t)g_array_index(script->begins, uint64_t, n - 1);
    g_assert_true(whole_frames_behind(frames, -1));
    g_assert_true(whole_frames_behind(frames, begin - 1));
    g_assert_false(whole_frames_behind(frames, begin));
    if (frames->format != WHOLE_FRAMES_UNKNOWN)
        g_assert_cmpuint(whole_frames_rest(frames), ==,
                         length - g_array_index(script->ends, uint64_t, n - 1));
}

static void
test_row(gconstpointer data)
{
    const struct row *row = data;
    struct script script = read_script(row->words);

    for (guint piece = 1; piece <= script.bytes->len; piece++) {
        struct whole_frames frames = { 0 };

        for (guint at = 0; at < script.bytes->len; at += piece) {
            guint length = MIN(piece, script.bytes->len - at);
            whole_frames_take(&frames, script.bytes->data + at, length);
            expect(&frames, &script, at + length);
        }
        g_assert_cmpint(frames.format != WHOLE_FRAMES_UNKNOWN, ==, row->is_known);
    }
    g_byte_array_unref(script.bytes);
    g_array_unref(script.ends);
    g_array_unref(script.begins);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/whole-frames/%s", ROWS[i].name);
        g_test_add_data_func(path, &ROWS[i], test_row);
    }
    return g_test_run();
}
