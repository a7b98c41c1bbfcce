/* test_packet.c
 * Frames by hand through every link layer, and the lengths that decide the payload.
 * [RFC 791] [RFC 8200] [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"
#include "packet.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#define LONGEST_FRAME 512

/* Hexadecimal text; spaces are for the reader, and names in the text stand for headers that recur.
 */
static const struct header_row {
    const char *name;
    const char *hex;
} HEADER_ROWS[] = {
    { "MACS", "020202020202 040404040404" },
    { "IP4", "45 00 002d 0001 4000 40 06 0000 c6336402 cb007107" }, /* 20 + 20 + 5 */
    { "IP6",
      "60000000 0019 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002" },
    { "ADDR6", "20010db8000000000000000000000001 20010db8000000000000000000000002" },
    { "TCP", "c001 0050 01020304 05060708 50 18 ffff 0000 0000" },
    { "HELLO", "68656c6c6f" },
};

struct frame {
    uint8_t bytes[LONGEST_FRAME];
    size_t length;
};

static void
append_hex(struct frame *frame, const char *hex)
{
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        g_assert_cmpuint(frame->length, <, LONGEST_FRAME);
        frame->bytes[frame->length++] =
            (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        hex++;
    }
}

static struct frame
make_frame(const char *text)
{
    struct frame frame = { .length = 0 };
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word; word++) {
        const char *hex = *word;

        for (size_t i = 0; i < G_N_ELEMENTS(HEADER_ROWS); i++) {
            if (strcmp(*word, HEADER_ROWS[i].name) == 0)
                hex = HEADER_ROWS[i].hex;
        }
        append_hex(&frame, hex);
    }
    return frame;
}

struct frame_row {
    const char *name;
    int encap;
    const char *frame;
    enum packet_kind kind;
    const char *payload; /* of PACKET_TCP */
    uint32_t cut;
    int more_on_wire; /* than captured */
};

#define ETHERNET WTAP_ENCAP_ETHERNET

static const struct frame_row FRAME_ROWS[] = {
    { "ethernet", ETHERNET, "MACS 0800 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ethernet-ipv6", ETHERNET, "MACS 86dd IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "padding", ETHERNET, "MACS 0800 IP4 TCP HELLO 0000000000", PACKET_TCP, "hello", 0, 0 },
    { "padding-ipv6", ETHERNET, "MACS 86dd IP6 TCP HELLO 0000000000", PACKET_TCP, "hello", 0, 0 },
    { "padding-cut", ETHERNET, "MACS 0800 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 9 },
    { "vlan", ETHERNET, "MACS 8100 0007 0800 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "vlan-stack", ETHERNET, "MACS 88a8 0007 8100 0008 9100 0009 86dd IP6 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "vlan-cut", ETHERNET, "MACS 8100 0007", PACKET_CUT, NULL, 0, 0 },
    { "arp", ETHERNET, "MACS 0806 0001", PACKET_OTHER, NULL, 0, 0 },
    { "type-zero", ETHERNET, "MACS 0000 IP4 TCP HELLO", PACKET_OTHER, NULL, 0, 0 },
    { "empty", ETHERNET, "", PACKET_CUT, NULL, 0, 60 },
    { "cooked", WTAP_ENCAP_SLL, "0000 0001 0006 0202020202020000 0800 IP4 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "cooked-vlan", WTAP_ENCAP_SLL, "0000 0001 0006 0202020202020000 8100 0001 86dd IP6 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "cooked-2", WTAP_ENCAP_SLL2, "0800 0000 00000001 0001 00 06 0202020202020000 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "raw-ip", WTAP_ENCAP_RAW_IP, "IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "raw-ip-6", WTAP_ENCAP_RAW_IP, "IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "raw-ip4", WTAP_ENCAP_RAW_IP4, "IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "raw-ip6", WTAP_ENCAP_RAW_IP6, "IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "raw-empty", WTAP_ENCAP_RAW_IP, "", PACKET_CUT, NULL, 0, 0 },
    { "loopback-little", WTAP_ENCAP_NULL, "02000000 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "loopback-big", WTAP_ENCAP_NULL, "00000002 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "loopback-freebsd-6", WTAP_ENCAP_NULL, "1c000000 IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "loopback-macos-6", WTAP_ENCAP_NULL, "1e000000 IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "loopback-openbsd-6", WTAP_ENCAP_LOOP, "00000018 IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "loopback-other", WTAP_ENCAP_LOOP, "00000007 IP4 TCP HELLO", PACKET_OTHER, NULL, 0, 0 },
    { "unsupported", WTAP_ENCAP_PPP, "ff03 0021 IP4 TCP HELLO", PACKET_UNSUPPORTED, NULL, 0, 0 },
    { "ipv4-options", WTAP_ENCAP_RAW_IP4,
      "46 00 0031 0001 4000 40 06 0000 c6336402 cb007107 01010101 TCP HELLO", PACKET_TCP, "hello",
      0, 0 },
    { "ipv4-length-zero", WTAP_ENCAP_RAW_IP4,
      "45 00 0000 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ipv4-length-zero-cut", WTAP_ENCAP_RAW_IP4,
      "45 00 0000 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_TCP, "hello", 70000,
      70000 },
    { "ipv4-length-short", WTAP_ENCAP_RAW_IP4,
      "45 00 0013 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_CUT, NULL, 0, 0 },
    { "ipv4-length-in-tcp-header", WTAP_ENCAP_RAW_IP4,
      "45 00 0027 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_CUT, NULL, 0, 0 },
    { "ipv4-length-long", WTAP_ENCAP_RAW_IP4,
      "45 00 0037 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_TCP, "hello", 10, 0 },
    { "ipv4-first-fragment", WTAP_ENCAP_RAW_IP4,
      "45 00 002d 0001 2000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ipv4-later-fragment", WTAP_ENCAP_RAW_IP4,
      "45 00 002d 0001 2001 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_OTHER, NULL, 0, 0 },
    { "ipv4-udp", WTAP_ENCAP_RAW_IP4, "45 00 002d 0001 4000 40 11 0000 c6336402 cb007107 TCP HELLO",
      PACKET_OTHER, NULL, 0, 0 },
    { "ipv4-version", ETHERNET, "MACS 0800 IP6 TCP HELLO", PACKET_CUT, NULL, 0, 0 },
    { "ipv4-header-short", WTAP_ENCAP_RAW_IP4,
      "44 00 002d 0001 4000 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_CUT, NULL, 0, 0 },
    { "ipv6-version", ETHERNET, "MACS 86dd IP4 TCP HELLO", PACKET_CUT, NULL, 0, 0 },
    { "ipv6-hop-by-hop", WTAP_ENCAP_RAW_IP6,
      "60000000 0021 00 40 ADDR6 06 00 000000000000 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ipv6-header-chain", WTAP_ENCAP_RAW_IP6,
      "60000000 0059 00 40 ADDR6 2b 00 000000000000 3c 01 0000000000000000000000000000 33 00 "
      "000000000000 "
      "2c 04 00000000000000000000000000000000000000000000 06 00 0000 00000001 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "ipv6-later-fragment", WTAP_ENCAP_RAW_IP6,
      "60000000 0021 2c 40 ADDR6 06 00 0009 00000001 TCP HELLO", PACKET_OTHER, NULL, 0, 0 },
    { "ipv6-udp", WTAP_ENCAP_RAW_IP6, "60000000 0019 11 40 ADDR6 TCP HELLO", PACKET_OTHER, NULL, 0,
      0 },
    { "ipv6-extension-cut", WTAP_ENCAP_RAW_IP6, "60000000 0021 00 40 ADDR6 06 09 000000000000",
      PACKET_CUT, NULL, 0, 0 },
    { "ipv6-length-zero", WTAP_ENCAP_RAW_IP6, "60000000 0000 06 40 ADDR6 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "tcp-options", WTAP_ENCAP_RAW_IP4,
      "45 00 0031 0001 4000 40 06 0000 c6336402 cb007107 c001 0050 01020304 05060708 60 18 ffff "
      "0000 0000 01010101 "
      "HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "tcp-options-cut", WTAP_ENCAP_RAW_IP4,
      "45 00 0031 0001 4000 40 06 0000 c6336402 cb007107 c001 0050 01020304 05060708 60 18 ffff "
      "0000 0000 0101",
      PACKET_TCP, "", 5, 7 },
    { "tcp-header-short", WTAP_ENCAP_RAW_IP4,
      "45 00 002d 0001 4000 40 06 0000 c6336402 cb007107 c001 0050 01020304 05060708 40 18 ffff "
      "0000 0000 HELLO",
      PACKET_CUT, NULL, 0, 0 },
    { "tcp-no-payload", WTAP_ENCAP_RAW_IP4, "45 00 0028 0001 4000 40 06 0000 c6336402 cb007107 TCP",
      PACKET_TCP, "", 0, 0 },
};

static void
test_frame(gconstpointer data)
{
    const struct frame_row *row = (const struct frame_row *)data;
    struct frame frame = make_frame(row->frame);
    struct segment segment;
    enum packet_kind kind = packet_decode(row->encap, frame.bytes, frame.length,
                                          frame.length + (size_t)row->more_on_wire, &segment);

    g_assert_cmpint(kind, ==, row->kind);
    if (kind != PACKET_TCP)
        return;
    g_assert_cmpmem(segment.payload, (int)segment.payload_length, row->payload,
                    (int)strlen(row->payload));
    g_assert_cmpuint(segment.cut_length, ==, row->cut);
    g_assert_cmpuint(segment.source.port, ==, 0xc001);
    g_assert_cmpuint(segment.destination.port, ==, 80);
    g_assert_cmphex(segment.sequence, ==, 0x01020304);
    g_assert_cmphex(segment.acknowledgment, ==, 0x05060708);
    g_assert_cmphex(segment.flags & TCP_ACK, ==, TCP_ACK);
}

/* Every prefix of every frame, in memory of just its size: headers are cut, or whole and then what
 * is left adds up. */
static void
test_prefixes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FRAME_ROWS); i++) {
        const struct frame_row *row = &FRAME_ROWS[i];
        struct frame frame = make_frame(row->frame);
        size_t on_wire = frame.length + (size_t)row->more_on_wire;

        for (size_t n = 0; n < frame.length; n++) {
            g_autofree uint8_t *prefix = (uint8_t *)g_memdup2(frame.bytes, n ? n : 1);
            struct segment segment;
            enum packet_kind kind = packet_decode(row->encap, prefix, n, on_wire, &segment);

            if (kind == PACKET_TCP) {
                g_assert_cmpuint(segment.payload_length + segment.cut_length, ==,
                                 strlen(row->payload) + row->cut);
                g_assert_cmpmem(segment.payload, (int)segment.payload_length, row->payload,
                                segment.payload_length);
            } else if (kind != row->kind) {
                g_assert_cmpint(kind, ==, PACKET_CUT);
            }
        }
    }
}

struct address_row {
    const char *frame;
    int encap;
    const char *source, *destination;
};

static const struct address_row ADDRESS_ROWS[] = {
    { "IP4 TCP HELLO", WTAP_ENCAP_RAW_IP4, "198.51.100.2", "203.0.113.7" },
    { "IP6 TCP HELLO", WTAP_ENCAP_RAW_IP6, "2001:db8::1", "2001:db8::2" },
};

static void
test_addresses(void)
{
    char text[ADDRESS_TEXT];

    for (size_t i = 0; i < G_N_ELEMENTS(ADDRESS_ROWS); i++) {
        struct frame frame = make_frame(ADDRESS_ROWS[i].frame);
        struct segment segment;

        g_assert_cmpint(
            packet_decode(ADDRESS_ROWS[i].encap, frame.bytes, frame.length, frame.length, &segment),
            ==, PACKET_TCP);
        g_assert_cmpstr(address_text(segment.source.address, text), ==, ADDRESS_ROWS[i].source);
        g_assert_cmpstr(address_text(segment.destination.address, text), ==,
                        ADDRESS_ROWS[i].destination);
    }
    uint8_t longest[16];
    memset(longest, 0xfd, sizeof longest);
    g_assert_cmpstr(address_text(longest, text), ==, "fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(FRAME_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/packet/frame/%s", FRAME_ROWS[i].name);
        g_test_add_data_func(path, &FRAME_ROWS[i], test_frame);
    }
    g_test_add_func("/packet/prefixes", test_prefixes);
    g_test_add_func("/packet/addresses", test_addresses);
    return g_test_run();
}
