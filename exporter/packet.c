/* packet.c
 * From a captured frame to its TCP segment: link layers, IPv4, IPv6, tunnels.
 * [RFC 791] [RFC 8200] [RFC 9293]; each tunnel names its own document.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "base/cursor.h"
#include "ip_fragments.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20

#define ETHERTYPES_FROM 0x0600
#define SNAP 0xaa

struct packets {
    struct ip_fragments *fragments;
    struct packet_trace trace; /* of the last frame */
    struct unread_frames unread;
};

/* The current layer: what was captured, and where it ended on the wire. */
struct packet {
    struct oa_cursor cursor;
    size_t on_wire; /* end of the layer, in the cursor's offsets; may be beyond what was captured */
    struct packets *packets;
    struct segment *segment;
    int64_t time_ns;
    unsigned layers;   /* entered */
    bool is_beginning; /* of a fragmented datagram whose rest has not come */
};

typedef enum packet_kind (*layer_decoder)(struct packet *packet);

/* A number in the header of the layer before, and what reads the layer. */
struct layer_row {
    uint16_t number;
    layer_decoder decode;
};

/* ---- what was not looked into ---- */

static enum packet_kind
not_read(struct packet *packet, enum unread_space space, unsigned number)
{
    struct packet_trace *trace = &packet->packets->trace;

    if (packet->is_beginning) /* the datagram counts, when it is complete or as incomplete */
        return PACKET_OTHER;
    trace->is_unread = true;
    trace->sort = space;
    trace->number = number;
    unread_frames_count(&packet->packets->unread, space, number);
    return PACKET_OTHER;
}

struct packet_trace
packets_trace(const struct packets *packets)
{
    return packets->trace;
}

bool
packets_take_trace(struct packets *packets, const struct packet_trace *trace)
{
    bool is_known = trace->sort < UNREAD_SPACES;

    if (trace->is_unread && is_known)
        unread_frames_count(&packets->unread, (enum unread_space)trace->sort, trace->number);
    return is_known;
}

size_t
packets_unread(const struct packets *packets, struct packet_unread *unread, size_t n,
               uint64_t *others)
{
    return unread_frames_list(&packets->unread, ip_fragments_incomplete(packets->fragments), unread,
                              n, others);
}

/* ---- from layer to layer ---- */

static enum packet_kind
enter(struct packet *packet, layer_decoder decode)
{
    if (packet->cursor.is_short)
        return PACKET_CUT;
    if (++packet->layers > PACKET_LAYERS_MAX)
        return not_read(packet, UNREAD_NESTED, PACKET_LAYERS_MAX);
    return decode(packet);
}

static layer_decoder
find_layer(const struct layer_row *rows, size_t n, uint16_t number)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number == number)
            return rows[i].decode;
    }
    return NULL;
}

#define FIND_LAYER(rows, number) find_layer((rows), G_N_ELEMENTS(rows), (number))

/* The layer that a length field ends before the frame does; where it says more than the frame
 * holds, the rest is cut. */
static void
narrow(struct packet *packet, size_t end)
{
    packet->on_wire = MIN(packet->on_wire, end);
}

static enum packet_kind decode_ethertype(struct packet *packet, uint16_t type);
static enum packet_kind decode_protocol(struct packet *packet, uint8_t protocol);
static enum packet_kind decode_ethernet(struct packet *packet);
static enum packet_kind decode_ppp(struct packet *packet);

/* ---- TCP ---- */

/* A header of fixed length, to be read without looking at its end again and again. */
static struct oa_cursor
take_header(struct packet *packet, size_t length)
{
    struct oa_cursor header = oa_cursor_sub(&packet->cursor, length);

    header.big_endian = true;
    return header;
}

static enum packet_kind
decode_tcp(struct packet *packet)
{
    const struct oa_cursor *cursor = &packet->cursor;
    struct segment *segment = packet->segment;
    size_t start = cursor->offset;
    struct oa_cursor fields = take_header(packet, TCP_HEADER);

    if (fields.is_short)
        return PACKET_CUT;
    segment->source.port = oa_cursor_u16(&fields);
    segment->destination.port = oa_cursor_u16(&fields);
    segment->sequence = oa_cursor_u32(&fields);
    segment->acknowledgment = oa_cursor_u32(&fields);
    size_t header = (size_t)(oa_cursor_u8(&fields) >> 4) * 4;
    segment->flags = oa_cursor_u8(&fields);
    if (header < TCP_HEADER || packet->on_wire < start + header)
        return PACKET_CUT;

    /* If only options were cut off, the fields above and the length are valid: all of the payload
     * is cut. */
    size_t payload = MIN(start + header, cursor->length);
    size_t payload_end = MIN(packet->on_wire, cursor->length);
    size_t wire_length = packet->on_wire - start - header;

    segment->header = cursor->data + start;
    segment->header_length = (uint32_t)(payload - start);
    segment->payload = cursor->data + payload;
    segment->payload_length = (uint32_t)(payload_end - payload);
    segment->cut_length = (uint32_t)(wire_length - segment->payload_length);
    if (packet->is_beginning) {
        segment->cut_length = 0;
        segment->flags &= (uint8_t)~TCP_FIN;
    }
    return PACKET_TCP;
}

/* ---- IP ---- */

static void
map_ipv4(uint8_t address[16], const uint8_t *bytes)
{
    static const uint8_t PREFIX[12] = { [10] = 0xff, [11] = 0xff };

    memcpy(address, PREFIX, sizeof PREFIX);
    memcpy(address + sizeof PREFIX, bytes, 4);
}

/* Each segment that fragments of a datagram give counts what no earlier one of it has. */
static void
count_once(struct segment *segment, uint64_t *counted)
{
    segment->ip_length -= (uint32_t)MIN(segment->ip_length, *counted);
    *counted += segment->ip_length;
}

/* The cursor is at the data of a fragment, which the layer holds to its end. */
static enum packet_kind
decode_fragment(struct packet *packet, uint32_t identification, uint8_t protocol, size_t offset,
                bool is_last)
{
    struct oa_cursor *cursor = &packet->cursor;
    size_t start = cursor->offset;
    struct ip_fragment_key key = { .identification = identification };
    struct ip_datagram datagram = { .counted = NULL };

    packet->packets->trace.is_fragment = true;
    if (cursor->is_short || packet->on_wire < start)
        return PACKET_CUT;
    struct ip_fragment fragment = {
        .data = cursor->data + start,
        .captured = MIN(packet->on_wire, cursor->length) - start,
        .length = packet->on_wire - start,
        .offset = offset,
        .protocol = protocol,
        .is_last = is_last,
        .ip_length = packet->segment->ip_length,
        .time_ns = packet->time_ns,
    };
    memcpy(key.source, packet->segment->source.address, sizeof key.source);
    memcpy(key.destination, packet->segment->destination.address, sizeof key.destination);
    /* IPv4's addresses are mapped ones. */
    key.protocol = key.source[0] == 0 && key.source[10] == 0xff ? protocol : 0;
    /* What is inside the beginning of a datagram comes once more when that is complete. */
    bool is_whole = !packet->is_beginning &&
                    ip_fragments_add(packet->packets->fragments, &key, &fragment, &datagram);
    if (!is_whole && offset != 0)
        return PACKET_FRAGMENT;
    if (datagram.counted)
        packet->segment->ip_length = (uint32_t)MIN(datagram.ip_length, UINT32_MAX);
    if (is_whole) {
        *cursor = oa_cursor_over(datagram.data, datagram.captured);
        cursor->big_endian = true;
        packet->on_wire = datagram.length;
        protocol = datagram.protocol;
    }
    packet->is_beginning |= !is_whole;
    enum packet_kind kind = decode_protocol(packet, protocol);
    if (kind == PACKET_TCP && datagram.counted)
        count_once(packet->segment, datagram.counted);
    return is_whole || kind == PACKET_TCP ? kind : PACKET_FRAGMENT;
}

static enum packet_kind
decode_ipv4(struct packet *packet)
{
    struct oa_cursor *cursor = &packet->cursor;
    struct segment *segment = packet->segment;
    size_t start = cursor->offset;
    struct oa_cursor fields = take_header(packet, IPV4_HEADER);

    if (fields.is_short)
        return PACKET_CUT;
    uint8_t version = oa_cursor_u8(&fields);
    size_t header = (size_t)(version & 0x0f) * 4;
    oa_cursor_skip(&fields, 1);
    size_t length = oa_cursor_u16(&fields);
    uint16_t identification = oa_cursor_u16(&fields);
    uint16_t fragment = oa_cursor_u16(&fields);
    oa_cursor_skip(&fields, 1);
    uint8_t protocol = oa_cursor_u8(&fields);
    oa_cursor_skip(&fields, 2);
    const uint8_t *source = oa_cursor_bytes(&fields, 4);
    const uint8_t *destination = oa_cursor_bytes(&fields, 4);

    if (version >> 4 != 4 || header < IPV4_HEADER)
        return PACKET_CUT;
    if (length != 0) {
        if (length < header)
            return PACKET_CUT;
        packet->on_wire = start + length;
    }
    map_ipv4(segment->source.address, source);
    map_ipv4(segment->destination.address, destination);
    segment->identification = identification;
    segment->ip_length = (uint32_t)(packet->on_wire - MIN(start, packet->on_wire));
    oa_cursor_skip(cursor, header - IPV4_HEADER);

    size_t offset = (size_t)(fragment & 0x1fff) * 8;
    bool is_last = (fragment & 0x2000) == 0;
    if (offset == 0 && is_last)
        return decode_protocol(packet, protocol);
    return decode_fragment(packet, identification, protocol, offset, is_last);
}

/* Moves behind the extension headers, and to what the last one announces. */
static enum packet_kind
decode_extension_headers(struct packet *packet, uint8_t next)
{
    struct oa_cursor *cursor = &packet->cursor;

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
        case 44: /* fragment; one that is the whole packet is none, [RFC 6946] */
            next = oa_cursor_u8(cursor);
            oa_cursor_skip(cursor, 1);
            uint16_t fragment = oa_cursor_u16(cursor);
            uint32_t identification = oa_cursor_u32(cursor);
            if ((fragment & 0xfff9) != 0)
                return decode_fragment(packet, identification, next, fragment & 0xfff8,
                                       (fragment & 1) == 0);
            break;
        default:
            return decode_protocol(packet, header);
        }
    }
    return PACKET_CUT;
}

static enum packet_kind
decode_ipv6(struct packet *packet)
{
    struct segment *segment = packet->segment;
    size_t start = packet->cursor.offset;
    struct oa_cursor fields = take_header(packet, IPV6_HEADER);

    if (fields.is_short)
        return PACKET_CUT;
    uint32_t version = oa_cursor_u32(&fields) >> 28;
    size_t length = oa_cursor_u16(&fields);
    uint8_t next = oa_cursor_u8(&fields);
    oa_cursor_skip(&fields, 1);
    const uint8_t *source = oa_cursor_bytes(&fields, sizeof segment->source.address);
    const uint8_t *destination = oa_cursor_bytes(&fields, sizeof segment->destination.address);

    if (version != 6)
        return PACKET_CUT;
    /* Zero: a jumbogram, or segmentation offload as with IPv4. */
    if (length != 0)
        packet->on_wire = start + IPV6_HEADER + length;
    memcpy(segment->source.address, source, sizeof segment->source.address);
    memcpy(segment->destination.address, destination, sizeof segment->destination.address);
    segment->identification = 0;
    segment->ip_length = (uint32_t)(packet->on_wire - MIN(start, packet->on_wire));
    return decode_extension_headers(packet, next);
}

/* ---- tunnels over IP ---- */

/* [RFC 2784], [RFC 2890], [RFC 2637] for version 1, [RFC 7637] for NVGRE. */
#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACKNOWLEDGMENT 0x0080
#define GRE_ERSPAN 0x88be
#define GRE_ERSPAN_3 0x22eb

/* The foschiano draft on ERSPAN: type I has no header of its own, and no sequence number in GRE;
 * type II 8 bytes. */
static enum packet_kind
decode_erspan(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 8);
    return enter(packet, decode_ethernet);
}

/* Type III: 12 bytes, of which the last bit announces 8 more; the frame type is in the two bytes
 * before it. */
static enum packet_kind
decode_erspan_3(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 10);
    uint16_t word = oa_cursor_u16(&packet->cursor);

    if (word & 1)
        oa_cursor_skip(&packet->cursor, 8);
    switch (word >> 10 & 0x1f) {
    case 0:
        return enter(packet, decode_ethernet);
    case 2: { /* an IP packet */
        struct oa_cursor peek = packet->cursor;
        return enter(packet, oa_cursor_u8(&peek) >> 4 == 6 ? decode_ipv6 : decode_ipv4);
    }
    default:
        return not_read(packet, UNREAD_GRE, GRE_ERSPAN_3);
    }
}

static enum packet_kind
decode_gre(struct packet *packet)
{
    struct oa_cursor *cursor = &packet->cursor;
    uint16_t flags = oa_cursor_u16(cursor);
    uint16_t type = oa_cursor_u16(cursor);

    if (flags & GRE_ROUTING || (flags & 7) > 1)
        return not_read(packet, UNREAD_GRE, type);
    oa_cursor_skip(cursor, flags & GRE_CHECKSUM ? 4 : 0);
    oa_cursor_skip(cursor, flags & GRE_KEY ? 4 : 0);
    oa_cursor_skip(cursor, flags & GRE_SEQUENCE ? 4 : 0);
    oa_cursor_skip(cursor, flags & GRE_ACKNOWLEDGMENT ? 4 : 0);
    switch (type) {
    case GRE_ERSPAN:
        return enter(packet, flags & GRE_SEQUENCE ? decode_erspan : decode_ethernet);
    case GRE_ERSPAN_3:
        return enter(packet, decode_erspan_3);
    default:
        return decode_ethertype(packet, type);
    }
}

/* [RFC 7348]; bit 3 of the flags: there is a network identifier. */
static enum packet_kind
decode_vxlan(struct packet *packet)
{
    bool is_valid = oa_cursor_u8(&packet->cursor) & 0x08;

    oa_cursor_skip(&packet->cursor, 7);
    if (!is_valid && !packet->cursor.is_short)
        return not_read(packet, UNREAD_UDP, 4789);
    return enter(packet, decode_ethernet);
}

/* [RFC 8926] */
static enum packet_kind
decode_geneve(struct packet *packet)
{
    uint8_t version = oa_cursor_u8(&packet->cursor);

    oa_cursor_skip(&packet->cursor, 1);
    uint16_t type = oa_cursor_u16(&packet->cursor);
    oa_cursor_skip(&packet->cursor, 4 + (size_t)(version & 0x3f) * 4);
    if (version >> 6 != 0)
        return not_read(packet, UNREAD_UDP, 6081);
    return decode_ethertype(packet, type);
}

static enum packet_kind
decode_udp(struct packet *packet)
{
    static const struct layer_row PORTS[] = {
        { 4789, decode_vxlan },
        { 8472, decode_vxlan }, /* of Linux, before the port was assigned */
        { 6081, decode_geneve },
    };
    size_t start = packet->cursor.offset;

    oa_cursor_skip(&packet->cursor, 2);
    uint16_t port = oa_cursor_u16(&packet->cursor);
    size_t length = oa_cursor_u16(&packet->cursor);
    oa_cursor_skip(&packet->cursor, 2);
    layer_decoder decode = FIND_LAYER(PORTS, port);

    if (!decode)
        return packet->cursor.is_short ? PACKET_CUT : not_read(packet, UNREAD_UDP, port);
    if (length != 0)
        narrow(packet, start + length);
    return enter(packet, decode);
}

/* [RFC 3378] */
static enum packet_kind
decode_etherip(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 2);
    return enter(packet, decode_ethernet);
}

/* ---- below IP ---- */

/*
 * [RFC 3032] The label stack does not say what it carries: IP begins with its version; an Ethernet
 * frame with an address, or after a control word of zeros, [RFC 4448].
 */
static enum packet_kind
decode_mpls(struct packet *packet)
{
    struct oa_cursor *cursor = &packet->cursor;

    while (!cursor->is_short && !(oa_cursor_u32(cursor) & 0x100))
        continue;
    struct oa_cursor peek = *cursor;
    size_t left = packet->on_wire > cursor->offset ? packet->on_wire - cursor->offset : 0;
    uint16_t first = oa_cursor_u16(&peek), second = oa_cursor_u16(&peek);
    uint16_t third = oa_cursor_u16(&peek);

    if (peek.is_short)
        return PACKET_CUT;
    if (first >> 12 == 4 && (first >> 8 & 0x0f) >= 5 && second <= left)
        return enter(packet, decode_ipv4);
    if (first >> 12 == 6 && (size_t)third + IPV6_HEADER <= left)
        return enter(packet, decode_ipv6);
    if (first == 0)
        oa_cursor_skip(cursor, 4);
    return enter(packet, decode_ethernet);
}

/* [RFC 1661]; the address and control bytes may be left out, and the first byte of the protocol
 * if it is 0. */
static enum packet_kind
decode_ppp(struct packet *packet)
{
    static const struct layer_row PROTOCOLS[] = {
        { 0x0021, decode_ipv4 },
        { 0x0057, decode_ipv6 },
        { 0x0281, decode_mpls },
    };
    struct oa_cursor *cursor = &packet->cursor, peek = *cursor;

    if (oa_cursor_u16(&peek) == 0xff03)
        oa_cursor_skip(cursor, 2);
    if (peek.is_short)
        return PACKET_CUT;
    uint16_t protocol = oa_cursor_u8(cursor);
    if (!(protocol & 1))
        protocol = (uint16_t)(protocol << 8 | oa_cursor_u8(cursor));
    layer_decoder decode = FIND_LAYER(PROTOCOLS, protocol);

    if (!decode)
        return cursor->is_short ? PACKET_CUT : not_read(packet, UNREAD_PPP, protocol);
    return enter(packet, decode);
}

/* [RFC 2516] */
static enum packet_kind
decode_pppoe(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 4);
    size_t length = oa_cursor_u16(&packet->cursor);

    narrow(packet, packet->cursor.offset + length);
    return enter(packet, decode_ppp);
}

/* IEEE 802.1ah: the service tag, then the customer's frame. */
static enum packet_kind
decode_backbone(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 4);
    return enter(packet, decode_ethernet);
}

/* Cisco metadata: version, length in words of four bytes, options, the type of what follows. */
static enum packet_kind
decode_metadata(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 1);
    oa_cursor_skip(&packet->cursor, (size_t)oa_cursor_u8(&packet->cursor) * 4);
    return decode_ethertype(packet, oa_cursor_u16(&packet->cursor));
}

static bool
is_vlan_tag(uint16_t type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

/* What an Ethernet type announces, wherever it stands. */
static const struct layer_row ETHERTYPES[] = {
    { 0x0800, decode_ipv4 },     { 0x86dd, decode_ipv6 },     { 0x8847, decode_mpls },
    { 0x8848, decode_mpls },     { 0x8864, decode_pppoe },    { 0x88e7, decode_backbone },
    { 0x8909, decode_metadata }, { 0x6558, decode_ethernet }, { 0x880b, decode_ppp },
};

/* IEEE 802.3: a length where a type would be, then IEEE 802.2: spanning tree, CDP and the like;
 * with SNAP a type after all, [RFC 1042]. */
static enum packet_kind
decode_llc(struct packet *packet)
{
    struct oa_cursor *cursor = &packet->cursor;
    uint8_t access_point = oa_cursor_u8(cursor);

    oa_cursor_skip(cursor, 2);
    uint32_t organisation = (uint32_t)oa_cursor_u16(cursor) << 8;
    organisation |= oa_cursor_u8(cursor);
    uint16_t type = oa_cursor_u16(cursor);
    if (cursor->is_short)
        return PACKET_CUT;
    if (access_point == SNAP && organisation == 0 && type >= ETHERTYPES_FROM)
        return decode_ethertype(packet, type);
    return not_read(packet, UNREAD_LLC, access_point);
}

static enum packet_kind
decode_ethertype(struct packet *packet, uint16_t type)
{
    struct oa_cursor *cursor = &packet->cursor;

    while (is_vlan_tag(type) && !cursor->is_short) {
        oa_cursor_skip(cursor, 2);
        type = oa_cursor_u16(cursor);
    }
    if (type < ETHERTYPES_FROM && !cursor->is_short)
        return decode_llc(packet);
    layer_decoder decode = FIND_LAYER(ETHERTYPES, type);

    if (!decode)
        return cursor->is_short ? PACKET_CUT : not_read(packet, UNREAD_ETHERTYPE, type);
    return enter(packet, decode);
}

/* What IP announces. */
static const struct layer_row PROTOCOLS[] = {
    { 6, decode_tcp },  { 17, decode_udp },     { 4, decode_ipv4 },   { 41, decode_ipv6 },
    { 47, decode_gre }, { 97, decode_etherip }, { 137, decode_mpls },
};

static enum packet_kind
decode_protocol(struct packet *packet, uint8_t protocol)
{
    layer_decoder decode = FIND_LAYER(PROTOCOLS, protocol);

    if (!decode)
        return packet->cursor.is_short ? PACKET_CUT : not_read(packet, UNREAD_PROTOCOL, protocol);
    return enter(packet, decode);
}

/* ---- link layers ---- */

static enum packet_kind
decode_ethernet(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 12);
    return decode_ethertype(packet, oa_cursor_u16(&packet->cursor));
}

static enum packet_kind
decode_cooked(struct packet *packet)
{
    oa_cursor_skip(&packet->cursor, 14);
    return decode_ethertype(packet, oa_cursor_u16(&packet->cursor));
}

static enum packet_kind
decode_cooked_2(struct packet *packet)
{
    uint16_t type = oa_cursor_u16(&packet->cursor);

    oa_cursor_skip(&packet->cursor, 18);
    return decode_ethertype(packet, type);
}

static enum packet_kind
decode_raw(struct packet *packet)
{
    struct oa_cursor peek = packet->cursor;

    return enter(packet, oa_cursor_u8(&peek) >> 4 == 6 ? decode_ipv6 : decode_ipv4);
}

static enum packet_kind
decode_loopback(struct packet *packet)
{
    uint32_t family = oa_cursor_u32(&packet->cursor);

    /* BSD writes the family in the byte order of its machine, OpenBSD in network order; families
     * are small numbers. */
    if (family > 0xffff)
        family = GUINT32_SWAP_LE_BE(family);
    switch (family) {
    case 2:
        return enter(packet, decode_ipv4);
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return enter(packet, decode_ipv6);
    default:
        return packet->cursor.is_short ? PACKET_CUT : not_read(packet, UNREAD_LOOPBACK, family);
    }
}

static const struct link_row {
    int encap;
    layer_decoder decode;
} LINK_ROWS[] = {
    { WTAP_ENCAP_ETHERNET, decode_ethernet }, { WTAP_ENCAP_SLL, decode_cooked },
    { WTAP_ENCAP_SLL2, decode_cooked_2 },     { WTAP_ENCAP_RAW_IP, decode_raw },
    { WTAP_ENCAP_RAW_IP4, decode_raw },       { WTAP_ENCAP_RAW_IP6, decode_raw },
    { WTAP_ENCAP_NULL, decode_loopback },     { WTAP_ENCAP_LOOP, decode_loopback },
    { WTAP_ENCAP_PPP, decode_ppp },           { WTAP_ENCAP_PPP_ETHER, decode_pppoe },
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

struct packets *
packets_new(void)
{
    struct packets *packets = g_new0(struct packets, 1);

    packets->fragments = ip_fragments_new();
    return packets;
}

void
packets_free(struct packets *packets)
{
    ip_fragments_free(packets->fragments);
    g_free(packets);
}

enum packet_kind
packet_decode(struct packets *packets, const struct packet_frame *frame, struct segment *segment)
{
    const struct link_row *link = find_link(frame->encap);
    struct packet packet = {
        .cursor = oa_cursor_over(frame->data, frame->captured),
        /* A segment has 32-bit lengths; no link layer has frames of that size. */
        .on_wire = MIN(MAX(frame->on_wire, frame->captured), UINT32_MAX),
        .packets = packets,
        .segment = segment,
        .time_ns = frame->time_ns,
    };

    packets->trace = (struct packet_trace){ 0 };
    if (!link)
        return PACKET_UNSUPPORTED;
    ip_fragments_release(packets->fragments);
    packet.cursor.big_endian = true;
    enum packet_kind kind = enter(&packet, link->decode);
    if (kind == PACKET_CUT)
        not_read(&packet, UNREAD_CUT, 0);
    return kind;
}
