/* fuzz_rop.c
 * Any bytes as the ROP buffers of a session: pieces of a byte for the kind, two for the length, and
 * the buffer. Bit 0 of the kind: a response; bit 1: of a new call. Each is walked twice, the second
 * time with what was kept; every byte has to be reported once, and the same the second time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "count_bytes.h"

#include "exchange/ext_payload.h"
#include "rop/rop_limits.h"
#include "rop/rop_walk.h"

enum { IS_RESPONSE = 1, IS_NEW = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct oa_walk_result
walk_buffer(struct oa_walk *walk, struct oa_rop_reader *reader, const uint8_t *data, size_t length)
{
    struct count count = { .length = length };

    oa_walk_reuse(walk, &COUNT_VISITOR, &count);
    oa_rop_reader_start(reader, walk);
    struct oa_walk_result result =
        oa_walk_run(walk, &OA_LAYOUT_ROP_BUFFER, OA_PLAIN, false, data, length, NULL);
    if (count.seen != length)
        abort();
    return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor input = oa_cursor_over(data, size);
    struct oa_rop_objects *objects = oa_rop_objects_new(NULL);
    struct oa_rop_call *call = oa_rop_call_new();
    struct oa_walk *walk = oa_walk_new(&COUNT_VISITOR, NULL);

    while (oa_cursor_left(&input) >= 3) {
        uint8_t kind = oa_cursor_u8(&input);
        size_t length = oa_cursor_u16(&input);
        length = MIN(length, oa_cursor_left(&input));
        const uint8_t *bytes = oa_cursor_bytes(&input, length);
        if (kind & IS_NEW) {
            oa_rop_call_free(call);
            call = oa_rop_call_new();
        }
        struct oa_rop_reader first = { .call = call,
                                       .objects = objects,
                                       .is_response = kind & IS_RESPONSE };
        struct oa_rop_reader later = { .call = call, .is_response = kind & IS_RESPONSE };
        bool is_first = call->rops[kind & IS_RESPONSE].count == 0;
        struct oa_walk_result found = walk_buffer(walk, &first, bytes, length);
        struct oa_walk_result again = walk_buffer(walk, &later, bytes, length);
        if (is_first && found.undecoded != again.undecoded)
            abort();
        if (oa_rop_objects_count(objects) > OA_LIMIT_ROP_OBJECTS)
            abort();
    }
    oa_walk_free(walk);
    oa_rop_call_free(call);
    oa_rop_objects_free(objects);
    return 0;
}
