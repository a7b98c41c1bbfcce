/* layout.h
 * Layouts as tables, and the one interpreter that walks packet bytes along them.
 * [C706] 14 (NDR), [MS-RPCE] 2.2.5 (NDR64)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_LAYOUT_H
#define OA_LAYOUT_H

#include <glib.h>

#include "base/code_page.h"
#include "base/cursor.h"
#include "layout/fields.h"

/* clang-format off */
/*
 * HOW TO DESCRIBE BYTES
 *
 * A layout is a list of slots. A slot is either a value or a prefix that applies to the ONE slot
 * expression right behind it, so that types read from top to bottom:
 *
 *     OA_LAYOUT(ROW, "PropertyRow_r",
 *         OA_U32(OXNSPI_RESERVED),
 *         OA_U32(OXNSPI_COUNT),
 *         OA_UNIQUE,
 *         OA_CONFORMANT(OXNSPI_VALUES),
 *         OA_STRUCT(OXNSPI_VALUE, VALUE)
 *     );
 *
 * says: two integers, then a unique pointer to a conformant array of VALUE structures. Fields are
 * named without their OA_F_.
 *
 * Values                      NDR                                plain
 *   OA_U8 U16 U32 U64(f)      aligned integer                    integer
 *   OA_I32(f)                 the same, signed
 *   OA_GUID(f)                aligned to 4                       16 bytes
 *   OA_FILETIME(f)            two aligned DWORDs                 8 bytes
 *   OA_BYTES(f, n)            n bytes                            n bytes
 *   OA_OCTETS(f)              element of an array of bytes: the array is ONE field; alone, or
 *                             behind OA_COUNTED/OA_BOUND: all bytes that are left
 *   OA_BLOB(f, fn)            OA_OCTETS whose bytes a function takes apart (see oa_blob_fn)
 *   OA_BLOB_IF(f, is, fn)     the same for bytes that `is` recognises, else one field
 *   OA_STRING8(f), 16(f)      [string]: conformant varying       all bytes that are left
 *   OA_STRING8Z(f), 16Z(f)    -                                  up to and with the end mark
 *
 * Composites
 *   OA_STRUCT(f, LAYOUT)      LAYOUT inside a container f; in NDR aligned to its largest member,
 *                             the count of a conformant last member read first
 *   OA_UNION(f, size, ARMS)   the discriminant (`size` bytes) stands on the wire; ARMS is a list
 *                             of OA_ARM(value, LAYOUT), at most one OA_ARM_DEFAULT(LAYOUT),
 *                             OA_ARMS_END. A value without an arm ends the walk.
 *                             For [switch_is(x & mask)] it is masked on the wire already.
 *   OA_SWITCH(by, mask, ARMS) plain: the discriminant is the earlier field `by`, masked
 *   OA_CALL(fn)               plain: what no slots can say; the function walks layouts in place
 *                             and sees all bytes that are left
 *   OA_ORIGIN                 no bytes: where the places of OA_AT count from
 *   OA_CONTEXT_HANDLE(f)      20 bytes: attributes and UUID
 *
 * Prefixes
 *   OA_REF OA_UNIQUE OA_FULL  a pointer on the wire; its referent comes after the outermost
 *                             enclosing structure or array, in order. A top-level [ref] pointer
 *                             (usual for [out] parameters) has no bytes: leave it away.
 *   OA_FIXED(f, n)            n elements
 *   OA_CONFORMANT(f)          [size_is]; max count first
 *   OA_VARYING(f)             [length_is]; offset and actual count first
 *   OA_CONFORMANT_VARYING(f)  both
 *                             f: container of the elements, or NONE to have them in the parent.
 *   OA_REPEAT(f, by)          plain: as many as the earlier field `by` says
 *   OA_LIST(size, count, f)   plain: the count itself (`size` bytes), then as many as it says
 *   OA_REPEAT_REST(f)         plain: until the bytes end
 *   OA_COUNTED(size, f)       plain: f is a length of `size` bytes that bounds what follows
 *   OA_BOUND(by, add)         plain: bounded by the value of the earlier field `by` plus `add`
 *   OA_AT(by)                 plain: stands where the earlier field `by` says, counted from the
 *                             nearest OA_ORIGIN before; 0 is nowhere. Read at the end of the layout
 *                             in the order of their places.
 *   OA_IF_EQUAL(by, v), OA_IF_NOT(by, v), OA_IF_ANY(by, mask), OA_IF_NONE(by, mask),
 *   OA_IF_LEFT(n),            the next expression only if an earlier field has (not) that value,
 *   OA_IF_LEFT_IS(n)          has any (none) of these bits, or at least or exactly n bytes are left
 *
 * "Earlier field" is the nearest one before, in the same structure or one around it, or one given
 * with oa_walk_set(). An absent one is 0.
 *
 * Fields of the role CODE_PAGE say, unless they are 0, in which code page the texts of 8 bits are
 * that follow, wherever these stand. One that was said before is given with oa_walk_set() too.
 *
 * Parameters of an RPC call are the slots of one layout; each parameter's referents follow it.
 *
 * WHAT A WALK GUARANTEES
 *
 * Every byte of the input is reported exactly once: as a field, inside a blob's parts, or as a gap
 * with its reason. Counts of the wire are never trusted: elements are walked while there are bytes,
 * and the walk then ends as OA_WALK_SHORT. Depth and number of reports are limited (OA_WALK_LIMIT).
 * What is short inside a bounded part ends that part only.
 */
/* clang-format on */

struct oa_walk;
struct oa_layout;

/*
 * Takes apart a blob of `length` bytes that begins at the walk's position, which sees no byte
 * beyond it. In it the encoding is plain. It may walk layouts in place (oa_walk_layout) or over
 * bytes made from it (oa_walk_source); what it leaves unread is reported as a gap.
 */
typedef void oa_blob_fn(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* Whether a blob is of the kind its function takes apart. */
typedef bool oa_blob_test(const uint8_t *bytes, size_t length);

enum oa_slot_kind {
    OA_SLOT_END,
    OA_SLOT_INT,
    OA_SLOT_GUID,
    OA_SLOT_FILETIME,
    OA_SLOT_BYTES,
    OA_SLOT_OCTETS,
    OA_SLOT_STRING,
    OA_SLOT_STRING_Z,
    OA_SLOT_STRUCT,
    OA_SLOT_UNION,
    OA_SLOT_SWITCH,
    OA_SLOT_ORIGIN,
    OA_SLOT_CALL,
    OA_SLOT_FIRST_PREFIX,
    OA_SLOT_REF = OA_SLOT_FIRST_PREFIX,
    OA_SLOT_UNIQUE,
    OA_SLOT_FULL,
    OA_SLOT_FIXED,
    OA_SLOT_CONFORMANT,
    OA_SLOT_VARYING,
    OA_SLOT_CONFORMANT_VARYING,
    OA_SLOT_REPEAT,
    OA_SLOT_REPEAT_REST,
    OA_SLOT_COUNTED,
    OA_SLOT_BOUND,
    OA_SLOT_AT,
    OA_SLOT_IF_EQUAL,
    OA_SLOT_IF_NOT,
    OA_SLOT_IF_ANY,
    OA_SLOT_IF_NONE,
    OA_SLOT_IF_LEFT,
    OA_SLOT_IF_LEFT_IS,
};

struct oa_arm {
    enum { OA_ARM_IS_END, OA_ARM_IS_VALUE, OA_ARM_IS_DEFAULT } kind;
    uint64_t value;
    const struct oa_layout *layout; /* NULL: an arm without bytes */
};

struct oa_slot {
    enum oa_slot_kind kind;
    uint8_t size; /* of an integer, a character, a count, a discriminant */
    enum oa_field field;
    enum oa_field by;
    int64_t number; /* a count, a value to compare with, a mask, bytes to add */
    const struct oa_layout *layout;
    const struct oa_arm *arms;
    oa_blob_fn *blob;
    oa_blob_test *is_blob; /* NULL: always */
};

struct oa_layout {
    const char *name; /* of the structure in its document */
    const struct oa_slot *slots;
};

/* clang-format off */
#define OA_END { .kind = OA_SLOT_END }
#define OA_INT_(f, n) { .kind = OA_SLOT_INT, .size = n, .field = OA_F_##f }
#define OA_U8(f) OA_INT_(f, 1)
#define OA_U16(f) OA_INT_(f, 2)
#define OA_U32(f) OA_INT_(f, 4)
#define OA_U64(f) OA_INT_(f, 8)
#define OA_I32(f) OA_INT_(f, 4)
#define OA_GUID(f) { .kind = OA_SLOT_GUID, .field = OA_F_##f }
#define OA_FILETIME(f) { .kind = OA_SLOT_FILETIME, .field = OA_F_##f }
#define OA_BYTES(f, n) { .kind = OA_SLOT_BYTES, .field = OA_F_##f, .number = n }
#define OA_OCTETS(f) { .kind = OA_SLOT_OCTETS, .size = 1, .field = OA_F_##f }
#define OA_BLOB(f, fn) { .kind = OA_SLOT_OCTETS, .size = 1, .field = OA_F_##f, .blob = fn }
#define OA_BLOB_IF(f, is, fn) { .kind = OA_SLOT_OCTETS, .size = 1, .field = OA_F_##f, .blob = fn, \
                                .is_blob = is }
#define OA_STRING8(f) { .kind = OA_SLOT_STRING, .size = 1, .field = OA_F_##f }
#define OA_STRING16(f) { .kind = OA_SLOT_STRING, .size = 2, .field = OA_F_##f }
#define OA_STRING8Z(f) { .kind = OA_SLOT_STRING_Z, .size = 1, .field = OA_F_##f }
#define OA_STRING16Z(f) { .kind = OA_SLOT_STRING_Z, .size = 2, .field = OA_F_##f }
#define OA_STRUCT(f, l) { .kind = OA_SLOT_STRUCT, .field = OA_F_##f, .layout = &l }
#define OA_UNION(f, n, a) { .kind = OA_SLOT_UNION, .size = n, .field = OA_F_##f, .arms = a }
#define OA_SWITCH(b, mask, a) { .kind = OA_SLOT_SWITCH, .by = OA_F_##b, .number = mask, .arms = a }
#define OA_CONTEXT_HANDLE(f) OA_STRUCT(f, OA_LAYOUT_CONTEXT_HANDLE)
#define OA_REF { .kind = OA_SLOT_REF }
#define OA_UNIQUE { .kind = OA_SLOT_UNIQUE }
#define OA_FULL { .kind = OA_SLOT_FULL }
#define OA_FIXED(f, n) { .kind = OA_SLOT_FIXED, .field = OA_F_##f, .number = n }
#define OA_CONFORMANT(f) { .kind = OA_SLOT_CONFORMANT, .field = OA_F_##f }
#define OA_VARYING(f) { .kind = OA_SLOT_VARYING, .field = OA_F_##f }
#define OA_CONFORMANT_VARYING(f) { .kind = OA_SLOT_CONFORMANT_VARYING, .field = OA_F_##f }
#define OA_REPEAT(f, b) { .kind = OA_SLOT_REPEAT, .field = OA_F_##f, .by = OA_F_##b }
#define OA_REPEAT_REST(f) { .kind = OA_SLOT_REPEAT_REST, .field = OA_F_##f }
#define OA_COUNTED(n, f) { .kind = OA_SLOT_COUNTED, .size = n, .field = OA_F_##f }
#define OA_BOUND(b, add) { .kind = OA_SLOT_BOUND, .by = OA_F_##b, .number = add }
#define OA_AT(b) { .kind = OA_SLOT_AT, .by = OA_F_##b }
#define OA_ORIGIN { .kind = OA_SLOT_ORIGIN }
#define OA_CALL(fn) { .kind = OA_SLOT_CALL, .blob = fn }
#define OA_IF_EQUAL(b, v) { .kind = OA_SLOT_IF_EQUAL, .by = OA_F_##b, .number = v }
#define OA_IF_NOT(b, v) { .kind = OA_SLOT_IF_NOT, .by = OA_F_##b, .number = v }
#define OA_IF_ANY(b, mask) { .kind = OA_SLOT_IF_ANY, .by = OA_F_##b, .number = mask }
#define OA_IF_NONE(b, mask) { .kind = OA_SLOT_IF_NONE, .by = OA_F_##b, .number = mask }
#define OA_IF_LEFT(n) { .kind = OA_SLOT_IF_LEFT, .number = n }
#define OA_IF_LEFT_IS(n) { .kind = OA_SLOT_IF_LEFT_IS, .number = n }
#define OA_ARM(v, l) { OA_ARM_IS_VALUE, v, &l }
#define OA_ARM_EMPTY(v) { OA_ARM_IS_VALUE, v, NULL }
#define OA_ARM_DEFAULT(l) { OA_ARM_IS_DEFAULT, 0, &l }
#define OA_ARM_DEFAULT_EMPTY { OA_ARM_IS_DEFAULT, 0, NULL }
#define OA_ARMS_END { OA_ARM_IS_END, 0, NULL }
#define OA_LIST(n, count, f) OA_INT_(count, n), OA_REPEAT(f, count)

/* A layout by the name of the structure in its document, and its slots; OA_LAYOUT() defines one for
 * the file. */
#define OA_LAYOUT_OF(name, ...) { name, (const struct oa_slot[]){ __VA_ARGS__, OA_END } }
#define OA_LAYOUT(id, name, ...) static const struct oa_layout id = OA_LAYOUT_OF(name, __VA_ARGS__)
/* clang-format on */

/* ndr_context_handle, [C706] appendix N */
extern const struct oa_layout OA_LAYOUT_CONTEXT_HANDLE;

/* A field, as told to a visitor. */
struct oa_value {
    enum oa_field id;
    enum oa_field about;  /* for what NDR puts around a field (counts, pointers): that field */
    size_t offset;        /* in the current source */
    size_t length;        /* on the wire */
    uint64_t number;      /* of integers and FILETIME */
    const uint8_t *bytes; /* the wire bytes, all `length` of them */
    size_t text_length;   /* bytes of text before the end mark */
    uint32_t code_page;   /* of 8-bit text; 0: nobody said */
    struct oa_code_pages *code_pages; /* the walk's */
    bool big_endian;
    bool is_cut; /* fewer bytes than announced */
    int index;   /* of an array's element, else -1 */
};

enum oa_gap {
    OA_GAP_ALIGNMENT,    /* NDR padding */
    OA_GAP_VERIFICATION, /* rpc_sec_verification_trailer, [MS-RPCE] 2.2.2.13 */
    OA_GAP_TRAILING,     /* behind the last parameter, or behind the last slot of a bounded part */
    OA_GAP_UNDECODED,    /* not reached: the walk ended before them */
};

/*
 * Who wants to know. Every member may be NULL. `parent` is what begin returned for the container
 * around (the root's is given to oa_walk_run). Referents come after their pointer's container has
 * ended and are still reported with it as parent, so a node has to live until the walk ends.
 * Offsets count in the current source: the input, or what the innermost begin_source announced.
 */
struct oa_visitor {
    void (*field)(void *user, void *parent, const struct oa_value *value);
    void *(*begin)(void *user, void *parent, const struct oa_value *at); /* length 0: not known */
    void (*end)(void *user, void *node, size_t offset);
    void (*gap)(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length);
    void *(*begin_source)(void *user, void *parent, const char *name, const uint8_t *data,
                          size_t length);
    void (*end_source)(void *user, void *node);
};

enum oa_encoding { OA_PLAIN, OA_NDR32, OA_NDR64 };

enum oa_walk_state {
    OA_WALK_DONE,
    OA_WALK_SHORT,   /* bytes ended before the layout */
    OA_WALK_LIMIT,   /* too deep, or too many parts */
    OA_WALK_UNKNOWN, /* a discriminant without an arm, a part that could not be opened */
};

struct oa_walk_result {
    enum oa_walk_state state; /* of the first problem */
    enum oa_field field;      /* what was wanted then */
    size_t offset;            /* where, in its source */
    size_t trailing;  /* bytes behind the end, alignment and verification trailer not counted */
    size_t undecoded; /* bytes given up, in all sources */
};

/* A walk may be used for any number of inputs, one after the other. */
struct oa_walk *oa_walk_new(const struct oa_visitor *visitor, void *user);
void oa_walk_free(struct oa_walk *walk);

/* Gives the walk converters for 8-bit text, which have to outlive it; without them it is UTF-8. */
void oa_walk_set_code_pages(struct oa_walk *walk, struct oa_code_pages *pages);

/* Gives the next run, or inside one what follows, a value that layouts refer to as an earlier
 * field. */
void oa_walk_set(struct oa_walk *walk, enum oa_field field, uint64_t value);

/* Walks the whole input. Values set before are used and forgotten. */
struct oa_walk_result oa_walk_run(struct oa_walk *walk, const struct oa_layout *layout,
                                  enum oa_encoding encoding, bool big_endian, const uint8_t *data,
                                  size_t length, void *root);

/* A text's characters before its end mark, as clean UTF-8, terminated, cut at a character's border.
 */
void oa_value_text(const struct oa_value *value, char *out, size_t size);

/* For blob functions. */

/* Walks a layout in place, at the position, without a container. */
void oa_walk_layout(struct oa_walk *walk, void *node, const struct oa_layout *layout);

/* The same inside a container `field`, seeing `length` bytes at most. */
void oa_walk_bounded(struct oa_walk *walk, void *node, enum oa_field field,
                     const struct oa_layout *layout, size_t length);

/* Reports the next bytes as one field. */
void oa_walk_bytes(struct oa_walk *walk, void *node, enum oa_field field, size_t length);

/* Walks a layout over bytes that the input does not hold as such, as a source of that name. They
 * need not live longer than the call: visitors that keep them copy them. */
void oa_walk_source(struct oa_walk *walk, void *node, const char *name,
                    const struct oa_layout *layout, const uint8_t *data, size_t length);

/* Bytes for what blob functions open, kept from one run to the next. */
GByteArray *oa_walk_scratch(struct oa_walk *walk);

/* Opens and closes a container at the position. */
void *oa_walk_begin(struct oa_walk *walk, void *node, enum oa_field field, int index);
void oa_walk_end(struct oa_walk *walk, void *node);

/* An earlier field's value, 0 when there is none. */
uint64_t oa_walk_value(const struct oa_walk *walk, enum oa_field field);

/* Bytes left in the current bounds; whether the walk has to stop. */
size_t oa_walk_left(const struct oa_walk *walk);
bool oa_walk_stopped(const struct oa_walk *walk);

/* Notes that the part wanted could not be read, and goes on. */
void oa_walk_problem(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field);

#endif
