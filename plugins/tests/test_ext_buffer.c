/* test_ext_buffer.c
 * Extended buffers: payloads opened as the documents' examples and real captures have them, every
 * error with its place, every prefix, and the limits. [MS-OXCRPC] 2.2.2.1, [MS-XCA] 2.4, 3.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/ext_buffer.h"

#include <string.h>

#include "vectors.h"

/* Opens a whole buffer: the payloads joined, how many there were, the first error and its place. */
struct opened {
    GByteArray *bytes;
    GArray *lengths; /* of size_t */
    enum oa_ext_error error;
    size_t error_offset;
    size_t left;
};

static struct opened
open_buffer(const uint8_t *data, size_t length)
{
    struct opened opened = { g_byte_array_new(), g_array_new(FALSE, FALSE, sizeof(size_t)),
                             OA_EXT_OK, 0, 0 };
    GByteArray *scratch = g_byte_array_new();
    struct oa_ext_reader reader;
    struct oa_ext_payload payload;

    oa_ext_reader_start(&reader, data, length, scratch);
    while (oa_ext_next(&reader, &payload)) {
        g_assert_cmpuint(payload.offset, <=, length);
        g_assert_cmpuint(payload.error_offset, <=, length);
        g_assert_cmpuint(scratch->len, <=, 2 * UINT16_MAX);
        if (payload.length > 0)
            g_byte_array_append(opened.bytes, payload.data, (guint)payload.length);
        g_array_append_val(opened.lengths, payload.length);
        if (opened.error == OA_EXT_OK) {
            opened.error = payload.error;
            opened.error_offset = payload.error_offset;
        }
    }
    g_assert_false(oa_ext_next(&reader, &payload));
    opened.left = oa_cursor_left(&reader.cursor);
    g_byte_array_unref(scratch);
    return opened;
}

static void
free_opened(struct opened opened)
{
    g_byte_array_unref(opened.bytes);
    g_array_unref(opened.lengths);
}

static void
check_vector(char **row, const char *buffer, const char *joined)
{
    char **payloads = g_strsplit(joined, "+", -1);
    size_t length;
    size_t at = 0;
    uint8_t *data = vectors_bytes(buffer, &length);
    struct opened opened = open_buffer(data, length);

    g_test_message("%s", row[0]);
    g_assert_cmpint(opened.error, ==, OA_EXT_OK);
    g_assert_cmpuint(opened.error_offset, ==, 0);
    g_assert_cmpuint(opened.left, ==, 0);
    g_assert_cmpuint(opened.lengths->len, ==, MAX(g_strv_length(payloads), 1));
    for (unsigned i = 0; payloads[i]; i++) {
        size_t wanted_length;
        uint8_t *wanted = vectors_bytes(payloads[i], &wanted_length);
        size_t got = g_array_index(opened.lengths, size_t, i);

        g_assert_cmpmem(opened.bytes->data + at, got, wanted, wanted_length);
        at += got;
        g_free(wanted);
    }
    g_assert_cmpuint(at, ==, opened.bytes->len);
    /* A part of a buffer is never without an error, and never opens to anything else. */
    for (size_t cut = 1; cut < length; cut++) {
        uint8_t *part = g_memdup2(data, cut);
        struct opened some = open_buffer(part, cut);

        g_assert_cmpuint(some.error, !=, OA_EXT_OK);
        g_assert_cmpuint(some.bytes->len, <=, opened.bytes->len);
        if (some.bytes->len > 0)
            g_assert_cmpint(memcmp(some.bytes->data, opened.bytes->data, some.bytes->len), ==, 0);
        free_opened(some);
        g_free(part);
    }
    free_opened(opened);
    g_free(data);
    g_strfreev(payloads);
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("ext_buffer.tsv");
    unsigned buffer = vectors_column(rows, "buffer");
    unsigned opened = vectors_column(rows, "opened");

    g_assert_cmpuint(rows->len, >, 1);
    for (unsigned i = 1; i < rows->len; i++) {
        char **row = rows->pdata[i];

        check_vector(row, row[buffer], row[opened]);
    }
    g_ptr_array_unref(rows);
}

/* Buffers with something wrong, what is found, where, and what could be opened all the same. */
static const struct {
    const char *name;
    const char *buffer;
    enum oa_ext_error error;
    size_t error_offset;
    const char *opened;
    unsigned n_payloads;
    size_t left;
} WRONG[] = {
    { "header cut", "00000400010001", OA_EXT_SHORT_HEADER, 0, "", 1, 7 },
    { "no flag Last, nothing behind",
      "0000000001000100"
      "61",
      OA_EXT_SHORT_HEADER, 9, "61", 2, 0 },
    { "other version",
      "0100040001000100"
      "61",
      OA_EXT_BAD_VERSION, 0, "", 1, 1 },
    { "stored payload cut",
      "0000040004000400"
      "6162",
      OA_EXT_SHORT_PAYLOAD, 10, "6162", 1, 0 },
    { "obfuscated payload cut",
      "0000060004000400"
      "c4c7",
      OA_EXT_SHORT_PAYLOAD, 10, "6162", 1, 0 },
    { "compressed payload cut",
      "000005000d002c01"
      "ffffff1f616263",
      OA_EXT_SHORT_PAYLOAD, 15, "616263", 1, 0 },
    { "stored, sizes differ",
      "0000040002000300"
      "6162",
      OA_EXT_SIZE_MISMATCH, 0, "6162", 1, 0 },
    { "decompresses to less",
      "0000050006000300"
      "ffffff3f6162",
      OA_EXT_SIZE_MISMATCH, 14, "6162", 1, 0 },
    { "decompresses to more literals",
      "0000050006000100"
      "ffffff3f6162",
      OA_EXT_SIZE_MISMATCH, 13, "61", 1, 0 },
    { "match reaches beyond SizeActual",
      "000005000d000800"
      "ffffff1f61626317000fff2601",
      OA_EXT_SIZE_MISMATCH, 15, "6162636162636162", 1, 0 },
    { "flags cut",
      "0000050003000100"
      "ffffff",
      OA_EXT_BAD_COMPRESSION, 8, "", 1, 0 },
    { "match before any literal",
      "0000050006000300"
      "ffffffff0000",
      OA_EXT_BAD_COMPRESSION, 12, "", 1, 0 },
    { "match from before the start",
      "0000050007000400"
      "ffffff7f610800",
      OA_EXT_BAD_COMPRESSION, 13, "61", 1, 0 },
    { "match cut",
      "0000050006000400"
      "ffffff7f6100",
      OA_EXT_BAD_COMPRESSION, 13, "61", 1, 0 },
    { "length cut",
      "000005000a00ff00"
      "ffffff7f6107000fff01",
      OA_EXT_BAD_COMPRESSION, 13, "61", 1, 0 },
    { "length of 16 bits too small for them",
      "000005000b00ff00"
      "ffffff7f6107000fff1500",
      OA_EXT_BAD_COMPRESSION, 13, "61", 1, 0 },
    { "length of 32 bits, as far as there is room",
      "000005000f000500"
      "ffffff7f6107000fff0000ffffffff",
      OA_EXT_SIZE_MISMATCH, 13, "6161616161", 1, 0 },
    { "damage in the first payload, the second is read",
      "0000010006000300"
      "ffffffff0000"
      "0000040001000100"
      "62",
      OA_EXT_BAD_COMPRESSION, 12, "62", 2, 0 },
    { "bytes behind the last payload",
      "0000040001000100"
      "6162",
      OA_EXT_OK, 0, "61", 1, 1 },
    { "nothing", "", OA_EXT_OK, 0, "", 0, 0 },
};

static void
test_wrong(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
        size_t length;
        size_t wanted_length;
        uint8_t *data = vectors_bytes(WRONG[i].buffer, &length);
        uint8_t *wanted = vectors_bytes(WRONG[i].opened, &wanted_length);
        struct opened opened = open_buffer(data, length);

        g_test_message("%s", WRONG[i].name);
        g_assert_cmpint(opened.error, ==, WRONG[i].error);
        g_assert_cmpuint(opened.error_offset, ==, WRONG[i].error_offset);
        g_assert_cmpmem(opened.bytes->data, opened.bytes->len, wanted, wanted_length);
        g_assert_cmpuint(opened.lengths->len, ==, WRONG[i].n_payloads);
        g_assert_cmpuint(opened.left, ==, WRONG[i].left);
        free_opened(opened);
        g_free(wanted);
        g_free(data);
    }
}

/* The facts of each header of a chain, and where its bytes are. */
static void
test_headers(void)
{
    static const char BUFFER[] = "0000000003000300"
                                 "616263"
                                 "0000060002000200"
                                 "c4c7";
    GByteArray *scratch = g_byte_array_new();
    size_t length;
    uint8_t *data = vectors_bytes(BUFFER, &length);
    struct oa_ext_reader reader;
    struct oa_ext_payload payload;

    oa_ext_reader_start(&reader, data, length, scratch);
    g_assert_true(oa_ext_next(&reader, &payload));
    g_assert_cmpuint(payload.offset, ==, 0);
    g_assert_cmpuint(payload.flags, ==, 0);
    g_assert_cmpuint(payload.size, ==, 3);
    g_assert_cmpuint(payload.size_actual, ==, 3);
    g_assert_true(payload.is_stored);
    g_assert_true(payload.data == data + OA_EXT_HEADER_SIZE);
    g_assert_cmpuint(oa_cursor_left(&reader.cursor), ==, 10);
    g_assert_true(oa_ext_next(&reader, &payload));
    g_assert_cmpuint(payload.offset, ==, 11);
    g_assert_cmpuint(payload.flags, ==, OA_EXT_XOR_MAGIC | OA_EXT_LAST);
    g_assert_false(payload.is_stored);
    g_assert_true(payload.data == scratch->data);
    g_assert_cmpmem(payload.data, payload.length, "ab", 2);
    g_assert_false(oa_ext_next(&reader, &payload));
    g_byte_array_unref(scratch);
    g_free(data);
}

/* A chain that never ends, each payload a few bytes that open to all that 16 bits can announce. */
static void
test_bomb(void)
{
    static const char PAYLOAD[] = "000001000f00ffff"
                                  "ffffff7f6107000fff0000fbff0000"; /* 1 + 0xfffb + 3 */
    size_t length;
    uint8_t *data = vectors_bytes(PAYLOAD, &length);
    GByteArray *chain = g_byte_array_new();

    for (unsigned i = 0; i < 2 * OA_EXT_PAYLOADS_MAX; i++)
        g_byte_array_append(chain, data, (guint)length);
    struct opened opened = open_buffer(chain->data, chain->len);
    g_assert_cmpuint(opened.error, ==, OA_EXT_TOO_MANY_PAYLOADS);
    g_assert_cmpuint(opened.error_offset, ==, OA_EXT_PAYLOADS_MAX * length);
    g_assert_cmpuint(opened.lengths->len, ==, OA_EXT_PAYLOADS_MAX + 1);
    g_assert_cmpuint(opened.bytes->len, ==, OA_EXT_PAYLOADS_MAX * UINT16_MAX);
    g_assert_cmpuint(opened.left, ==, OA_EXT_PAYLOADS_MAX * length);
    free_opened(opened);
    g_byte_array_unref(chain);
    g_free(data);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ext-buffer/vectors", test_vectors);
    g_test_add_func("/ext-buffer/wrong", test_wrong);
    g_test_add_func("/ext-buffer/headers", test_headers);
    g_test_add_func("/ext-buffer/bomb", test_bomb);
    return g_test_run();
}
