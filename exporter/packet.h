/* packet.h
 * From a captured frame to its TCP segment: link layers, IPv4 and IPv6 with their fragments, and
 * the tunnels in which mirrors and networks wrap frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKET_H
#define PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ground.h"
#include "unread_frames.h"

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_ACK = 0x10,
};

struct segment {
    struct oa_endpoint source, destination;
    uint32_t sequence, acknowledgment;
    uint8_t flags; /* enum tcp_flag */
    const uint8_t *payload;
    uint32_t payload_length; /* bytes captured */
    uint32_t cut_length;     /* bytes cut off by the snap length */
    uint32_t ip_length;      /* of the IP packet with its headers, as it was sent; of a datagram in
                                fragments, of those that no earlier segment of it counts */

    /* What tells a repeated packet from one that the capture has twice. */
    uint16_t identification; /* of IPv4; 0 for IPv6, and where the sender leaves it 0 */
    const uint8_t *header;   /* of TCP, with its options */
    uint32_t header_length;  /* bytes of it there to read */
};

/*
 * Layers that are entered one inside the other before a frame is given up: each link layer, IP
 * header, UDP header and tunnel header is one; a stack of VLAN tags or of MPLS labels, of any
 * depth, belongs to the layer before it. Four VXLAN tunnels inside each other fit.
 */
#define PACKET_LAYERS_MAX 20

enum packet_kind {
    PACKET_TCP,         /* `segment` is filled */
    PACKET_OTHER,       /* not TCP */
    PACKET_FRAGMENT,    /* of an IP datagram whose other fragments have not come yet */
    PACKET_UNSUPPORTED, /* a link type that is not supported */
    PACKET_CUT,         /* incomplete headers: cut off or damaged */
};

/* A frame as it was captured. */
struct packet_frame {
    int encap; /* WTAP_ENCAP_* of wiretap */
    const uint8_t *data;
    size_t captured;
    size_t on_wire; /* before the snap length */
    int64_t time_ns;
};

/* What is kept between frames: fragments, and the count of what was not looked into. */
struct packets;

struct packets *packets_new(void);
void packets_free(struct packets *packets);

/*
 * Decodes a frame. Link types: Ethernet, Linux cooked v1 and v2, raw IP, BSD and OpenBSD loopback,
 * PPP, PPPoE. In them, and in each other: 802.1Q and 802.1ad tags, 802.1ah, Cisco metadata, MPLS,
 * PPPoE, PPP, IEEE 802.2 SNAP, IPv4 with options, IPv6 with extension headers, IP in IP (IPv4 and
 * IPv6 in any combination), GRE, NVGRE, ERSPAN I to III, EtherIP, VXLAN and GENEVE.
 *
 * `segment->payload` points into the frame or into what `packets` keeps, and is valid until the
 * next call. The IP length decides the payload's length, so Ethernet padding never counts; a total
 * length of 0 (TCP segmentation offload) means up to the end of the frame. The first fragment of a
 * datagram that is not complete yet gives a segment with the payload that it has, and without FIN;
 * the fragment that completes the datagram gives the whole segment.
 */
enum packet_kind packet_decode(struct packets *packets, const struct packet_frame *frame,
                               struct segment *segment);

/* What decoding a frame leaves in `packets`, for who keeps that in place of the frame. */
struct packet_trace {
    bool is_fragment;      /* only the frame itself will do */
    bool is_unread;        /* it counts as one that was not looked into, of the sort: */
    unsigned sort, number; /* known to this module only */
};

/* That of the last frame. */
struct packet_trace packets_trace(const struct packets *packets);

/* Leaves the same in other packets; false if there is no such sort. */
bool packets_take_trace(struct packets *packets, const struct packet_trace *trace);

/* The sorts of frames without TCP that were not looked into, the most frequent first; returns how
 * many of `n` were filled. `*others` gets the number of frames of all other sorts. */
size_t packets_unread(const struct packets *packets, struct packet_unread *unread, size_t n,
                      uint64_t *others);

#endif
