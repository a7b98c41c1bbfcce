/* rpch_connection.h
 * The TCP connections that the plugin follows: recognising them, and what is remembered of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CONNECTION_H
#define RPCH_CONNECTION_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "track/recognise.h"

/* What carries the bytes. */
struct rpch_transport {
    dissector_handle_t http; /* stock HTTP on it */
    dissector_handle_t
        instead; /* ours, which conversations have instead of stock HTTP's; NULL: none do */
    bool is_tls;
};

struct rpch_connection {
    struct oa_channel *channel;
    const struct rpch_transport *transport;
    address client;
    guint32 client_port;
    guint32 first_frame;          /* where it was recognised; earlier frames are not ours */
    enum oa_endpoint_known known; /* about the server's endpoint, when it was recognised */
    bool is_mapi_http;            /* dissected by the HTTP stream dissector, http_stream.h */
    bool is_closed;               /* its bytes go to the decoder no longer */
    void *kept_by_mapi;           /* the HTTP stream dissector's own */
    struct rpch_waiting {
        guint8 *data;
        guint length; /* 0: none wait */
        struct oa_stamp stamp;
    } waiting[2]; /* by enum oa_side: bytes at the end that more were requested for */
    struct rpch_sequence {
        bool is_known;
        guint32 next; /* after the segments so far */
    } sequence[2];    /* by enum oa_side: numbers of TCP */
};

/* How far the dissection of a frame has come: what is remembered during one visit. */
struct rpch_progress {
    bool has_begun; /* a unit has been shown */
    struct rpch_position {
        const struct rpch_connection *connection; /* NULL: none yet */
        guint next;                               /* index of its next unit in the frame */
        struct rpch_position *other; /* of another connection, in a tunnel; NULL: none */
    } position;
};

struct conversation;
struct tcpinfo;

/* Whether connections of MAPI over HTTP are to be recognised: somebody shows them. */
void rpch_connection_follow_mapi_http(bool follow);

/* Whether the data begin a connection of ours, and which. OA_MAYBE while they are too short to
 * tell. To be asked of data that are not known to belong to one. `segment` describes the data's
 * place in the TCP stream; NULL inside TLS. */
enum oa_verdict rpch_connection_begins(tvbuff_t *tvb, packet_info *pinfo,
                                       const struct tcpinfo *segment,
                                       struct oa_recognition *recognition);

/* Whether the data, of which TCP calls no dissector yet, would begin a connection of ours in the
 * middle of this one, of which the capture lacks the beginning. Changes nothing. */
bool rpch_connection_resumes(struct conversation *conversation, tvbuff_t *tvb, packet_info *pinfo);

/*
 * The connection that the data belong to: recognised in an earlier frame, in earlier data of this
 * one, or by these data, in which case it is opened on the first visit. NULL if the data are not
 * ours; *verdict is OA_MAYBE if more of them may be.
 */
const struct rpch_connection *rpch_connection_at(tvbuff_t *tvb, packet_info *pinfo,
                                                 const struct tcpinfo *segment,
                                                 const struct rpch_transport *transport,
                                                 enum oa_verdict *verdict);

/* Between these two a stock dissector has the data. What reaches us then is the payload of a
 * tunnel, for example of CONNECT: its ports are not those of the connection, and it begins nowhere
 * in particular. */
void rpch_connection_enter_stock(packet_info *pinfo);
void rpch_connection_leave_stock(packet_info *pinfo);
bool rpch_connection_in_tunnel(packet_info *pinfo);

/* The packet's connection, or that of a conversation, which may be NULL; NULL if nothing of it is
 * ours. */
const struct rpch_connection *rpch_connection_find(packet_info *pinfo);
const struct rpch_connection *rpch_connection_of(struct conversation *conversation);

/* The last bytes of that side wait for more, which may never come; `length` may be 0. */
void rpch_connection_put_off(const struct rpch_connection *connection, enum oa_side side,
                             const guint8 *data, guint length, struct oa_stamp stamp);

/* The segment, whose data that side sends, is about to be decoded, on the first visit: if bytes are
 * missing between it and the segments before, the channel loses them. `segment` may be NULL. */
void rpch_connection_follow(const struct rpch_connection *connection, enum oa_side side,
                            const struct tcpinfo *segment);

/* The TCP connection has ended: closes its channel. */
void rpch_connection_close(const struct rpch_connection *connection, struct oa_ending ending);

/* Which side sends the packet. */
enum oa_side rpch_connection_side(const struct rpch_connection *connection,
                                  const packet_info *pinfo);

/* How far this frame is; NULL if no data of ours have come in it. */
struct rpch_progress *rpch_connection_progress(packet_info *pinfo);

/* The connection's position in this frame; created on first use. */
struct rpch_position *rpch_connection_position(packet_info *pinfo,
                                               const struct rpch_connection *connection);

#endif
