/* facts.h
 * Facts about calls, sessions, channels and connections that several reports print.
 *
 * Strings are static, or live as long as the argument or the buffer they come from; NULL or "" if
 * unknown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FACTS_H
#define FACTS_H

#include "connection.h"
#include "track/call_result.h"
#include "track/events.h"
#include "track/vc_names.h"
#include "valid_ports.h"

/* --- calls --- */

/* Definitions of counts of calls, which mean the same in every report: by `state` of calls.csv. */
#define IS_ANSWERED                                                                                \
    "Calls of state answered: the request and a complete response other than a fault are in the "  \
    "capture"
#define IS_FAULT                                                                                   \
    "Calls of state fault: a fault; for MAPI over HTTP an X-ResponseCode or an HTTP error status"
#define IS_UNANSWERED                                                                              \
    "Calls of state unanswered: no response although nothing of it is missing from the capture"
#define IS_UNKNOWN                                                                                 \
    "Calls of state unknown: the response may be among bytes that the capture lacks, or had "      \
    "begun "                                                                                       \
    "and was still going on when the capture ended or the client left on purpose"
#define IS_NO_REQUEST                                                                              \
    "Calls of state no_request: only a response, other than a fault, is in the capture"
#define CALLS_ARE "RPC calls, or MAPI over HTTP requests, of all states"

/* Definitions of bytes on the wire, in connections.csv and sessions.csv. */
#define WIRE_BYTES_ARE                                                                             \
    "IP packets with their headers, also retransmitted ones: what a line carries without its "     \
    "link "                                                                                        \
    "layer; of a datagram in fragments all of them, or only the first if it stays incomplete"

/* The first column of times of a report ends with this. */
#define TIMES_ARE "; all times are UTC, cut to the microsecond"

/* A status by name, else by number. */
#define STATUS_TEXT 32
const char *status_text(enum oa_status_kind kind, uint32_t status, char number[STATUS_TEXT]);

/* The half if the capture contains all of it: its sizes are reported only then; else NULL. */
const struct oa_call_half *call_half_if_whole(const struct oa_call_half *half);

/* The request on the first hop, from the one nearest to the client on, where it is in the capture;
 * or NULL. A call counts at its last byte. */
const struct oa_call_half *call_request(const struct oa_call *call);

/* False for calls that wait for notifications: their latency says nothing about the server. */
bool call_is_prompt(const struct oa_call *call);

/* Response times that are counted as slow when they are longer, in seconds, ascending. */
#define CALL_LIMITS 3
extern const uint8_t CALL_LIMITS_S[CALL_LIMITS];

/* The interface by name, else by its UUID. */
const char *interface_text(const struct oa_rpc_interface *iface, const struct oa_rpc_syntax *syntax,
                           char uuid[OA_UUID_TEXT]);

/* The operation by name, else "opnum N". */
#define OPERATION_TEXT 16
const char *operation_text(const struct oa_rpc_interface *iface, uint16_t opnum,
                           char number[OPERATION_TEXT]);

/* Whether operations have numbers on the wire; those of MAPI over HTTP have none. */
bool interface_has_opnums(const struct oa_rpc_interface *iface);

/* --- sessions --- */

const char *transport_name(enum oa_transport transport); /* "rpc_http" */
const char *mode_name(enum oa_client_mode mode);         /* "cached" */
const char *end_name(enum oa_end how);                   /* "fin" */
const char *ended_by(struct oa_ending ending);           /* "client", "server" */
const char *side_name(enum oa_side side);                /* "client", "server" */
bool session_has_hop(const struct oa_virtual_connection *vc, enum oa_hop hop);

/* The client as seen in the capture, else as reported by the proxy; `mapped` is a buffer for the
 * latter. NULL if unknown. */
const uint8_t *client_address_of(const struct oa_virtual_connection *vc, uint8_t mapped[16]);

/* If only the proxy has reported the client, by IPv4, in a byte order that the capture does not
 * show: sets the address in the other order, and returns the one that client_address_of() uses:
 * "little_endian", or "network" if that makes the likelier address. Otherwise NULL. */
const char *client_address_order(const struct oa_virtual_connection *vc, uint8_t other[16]);

/* "allowed", "refused"; NULL if ValidPorts was not given or the target is unknown. */
const char *target_allowed(const struct valid_ports *ports, const char *server, uint32_t port);

/* Whether the connection belongs to a hop between client, proxy, server and domain controller. */
bool connection_is_of_service(const struct connection_row *row);

/* --- hops and services of channels, and of TCP connections without one --- */

/* "client_proxy", "proxy_store", "client_store", "store_dc": from the content, else from the port
 * of the server. `channel` may be NULL. */
const char *hop_name(const struct oa_channel *channel, uint16_t server_port);

/* The same for a hop of a session; for the hops on which something was captured, in order along the
 * way: "both" if these are the two of a client, a proxy and a server. */
const char *hop_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop);
#define HOPS_TEXT 64
const char *hops_text(const struct oa_virtual_connection *vc, const bool seen[OA_HOPS],
                      char text[HOPS_TEXT]);

extern const char SERVICE_RPC_OVER_HTTP[], SERVICE_MAPI_OVER_HTTP[];

/* The purpose of a connection: the same pointer for the same one. `channel` and `vc` may be
 * NULL. */
const char *service_name(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
                         uint16_t server_port);

/* The same of the connections of a session on that hop. */
const char *service_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop);

#endif
