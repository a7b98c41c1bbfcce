/* rpch_connection.h
 * The TCP connections that carry something of ours: how they are recognised, and what is kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CONNECTION_H
#define RPCH_CONNECTION_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "track/recognise.h"

/* What the bytes come by. */
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
    guint32 first_frame;          /* from which on it is ours */
    enum oa_endpoint_known known; /* of the server's endpoint, when it was recognised */
    bool is_mapi_http;            /* dissected by whoever shows such streams, http_stream.h */
};

/* How far the dissection of a frame has come in what is ours of it. */
struct rpch_position {
    guint next; /* unit */
};

struct tcpinfo;

/* Whether connections of MAPI over HTTP are to be recognised: somebody shows them. */
void rpch_connection_follow_mapi_http(bool follow);

/* Whether the data begin a connection of ours, and which. OA_MAYBE while they are too short to
 * tell. To be asked of data that are not known to belong to one. `segment` describes the data's
 * place in the TCP stream; NULL inside TLS. */
enum oa_verdict rpch_connection_begins(tvbuff_t *tvb, packet_info *pinfo,
                                       const struct tcpinfo *segment,
                                       struct oa_recognition *recognition);

/*
 * The connection that the data belong to: it was recognised in an earlier frame or in earlier data
 * of this one, or it begins with these data; then it is opened, on the first visit. NULL if it is
 * not ours, or not yet, which *verdict says.
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

/* The packet's connection; NULL if nothing of it is ours. */
const struct rpch_connection *rpch_connection_find(packet_info *pinfo);

/* Which side sends the packet. */
enum oa_side rpch_connection_side(const struct rpch_connection *connection,
                                  const packet_info *pinfo);

/* The position in this frame; begins it. */
struct rpch_position *rpch_connection_position(packet_info *pinfo,
                                               const struct rpch_connection *connection);

#endif
