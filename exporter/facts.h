/* facts.h
 * What several reports ask of calls, sessions, channels and connections.
 *
 * Texts live as long as what they are asked of, or the buffer given; NULL and "" when not known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FACTS_H
#define FACTS_H

#include "connection.h"
#include "track/events.h"
#include "valid_ports.h"

/* --- calls --- */

/* A status by name, else by number. */
#define STATUS_TEXT 32
const char *status_text(enum oa_status_kind kind, uint32_t status, char number[STATUS_TEXT]);

/* Whether it was answered by a fault, or by a return value that tells of a failure. */
bool call_failed(const struct oa_call *call);

/* Last byte of the request to last byte of the response on that hop; false unless both are
 * complete. */
bool call_latency(const struct oa_call *call, enum oa_hop hop, int64_t *ns);

/* False for calls that wait for news and are answered when there are some: their latency says
 * nothing of the server. */
bool call_is_prompt(const struct oa_call *call);

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

/* Who: of the HTTP authentication, else of the one inside RPC; never NULL. */
const struct oa_auth *user_of_session(const struct oa_virtual_connection *vc);

/* DOMAIN\user, or user. */
#define USER_TEXT (2 * OA_AUTH_NAME)
const char *user_text(const struct oa_auth *auth, char text[USER_TEXT]);

/* The server named in the URI, or MailboxId; else its address. */
const char *server_of_session(const struct oa_virtual_connection *vc, char address[ADDRESS_TEXT]);

/* As seen in the capture, else by the word of the proxy, for which there is `mapped`; NULL when
 * neither tells. */
const uint8_t *client_address_of(const struct oa_virtual_connection *vc, uint8_t mapped[16]);

/* "allowed", "refused"; NULL when ValidPorts is not told, or the target not known. */
const char *target_allowed(const struct valid_ports *ports, const char *server, uint32_t port);

/* --- hops and services, of a channel or a TCP connection without one --- */

/* "client_proxy", "proxy_store", "client_store", "store_dc": by the content, else by the server's
 * port. `channel` may be NULL. */
const char *hop_name(const struct oa_channel *channel, uint16_t server_port);

/* The same of one hop of a session, and of the hops on which something is in the capture. */
const char *hop_of_session(const struct oa_virtual_connection *vc, enum oa_hop hop);
const char *hops_of_session(const struct oa_virtual_connection *vc, bool client, bool server);

/* What the connection is for. `channel` and `vc` may be NULL. */
const char *service_name(const struct oa_channel *channel, const struct oa_virtual_connection *vc,
                         uint16_t server_port);

#endif
