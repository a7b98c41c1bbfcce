/* items.h
 * Generated items of the packet tree: their values are not in the bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <wireshark.h>

#include <epan/proto.h>

#include "decode_args.h"

/* The tree, or NULL if nobody looks at fields of any of the protocols or at expert infos: then no
 * item needs to be made. To be passed on to other dissectors as it was. */
static inline proto_tree *
seen_tree_of(proto_tree *tree, const int *protos, unsigned count)
{
    static int expert = -1;

    if (!tree)
        return NULL;
    if (expert < 0)
        expert = proto_get_id_by_filter_name("_ws.expert");
    bool is_seen =
        PTREE_DATA(tree)->visible || (expert >= 0 && proto_field_is_referenced(tree, expert));
    for (unsigned i = 0; i < count && !is_seen; i++)
        is_seen = proto_field_is_referenced(tree, protos[i]);
    return is_seen ? tree : NULL;
}

/* The same for one protocol. */
static inline proto_tree *
seen_tree(proto_tree *tree, int proto)
{
    return seen_tree_of(tree, &proto, 1);
}

/* Marks an item as generated and returns it. */
static inline proto_item *
generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

/* Opens an item that has a title: a field of its own, because the text of one without would be a
 * key of JSON. */
#define add_titled_tree(tree, hf, tvb, offset, length, ett, ...)                                   \
    proto_item_add_subtree(proto_tree_add_none_format(tree, hf, tvb, offset, length, __VA_ARGS__), \
                           ett)

/* The first item of that field directly in a tree; NULL if there is none, or if nobody looks. */
static inline proto_item *
item_in(proto_tree *tree, int hf)
{
    proto_node *node = tree && PTREE_DATA(tree)->visible ? tree->first_child : NULL;

    while (node && !(PNODE_FINFO(node) && PNODE_FINFO(node)->hfinfo->id == hf))
        node = node->next;
    return node;
}

/* Adds a generated text, unless it is NULL or empty. */
static inline void
add_generated_text(proto_tree *tree, int hf, tvbuff_t *tvb, const char *text)
{
    if (text && text[0])
        generated(proto_tree_add_string(tree, hf, tvb, 0, 0, text));
}

/* Adds a generated frame number, unless it is 0. */
static inline void
add_generated_frame(proto_tree *tree, int hf, tvbuff_t *tvb, uint64_t frame)
{
    if (frame)
        generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, (guint32)frame));
}

/* Adds a generated duration of that many nanoseconds. */
static inline void
add_generated_duration(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t ns)
{
    nstime_t time = encode_ns(ns);

    generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
}

/* A filter for a field with that text, with g_free(). */
static inline gchar *
filter_of_text(const char *field, const char *text)
{
    g_autofree gchar *escaped = g_strescape(text, NULL);

    return g_strdup_printf("%s == \"%s\"", field, escaped);
}

#endif
