/* packet.h
 * From a captured frame to its TCP segment: link layers, IPv4, IPv6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKET_H
#define PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ground.h"

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
};

enum packet_kind {
    PACKET_TCP,         /* `segment` is filled */
    PACKET_OTHER,       /* not TCP, or a later IP fragment */
    PACKET_UNSUPPORTED, /* a link type that is not supported */
    PACKET_CUT,         /* incomplete headers: cut off or damaged */
};

/*
 * Decodes the frame `data` of `captured` bytes (`on_wire` before the snap length) whose link type
 * is `encap` (WTAP_ENCAP_* of wiretap). Supports Ethernet (with any stack of 802.1Q/802.1ad tags),
 * Linux cooked v1 and v2, raw IP, BSD and OpenBSD loopback; IPv4 with options; IPv6 with extension
 * headers. `segment->payload` points into `data`. The IP length decides the payload's length, so
 * Ethernet padding never counts; a total length of 0 (TCP segmentation offload) means up to the end
 * of the frame.
 */
enum packet_kind packet_decode(int encap, const uint8_t *data, size_t captured, size_t on_wire,
                               struct segment *segment);

#endif
