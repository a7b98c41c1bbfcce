/* test_exported_pdu.c
 * Exported PDUs by hand: what their tags say, and headers that are not whole.
 * [Wireshark wsutil/exported_pdu_tlvs.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exported_pdu.h"

#include <glib.h>

#include <string.h>

#include "connection.h"

/* Hexadecimal text; names in the text stand for tags that recur. */
static const struct tag_row {
    const char *name;
    const char *hex;
} TAG_ROWS[] = {
    { "HTTP", "000c 000d 687474702d6f7665722d746c73" },
    { "DATA", "000c 0004 64617461" },
    { "DATA0", "000c 0006 646174610000" },
    { "DATABASE", "000c 0008 6461746162617365" },
    { "HEUR", "000d 0008 687474705f746c73" },
    { "TABLE", "000e 0008 7463702e706f7274 0020 0004 00000050" },
    { "FROM4", "0014 0004 c0000201" },
    { "TO4", "0015 0004 c6336402" },
    { "FROM6", "0016 0010 20010db8000000000000000000000001" },
    { "TO6", "0017 0010 20010db8000000000000000000000002" },
    { "TCP", "0018 0004 00000002" },
    { "UDP", "0018 0004 00000003" },
    { "PORTS", "0019 0004 0000c350 001a 0004 000001bb" },
    { "FRAME", "001e 0004 00000159" },
    { "SEQ", "0022 0013 0001 00000064 00000069 00000000 00 0018 0000" },
    { "REASSEMBLED", "0022 0013 0001 00000060 00000069 00000000 01 0018 0000" },
    { "AT_FIN", "0022 0013 0001 00000069 00000069 00000000 00 0011 0000" },
    { "SEQ_2", "0022 0002 0002" }, /* of another version */
    { "END", "0000 0000" },
    { "HELLO", "68656c6c6f" },
};

struct pdu_row {
    const char *name;
    const char *frame;
    const char *source; /* NULL: not taken */
    const char *payload;
    uint32_t number;
    const char
        *kind; /* sequence "100", or "100r" when reassembled, or "data"; NULL: none of them */
};

static const struct pdu_row PDU_ROWS[] = {
    { "tls", "HTTP FROM4 TO4 TCP PORTS FRAME END HELLO", "192.0.2.1", "hello", 345, NULL },
    { "tls-heuristic", "HEUR FROM4 TO4 TCP PORTS FRAME END HELLO", "192.0.2.1", "hello", 345,
      NULL },
    { "data", "DATA FROM4 TO4 TCP PORTS END HELLO", "192.0.2.1", "hello", 0, "data" },
    { "data-with-zeros", "DATA0 FROM4 TO4 TCP PORTS END HELLO", "192.0.2.1", "hello", 0, "data" },
    { "begins-like-data", "DATABASE FROM4 TO4 TCP PORTS END HELLO", "192.0.2.1", "hello", 0, NULL },
    { "ipv6", "HTTP FROM6 TO6 TCP PORTS FRAME END HELLO", "2001:db8::1", "hello", 345, NULL },
    { "tcp", "TABLE FROM4 TO4 TCP PORTS FRAME SEQ END HELLO", "192.0.2.1", "hello", 345, "100" },
    { "tcp-reassembled", "TABLE FROM4 TO4 TCP PORTS FRAME REASSEMBLED END HELLO", "192.0.2.1",
      "hello", 345, "96r" },
    { "tcp-at-fin", "TABLE FROM4 TO4 TCP PORTS FRAME AT_FIN END HELLO", "192.0.2.1", "hello", 345,
      "100" },
    { "tcp-other-version", "TABLE FROM4 TO4 TCP PORTS SEQ_2 END HELLO", "192.0.2.1", "hello", 0,
      NULL },
    { "any-order", "PORTS TCP TO4 FROM4 HTTP END HELLO", "192.0.2.1", "hello", 0, NULL },
    { "no-addresses", "HTTP TCP PORTS END HELLO", "::", "hello", 0, NULL },
    { "unknown-tags", "7fff 0003 010203 HTTP FROM4 TO4 TCP PORTS ffff 0000 END HELLO", "192.0.2.1",
      "hello", 0, NULL },
    { "no-payload", "HTTP FROM4 TO4 TCP PORTS END", "192.0.2.1", "", 0, NULL },
    { "end-with-a-value", "HTTP FROM4 TO4 TCP PORTS 0000 0002 ffff HELLO", "192.0.2.1", "hello", 0,
      NULL },
    { "udp", "HTTP FROM4 TO4 UDP PORTS END HELLO", NULL, NULL, 0, NULL },
    { "no-port-type", "HTTP FROM4 TO4 PORTS END HELLO", NULL, NULL, 0, NULL },
    { "no-end", "HTTP FROM4 TO4 TCP PORTS", NULL, NULL, 0, NULL },
    { "nothing", "", NULL, NULL, 0, NULL },
    { "value-beyond-the-end", "HTTP FROM4 TO4 TCP PORTS 0010 ffff 00", NULL, NULL, 0, NULL },
    { "half-a-length", "HTTP FROM4 TO4 TCP PORTS 00", NULL, NULL, 0, NULL },
    { "short-address", "HTTP 0014 0003 c00002 TO4 TCP PORTS END HELLO", NULL, NULL, 0, NULL },
    { "short-port", "HTTP FROM4 TO4 TCP 0019 0002 c350 END HELLO", NULL, NULL, 0, NULL },
    { "large-port", "HTTP FROM4 TO4 TCP 0019 0004 00010000 END HELLO", NULL, NULL, 0, NULL },
    { "short-sequence", "HTTP TCP PORTS 0022 0006 0001 00000064 END HELLO", NULL, NULL, 0, NULL },
};

static void
append_hex(GByteArray *frame, const char *hex)
{
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(frame, &byte, 1);
        hex++;
    }
}

static GByteArray *
make_frame(const char *text)
{
    GByteArray *frame = g_byte_array_new();
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word; word++) {
        const char *hex = *word;

        for (size_t i = 0; i < G_N_ELEMENTS(TAG_ROWS); i++)
            if (strcmp(*word, TAG_ROWS[i].name) == 0)
                hex = TAG_ROWS[i].hex;
        append_hex(frame, hex);
    }
    return frame;
}

static void
test_pdu(gconstpointer data)
{
    const struct pdu_row *row = data;
    GByteArray *frame = make_frame(row->frame);
    struct exported_pdu pdu;
    char text[ADDRESS_TEXT];

    bool is_taken = exported_pdu_parse(frame->data, frame->len, &pdu);
    g_assert_cmpint(is_taken, ==, row->source != NULL);
    if (is_taken) {
        g_assert_cmpstr(address_text(pdu.source.address, text), ==, row->source);
        g_assert_cmpuint(pdu.source.port, ==, 50000);
        g_assert_cmpuint(pdu.destination.port, ==, 443);
        g_assert_cmpuint(pdu.frame, ==, row->number);
        g_assert_cmpmem(pdu.data, pdu.length, row->payload, strlen(row->payload));
        g_autofree char *kind =
            pdu.has_sequence ? g_strdup_printf("%u%s", pdu.sequence, pdu.is_reassembled ? "r" : "")
                             : g_strdup(pdu.is_data ? "data" : NULL);
        g_assert_cmpstr(kind, ==, row->kind);
    }
    g_byte_array_unref(frame);
}

/* Cut anywhere in its tags, a PDU is not taken. */
static void
test_prefixes(void)
{
    GByteArray *frame = make_frame("TABLE FROM4 TO4 TCP PORTS FRAME SEQ END");
    struct exported_pdu pdu;

    for (guint length = 0; length < frame->len; length++)
        g_assert_false(exported_pdu_parse(frame->data, length, &pdu));
    g_assert_true(exported_pdu_parse(frame->data, frame->len, &pdu));
    g_byte_array_unref(frame);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(PDU_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/exported_pdu/%s", PDU_ROWS[i].name);
        g_test_add_data_func(path, &PDU_ROWS[i], test_pdu);
    }
    g_test_add_func("/exported_pdu/prefixes", test_prefixes);
    return g_test_run();
}
