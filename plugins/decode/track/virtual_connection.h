/* virtual_connection.h
 * Internal to track/. Virtual connections: which channels they have, and when two turn out to be
 * one. [MS-RPCH] 2.2.4, 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VIRTUAL_CONNECTION_H
#define OA_VIRTUAL_CONNECTION_H

#include "track/calls.h"
#include "track/channel_state.h"
#include "track/endpoint.h"
#include "track/mapi_session.h"

/* Channel cookies remembered of one virtual connection; a recycling makes one, and the last ones
 * matter. */
#define OA_CHANNEL_COOKIES_MAX 32

struct virtual_connection {
    struct oa_virtual_connection facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    GQueue channels;  /* open ones */
    bool is_loose;    /* without a cookie: may turn out to be a part of another */
    uint64_t fitting; /* number of the virtual connection whose requests the last answers fitted */
    unsigned fits;    /* in a row */
    unsigned orphans; /* pending calls without a request */
    struct oa_cookie channel_cookies[OA_CHANNEL_COOKIES_MAX];
    unsigned n_channel_cookies;
    GHashTable *pending; /* call_id -> struct call, those not yet ended */
    GQueue pending_order;
    uint16_t proposed[OA_RPC_CONTEXTS_MAX]; /* context ids of the last bind or alter_context, in its
                                               order */
    unsigned n_proposed;
    bool iface_accepted;               /* facts.iface is of an accepted binding */
    struct oa_sequence *absorbed;      /* sequences that were found to be parts of others */
    bool told_anonymous;               /* a finding that is told once */
    struct oa_association association; /* of plain RPC over TCP */
    struct mapi_session *mapi; /* a session of MAPI over HTTP, which outlives its channels; or NULL
                                */
};

struct vc_table *oa_vcs_new(void);
void oa_vcs_free(struct vc_table *table);

struct virtual_connection *oa_vc_new(struct channel *channel, struct oa_stamp stamp);
void oa_vc_tie(struct virtual_connection *vc);
void oa_vc_detach(struct channel *channel, struct virtual_connection *vc);
void oa_vc_close(struct virtual_connection *vc, struct oa_channel *last_channel);
void oa_vc_take_rts(struct channel *channel, struct oa_event *event);
struct virtual_connection *oa_vc_of_channel(struct channel *channel, struct oa_stamp stamp);
void oa_vc_place_channel(struct channel *channel);
void oa_vc_leave(struct channel *channel);
void oa_vc_merge(struct virtual_connection *into, struct virtual_connection *from,
                 enum oa_join join);

#endif
