/* events.h
 * For hosts. The contract between the decoder and its hosts: what happened in the capture, as plain
 * C structs.
 *
 * The decoder fills in these structs; hosts only read them. Objects (channel, virtual connection,
 * recycling, call) are valid from the event that opens them to the one that closes them, or until
 * the tracker is freed if it keeps closed objects. Everything else an event points to (a parsed
 * head or PDU) is valid during the call that delivers it. Sizes are in bytes, times in nanoseconds
 * since the epoch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EVENTS_H
#define OA_EVENTS_H

#include "auth/auth_exchange.h"
#include "auth/seal.h"
#include "base/findings.h"
#include "base/ground.h"
#include "exchange/client_facts.h"
#include "http/http_head.h"
#include "rpc/dcerpc.h"
#include "rpc/rpc_interface.h"
#include "rpc/rts.h"

/* The hops of a virtual connection, in their order from the client to the server. */
enum oa_hop {
    OA_HOP_CLIENT, /* client to proxy: PDUs in the bodies of HTTP messages */
    OA_HOP_HTTP_2, /* further HTTP hops: a balancer or front end passes the requests on by HTTP */
    OA_HOP_HTTP_3,
    OA_HOP_HTTP_4,
    OA_HOP_SERVER, /* proxy to server: PDUs on TCP; also client to server in plain RPC over TCP */
    OA_HOPS
};

/* Whether the PDUs of the hop are in the bodies of HTTP messages. */
static inline bool
oa_hop_is_http(enum oa_hop hop)
{
    return hop < OA_HOP_SERVER;
}

enum oa_channel_kind {
    OA_CHANNEL_UNKNOWN,
    OA_CHANNEL_IN,
    OA_CHANNEL_OUT,
    OA_CHANNEL_ECHO,      /* proxy discovery, [MS-RPCH] 2.1.2.1.5 */
    OA_CHANNEL_DUPLEX,    /* RPC in both directions: RPC over HTTP v1, RPC over TCP */
    OA_CHANNEL_MAPI_HTTP, /* a connection with requests of MAPI over HTTP, from any number of
                             sessions */
    OA_CHANNEL_KINDS
};

/* Index of the IN and the OUT leg of a hop in the arrays of a virtual connection. */
enum oa_leg { OA_LEG_IN, OA_LEG_OUT, OA_LEGS };

enum oa_transport {
    OA_TRANSPORT_RPC_HTTP,    /* version 2: an IN and an OUT channel */
    OA_TRANSPORT_RPC_HTTP_V1, /* RPC_CONNECT, or the proxy's connection for one */
    OA_TRANSPORT_RPC_TCP,
    OA_TRANSPORT_MAPI_HTTP, /* a Session Context of [MS-OXCMAPIHTTP] 3.2.1.1, without any RPC */
};

/* What shows that a channel belongs to its virtual connection, and how certain that is. */
enum oa_join {
    OA_JOIN_NONE,
    OA_JOIN_ALONE,      /* nothing joined it: everything is on one connection */
    OA_JOIN_COOKIE,     /* the virtual connection's cookie in its own first PDU: certain */
    OA_JOIN_RECYCLE,    /* a recycling named this channel's cookie: certain */
    OA_JOIN_SUCCESSION, /* between the hosts of a channel whose successor was asked for: likely */
    OA_JOIN_CALL_IDS,   /* requests and responses, or the calls of both hops, match: likely */
    OA_JOIN_CONTEXT,    /* the session's cookie or X-ClientInfo in a request: certain */
};

/* What one direction of a channel, or a virtual connection, carried. */
struct oa_traffic {
    uint64_t rpc_pdus, rpc_bytes; /* without RTS PDUs */
    uint64_t rts_pdus, rts_bytes;
    uint64_t pings;
    uint64_t acks;
    uint64_t skipped_bytes; /* missing from the capture, or not decoded */
};

enum oa_end {
    OA_END_OPEN, /* still open when the capture ended, or given up after a long idle time */
    OA_END_FIN,
    OA_END_RESET,
    OA_END_REPLACED, /* another connection used the same ports */
    OA_END_UNKNOWN,  /* the host cannot see it */
};

static inline bool
oa_end_is_known(enum oa_end how)
{
    return how != OA_END_OPEN && how != OA_END_UNKNOWN;
}

/* How a TCP connection ended; `by` applies to FIN and RESET: the sender of the first one. */
struct oa_ending {
    enum oa_end how;
    enum oa_side by;
    int64_t time_ns;     /* of that FIN or RST */
    uint64_t frame;      /* the same; 0: unknown */
    bool is_beyond;      /* by its sequence number, bytes that the capture lacks came before it */
    bool is_one_way;     /* the capture contains frames of one side only: */
    enum oa_side silent; /* none of this one */
};

struct oa_http_exchange; /* http/http_exchange.h */
struct oa_rop_call;      /* rop/rop_walk.h */
struct oa_visitor;       /* layout/layout.h */
struct oa_virtual_connection;

/*
 * Flow control of one channel, [MS-RPCH] 3.2.1.1.4: RPC bytes against the window of the receiver.
 * The values are estimates if the beginning of the channel, or what acknowledges it, is not in the
 * capture.
 */
struct oa_flow {
    bool has_window;
    bool is_estimate;
    uint64_t sent;         /* bytes of RPC PDUs since the channel began */
    uint64_t acknowledged; /* by the last acknowledgment that has reached the sender */
    uint64_t checked;      /* by the last one on the channel's own hop */
    uint32_t window;       /* available at that time; before the first one the announced window */
    uint32_t window_max;   /* announced when the channel was opened; 0 if unknown */
    uint64_t acks;
    uint64_t stalls; /* number of times that the sender had to wait for an acknowledgment */
    int64_t stalled_ns, longest_stall_ns;
    struct oa_stamp last_sent;
    struct oa_stamp released;         /* since then, the first acknowledgment that made room */
    int64_t available_before_release; /* what could be sent just before it */
    bool is_violated;                 /* more was sent than the window allowed */
};

/* What the sender may still send, in bytes; negative when over the window. */
static inline int64_t
oa_flow_available(const struct oa_flow *flow)
{
    return (int64_t)flow->window - (int64_t)(flow->sent - flow->acknowledged);
}

/* One instance of an IN or OUT channel on one hop: one TCP connection, after its authentication
 * legs. */
struct oa_channel {
    uint64_t number;                /* from 0, in order of appearance */
    void *host;                     /* the host's own */
    const bool *is_waiting;         /* the host's, by enum oa_side: bytes of that sender wait behind
                                       missing ones, so that other channels are ahead; or NULL */
    struct oa_endpoint endpoint[2]; /* by enum oa_side */
    bool is_in_tls;                 /* the host has decrypted it */
    bool is_from_middle; /* no handshake is in the capture: messages may have come before */
    enum oa_hop hop;
    enum oa_channel_kind kind;
    bool has_start;  /* its beginning is in the capture */
    bool has_banner; /* the server began with `ncacn_http/1.0`, [MS-RPCH] 2.1.2.2 */
    struct oa_virtual_connection *vc; /* NULL while not known */
    enum oa_join join;
    struct oa_stamp opened, last;
    struct oa_stamp head;     /* of the request head that carries the channel */
    struct oa_stamp response; /* of the head of the final response to it */
    char *target_server;      /* from the URI; NULL if not seen */
    uint32_t target_port;
    char *proxy_name; /* Host header */
    char *user_agent;
    uint64_t lifetime;    /* Content-Length of the message that carries the channel; 0 if unknown */
    unsigned http_status; /* final status of the response to the last request; 0 none */
    bool has_rpc_error;   /* `RPC Error:` reason phrase */
    uint32_t rpc_error;
    unsigned auth_legs;         /* requests with a 401 or 407 response */
    unsigned auth_refusals;     /* authentication exchanges refused */
    const struct oa_auth *auth; /* identity from the last head with a user name, otherwise from the
                               last token; NULL if none */
    struct oa_auth_exchange *exchange; /* the last one; NULL before the first request, and after it
                                          was reported at the end */
    bool has_cookie;
    struct oa_cookie cookie;
    struct oa_stamp named; /* when it was sent first */
    bool is_successor;
    struct oa_cookie predecessor_cookie; /* all zeros: unknown */
    bool has_successor;
    struct oa_cookie successor_cookie; /* the same */
    uint32_t receive_window;        /* announced for the RPC bytes of this channel; 0 if unknown */
    uint32_t connection_timeout_ms; /* 0 unknown */
    uint32_t client_keepalive_ms;   /* CONN/B1 */
    struct oa_finding_counts *findings; /* track/emit.h; of a channel without virtual connection;
                                           NULL: none */
    struct oa_traffic traffic[2];       /* by sender */
    struct oa_flow flow;                /* of its RPC bytes */
    int64_t longest_idle_ns;            /* without a PDU in either direction; with MAPI over HTTP,
                                           without a part of a message */
    int64_t last_idle_ns;               /* before the last PDU */
    struct oa_stamp last_pdu;
    struct oa_ending ending; /* from oa_channel_close(); before, whether its end will be known */
};

/* The longest sequence, OUT_R1, has eleven. */
#define OA_SEQUENCE_STEPS_MAX 16

struct oa_sequence_step {
    struct oa_rts_name name;
    struct oa_stamp stamp;
    uint8_t hops; /* on which it was seen: bits 1 << enum oa_hop */
};

/*
 * A sequence of RTS PDUs: the establishment of a virtual connection ([MS-RPCH] 3.2.1.5.1) or a
 * recycling of its IN or OUT channel (3.2.1.5.2).
 */
struct oa_sequence {
    enum { OA_SEQUENCE_CONN, OA_SEQUENCE_IN, OA_SEQUENCE_OUT } kind;
    enum oa_recycle_type type;
    bool is_complete; /* its last PDU was seen on one of the hops */
    bool has_failed;  /* the server refused the successor, OUT_R2/B2 */
    struct oa_stamp first, last;
    unsigned n_steps;
    struct oa_sequence_step step[OA_SEQUENCE_STEPS_MAX]; /* in the order of the capture */
    struct oa_sequence *next;         /* the previous one of the same virtual connection */
    const struct oa_sequence *joined; /* the one it turned out to be a part of, or NULL */
};

/* The binding of one context id, from a bind or alter_context; without them, from the shape of a
 * request. */
struct oa_rpc_binding {
    uint16_t context_id;
    struct oa_rpc_syntax syntax;
    const struct oa_rpc_interface *iface; /* NULL if not a known one */
    struct oa_rpc_syntax transfer_syntax; /* the agreed one; before that, the first proposed one */
    enum { OA_BINDING_PROPOSED, OA_BINDING_ACCEPTED, OA_BINDING_REJECTED } state;
    uint16_t result, reason;
};

enum oa_call_state {
    OA_CALL_PENDING,
    OA_CALL_ANSWERED,
    OA_CALL_FAULT,
    OA_CALL_UNANSWERED, /* the virtual connection, or the capture, ended first */
    OA_CALL_NO_REQUEST, /* only the response is in the capture */
    OA_CALL_UNKNOWN,    /* the response, or its rest, may be in what the capture lacks */
};

/* The kind of number that reports a failed call. */
enum oa_status_kind {
    OA_STATUS_RPC,       /* of a fault */
    OA_STATUS_MAPI_HTTP, /* X-ResponseCode, [MS-OXCMAPIHTTP] 2.2.3.3.3 */
    OA_STATUS_HTTP,
};

/* One direction of a call: `first` is the stamp of its first byte, `last` that of the end of its
 * last fragment. */
struct oa_call_half {
    struct oa_stamp first, last;
    uint32_t fragments;
    uint64_t stub_bytes; /* without headers, verifiers and their padding; as sent if encrypted; of
                            MAPI over HTTP the body, without the lines before that of a response */
    uint64_t pdu_bytes;
    uint32_t announced; /* the largest alloc_hint: the first fragment's is of the whole */
    bool is_complete;   /* the last fragment was seen */
    bool has_gap; /* a fragment is missing from the capture: the numbers are those of the others */
    bool is_cut;  /* a part of a fragment is missing from the capture; the numbers count it */
    bool end_is_lost; /* that of the last fragment: the time of `last` is not that of the end */
};

struct oa_call {
    uint64_t number; /* from 0, in order of the requests; MAPI over HTTP: of the responses */
    struct oa_virtual_connection *vc;
    uint32_t call_id;
    bool has_no_id; /* MAPI over HTTP: the capture lacks its X-RequestId */
    uint16_t context_id;
    uint16_t opnum;                       /* MAPI over HTTP: enum oa_mapi_http_type */
    bool has_opnum;                       /* the request was seen */
    struct oa_rpc_syntax syntax;          /* interface; all zeros if not known */
    const struct oa_rpc_interface *iface; /* NULL if not a known one */
    uint8_t auth_level;
    enum oa_call_state state;
    bool is_fault; /* the response is a fault with this status */
    enum oa_status_kind fault_kind;
    uint32_t fault_status;
    enum oa_seal_outcome seal[2]; /* of its stubs, by sender, as on the hop where they are read */
    bool is_sealed;               /* a part of them stays encrypted */
    struct oa_signatures signatures[2]; /* of its PDUs, the same */
    bool is_foreign; /* it asks the endpoint mapper where another service than Exchange is */
    struct oa_mailbox_session *mailbox; /* of a call to a store; NULL: none, or unknown */
    bool has_server_time;               /* what the server says that it took: */
    uint32_t server_time_ms;            /* pulTransTime of EMSMDB; X-ElapsedTime */
    bool has_return_value;              /* what the operation itself returned, unless encrypted */
    uint32_t return_value;
    struct oa_rop_call *rops; /* its ROPs, see oa_tracker_read_rops(); NULL: not read */
    struct oa_call_half request[OA_HOPS], response[OA_HOPS]; /* as seen on each hop */
    bool is_clock_stepped;  /* the clock of a capture was set meanwhile, known once it has ended */
    struct oa_call *joined; /* the call that this response turned out to belong to, or NULL */
};

/* Whether the times of its end and of its last fragment are in the capture. */
static inline bool
oa_call_half_has_end(const struct oa_call_half *half)
{
    return half->is_complete && !half->end_is_lost;
}

/* Whether the capture shows how long the call took on that hop: not if its clock was set
 * meanwhile. */
static inline bool
oa_call_has_latency(const struct oa_call *call, enum oa_hop hop)
{
    const struct oa_call_half *request = &call->request[hop], *response = &call->response[hop];

    return oa_call_half_has_end(request) && oa_call_half_has_end(response) &&
           !call->is_clock_stepped && request->last.time_ns <= response->last.time_ns;
}

/* For oa_tracker_read_rops(): who receives the parameters that hold ROPs; start() is called before
 * the visitor gets those of a request or response, once each. Both may be NULL. The root of the
 * walk is NULL. */
struct oa_rop_listener {
    const struct oa_visitor *visitor;
    void (*start)(void *user, const struct oa_call *call, bool is_response);
    void *user; /* of both */
};

/* The hop nearest to the client on which the call is in the capture. */
static inline enum oa_hop
oa_call_hop(const struct oa_call *call)
{
    int hop = OA_HOP_CLIENT;

    while (hop < OA_HOP_SERVER && !call->request[hop].fragments && !call->response[hop].fragments)
        hop++;
    return (enum oa_hop)hop;
}

/* RPC-level facts of a virtual connection, from binds and verifiers. */
struct oa_rpc_security {
    bool present;
    uint8_t type, level;
    const struct oa_auth *auth; /* from the last decoded token; the user from NTLM AUTHENTICATE;
                                   NULL if none */
};

/* The pair of an IN and an OUT channel that carries one RPC connection. It outlives recyclings. */
struct oa_virtual_connection {
    uint64_t number;       /* from 0, in order of appearance */
    void *host;            /* the host's own */
    bool has_final_number; /* otherwise it may turn out to be a part of another one, or another one
                              a part of it: the whole has the lower number */
    bool has_cookie;
    struct oa_cookie cookie;
    size_t cookie_bytes; /* of it; fewer than OA_COOKIE_SIZE if a snap length has cut it */
    bool has_association_group;
    struct oa_cookie association_group;
    struct oa_stamp opened;
    struct oa_stamp established; /* CONN/C2, or on the server hop CONN/C1 */
    enum oa_transport transport;
    struct oa_virtual_connection *joined; /* the one it turned out to be a part of, or NULL */
    bool leg_seen[OA_HOPS][OA_LEGS];      /* whether one was seen; if only one, a half connection */
    bool leg_late[OA_HOPS][OA_LEGS];      /* one has ended whose beginning is not in the capture */
    unsigned legs_ended[OA_HOPS][OA_LEGS];   /* how many have ended */
    struct oa_endpoint endpoint[OA_HOPS][2]; /* of the hop's first channel, by enum oa_side */
    bool has_client_address;                 /* reported by the proxy in CONN/B2 */
    struct oa_rts_address client_address;
    char *target_server;
    uint32_t target_port;
    char *proxy_name;
    bool is_in_tls;             /* one of its HTTP hops, decrypted by the host */
    const struct oa_auth *auth; /* identity at the HTTP level; NULL if none */
    bool has_logged_off;        /* MAPI over HTTP: ended by Disconnect or Unbind */
    int64_t ended_ns;     /* MAPI over HTTP: when it was ended, or expired; 0: not in the capture */
    unsigned http_status; /* that decided what became of it: an error, if it has never worked, else
                             the first one; of the hop nearest to the client; 0 none */
    bool has_rpc_error;   /* with it: `RPC Error:` reason phrase */
    uint32_t rpc_error;
    uint32_t response_code; /* MAPI over HTTP: the first X-ResponseCode of a session that has never
                               worked; 0 none */
    struct oa_client *client; /* user and program, self-reported; NULL if not known */
    struct oa_ending ending;  /* of the current channel that ended first */
    bool is_one_way;          /* of a channel only one side was captured: */
    enum oa_side silent;      /* no frame of this one */
    uint64_t binds, rejected_bindings;
    struct oa_rpc_binding *bindings; /* up to OA_RPC_CONTEXTS_MAX, most have one or two */
    unsigned n_bindings;
    const struct oa_rpc_interface
        *iface; /* the first accepted known one, otherwise the first proposed */
    uint32_t assoc_group_id;
    struct oa_rpc_security security;
    unsigned recycles[OA_LEGS]; /* started */
    unsigned recycles_failed;
    unsigned recycles_forgotten; /* of `recycle`, beyond the limit, those that were not complete */
    bool anonymous_accepted;     /* a request without credentials, or with an anonymous logon, was
                                    accepted */
    bool anonymous_refused;
    /* What changes with most calls: */
    struct oa_stamp last;
    uint64_t calls, answered, faults, unanswered; /* answered: with their requests */
    uint64_t unknown, no_request;                 /* calls of these states */
    uint64_t exchange_calls;                      /* of an interface of Exchange */
    uint64_t sealed_calls;                        /* a part of them stays encrypted */
    uint64_t foreign_calls; /* of plain RPC over TCP, which are not counted: oa_call.is_foreign */
    struct oa_traffic traffic[OA_HOPS][2]; /* sums over all channels, by sender */
    /* A host's copies of sessions may end here: what follows is not for reports. */
    struct oa_channel *channel[OA_HOPS][OA_LEGS]; /* the current ones; NULL if not seen or closed */
    struct oa_sequence conn;
    struct oa_sequence *recycle[OA_LEGS]; /* the newest of IN, of OUT */
    struct oa_sequence *absorbed;         /* those that turned out to be parts of others */
    struct oa_auth_exchange
        *rpc_exchange; /* the last one; NULL if none, and after it was reported at the end */
    struct oa_finding_counts *findings; /* track/emit.h; NULL: none */
};

/* The virtual connection that this one turned out to be a part of, else itself; NULL stays NULL. */
static inline struct oa_virtual_connection *
oa_vc_whole(struct oa_virtual_connection *vc)
{
    while (vc && vc->joined)
        vc = vc->joined;
    return vc;
}

/* The hop nearest to the client on which the virtual connection is in the capture. */
static inline enum oa_hop
oa_vc_hop(const struct oa_virtual_connection *vc)
{
    int hop = OA_HOP_CLIENT;

    while (hop < OA_HOP_SERVER && !vc->leg_seen[hop][OA_LEG_IN] && !vc->leg_seen[hop][OA_LEG_OUT])
        hop++;
    return (enum oa_hop)hop;
}

/* Whether a connection of that hop is in the capture, also if its leg is not known. */
static inline bool
oa_vc_has_endpoint(const struct oa_virtual_connection *vc, enum oa_hop hop)
{
    return vc->endpoint[hop][OA_SERVER].port != 0;
}

/* Whether it was established, or is known to have been by what was sent over it: a client sends no
 * RPC PDU before CONN/C2, [MS-RPCH] 3.2.1.5.1.1. */
static inline bool
oa_vc_has_worked(const struct oa_virtual_connection *vc)
{
    const struct oa_traffic *traffic = vc->traffic[oa_vc_hop(vc)];
    bool is_bound = false;

    if (vc->transport == OA_TRANSPORT_RPC_HTTP &&
        (traffic[OA_CLIENT].rpc_pdus || traffic[OA_SERVER].rpc_pdus))
        return true;
    for (unsigned i = 0; i < vc->n_bindings; i++)
        is_bound |= vc->bindings[i].state == OA_BINDING_ACCEPTED;
    if (vc->transport == OA_TRANSPORT_MAPI_HTTP)
        return vc->established.frame || vc->answered;
    return vc->established.frame || vc->answered || vc->faults || vc->no_request || is_bound;
}

/* Whether it belongs to another service: all of its calls asked an endpoint mapper about others. */
static inline bool
oa_vc_is_foreign(const struct oa_virtual_connection *vc)
{
    return vc->foreign_calls > 0 && vc->calls == 0;
}

enum oa_event_type {
    OA_EVENT_NONE,

    /* Found in the bytes, `length` of them. */
    OA_EVENT_HTTP_HEAD,
    OA_EVENT_HTTP_BODY, /* part of a body that is not RPC over HTTP */
    OA_EVENT_CHUNK,     /* chunk framing between PDUs */
    OA_EVENT_BANNER,    /* `ncacn_http/1.0` */
    OA_EVENT_RTS,
    OA_EVENT_RPC,
    OA_EVENT_IGNORED, /* without meaning: after the last PDU of a recycled OUT channel; a line of
                         the PROXY protocol */
    OA_EVENT_SKIPPED, /* not decoded; skipped up to the next PDU or head */

    /* Derived from them. */
    OA_EVENT_AUTH,
    OA_EVENT_CHANNEL_OPENED,
    OA_EVENT_CHANNEL_CLOSED,
    OA_EVENT_VC_OPENED,
    OA_EVENT_VC_CLOSED,
    OA_EVENT_CALL,      /* a call has ended, with a response or without */
    OA_EVENT_AUTH_DONE, /* an authentication exchange is complete */
    OA_EVENT_FINDING,
    OA_EVENT_VC_JOINED, /* `vc` turned out to be a part of vc->joined, and ends */
    OA_EVENT_MAPI_HEAD, /* a head of MAPI over HTTP was received; its OA_EVENT_HTTP_HEAD follows at
                           the end of the exchange */
};

struct oa_event {
    enum oa_event_type type;
    struct oa_stamp first, last; /* of its bytes */
    enum oa_side side;
    struct oa_channel *channel;
    struct oa_virtual_connection *vc; /* NULL while not known */
    size_t length;
    const uint8_t *pdu; /* RTS, RPC: the bytes of the PDU, assembled if it was split by chunks */
    size_t pdu_length;
    bool is_cut;      /* head, RPC: the capture does not contain its end: `length` bytes of it are
                         there; pdu_length counts all */
    bool end_is_lost; /* of an RPC PDU that is cut: `last` is not the time of its end */

    const struct oa_http_head *http;
    const struct oa_auth *auth;
    enum oa_auth_place auth_place;
    const struct oa_auth_exchange *exchange; /* that the head or PDU belongs to, or relies on */
    unsigned auth_leg; /* number of the leg, from 1; 0 if the head relies on the exchange */
    const struct oa_rts *rts;
    struct oa_rts_name rts_name;
    const struct oa_sequence *sequence; /* that the RTS PDU belongs to, or NULL */
    const struct oa_rpc_pdu *rpc;       /* its stub is that before sealing, if oa_seal_is_open() */
    enum oa_seal_outcome seal;          /* of that stub */
    struct oa_bytes plain;              /* with its padding, if oa_seal_is_open() */
    enum oa_seal_outcome signature;     /* of the PDU; OA_SEAL_NONE: it has none */
    struct oa_call *call;               /* that the RPC PDU belongs to, or that has ended */
    const struct oa_channel *acknowledged; /* acknowledged by the RTS PDU, or NULL */
    struct oa_flow
        flow;         /* RPC, acknowledgment: after it, of the channel that carries the RPC bytes */
    int64_t idle_ns;  /* RTS, RPC: since the previous PDU on the same connection; 0 for the first */
    int64_t stall_ns; /* RPC: how long the sender had to wait for the window */
    const struct oa_finding *finding;
    void *host; /* finding of a TCP connection: the host's own, as in oa_channel */
    const struct oa_http_exchange *mapi; /* MAPI over HTTP: that the head or the call belongs to */
    struct oa_mailbox_session *mailbox;  /* head of a request of MAPI over HTTP: that its cookie
                                            identifies; NULL: none, or not known yet */
};

typedef void (*oa_event_function)(void *context, const struct oa_event *event);

#endif
