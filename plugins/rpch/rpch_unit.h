/* rpch_unit.h
 * What is remembered of a frame from the first visit, and where it is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_UNIT_H
#define RPCH_UNIT_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "auth/auth_exchange.h"
#include "track/events.h"

/* A problem found while a unit was decoded. */
struct rpch_finding {
    enum oa_finding_id id;
    guint32 frame;                          /* that it names; 0: none */
    const struct oa_virtual_connection *vc; /* NULL: unknown */
    const char *text;
    struct rpch_finding *next;
};

/* What is shown of flow control: of struct oa_flow, which is larger. */
struct rpch_unit_flow {
    uint64_t sent, acknowledged;
    uint32_t window;
    bool is_there; /* the PDU counts in it */
    bool has_window, is_estimate;
};

/*
 * One item found in the bytes of a frame (a head, a PDU, bytes between them), remembered from the
 * first visit: everything that later visits cannot read from the bytes again. The objects it points
 * to live until the file is closed.
 */
struct rpch_unit {
    enum oa_event_type type;          /* OA_EVENT_NONE: bytes that need more to be decoded */
    guint length;                     /* in the frame's data */
    guint need;                       /* OA_EVENT_NONE: bytes needed in total, 0 unknown */
    bool is_cut;                      /* a head or PDU whose end is not in the capture */
    const guint8 *joined;             /* the reassembled PDU, if chunks had split it; else NULL */
    guint joined_length;              /* of it, or of the beginning of one that is cut */
    guint joined_whole;               /* with the end that is cut */
    struct oa_virtual_connection *vc; /* as known at the first visit */
    struct oa_rts_name rts_name;
    const struct oa_sequence *sequence;
    struct oa_call *call;
    const struct oa_channel *acknowledged;
    struct rpch_unit_flow flow;
    int64_t idle_ns, stall_ns;
    const struct rpch_finding *findings;
    const struct oa_auth_exchange *exchange;
    guint auth_leg;
    guint fragment; /* of an RPC PDU: the number in its request or response, from 1; 0 unknown */
    enum oa_auth_result auth_result; /* as known at the first visit */
    struct rpch_stock_data *stock;   /* an RPC PDU with a verifier; else NULL */
    bool is_lost; /* an RPC PDU that stays sealed, since the keystream was lost before it */
};

/*
 * What stock dissectors keep with a frame, of one PDU. They expect one in each, and keep with the
 * frame what they have deciphered: with two in a frame their keystream got out of step.
 */
struct rpch_stock_data {
    GSList *pfd;   /* as frame_data.pfd */
    guint8 *plain; /* a sealed stub that the decoder has read, with its padding, until it is
                      handed over (rpch_unseal.h); else NULL */
    gsize plain_length;
};

/* Where a unit is shown. */
struct rpch_place {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    bool is_seen; /* somebody looks at our items in it */
    struct oa_channel *channel;
    enum oa_side side;
    dissector_handle_t http; /* stock HTTP over the same transport */
    void *transport_data;    /* the data argument from TCP or TLS, for stock HTTP */
};

/* A unit for an event whose bytes begin at `at`, without findings. */
struct rpch_unit rpch_unit_of_event(const struct oa_event *event, const guint8 *at);

/* Flow control as far as it is remembered: what is sent, acknowledged, and available. */
struct oa_flow rpch_flow_of(const struct rpch_unit *unit);

/* The virtual connection and the call of a unit, or those they have since been merged into; NULL if
 * there is none. */
struct oa_virtual_connection *rpch_vc_of(const struct rpch_unit *unit);
struct oa_call *rpch_call_of(const struct rpch_unit *unit);

#endif
