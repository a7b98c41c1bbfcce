/* fuzz_pdu.c
 * Any bytes as frames of exported PDUs: tags that lie, and streams in pieces that overlap. What is
 * counted is what was exported. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"
#include "track/tracker.h"

#include <wireshark.h>

#include <stdlib.h>
#include <string.h>

#include <wiretap/wtap.h>

#include "base/cursor.h"
#include "exported_pdu.h"
#include "track/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
    uint64_t exported; /* payload bytes of all PDUs */
    uint64_t counted;
    uint64_t ended;
};

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
on_ended(void *context, const struct connection_row *row)
{
    struct host *host = context;

    require(row->tcp->payload_only && !row->tcp->handshake_seen);
    require(row->tcp->stream[OA_CLIENT].frames == 0 && row->tcp->stream[OA_SERVER].frames == 0);
    require(row->tcp->first.time_ns <= row->tcp->last.time_ns);
    host->counted += row->tcp->stream[OA_CLIENT].payload_bytes;
    host->counted += row->tcp->stream[OA_SERVER].payload_bytes;
    host->ended++;
}

static void
feed(void *source, struct host *host, const uint8_t *data, size_t length, size_t cut,
     uint64_t number)
{
    /* A copy of the exact size, so that the sanitizer sees a read behind it. */
    uint8_t *bytes = g_malloc(length ? length : 1);
    struct exported_pdu pdu;

    memcpy(bytes, data, length);
    if (exported_pdu_parse(bytes, length, &pdu)) {
        require(pdu.data >= bytes && pdu.data + pdu.length == bytes + length);
        host->exported += pdu.length;
    }
    PDU_SOURCE.frame(source,
                     &(struct capture_frame){ .number = number,
                                              .time_ns = (int64_t)number * 1000000,
                                              .encap = WTAP_ENCAP_WIRESHARK_UPPER_PDU,
                                              .data = bytes,
                                              .captured = length,
                                              .on_wire = length + cut },
                     NULL);
    g_free(bytes);
}

/* An input is a list of frames: two bytes of length, one of how much longer it was, the frame. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct host host = { 0 };
    struct flows flows;

    flows_begin(&flows, oa_tracker_new(NULL, NULL, false), on_ended, &host);
    void *source = PDU_SOURCE.begin(&flows, NULL);
    uint64_t number = 0;

    while (oa_cursor_left(&cursor) >= 3) {
        size_t length = oa_cursor_u16(&cursor);
        size_t cut = oa_cursor_u8(&cursor);

        length = MIN(length, oa_cursor_left(&cursor));
        feed(source, &host, oa_cursor_bytes(&cursor, length), length, cut, ++number);
    }
    struct source_result result = { 0 };

    PDU_SOURCE.end(source, &result);
    oa_tracker_end(flows.tracker);
    oa_tracker_free(flows.tracker);
    require(host.ended <= flows.n_connections && host.counted <= host.exported);
    return 0;
}
