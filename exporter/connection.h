/* connection.h
 * The facts of a TCP connection: filled by every source, printed by the reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "base/text.h"
#include "tls/tls_opener.h"
#include "track/events.h"

/* What one side sent. */
struct connection_stream {
    uint64_t frames;
    uint64_t payload_bytes;        /* each byte once, also those that the snap length cut off */
    uint64_t retransmitted_frames; /* frames whose payload had all been seen before */
    uint64_t lost_bytes;           /* missing from the capture */
    uint64_t retransmitted_bytes;  /* payload that had been seen before, in whatever frame */
    uint64_t wire_bytes;           /* IP packets with their headers */
    uint64_t under_way_bytes;      /* missing, but sent before the capture began: not lost */
    uint64_t unseen_bytes;         /* missing, while the capture holds no frame of this direction */
};

/* As netstat would show it on one of the two hosts. */
enum connection_state {
    CONNECTION_UNKNOWN,
    CONNECTION_SYN_SENT, /* no SYN+ACK in the capture */
    CONNECTION_ESTABLISHED,
    CONNECTION_FIN_WAIT, /* one side has sent its FIN */
    CONNECTION_CLOSED,   /* both have, or one an RST; or another connection uses the ports */
};

/* Exchanges of HTTP inside TLS, as far as records show them, see tls/shape.h. */
struct connection_exchanges {
    uint64_t n, answered;
    int64_t p50_ns, p95_ns; /* from the last byte of a request to that of the response */
};

struct connection {
    /* What changes with every segment: CONNECTION_MOVING bytes. */
    struct connection_stream stream[2]; /* by sender */
    struct oa_stamp last;               /* frame */
    bool is_waiting[2];                 /* by sender: bytes are missing that may still be found */

    uint64_t number;                /* in order of first appearance, from 0 */
    struct oa_endpoint endpoint[2]; /* by enum oa_side; the client opened the connection */
    struct oa_stamp first;          /* frame */
    bool payload_only;              /* the source sees what TCP carried, but not TCP itself: frames,
                                       retransmissions, loss, handshake and end are unknown, not 0 */
    bool is_in_tls;                 /* decrypted by the source's host */
    bool handshake_seen;            /* the SYN was captured, so the sides are certain */
    bool was_refused; /* the server responded to the SYN with a reset: nothing listens there */
    bool is_swapped;  /* since it was opened, by connection_swap() */
    bool has_channel; /* it is known to carry RPC or MAPI over HTTP */
    struct oa_ending ending;
    int64_t watched_ns; /* how far the capture reached when it was given up; 0: unknown */
    bool is_given_up;   /* open, and could not be kept, silent for so long: */
    int64_t silent_ns;
    int64_t closed_ns;     /* the first FIN or RST, if `ending` is one of them */
    bool has_round_trip;   /* the handshake is in the capture, and nothing of it came twice: */
    int64_t round_trip_ns; /* from the SYN to the acknowledgment of the SYN+ACK */
    enum connection_state state;           /* when the capture ended, or the connection */
    struct connection_exchanges exchanges; /* 0: none, or not looked for */
    void *counted; /* of intervals.h; NULL: nothing was counted yet, or it has ended */
};

#define CONNECTION_MOVING offsetof(struct connection, number)

/* How many connections are kept of each kind of source, whatever the limit of memory: what else is
 * in memory must not make them of no use. */
#define CONNECTIONS_KEPT 1024

/* One of so many parts of the connections is given up at once. */
#define PARTS_TO_GIVE_UP 16

/* Open connections that were closed because more could not be kept. */
struct connections_given_up {
    uint64_t foreign, ours;   /* without a channel; with one */
    int64_t least_silence_ns; /* the least time for which one of them had been silent */
};

/* Adds the connection, which has ended, if it was given up. */
void connections_add_given_up(struct connections_given_up *sum,
                              const struct connection *connection);

/* A connection that has ended, and what it carried. */
struct connection_row {
    struct connection *tcp;
    struct oa_channel *channel;     /* NULL if no RPC or MAPI over HTTP */
    const struct oa_tls_facts *tls; /* NULL if it did not start as TLS does */
    struct oa_tls_outcome opened;   /* what keys have shown of that */
    bool is_attempt;                /* without payload, to a port that a URI or ValidPorts names */
};

/* The facts of a channel's connection: every source passes them to oa_channel_open() as the host.
 */
static inline const struct connection *
connection_of(const struct oa_channel *channel)
{
    return channel->host;
}

/* Whether the capture shows how the connection ended; sets the time. */
bool connection_has_ended(const struct connection *connection, int64_t *ended_ns);

/* Whether the ports show that the server sent the data; for connections without a SYN. */
bool connection_sent_by_server(uint16_t source_port, uint16_t destination_port);

/* Swaps the sides, with everything that was counted: for a connection without a handshake whose
 * first data show that the side taken for the server is the client. */
void connection_swap(struct connection *connection);

/* Formats an address without the IPv4 mapping; `out` is returned. */
#define ADDRESS_TEXT OA_ADDRESS_TEXT
const char *address_text(const uint8_t address[16], char out[ADDRESS_TEXT]);

#endif
