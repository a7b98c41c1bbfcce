/* fx_lexer.h
 * FastTransfer streams: markers and properties, in buffers that may end inside any of them.
 * [MS-OXCFXICS] 2.2.4.1
 *
 * A stream is read buffer by buffer, in its order; between two buffers its state is kept. What was
 * cut is reported twice: each part as bytes where it is, and the whole as a source of its own where
 * it ends. A later reading of the same buffer starts with the state kept in its struct oa_fx_part,
 * reports the same, and changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_FX_LEXER_H
#define OA_FX_LEXER_H

#include "layout/layout.h"
#include "rop/named_properties.h"

/* Something that the end of a buffer cut. Shared by those who refer to it. */
struct oa_fx_cut {
    unsigned references;
    uint64_t from;     /* the frame in which its element begins */
    uint64_t to;       /* the frame in which it goes on; 0: not seen */
    GByteArray *bytes; /* of it, so far; only grows */
};

/* Between two bytes of a stream. All members are private to the lexer. */
struct oa_fx_state {
    enum {
        OA_FX_ELEMENT, /* next is a marker, or the tag of a property with its name */
        OA_FX_COUNT,   /* next is the number of values of a multiple property */
        OA_FX_LENGTH,  /* next is the length of a value */
        OA_FX_VALUE,   /* next is a value, or a further part of it */
        OA_FX_UNSEEN,  /* bytes before are missing: next is the rest of an element */
        OA_FX_LOST,    /* the stream cannot be decoded from here on */
    } next;
    uint32_t marker; /* the last one; 0: none */
    uint32_t tag;    /* of the property */
    bool has_name;
    struct oa_property_name name; /* of a named property */
    unsigned kind;                /* of the structure that its values are, see oa_binary_kind() */
    uint32_t count;               /* values of it that are not complete */
    uint32_t size;                /* bytes of the value that have not been reported */
    bool in_parts;                /* the value is too long to be joined */
    uint64_t frame;               /* in which the element begins */
    size_t kept;                  /* the first bytes of what is next, in `cut` */
    struct oa_fx_cut *cut;
};

/* What later readings of a buffer need. */
struct oa_fx_part {
    struct oa_fx_state before;   /* at its first byte; cut is NULL if no element continues in it */
    struct oa_fx_cut *continues; /* in the next buffer; NULL: no element does */
};

/* Whether bytes begin as streams do. */
bool oa_fx_is_stream(const uint8_t *bytes, size_t length);

/* A state of zeros is that at the beginning of a stream. */
struct oa_fx_state *oa_fx_state_new(void);
void oa_fx_state_free(struct oa_fx_state *state); /* accepts NULL */

/* The next byte begins a stream. */
void oa_fx_restart(struct oa_fx_state *state);

/* Bytes are missing: what follows is decoded from the next marker on behind which elements are
 * found, and is TRANSFER_UNREAD before. */
void oa_fx_lose(struct oa_fx_state *state);

/* The next byte begins a value of so many bytes, as in the upload of a state. `frame` is that of
 * its announcement. */
void oa_fx_expect_value(struct oa_fx_state *state, uint32_t tag, uint32_t size, uint64_t frame);

/* Whether that value is not complete. */
bool oa_fx_expects_value(const struct oa_fx_state *state);

/* What is to be kept of the buffer that comes next. */
struct oa_fx_part *oa_fx_part_new(const struct oa_fx_state *state);
void oa_fx_part_free(struct oa_fx_part *part); /* accepts NULL */

/* Reads that buffer: the bytes in the walk's bounded part. What cannot be decoded is left to the
 * walk to report. */
void oa_fx_read(struct oa_fx_state *state, struct oa_fx_part *part, struct oa_walk *walk,
                void *node, uint64_t frame);

/* Reads the same buffer once more. */
void oa_fx_read_again(const struct oa_fx_part *part, struct oa_walk *walk, void *node);

/* The buffer was not accepted, and will be sent again: back to the state before it. */
void oa_fx_take_back(struct oa_fx_state *state, const struct oa_fx_part *part);

#endif
