/* test_nspi.c
 * NSPI stubs: vectors for every operation made by hand from the interface definition, their every
 * prefix, random damage, deep restrictions. [MS-OXNSPI]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "coverage_visitor.h"
#include "exchange/call_facts.h"
#include "vectors.h"

#define DAMAGED_COPIES 200

struct vector {
    struct oa_stub stub;
    uint8_t *bytes;
    const char *expected;
};

static uint8_t *
spaced_bytes(const char *hex, size_t *length)
{
    char **parts = g_strsplit(hex, " ", -1);
    char *joined = g_strjoinv(NULL, parts);
    uint8_t *bytes = vectors_bytes(joined, length);

    g_free(joined);
    g_strfreev(parts);
    return bytes;
}

static struct vector
vector_of(const GPtrArray *rows, guint i)
{
    char **row = rows->pdata[i];
    struct vector vector = { .expected = row[vectors_column(rows, "expected")] };

    vector.stub.interface = oa_rpc_interface(OA_IF_NSPI);
    vector.stub.opnum = (uint16_t)strtoul(row[vectors_column(rows, "opnum")], NULL, 10);
    vector.stub.is_response = strcmp(row[vectors_column(rows, "direction")], "out") == 0;
    vector.stub.is_ndr64 = strcmp(row[vectors_column(rows, "syntax")], "ndr64") == 0;
    vector.bytes = spaced_bytes(row[vectors_column(rows, "bytes")], &vector.stub.length);
    return vector;
}

static char *
walk(const struct oa_stub *stub, const uint8_t *bytes, size_t length, struct oa_walk_result *result)
{
    const struct oa_layout *layout = oa_stub_layout(stub);

    g_assert_nonnull(layout);
    return coverage_walk(layout, stub->is_ndr64 ? OA_NDR64 : OA_NDR32, false, bytes, length,
                         result);
}

static void
check_prefixes(const struct vector *vector, size_t needed)
{
    struct oa_walk_result result;

    for (size_t cut = 0; cut < vector->stub.length; cut++) {
        g_free(walk(&vector->stub, vector->bytes, cut, &result));
        /* A parameter that is missing is noticed. */
        if (cut < needed)
            g_assert_cmpint(result.state, ==, OA_WALK_SHORT);
    }
}

static void
check_damage(const struct vector *vector)
{
    struct oa_walk_result result;

    for (int i = 0; i < DAMAGED_COPIES; i++) {
        uint8_t *bytes = g_memdup2(vector->bytes, vector->stub.length);
        for (int n = g_test_rand_int_range(1, 5); n > 0; n--)
            bytes[g_test_rand_int_range(0, (gint32)vector->stub.length)] =
                (uint8_t)g_test_rand_int_range(0, 256);
        g_free(walk(&vector->stub, bytes, vector->stub.length, &result));
        g_free(bytes);
    }
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("nspi.tsv");

    g_assert_cmpuint(rows->len, >, 40);
    for (guint i = 1; i < rows->len; i++) {
        struct vector vector = vector_of(rows, i);
        struct oa_walk_result result;
        char *text = walk(&vector.stub, vector.bytes, vector.stub.length, &result);
        g_test_message("%s", ((char **)rows->pdata[i])[0]);
        /* Two lengths of this one are good, and a trailer is nothing that has to be there. */
        bool any_length = vector.stub.opnum == 12 && !vector.stub.is_response;
        g_assert_cmpstr(text, ==, vector.expected);
        g_assert_cmpint(result.state, ==, OA_WALK_DONE);
        g_assert_cmpuint(result.trailing + result.undecoded, ==, 0);
        g_free(text);
        check_prefixes(&vector, any_length ? 0 : vector.stub.length);
        check_damage(&vector);
        g_free(vector.bytes);
    }
    g_ptr_array_unref(rows);
}

/* Every request but the first begins with the handle. */
static void
test_handles(void)
{
    const struct oa_rpc_interface *iface = oa_rpc_interface(OA_IF_NSPI);

    for (uint16_t opnum = 1; opnum < oa_rpc_interface_operations(iface); opnum++) {
        struct oa_stub stub = { .interface = iface, .opnum = opnum };
        g_assert_cmpint(oa_stub_layout(&stub)->slots[0].field, ==, OA_F_OXNSPI_HANDLE);
    }
}

/* Not in Not in Not, deeper than any server takes. */
static void
test_depth(void)
{
    struct oa_stub stub = { .interface = oa_rpc_interface(OA_IF_NSPI), .opnum = 5 };
    GByteArray *bytes = g_byte_array_new();
    static const uint8_t HEAD[20 + 4 + 36 + 4 + 4] = { 0 };
    static const uint8_t NOT[12] = { 2, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0 };
    static const uint8_t REFERENT[4] = { 9, 0, 0, 0 };
    struct oa_walk_result result;

    g_byte_array_append(bytes, HEAD, sizeof HEAD);
    g_byte_array_append(bytes, REFERENT, sizeof REFERENT);
    for (int i = 0; i < 1000; i++)
        g_byte_array_append(bytes, NOT, sizeof NOT);
    char *text = walk(&stub, bytes->data, bytes->len, &result);
    g_assert_cmpint(result.state, ==, OA_WALK_LIMIT);
    g_assert_nonnull(strstr(text, "oxnspi.restriction.type=2 discriminant=2 referent_id=9 } "
                                  "oxnspi.restriction{ oxnspi.restriction.type=2"));
    g_free(text);
    g_byte_array_unref(bytes);
}

/* NspiUnbind alone returns 1 when it succeeds, 2 when it fails. [MS-OXNSPI] 3.1.4.1.2 */
static void
test_unbind(void)
{
    static const struct {
        uint16_t opnum;
        uint8_t returned;
        uint32_t status;
    } CASES[] = { { OA_NSPI_UNBIND, 1, 0 }, { OA_NSPI_UNBIND, 2, 2 }, { OA_NSPI_MOD_PROPS, 1, 1 } };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        uint8_t bytes[24] = { 0 };
        size_t length = CASES[i].opnum == OA_NSPI_UNBIND ? 24 : 4; /* one has a handle in front */
        struct oa_stub stub = { .interface = oa_rpc_interface(OA_IF_NSPI),
                                .opnum = CASES[i].opnum,
                                .is_response = true,
                                .data = bytes,
                                .length = length };
        struct oa_call_facts facts;
        struct oa_walk *walk = oa_walk_new(&OA_CALL_FACTS_VISITOR, &facts);

        bytes[length - 4] = CASES[i].returned;
        oa_call_facts_start(&facts, &stub);
        g_assert_true(oa_stub_walk(walk, &stub, NULL, &facts.walk));
        g_assert_true(facts.has_status);
        g_assert_cmpuint(facts.status, ==, CASES[i].status);
        oa_walk_free(walk);
    }
}

static void
test_property_names(void)
{
    static const struct {
        enum oa_names names;
        uint32_t value;
        const char *name;
    } KNOWN[] = {
        { OA_NAMES_ADDRESS_BOOK_ID, 0x3001, "PidTagDisplayName" },
        { OA_NAMES_ADDRESS_BOOK_ID, 0x39fe, "PidTagSmtpAddress" },
        { OA_NAMES_ADDRESS_BOOK_ID, 0x8c6d, "PidTagAddressBookObjectGuid" },
        { OA_NAMES_PROPERTY_TYPE, 0x001f, "PtypString" },
        { OA_NAMES_PROPERTY_TYPE, 0x1102, "PtypMultipleBinary" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KNOWN); i++)
        g_assert_cmpstr(oa_field_name(KNOWN[i].names, KNOWN[i].value), ==, KNOWN[i].name);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nspi/vectors", test_vectors);
    g_test_add_func("/nspi/handles", test_handles);
    g_test_add_func("/nspi/depth", test_depth);
    g_test_add_func("/nspi/unbind", test_unbind);
    g_test_add_func("/nspi/property_names", test_property_names);
    return g_test_run();
}
