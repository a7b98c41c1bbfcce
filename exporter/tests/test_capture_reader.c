/* test_capture_reader.c
 * Little capture files made by hand: their frames in time order, and a clear message for what is
 * none. [Wireshark wiretap/wtap.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_reader.h"

#include <wireshark.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <glib/gstdio.h>
#include <wiretap/wtap.h>
#include <wsutil/wslog.h>

#define FRAME_BYTES 20

static const struct capture_order IN_ORDER = { .window_ns = 1000000000 };

static char *folder;

static void
append_u32(GByteArray *bytes, uint32_t value)
{
    uint32_t little = GUINT32_TO_LE(value);

    g_byte_array_append(bytes, (const guint8 *)&little, sizeof little);
}

static GByteArray *
pcap_begin(void)
{
    GByteArray *bytes = g_byte_array_new();

    append_u32(bytes, 0xa1b2c3d4);
    append_u32(bytes, 4 << 16 | 2);
    append_u32(bytes, 0);
    append_u32(bytes, 0);
    append_u32(bytes, 65535);
    append_u32(bytes, 1);
    return bytes;
}

/* A frame of 20 bytes, 30 on the wire, all of them its letter. */
static void
pcap_frame(GByteArray *bytes, uint32_t seconds, char letter)
{
    uint8_t frame[FRAME_BYTES];

    append_u32(bytes, seconds);
    append_u32(bytes, 500000);
    append_u32(bytes, FRAME_BYTES);
    append_u32(bytes, 30);
    memset(frame, letter, sizeof frame);
    g_byte_array_append(bytes, frame, sizeof frame);
}

/* "a1 b5" is a file with frame a in second 1 and frame b in second 5. */
static GByteArray *
pcap_of(const char *frames)
{
    GByteArray *bytes = pcap_begin();
    g_auto(GStrv) words = g_strsplit(frames, " ", -1);

    for (char **word = words; *word && **word; word++)
        pcap_frame(bytes, (uint32_t)g_ascii_strtoull(*word + 1, NULL, 10), **word);
    return bytes;
}

static char *
path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* Takes the bytes. */
static char *
write_file(const char *name, GByteArray *bytes)
{
    char *path = path_of(name);

    g_assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, NULL));
    g_byte_array_unref(bytes);
    return path;
}

static GByteArray *
gzip_of(GByteArray *plain)
{
    g_autofree char *path = path_of("making.gz");
    gzFile file = gzopen(path, "wb");
    char *contents;
    gsize length;

    g_assert_cmpint(gzwrite(file, plain->data, plain->len), ==, (int)plain->len);
    g_assert_cmpint(gzclose(file), ==, Z_OK);
    g_byte_array_unref(plain);
    g_assert_true(g_file_get_contents(path, &contents, &length, NULL));
    g_unlink(path);
    return g_byte_array_new_take((guint8 *)contents, length);
}

/* Reads all: the letters of the frames in order, "!" for CAPTURE_CUT, "?" for CAPTURE_UNREADABLE;
 * the last message. */
static char *
read_all(struct capture_reader *reader, char **last_message)
{
    GString *letters = g_string_new(NULL);
    struct capture_frame frame;
    enum capture_status status;
    uint64_t frames = 0, numbers = 0;
    char *message;

    *last_message = NULL;
    while ((status = capture_reader_next(reader, &frame, &message)) != CAPTURE_END) {
        if (status != CAPTURE_OK) {
            g_assert_nonnull(message);
            g_free(*last_message);
            *last_message = message;
            g_string_append_c(letters, status == CAPTURE_CUT ? '!' : '?');
            continue;
        }
        g_assert_null(message);
        frames++;
        numbers += frame.number;
        g_assert_cmpint(frame.encap, ==, WTAP_ENCAP_ETHERNET);
        g_assert_cmpuint(frame.captured, ==, FRAME_BYTES);
        g_assert_cmpuint(frame.on_wire, ==, 30);
        g_assert_cmpint(frame.time_ns % 1000000000, ==, 500000000);
        g_assert_cmpint(frame.data[0], ==, frame.data[FRAME_BYTES - 1]);
        g_string_append_c(letters, (char)frame.data[0]);
    }
    g_assert_cmpuint(numbers, ==, frames * (frames + 1) / 2); /* each from 1 on */
    return g_string_free(letters, FALSE);
}

struct merge_row {
    const char *name;
    const char *files[4];
    const char *letters;
};

static const struct merge_row MERGE_ROWS[] = {
    { "one", { "a1 b2 c3" }, "abc" },
    { "no-frames", { "" }, "" },
    { "one-after-the-other", { "d4 e5", "a1 b2 c3" }, "abcde" },
    { "overlapping", { "a1 d4 g7", "b2 e5 h8", "c3 f6 i9" }, "abcdefghi" },
    { "inside", { "a1 z9", "b2 c3", "d4 e5" }, "abcdez" },
    { "equal-times-by-file", { "a1 b2", "c1 d2", "e1 f2" }, "acebdf" },
    { "clock-back-in-a-file", { "a1 b9 c2", "d3 e8" }, "adebc" },
    { "with-an-empty-one", { "a1 c3", "", "b2" }, "abc" },
};

static void
test_merge(gconstpointer data)
{
    const struct merge_row *row = (const struct merge_row *)data;
    char *paths[G_N_ELEMENTS(row->files)];
    size_t n = 0;
    char *message = NULL;
    uint64_t done, total, size = 0;

    for (; n < G_N_ELEMENTS(row->files) && row->files[n]; n++) {
        g_autofree char *name = g_strdup_printf("%zu.pcap", n);
        GByteArray *bytes = pcap_of(row->files[n]);

        size += bytes->len;
        paths[n] = write_file(name, bytes);
    }
    struct capture_reader *reader = capture_reader_open(paths, n, &IN_ORDER, &message);
    g_assert_cmpstr(message, ==, NULL);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, row->letters);
    g_assert_null(message);
    capture_reader_progress(reader, &done, &total);
    g_assert_cmpuint(done, ==, size);
    g_assert_cmpuint(total, ==, size);
    capture_reader_close(reader);
    while (n > 0)
        g_free(paths[--n]);
}

/* Read ahead for two seconds; the log ends with the frames reordered and the steps back of each
 * file. */
static const struct merge_row ORDER_ROWS[] = {
    { "in-order", { "a1 b2 c3" }, "abc 0/0" },
    { "late", { "b2 a1 c3" }, "abc 1/0" },
    { "late-by-the-window", { "c3 a1 d4 b2" }, "abcd 2/0" },
    { "equal-times", { "b2 a1 c2 d2" }, "abcd 1/0" },
    { "beyond-the-window", { "a9 b1 c2" }, "abc 0/1" },
    { "step-back-keeps-what-is-before", { "a10 c12 b11 d2 f4 e3" }, "abcdef 2/1" },
    { "step-forward", { "a1 c50 b49" }, "abc 1/0" },
    { "one-frame-of-another-time", { "a10 b11 c2 d12" }, "abcd 0/1" },
    { "two-files", { "c3 a1 e5", "d4 b2" }, "abcde 1/0 1/0" },
    { "one-file-in-order", { "c3 a1 e5", "b2 d4" }, "abcde 0/0 1/0" },
    { "no-frames", { "" }, " 0/0" },
};

static void
test_order(gconstpointer data)
{
    static const struct capture_order AHEAD = { .window_ns = 2000000000, .reads_ahead = true };
    const struct merge_row *row = (const struct merge_row *)data;
    const struct capture_disorder *disorder;
    char *paths[G_N_ELEMENTS(row->files)], *message = NULL;
    g_autoptr(GString) log = g_string_new(NULL);
    size_t n = 0;

    for (; n < G_N_ELEMENTS(row->files) && row->files[n]; n++) {
        g_autofree char *name = g_strdup_printf("%zu.pcap", n);
        paths[n] = write_file(name, pcap_of(row->files[n]));
    }
    struct capture_reader *reader = capture_reader_open(paths, n, &AHEAD, &message);
    g_autofree char *letters = read_all(reader, &message);
    g_string_append(log, letters);
    for (size_t i = 0; (disorder = capture_reader_disorder(reader, i)); i++)
        g_string_append_printf(log, " %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                               disorder->reordered.frames, disorder->steps.frames);
    g_assert_cmpuint(n, >, 0);
    g_assert_cmpstr(log->str, ==, row->letters);
    capture_reader_close(reader);
    while (n > 0)
        g_free(paths[--n]);
}

struct number_row {
    const char *name;
    const char *files[2];
    const char *numbers; /* of the frames in order of time */
};

static const struct number_row NUMBER_ROWS[] = {
    { "one-file", { "c3 a1 d4 b2" }, "2413" },
    { "two-files", { "c3 a1", "d4 b2" }, "1234" },
};

/* Frames put in order have the numbers of their file; of several files those of the order. */
static void
test_numbers(gconstpointer data)
{
    static const struct capture_order AHEAD = { .window_ns = 2000000000, .reads_ahead = true };
    const struct number_row *row = (const struct number_row *)data;
    char *paths[G_N_ELEMENTS(row->files)] = { NULL }, *message = NULL;
    g_autoptr(GString) numbers = g_string_new(NULL);
    struct capture_frame frame;
    size_t n = 0;

    for (; n < G_N_ELEMENTS(row->files) && row->files[n]; n++)
        paths[n] = write_file(n ? "1.pcap" : "0.pcap", pcap_of(row->files[n]));
    struct capture_reader *reader = capture_reader_open(paths, n, &AHEAD, &message);
    for (char letter = 'a'; capture_reader_next(reader, &frame, &message) == CAPTURE_OK; letter++) {
        g_assert_cmpint(frame.data[0], ==, letter);
        g_string_append_printf(numbers, "%" G_GUINT64_FORMAT, frame.number);
    }
    g_assert_cmpstr(numbers->str, ==, row->numbers);
    capture_reader_close(reader);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        g_free(paths[i]);
}

/* Without reading ahead, the first frame that is late ends it; a step back, or no window, does
 * not. */
static void
test_disordered(void)
{
    static const struct capture_order WINDOW = { .window_ns = 2000000000 }, NONE = { 0 };
    g_autofree char *path = write_file("late.pcap", pcap_of("b2 c3 a1"));
    char *message = NULL;
    struct capture_frame frame;
    struct capture_reader *reader = capture_reader_open(&path, 1, &WINDOW, &message);

    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_OK);
    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_OK);
    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_DISORDERED);
    capture_reader_close(reader);

    reader = capture_reader_open(&path, 1, &NONE, &message);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, "bca");
    g_assert_cmpuint(capture_reader_disorder(reader, 0)->steps.frames, ==, 1);
    capture_reader_close(reader);
}

/* Times are nanoseconds since the epoch. */
static void
test_time(void)
{
    g_autofree char *path = write_file("time.pcap", pcap_of("a1700000000"));
    char *message = NULL;
    struct capture_frame frame;
    struct capture_reader *reader = capture_reader_open(&path, 1, &IN_ORDER, &message);

    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_OK);
    g_assert_cmpint(frame.time_ns, ==, G_GINT64_CONSTANT(1700000000500000000));
    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_END);
    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_END);
    capture_reader_close(reader);
}

/* More files than a process may have open: those not due are closed. */
static void
test_ring(void)
{
    enum { FILES = 200 };
    struct rlimit usual, few;
    g_auto(GStrv) paths = g_new0(char *, FILES + 1);
    char *message = NULL;

    for (uint32_t i = 0; i < FILES; i++) {
        g_autofree char *name = g_strdup_printf("ring-%u.pcap", i);
        GByteArray *bytes = pcap_begin();

        pcap_frame(bytes, 1000 + i, 'r');
        paths[i] = write_file(name, bytes);
    }
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &usual), ==, 0);
    few = usual;
    few.rlim_cur = 64;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
    struct capture_reader *reader = capture_reader_open(paths, FILES, &IN_ORDER, &message);
    g_assert_cmpstr(message, ==, NULL);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpuint(strlen(letters), ==, FILES);
    g_assert_null(message);
    capture_reader_close(reader);
    setrlimit(RLIMIT_NOFILE, &usual);
    for (int i = 0; i < FILES; i++)
        g_unlink(paths[i]);
}

/*
 * Every prefix of a file from `first` bytes on, plain or compressed: the whole frames, then
 * CAPTURE_CUT; never silence where bytes are missing. `frame_length` is 0 when whole frames cannot
 * be told from the length.
 */
static void
check_prefixes(GByteArray *whole, size_t first, size_t first_frames, size_t frame_length)
{
    for (guint n = (guint)first; n < whole->len; n++) {
        GByteArray *part = g_byte_array_new();
        char *message = NULL;

        g_byte_array_append(part, whole->data, n);
        g_autofree char *path = write_file("cut", part);
        struct capture_reader *reader = capture_reader_open(&path, 1, &IN_ORDER, &message);
        if (!reader) {
            /* Only what is compressed may be cut before the file header came out. */
            g_assert_cmpuint(frame_length, ==, 0);
            g_assert_true(g_str_has_prefix(message, path));
            g_free(message);
            continue;
        }
        g_autofree char *letters = read_all(reader, &message);
        if (frame_length > 0 && (n - first) % frame_length == 0) {
            g_assert_cmpuint(strlen(letters), ==, first_frames + (n - first) / frame_length);
            g_assert_null(message);
        } else {
            g_assert_true(g_str_has_suffix(letters, "!"));
            g_assert_true(g_str_has_suffix(message, ": the file ends in the middle of a packet"));
        }
        g_free(message);
        capture_reader_close(reader);
    }
    g_byte_array_unref(whole);
}

static void
test_cut(void)
{
    size_t frame = 16 + FRAME_BYTES;

    /* From the first three records wiretap guesses which variant of the format it is, and cut ones
     * mislead it. */
    check_prefixes(pcap_of("a1 b2 c3 d4 e5 f6"), 24 + 3 * frame, 3, frame);
}

static void
test_cut_gzip(void)
{
    check_prefixes(gzip_of(pcap_of("a1 b2 c3 d4 e5 f6")), 4, 0, 0);
}

/* One file is cut, the others go on. */
static void
test_cut_among_others(void)
{
    GByteArray *cut = pcap_of("b2 e5");
    char *message = NULL;

    g_byte_array_set_size(cut, cut->len - 1);
    char *paths[] = { write_file("a.pcap", pcap_of("a1 d4 f6")), write_file("b.pcap", cut),
                      write_file("c.pcap", pcap_of("c3 g7")) };
    struct capture_reader *reader =
        capture_reader_open(paths, G_N_ELEMENTS(paths), &IN_ORDER, &message);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, "ab!cdfg");
    g_assert_true(g_str_has_prefix(message, paths[1]));
    g_free(message);
    capture_reader_close(reader);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        g_free(paths[i]);
}

/* A record that says it is longer than any may be. */
static void
test_damaged(void)
{
    GByteArray *bytes = pcap_of("a1 b2 c3 d4");
    char *message = NULL;

    memset(bytes->data + 24 + 3 * (16 + FRAME_BYTES) + 8, 0x7f, 4);
    g_autofree char *path = write_file("damaged.pcap", bytes);
    struct capture_reader *reader = capture_reader_open(&path, 1, &IN_ORDER, &message);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, "abc!");
    g_assert_nonnull(strstr(message, "damaged"));
    g_assert_null(strchr(message, '\n'));
    g_free(message);
    capture_reader_close(reader);
}

static void
test_gzip(void)
{
    g_autofree char *path = write_file("whole.pcap.gz", gzip_of(pcap_of("a1 b2 c3")));
    char *message = NULL;
    struct capture_reader *reader = capture_reader_open(&path, 1, &IN_ORDER, &message);
    g_autofree char *letters = read_all(reader, &message);

    g_assert_cmpstr(letters, ==, "abc");
    g_assert_null(message);
    capture_reader_close(reader);
}

/* A file that vanishes or changes between opening and its turn is reported, and the others go on.
 */
static void
test_vanished(void)
{
    char *paths[] = { write_file("a.pcap", pcap_of("a1 c9")), write_file("b.pcap", pcap_of("b5")) };
    char *message = NULL;
    struct capture_reader *reader =
        capture_reader_open(paths, G_N_ELEMENTS(paths), &IN_ORDER, &message);

    g_unlink(paths[1]);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, "a?c");
    g_assert_true(g_str_has_suffix(message, ": No such file or directory"));
    g_free(message);
    capture_reader_close(reader);
    g_free(paths[0]);
    g_free(paths[1]);
}

/* Frames without a time stamp, which pcapng's simple packets are, have the time of the frame
 * before. */
static void
test_no_time(void)
{
    static const uint32_t BLOCKS[] = {
        0x0a0d0d0a, 28, 0x1a2b3c4d, 1,          0xffffffff, 0xffffffff, 28, /* section header */
        1,          20, 1,          65535,      20, /* interface: Ethernet */
        6,          36, 0,          0,          5000000,    4,          4,
        0x61616161, 36,                             /* enhanced packet at 5 s */
        3,          20, 4,          0x62626262, 20, /* simple packet */
    };
    GByteArray *bytes = g_byte_array_new();
    char *message = NULL;
    struct capture_frame frame;

    for (size_t i = 0; i < G_N_ELEMENTS(BLOCKS); i++)
        append_u32(bytes, BLOCKS[i]);
    g_autofree char *path = write_file("simple.pcapng", bytes);
    struct capture_reader *reader = capture_reader_open(&path, 1, &IN_ORDER, &message);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_OK);
        g_assert_cmpint(frame.data[0], ==, 'a' + i);
        g_assert_cmpint(frame.time_ns, ==, G_GINT64_CONSTANT(5000000000));
    }
    g_assert_cmpint(capture_reader_next(reader, &frame, &message), ==, CAPTURE_END);
    capture_reader_close(reader);
}

struct refused_row {
    const char *name;
    const char *contents; /* NULL: the file is not made */
    const char *message;  /* behind its path */
};

static const struct refused_row REFUSED_ROWS[] = {
    { "missing", NULL, ": No such file or directory" },
    { "empty", "", ": the file is empty" },
    { "text", "hello\n", ": not a capture file of a known format" },
    { "json", "{\"hello\": 1}\n", ": not a capture file of a known format" },
    { "xml", "<?xml version=\"1.0\"?>\n<a/>\n", ": not a capture file of a known format" },
    { "lines", "time,host\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n",
      ": not a capture file of a known format" },
    { "header-cut", "\xd4\xc3\xb2\xa1\x02\x01\x04\x01",
      ": the file ends in the middle of its header" },
};

/* The second of two files, so that the first is to be released. */
static void
test_refused(gconstpointer data)
{
    const struct refused_row *row = (const struct refused_row *)data;
    char *paths[] = { write_file("good.pcap", pcap_of("a1")), path_of(row->name) };
    g_autofree char *expected = g_strconcat(paths[1], row->message, NULL);
    char *message = NULL;

    if (row->contents)
        g_assert_true(g_file_set_contents(paths[1], row->contents, -1, NULL));
    g_assert_null(capture_reader_open(paths, G_N_ELEMENTS(paths), &IN_ORDER, &message));
    g_assert_cmpstr(message, ==, expected);
    g_free(message);
    g_free(paths[0]);
    g_free(paths[1]);
}

static void
test_directory(void)
{
    g_autofree char *expected = g_strconcat(folder, ": is a directory", NULL);
    char *message = NULL;

    g_assert_null(capture_reader_open(&folder, 1, &IN_ORDER, &message));
    g_assert_cmpstr(message, ==, expected);
    g_free(message);
}

static void
test_standard_input(void)
{
    g_autofree char *path = write_file("input.pcap", pcap_of("a1 b2"));
    char *paths[] = { path, (char *)"-" };
    char *message = NULL;
    uint64_t done, total;

    g_assert_null(capture_reader_open(paths, 2, &IN_ORDER, &message));
    g_assert_cmpstr(message, ==, "standard input: cannot be combined with other captures");
    g_free(message);

    int kept = dup(STDIN_FILENO), file = open(path, O_RDONLY);
    g_assert_cmpint(dup2(file, STDIN_FILENO), ==, STDIN_FILENO);
    close(file);
    struct capture_reader *reader = capture_reader_open(&paths[1], 1, &IN_ORDER, &message);
    g_autofree char *letters = read_all(reader, &message);
    g_assert_cmpstr(letters, ==, "ab");
    capture_reader_progress(reader, &done, &total);
    capture_reader_close(reader);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
}

static void
remove_folder(void)
{
    GDir *entries = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(entries))) {
        g_autofree char *path = path_of(name);
        g_unlink(path);
    }
    g_dir_close(entries);
    g_rmdir(folder);
    g_free(folder);
}

int
main(int argc, char **argv)
{
    ws_log_set_level(LOG_LEVEL_WARNING);
    g_test_init(&argc, &argv, NULL);
    wtap_init(FALSE);
    folder = g_dir_make_tmp("capture-reader-XXXXXX", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ORDER_ROWS); i++) {
        g_autofree char *name = g_strdup_printf("/capture-reader/order/%s", ORDER_ROWS[i].name);
        g_test_add_data_func(name, &ORDER_ROWS[i], test_order);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(NUMBER_ROWS); i++) {
        g_autofree char *name = g_strdup_printf("/capture-reader/number/%s", NUMBER_ROWS[i].name);
        g_test_add_data_func(name, &NUMBER_ROWS[i], test_numbers);
    }
    g_test_add_func("/capture-reader/disordered", test_disordered);
    for (size_t i = 0; i < G_N_ELEMENTS(MERGE_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/capture-reader/merge/%s", MERGE_ROWS[i].name);
        g_test_add_data_func(path, &MERGE_ROWS[i], test_merge);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(REFUSED_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/capture-reader/refused/%s", REFUSED_ROWS[i].name);
        g_test_add_data_func(path, &REFUSED_ROWS[i], test_refused);
    }
    g_test_add_func("/capture-reader/time", test_time);
    g_test_add_func("/capture-reader/no-time", test_no_time);
    g_test_add_func("/capture-reader/ring", test_ring);
    g_test_add_func("/capture-reader/cut", test_cut);
    g_test_add_func("/capture-reader/cut-gzip", test_cut_gzip);
    g_test_add_func("/capture-reader/cut-among-others", test_cut_among_others);
    g_test_add_func("/capture-reader/damaged", test_damaged);
    g_test_add_func("/capture-reader/gzip", test_gzip);
    g_test_add_func("/capture-reader/vanished", test_vanished);
    g_test_add_func("/capture-reader/directory", test_directory);
    g_test_add_func("/capture-reader/standard-input", test_standard_input);
    int result = g_test_run();
    remove_folder();
    wtap_cleanup();
    return result;
}
