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
 * show the order, the connection that got the cookie first is nearer to the client. With
 * `*is_between` the hop is a new one before those that are known from that place on, which have to
 * move on by one first. OA_HOP_SERVER if there is no room for another hop.
 */
enum oa_hop oa_http_hops_find(const struct oa_virtual_connection *vc,
                              const struct oa_channel *channel, bool *is_between);

/* Whether that channel of `vc` turns out to be on another HTTP hop than the one where it was put
 * when less was known: there is one now between its own hosts, or another connection carries the
 * same channel between the hosts of the hop. */
bool oa_http_hops_is_misplaced(const struct oa_virtual_connection *vc,
                               const struct oa_channel *channel);

/* Whether that HTTP hop of `vc` turns out to be behind the next one: it got the cookies of channels
 * later, and addresses do not show otherwise. */
bool oa_http_hops_are_inverted(const struct oa_virtual_connection *vc, int hop);

/*
 * Whether the channel, whose cookie was just read with that stamp, is the beginning of another
 * virtual connection with the same cookie as `vc`, which was established before: by then, the first
 * PDUs of both channels had passed every hop. A client may use a cookie again, although it is to be
 * unique.
 */
bool oa_http_hops_is_used_again(const struct oa_virtual_connection *vc,
                                const struct oa_channel *channel, struct oa_stamp stamp);

/* Both turned out to be one virtual connection, and one of them has a single HTTP hop, which is
 * between the same hosts as one of the other: sets by how many hops those of each have to move on.
 * False: it is not so. */
bool oa_http_hops_align(const struct oa_virtual_connection *a,
                        const struct oa_virtual_connection *b, unsigned distance[2]);

/* By how many hops those of `far` have to move on to be behind all of `near`, which is nearer to
 * the client; OA_HOP_SERVER if there is no room for them. */
unsigned oa_http_hops_behind(const struct oa_virtual_connection *near,
                             const struct oa_virtual_connection *far);

/* Whether `vc` has the other channel of a hop between the hosts of this one, but not this one. */
bool oa_http_hops_lack(const struct oa_virtual_connection *vc, const struct oa_channel *channel);

/* Whether the channel may be a successor on an HTTP hop of `vc`, by its hosts: both are those of
 * the hop, or its head shows that it goes to the same server through another proxy. */
bool oa_http_hops_may_succeed(const struct oa_virtual_connection *vc,
                              const struct oa_channel *channel);

/* Whether both have the same leg on one HTTP hop, but between other hosts: as parts of one virtual
 * connection they are two hops of its way. */
bool oa_http_hops_collide(const struct oa_virtual_connection *a,
                          const struct oa_virtual_connection *b);

/* Whether one has the successor of a channel that the other one has on its nearest HTTP hop: of the
 * same client, perhaps through another proxy. That cookie, which both have, shows it, or
 * `is_expected`: the client has named a successor that has not come. */
bool oa_http_hops_continue(const struct oa_virtual_connection *a,
                           const struct oa_virtual_connection *b, const struct oa_cookie *cookie,
                           bool is_expected);

/* Whether both have an HTTP hop to the same server: then they are not two hops of one way, but two
 * sessions, of which the PDUs of two clients may begin with the same bytes. */
bool oa_http_hops_are_parallel(const struct oa_virtual_connection *a,
                               const struct oa_virtual_connection *b);

#endif
