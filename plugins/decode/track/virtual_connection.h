/* virtual_connection.h
 * Internal to track/. Virtual connections: which channels they have, and when two turn out to be
 * one. [MS-RPCH] 2.2.4, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VIRTUAL_CONNECTION_H
#define OA_VIRTUAL_CONNECTION_H

#include "track/bindings.h"
#include "track/calls.h"
#include "track/channel_state.h"

/* Channel cookies remembered of one virtual connection; a recycling makes one, and the last ones
 * matter. */
#define OA_CHANNEL_COOKIES_MAX 32

struct virtual_connection {
    struct oa_virtual_connection facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    GQueue channels; /* open ones */
    struct oa_cookie channel_cookies[OA_CHANNEL_COOKIES_MAX];
    unsigned n_channel_cookies;
    struct call_list calls;
    struct bindings bindings;
    uint64_t fitting; /* call_join.c: number of the virtual connection whose requests the last
                         responses fitted */
    unsigned fits;    /* in a row */
};

struct vc_table *oa_vcs_new(void);
void oa_vcs_free(struct vc_table *table);

/* --- life --- */

/* Opens one without a cookie; `channel` is the one that shows it, and is not a part of it yet. */
struct virtual_connection *oa_vc_new(struct channel *channel, struct oa_stamp stamp);

/* Its cookie is known, or it is over: it cannot become a part of another any more. */
void oa_vc_tie(struct virtual_connection *vc);

/* It is over; `last_channel` was its last one, or NULL. */
void oa_vc_close(struct virtual_connection *vc, struct oa_channel *last_channel);

/* A virtual connection turns out to be a part of another one: its channels and calls move, and it
 * goes. */
void oa_vc_merge(struct virtual_connection *into, struct virtual_connection *from,
                 enum oa_join join);

/* --- channels --- */

/* The virtual connection of the channel; a new one without a cookie when it is not known, as in a
 * capture that begins in the middle. */
struct virtual_connection *oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp);

/* The channel belongs to the virtual connection of that cookie, which is returned. */
struct virtual_connection *oa_vc_join_by_cookie(struct channel *channel,
                                                const struct oa_cookie *cookie,
                                                struct oa_stamp stamp);

/* A channel of `vc` has that cookie. If another one without a cookie of its own was found to have
 * it before, both are one: returns the whole. */
struct virtual_connection *oa_vc_claim_cookie(struct virtual_connection *vc,
                                              const struct oa_cookie *cookie);

/* The channel, of a virtual connection, becomes the current one of its leg; its kind may have been
 * found out just now. */
void oa_vc_place_channel(struct channel *channel);

/* Takes the channel out. */
void oa_vc_detach(struct channel *channel, struct virtual_connection *vc);

/* The channel is over, or goes to another virtual connection. When closed objects are kept, its
 * facts still say where it belonged. */
void oa_vc_leave(struct channel *channel);

/* The capture does not hold that many bytes of the channel's next ones. */
void oa_vc_note_loss(struct channel *channel, enum oa_side side, uint64_t bytes);

/* Whether an address on that hop is known. */
bool oa_vc_has_endpoint(const struct oa_virtual_connection *vc, enum oa_hop hop);

#endif
