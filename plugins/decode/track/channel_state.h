/* channel_state.h
 * Internal to track/. What is kept of one TCP connection, for the modules that decode it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_STATE_H
#define OA_CHANNEL_STATE_H

#include <glib.h>

#include "auth/auth_repeated.h"
#include "track/pdu_trail.h"
#include "track/stream.h"

struct channel {
    struct oa_channel facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    struct stream stream[2];
    enum oa_http_method method; /* of the last RPC over HTTP request */
    struct oa_stamp waiting;    /* that request, until its final response; frame 0: none */
    bool last_request_is_rpc;
    bool last_request_is_head;
    bool last_request_has_length; /* or is chunked: its body has an end */
    bool is_replacement;          /* the head of the OUT channel says that it is a successor */
    bool is_kind_of_cut_head;     /* the length that would show an echo is missing from it */
    bool lacks_credentials;       /* those of the last request are missing from its head */
    bool is_raw;                  /* no HTTP around the PDUs */
    bool
        kind_is_guess; /* based on one RPC PDU; one from the other side makes it a duplex channel */
    bool told_overrun; /* a finding that is reported once */
    bool is_surplus;   /* a further HTTP hop than can be followed: its PDUs are known already */
    GList link;        /* in the virtual connection's channels */
    GList alone_link;  /* lone_channels.h */
    size_t proxy_line; /* bytes of it that the client has still to send */
    struct oa_http_connection *mapi; /* of MAPI over HTTP, which takes all bytes; or NULL */
    struct pdu_trail *trail;         /* of PDUs cut short; NULL: none of them was */
    struct oa_auth_repeated credentials;
    GQueue last_of; /* of struct mapi_session: those that have used no other one since */
};

/* The tracker's channels, and what the current event points to. */
struct channel_table {
    GHashTable *open;
    GQueue alone; /* lone_channels.h */
    uint64_t n_channels;
    uint8_t *joined; /* 64 KiB: a PDU assembled from chunks */
    struct oa_http_head http;
    struct oa_rts rts;
    struct oa_rpc_pdu rpc;
};

/* oa_channels_free() also frees the open channels, without reporting them. */
struct channel_table *oa_channels_new(void);
void oa_channels_free(struct channel_table *table);

#endif
