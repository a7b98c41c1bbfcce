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
    bool is_tls;
};

struct rpch_connection {
    struct oa_channel *channel;
    const struct rpch_transport *transport;
    address client;
    guint32 client_port;
    guint32 first_frame; /* from which on it is ours */
};

/* How far the dissection of a frame has come in what is ours of it. */
struct rpch_position {
    guint next; /* unit */
};

/* Whether the data begin with something of ours; OA_MAYBE while they are too short to tell. */
enum oa_verdict rpch_recognise(tvbuff_t *tvb, const packet_info *pinfo,
                               struct oa_recognition *recognition);

/* The packet's connection, if any of it is ours; NULL otherwise. */
struct rpch_connection *rpch_connection_find(packet_info *pinfo);

/* Whether what comes now is ours without looking at it: the connection was recognised in an earlier
 * frame, or in earlier data of this one. */
bool rpch_connection_has_begun(packet_info *pinfo, const struct rpch_connection *connection);

/* Opens the connection that was recognised, unless that has happened. First visits only. */
struct rpch_connection *rpch_connection_open(packet_info *pinfo,
                                             const struct oa_recognition *recognition,
                                             const struct rpch_transport *transport);

/* Which side sends the packet. */
enum oa_side rpch_connection_side(const struct rpch_connection *connection,
                                  const packet_info *pinfo);

/* The position in this frame; begins it. */
struct rpch_position *rpch_connection_position(packet_info *pinfo,
                                               const struct rpch_connection *connection);

#endif
