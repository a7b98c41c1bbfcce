/* tracker.h
 * State shared by the modules that follow channels, virtual connections and calls. Not for hosts:
 * these see channel.h and events.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TRACKER_H
#define OA_TRACKER_H

#include "track/channel.h"

#include <glib.h>

/* What the next bytes of one direction are. */
enum stream_state {
    STREAM_HEAD,
    STREAM_BANNER, /* the server's side of a raw connection, before its first byte */
    STREAM_BODY,   /* of an HTTP message that carries no PDUs */
    STREAM_PDUS,
    STREAM_TAIL,  /* the rest of a PDU whose beginning is lost: `tail` bytes */
    STREAM_LOST,  /* look for the next PDU or head */
    STREAM_DRAIN, /* after the last PDU of a recycled OUT channel: bytes without meaning,
                     [MS-RPCH] 3.2.3.5.10 */
};

struct stream {
    enum stream_state state;
    bool chunked;
    bool in_chunk;    /* chunked: inside a chunk's data, `left` bytes of it to come */
    bool after_chunk; /* chunked: the line end behind a chunk's data is still to come */
    uint64_t left;    /* bytes of the body to come; UINT64_MAX until the connection ends */
    uint64_t tail;
    bool broken_off;   /* a head stands where a PDU had to */
    GByteArray *carry; /* oa_channel_data: bytes that wait for their rest */
    struct oa_stamp carry_from;
    size_t carry_need; /* how many bytes the waiting ones have to become before another try is worth
                          it */
};

struct channel {
    struct oa_channel facts; /* first, so that the two convert */
    struct oa_tracker *tracker;
    struct stream stream[2];
    enum oa_http_method method; /* of the last RPC over HTTP request */
    bool last_request_is_rpc;
    bool last_request_is_head;
    bool is_raw;        /* no HTTP around the PDUs */
    bool kind_is_guess; /* by one RPC PDU; one from the other side makes it a duplex one */
    bool told_overrun;  /* findings that are told once */
    bool told_violation;
    unsigned refusals;               /* authentication exchanges refused */
    int64_t available_before_ack;    /* of the receive window, before the last acknowledgment */
    GList link;                      /* in the virtual connection's channels */
    struct oa_http_connection *mapi; /* MAPI over HTTP, which takes all the bytes; or NULL */
};

/* Channel cookies remembered of one virtual connection; a recycling makes one, and the last ones
 * matter. */
#define OA_CHANNEL_COOKIES_MAX 32

/* Connections of one client to one server that share context handles, [C706] 12.6.4.3. */
struct oa_association {
    uint8_t client[16];
    struct oa_endpoint server;
    uint32_t group; /* 0 none */
};

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

struct call {
    struct oa_call facts; /* first */
    struct virtual_connection *vc;
    GList link;                           /* in pending_order */
    GList loose_link;                     /* in the tracker's loose_calls of its call id */
    bool is_indexed;                      /* in loose_calls */
    uint64_t request_hash, response_hash; /* of the first PDU; 0 not computed */
    GByteArray *stub[2];                  /* of a call that tells more, by sender; else NULL */
    bool is_big_endian;                   /* these */
};

struct oa_tracker {
    oa_event_function on_event;
    void *context;
    bool keep;
    uint64_t n_channels, n_vcs, n_calls, n_exchanges;
    GHashTable *vc_by_cookie;
    GHashTable *channels;      /* every open one */
    GHashTable *vcs;           /* every open one */
    GHashTable *vc_by_channel; /* by cookies of channels */
    GHashTable *loose_calls;   /* call_id -> GQueue of struct call, of virtual connections without a
                                  cookie */
    unsigned n_loose;          /* such virtual connections */
    GPtrArray *kept;           /* closed objects, with `keep`; freed by their own functions */
    struct call *ended;        /* the call whose last PDU is the current event */
    uint8_t *joined;           /* 64 KiB: a PDU put together from chunks */
    struct oa_code_pages *code_pages;
    GHashTable *endpoints; /* struct oa_endpoint -> enum oa_endpoint_known */
    GHashTable
        *associations; /* struct oa_association -> struct virtual_connection, its key in it */
    GHashTable *mapi_sessions; /* text -> struct mapi_session, by what requests tell of it */
    GQueue mapi_by_age;        /* of these, the longest silent first */

    /* What the event of oa_channel_next points to. */
    struct oa_http_head http;
    struct oa_rts rts;
    struct oa_rpc_pdu rpc;
    struct oa_auth auth;
};

/* virtual_connection.c */
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
void oa_vc_free(struct virtual_connection *vc);

/* sequence.c */
void oa_sequence_take(struct virtual_connection *vc, struct channel *channel,
                      struct oa_event *event);
void oa_sequence_merge(struct virtual_connection *into, struct virtual_connection *from);
void oa_sequence_judge(struct virtual_connection *vc, struct oa_channel *channel);

/* flow_control.c */
void oa_flow_begin(struct channel *channel, uint32_t window);
void oa_flow_take_rpc(struct channel *channel, struct oa_event *event);
void oa_flow_take_ack(struct channel *channel, struct oa_event *event);

/* bindings.c */
struct oa_rpc_binding *oa_vc_binding(struct virtual_connection *vc, uint16_t context_id);
void oa_bindings_take_rpc(struct virtual_connection *vc, struct oa_event *event);

/* calls.c */
void oa_calls_take_rpc(struct channel *channel, struct oa_event *event);
void oa_calls_end(struct virtual_connection *vc);
void oa_calls_note_loss(struct channel *channel, enum oa_side side);
void oa_calls_forget_ended(struct oa_tracker *tracker);
void oa_call_free(void *call);
void oa_calls_merge(struct virtual_connection *into, struct virtual_connection *from);

/* endpoint.c */
void oa_endpoints_init(struct oa_tracker *tracker);
void oa_endpoints_clear(struct oa_tracker *tracker);
void oa_endpoints_take_map(struct virtual_connection *vc, const GByteArray *stub, bool big_endian);
void oa_endpoints_take_bind(struct virtual_connection *vc);
void oa_endpoints_take_request(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc);
void oa_association_join(struct virtual_connection *vc);
void oa_association_share(struct virtual_connection *vc);
void oa_association_leave(struct virtual_connection *vc);

/* auth_exchange.c */
void oa_auth_exchange_take_head(struct channel *channel, struct oa_event *event);
void oa_auth_exchange_take_pdu(struct channel *channel, const struct oa_event *event);
void oa_auth_exchange_close_channel(struct channel *channel);
void oa_auth_exchange_take_rpc(struct virtual_connection *vc, struct oa_event *event);
void oa_auth_exchange_close_vc(struct virtual_connection *vc);
void oa_auth_exchange_merge_vc(struct virtual_connection *into, struct virtual_connection *from);
void oa_auth_exchange_free(struct oa_auth_exchange *exchange);

/* http_error.c */
void oa_http_error_tell(struct channel *channel, const struct oa_event *event, bool in_stream);

/* mapi_session.c */
void oa_mapi_begin(struct channel *channel);
void oa_mapi_free_session(struct mapi_session *session);
void oa_mapi_end(struct oa_tracker *tracker);

/* tracker.c */
void oa_tracker_emit(struct oa_tracker *tracker, const struct oa_event *event);
void oa_tracker_retire(struct oa_tracker *tracker, void *object, GDestroyNotify free_object);
void oa_tracker_find(struct oa_tracker *tracker, const struct oa_event *where,
                     enum oa_finding_id id, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* channel_pdu.c */
void oa_channel_take_pdu(struct channel *channel, struct oa_event *event,
                         const struct oa_rpc_header *header);

/* channel.c */
void oa_channel_free(void *channel);
void oa_channel_take_credentials(struct channel *channel, const struct oa_event *head);
void oa_channel_copy_once(char **to, struct oa_text text);

#endif
