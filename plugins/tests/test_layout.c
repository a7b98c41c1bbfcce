/* test_layout.c
 * The interpreter of layouts: alignment, arrays, pointers, unions, text, bounds, limits, cuts; and
 * the tables of fields.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/stub.h"
#include "vectors.h"

static const struct oa_slot PAIR_SLOTS[] = { OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END };
static const struct oa_layout PAIR = { "pair", PAIR_SLOTS };

/* A structure with a pointer: what is embedded comes after the array. */
static const struct oa_slot NAMED_SLOTS[] = { OA_U16(OXCRPC_ICXR), OA_UNIQUE,
                                              OA_STRING8(OXCRPC_USER_DN), OA_END };
static const struct oa_layout NAMED = { "named", NAMED_SLOTS };

/* A structure that ends in a conformant array. */
static const struct oa_slot TAIL_SLOTS[] = { OA_U16(OXCRPC_ICXR), OA_CONFORMANT(NONE),
                                             OA_U32(OXCRPC_FLAGS), OA_END };
static const struct oa_layout TAIL = { "tail", TAIL_SLOTS };

/* One that ends in such a structure, which has bytes for its array. */
static const struct oa_slot BYTES_SLOTS[] = { OA_U32(OXCRPC_FLAGS), OA_CONFORMANT(NONE),
                                              OA_OCTETS(OXCRPC_IN), OA_END };
static const struct oa_layout BYTES = { "bytes", BYTES_SLOTS };
static const struct oa_slot AROUND_SLOTS[] = { OA_U64(NDR_MAX_COUNT), OA_STRUCT(OXCRPC_CXH, BYTES),
                                               OA_END };
static const struct oa_layout AROUND = { "around", AROUND_SLOTS };

static const struct oa_slot WIDE_SLOTS[] = { OA_U64(NDR_MAX_COUNT), OA_END };
static const struct oa_layout WIDE = { "wide", WIDE_SLOTS };
static const struct oa_arm ARMS[] = { OA_ARM(1, PAIR), OA_ARM(2, WIDE), OA_ARM_EMPTY(3),
                                      OA_ARMS_END };

static const struct oa_arm BY_INDEX[] = {
    [1] = OA_ARM_AT(PAIR), [3] = OA_ARM_AT_EMPTY, [4] = OA_ARM_AT(WIDE)
};

static const struct oa_slot INDEXED_SLOTS[] = { OA_U8(OXCRPC_FLAGS),
                                                OA_SWITCH_INDEX(OXCRPC_FLAGS, 0xff, BY_INDEX),
                                                OA_END };
static const struct oa_layout INDEXED = { "indexed", INDEXED_SLOTS };

/* A row: a cell has two bytes, or four if its tag says so. */
static const struct oa_slot CELL_SLOTS[] = { OA_U16(OXCRPC_ICXR), OA_IF_ANY(OXNSPI_TAG, 0x10000),
                                             OA_U16(OXCRPC_ICXR), OA_END };
static const struct oa_layout CELL = { "cell", CELL_SLOTS };
static const struct oa_slot TAG_SLOTS[] = { OA_LIST(1, OXCRPC_FLAGS, NONE), OA_U32(OXNSPI_TAG),
                                            OA_END };
static const struct oa_layout TAGS = { "tags", TAG_SLOTS };
static const struct oa_slot ROW_SLOTS[] = { OA_CELLS(OXNSPI_VALUE, OXNSPI_TAG, CELL), OA_END };
static const struct oa_layout ROW = { "row", ROW_SLOTS };
static const struct oa_slot SHORT_ROW_SLOTS[] = {
    OA_U8(OXNSPI_COUNT), OA_CELLS_OF(OXNSPI_VALUE, OXNSPI_TAG, OXNSPI_COUNT, CELL), OA_END
};
static const struct oa_layout SHORT_ROW = { "short row", SHORT_ROW_SLOTS };

/* A list, which can be as deep as it likes to be. */
static const struct oa_slot LIST_SLOTS[];
static const struct oa_layout LIST = { "list", LIST_SLOTS };
static const struct oa_slot LIST_SLOTS[] = { OA_UNIQUE, OA_STRUCT(OXCRPC_CXH, LIST), OA_END };

static const struct {
    const char *what;
    struct oa_slot slots[9];
    enum oa_encoding encoding;
    bool big_endian;
    const char *bytes;
    const char *expected;
    enum oa_walk_state state;
} CASES[] = {
    { "integers are aligned",
      { OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "0100 ffff 02000000",
      "oxcrpc.icxr=1 oxcrpc.flags=2",
      OA_WALK_DONE },
    { "not in plain bytes",
      { OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_PLAIN,
      false,
      "0100 02000000",
      "oxcrpc.icxr=1 oxcrpc.flags=2",
      OA_WALK_DONE },
    { "big endian",
      { OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      true,
      "0001 ffff 00000002",
      "oxcrpc.icxr=1 oxcrpc.flags=2",
      OA_WALK_DONE },
    { "conformant bytes",
      { OA_CONFORMANT(NONE), OA_OCTETS(OXCRPC_IN), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "03000000 aabbcc 00 05000000",
      "max_count=3 oxcrpc.in=[3] oxcrpc.flags=5",
      OA_WALK_DONE },
    { "their count in NDR64",
      { OA_CONFORMANT(NONE), OA_OCTETS(OXCRPC_IN), OA_END },
      OA_NDR64,
      false,
      "0300000000000000 aabbcc",
      "max_count=3 oxcrpc.in=[3]",
      OA_WALK_DONE },
    { "conformant varying integers",
      { OA_CONFORMANT_VARYING(OXCRPC_CXH), OA_U16(OXCRPC_ICXR), OA_END },
      OA_NDR32,
      false,
      "09000000 00000000 02000000 0100 0200",
      "max_count=9 offset=0 actual_count=2 oxcrpc.cxh{ oxcrpc.icxr=1 oxcrpc.icxr=2 }",
      OA_WALK_DONE },
    { "varying",
      { OA_VARYING(NONE), OA_OCTETS(OXCRPC_IN), OA_END },
      OA_NDR32,
      false,
      "00000000 02000000 aabb",
      "offset=0 actual_count=2 oxcrpc.in=[2]",
      OA_WALK_DONE },
    { "string",
      { OA_STRING8(OXCRPC_USER_DN), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "04000000 00000000 04000000 61626300 07000000",
      "max_count=4 offset=0 actual_count=4 oxcrpc.user_dn=abc oxcrpc.flags=7",
      OA_WALK_DONE },
    { "null pointer",
      { OA_UNIQUE, OA_STRING8(OXCRPC_USER_DN), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "00000000 07000000",
      "referent_id=0 oxcrpc.flags=7",
      OA_WALK_DONE },
    { "pointer to pointer",
      { OA_UNIQUE, OA_UNIQUE, OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "01000000 02000000 0300 ffff 04000000",
      "referent_id=1 referent_id=2 oxcrpc.icxr=3 oxcrpc.flags=4",
      OA_WALK_DONE },
    { "pointer in NDR64",
      { OA_UNIQUE, OA_U16(OXCRPC_ICXR), OA_END },
      OA_NDR64,
      false,
      "0100000000000000 0300",
      "referent_id=1 oxcrpc.icxr=3",
      OA_WALK_DONE },
    { "full pointers share a referent",
      { OA_FULL, OA_U16(OXCRPC_ICXR), OA_FULL, OA_U16(OXCRPC_ICXR), OA_END },
      OA_NDR32,
      false,
      "05000000 0700 ffff 05000000",
      "referent_id=5 oxcrpc.icxr=7 referent_id=5",
      OA_WALK_DONE },
    { "structures with pointers: referents after the array",
      { OA_CONFORMANT(NONE), OA_STRUCT(OXCRPC_CXH, NAMED), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "02000000 0100ffff 11000000 0200ffff 12000000"
      "02000000 00000000 02000000 6100 ffff 02000000 00000000 02000000 6200 ffff 09000000",
      "max_count=2 oxcrpc.cxh{ oxcrpc.icxr=1 referent_id=17 } oxcrpc.cxh{ oxcrpc.icxr=2 "
      "referent_id=18 } max_count=2 offset=0 actual_count=2 oxcrpc.user_dn=a max_count=2 offset=0 "
      "actual_count=2 oxcrpc.user_dn=b oxcrpc.flags=9",
      OA_WALK_DONE },
    { "the count of a conformant structure is in front",
      { OA_U16(OXCRPC_ICXR), OA_STRUCT(OXCRPC_CXH, TAIL), OA_END },
      OA_NDR32,
      false,
      "0100 ffff 02000000 0300 ffff 04000000 05000000",
      "oxcrpc.icxr=1 oxcrpc.cxh{ max_count=2 oxcrpc.icxr=3 oxcrpc.flags=4 oxcrpc.flags=5 }",
      OA_WALK_DONE },
    { "union",
      { OA_UNION(OXCRPC_CXH, 2, ARMS), OA_END },
      OA_NDR32,
      false,
      "0100 0900 05000000",
      "discriminant=1 oxcrpc.icxr=9 oxcrpc.flags=5",
      OA_WALK_DONE },
    { "union in NDR64 is aligned to its largest arm",
      { OA_U8(OXCRPC_FLAGS), OA_UNION(OXCRPC_CXH, 2, ARMS), OA_END },
      OA_NDR64,
      false,
      "01 ffffffffffffff 0100 ffffffffffff 0900 ffff 05000000",
      "oxcrpc.flags=1 discriminant=1 oxcrpc.icxr=9 oxcrpc.flags=5",
      OA_WALK_DONE },
    { "an arm without bytes",
      { OA_UNION(OXCRPC_CXH, 4, ARMS), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "03000000 08000000",
      "discriminant=3 oxcrpc.flags=8",
      OA_WALK_DONE },
    { "no such arm",
      { OA_UNION(OXCRPC_CXH, 4, ARMS), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "04000000 08000000",
      "discriminant=4 <undecoded 4>",
      OA_WALK_UNKNOWN },
    { "NDR64 pads a structure at its end",
      { OA_FIXED(NONE, 2), OA_STRUCT(OXCRPC_CXH, NAMED), OA_END },
      OA_NDR64,
      false,
      "0100 ffffffffffff 0000000000000000 0200 ffffffffffff 0000000000000000",
      "oxcrpc.cxh{ oxcrpc.icxr=1 referent_id=0 } oxcrpc.cxh{ oxcrpc.icxr=2 referent_id=0 }",
      OA_WALK_DONE },
    { "but not one that ends in an array, whoever counts it",
      { OA_STRUCT(OXCRPC_CXH, AROUND), OA_U8(OXCRPC_ICXR), OA_END },
      OA_NDR64,
      false,
      "0300000000000000 0100000000000000 02000000 aabbcc 04",
      "oxcrpc.cxh{ max_count=3 max_count=1 oxcrpc.cxh{ oxcrpc.flags=2 oxcrpc.in=[3] } } "
      "oxcrpc.icxr=4",
      OA_WALK_DONE },
    { "handle, GUID and FILETIME are aligned to 4",
      { OA_U8(OXCRPC_FLAGS), OA_CONTEXT_HANDLE(OXCRPC_CXH), OA_U8(OXCRPC_FLAGS),
        OA_FILETIME(NDR_MAX_COUNT), OA_END },
      OA_NDR32,
      false,
      "01 ffffff 00000000 00112233445566778899aabbccddeeff 02 ffffff 0100000002000000",
      "oxcrpc.flags=1 oxcrpc.cxh{ handle.attributes=0 handle.uuid=[16] } oxcrpc.flags=2 "
      "max_count=8589934593",
      OA_WALK_DONE },
    { "verification trailer",
      { OA_U16(OXCRPC_ICXR), OA_END },
      OA_NDR32,
      false,
      "0100 ffff 8ae3137102f43671 0100 0000",
      "oxcrpc.icxr=1 <verification 12>",
      OA_WALK_DONE },
    { "bytes end in the padding",
      { OA_U16(OXCRPC_ICXR), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "0100 ff",
      "oxcrpc.icxr=1 <undecoded 1>",
      OA_WALK_SHORT },
    { "bytes behind the end",
      { OA_U16(OXCRPC_ICXR), OA_END },
      OA_NDR32,
      false,
      "0100 ffffff",
      "oxcrpc.icxr=1 <trailing 3>",
      OA_WALK_DONE },
    { "a count that does not fit",
      { OA_CONFORMANT(NONE), OA_OCTETS(OXCRPC_IN), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "ffffffff aabb",
      "max_count=4294967295 oxcrpc.in=[2]...",
      OA_WALK_SHORT },
    { "elements that do not fit",
      { OA_CONFORMANT(NONE), OA_U32(OXCRPC_FLAGS), OA_END },
      OA_NDR32,
      false,
      "00000010 01000000 0200",
      "max_count=268435456 oxcrpc.flags=1 <undecoded 2>",
      OA_WALK_SHORT },
    { "counts of 64 bits do not wrap",
      { OA_STRING16(OXCRPC_USER_DN), OA_END },
      OA_NDR64,
      false,
      "0100000000000080 0000000000000000 0100000000000080 6162",
      "max_count=9223372036854775809 offset=0 actual_count=9223372036854775809 "
      "oxcrpc.user_dn=ab...",
      OA_WALK_SHORT },
    { "plain: text to its end mark",
      { OA_STRING8Z(OXCRPC_USER_DN), OA_STRING8Z(OXCRPC_USER_DN), OA_END },
      OA_PLAIN,
      false,
      "616200 6364",
      "oxcrpc.user_dn=ab oxcrpc.user_dn=cd...",
      OA_WALK_SHORT },
    { "plain: counted, repeated, conditional",
      { OA_COUNTED(1, OXCRPC_CB_OUT), OA_STRING8(OXCRPC_USER_DN), OA_U8(OXCRPC_FLAGS),
        OA_REPEAT(NONE, OXCRPC_FLAGS), OA_U16(OXCRPC_ICXR), OA_IF_EQUAL(OXCRPC_CB_OUT, 2),
        OA_U8(OXCRPC_CPID), OA_END },
      OA_PLAIN,
      false,
      "02 6162 02 0100 0200 09",
      "oxcrpc.cb_out=2 oxcrpc.user_dn=ab oxcrpc.flags=2 oxcrpc.icxr=1 oxcrpc.icxr=2 oxcrpc.cpid=9",
      OA_WALK_DONE },
    { "plain: a condition that does not hold",
      { OA_U8(OXCRPC_FLAGS), OA_IF_ANY(OXCRPC_FLAGS, 6), OA_U8(OXCRPC_CPID),
        OA_IF_NONE(OXCRPC_FLAGS, 6), OA_U16(OXCRPC_ICXR), OA_IF_LEFT(1), OA_U8(OXCRPC_CPID),
        OA_END },
      OA_PLAIN,
      false,
      "01 0200",
      "oxcrpc.flags=1 oxcrpc.icxr=2",
      OA_WALK_DONE },
    { "plain: not less than a value, big endian",
      { OA_U8(OXCRPC_FLAGS), OA_IF_AT_LEAST(OXCRPC_FLAGS, 2), OA_U8(OXCRPC_CPID),
        OA_IF_AT_LEAST(OXCRPC_FLAGS, 3), OA_U8(OXCRPC_CPID), OA_BIG_ENDIAN, OA_U16(OXCRPC_ICXR),
        OA_U16(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "02 05 0102 0102",
      "oxcrpc.flags=2 oxcrpc.cpid=5 oxcrpc.icxr=258 oxcrpc.icxr=513",
      OA_WALK_DONE },
    { "plain: exactly so many bytes left",
      { OA_IF_LEFT_IS(2), OA_U8(OXCRPC_FLAGS), OA_IF_LEFT_IS(2), OA_U8(OXCRPC_CPID),
        OA_U8(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "01 02",
      "oxcrpc.flags=1 oxcrpc.icxr=2",
      OA_WALK_DONE },
    { "plain: short in a bounded part only",
      { OA_COUNTED(2, OXCRPC_CB_OUT), OA_STRUCT(OXCRPC_CXH, PAIR), OA_U16(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "0300 0100 ff 0700",
      "oxcrpc.cb_out=3 oxcrpc.cxh{ oxcrpc.icxr=1 } <undecoded 1> oxcrpc.icxr=7",
      OA_WALK_SHORT },
    { "plain: a bounded part with more than its layout",
      { OA_U8(OXCRPC_FLAGS), OA_BOUND(OXCRPC_FLAGS, -1), OA_STRUCT(OXCRPC_CXH, PAIR),
        OA_U8(OXCRPC_CPID), OA_END },
      OA_PLAIN,
      false,
      "09 0100 02000000 ffff 03",
      "oxcrpc.flags=9 oxcrpc.cxh{ oxcrpc.icxr=1 oxcrpc.flags=2 } <trailing 2> oxcrpc.cpid=3",
      OA_WALK_DONE },
    { "plain: to the end of the bytes",
      { OA_REPEAT_REST(OXCRPC_CXH), OA_U16(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "0100 0200 03",
      "oxcrpc.cxh{ oxcrpc.icxr=1 oxcrpc.icxr=2 } <undecoded 1>",
      OA_WALK_SHORT },
    { "plain: placed text, in the order of the bytes",
      { OA_ORIGIN, OA_U8(OXCRPC_ICXR), OA_AT(OXCRPC_ICXR), OA_STRING8Z(OXCRPC_USER_DN),
        OA_U8(OXCRPC_FLAGS), OA_AT(OXCRPC_FLAGS), OA_STRING8Z(OXCRPC_DISPLAY_NAME), OA_END },
      OA_PLAIN,
      false,
      "06 02 6100 ffff 6200",
      "oxcrpc.icxr=6 oxcrpc.flags=2 oxcrpc.display_name=a oxcrpc.user_dn=b",
      OA_WALK_DONE },
    { "plain: places nowhere, twice and beyond",
      { OA_U8(OXCRPC_ICXR), OA_AT(OXCRPC_ICXR), OA_STRING8Z(OXCRPC_USER_DN), OA_U8(OXCRPC_FLAGS),
        OA_AT(OXCRPC_FLAGS), OA_STRING8Z(OXCRPC_DISPLAY_NAME), OA_END },
      OA_PLAIN,
      false,
      "00 01 6100",
      "oxcrpc.icxr=0 oxcrpc.flags=1 <trailing 2>",
      OA_WALK_UNKNOWN },
    { "plain: an earlier field decides",
      { OA_U8(OXCRPC_FLAGS), OA_SWITCH(OXCRPC_FLAGS, 0x0f, ARMS), OA_END },
      OA_PLAIN,
      false,
      "f1 0100 02000000",
      "oxcrpc.flags=241 oxcrpc.icxr=1 oxcrpc.flags=2",
      OA_WALK_DONE },
    { "plain: arms by index",
      { OA_FIXED(NONE, 3), OA_STRUCT(OXCRPC_CXH, INDEXED), OA_END },
      OA_PLAIN,
      false,
      "04 0500000000000000 03 01 0200 03000000",
      "oxcrpc.cxh{ oxcrpc.flags=4 max_count=5 } oxcrpc.cxh{ oxcrpc.flags=3 } oxcrpc.cxh{ "
      "oxcrpc.flags=1 oxcrpc.icxr=2 oxcrpc.flags=3 }",
      OA_WALK_DONE },
    { "plain: no arm at that index",
      { OA_U8(OXCRPC_FLAGS), OA_SWITCH_INDEX(OXCRPC_FLAGS, 0xff, BY_INDEX), OA_END },
      OA_PLAIN,
      false,
      "02 01",
      "oxcrpc.flags=2 <undecoded 1>",
      OA_WALK_UNKNOWN },
    { "plain: an index beyond the arms",
      { OA_U8(OXCRPC_FLAGS), OA_SWITCH_INDEX(OXCRPC_FLAGS, 0xff, BY_INDEX), OA_END },
      OA_PLAIN,
      false,
      "05 01",
      "oxcrpc.flags=5 <undecoded 1>",
      OA_WALK_UNKNOWN },
    { "plain: unknown in a bounded part only",
      { OA_COUNTED(1, OXCRPC_CB_OUT), OA_STRUCT(OXCRPC_CXH, INDEXED), OA_U16(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "03 02 ffff 0700",
      "oxcrpc.cb_out=3 oxcrpc.cxh{ oxcrpc.flags=2 } <undecoded 2> oxcrpc.icxr=7",
      OA_WALK_UNKNOWN },
    { "plain: IDs and SIDs",
      { OA_ID(NDR_MAX_COUNT), OA_SID(OXCRPC_IN), OA_U8(OXCRPC_FLAGS), OA_END },
      OA_PLAIN,
      false,
      "0100 000000000a0b 0101 000000000005 12000000 07",
      "max_count=281474976713227 oxcrpc.in=[12] oxcrpc.flags=7",
      OA_WALK_DONE },
    { "plain: rows by columns",
      { OA_COLUMNS(OXNSPI_TAG), OA_STRUCT(OXCRPC_CXH, TAGS), OA_FIXED(NONE, 2),
        OA_STRUCT(OXCRPC_CXH, ROW), OA_STRUCT(OXCRPC_CXH, SHORT_ROW), OA_END },
      OA_PLAIN,
      false,
      "02 00000000 00000100 0100 02000300 0400 05000600 01 0700",
      "oxcrpc.cxh{ oxcrpc.flags=2 oxnspi.property_tag=0 oxnspi.property_tag=65536 } oxcrpc.cxh{ "
      "oxnspi.value{ oxcrpc.icxr=1 } oxnspi.value{ oxcrpc.icxr=2 oxcrpc.icxr=3 } } oxcrpc.cxh{ "
      "oxnspi.value{ oxcrpc.icxr=4 } oxnspi.value{ oxcrpc.icxr=5 oxcrpc.icxr=6 } } oxcrpc.cxh{ "
      "oxnspi.count=1 oxnspi.value{ oxcrpc.icxr=7 } }",
      OA_WALK_DONE },
    { "plain: rows of unknown columns",
      { OA_COUNTED(1, OXCRPC_CB_OUT), OA_STRUCT(OXCRPC_CXH, ROW), OA_U16(OXCRPC_ICXR), OA_END },
      OA_PLAIN,
      false,
      "02 0100 0700",
      "oxcrpc.cb_out=2 oxcrpc.cxh{ } <undecoded 2> oxcrpc.icxr=7",
      OA_WALK_UNKNOWN },
};

static void
test_case(const void *data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    struct oa_layout layout = { CASES[i].what, CASES[i].slots };
    struct oa_walk_result result;
    size_t length;
    uint8_t *bytes = vectors_bytes(CASES[i].bytes, &length);
    char *text =
        coverage_walk(&layout, CASES[i].encoding, CASES[i].big_endian, bytes, length, &result);

    g_assert_cmpstr(text, ==, CASES[i].expected);
    g_assert_cmpint(result.state, ==, CASES[i].state);
    g_free(text);
    /* Every prefix is reported byte for byte too, and only the whole is complete. */
    for (size_t cut = 0; cut < length; cut++) {
        g_free(coverage_walk(&layout, CASES[i].encoding, CASES[i].big_endian, bytes, cut, &result));
        g_assert_cmpuint(result.offset, <=, cut);
    }
    g_free(bytes);
}

static void
test_depth(void)
{
    struct oa_slot slots[] = { OA_STRUCT(OXCRPC_CXH, LIST), OA_END };
    struct oa_layout layout = { "list", slots };
    struct oa_walk_result result;
    size_t length = 4000;
    uint8_t *bytes = g_malloc(length);

    memset(bytes, 1, length);
    g_free(coverage_walk(&layout, OA_NDR32, false, bytes, length, &result));
    g_assert_cmpint(result.state, ==, OA_WALK_LIMIT);
    g_assert_cmpuint(result.undecoded, >, 3000);
    g_free(bytes);
}

/* Elements without bytes are limited; elements with bytes are as many as the bytes. */
static void
test_budget(void)
{
    static const struct oa_slot NOTHING[] = { OA_END };
    static const struct oa_layout EMPTY = { "empty", NOTHING };
    struct oa_slot empty[] = { OA_CONFORMANT(NONE), OA_STRUCT(OXCRPC_CXH, EMPTY), OA_END };
    struct oa_slot many[] = { OA_CONFORMANT(NONE), OA_U8(OXCRPC_FLAGS), OA_END };
    struct oa_layout layouts[] = { { "empty", empty }, { "many", many } };
    struct oa_walk_result result;
    size_t length = 1u << 19;
    uint8_t *bytes = g_malloc(length);

    memset(bytes, 0xff, length);
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        g_free(coverage_walk(&layouts[i], OA_NDR32, false, bytes, length, &result));
        g_assert_cmpint(result.state, ==, i == 0 ? OA_WALK_LIMIT : OA_WALK_SHORT);
    }
    g_free(bytes);
}

/* The columns that a row is read by can be given before; a walk forgets them, and its decoder, when
 * it is used again. */
static void
decode_octets(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length)
{
    static const struct oa_slot U8[] = { OA_U8(OXCRPC_FLAGS), OA_END };
    size_t beyond;

    g_assert_true(oa_walk_bytes_ahead(walk) == bytes);
    g_assert_true(oa_walk_beyond(walk, &beyond) == bytes + length);
    g_assert_cmpuint(beyond, ==, GPOINTER_TO_SIZE(oa_walk_context(walk)));
    unsigned known = oa_walk_known(walk);
    oa_walk_slots(walk, node, U8);
    g_assert_cmpuint(oa_walk_value(walk, OA_F_OXCRPC_FLAGS), ==, bytes[0]);
    oa_walk_forget(walk, known);
    g_assert_cmpuint(oa_walk_value(walk, OA_F_OXCRPC_FLAGS), ==, 0);
}

static bool
is_octets(const struct oa_walk *walk, const uint8_t *bytes, size_t length)
{
    g_assert_cmpuint(GPOINTER_TO_SIZE(oa_walk_context(walk)), ==, 2);
    return length > 0 && bytes[0] == 7;
}

static char *
reuse(struct oa_walk *walk, const struct oa_layout *layout, const uint8_t *bytes, size_t length)
{
    struct coverage coverage;

    oa_walk_reuse(walk, &COVERAGE_VISITOR, &coverage);
    if (layout == &ROW)
        oa_walk_set_columns(walk, (const uint32_t[]){ 0, 0x10000 }, 2);
    else
        oa_walk_set_decoder(walk, OA_F_OXCRPC_IN, is_octets, decode_octets);
    oa_walk_set_context(walk, GSIZE_TO_POINTER(2));
    coverage_start(&coverage, length);
    oa_walk_run(walk, layout, OA_PLAIN, false, bytes, length, &coverage);
    coverage_finish(&coverage);
    char *text = g_strdup(g_strchomp(coverage.text->str));
    coverage_end(&coverage);
    return text;
}

static void
test_reuse(void)
{
    static const struct oa_slot SLOTS[] = { OA_COUNTED(1, OXCRPC_CB_OUT), OA_OCTETS(OXCRPC_IN),
                                            OA_U16(OXCRPC_ICXR), OA_END };
    static const struct oa_layout OCTETS = { "octets", SLOTS };
    static const uint8_t PART[] = { 3, 7, 8, 9, 5, 0 }, OTHER[] = { 1, 6, 5, 0 };
    struct oa_walk *walk = oa_walk_new(&COVERAGE_VISITOR, NULL);

    char *row = reuse(walk, &ROW, PART, sizeof PART);
    g_assert_cmpstr(row, ==,
                    "oxnspi.value{ oxcrpc.icxr=1795 } oxnspi.value{ oxcrpc.icxr=2312 oxcrpc.icxr=5 "
                    "}");
    char *octets = reuse(walk, &OCTETS, PART, sizeof PART);
    g_assert_cmpstr(octets, ==,
                    "oxcrpc.cb_out=3 oxcrpc.in{ oxcrpc.flags=7 <trailing 2> } oxcrpc.icxr=5");
    g_free(row);
    g_free(octets);
    octets = reuse(walk, &OCTETS, OTHER, sizeof OTHER);
    g_assert_cmpstr(octets, ==, "oxcrpc.cb_out=1 oxcrpc.in=[1] oxcrpc.icxr=5");
    g_free(octets);
    oa_walk_free(walk);
}

/* Filters are unique and in a protocol, names ascend, bits belong to integers. */
static void
test_fields(void)
{
    GHashTable *filters = g_hash_table_new(g_str_hash, g_str_equal);

    for (int i = 1; i < OA_FIELDS_COUNT; i++) {
        const struct oa_field_row *row = &OA_FIELDS[i];
        g_assert_nonnull(strchr(row->filter, '.'));
        g_assert_true(row->label[0] != '\0');
        if (row->names != OA_NAMES_NONE)
            g_assert_true(row->type >= OA_TYPE_UINT8 && row->type <= OA_TYPE_UINT32);
        if (!g_hash_table_add(filters, (void *)row->filter))
            g_error("%s stands twice", row->filter);
    }
    for (size_t i = 0; i < OA_BITS_COUNT; i++) {
        enum oa_type type = OA_FIELDS[OA_BITS[i].parent].type;
        g_assert_true(type >= OA_TYPE_UINT8 && type <= OA_TYPE_UINT32);
        g_assert_true(OA_BITS[i].mask && (OA_BITS[i].is_number || !OA_BITS[i].names));
        g_assert_true(g_str_has_prefix(OA_BITS[i].filter, OA_FIELDS[OA_BITS[i].parent].filter));
        if (!g_hash_table_add(filters, (void *)OA_BITS[i].filter))
            g_error("%s stands twice", OA_BITS[i].filter);
    }
    for (int table = 1; table < OA_NAMES_COUNT; table++)
        for (size_t i = 0; i < OA_NAME_TABLES[table].count; i++) {
            uint32_t value = OA_NAME_TABLES[table].rows[i].value;
            g_assert_true(i == 0 || OA_NAME_TABLES[table].rows[i - 1].value < value);
            g_assert_cmpstr(oa_field_name(table, value), ==, OA_NAME_TABLES[table].rows[i].name);
        }
    g_assert_null(oa_field_name(OA_NAMES_STATUS, 0x12345678));
    g_hash_table_destroy(filters);
}

/* Every role has a field, and fields have the types that their roles ask for. */
static void
test_roles(void)
{
    unsigned fields[OA_ROLES] = { 0 };

    for (int i = 1; i < OA_FIELDS_COUNT; i++) {
        const struct oa_field_row *row = &OA_FIELDS[i];
        fields[row->role]++;
        switch (row->role) {
        case OA_ROLE_RETURN_VALUE:
            g_assert_cmpint(row->names, ==, OA_NAMES_STATUS);
            break;
        case OA_ROLE_CODE_PAGE:
            g_assert_cmpint(row->type, ==, OA_TYPE_UINT32);
            break;
        case OA_ROLE_TITLED:
        case OA_ROLE_NAMED:
            g_assert_cmpint(row->type, ==, OA_TYPE_NONE);
            break;
        case OA_ROLE_TITLE:
            g_assert_true(row->type >= OA_TYPE_UINT8 && row->type <= OA_TYPE_UINT32);
            break;
        default:
            g_assert_cmpint(row->role, ==, OA_ROLE_NONE);
        }
    }
    for (int role = 0; role < OA_ROLES; role++)
        g_assert_cmpuint(fields[role], >, 0);
    g_assert_cmpstr(oa_value_name(OA_F_AUX_TYPE, 2), ==, "AUX_TYPE_PERF_CLIENTINFO");
    g_assert_cmpstr(oa_value_name(OA_F_OXNSPI_TAG, 0x3001001f), ==, "PidTagDisplayName");
    g_assert_null(oa_value_name(OA_F_OXNSPI_TAG, 0xfffe001f));
    g_assert_null(oa_value_name(OA_F_OXNSPI_COUNT, 1));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        char *name = g_strdup_printf("/layout/%s", CASES[i].what);
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_case);
        g_free(name);
    }
    g_test_add_func("/layout/depth", test_depth);
    g_test_add_func("/layout/budget", test_budget);
    g_test_add_func("/layout/reuse", test_reuse);
    g_test_add_func("/layout/fields", test_fields);
    g_test_add_func("/layout/roles", test_roles);
    return g_test_run();
}
