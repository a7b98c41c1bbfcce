/* items.h
 * Items of the packet tree that do not stand in the bytes, and the time they show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <wireshark.h>

#include <epan/proto.h>
#include <wsutil/nstime.h>

/* Marks an item as not on the wire; returns it. */
static inline proto_item *
generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

/* A generated text; none where the text is NULL or empty. */
static inline void
add_generated_text(proto_tree *tree, int hf, tvbuff_t *tvb, const char *text)
{
    if (text && text[0])
        generated(proto_tree_add_string(tree, hf, tvb, 0, 0, text));
}

/* The frame of something else; none where the number is 0. */
static inline void
add_generated_frame(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t frame)
{
    if (frame)
        generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, (guint32)frame));
}

/* A generated duration, of nanoseconds. */
static inline void
add_generated_duration(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t ns)
{
    nstime_t time = { (time_t)(ns / 1000000000), (int)(ns % 1000000000) };

    generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
}

#endif
