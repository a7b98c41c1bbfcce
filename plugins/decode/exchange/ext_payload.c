/* ext_payload.c
 * What extended buffers carry, as layouts: the ROP buffer's frame and the auxiliary blocks.
 * [MS-OXCRPC] 2.2.2.1, 3.1.4.2.1.1, [MS-OXCROPS] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/ext_payload.h"

#include "exchange/aux_blocks.h"
#include "exchange/ext_buffer.h"

/* clang-format off */

static const struct oa_slot HEADER[] = {
    OA_U16(EXT_VERSION),
    OA_U16(EXT_FLAGS),
    OA_U16(EXT_SIZE),
    OA_U16(EXT_SIZE_ACTUAL),
    OA_END,
};
static const struct oa_layout RPC_HEADER_EXT = { "RPC_HEADER_EXT", HEADER };

/* RopSize counts itself. */
static const struct oa_slot ROP_BUFFER[] = {
    OA_U16(ROP_SIZE),
    OA_BOUND(ROP_SIZE, -2),
    OA_OCTETS(ROPS),
    OA_REPEAT_REST(HANDLE_TABLE),
    OA_U32(HANDLE),
    OA_END,
};

/* clang-format on */

const struct oa_layout OA_LAYOUT_ROP_BUFFER = { "ROP buffer", ROP_BUFFER };

/* What one kind of buffer is called when it has been opened. */
struct kind {
    enum oa_field field;
    const struct oa_layout *layout;
    const char *decompressed;
    const char *deobfuscated;
};

static const struct kind ROPS = { OA_F_ROP_BUFFER, &OA_LAYOUT_ROP_BUFFER, "Decompressed ROP buffer",
                                  "Deobfuscated ROP buffer" };
static const struct kind AUX = { OA_F_AUX_BUFFER, &OA_LAYOUT_AUX_BUFFER,
                                 "Decompressed auxiliary buffer", "Deobfuscated auxiliary buffer" };

/* The bytes behind one header. */
static void
walk_payload(struct oa_walk *walk, void *node, const struct kind *kind,
             const struct oa_ext_payload *payload)
{
    if (payload->error != OA_EXT_OK)
        oa_walk_problem(walk, OA_WALK_UNKNOWN, OA_F_EXT_RAW);
    if (payload->is_stored) {
        oa_walk_bounded(walk, node, kind->field, kind->layout, payload->size);
        return;
    }
    oa_walk_bytes(walk, node, OA_F_EXT_RAW, MIN(payload->size, oa_walk_left(walk)));
    if (payload->length > 0)
        oa_walk_source(walk, node,
                       payload->flags & OA_EXT_COMPRESSED ? kind->decompressed : kind->deobfuscated,
                       kind->layout, payload->data, payload->length);
}

static void
walk_ext(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length,
         const struct kind *kind)
{
    GByteArray *scratch = oa_walk_scratch(walk);
    struct oa_ext_reader reader;
    struct oa_ext_payload payload;

    oa_ext_reader_start(&reader, bytes, length, scratch);
    for (int i = 0; !oa_walk_stopped(walk) && oa_ext_next(&reader, &payload); i++) {
        if (payload.error == OA_EXT_SHORT_HEADER || payload.error == OA_EXT_TOO_MANY_PAYLOADS) {
            oa_walk_problem(walk, OA_WALK_SHORT, OA_F_EXT_PAYLOAD);
            break;
        }
        void *inner = oa_walk_begin(walk, node, OA_F_EXT_PAYLOAD, i, RPC_HEADER_EXT.name);
        oa_walk_layout(walk, inner, &RPC_HEADER_EXT);
        if (payload.error == OA_EXT_BAD_VERSION || payload.error == OA_EXT_SHORT_PAYLOAD)
            oa_walk_problem(walk, OA_WALK_UNKNOWN, OA_F_EXT_PAYLOAD);
        else if (payload.size > 0)
            walk_payload(walk, inner, kind, &payload);
        oa_walk_end(walk, inner);
    }
}

void
oa_ext_rops(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    walk_ext(walk, node, bytes, length, &ROPS);
}

void
oa_ext_bare_rops(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    GByteArray *scratch = oa_walk_scratch(walk);

    g_byte_array_set_size(scratch, (guint)length);
    oa_ext_deobfuscate(bytes, length, scratch->data);
    oa_walk_bytes(walk, node, OA_F_EXT_RAW, length);
    oa_walk_source(walk, node, ROPS.deobfuscated, ROPS.layout, scratch->data, length);
}

void
oa_ext_aux(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    walk_ext(walk, node, bytes, length, &AUX);
}
