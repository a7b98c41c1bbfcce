/* packed_packet.c
 * A packet that was found in a frame elsewhere, in place of the frame's data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packed_packet.h"

#include <string.h>

void
packed_packet_put(GByteArray *to, const struct packed_packet *packed)
{
    const struct segment *segment = &packed->segment;
    bool is_tcp = packed->kind == PACKET_TCP;
    size_t header = is_tcp ? segment->header_length : 0;
    size_t payload = is_tcp ? segment->payload_length : 0;

    g_byte_array_set_size(to, (guint)(sizeof *packed + header + payload));
    memcpy(to->data, packed, sizeof *packed);
    if (header)
        memcpy(to->data + sizeof *packed, segment->header, header);
    if (payload)
        memcpy(to->data + sizeof *packed + header, segment->payload, payload);
}

enum packet_kind
packed_packet_take(struct packets *packets, const uint8_t *data, struct segment *segment)
{
    struct packed_packet packed;

    memcpy(&packed, data, sizeof packed);
    if (packed.kind == PACKET_TCP) {
        *segment = packed.segment;
        segment->header = data + sizeof packed;
        segment->payload = segment->header + segment->header_length;
    }
    packets_take_trace(packets, &packed.trace);
    return packed.kind;
}
