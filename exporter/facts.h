/* facts.h
 * What several reports ask of calls and sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FACTS_H
#define FACTS_H

#include "track/events.h"

/* A status by name, else by number. */
#define STATUS_TEXT 32
const char *status_text(enum oa_status_kind kind, uint32_t status, char number[STATUS_TEXT]);

/* Whether it was answered by a fault, or by a return value that tells of a failure. */
bool call_failed(const struct oa_call *call);

/* Last byte of the request to last byte of the response, where both are complete. False also for
 * calls that wait for news and are answered when there are some. */
bool call_latency(const struct oa_call *call, int64_t *ns);

const char *transport_name(enum oa_transport transport); /* "rpc_http" */
const char *mode_name(enum oa_client_mode mode);         /* "cached"; "" when not known */

/* DOMAIN\user, or user; "" when not known. */
#define USER_TEXT (2 * OA_AUTH_NAME)
void user_text(const struct oa_auth *auth, char text[USER_TEXT]);

/* The user of the HTTP authentication, else of the one inside RPC. */
void user_of_session(const struct oa_virtual_connection *vc, char text[USER_TEXT]);

/* The server named in the URI, or MailboxId; else its address; "" when not known. Freed with
 * g_free(). */
char *server_of_session(const struct oa_virtual_connection *vc);

/* As seen in the capture, else by the word of the proxy; false when neither tells. */
bool client_address_of(const struct oa_virtual_connection *vc, uint8_t address[16]);

#endif
