/* rop_streams.c
 * The FastTransfer streams and states of synchronization in ROPs, over several buffers.
 * [MS-OXCFXICS] 2.2.3, 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_streams.h"

#include "rop/sync_values.h"

#define SERVER_BUSY 0x480

/* Whether the object of a ROP is one that such ROPs read from, or write to. */
static bool
has_stream(const struct oa_rop *rop)
{
    enum oa_rop_kind kind = rop->object ? rop->object->kind : OA_ROP_KIND_NONE;

    switch (rop->id) {
    case OA_ROP_FAST_TRANSFER_SOURCE_GET_BUFFER:
        return kind == OA_ROP_KIND_DOWNLOAD;
    case OA_ROP_FAST_TRANSFER_DESTINATION_PUT_BUFFER:
    case OA_ROP_FAST_TRANSFER_DESTINATION_PUT_BUFFER_EXTENDED:
        return kind == OA_ROP_KIND_UPLOAD;
    default:
        return kind == OA_ROP_KIND_DOWNLOAD || kind == OA_ROP_KIND_COLLECTOR;
    }
}

static struct oa_fx_state *
stream_of(struct oa_rop_object *object)
{
    if (!object->transfer)
        object->transfer = oa_fx_state_new();
    return object->transfer;
}

void
oa_rop_stream_resolve(const struct oa_rop_reader *reader, const struct oa_walk *walk,
                      const struct oa_rop *rop)
{
    if (!has_stream(rop))
        return;
    struct oa_fx_state *state = stream_of(rop->object);
    switch (rop->id) {
    case OA_ROP_SYNCHRONIZATION_UPLOAD_STATE_STREAM_BEGIN:
        oa_fx_expect_value(state, (uint32_t)oa_walk_value(walk, OA_F_ROP_TAG),
                           (uint32_t)oa_walk_value(walk, OA_F_SYNC_STATE_SIZE), reader->frame);
        break;
    case OA_ROP_SYNCHRONIZATION_UPLOAD_STATE_STREAM_END:
        oa_fx_restart(state);
        break;
    case OA_ROP_FAST_TRANSFER_SOURCE_GET_BUFFER:
        if (rop->object->awaited && rop->object->awaited != reader->frame)
            oa_fx_lose(state);
        rop->object->awaited = reader->frame;
        break;
    default:
        break;
    }
}

struct oa_rop_object *
oa_rop_stream_adopt(const struct oa_rop *rop)
{
    enum oa_rop_kind kind = rop->id == OA_ROP_FAST_TRANSFER_SOURCE_GET_BUFFER ? OA_ROP_KIND_DOWNLOAD
                                                                              : OA_ROP_KIND_UPLOAD;

    if (kind == OA_ROP_KIND_UPLOAD && rop->id != OA_ROP_FAST_TRANSFER_DESTINATION_PUT_BUFFER &&
        rop->id != OA_ROP_FAST_TRANSFER_DESTINATION_PUT_BUFFER_EXTENDED)
        return NULL;
    struct oa_rop_object *object = oa_rop_object_new(kind, NULL, 0);
    oa_fx_lose(stream_of(object));
    return object;
}

/* The size of the buffer; there is less of it if the ROPs end before it does. */
static uint64_t
announced_size(const struct oa_walk *walk)
{
    return MAX(oa_walk_value(walk, OA_F_TRANSFER_DATA_SIZE),
               oa_walk_value(walk, OA_F_SYNC_STATE_DATA_SIZE));
}

/* First walk only. False: the bytes are not part of a stream that can be followed. */
static bool
read_stream(struct oa_rop_reader *reader, struct oa_walk *walk, void *node, const uint8_t *bytes,
            size_t length)
{
    struct oa_rop *rop = reader->rop;
    bool is_state = rop->id == OA_ROP_SYNCHRONIZATION_UPLOAD_STATE_STREAM_CONTINUE;

    if (has_stream(rop)) {
        struct oa_fx_state *state = stream_of(rop->object);
        if (is_state && !oa_fx_expects_value(state))
            return false;
        rop->transfer = oa_fx_part_new(state);
        oa_fx_read(state, rop->transfer, walk, node, reader->frame);
        if (announced_size(walk) > length)
            oa_fx_lose(state);
        return true;
    }
    /* After a logon that was seen, so are the objects that are opened. Data for others, which the
     * server refuses, is a stream of its own. */
    if (is_state || !rop->logon || !oa_fx_is_stream(bytes, length))
        return false;
    struct oa_fx_state *state = oa_fx_state_new();
    rop->transfer = oa_fx_part_new(state);
    oa_fx_read(state, rop->transfer, walk, node, reader->frame);
    oa_fx_state_free(state);
    return true;
}

/* A state whose announcement was not seen, or data of no stream. */
static void
read_loose_data(const struct oa_rop *rop, struct oa_walk *walk, void *node, size_t length)
{
    if (rop->id == OA_ROP_SYNCHRONIZATION_UPLOAD_STATE_STREAM_CONTINUE &&
        length > OA_REPLICA_GUID_SIZE)
        oa_walk_layout(walk, node, &OA_LAYOUT_IDSETS);
    else
        oa_walk_bytes(walk, node, rop->logon ? OA_F_TRANSFER_STRAY : OA_F_TRANSFER_UNREAD, length);
}

void
oa_rop_transfer_data(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    struct oa_rop_reader *reader = oa_walk_context(walk);
    struct oa_rop *rop = reader->rop;

    bool is_read = rop->transfer != NULL;

    if (reader->objects) {
        oa_fx_part_free(rop->transfer);
        rop->transfer = NULL;
        is_read = read_stream(reader, walk, node, bytes, length);
    } else if (is_read) {
        oa_fx_read_again(rop->transfer, walk, node);
    }
    if (!is_read)
        read_loose_data(rop, walk, node, length);
}

void
oa_rop_stream_refused(const struct oa_rop *response, const struct oa_rop *request)
{
    if (response->return_value == SERVER_BUSY && request->transfer && has_stream(response))
        oa_fx_take_back(stream_of(response->object), request->transfer);
}
