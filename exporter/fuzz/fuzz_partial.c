/* fuzz_partial.c
 * Any bytes as a partial result, with sums that are right: what it holds is read, and stays within
 * its bounds. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz_folder.h"

#include <gcrypt.h>
#include <string.h>

#include "packed_packet.h"
#include "partial_format.h"
#include "partial_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds)
        abort();
}

/* Gives all blocks the sums of what they hold. */
static void
put_right(uint8_t *bytes, size_t size)
{
    size_t end = size > PARTIAL_END ? size - PARTIAL_END : 0;

    for (size_t at = PARTIAL_MAGIC_LENGTH; at < end && end - at > PARTIAL_BLOCK_HEAD;) {
        struct oa_cursor head = oa_cursor_over(bytes + at, PARTIAL_BLOCK_HEAD);
        size_t length = oa_cursor_u32(&head);
        if (length > end - at - PARTIAL_BLOCK_HEAD)
            return;
        gcry_md_hash_buffer(GCRY_MD_CRC32, bytes + at + 4, bytes + at + PARTIAL_BLOCK_HEAD, length);
        at += PARTIAL_BLOCK_HEAD + length;
    }
}

/* All bytes of the segment are there. */
static void
touch(const struct segment *segment)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < segment->header_length; i++)
        sum += segment->header[i];
    for (uint32_t i = 0; i < segment->payload_length; i++)
        sum += segment->payload[i];
    require(sum <= UINT64_C(255) * ((uint64_t)segment->header_length + segment->payload_length));
    require(segment->header_length >= 20 && segment->header_length <= 60);
}

static void
take_keys(void *context, const char *text, size_t length)
{
    uint64_t sum = 0;

    (void)context;
    for (size_t i = 0; i < length; i++)
        sum += (uint8_t)text[i];
    require(sum <= UINT64_C(255) * length);
}

static void
read_capture(struct partial_set *set, size_t capture, size_t size)
{
    const struct capture_secrets_user user = { take_keys, NULL };
    struct partial_records *records = partial_records_open(set, capture);
    struct packets *packets = packets_new();
    struct capture_record record;
    enum read_result result;
    char *err_info;
    int err;
    size_t n = 0;

    while ((result = partial_records_next(records, &record, &err, &err_info)) == READ_RECORD) {
        struct segment segment;
        struct packet_frame frame = { record.encap, record.data, record.captured, record.on_wire,
                                      record.time_ns };

        require(++n <= size);
        partial_records_take_secrets(records, &user);
        if (!record.is_frame)
            continue;
        enum packet_kind kind = record.packed ? packed_packet_take(packets, record.data, &segment)
                                              : packet_decode(packets, &frame, &segment);
        if (kind == PACKET_TCP)
            touch(&segment);
    }
    partial_records_take_secrets(records, &user);
    require((result == READ_FAILED) == (err != 0));
    g_free(err_info);
    partial_records_headers(records);
    partial_records_close(records);
    packets_free(packets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!fuzz_folder) {
        gcry_check_version(NULL);
        fuzz_folder_begin("fuzz_partial");
    }
    g_autofree uint8_t *bytes = g_memdup2(data, size);
    g_autofree char *path = g_build_filename(fuzz_folder, "part" PARTIAL_SUFFIX, NULL);
    g_autofree char *message = NULL;
    char *paths[] = { path, NULL };
    size_t n = 0;

    put_right(bytes, size);
    if (!g_file_set_contents(path, (const char *)(bytes ? bytes : data), (gssize)size, NULL))
        abort();
    struct partial_set *set = partial_set_open(paths, 1, &message);
    require(!set == (message != NULL));
    if (set)
        partial_set_names(set, &n);
    for (size_t i = 0; i < n; i++)
        read_capture(set, i, size);
    partial_set_close(set);
    g_unlink(path);
    return 0;
}
