/* test_rts.c
 * RTS PDUs against the vectors and the decision table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "rpc/dcerpc.h"
#include "rpc/rts.h"
#include "vectors.h"

/* Every place a PDU of that row may stand at gives its name back. */
static void
expect_name(const struct oa_rts *rts, const char *expected)
{
    bool known = false;

    for (unsigned pdu = 1; pdu < OA_RTS_PDUS; pdu++) {
        if (strcmp(OA_RTS_PDU_ROWS[pdu].name, expected) != 0)
            continue;
        known = true;
        for (unsigned place = 1; place <= OA_RTS_OUT_SERVER; place <<= 1) {
            if (!(OA_RTS_PDU_ROWS[pdu].places & place))
                continue;
            struct oa_rts_name name = oa_rts_identify(rts, (unsigned)place);
            enum oa_recycle_type type = strstr(expected, "_R2/") ? OA_RECYCLE_R2 : OA_RECYCLE_R1;
            char text[OA_RTS_NAME_TEXT];
            oa_rts_name_text(name, type, text);
            g_assert_false(name.unexpected);
            g_assert_cmpstr(text, ==, expected);
        }
    }
    g_assert_true(known);
}

static void
test_vectors(void)
{
    GPtrArray *rows = vectors_read("rts.tsv");
    unsigned name = vectors_column(rows, "name"), hex = vectors_column(rows, "hex");

    g_assert_cmpuint(rows->len, >, 60);
    for (unsigned i = 1; i < rows->len; i++) {
        char **row = rows->pdata[i];
        struct oa_rts rts;
        size_t length;
        uint8_t *pdu = vectors_bytes(row[hex], &length);

        g_assert_true(oa_rts_parse(pdu, length, &rts));
        g_assert_true(rts.is_complete);
        expect_name(&rts, row[name]);
        g_free(pdu);
    }
    g_ptr_array_unref(rows);
}

static void
test_prefixes(void)
{
    GPtrArray *rows = vectors_read("rts.tsv");
    unsigned hex = vectors_column(rows, "hex");

    for (unsigned i = 1; i < rows->len; i++) {
        size_t length;
        uint8_t *pdu = vectors_bytes(((char **)rows->pdata[i])[hex], &length);
        for (size_t cut = 0; cut < length; cut++) {
            struct oa_rts rts;
            uint8_t *prefix = g_memdup2(pdu, cut ? cut : 1);
            g_assert_cmpint(oa_rts_parse(prefix, cut, &rts), ==, cut >= OA_RTS_HEADER_SIZE);
            if (cut >= OA_RTS_HEADER_SIZE)
                g_assert_false(rts.is_complete);
            g_free(prefix);
        }
        g_free(pdu);
    }
    g_ptr_array_unref(rows);
}

static void
test_command_sizes(void)
{
    GPtrArray *rows = vectors_read("rts-command-sizes.tsv");

    for (unsigned i = 1; i < rows->len; i++) {
        char **row = rows->pdata[i];
        size_t given;
        uint8_t *start = vectors_bytes(row[0], &given);
        size_t expected = (size_t)g_ascii_strtoull(row[1], NULL, 10);
        uint8_t *body = g_malloc0(64);
        struct oa_rts_command command;

        memcpy(body, start, given);
        struct oa_cursor cursor = oa_cursor_over(body, 64);
        /* The rows write an address type of 3, and types from 0x0F, as of size 0: stop. */
        g_assert_cmpint(oa_rts_command_next(&cursor, &command), ==, expected != 0);
        if (expected)
            g_assert_cmpuint(command.length, ==, expected);
        g_free(body);
        g_free(start);
    }
    g_ptr_array_unref(rows);
}

static void
test_malformed(void)
{
    GPtrArray *rows = vectors_read("rts-malformed.tsv");

    for (unsigned i = 1; i < rows->len; i++) {
        size_t length;
        uint8_t *pdu = vectors_bytes(((char **)rows->pdata[i])[1], &length);
        struct oa_rpc_header header;
        struct oa_rts rts;
        /* Refused by its header, cut short, or with commands that do not fill it. */
        if (oa_rpc_header_parse(pdu, length, &header) && header.frag_length <= length &&
            oa_rts_parse(pdu, header.frag_length, &rts))
            g_assert_false(rts.is_complete);
        g_free(pdu);
    }
    g_ptr_array_unref(rows);
}

/* The table in the decoder against the one in the reference. */
static void
test_table(void)
{
    GPtrArray *rows = vectors_read("rts-pdus.tsv");
    unsigned name = vectors_column(rows, "name"), flags = vectors_column(rows, "flags");
    unsigned n_commands = vectors_column(rows, "n_commands"),
             types = vectors_column(rows, "command_types_hex");

    g_assert_cmpuint(rows->len, ==, 51);
    g_assert_cmpuint(OA_RTS_PDUS, ==, 51);
    for (unsigned pdu = 1; pdu < OA_RTS_PDUS; pdu++) {
        const struct oa_rts_pdu_row *row = &OA_RTS_PDU_ROWS[pdu];
        char **expected = rows->pdata[pdu];
        GString *text = g_string_new(NULL);

        for (unsigned i = 0; i < row->n_commands; i++)
            g_string_append_printf(text, "%s%X", i ? "," : "", row->commands[i]);
        g_assert_cmpstr(row->name, ==, expected[name]);
        g_assert_cmpuint(row->flags, ==, g_ascii_strtoull(expected[flags], NULL, 16));
        g_assert_cmpuint(row->n_commands, ==, g_ascii_strtoull(expected[n_commands], NULL, 10));
        g_assert_cmpstr(text->str, ==, expected[types]);
        g_assert_cmpuint(row->places, !=, 0);
        g_string_free(text, TRUE);
    }
    g_ptr_array_unref(rows);
}

static void
test_undecided_names(void)
{
    static const struct {
        struct oa_rts_name name;
        enum oa_recycle_type type;
        const char *text;
    } ROWS[] = {
        { { OA_RTS_OUT_R1_A2, OA_RTS_OUT_R2_A2, false }, OA_RECYCLE_UNDECIDED, "OUT_R?/A2" },
        { { OA_RTS_OUT_R1_A2, OA_RTS_OUT_R2_A2, false }, OA_RECYCLE_R1, "OUT_R1/A2" },
        { { OA_RTS_OUT_R1_A2, OA_RTS_OUT_R2_A2, false }, OA_RECYCLE_R2, "OUT_R2/A2" },
        { { OA_RTS_IN_R1_A6, OA_RTS_IN_R2_A2, false },
          OA_RECYCLE_UNDECIDED,
          "IN_R1/A6 or IN_R2/A2" },
        { { OA_RTS_CONN_A1, OA_RTS_CONN_A1, false }, OA_RECYCLE_R2, "CONN/A1" },
        { { OA_RTS_UNKNOWN, OA_RTS_UNKNOWN, false }, OA_RECYCLE_UNDECIDED, "Unknown RTS PDU" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        char text[OA_RTS_NAME_TEXT];
        oa_rts_name_text(ROWS[i].name, ROWS[i].type, text);
        g_assert_cmpstr(text, ==, ROWS[i].text);
    }
}

/* The text puts the address first, the one known Windows vector behind the family and port of a
 * sockaddr. */
static void
test_client_address(void)
{
    static const struct {
        const char *hex;
        bool is_ipv6, sockaddr_form;
        uint8_t begins[4];
    } ROWS[] = {
        { "0b0000000000000000000000c0a802fe0000000000000000", false, true, { 192, 168, 2, 254 } },
        { "0b00000000000000c0000201000000000000000000000000", false, false, { 192, 0, 2, 1 } },
        { "0b00000001000000"
          "0000000000000000"
          "20010db8000000000000000000000001"
          "00000000",
          true,
          true,
          { 0x20, 1, 0xd, 0xb8 } },
        { "0b00000001000000"
          "20010db8000000000000000000000001"
          "000000000000000000000000",
          true,
          false,
          { 0x20, 1, 0xd, 0xb8 } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        size_t length;
        uint8_t *bytes = vectors_bytes(ROWS[i].hex, &length);
        struct oa_cursor cursor = oa_cursor_over(bytes, length);
        struct oa_rts_command command;

        g_assert_true(oa_rts_command_next(&cursor, &command));
        g_assert_cmpuint(command.length, ==, length);
        g_assert_cmpint(command.value.address.is_ipv6, ==, ROWS[i].is_ipv6);
        g_assert_cmpint(command.value.address.sockaddr_form, ==, ROWS[i].sockaddr_form);
        g_assert_cmpmem(command.value.address.bytes, 4, ROWS[i].begins, 4);
        g_free(bytes);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rts/vectors", test_vectors);
    g_test_add_func("/rts/prefixes", test_prefixes);
    g_test_add_func("/rts/command-sizes", test_command_sizes);
    g_test_add_func("/rts/malformed", test_malformed);
    g_test_add_func("/rts/table", test_table);
    g_test_add_func("/rts/undecided-names", test_undecided_names);
    g_test_add_func("/rts/client-address", test_client_address);
    return g_test_run();
}
