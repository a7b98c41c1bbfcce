/* virtual_connection.h
 * Internal to track/. Virtual connections: their channels, and merging two that turn out to be one.
 * [MS-RPCH] 2.2.4, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VIRTUAL_CONNECTION_H
#define OA_VIRTUAL_CONNECTION_H

#include "track/bindings.h"
#include "track/calls.h"
#include "track/channel_state.h"
#include "track/unsealing.h"

/* Channel cookies remembered of one virtual connection; each recycling adds one, and the last ones
 * matter. */
#define OA_CHANNEL_COOKIES_MAX 32

/* Open channels of one virtual connection that are searched, the newest first; it has up to four,
 * and during a recycling a few more. */
#define OA_CHANNELS_SEARCHED 64

/* The cookie of one of its channels. */
struct channel_cookie {
    struct oa_cookie cookie;
    GList link;
};

struct virtual_connection {
    struct oa_virtual_connection facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    GQueue channels;        /* open ones */
    GQueue channel_cookies; /* of struct channel_cookie, the oldest first */
    GList age_link;         /* in the order in which they were opened */
    struct call_list calls;
    struct bindings bindings;
    struct unsealing *unsealing[OA_HOPS];
    uint64_t fitting[2]; /* call_join.c, on HTTP and to the server: number of the virtual connection
                            whose requests matched the last responses, */
    unsigned fits[2];    /* in a row */
    bool is_contested;   /* call_join.c: one that has ended fitted it as well as another */
};

/* The tracker's virtual connections; those still open are freed without being reported. */
struct vc_table *oa_vcs_new(void);
void oa_vcs_free(struct vc_table *table);

/* How many have got a number. */
uint64_t oa_vcs_numbered(const struct vc_table *table);

/* --- life --- */

/* Opens one without a cookie; `channel` is the one on which it was found, and is not added to it.
 * */
struct virtual_connection *oa_vc_new(struct channel *channel, struct oa_stamp stamp);

/* Its cookie is known, or it cannot have one: it can no longer become a part of another. */
void oa_vc_tie(struct virtual_connection *vc);

/* It has ended; `last_channel` was its last one, or NULL. */
void oa_vc_close(struct virtual_connection *vc, struct oa_channel *last_channel);

/* `from` turns out to be a part of `into`: moves its channels and calls, and retires it. */
void oa_vc_merge(struct virtual_connection *into, struct virtual_connection *from,
                 enum oa_join join);

/* Both turned out to be one virtual connection, before they are merged: moves their HTTP hops to
 * their places. `near` is nearer to the client, unless addresses show another order. False, and
 * nothing is moved, if there is no room for all of them. */
bool oa_vc_arrange_hops(struct virtual_connection *near, struct virtual_connection *far);

/* --- channels --- */

/* The virtual connection of the channel; a new one without a cookie if it is not known, as in a
 * capture that begins in the middle. */
struct virtual_connection *oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp);

/* The channel, whose own cookie is known, belongs to the virtual connection with that cookie, of
 * which the first `bytes` are known. Returns it; opens it if it is new. NULL if it passes more HTTP
 * hops than can be followed: the channel is none of it. */
struct virtual_connection *oa_vc_join_by_cookie(struct channel *channel,
                                                const struct oa_cookie *cookie, size_t bytes,
                                                struct oa_stamp stamp);

/* A channel of `vc` has that cookie, by a PDU of that sender. If another virtual connection without
 * a cookie of its own was found to have the same channel cookie before, both are one. Returns the
 * whole. */
struct virtual_connection *oa_vc_claim_cookie(struct virtual_connection *vc,
                                              const struct oa_cookie *cookie, enum oa_side sender);

/* The channel becomes the current one of its leg in its virtual connection; its kind may just have
 * become known. */
void oa_vc_place_channel(struct channel *channel);

/* Removes the channel from `vc`. */
void oa_vc_detach(struct channel *channel, struct virtual_connection *vc);

/* The channel has ended, or moves to another virtual connection. If closed objects are kept, its
 * facts still show where it belonged. */
void oa_vc_leave(struct channel *channel);

/* That many bytes of the channel are missing from the capture, or were skipped; `is_unknown`: PDUs
 * may have been among them. */
void oa_vc_note_skipped(struct channel *channel, enum oa_side side, uint64_t bytes,
                        bool is_unknown);

#endif
