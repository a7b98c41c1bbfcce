/* layout.h
 * Layouts as tables, and the interpreter that walks packet bytes along them.
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
 * A layout is a list of slots. A slot is either a value or a prefix, which applies to the ONE slot
 * expression that follows it, so that types read from top to bottom:
 *
 *     OA_LAYOUT(ROW, "PropertyRow_r",
 *         OA_U32(OXNSPI_RESERVED),
 *         OA_U32(OXNSPI_COUNT),
 *         OA_UNIQUE,
 *         OA_CONFORMANT(OXNSPI_VALUES),
 *         OA_STRUCT(OXNSPI_VALUE, VALUE)
 *     );
 *
 * This is two integers, then a unique pointer to a conformant array of VALUE structures. Fields are
 * written without their OA_F_.
 *
 * Values                      NDR                                plain
 *   OA_U8 U16 U32 U64(f)      aligned integer                    integer
 *   OA_I16 I32 I64(f)         the same, signed
 *   OA_U16_BY(f, by)          plain: integer, as OA_COUNTED_BY
 *   OA_BOOL(f)                one byte
 *   OA_ID(f)                  -                                  folder or message ID: replica ID of 2
 *                                                                bytes, counter of 6 (big endian)
 *   OA_GUID(f)                aligned to 4                       16 bytes
 *   OA_FILETIME(f)            two aligned DWORDs                 8 bytes
 *   OA_SID(f)                 -                                  a SID, as long as it says
 *   OA_BYTES(f, n)            n bytes                            n bytes
 *   OA_OCTETS(f)              element of an array of bytes: the array is ONE field; alone, or
 *                             after OA_COUNTED/OA_BOUND: all remaining bytes
 *   OA_BLOB(f, fn)            OA_OCTETS whose bytes a function decodes (see oa_blob_fn)
 *   OA_BLOB_IF(f, is, fn)     the same for bytes that `is` recognises, else one field
 *   OA_STRING8(f), 16(f)      [string]: conformant varying       all remaining bytes
 *   OA_STRING8Z(f), 16Z(f)    -                                  up to and including the terminator
 *
 * Composites
 *   OA_STRUCT(f, LAYOUT)      LAYOUT inside a container f; in NDR aligned to its largest member,
 *                             the count of a conformant last member read first
 *   OA_PARTS(LAYOUT)          plain: LAYOUT without a container
 *   OA_UNION(f, size, ARMS)   the discriminant (`size` bytes) is on the wire; ARMS is a list of
 *                             OA_ARM(value, LAYOUT), at most one OA_ARM_DEFAULT(LAYOUT),
 *                             OA_ARMS_END. A value without an arm ends the walk.
 *                             For [switch_is(x & mask)] the value on the wire is already masked.
 *   OA_SWITCH(by, mask, ARMS) plain: the discriminant is the earlier field `by`, masked
 *   OA_SWITCH_INDEX(by, mask, ARMS)  the same, where ARMS is an array whose index is the value:
 *                             [value] = OA_ARM_AT(LAYOUT) or OA_ARM_AT_EMPTY
 *   OA_CELLS(f, tag, LAYOUT)  plain: a row: LAYOUT once for each of the walk's columns, in a
 *                             container f that is about the column; the column's property tag is
 *                             the value of the earlier field `tag`
 *   OA_CELLS_OF(f, tag, n, LAYOUT)  the same for the first columns, as many as the earlier field n
 *   OA_CALL(fn)               plain: what slots cannot express; the function walks layouts in place
 *                             and sees all remaining bytes
 *   OA_ORIGIN                 no bytes: the offsets of OA_AT count from here
 *   OA_CONTEXT_HANDLE(f)      20 bytes: attributes and UUID
 *
 * Prefixes
 *   OA_REF OA_UNIQUE OA_FULL  a pointer on the wire; its referent follows the outermost enclosing
 *                             structure or array, in order. A top-level [ref] pointer (usual for
 *                             [out] parameters) has no bytes: omit it.
 *   OA_FIXED(f, n)            n elements
 *   OA_CONFORMANT(f)          [size_is]; max count first
 *   OA_VARYING(f)             [length_is]; offset and actual count first
 *   OA_CONFORMANT_VARYING(f)  both
 *                             f: container of the elements, or NONE to put them into the parent.
 *   OA_REPEAT(f, by)          plain: as many as the value of the earlier field `by`
 *   OA_LIST(size, count, f)   plain: a count of `size` bytes, then as many
 *   OA_REPEAT_REST(f)         plain: until the bytes end
 *   OA_COUNTED(size, f)       plain: f is a length of `size` bytes that bounds what follows
 *   OA_COUNTED_BY(f, by)      the same, of 4 bytes if the earlier field `by` is not 0, else of 2
 *   OA_BOUND(by, add)         plain: bounded by the value of the earlier field `by` plus `add`
 *   OA_BOUND_UNITS(by, n)     plain: bounded by n times that value
 *   OA_COLUMNS(tag)           the fields `tag` that follow become the walk's columns
 *   OA_OWN_COLUMNS            plain: columns in the next expression are its own: for structures with
 *                             a list whose elements depend on fields of an earlier list
 *   OA_AT(by)                 plain: at the offset in the earlier field `by`, counted from the
 *                             nearest OA_ORIGIN before; absent if the offset is 0. Read at the end
 *                             of the layout, in the order of the offsets.
 *   OA_IF_EQUAL(by, v), OA_IF_NOT(by, v), OA_IF_ANY(by, mask), OA_IF_NONE(by, mask),
 *   OA_IF_AT_LEAST(by, v),    the next expression only if an earlier field has (not) that value, has
 *   OA_IF_LEFT(n),            any (none) of these bits, is not less, or at least or exactly n bytes
 *   OA_IF_LEFT_IS(n)          remain
 *   OA_BIG_ENDIAN             plain: integers of the next expression are big endian
 *
 * The "earlier field" is the nearest one before, in the same structure or an enclosing one, or one
 * given with oa_walk_set(). An absent one is 0.
 *
 * Fields of the role CODE_PAGE, unless they are 0, set the code page of all 8-bit text that
 * follows. A code page known before the walk is given with oa_walk_set() as well.
 *
 * The walk's columns are property tags: those of the last OA_COLUMNS, or those given with
 * oa_walk_set_columns(). A row without known columns is not decoded.
 *
 * The parameters of an RPC call are the slots of one layout; each is followed by its referents.
 *
 * WHAT A WALK GUARANTEES
 *
 * Every byte of the input is reported exactly once: as a field, inside a blob's parts, or as a gap
 * with its reason. Counts on the wire are never trusted: elements are walked as long as there are
 * bytes, and the walk then ends as OA_WALK_SHORT. Depth and number of reports are limited
 * (OA_WALK_LIMIT), the latter in proportion to the length of the input. Inside a bounded part
 * missing bytes, and values that cannot be decoded, end that part only.
 */
/* clang-format on */

struct oa_walk;
struct oa_layout;

/*
 * Decodes a blob of `length` bytes that begins at the walk's position; the walk sees no byte beyond
 * it, and its encoding is plain. The function may walk layouts in place (oa_walk_layout) or over
 * bytes made from the blob (oa_walk_source); what it leaves unread is reported as a gap.
 */
typedef void oa_blob_fn(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

/* Whether a blob is of the kind that its function decodes. */
typedef bool oa_blob_test(const struct oa_walk *walk, const uint8_t *bytes, size_t length);

enum oa_slot_kind {
    OA_SLOT_END,
    OA_SLOT_INT,
    OA_SLOT_ID,
    OA_SLOT_SID,
    OA_SLOT_GUID,
    OA_SLOT_FILETIME,
    OA_SLOT_BYTES,
    OA_SLOT_OCTETS,
    OA_SLOT_STRING,
    OA_SLOT_STRING_Z,
    OA_SLOT_STRUCT,
    OA_SLOT_PARTS,
    OA_SLOT_UNION,
    OA_SLOT_SWITCH,
    OA_SLOT_SWITCH_INDEX,
    OA_SLOT_CELLS,
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
    OA_SLOT_COLUMNS,
    OA_SLOT_OWN_COLUMNS,
    OA_SLOT_AT,
    OA_SLOT_BIG_ENDIAN,
    OA_SLOT_IF_EQUAL,
    OA_SLOT_IF_NOT,
    OA_SLOT_IF_ANY,
    OA_SLOT_IF_NONE,
    OA_SLOT_IF_AT_LEAST,
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
    uint8_t size; /* of an integer, a character, a count, a discriminant, a unit */
    enum oa_field field;
    enum oa_field by;
    enum oa_field count; /* of cells; NONE: all columns */
    int64_t number;      /* a count, a value to compare with, a mask, bytes to add */
    unsigned n_arms;     /* of arms by index */
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
#define OA_U16_BY(f, b) { .kind = OA_SLOT_INT, .size = 2, .field = OA_F_##f, .by = OA_F_##b }
#define OA_I16(f) OA_INT_(f, 2)
#define OA_I32(f) OA_INT_(f, 4)
#define OA_I64(f) OA_INT_(f, 8)
#define OA_BOOL(f) OA_INT_(f, 1)
#define OA_ID(f) { .kind = OA_SLOT_ID, .field = OA_F_##f }
#define OA_SID(f) { .kind = OA_SLOT_SID, .field = OA_F_##f }
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
#define OA_PARTS(l) { .kind = OA_SLOT_PARTS, .layout = &l }
#define OA_UNION(f, n, a) { .kind = OA_SLOT_UNION, .size = n, .field = OA_F_##f, .arms = a }
#define OA_SWITCH(b, mask, a) { .kind = OA_SLOT_SWITCH, .by = OA_F_##b, .number = mask, .arms = a }
#define OA_SWITCH_INDEX(b, mask, a) { .kind = OA_SLOT_SWITCH_INDEX, .by = OA_F_##b, .number = mask, \
                                      .arms = a, .n_arms = sizeof a / sizeof a[0] }
#define OA_CELLS_OF(f, tag, n, l) { .kind = OA_SLOT_CELLS, .field = OA_F_##f, .by = OA_F_##tag, \
                                    .count = OA_F_##n, .layout = &l }
#define OA_CELLS(f, tag, l) OA_CELLS_OF(f, tag, NONE, l)
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
#define OA_COUNTED_BY(f, b) { .kind = OA_SLOT_COUNTED, .size = 2, .field = OA_F_##f, .by = OA_F_##b }
#define OA_BOUND(b, add) { .kind = OA_SLOT_BOUND, .size = 1, .by = OA_F_##b, .number = add }
#define OA_BOUND_UNITS(b, n) { .kind = OA_SLOT_BOUND, .size = n, .by = OA_F_##b }
#define OA_COLUMNS(tag) { .kind = OA_SLOT_COLUMNS, .by = OA_F_##tag }
#define OA_OWN_COLUMNS { .kind = OA_SLOT_OWN_COLUMNS }
#define OA_AT(b) { .kind = OA_SLOT_AT, .by = OA_F_##b }
#define OA_ORIGIN { .kind = OA_SLOT_ORIGIN }
#define OA_CALL(fn) { .kind = OA_SLOT_CALL, .blob = fn }
#define OA_IF_EQUAL(b, v) { .kind = OA_SLOT_IF_EQUAL, .by = OA_F_##b, .number = v }
#define OA_IF_NOT(b, v) { .kind = OA_SLOT_IF_NOT, .by = OA_F_##b, .number = v }
#define OA_IF_ANY(b, mask) { .kind = OA_SLOT_IF_ANY, .by = OA_F_##b, .number = mask }
#define OA_IF_NONE(b, mask) { .kind = OA_SLOT_IF_NONE, .by = OA_F_##b, .number = mask }
#define OA_IF_AT_LEAST(b, v) { .kind = OA_SLOT_IF_AT_LEAST, .by = OA_F_##b, .number = v }
#define OA_BIG_ENDIAN { .kind = OA_SLOT_BIG_ENDIAN }
#define OA_IF_LEFT(n) { .kind = OA_SLOT_IF_LEFT, .number = n }
#define OA_IF_LEFT_IS(n) { .kind = OA_SLOT_IF_LEFT_IS, .number = n }
#define OA_ARM(v, l) { OA_ARM_IS_VALUE, v, &l }
#define OA_ARM_EMPTY(v) { OA_ARM_IS_VALUE, v, NULL }
#define OA_ARM_AT(l) { OA_ARM_IS_VALUE, 0, &l }
#define OA_ARM_AT_EMPTY { OA_ARM_IS_VALUE, 0, NULL }
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

/* A field, as reported to a visitor. */
struct oa_value {
    enum oa_field id;
    enum oa_field about;  /* of NDR's counts and pointers: the field that they belong to; of a
                             cell: the field of property tags, whose value is `number` */
    size_t offset;        /* in the current source */
    size_t length;        /* on the wire */
    uint64_t number;      /* of integers and FILETIME; of an ID the replica ID in the upper 16 bits,
                             the counter in the lower 48 */
    const uint8_t *bytes; /* the wire bytes, all `length` of them */
    size_t text_length;   /* bytes of text before the terminator */
    uint32_t code_page;   /* of 8-bit text; 0: unknown */
    struct oa_code_pages *code_pages; /* the walk's */
    bool big_endian;
    bool is_cut; /* fewer bytes than announced */
    int index;   /* of an array's element, else -1 */
};

enum oa_gap {
    OA_GAP_ALIGNMENT,    /* NDR padding */
    OA_GAP_VERIFICATION, /* rpc_sec_verification_trailer, [MS-RPCE] 2.2.2.13 */
    OA_GAP_TRAILING,     /* after the last parameter, or after the last slot of a bounded part */
    OA_GAP_UNDECODED,    /* not reached: the walk ended before */
};

/*
 * Receives the reports of a walk. Every member may be NULL. `parent` is what begin() returned for
 * the enclosing container, or the root that oa_walk_run() was given. Referents are reported after
 * their pointer's container has ended, with that container as parent, so a node has to live until
 * the walk ends. Offsets count in the current source: the input, or that of the innermost
 * begin_source().
 */
struct oa_visitor {
    void (*field)(void *user, void *parent, const struct oa_value *value);
    void *(*begin)(void *user, void *parent, const struct oa_value *at); /* length 0: unknown */
    void (*end)(void *user, void *node, size_t offset);
    void (*gap)(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length);
    void *(*begin_source)(void *user, void *parent, const char *name, const uint8_t *data,
                          size_t length);
    void (*end_source)(void *user, void *node);
};

enum oa_encoding { OA_PLAIN, OA_NDR32, OA_NDR64 };

enum oa_walk_state {
    OA_WALK_DONE,
    OA_WALK_SHORT,   /* the bytes ended before the layout */
    OA_WALK_LIMIT,   /* too deep, or too many parts */
    OA_WALK_UNKNOWN, /* a discriminant without an arm, or a part that could not be opened */
};

struct oa_walk_result {
    enum oa_walk_state state; /* of the first problem */
    enum oa_field field;      /* that was to be read */
    size_t offset;            /* in its source */
    size_t trailing;          /* bytes after the end, without alignment and verification trailer */
    size_t undecoded;         /* bytes not decoded, in all sources */
};

/* Makes a walk, to be freed with oa_walk_free(). It can be used for any number of inputs, one after
 * the other. */
struct oa_walk *oa_walk_new(const struct oa_visitor *visitor, void *user);
void oa_walk_free(struct oa_walk *walk);

/* Gives the walk to another visitor, for the runs that follow; forgets what was given for the next
 * run, the decoder and the observer. */
void oa_walk_reuse(struct oa_walk *walk, const struct oa_visitor *visitor, void *user);

/* Gives the walk converters for 8-bit text, which have to outlive it; without them 8-bit text is
 * taken to be UTF-8. */
void oa_walk_set_code_pages(struct oa_walk *walk, struct oa_code_pages *pages);

/* Sets a value that layouts refer to as an earlier field: for the next run, or in a blob function
 * for what follows. */
void oa_walk_set(struct oa_walk *walk, enum oa_field field, uint64_t value);

/* The columns, for the next run or for what follows; the walk copies them. NULL: not known. */
void oa_walk_set_columns(struct oa_walk *walk, const uint32_t *tags, size_t count);

/* Octets of that field are decoded by the function, as if their slot were OA_BLOB, or if `is_blob`
 * is not NULL, OA_BLOB_IF; those that it does not recognise are read as their slot says. For what
 * upper rooms read, in up to OA_DECODERS_MAX fields; `context` is theirs. */
#define OA_DECODERS_MAX 2
void oa_walk_set_decoder(struct oa_walk *walk, enum oa_field field, oa_blob_test *is_blob,
                         oa_blob_fn *decode);
void oa_walk_set_context(struct oa_walk *walk, void *context);

/* The function sees each field before the visitor does. NULL: none. */
typedef void oa_observe_fn(struct oa_walk *walk, const struct oa_value *value);
void oa_walk_set_observer(struct oa_walk *walk, oa_observe_fn *observe);

/* Walks the whole input. Values and columns set before apply to this run only. */
struct oa_walk_result oa_walk_run(struct oa_walk *walk, const struct oa_layout *layout,
                                  enum oa_encoding encoding, bool big_endian, const uint8_t *data,
                                  size_t length, void *root);

/* Copies a text up to its terminator as clean UTF-8, terminated, cut at a character boundary if
 * `size` is too small. */
void oa_value_text(const struct oa_value *value, char *out, size_t size);

/* The date of a number of minutes since 1601, "2007-03-26 10:00", in whatever time zone it is. */
#define OA_MINUTES_TEXT 20
void oa_minutes_text(uint32_t minutes, char out[OA_MINUTES_TEXT]);

/* For blob functions. */

/* Walks a layout at the current position, without a container. */
void oa_walk_layout(struct oa_walk *walk, void *node, const struct oa_layout *layout);

/* The same, where the values of its fields remain known until oa_walk_forget() is given what
 * oa_walk_known() was before. */
void oa_walk_slots(struct oa_walk *walk, void *node, const struct oa_slot *slots);
unsigned oa_walk_known(const struct oa_walk *walk);
void oa_walk_forget(struct oa_walk *walk, unsigned known);

/* The same inside a container `field`, limited to `length` bytes. */
void oa_walk_bounded(struct oa_walk *walk, void *node, enum oa_field field,
                     const struct oa_layout *layout, size_t length);

/* Reports the next bytes as one field. */
void oa_walk_bytes(struct oa_walk *walk, void *node, enum oa_field field, size_t length);

/* Walks a layout over bytes that are not in the input as such, as a source of that name. They need
 * not outlive the call: visitors copy what they keep. */
void oa_walk_source(struct oa_walk *walk, void *node, const char *name,
                    const struct oa_layout *layout, const uint8_t *data, size_t length);

/* A buffer for blob functions, kept from one run to the next. */
GByteArray *oa_walk_scratch(struct oa_walk *walk);

/* Opens and closes a container at the current position. `index` is that of an element, else -1. */
void *oa_walk_begin(struct oa_walk *walk, void *node, enum oa_field field, int index);
void oa_walk_end(struct oa_walk *walk, void *node);

/* The same for a container that is about a value of another field, as the cell of a row is about
 * its property tag. */
void *oa_walk_begin_about(struct oa_walk *walk, void *node, enum oa_field field,
                          enum oa_field about, uint64_t number);

/* Sets the code page of the 8-bit text that follows; returns the one before. 0: unknown. */
uint32_t oa_walk_set_code_page(struct oa_walk *walk, uint32_t code_page);

/* The walk's columns, *count of them; NULL: not known. Valid until the next ones. */
const uint32_t *oa_walk_columns(const struct oa_walk *walk, size_t *count);

/* The context of oa_walk_set_decoder(). */
void *oa_walk_context(const struct oa_walk *walk);

/* The bytes at the current position, oa_walk_left() of them. */
const uint8_t *oa_walk_bytes_ahead(const struct oa_walk *walk);

/* What follows the innermost bounded part, up to the end of the part around it. */
const uint8_t *oa_walk_beyond(const struct oa_walk *walk, size_t *length);

/* The value of an earlier field; 0 when there is none. */
uint64_t oa_walk_value(const struct oa_walk *walk, enum oa_field field);

/* The bytes remaining within the current bounds, and whether the walk has ended. */
size_t oa_walk_left(const struct oa_walk *walk);
bool oa_walk_stopped(const struct oa_walk *walk);

/* The bytes from here on cannot be decoded, in the innermost bounded part. */
void oa_walk_give_up(struct oa_walk *walk, enum oa_field field);

/* Records that a part could not be read; the walk continues. */
void oa_walk_problem(struct oa_walk *walk, enum oa_walk_state state, enum oa_field field);

#endif
