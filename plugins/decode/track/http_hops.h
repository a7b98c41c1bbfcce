/* http_hops.h
 * Internal to track/. Virtual connections that pass several HTTP hops: which of them a connection
 * is. [MS-RPCH] 2.2.3.1 (a cookie identifies a channel, whatever connections carry it)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_HOPS_H
#define OA_HTTP_HOPS_H

#include "track/events.h"

/*
 * The HTTP hop of `vc` that a channel is on, whose cookie was just read and which is about to
 * become a part of `vc`. The server of one hop is the client of the next; where addresses do not
 * show the order, the connection seen first is nearer to the client. With `*is_between` the hop is
 * a new one before those that are known from that place on, which have to move on by one first.
 * OA_HOP_SERVER if there is no room for another hop.
 */
enum oa_hop oa_http_hops_find(const struct oa_virtual_connection *vc,
                              const struct oa_channel *channel, bool *is_between);

/*
 * Whether the channel, whose cookie was just read with that stamp, is the beginning of another
 * virtual connection with the same cookie as `vc`: it takes the same way as a channel of `vc` did,
 * which is established. A client may use a cookie again, although it is to be unique.
 */
bool oa_http_hops_is_used_again(const struct oa_virtual_connection *vc,
                                const struct oa_channel *channel, struct oa_stamp stamp);

#endif
