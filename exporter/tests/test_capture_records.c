/* test_capture_records.c
 * Captures in every form, and damaged ones: what is read here is what wiretap reads.
 *
 * Usage: test_capture_records CAPTURE...
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <wireshark.h>

#include <string.h>

#include <glib/gstdio.h>
#include <wiretap/wtap.h>

#include "compared_records.h"
#include "native_records.h"
#include "whole_frames.h"
#include "ws_compat.h"

/* Damaged copies of the beginning of a capture. */
#define DAMAGED_BYTES (16 * 1024)
#define DAMAGED_COPIES 60

static char *path;

/* ---- captures made by hand, in either byte order ---- */

struct made {
    GByteArray *bytes;
    bool big_endian;
};

static void
put(struct made *made, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (made->big_endian ? size - 1 - i : i));
        g_byte_array_append(made->bytes, &byte, 1);
    }
}

static void
put_text(struct made *made, const char *text)
{
    g_byte_array_append(made->bytes, (const guint8 *)text, (guint)strlen(text));
}

static void
put_pcap(struct made *made, uint32_t magic, uint16_t minor, uint32_t link_type)
{
    put(made, magic, 4);
    put(made, 2, 2);
    put(made, minor, 2);
    put(made, 0, 8);
    put(made, 65535, 4);
    put(made, link_type, 4);
}

static void
put_pcap_frame(struct made *made, uint32_t seconds, uint32_t fraction, const char *data,
               uint32_t on_wire)
{
    put(made, seconds, 4);
    put(made, fraction, 4);
    put(made, strlen(data), 4);
    put(made, on_wire, 4);
    put_text(made, data);
}

/* A block of pcapng; its length is written when it ends. */
static guint
begin_block(struct made *made, uint32_t type)
{
    guint at = made->bytes->len;

    put(made, type, 4);
    put(made, 0, 4);
    return at;
}

static void
end_block(struct made *made, guint at)
{
    struct made length = { g_byte_array_new(), made->big_endian };

    while (made->bytes->len % 4)
        put(made, 0, 1);
    put(&length, made->bytes->len + 4 - at, 4);
    memcpy(made->bytes->data + at + 4, length.bytes->data, 4);
    g_byte_array_append(made->bytes, length.bytes->data, 4);
    g_byte_array_unref(length.bytes);
}

static void
put_option(struct made *made, uint16_t code, const char *value, size_t length)
{
    put(made, code, 2);
    put(made, length, 2);
    g_byte_array_append(made->bytes, (const guint8 *)value, (guint)length);
    while (made->bytes->len % 4)
        put(made, 0, 1);
}

static void
put_section(struct made *made)
{
    guint at = begin_block(made, 0x0A0D0D0A);

    put(made, 0x1A2B3C4D, 4);
    put(made, 1, 2);
    put(made, 0, 2);
    put(made, UINT64_MAX, 8);
    put_option(made, 4, "a program", 9);
    put_option(made, 0, "", 0);
    end_block(made, at);
}

/* With that option, or 0. */
static void
put_interface(struct made *made, uint16_t link_type, uint32_t snap_length, uint16_t code,
              const char *value, size_t length)
{
    guint at = begin_block(made, 1);

    put(made, link_type, 2);
    put(made, 0, 2);
    put(made, snap_length, 4);
    put_option(made, 2, "eth0", 4);
    if (code)
        put_option(made, code, value, length);
    put_option(made, 0, "", 0);
    end_block(made, at);
}

static void
put_frame(struct made *made, uint32_t interface, uint64_t stamp, const char *data, uint16_t code,
          const char *value, size_t length)
{
    guint at = begin_block(made, 6);

    put(made, interface, 4);
    put(made, stamp >> 32, 4);
    put(made, stamp, 4);
    put(made, strlen(data), 4);
    put(made, strlen(data) + 10, 4);
    put_text(made, data);
    while (made->bytes->len % 4)
        put(made, 0, 1);
    if (code) {
        put_option(made, code, value, length);
        put_option(made, 0, "", 0);
    }
    end_block(made, at);
}

static void
put_keys(struct made *made, uint32_t type, const char *text)
{
    guint at = begin_block(made, 10);

    put(made, type, 4);
    put(made, strlen(text), 4);
    put_text(made, text);
    end_block(made, at);
}

static void
put_names(struct made *made)
{
    guint at = begin_block(made, 4);

    put(made, 1, 2);
    put(made, 4 + 6, 2);
    put_text(made, "\x0a\x0b\x0c\x0d"
                   "hostn");
    put(made, 0, 1);
    while (made->bytes->len % 4)
        put(made, 0, 1);
    put(made, 0, 4);
    end_block(made, at);
}

static void
put_statistics(struct made *made)
{
    guint at = begin_block(made, 5);

    put(made, 0, 4);
    put(made, 0, 8);
    put_option(made, 4, "\0\0\0\0\0\0\0\7", 8);
    put_option(made, 0, "", 0);
    end_block(made, at);
}

static void
put_block(struct made *made, uint32_t type, const char *text)
{
    guint at = begin_block(made, type);

    put_text(made, text);
    end_block(made, at);
}

/* ---- forms ---- */

#define KEY_LOG 0x544c534b /* TLS */

static void
microseconds(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 4, 1);
    put_pcap_frame(made, 1700000000, 999999, "first", 9);
    put_pcap_frame(made, 1700000001, 0, "", 0);
    put_pcap_frame(made, 1700000001, 5, "longer than it was", 3);
}

static void
nanoseconds(struct made *made)
{
    put_pcap(made, 0xA1B23C4D, 4, 101);
    put_pcap_frame(made, 1700000000, 999999999, "first", 9);
}

static void
far_times(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 4, 1);
    put_pcap_frame(made, 1, 5, "first", 5);
    put_pcap_frame(made, 0xF0000000, 2000000, "second", 6);
    put_pcap_frame(made, 2, 5, "third", 5);
}

static void
old_version(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 3, 1);
    put_pcap_frame(made, 1, 5, "lengths may be swapped", 5);
}

static void
cooked(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 4, 113);
    put_pcap_frame(made, 1, 5, "0123456789abcdef0123", 20);
}

static void
header_in_front(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 4, 204); /* PPP with direction */
    put_pcap_frame(made, 1, 5, "\1first", 6);
}

static void
lying_length(struct made *made)
{
    put_pcap(made, 0xA1B2C3D4, 4, 1);
    put_pcap_frame(made, 1, 5, "first", 5);
    put(made, 2, 4);
    put(made, 2, 4);
    put(made, 262145, 4);
    put(made, 262145, 4);
    put_text(made, "not as long");
}

static void
two_interfaces(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 65535, 0, NULL, 0);
    put_interface(made, 101, 128, 9, "\x09", 1);
    put_frame(made, 0, UINT64_C(1700000000123456), "first", 0, NULL, 0);
    put_frame(made, 1, UINT64_C(1700000000123456789), "second one", 1, "a comment", 9);
    put_frame(made, 0, 7, "", 2, "\1\0\0\0", 4);
    put_statistics(made);
}

static void
interface_behind(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 11, "\0tcp port 80", 12);
    put_names(made);
    put_frame(made, 0, 1, "first", 0, NULL, 0);
    put_interface(made, 113, 96, 9, "\x03", 1);
    put_frame(made, 1, 2, "0123456789abcdef0123", 0, NULL, 0);
    put_frame(made, 2, 3, "of no interface", 0, NULL, 0);
}

static void
times_of_two(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 9, "\x94", 1);
    put_frame(made, 0, UINT64_C(0x123456789abcdef), "of 2^-20 s", 0, NULL, 0);
}

static void
time_offset(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 14, "\0\0\0\0\0\0\1\0", 8);
    put_frame(made, 0, 5000000, "later", 0, NULL, 0);
}

static void
far_future(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 9, "\0", 1);
    put_frame(made, 0, UINT64_MAX, "last", 0, NULL, 0);
    put_frame(made, 0, INT64_MAX, "before", 0, NULL, 0);
}

static void
keys(struct made *made)
{
    put_section(made);
    put_keys(made, KEY_LOG, "CLIENT_RANDOM 00 01");
    put_interface(made, 1, 0, 0, NULL, 0);
    put_frame(made, 0, 1, "first", 0, NULL, 0);
    put_keys(made, KEY_LOG, "CLIENT_RANDOM 02 03\n");
    put_keys(made, 0x57474b4c, "of another protocol");
    put_frame(made, 0, 2, "second", 0, NULL, 0);
    put_keys(made, KEY_LOG, "CLIENT_RANDOM 04 05");
    put_block(made, 2, "unusual"); /* the obsolete packet block */
}

static void
unknown_blocks(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 0, NULL, 0);
    put_frame(made, 0, 1, "first", 0, NULL, 0);
    put_block(made, 0x80000001, "of one vendor");
    put_frame(made, 0, 2, "second", 0x8001, "his option", 10);
    put_block(made, 9, "__REALTIME_TIMESTAMP=1\nMESSAGE=journal\n");
    put_keys(made, KEY_LOG, "CLIENT_RANDOM 00 01");
    put_frame(made, 0, 3, "third", 2, "shrt", 3);
}

static void
two_sections(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 0, NULL, 0);
    put_frame(made, 0, 1, "first", 0, NULL, 0);
    made->big_endian = !made->big_endian;
    put_section(made);
    put_interface(made, 1, 500, 9, "\x09", 1);
    put_frame(made, 0, 1, "second", 0, NULL, 0);
}

static void
simple_packet(struct made *made)
{
    put_section(made);
    put_interface(made, 1, 0, 0, NULL, 0);
    put_frame(made, 0, 1, "first", 0, NULL, 0);
    put_block(made, 3, "\0\0\0\5first");
}

struct form {
    const char *name;
    void (*make)(struct made *made);
    unsigned native; /* records that are read without wiretap, little endian */
};

static const struct form FORMS[] = {
    { "microseconds", microseconds, 3 },
    { "nanoseconds", nanoseconds, 1 },
    { "far-times", far_times, 1 },
    { "old-version", old_version, 0 },
    { "cooked", cooked, 1 },
    { "header-in-front", header_in_front, 0 },
    { "lying-length", lying_length, 1 },
    { "two-interfaces", two_interfaces, 3 },
    { "interface-behind", interface_behind, 2 },
    { "times-of-two", times_of_two, 0 },
    { "time-offset", time_offset, 0 },
    { "far-future", far_future, 2 },
    { "keys", keys, 2 },
    { "unknown-blocks", unknown_blocks, 1 },
    { "two-sections", two_sections, 1 },
    { "simple-packet", simple_packet, 1 },
};

/* How many records are read without wiretap. */
static unsigned
native_records_in(const GByteArray *bytes, const char *format, int encap)
{
    struct capture_headers headers = { .format = format, .encap = encap };
    struct capture_record record;
    unsigned n = 0;
    int err;

    g_assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, NULL));
    struct native_records *records = native_records_open(path, &headers);
    while (records && native_records_next(records, &record, &err) == NATIVE_FRAME)
        n++;
    native_records_close(records);
    g_unlink(path);
    return n;
}

static const char *
format_of(const GByteArray *bytes)
{
    if (bytes->data[0] == 0x0A)
        return "pcapng";
    return bytes->data[0] == 0x4D || bytes->data[3] == 0x4D ? "nsecpcap" : "pcap";
}

static void
test_form(const void *data)
{
    const struct form *form = data;

    for (int big_endian = 0; big_endian <= 1; big_endian++) {
        struct made made = { g_byte_array_new(), big_endian };
        form->make(&made);
        if (!big_endian) {
            uint32_t link_type = made.bytes->data[20];
            int encap = link_type == 113   ? WTAP_ENCAP_SLL
                        : link_type == 101 ? WTAP_ENCAP_RAW_IP
                        : link_type == 204 ? WTAP_ENCAP_PPP_WITH_PHDR
                                           : WTAP_ENCAP_ETHERNET;
            g_assert_cmpuint(native_records_in(made.bytes, format_of(made.bytes), encap), ==,
                             form->native);
        }
        for (guint cut = 0; cut <= made.bytes->len; cut++)
            compared_records_read_bytes(path, made.bytes->data, cut);
        for (guint at = 0; at < made.bytes->len; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                made.bytes->data[at] ^= (uint8_t)(1 << bit);
                compared_records_read_bytes(path, made.bytes->data, made.bytes->len);
                made.bytes->data[at] ^= (uint8_t)(1 << bit);
            }
        g_byte_array_unref(made.bytes);
    }
}

static void
test_keys(void)
{
    struct made made = { g_byte_array_new(), false };

    keys(&made);
    struct compared_records compared =
        compared_records_read_bytes(path, made.bytes->data, made.bytes->len);
    g_assert_true(compared.has_failed);
    g_assert_cmpuint(compared.records, ==, 2);
    g_assert_cmpuint(compared.key_bytes, ==, 3 * 20 + 1);
    g_byte_array_unref(made.bytes);
}

/* ---- captures, and damaged copies of their beginnings ---- */

static void
damage(uint8_t *data, size_t size, GRand *random)
{
    static const uint8_t VALUES[] = { 0x00, 0xFF, 0x7F, 0x80 };
    int n = g_rand_int_range(random, 1, 4);

    for (int i = 0; i < n; i++) {
        size_t at = (size_t)g_rand_int_range(random, 0, (gint32)size);
        data[at] = g_rand_boolean(random) ? VALUES[g_rand_int_range(random, 0, 4)]
                                          : (uint8_t)g_rand_int(random);
    }
}

/* What tells whether the next frame has come finds the last one where wiretap does. */
static void
expect_whole_frames(const struct compared_records *whole, const char *contents, size_t size)
{
    struct whole_frames frames = { 0 };

    whole_frames_take(&frames, (const uint8_t *)contents, size);
    if (frames.format == WHOLE_FRAMES_UNKNOWN || whole->has_failed)
        return;
    g_assert_cmpint(frames.any ? (int64_t)frames.last_at : -1, ==, whole->last_at);
}

static void
test_capture(const void *data)
{
    const char *capture = data;
    struct compared_records whole = compared_records_read(capture);
    char *contents;
    gsize size;

    g_assert_true(whole.was_opened);
    g_assert_true(g_file_get_contents(capture, &contents, &size, NULL));
    expect_whole_frames(&whole, contents, size);
    size = MIN(size, DAMAGED_BYTES);
    GRand *random = g_rand_new_with_seed(1);
    for (int i = 0; i < DAMAGED_COPIES; i++) {
        g_autofree uint8_t *copy = g_memdup2(contents, size);
        damage(copy, size, random);
        compared_records_read_bytes(path, copy, size);
    }
    g_rand_free(random);
    g_free(contents);
}

/* Compressed in each way, the capture has the same frames. */
static void
test_compressed(const void *data)
{
    static const char *const COMMANDS[] = { "gzip -c", "zstd -q -c", "lz4 -q -c" };
    uint64_t records = compared_records_read(data).records;
    unsigned tested = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++) {
        g_auto(GStrv) words = g_strsplit(COMMANDS[i], " ", 2);
        g_autofree char *program = g_find_program_in_path(words[0]);
        g_autofree char *input = g_shell_quote(data);
        g_autofree char *output = g_shell_quote(path);
        g_autofree char *line = g_strdup_printf("%s %s > %s", COMMANDS[i], input, output);
        g_autofree char *quoted = g_shell_quote(line);
        g_autofree char *command = g_strdup_printf("sh -c %s", quoted);
        int status;

        if (!program)
            continue;
        g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL));
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpuint(compared_records_read(path).records, ==, records);
        g_unlink(path);
        tested++;
    }
    g_assert_cmpuint(tested, >, 0);
}

int
main(int argc, char *argv[])
{
    WS_COMPAT_LOG_INIT("test_capture_records");
    wtap_init(FALSE);
    g_test_init(&argc, &argv, NULL);
    char *folder = g_dir_make_tmp("capture-records-XXXXXX", NULL);
    path = g_build_filename(folder, "capture", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(FORMS); i++) {
        g_autofree char *name = g_strconcat("/capture-records/form/", FORMS[i].name, NULL);
        g_test_add_data_func(name, &FORMS[i], test_form);
    }
    g_test_add_func("/capture-records/keys", test_keys);
    for (int i = 1; i < argc; i++) {
        g_autofree char *base = g_path_get_basename(argv[i]);
        g_autofree char *name = g_strconcat("/capture-records/capture/", base, NULL);
        g_test_add_data_func(name, argv[i], test_capture);
    }
    if (argc > 1)
        g_test_add_data_func("/capture-records/compressed", argv[1], test_compressed);
    int failed = g_test_run();
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    wtap_cleanup();
    return failed;
}
