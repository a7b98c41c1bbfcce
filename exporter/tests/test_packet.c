/* test_packet.c
 * Frames by hand through every link layer, and the lengths that decide the payload.
 * [RFC 791] [RFC 8200] [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "connection.h"
#include "packet.h"

#include <wireshark.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wiretap/wtap.h>

#define LONGEST_FRAME 1024

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

/* "IP4(47,69)": an outer IPv4 header with its protocol and total length; NULL for other words. */
static char *
outer_ipv4(const char *word)
{
    unsigned protocol, length;

    if (sscanf(word, "IP4(%u,%u)", &protocol, &length) != 2)
        return NULL;
    return g_strdup_printf("4500%04x0001400040%02x0000c0000201c0000202", length, protocol);
}

static struct frame
make_frame(const char *text)
{
    struct frame frame = { .length = 0 };
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word; word++) {
        g_autofree char *outer = outer_ipv4(*word);
        const char *hex = outer ? outer : *word;

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
    { "unsupported", WTAP_ENCAP_IEEE_802_11, "0800 IP4 TCP HELLO", PACKET_UNSUPPORTED, NULL, 0, 0 },
    { "ppp", WTAP_ENCAP_PPP, "ff03 0021 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ppp-compressed", WTAP_ENCAP_PPP, "57 IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ppp-mpls", WTAP_ENCAP_PPP, "0281 00010100 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "ppp-other", WTAP_ENCAP_PPP, "ff03 c021 0101", PACKET_OTHER, NULL, 0, 0 },
    { "pppoe-link", WTAP_ENCAP_PPP_ETHER, "1100 0001 002f 0021 IP4 TCP HELLO", PACKET_TCP, "hello",
      0, 0 },
    { "pppoe", ETHERNET, "MACS 8864 1100 0001 002f 0021 IP4 TCP HELLO 0000", PACKET_TCP, "hello", 0,
      0 },
    { "pppoe-vlan", ETHERNET, "MACS 8100 0007 8864 1100 0001 0043 0057 IP6 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "vlan-deep", ETHERNET,
      "MACS 88a8 0001 88a8 0002 88a8 0003 8100 0004 8100 0005 8100 0006 8100 0007 9100 0008 "
      "9200 0009 8100 000a 8100 000b 8100 000c 8100 000d 8100 000e 8100 000f 8100 0010 8100 0011 "
      "8100 0012 8100 0013 8100 0014 8100 0015 8100 0016 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "802.1ah", ETHERNET, "MACS 88a8 0001 88e7 00000007 MACS 8100 0002 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "cisco-metadata", ETHERNET, "MACS 8909 0101 0001 0007 0800 IP4 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "mpls", ETHERNET, "MACS 8847 00010000 00020100 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "mpls-ipv6", ETHERNET, "MACS 8847 00010100 IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "mpls-ethernet", ETHERNET, "MACS 8847 00010100 MACS 0800 IP4 TCP HELLO", PACKET_TCP, "hello",
      0, 0 },
    { "mpls-control-word", ETHERNET, "MACS 8847 00010100 00000000 MACS 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "mpls-endless", ETHERNET, "MACS 8847 00010000 00020000", PACKET_CUT, NULL, 0, 0 },
    { "ip-in-ip", ETHERNET, "MACS 0800 IP4(4,65) IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "6in4", ETHERNET, "MACS 0800 IP4(41,85) IP6 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "4in6", ETHERNET, "MACS 86dd 60000000 002d 04 40 ADDR6 IP4 TCP HELLO", PACKET_TCP, "hello", 0,
      0 },
    { "6in6", ETHERNET, "MACS 86dd 60000000 0041 29 40 ADDR6 IP6 TCP HELLO", PACKET_TCP, "hello", 0,
      0 },
    { "mpls-in-ip", ETHERNET, "MACS 0800 IP4(137,69) 00010100 IP4 TCP HELLO", PACKET_TCP, "hello",
      0, 0 },
    { "etherip", ETHERNET, "MACS 0800 IP4(97,81) 3000 MACS 0800 IP4 TCP HELLO", PACKET_TCP, "hello",
      0, 0 },
    { "gre", ETHERNET, "MACS 0800 IP4(47,69) 0000 0800 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "gre-all-fields", ETHERNET,
      "MACS 0800 IP4(47,101) b000 86dd 12340000 00000007 00000001 IP6 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "gre-mpls", ETHERNET, "MACS 0800 IP4(47,73) 0000 8847 00010100 IP4 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "gre-routing", ETHERNET, "MACS 0800 IP4(47,69) 4000 0800 IP4 TCP HELLO", PACKET_OTHER, NULL,
      0, 0 },
    { "gre-ppp", ETHERNET,
      "MACS 0800 IP4(47,83) 3081 880b 00390007 00000001 00000002 ff03 0021 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "nvgre", ETHERNET, "MACS 0800 IP4(47,87) 2000 6558 00000100 MACS 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "erspan-1", ETHERNET, "MACS 0800 IP4(47,83) 0000 88be MACS 0800 IP4 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "erspan-2", ETHERNET,
      "MACS 0800 IP4(47,95) 1000 88be 00000001 1001 0000 00000000 MACS 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "erspan-3", ETHERNET,
      "MACS 0800 IP4(47,99) 1000 22eb 00000001 2001 0000 00000000 0000 0000 MACS 0800 IP4 TCP "
      "HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "erspan-3-platform", ETHERNET,
      "MACS 0800 IP4(47,107) 1000 22eb 00000001 2001 0000 00000000 0000 0001 0000000000000000 "
      "MACS 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "erspan-3-ip", ETHERNET,
      "MACS 0800 IP4(47,85) 1000 22eb 00000001 2001 0000 00000000 0000 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "vxlan", ETHERNET,
      "MACS 0800 IP4(17,95) c000 12b5 004b 0000 0800000000000700 MACS 0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "vxlan-no-identifier", ETHERNET,
      "MACS 0800 IP4(17,95) c000 12b5 004b 0000 0000000000000700 MACS 0800 IP4 TCP HELLO",
      PACKET_OTHER, NULL, 0, 0 },
    { "vxlan-ipv6", ETHERNET,
      "MACS 86dd 60000000 004b 11 40 ADDR6 c000 12b5 004b 0000 0800000000000700 MACS 8100 0001 "
      "0800 IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "geneve", ETHERNET,
      "MACS 0800 IP4(17,99) c000 17c1 004f 0000 0100 6558 00000700 01020304 MACS 0800 IP4 TCP "
      "HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "geneve-ip", ETHERNET,
      "MACS 0800 IP4(17,81) c000 17c1 003d 0000 0000 0800 00000700 IP4 TCP HELLO", PACKET_TCP,
      "hello", 0, 0 },
    { "tunnel-cut", ETHERNET,
      "MACS 0800 IP4(17,95) c000 12b5 004b 0000 0800000000000700 MACS 0800 IP4 TCP", PACKET_TCP, "",
      5, 5 },
    { "nested-deepest", ETHERNET,
      "MACS 0800 IP4(4,405) IP4(4,385) IP4(4,365) IP4(4,345) IP4(4,325) IP4(4,305) IP4(4,285) "
      "IP4(4,265) IP4(4,245) IP4(4,225) IP4(4,205) IP4(4,185) IP4(4,165) IP4(4,145) IP4(4,125) "
      "IP4(4,105) IP4(4,85) IP4 TCP HELLO",
      PACKET_TCP, "hello", 0, 0 },
    { "nested-too-deep", ETHERNET,
      "MACS 0800 IP4(4,425) IP4(4,405) IP4(4,385) IP4(4,365) IP4(4,345) IP4(4,325) IP4(4,305) "
      "IP4(4,285) IP4(4,265) IP4(4,245) IP4(4,225) IP4(4,205) IP4(4,185) IP4(4,165) IP4(4,145) "
      "IP4(4,125) IP4(4,105) IP4(4,85) IP4 TCP HELLO",
      PACKET_OTHER, NULL, 0, 0 },
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
      "45 00 002d 0001 2001 40 06 0000 c6336402 cb007107 TCP HELLO", PACKET_FRAGMENT, NULL, 0, 0 },
    { "ipv4-udp", WTAP_ENCAP_RAW_IP4, "45 00 002d 0001 4000 40 11 0000 c6336402 cb007107 TCP HELLO",
      PACKET_OTHER, NULL, 0, 0 },
    { "snap", ETHERNET, "MACS 0035 aaaa03 000000 0800 IP4 TCP HELLO", PACKET_TCP, "hello", 0, 0 },
    { "snap-of-cisco", ETHERNET, "MACS 0035 aaaa03 00000c 0800 IP4 TCP HELLO", PACKET_OTHER, NULL,
      0, 0 },
    { "snap-in-snap", ETHERNET, "MACS 0035 aaaa03 000000 0035 aaaa03 000000 0800 IP4 TCP HELLO",
      PACKET_OTHER, NULL, 0, 0 },
    { "spanning-tree", ETHERNET, "MACS 0026 424203 0000000000", PACKET_OTHER, NULL, 0, 0 },
    { "llc-cut", ETHERNET, "MACS 0026", PACKET_CUT, NULL, 0, 0 },
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
      "60000000 0021 2c 40 ADDR6 06 00 0009 00000001 TCP HELLO", PACKET_FRAGMENT, NULL, 0, 0 },
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
    struct packets *packets = packets_new();
    struct packet_frame captured = { row->encap, frame.bytes, frame.length,
                                     frame.length + (size_t)row->more_on_wire, 0 };
    enum packet_kind kind = packet_decode(packets, &captured, &segment);

    g_assert_cmpint(kind, ==, row->kind);
    if (kind != PACKET_TCP) {
        packets_free(packets);
        return;
    }
    g_assert_cmpmem(segment.payload, (int)segment.payload_length, row->payload,
                    (int)strlen(row->payload));
    g_assert_cmpuint(segment.cut_length, ==, row->cut);
    g_assert_cmpuint(segment.source.port, ==, 0xc001);
    g_assert_cmpuint(segment.destination.port, ==, 80);
    g_assert_cmphex(segment.sequence, ==, 0x01020304);
    g_assert_cmphex(segment.acknowledgment, ==, 0x05060708);
    g_assert_cmphex(segment.flags & TCP_ACK, ==, TCP_ACK);
    packets_free(packets);
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

        /* Of these nothing is known to be cut. */
        if (strstr(row->name, "first-fragment"))
            continue;
        for (size_t n = 0; n < frame.length; n++) {
            g_autofree uint8_t *prefix = (uint8_t *)g_memdup2(frame.bytes, n ? n : 1);
            struct packet_frame captured = { row->encap, prefix, n, on_wire, 0 };
            struct packets *packets = packets_new();
            struct segment segment;
            enum packet_kind kind = packet_decode(packets, &captured, &segment);

            packets_free(packets);
            if (kind == PACKET_TCP && row->kind == PACKET_TCP) {
                g_assert_cmpuint(segment.payload_length + segment.cut_length, ==,
                                 strlen(row->payload) + row->cut);
                g_assert_cmpmem(segment.payload, (int)segment.payload_length, row->payload,
                                segment.payload_length);
            } else if (kind != row->kind && kind != PACKET_CUT) {
                g_error("%s, first %zu bytes: %d", row->name, n, kind);
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
        struct packet_frame captured = { ADDRESS_ROWS[i].encap, frame.bytes, frame.length,
                                         frame.length, 0 };
        struct packets *packets = packets_new();
        struct segment segment;

        g_assert_cmpint(packet_decode(packets, &captured, &segment), ==, PACKET_TCP);
        packets_free(packets);
        g_assert_cmpstr(address_text(segment.source.address, text), ==, ADDRESS_ROWS[i].source);
        g_assert_cmpstr(address_text(segment.destination.address, text), ==,
                        ADDRESS_ROWS[i].destination);
    }
    uint8_t longest[16];
    memset(longest, 0xfd, sizeof longest);
    g_assert_cmpstr(address_text(longest, text), ==, "fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd");
}

/* ---- fragments ---- */

/* A datagram of TCP and 32 letters, in fragments of the words of a script: "0-24" are its bytes 0
 * to 23, "!" says that it is the last one, "+9" moves the clock by seconds, "^" makes the letters
 * capitals, "/8" captures only so many of its bytes. The log: payloads, "-" for a fragment. The
 * packets whose length the segments count, and how many bytes these have without their headers. */
struct fragment_row {
    const char *name;
    const char *script;
    const char *log;
    unsigned packets, bytes;
};

static const struct fragment_row FRAGMENT_ROWS[] = {
    { "in-order", "0-24 24-40 40-52!", "abcd - abcdefghijklmnopqrstuvwxyzabcdef", 3, 52 },
    { "last-first", "40-52! 24-40 0-24", "- - abcdefghijklmnopqrstuvwxyzabcdef", 3, 52 },
    { "twice", "0-24 0-24 24-52! 24-52!", "abcd abcd abcdefghijklmnopqrstuvwxyzabcdef -", 3, 76 },
    { "first-copy-wins", "24-40^ 24-48 40-52! 0-24", "- - - abcdEFGHIJKLMNOPQRSTuvwxyzabcdef", 4,
      76 },
    { "overlap-across", "0-24 16-48^ 40-52!", "abcd - abcdEFGHIJKLMNOPQRSTUVWXYZABcdef", 3, 68 },
    { "not-a-multiple-of-eight", "0-24 24-39 24-52!", "abcd - abcdefghijklmnopqrstuvwxyzabcdef", 2,
      52 },
    { "beyond-the-end", "40-52! 48-64 24-40 0-24", "- - - abcdefghijklmnopqrstuvwxyzabcdef", 4,
      68 },
    { "other-datagram-in-between", "0-24 #24-40 24-40 40-52!",
      "abcd - - abcdefghijklmnopqrstuvwxyzabcdef", 3, 52 },
    { "in-time", "0-24 +30 24-52!", "abcd abcdefghijklmnopqrstuvwxyzabcdef", 2, 52 },
    { "too-late", "0-24 +31 24-52!", "abcd -", 1, 24 },
    { "header-in-pieces", "0-16 16-32 32-52!", "- - abcdefghijklmnopqrstuvwxyzabcdef", 3, 52 },
    { "cut", "0-24 24-40/6 40-52!", "abcd - abcdefghij?22", 3, 52 },
};

static enum packet_kind
decode_piece(struct packets *packets, const char *word, int64_t time_ns, bool is_ipv6,
             struct segment *segment)
{
    static uint8_t bytes[128];
    struct frame header = make_frame("TCP"), frame;
    unsigned from, to, identification = *word == '#' ? 8 : 7;
    size_t captured;

    g_assert_cmpint(sscanf(word + (*word == '#'), "%u-%u", &from, &to), ==, 2);
    for (size_t i = 0; i < 44; i++)
        header.bytes[20 + i] = (uint8_t)((strchr(word, '^') ? 'A' : 'a') + (int)(i % 26));
    bool is_last = strchr(word, '!') != NULL;
    g_autofree char *text =
        is_ipv6 ? g_strdup_printf("60000000 %04x 2c 40 ADDR6 06 00 %04x 0000%04x", to - from + 8,
                                  from | !is_last, identification)
                : g_strdup_printf("4500 %04x %04x %04x 4006 0000 c6336402 cb007107", to - from + 20,
                                  identification, from / 8 | (is_last ? 0 : 0x2000));
    frame = make_frame(text);
    memcpy(bytes, frame.bytes, frame.length);
    memcpy(bytes + frame.length, header.bytes + from, to - from);
    captured = frame.length + (to - from);
    if (strchr(word, '/'))
        captured = frame.length + g_ascii_strtoull(strchr(word, '/') + 1, NULL, 10);
    struct packet_frame whole = { WTAP_ENCAP_RAW_IP, bytes, captured, frame.length + (to - from),
                                  time_ns };
    return packet_decode(packets, &whole, segment);
}

static void
run_fragments(const struct fragment_row *row, bool is_ipv6)
{
    struct packets *packets = packets_new();
    g_auto(GStrv) words = g_strsplit(row->script, " ", -1);
    g_autoptr(GString) log = g_string_new(NULL);
    int64_t time_ns = 0;
    unsigned header = is_ipv6 ? 48 : 20, ip_bytes = 0;

    for (char **word = words; *word; word++) {
        struct segment segment;

        if (**word == '+') {
            time_ns += g_ascii_strtoll(*word + 1, NULL, 10) * 1000000000;
            continue;
        }
        g_string_append(log, log->len ? " " : "");
        if (decode_piece(packets, *word, time_ns, is_ipv6, &segment) != PACKET_TCP) {
            g_string_append_c(log, '-');
            continue;
        }
        ip_bytes += segment.ip_length;
        g_string_append_len(log, (const char *)segment.payload, segment.payload_length);
        if (segment.cut_length)
            g_string_append_printf(log, "?%u", segment.cut_length);
    }
    g_assert_cmpstr(log->str, ==, row->log);
    g_assert_cmpuint(ip_bytes, ==, row->packets * header + row->bytes);
    packets_free(packets);
}

static void
test_fragments(gconstpointer data)
{
    run_fragments(data, false);
    run_fragments(data, true);
}

/* Datagrams that never become whole: the oldest ones are given up, so memory is bounded. */
static void
test_fragments_flood(void)
{
    struct packets *packets = packets_new();
    struct packet_unread unread[1];
    uint64_t others;

    for (unsigned i = 0; i < 70000; i++) {
        g_autofree char *text = g_strdup_printf("4500 001c %04x 3ffe 4006 0000 c6336402 cb%06x "
                                                "0102030405060708",
                                                i & 0xffff, i >> 8);
        struct frame frame = make_frame(text);
        struct packet_frame captured = { WTAP_ENCAP_RAW_IP, frame.bytes, frame.length, frame.length,
                                         0 };
        struct segment segment;

        g_assert_cmpint(packet_decode(packets, &captured, &segment), ==, PACKET_FRAGMENT);
    }
    g_assert_cmpuint(packets_unread(packets, unread, 1, &others), ==, 1);
    g_assert_cmpstr(unread[0].name, ==, "incomplete IP datagrams");
    g_assert_cmpuint(unread[0].frames + others, ==, 70000);
    packets_free(packets);
}

static void
test_unread(void)
{
    static const char *const FRAMES[] = {
        "MACS 0806 0001",
        "MACS 0806 0001",
        "MACS 0806 0001",
        "MACS 0800 IP4(17,28) c000 01bb 0008 0000",
        "MACS 0800 IP4(17,28) c000 01bb 0008 0000",
        "MACS 0800 IP4(50,24) 00000000",
        "MACS",
    };
    struct packets *packets = packets_new();
    struct packet_unread unread[3];
    uint64_t others;

    for (size_t i = 0; i < G_N_ELEMENTS(FRAMES); i++) {
        struct frame frame = make_frame(FRAMES[i]);
        struct packet_frame captured = { ETHERNET, frame.bytes, frame.length, frame.length, 0 };
        struct segment segment;

        packet_decode(packets, &captured, &segment);
    }
    g_assert_cmpuint(packets_unread(packets, unread, 3, &others), ==, 3);
    g_assert_cmpstr(unread[0].name, ==, "Ethernet type 0x0806");
    g_assert_cmpuint(unread[0].frames, ==, 3);
    g_assert_true(unread[0].is_of_link && !unread[1].is_of_link);
    g_assert_cmpstr(unread[1].name, ==, "UDP 443");
    g_assert_cmpuint(unread[1].frames, ==, 2);
    g_assert_cmpstr(unread[2].name, ==, "IP protocol 50");
    g_assert_cmpuint(others, ==, 1);
    packets_free(packets);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(FRAME_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/packet/frame/%s", FRAME_ROWS[i].name);
        g_test_add_data_func(path, &FRAME_ROWS[i], test_frame);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FRAGMENT_ROWS); i++) {
        g_autofree char *path = g_strdup_printf("/packet/fragments/%s", FRAGMENT_ROWS[i].name);
        g_test_add_data_func(path, &FRAGMENT_ROWS[i], test_fragments);
    }
    g_test_add_func("/packet/fragments/flood", test_fragments_flood);
    g_test_add_func("/packet/unread", test_unread);
    g_test_add_func("/packet/prefixes", test_prefixes);
    g_test_add_func("/packet/addresses", test_addresses);
    return g_test_run();
}
