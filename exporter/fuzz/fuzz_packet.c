/* fuzz_packet.c
 * Any bytes as frames of any link type: the segments found lie within them, and nothing is counted
 * twice.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/cursor.h"
#include "connection.h"
#include "packet.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
take_frame(struct packets *packets, struct oa_cursor *cursor, int64_t time_ns)
{
    static const int ENCAPS[] = {
        WTAP_ENCAP_ETHERNET, WTAP_ENCAP_SLL,       WTAP_ENCAP_SLL2,        WTAP_ENCAP_RAW_IP,
        WTAP_ENCAP_RAW_IP4,  WTAP_ENCAP_RAW_IP6,   WTAP_ENCAP_NULL,        WTAP_ENCAP_LOOP,
        WTAP_ENCAP_PPP,      WTAP_ENCAP_PPP_ETHER, WTAP_ENCAP_IEEE_802_11,
    };
    int encap = ENCAPS[oa_cursor_u8(cursor) % G_N_ELEMENTS(ENCAPS)];
    size_t more = oa_cursor_u8(cursor);
    size_t announced = oa_cursor_u16(cursor);
    size_t captured = MIN(announced, oa_cursor_left(cursor));
    /* A copy of the exact size, so that the sanitizer sees a read behind it. */
    uint8_t *bytes = g_malloc(captured ? captured : 1);
    struct packet_frame frame = { encap, bytes, captured, captured + more, time_ns };
    struct segment segment;
    char text[ADDRESS_TEXT];

    memcpy(bytes, oa_cursor_bytes(cursor, captured), captured);
    memset(&segment, 0xa5, sizeof segment);
    enum packet_kind kind = packet_decode(packets, &frame, &segment);
    require((kind == PACKET_UNSUPPORTED) == (encap == WTAP_ENCAP_IEEE_802_11));
    if (kind == PACKET_TCP) {
        uint32_t sum = 0;

        /* The payload lies in the frame or in a datagram: every byte of it can be read. */
        for (uint32_t i = 0; i < segment.payload_length; i++)
            sum += segment.payload[i];
        for (uint32_t i = 0; i < segment.header_length; i++)
            sum += segment.header[i];
        require(sum <= 255 * (segment.payload_length + segment.header_length));
        require(segment.header_length >= 20 && segment.header_length <= 60);
        /* An IP length counts even where it says more than the frame could hold, so this is all
         * that bounds it. */
        require(segment.payload_length + segment.cut_length <= MAX(frame.on_wire, 65535u + 40));
        require(strlen(address_text(segment.source.address, text)) < ADDRESS_TEXT);
        require(strlen(address_text(segment.destination.address, text)) < ADDRESS_TEXT);
    }
    g_free(bytes);
}

#define FRAMES_MAX 64

/* An input is a list of frames: link type, how much longer the frame was on the wire, how many
 * bytes were captured (in two bytes; as far as there are any), then these. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct packets *packets = packets_new();
    struct packet_unread unread[4];
    uint64_t n_frames = 0, n_unread = 0, others;

    while (oa_cursor_left(&cursor) >= 4 && n_frames < FRAMES_MAX) {
        take_frame(packets, &cursor, (int64_t)n_frames * 1000000000);
        n_frames++;
    }
    size_t n = packets_unread(packets, unread, G_N_ELEMENTS(unread), &others);
    for (size_t i = 0; i < n; i++) {
        require(unread[i].frames > 0 && strlen(unread[i].name) + 1 < PACKET_UNREAD_TEXT);
        n_unread += unread[i].frames;
    }
    require(n_unread + others <= 2 * n_frames);
    packets_free(packets);
    return 0;
}
