/* test_eeinfo.c
 * Tests of eeinfo.c. [MS-EERR] 2.2
 *
 * No blob of a real server is public. The vectors are built by hand from the IDL of [MS-EERR] 5;
 * Samba's NDR code (ndrdump drsblobs ExtendedErrorInfo) reads the same values out of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/eeinfo.h"

#include <string.h>

#include <glib.h>

#include "rpc/dcerpc.h"

/* One record without name and parameters: the proxy could not connect to the server. */
static const char ONE[] =
    "01100800cccccccc300000000000000000000200000000000000000002000200d20400000000000087d67fc6"
    "4717da010e000000ba060000a005000000000000";

/* Three records with names, and parameters of all types. */
static const char THREE[] =
    "01100800cccccccc480100000000000000000200040000000400020001000100070000000800020034120000"
    "0000000087d67fc64717da010e000000ba060000a005020004000000020002000e0000000c00020000000000"
    "0300030071170000070007000300000010000200000000000600060003000000140002000200020034120000"
    "0000000087d67fc64717da01080000004d270000f40100000300000001000100050000001800020000000000"
    "0400040007000000050005000000000088776655443322110000000000000000000000000100010005000000"
    "1c0002004d000000000000000740e7c54717da010200000005000000f00b010000000000050000004d004200"
    "580031000000000005000000636166e90000000007000000500052004f00580059003100000000000e000000"
    "6d006200780031002e006c00610062002e00740065007300740000000300000001020300";

/* A fault and a bind_nak that carry ONE. */
static const char FAULT[] =
    "050003031000000060000000010000006000000000000001ba0600000000000001100800cccccccc30000000"
    "0000000000000200000000000000000002000200d20400000000000087d67fc64717da010e000000ba060000"
    "a005000000000000";
static const char BIND_NAK[] =
    "05000d03100000006800000001000000080001050000000020037490d0fad31182d7009027b130ab01100800"
    "cccccccc300000000000000000000200000000000000000002000200d20400000000000087d67fc64717da01"
    "0e000000ba060000a005000000000000";

#define TIME 0x01da1747c67fd687

static GByteArray *
from_hex(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();

    for (; hex[0] && hex[1]; hex += 2) {
        guint8 byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

/* Parses a copy on the heap of just that size: the address sanitizer sees a read beyond it. */
static bool
parse_exact(const uint8_t *data, size_t length, struct oa_eeinfo *eeinfo)
{
    uint8_t *copy = g_malloc(length ? length : 1);

    memset(eeinfo, 0x55, sizeof *eeinfo);
    if (length)
        memcpy(copy, data, length);
    bool found = oa_eeinfo_parse(copy, length, eeinfo);
    g_free(copy);
    return found;
}

static void
check_one(const struct oa_eeinfo *eeinfo)
{
    const struct oa_eeinfo_record *record = &eeinfo->records[0];

    g_assert_false(eeinfo->malformed);
    g_assert_cmpuint(eeinfo->n_records, ==, 1);
    g_assert_false(record->has_computer_name);
    g_assert_cmpuint(record->process_id, ==, 1234);
    g_assert_cmphex(record->time, ==, TIME);
    g_assert_cmpuint(record->component, ==, 14);
    g_assert_cmpuint(record->status, ==, 1722);
    g_assert_cmphex(record->location, ==, 0x5a0);
    g_assert_cmpuint(record->flags, ==, 0);
    g_assert_cmpuint(record->n_params, ==, 0);
    g_assert_cmpuint(record->offset, ==, 24);
    g_assert_cmpuint(record->length, ==, 38);
}

static void
test_one(void)
{
    GByteArray *blob = from_hex(ONE);
    struct oa_eeinfo eeinfo;

    g_assert_true(parse_exact(blob->data, blob->len, &eeinfo));
    check_one(&eeinfo);
    g_byte_array_unref(blob);
}

static void
check_param(const struct oa_eeinfo_param *param, enum oa_eeinfo_param_type type, uint64_t number,
            const char *text)
{
    g_assert_cmpint(param->type, ==, type);
    g_assert_cmphex(param->number, ==, number);
    g_assert_cmpstr(param->text, ==, text);
}

static void
test_three(void)
{
    GByteArray *blob = from_hex(THREE);
    struct oa_eeinfo eeinfo;

    g_assert_true(parse_exact(blob->data, blob->len, &eeinfo));
    g_assert_false(eeinfo.malformed || eeinfo.has_more);
    g_assert_cmpuint(eeinfo.n_records, ==, 3);
    const struct oa_eeinfo_record *record = eeinfo.records;
    g_assert_cmpstr(record[0].computer_name, ==, "PROXY1");
    g_assert_cmpuint(record[0].flags, ==, OA_EEINFO_NEXT_MISSING);
    g_assert_cmpuint(record[0].n_params, ==, 4);
    check_param(&record[0].params[0], OA_EEINFO_UNICODE_STRING, 0, "mbx1.lab.test");
    check_param(&record[0].params[1], OA_EEINFO_LONG, 6001, "");
    check_param(&record[0].params[2], OA_EEINFO_BINARY, 3, "");
    check_param(&record[0].params[3], OA_EEINFO_NONE, 0, "");
    g_assert_false(record[1].has_computer_name);
    g_assert_cmpuint(record[1].component, ==, 8);
    g_assert_cmpuint(record[1].status, ==, 10061);
    g_assert_cmpuint(record[1].n_params, ==, 3);
    check_param(&record[1].params[0], OA_EEINFO_ANSI_STRING, 0, "caf\xC3\xA9");
    check_param(&record[1].params[1], OA_EEINFO_SHORT, 7, "");
    check_param(&record[1].params[2], OA_EEINFO_POINTER, 0x1122334455667788, "");
    g_assert_cmpstr(record[2].computer_name, ==, "MBX1");
    g_assert_cmpuint(record[2].process_id, ==, 77);
    g_assert_cmphex(record[2].time, ==, TIME - 10000000);
    g_assert_cmpuint(record[2].status, ==, 5);
    g_assert_cmphex(record[2].location, ==, 0xbf0);
    g_assert_cmpuint(record[2].flags, ==, OA_EEINFO_PREVIOUS_MISSING);
    g_byte_array_unref(blob);
}

/* A blob that is cut is known to be, and tells nothing that the whole one does not. */
static void
test_every_prefix(void)
{
    GByteArray *blob = from_hex(THREE);
    struct oa_eeinfo whole, part;

    parse_exact(blob->data, blob->len, &whole);
    for (size_t length = 0; length < blob->len; length++) {
        if (!parse_exact(blob->data, length, &part)) {
            g_assert_cmpuint(length, <, 8);
            continue;
        }
        g_assert_true(part.malformed);
        for (unsigned i = 0; i < part.n_records; i++) {
            g_assert_cmpuint(part.records[i].status, ==, whole.records[i].status);
            g_assert_true(
                g_str_has_prefix(whole.records[i].computer_name, part.records[i].computer_name));
            g_assert_cmpuint(part.records[i].offset + part.records[i].length, <=, length);
        }
    }
    g_byte_array_unref(blob);
}

/* Counts, tags and pointers that lie. */
static void
test_every_byte_wrong(void)
{
    static const uint8_t VALUES[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
    GByteArray *blob = from_hex(THREE);
    struct oa_eeinfo eeinfo;

    for (size_t at = 0; at < blob->len * sizeof VALUES; at++) {
        uint8_t *byte = &blob->data[at / sizeof VALUES];
        uint8_t kept = *byte;

        *byte = VALUES[at % sizeof VALUES];
        if (parse_exact(blob->data, blob->len, &eeinfo)) {
            g_assert_cmpuint(eeinfo.n_records, <=, OA_EEINFO_RECORDS_MAX);
            for (unsigned i = 0; i < eeinfo.n_records; i++)
                g_assert_true(g_utf8_validate(eeinfo.records[i].computer_name, -1, NULL));
        }
        *byte = kept;
    }
    g_byte_array_unref(blob);
}

/* A chain longer than what is kept: the record of ONE, again and again, each with a next one. */
static void
test_long_chain(void)
{
    GByteArray *one = from_hex(ONE);
    GByteArray *blob = g_byte_array_new();
    struct oa_eeinfo eeinfo;

    g_byte_array_append(blob, one->data, 20);
    for (unsigned i = 0; i < 2 * OA_EEINFO_RECORDS_MAX; i++) {
        static const guint8 size_and_pad[8];
        g_byte_array_append(blob, size_and_pad, i ? 8 : 4);
        g_byte_array_append(blob, one->data + 24, 38);
        blob->data[blob->len - 38] = 1; /* Next */
        g_byte_array_append(blob, size_and_pad, 2);
    }
    blob->data[8] = (guint8)(blob->len - 16);
    blob->data[9] = (guint8)((blob->len - 16) >> 8);
    g_assert_true(parse_exact(blob->data, blob->len, &eeinfo));
    g_assert_false(eeinfo.malformed);
    g_assert_true(eeinfo.has_more);
    g_assert_cmpuint(eeinfo.n_records, ==, OA_EEINFO_RECORDS_MAX);
    g_assert_cmpuint(eeinfo.records[OA_EEINFO_RECORDS_MAX - 1].status, ==, 1722);
    g_byte_array_unref(blob);
    g_byte_array_unref(one);
}

static void
test_base64(void)
{
    GByteArray *blob = from_hex(ONE);
    char *base64 = g_base64_encode(blob->data, blob->len);
    char *body = g_strconcat("RPC EEInfo:", base64, NULL);
    struct oa_eeinfo eeinfo;

    struct oa_text text = oa_eeinfo_of_body((const uint8_t *)body, strlen(body));
    g_assert_cmpuint(text.length, ==, strlen(base64));
    g_assert_true(oa_eeinfo_from_base64(text, &eeinfo));
    check_one(&eeinfo);
    g_assert_null(oa_eeinfo_of_body((const uint8_t *)"RPC EEInfo", 10).at);
    g_assert_false(oa_eeinfo_from_base64((struct oa_text){ "AAAA", 4 }, &eeinfo));
    g_assert_false(oa_eeinfo_from_base64((struct oa_text){ NULL, 0 }, &eeinfo));
    g_free(body);
    g_free(base64);
    g_byte_array_unref(blob);
}

static void
test_pdus(void)
{
    static const char *const HEX[] = { FAULT, BIND_NAK };

    for (size_t i = 0; i < G_N_ELEMENTS(HEX); i++) {
        GByteArray *bytes = from_hex(HEX[i]);
        struct oa_rpc_pdu pdu;
        struct oa_eeinfo eeinfo;

        g_assert_true(oa_rpc_parse(bytes->data, bytes->len, &pdu));
        g_assert_nonnull(pdu.eeinfo);
        g_assert_true(parse_exact(pdu.eeinfo, pdu.eeinfo_length, &eeinfo));
        check_one(&eeinfo);
        g_byte_array_unref(bytes);
    }
}

static void
test_names(void)
{
    g_assert_cmpstr(oa_eeinfo_component_name(2), ==, "RPC runtime");
    g_assert_cmpstr(oa_eeinfo_component_name(14), ==, "RPC over HTTP proxy");
    g_assert_null(oa_eeinfo_component_name(11));
    g_assert_null(oa_eeinfo_component_name(0xFFFFFFFF));
    g_assert_nonnull(oa_eeinfo_location_name(14, 0x5a0));
    g_assert_null(oa_eeinfo_location_name(2, 0x5a0));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/eeinfo/one", test_one);
    g_test_add_func("/eeinfo/three", test_three);
    g_test_add_func("/eeinfo/every-prefix", test_every_prefix);
    g_test_add_func("/eeinfo/every-byte-wrong", test_every_byte_wrong);
    g_test_add_func("/eeinfo/long-chain", test_long_chain);
    g_test_add_func("/eeinfo/base64", test_base64);
    g_test_add_func("/eeinfo/pdus", test_pdus);
    g_test_add_func("/eeinfo/names", test_names);
    return g_test_run();
}
