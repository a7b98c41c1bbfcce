/* rpch.h
 * Between the parts of the rpch plugin: what is kept of a frame, and how it is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_H
#define RPCH_H

#include "ws_compat.h"

#include <epan/packet.h>

#include <epan/expert.h>

#include "auth/auth_exchange.h"
#include "track/events.h"

/* A problem found while a unit was decoded. */
struct rpch_finding {
    enum oa_finding_id id;
    const char *text;
    struct rpch_finding *next;
};

/*
 * One thing found in the bytes of a frame, kept from the first visit: all that later visits cannot
 * read from the bytes again. Objects it points to live as long as the tracker, that is until the
 * file is closed.
 */
struct rpch_unit {
    enum oa_event_type type; /* OA_EVENT_NONE: bytes that wait for more */
    guint length;            /* in the frame's data */
    guint need;              /* OA_EVENT_NONE: bytes wanted in all, 0 unknown */
    const guint8 *joined;    /* the PDU, if chunks had split it */
    guint joined_length;
    struct oa_virtual_connection *vc; /* as known then */
    struct oa_rts_name rts_name;
    const struct oa_sequence *sequence;
    struct oa_call *call;
    const struct oa_channel *acknowledged;
    struct oa_flow flow;
    int64_t idle_ns, stall_ns;
    const struct rpch_finding *findings;
    const struct oa_auth_exchange *exchange;
    guint auth_leg;
    enum oa_auth_result auth_result; /* as known then */
};

/* Where a unit is shown. */
struct rpch_place {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    struct oa_channel *channel;
    enum oa_side side;
    dissector_handle_t http; /* stock HTTP on the transport that the bytes came by */
    void *transport_data;    /* what TCP or TLS passed on, for stock HTTP */
};

extern int proto_rpch;

/* packet-rpch.c */
void proto_register_rpch(void);
void proto_reg_handoff_rpch(void);

/* Whether the data begin with a whole method of RPC over HTTP. */
bool rpch_begins(tvbuff_t *tvb, const packet_info *pinfo);

/* Whether the data begin with a whole head of MAPI over HTTP, and somebody wants to see such
 * streams from their start (http_stream.h). */
bool rpch_begins_stream(tvbuff_t *tvb);

/* For heuristic dissectors of stock HTTP: rpch_dissect_or(), which enters HTTP among the frame's
 * protocols itself. */
bool rpch_dissect_stream(dissector_handle_t http, tvbuff_t *tvb, packet_info *pinfo,
                         proto_tree *tree, void *data);

/* Dissects what a transport hands over: by us if the connection is ours or becomes ours with these
 * data, else by `http`, stock HTTP on that transport. */
int rpch_dissect_or(dissector_handle_t http, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data);

/* For heuristic dissectors: dissects data that begin with a request of RPC over HTTP, and makes the
 * connection ours; false for all other data. */
bool rpch_claim(dissector_handle_t http, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                void *data);

/* In a dissector table, puts `to` wherever `from` stands. */
void rpch_take_places(const char *table, dissector_handle_t from, dissector_handle_t to);

/* Replaces a stock heuristic dissector, by its short name, under all its names; returns the stock
 * one, or NULL if there is none. */
heur_dissector_t rpch_take_heuristic(const char *table, const char *short_name,
                                     heur_dissector_t ours);

/* rpch_tls.c */
void rpch_tls_register(void);
void rpch_tls_handoff(void);
void rpch_tls_take_places(void);

/* rpch_show.c */
void rpch_show_register(void);
void rpch_show_handoff(void);

/* Shows the unit at `offset` of the place's tvb. `body` is how many bytes of an ordinary HTTP body
 * follow a head in the same data. */
void rpch_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset,
               guint body);

/* Helpers of the parts: marks an item as not on the wire; the virtual connection of a unit, or the
 * one it was joined to; what is known around a unit; its flow control, idle time and findings; text
 * of the Info column, and whether it begins the frame's. */
extern gint rpch_ett;
extern const value_string rpch_ptypes[];
proto_item *rpch_generated(proto_item *item);
struct oa_virtual_connection *rpch_vc_of(const struct rpch_unit *unit);
void rpch_show_context(const struct rpch_place *place, proto_tree *tree,
                       const struct rpch_unit *unit);
void rpch_show_facts(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                     tvbuff_t *tvb);
void rpch_add_info(packet_info *pinfo, const char *text, bool begins);
bool rpch_begins_frame(const struct rpch_place *place);

/* rpch_context.c: where the bind is not in the capture, makes the context of a request known to
 * stock DCE/RPC if its shape tells the interface; of a PDU, and of a segment on plain TCP. First
 * visits only. */
void rpch_context_register(void);
void rpch_context_handoff(void);
void rpch_context_introduce(packet_info *pinfo, tvbuff_t *tvb);
void rpch_context_introduce_segment(packet_info *pinfo, tvbuff_t *tvb);

/* rpch_rts.c: an RTS PDU, which is all of `tvb`. */
void rpch_rts_register(expert_module_t *expert);
void rpch_rts_show(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb);

/* rpch_auth.c: the tokens of a head, or of a PDU's verifier, and the exchange they belong to. */
void rpch_auth_register(expert_module_t *expert);
void rpch_auth_show_head(const struct rpch_place *place, const struct rpch_unit *unit,
                         proto_tree *tree, tvbuff_t *tvb, const struct oa_http_head *http);
void rpch_auth_show_rpc(const struct rpch_place *place, const struct rpch_unit *unit,
                        proto_tree *tree, tvbuff_t *tvb, const struct oa_rpc_pdu *rpc);

/* rpch_eeinfo.c: extended error information of a head and the body behind it in `tvb`, of body
 * bytes in the place's tvb, or of a PDU; nothing when there is none. */
void rpch_eeinfo_register(expert_module_t *expert);
void rpch_eeinfo_show_head(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                           guint head_length, const struct oa_http_head *http);
void rpch_eeinfo_show_body(const struct rpch_place *place, proto_tree *tree, int offset,
                           guint length);
void rpch_eeinfo_show_rpc(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                          const struct oa_rpc_pdu *rpc);

/* Bytes at the end of the data that the capture cut off. */
void rpch_show_cut(const struct rpch_place *place, guint missing);

#endif
