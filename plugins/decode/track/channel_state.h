/* channel_state.h
 * Internal to track/. What is kept of one TCP connection, for the modules that take it apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_STATE_H
#define OA_CHANNEL_STATE_H

#include <glib.h>

#include "track/events.h"

/* What the next bytes of one direction are. */
enum stream_state {
    STREAM_HEAD,
    STREAM_BANNER, /* the server's side of a raw connection, before its first byte */
    STREAM_BODY,   /* of an HTTP message that carries no PDUs */
    STREAM_PDUS,
    STREAM_TAIL,  /* the rest of a PDU whose beginning is lost: `tail` bytes */
    STREAM_LOST,  /* look for the next PDU or head */
    STREAM_DRAIN, /* after the last PDU of a recycled OUT channel: bytes without meaning,
                     [MS-RPCH] 3.2.3.5.10 */
};

struct stream {
    enum stream_state state;
    bool chunked;
    bool in_chunk;    /* chunked: inside a chunk's data, `left` bytes of it to come */
    bool after_chunk; /* chunked: the line end behind a chunk's data is still to come */
    uint64_t left;    /* bytes of the body to come; UINT64_MAX until the connection ends */
    uint64_t tail;
    bool broken_off;   /* a head stands where a PDU had to */
    GByteArray *carry; /* oa_channel_data: bytes that wait for their rest */
    struct oa_stamp carry_from;
    size_t carry_need; /* how many bytes the waiting ones have to become before another try is worth
                          it */
};

struct channel {
    struct oa_channel facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    struct stream stream[2];
    enum oa_http_method method; /* of the last RPC over HTTP request */
    bool last_request_is_rpc;
    bool last_request_is_head;
    bool is_raw;        /* no HTTP around the PDUs */
    bool kind_is_guess; /* by one RPC PDU; one from the other side makes it a duplex one */
    bool told_overrun;  /* findings that are told once */
    bool told_violation;
    unsigned refusals;               /* authentication exchanges refused */
    int64_t available_before_ack;    /* of the receive window, before the last acknowledgment */
    GList link;                      /* in the virtual connection's channels */
    struct oa_http_connection *mapi; /* MAPI over HTTP, which takes all the bytes; or NULL */
};

/* The tracker's channels, and what the event of oa_channel_next() points to. */
struct channel_table {
    GHashTable *open;
    uint64_t n_channels;
    uint8_t *joined; /* 64 KiB: a PDU put together from chunks */
    struct oa_http_head http;
    struct oa_rts rts;
    struct oa_rpc_pdu rpc;
};

struct channel_table *oa_channels_new(void);
void oa_channels_free(struct channel_table *table);

#endif
