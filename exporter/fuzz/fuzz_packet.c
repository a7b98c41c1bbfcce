/* fuzz_packet.c
 * Any bytes as a frame of any link type: the segment found lies within them.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
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

/* An input is: link type, how much longer the frame was on the wire, then the frame. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int ENCAPS[] = {
        WTAP_ENCAP_ETHERNET, WTAP_ENCAP_SLL,     WTAP_ENCAP_SLL2,
        WTAP_ENCAP_RAW_IP,   WTAP_ENCAP_RAW_IP4, WTAP_ENCAP_RAW_IP6,
        WTAP_ENCAP_NULL,     WTAP_ENCAP_LOOP,    WTAP_ENCAP_PPP,
    };
    struct segment segment;
    char text[ADDRESS_TEXT];

    if (size < 2)
        return 0;
    int encap = ENCAPS[data[0] % G_N_ELEMENTS(ENCAPS)];
    size_t captured = size - 2, on_wire = captured + data[1];
    /* A copy of the exact size, so that the sanitizer sees a read behind it. */
    uint8_t *frame = (uint8_t *)g_malloc(captured ? captured : 1);

    memcpy(frame, data + 2, captured);
    memset(&segment, 0xa5, sizeof segment);
    enum packet_kind kind = packet_decode(encap, frame, captured, on_wire, &segment);
    require((kind == PACKET_UNSUPPORTED) == (encap == WTAP_ENCAP_PPP));
    if (kind == PACKET_TCP) {
        require(segment.payload >= frame && segment.payload <= frame + captured);
        require(segment.payload_length <= (size_t)(frame + captured - segment.payload));
        /* An IP length counts even where it says more than the frame could hold, so this is all
         * that bounds it. */
        require(segment.cut_length <= MAX(on_wire, 65535u + 40));
        require(strlen(address_text(segment.source.address, text)) < ADDRESS_TEXT);
        require(strlen(address_text(segment.destination.address, text)) < ADDRESS_TEXT);
    }
    g_free(frame);
    return 0;
}
