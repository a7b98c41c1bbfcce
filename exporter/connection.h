/* connection.h
 * What is known of a TCP connection: plain facts, filled by every source and printed by the
 * reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "tls/tls_facts.h"
#include "track/events.h"

/* What one side sent. */
struct connection_stream {
    uint64_t frames;
    uint64_t payload_bytes;        /* each byte once, also those that the snap length cut off */
    uint64_t retransmitted_frames; /* frames whose payload had all been seen before */
    uint64_t lost_bytes;           /* not in the capture, and given up */
};

struct connection {
    uint64_t number;                    /* in order of first appearance, from 0 */
    struct oa_endpoint endpoint[2];     /* by enum oa_side; the side that opened it is the client */
    struct oa_stamp first, last;        /* frames */
    struct connection_stream stream[2]; /* by sender */
    bool payload_only; /* the source sees what TCP carried, not TCP itself: frames, retransmissions,
                          loss, handshake and end are unknown, which is not 0 */
    bool handshake_seen; /* the SYN was captured, so the sides are certain */
    bool was_refused;    /* the server answered the SYN by a reset: no program listens there */
    bool is_swapped;     /* the sides were swapped after it was opened, see connection_swap() */
    struct oa_ending ending;
};

/* A connection that has ended, with what the decoder made of it. */
struct connection_row {
    const struct connection *tcp;
    const struct oa_channel *channel; /* NULL if it carried no RPC over HTTP */
    const struct oa_tls_facts *tls;   /* NULL if it did not begin as TLS does */
};

/* The facts of the connection that a channel is carried by; its source opened it with them. */
static inline const struct connection *
connection_of(const struct oa_channel *channel)
{
    return channel->host;
}

/* Whether the first data of a connection, without its SYN, came from the server: by the ports. */
bool connection_sent_by_server(uint16_t source_port, uint16_t destination_port);

/* Swaps the sides: for a connection without a handshake whose first data shows that the side
 * taken for the server is the client. All that was counted is swapped too. */
void connection_swap(struct connection *connection);

/* Formats an address without the IPv4 mapping; `out` is returned. */
#define ADDRESS_TEXT 46
const char *address_text(const uint8_t address[16], char out[ADDRESS_TEXT]);

#endif
