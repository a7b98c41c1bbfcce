/* held_bytes.c
 * Bytes of one direction of a connection that wait until it is known whether they are ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "held_bytes.h"

/* A loss is waited for that many segments or fewer, see tcp_stream.c; tiny ones must not take more
 * memory than the bytes. */
#define PARTS_MAX 256

struct held_part {
    guint end; /* of its bytes */
    struct oa_stamp stamp;
};

static struct held_part *
part_at(const struct held_bytes *held, guint i)
{
    return &g_array_index(held->parts, struct held_part, i);
}

void
held_bytes_add(struct held_bytes *held, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    if (!held->bytes) {
        held->bytes = g_byte_array_new();
        held->parts = g_array_new(FALSE, FALSE, sizeof(struct held_part));
    }
    g_byte_array_append(held->bytes, data, (guint)length);
    if (held->parts->len < PARTS_MAX)
        g_array_append_vals(held->parts, &(struct held_part){ .stamp = stamp }, 1);
    part_at(held, held->parts->len - 1)->end = held->bytes->len;
}

struct oa_stamp
held_bytes_begin(const struct held_bytes *held)
{
    return part_at(held, 0)->stamp;
}

struct oa_stamp
held_bytes_end(const struct held_bytes *held)
{
    return part_at(held, held->parts->len - 1)->stamp;
}

void
held_bytes_give(struct held_bytes *held, struct oa_channel *channel, enum oa_side side)
{
    guint at = 0;

    for (guint i = 0; held->bytes && i < held->parts->len; i++) {
        const struct held_part *part = part_at(held, i);
        oa_channel_data(channel, side, held->bytes->data + at, part->end - at, part->stamp);
        at = part->end;
    }
    held_bytes_drop(held);
}

void
held_bytes_drop(struct held_bytes *held)
{
    if (!held->bytes)
        return;
    g_byte_array_unref(held->bytes);
    g_array_unref(held->parts);
    *held = (struct held_bytes){ 0 };
}
