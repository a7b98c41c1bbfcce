/* packet.c
 * From a captured frame to its TCP segment: link layers, IPv4, IPv6.
 * [RFC 791] [RFC 8200] [RFC 9293]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "base/cursor.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_TCP 6

#define ETHERTYPE_NONE 0xffff /* reserved: no frame carries it */

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20

/* The current layer: what was captured, and where it ended on the wire. */
struct packet {
    struct oa_cursor cursor;
    size_t on_wire; /* end of the layer, in the cursor's offsets; may be beyond what was captured */
};

static bool
is_vlan_tag(uint16_t type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

static uint16_t
after_vlan_tags(struct oa_cursor *cursor, uint16_t type)
{
    while (is_vlan_tag(type) && !cursor->is_short) {
        oa_cursor_skip(cursor, 2);
        type = oa_cursor_u16(cursor);
    }
    return type;
}

/* Each function moves the cursor to the network layer and returns its Ethernet type. */
static uint16_t
link_ethernet(struct oa_cursor *cursor)
{
    oa_cursor_skip(cursor, 12);
    return after_vlan_tags(cursor, oa_cursor_u16(cursor));
}

static uint16_t
link_cooked(struct oa_cursor *cursor)
{
    oa_cursor_skip(cursor, 14);
    return after_vlan_tags(cursor, oa_cursor_u16(cursor));
}

static uint16_t
link_cooked_2(struct oa_cursor *cursor)
{
    uint16_t type = oa_cursor_u16(cursor);

    oa_cursor_skip(cursor, 18);
    return after_vlan_tags(cursor, type);
}

static uint16_t
link_raw(struct oa_cursor *cursor)
{
    struct oa_cursor peek = *cursor;

    return oa_cursor_u8(&peek) >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}

static uint16_t
link_loopback(struct oa_cursor *cursor)
{
    uint32_t family = oa_cursor_u32(cursor);

    /* BSD writes the family in host byte order, OpenBSD in network byte order; families are small
     * numbers. */
    if (family > 0xffff)
        family = GUINT32_SWAP_LE_BE(family);
    switch (family) {
    case 2:
        return ETHERTYPE_IPV4;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return ETHERTYPE_IPV6;
    default:
        return ETHERTYPE_NONE;
    }
}

static const struct link_row {
    int encap;
    uint16_t (*enter)(struct oa_cursor *cursor);
} LINK_ROWS[] = {
    { WTAP_ENCAP_ETHERNET, link_ethernet }, { WTAP_ENCAP_SLL, link_cooked },
    { WTAP_ENCAP_SLL2, link_cooked_2 },     { WTAP_ENCAP_RAW_IP, link_raw },
    { WTAP_ENCAP_RAW_IP4, link_raw },       { WTAP_ENCAP_RAW_IP6, link_raw },
    { WTAP_ENCAP_NULL, link_loopback },     { WTAP_ENCAP_LOOP, link_loopback },
};

static const struct link_row *
find_link(int encap)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LINK_ROWS); i++) {
        if (LINK_ROWS[i].encap == encap)
            return &LINK_ROWS[i];
    }
    return NULL;
}

static void
map_ipv4(struct oa_endpoint *endpoint, const uint8_t *bytes)
{
    static const uint8_t PREFIX[12] = { [10] = 0xff, [11] = 0xff };

    memcpy(endpoint->address, PREFIX, sizeof PREFIX);
    memcpy(endpoint->address + sizeof PREFIX, bytes, 4);
}

static enum packet_kind
decode_tcp(struct packet *packet, struct segment *segment)
{
    struct oa_cursor *cursor = &packet->cursor;
    size_t start = cursor->offset;

    segment->source.port = oa_cursor_u16(cursor);
    segment->destination.port = oa_cursor_u16(cursor);
    segment->sequence = oa_cursor_u32(cursor);
    segment->acknowledgment = oa_cursor_u32(cursor);
    size_t header = (size_t)(oa_cursor_u8(cursor) >> 4) * 4;
    segment->flags = oa_cursor_u8(cursor);
    oa_cursor_skip(cursor, 6);
    if (cursor->is_short || header < TCP_HEADER || packet->on_wire < start + header)
        return PACKET_CUT;

    /* If only options were cut off, the fields above and the length are valid: all of the payload
     * is cut. */
    size_t payload = MIN(start + header, cursor->length);
    size_t payload_end = MIN(packet->on_wire, cursor->length);
    size_t wire_length = packet->on_wire - start - header;

    segment->payload = cursor->data + payload;
    segment->payload_length = (uint32_t)(payload_end - payload);
    segment->cut_length = (uint32_t)(wire_length - segment->payload_length);
    return PACKET_TCP;
}

static enum packet_kind
decode_ipv4(struct packet *packet, struct segment *segment)
{
    struct oa_cursor *cursor = &packet->cursor;
    size_t start = cursor->offset;
    uint8_t version = oa_cursor_u8(cursor);
    size_t header = (size_t)(version & 0x0f) * 4;

    oa_cursor_skip(cursor, 1);
    size_t length = oa_cursor_u16(cursor);
    oa_cursor_skip(cursor, 2);
    uint16_t fragment = oa_cursor_u16(cursor);
    oa_cursor_skip(cursor, 1);
    uint8_t protocol = oa_cursor_u8(cursor);
    oa_cursor_skip(cursor, 2);
    const uint8_t *source = oa_cursor_bytes(cursor, 4);
    const uint8_t *destination = oa_cursor_bytes(cursor, 4);

    if (!destination || version >> 4 != 4 || header < IPV4_HEADER)
        return PACKET_CUT;
    if (protocol != PROTOCOL_TCP || (fragment & 0x1fff) != 0)
        return PACKET_OTHER;
    if (length != 0) {
        if (length < header)
            return PACKET_CUT;
        packet->on_wire = start + length;
    }
    map_ipv4(&segment->source, source);
    map_ipv4(&segment->destination, destination);
    oa_cursor_skip(cursor, header - IPV4_HEADER);
    return decode_tcp(packet, segment);
}

/* Skips the extension headers and returns the number of the protocol that follows; -1 for a later
 * fragment. */
static int
skip_extension_headers(struct oa_cursor *cursor, uint8_t next)
{
    while (!cursor->is_short) {
        uint8_t header = next;

        switch (header) {
        case 0:   /* hop-by-hop options */
        case 43:  /* routing */
        case 60:  /* destination options */
        case 135: /* mobility */
        case 139: /* HIP */
        case 140: /* shim6 */
            next = oa_cursor_u8(cursor);
            oa_cursor_skip(cursor, (size_t)oa_cursor_u8(cursor) * 8 + 6);
            break;
        case 51: /* authentication: [RFC 4302] section 2.2 counts words of four bytes */
            next = oa_cursor_u8(cursor);
            oa_cursor_skip(cursor, (size_t)oa_cursor_u8(cursor) * 4 + 6);
            break;
        case 44: /* fragment */
            next = oa_cursor_u8(cursor);
            oa_cursor_skip(cursor, 1);
            uint16_t fragment = oa_cursor_u16(cursor);
            oa_cursor_skip(cursor, 4);
            if ((fragment & 0xfff8) != 0)
                return -1;
            break;
        default:
            return header;
        }
    }
    return -1;
}

static enum packet_kind
decode_ipv6(struct packet *packet, struct segment *segment)
{
    struct oa_cursor *cursor = &packet->cursor;
    size_t start = cursor->offset;
    uint32_t version = oa_cursor_u32(cursor) >> 28;
    size_t length = oa_cursor_u16(cursor);
    uint8_t next = oa_cursor_u8(cursor);

    oa_cursor_skip(cursor, 1);
    const uint8_t *source = oa_cursor_bytes(cursor, sizeof segment->source.address);
    const uint8_t *destination = oa_cursor_bytes(cursor, sizeof segment->destination.address);
    if (!destination || version != 6)
        return PACKET_CUT;
    /* Zero: a jumbogram, or segmentation offload as with IPv4. */
    if (length != 0)
        packet->on_wire = start + IPV6_HEADER + length;

    int protocol = skip_extension_headers(cursor, next);
    if (cursor->is_short)
        return PACKET_CUT;
    if (protocol != PROTOCOL_TCP)
        return PACKET_OTHER;
    memcpy(segment->source.address, source, sizeof segment->source.address);
    memcpy(segment->destination.address, destination, sizeof segment->destination.address);
    return decode_tcp(packet, segment);
}

enum packet_kind
packet_decode(int encap, const uint8_t *data, size_t captured, size_t on_wire,
              struct segment *segment)
{
    const struct link_row *link = find_link(encap);
    struct packet packet = {
        .cursor = oa_cursor_over(data, captured),
        /* A segment has 32-bit lengths; no link layer has frames of that size. */
        .on_wire = MIN(MAX(on_wire, captured), UINT32_MAX),
    };

    if (!link)
        return PACKET_UNSUPPORTED;
    packet.cursor.big_endian = true;
    uint16_t type = link->enter(&packet.cursor);
    if (packet.cursor.is_short)
        return PACKET_CUT;
    switch (type) {
    case ETHERTYPE_IPV4:
        return decode_ipv4(&packet, segment);
    case ETHERTYPE_IPV6:
        return decode_ipv6(&packet, segment);
    default:
        return PACKET_OTHER;
    }
}
