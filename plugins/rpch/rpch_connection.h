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
    dissector_handle_t http; /* stock HTTP over it */
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
};

/* How far the dissection of a frame has come. */
struct rpch_position {
    guint next; /* index of the next unit */
};

/* Whether to recognise MAPI over HTTP: only if there is an HTTP stream dissector. */
void rpch_connection_follow_mapi_http(bool follow);

/* Whether the data begin a connection to follow, and what kind; OA_MAYBE if they are too short to
 * decide. For data that do not already belong to one. */
enum oa_verdict rpch_connection_begins(tvbuff_t *tvb, packet_info *pinfo,
                                       struct oa_recognition *recognition);

/*
 * The connection that the data belong to: recognised in an earlier frame, in earlier data of this
 * one, or by these data, in which case it is opened on the first visit. NULL if the data are not
 * ours; *verdict is OA_MAYBE if more of them may be.
 */
const struct rpch_connection *rpch_connection_at(tvbuff_t *tvb, packet_info *pinfo,
                                                 const struct rpch_transport *transport,
                                                 enum oa_verdict *verdict);

/* The packet's connection, also before the frame where it was recognised; or NULL. */
const struct rpch_connection *rpch_connection_find(packet_info *pinfo);

/* Which side sends the packet. */
enum oa_side rpch_connection_side(const struct rpch_connection *connection,
                                  const packet_info *pinfo);

/* The position in this frame; created on first use. */
struct rpch_position *rpch_connection_position(packet_info *pinfo,
                                               const struct rpch_connection *connection);

#endif
