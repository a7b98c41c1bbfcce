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
    struct host *host;
    struct connection *connection;
    struct followed_stream {
        uint64_t delivered, lost;
        bool is_started;
        uint8_t expected;
    } stream[2]; /* by sender */
};

struct host {
    int64_t open;
    uint64_t opened, frames_sent, frames_closed;
    uint8_t habits; /* which listener to play, by bits */
};

#define SWAPS_SOME 0x02

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void *
on_opened(void *context, struct connection *connection)
{
    struct followed *followed = g_new0(struct followed, 1);

    followed->host = context;
    followed->connection = connection;
    connection->number = followed->host->opened++;
    followed->host->open++;
    return followed;
}

static void
swap(struct followed *followed)
{
    struct followed_stream client = followed->stream[OA_CLIENT];

    connection_swap(followed->connection);
    followed->stream[OA_CLIENT] = followed->stream[OA_SERVER];
    followed->stream[OA_SERVER] = client;
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    struct followed *followed = user;
    struct followed_stream *stream = &followed->stream[side];

    (void)stamp;
    require(length > 0);
    if (!stream->is_started)
        stream->expected = data[0];
    stream->is_started = true;
    for (size_t i = 0; i < length; i++)
        require(data[i] == stream->expected++);
    stream->delivered += length;
    if ((followed->host->habits & SWAPS_SOME) && followed->connection->number % 4 != 1 &&
        !followed->connection->handshake_seen && length % 4 == 0)
        swap(followed);
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    struct followed_stream *stream = &((struct followed *)user)->stream[side];

    (void)stamp;
    require(bytes > 0);
    stream->lost += bytes;
    stream->expected = (uint8_t)(stream->expected + bytes);
}

static void
on_closed(void *user)
{
    struct followed *followed = user;
    const struct connection *connection = followed->connection;

    require(connection->first.time_ns <= connection->last.time_ns &&
            connection->first.frame <= connection->last.frame);
    for (int side = 0; side < 2; side++) {
        const struct connection_stream *stream = &connection->stream[side];

        require(stream->retransmitted_frames <= stream->frames);
        uint64_t missing = stream->lost_bytes + stream->under_way_bytes + stream->unseen_bytes;
        require(!stream->unseen_bytes || !stream->frames);
        /* What the snap length cut off is payload that cannot be delivered. */
        require(followed->stream[side].delivered <= stream->payload_bytes &&
                followed->stream[side].lost >= missing &&
                followed->stream[side].delivered + followed->stream[side].lost ==
                    stream->payload_bytes + missing);
        followed->host->frames_closed += stream->frames;
    }
    followed->host->open--;
    g_free(followed);
}

static void
feed(struct tcp_table *table, struct oa_cursor *cursor, struct oa_stamp *stamp,
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
    segment.source.address[15] = (uint8_t)from;
    segment.destination.address[15] = (uint8_t)(from ^ 1);
    /* Bits 1 to 3 choose one of eight pairs of ports, of which one is an end that talks to itself.
     */
    uint16_t port = (uint16_t)(2000 + (what >> 1 & 7));
    segment.source.port = from ? 2000 : port;
    segment.destination.port = from ? port : 2000;
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
    static const struct tcp_listener LISTENER = { on_opened, on_data,   on_lost,
                                                  on_lost,   on_closed, NULL };
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
    struct oa_stamp stamp = { .time_ns = TIMES[host.habits >> 2 & 3] };
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
