/* layout_read.h
 * The lower half of the interpreter of layouts. Not for hosts, which include layout.h only.
 * [C706] 14.2, [MS-RPCE] 2.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_LAYOUT_READ_H
#define OA_LAYOUT_READ_H

#include "layout/layout.h"

/* A value that later slots can refer to. */
struct known {
    enum oa_field field;
    uint64_t number;
};

/* A pointer whose referent has not been walked yet. */
struct pending {
    const struct oa_slot *slot;
    void *node;
};

/* Octets that an upper room decodes. */
struct decoder {
    enum oa_field field;
    oa_blob_test *is_blob; /* NULL: always */
    oa_blob_fn *decode;
};

/* An expression at an offset of its own, walked at the end of its layout. */
struct placed {
    const struct oa_slot *slot;
    size_t offset;
};

struct oa_walk {
    const struct oa_visitor *visitor;
    void *user;
    struct oa_code_pages *code_pages;
    uint32_t code_page; /* of 8-bit text, as last reported; 0: unknown */
    struct oa_cursor cursor;
    enum oa_encoding encoding;
    size_t enclosing;    /* the cursor's length before the innermost bounded part */
    struct known *known; /* written for most fields, and so no GArray */
    unsigned n_known, known_room;
    GArray *columns; /* property tags; those before `first_column` are of what is around */
    guint first_column;
    bool has_columns;
    enum oa_field collects; /* the field whose values become columns; NONE: none */
    struct decoder decoders[OA_DECODERS_MAX];
    unsigned n_decoders;
    void *context;          /* of the decoders */
    oa_observe_fn *observe; /* NULL: none */
    GArray *pending;
    GArray *placed;
    GByteArray *scratch;
    size_t origin;     /* offsets of placed expressions count from it */
    GArray *referents; /* IDs of full pointers seen in this run */
    unsigned depth;
    uint64_t budget;
    bool has_max_count; /* of the last member of a structure, read before the structure */
    uint64_t max_count;
    bool has_inputs;
    bool stopped;
    bool is_partial; /* only the innermost bounded part ended */
    struct oa_walk_result result;
};

/* The slot that follows an expression: its prefixes and the value they apply to. */
const struct oa_slot *oa_slot_after(const struct oa_slot *slot);

/* The value slot of an expression, which its pointers and counts are about. */
const struct oa_slot *oa_slot_value(const struct oa_slot *slot);

/* Ends the walk; the remaining bytes are reported as not decoded. oa_walk_give_up() ends a part. */
void oa_walk_stop(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field);

/* Counts a report against the limit; false, and the walk has ended, when the limit is reached. */
bool oa_walk_charge(struct oa_walk *walk, enum oa_field field);

/* Reports bytes that are not a field; does nothing for a length of 0. */
void oa_walk_gap(struct oa_walk *walk, void *node, enum oa_gap gap, size_t offset, size_t length);

/* oa_walk_begin() with a length; 0 when it is unknown. */
void *oa_walk_open(struct oa_walk *walk, void *node, enum oa_field field, int index, size_t length);

/* The container of a row's cell, about that column. */
void *oa_walk_open_cell(struct oa_walk *walk, void *node, const struct oa_slot *slot, int index,
                        uint32_t tag);

/* Stores a value for later slots that refer to its field. */
void oa_walk_remember(struct oa_walk *walk, enum oa_field field, uint64_t number);

/* Skips and reports padding, in NDR. */
void oa_walk_align(struct oa_walk *walk, void *node, unsigned to);

/* Reads and reports an integer of `size` bytes, aligned to its size; returns 0 when bytes are
 * missing. `about` is the field that a count belongs to. */
uint64_t oa_read_uint(struct oa_walk *walk, void *node, enum oa_field field, enum oa_field about,
                      unsigned size, int index);

/* A count, an offset or a pointer, whose size depends on the transfer syntax. */
uint64_t oa_read_count(struct oa_walk *walk, void *node, enum oa_field field,
                       const struct oa_slot *about);

/* oa_read_bytes() reports value.length bytes as a field, all or none; oa_read_available() reports
 * what is there if that is less than announced. */
void oa_read_bytes(struct oa_walk *walk, void *node, struct oa_value value);
void oa_read_available(struct oa_walk *walk, void *node, struct oa_value value, uint64_t announced);

/* The alignment of a structure, and of the arms of a union with their discriminant, in the walk's
 * encoding. `depth` counts the enclosing structures, 0 for the outermost. */
unsigned oa_layout_alignment(const struct oa_walk *walk, const struct oa_layout *layout,
                             unsigned depth);
unsigned oa_arms_alignment(const struct oa_walk *walk, const struct oa_slot *slot, unsigned depth);

#endif
