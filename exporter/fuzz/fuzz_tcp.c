/* fuzz_tcp.c
 * Any bytes as a list of segments: what is delivered and what is lost make up each stream, and the
 * counters agree. [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcp.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Every payload byte is the low byte of its sequence number. So each byte delivered must be the one
 * before plus one and plus what was reported lost in between, whatever was cut, repeated or out of
 * order.
 */
struct followed {
    uint64_t delivered[2], lost[2];
    bool is_started[2];
    uint8_t expected[2];
    bool is_ignored;
};

struct host {
    int64_t open;
    uint64_t opened, frames_sent, frames_closed;
    uint8_t habits; /* which listener to play, by bits */
};

#define IGNORES_SOME 0x01
#define SWAPS_SOME 0x02

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
on_opened(void *context, struct tcp_connection *connection)
{
    struct host *host = (struct host *)context;

    require(connection->number == host->opened++);
    host->open++;
    connection->user = g_new0(struct followed, 1);
    if ((host->habits & IGNORES_SOME) && connection->number % 4 == 3) {
        ((struct followed *)connection->user)->is_ignored = true;
        tcp_connection_ignore(connection);
    }
}

static void
swap(struct tcp_connection *connection, struct followed *followed)
{
    struct followed old = *followed;

    tcp_connection_swap(connection);
    for (int i = 0; i < 2; i++) {
        followed->delivered[i] = old.delivered[1 - i];
        followed->lost[i] = old.lost[1 - i];
        followed->is_started[i] = old.is_started[1 - i];
        followed->expected[i] = old.expected[1 - i];
    }
}

static void
on_data(void *context, struct tcp_connection *connection, enum tcp_side side, const uint8_t *data,
        size_t length, struct tcp_stamp stamp)
{
    struct host *host = (struct host *)context;
    struct followed *followed = (struct followed *)connection->user;

    (void)stamp;
    require(length > 0 && !followed->is_ignored);
    if (!followed->is_started[side])
        followed->expected[side] = data[0];
    followed->is_started[side] = true;
    for (size_t i = 0; i < length; i++)
        require(data[i] == followed->expected[side]++);
    followed->delivered[side] += length;
    if ((host->habits & IGNORES_SOME) && connection->number % 4 == 1 &&
        followed->delivered[side] > 20) {
        followed->is_ignored = true;
        tcp_connection_ignore(connection);
    } else if ((host->habits & SWAPS_SOME) && connection->number % 4 != 1 &&
               !connection->handshake_seen && length % 4 == 0) {
        swap(connection, followed);
    }
}

static void
on_lost(void *context, struct tcp_connection *connection, enum tcp_side side, uint64_t bytes,
        struct tcp_stamp stamp)
{
    struct followed *followed = (struct followed *)connection->user;

    (void)context;
    (void)stamp;
    require(bytes > 0 && !followed->is_ignored);
    followed->lost[side] += bytes;
    followed->expected[side] = (uint8_t)(followed->expected[side] + bytes);
}

static void
on_closed(void *context, struct tcp_connection *connection)
{
    struct host *host = (struct host *)context;
    struct followed *followed = (struct followed *)connection->user;

    require(connection->first_ns <= connection->last_ns &&
            connection->first_frame <= connection->last_frame);
    for (int side = 0; side < 2; side++) {
        const struct tcp_stream *stream = &connection->stream[side];

        require(stream->retransmitted_frames <= stream->frames);
        require(followed->delivered[side] <= stream->payload_bytes &&
                followed->lost[side] <= stream->lost_bytes);
        require(followed->is_ignored || (followed->delivered[side] == stream->payload_bytes &&
                                         followed->lost[side] == stream->lost_bytes));
        host->frames_closed += stream->frames;
    }
    host->open--;
    g_free(followed);
}

static void
feed(struct tcp_table *table, struct oa_cursor *cursor, struct tcp_stamp *stamp,
     const uint32_t isn[2])
{
    uint8_t what = oa_cursor_u8(cursor);
    uint8_t shape = oa_cursor_u8(cursor);
    int16_t offset = (int16_t)oa_cursor_u16(cursor);
    int16_t acknowledged = (int16_t)oa_cursor_u16(cursor);
    unsigned from = what & 1;
    uint8_t payload[256];
    struct segment segment = {
        .flags = oa_cursor_u8(cursor) & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK),
        .payload_length = shape & 0x3f,
        .cut_length = shape & 0x80 ? shape >> 2 & 7 : 0,
    };

    segment.sequence = isn[from] + (what & 0x40 ? (uint32_t)offset << 16 : (uint32_t)offset);
    segment.acknowledgment = isn[from ^ 1] + (uint32_t)acknowledged;
    uint32_t first = segment.sequence + (segment.flags & TCP_SYN ? 1 : 0);
    for (uint32_t i = 0; i < segment.payload_length; i++)
        payload[i] = (uint8_t)(first + i);
    segment.payload = payload;
    segment.source.bytes[15] = (uint8_t)from;
    segment.destination.bytes[15] = (uint8_t)(from ^ 1);
    /* Bits 1 to 3 choose one of eight pairs of ports, of which one is an end that talks to itself.
     */
    uint16_t port = (uint16_t)(2000 + (what >> 1 & 7));
    segment.source_port = from ? 2000 : port;
    segment.destination_port = from ? port : 2000;
    if (what & 0x80) {
        int64_t step = (int64_t)(int8_t)oa_cursor_u8(cursor);
        /* Squared, so that one byte reaches from nothing to beyond the lingering and the silence.
         */
        stamp->time_ns += step * (step < 0 ? -step : step) * 1000000;
    }
    stamp->frame++;
    tcp_table_segment(table, &segment, *stamp);
}

/* An input is: listener habits, limits, both ISNs, the first time; then segments of 7 or 8 bytes.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tcp_listener LISTENER = { on_opened, on_data, on_lost, on_closed };
    static const int64_t TIMES[] = { 0, INT64_C(1700000000000000000), INT64_MIN,
                                     INT64_MAX - (INT64_C(1) << 40) };
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct host host = { .habits = oa_cursor_u8(&cursor) };
    struct tcp_limits limits = {
        .pending_bytes = (size_t)oa_cursor_u8(&cursor) * 16,
        .total_pending_bytes = (size_t)oa_cursor_u8(&cursor) * 64,
        .connections = host.habits >> 4 & 7,
        .linger_ns = 3000000000,
        .idle_ns = 9000000000,
    };
    uint32_t isn[2] = { oa_cursor_u32(&cursor), oa_cursor_u32(&cursor) };
    struct tcp_stamp stamp = { .time_ns = TIMES[host.habits >> 2 & 3] };
    struct tcp_table *table = tcp_table_new(&LISTENER, &host, &limits);

    while (oa_cursor_left(&cursor) >= 8 && stamp.frame < 4096) {
        /* Near the ends of time the clock stands: what a capture reader gives is clamped within
         * them. */
        stamp.time_ns =
            CLAMP(stamp.time_ns, INT64_MIN + (INT64_C(1) << 36), INT64_MAX - (INT64_C(1) << 36));
        feed(table, &cursor, &stamp, isn);
        require(host.open <= (int64_t)MAX(limits.connections, 1));
        host.frames_sent++;
    }
    tcp_table_free(table);
    require(host.open == 0 && host.frames_closed == host.frames_sent);
    return 0;
}
