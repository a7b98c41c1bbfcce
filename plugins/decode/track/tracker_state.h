/* tracker_state.h
 * Internal to track/. What a tracker holds: for each module one table that only this module can
 * access. The module creates it with the tracker and frees it with the tracker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TRACKER_STATE_H
#define OA_TRACKER_STATE_H

#include "base/ground.h"

struct oa_tracker {
    struct emitter *emitter;                      /* emit.h */
    struct oa_stamp latest;                       /* of all bytes of channels so far */
    struct auth_table *auth;                      /* authentication.h */
    struct endpoint_table *endpoints;             /* endpoint.h */
    struct association_table *associations;       /* association.h */
    struct call_table *calls;                     /* calls.h */
    struct mailbox_table *mailboxes;              /* mailboxes.h */
    struct vc_table *vcs;                         /* virtual_connection.h */
    struct mapi_sessions *mapi;                   /* mapi_session.h */
    struct channel_table *channels;               /* channel_state.h */
    struct connection_end_table *connection_ends; /* connection_end.h */
    struct tls_proxies *tls_proxies;              /* tls_proxy.h */
    struct named_ports *named_ports;              /* named_ports.h */
    struct lone_hops *lone_hops;                  /* lone_hops.h */
    struct successor_table *successors;           /* successors.h */
    struct unsealing_table *unsealing;            /* unsealing.h */
    struct oa_seal_secrets *secrets;              /* auth/seal.h, its own copy; NULL: none */
    struct oa_code_pages *code_pages;             /* base/code_page.h */
    struct oa_walk *walk;                         /* layout/layout.h; of whoever reads parameters */
    struct oa_rop_listener *rops;                 /* events.h; NULL: ROPs are not read */
    const struct oa_renamer *renamer;             /* base/renamer.h; NULL: names are shown */
    const struct oa_clock_steps *clock_steps;     /* base/clock_steps.h; NULL: none */
};

#endif
