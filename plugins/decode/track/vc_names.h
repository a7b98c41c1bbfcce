/* vc_names.h
 * For hosts. By what a virtual connection is named: its user, its server, its purpose.
 *
 * Strings are static, or live as long as the argument or the buffer they come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_VC_NAMES_H
#define OA_VC_NAMES_H

#include "base/text.h"
#include "track/events.h"

/* The user of the HTTP authentication, else of the RPC authentication; never NULL. */
const struct oa_auth *oa_vc_user(const struct oa_virtual_connection *vc);

/* DOMAIN\user, or user; "" if unknown. */
#define OA_USER_TEXT (2 * OA_AUTH_NAME)
const char *oa_user_text(const struct oa_auth *auth, char text[OA_USER_TEXT]);

/* The user as that text, else the distinguished name of the connect; NULL if unknown. */
const char *oa_vc_user_name(const struct oa_virtual_connection *vc, char text[OA_USER_TEXT]);

/* The server named in the URI, or MailboxId; else its address; "" if unknown. */
const char *oa_vc_server(const struct oa_virtual_connection *vc, char address[OA_ADDRESS_TEXT]);

/* The port named in the URI, else that of the server; 0 if unknown. */
uint32_t oa_vc_target_port(const struct oa_virtual_connection *vc);

/* What it was used for: "mail", "connect_only", "endpoint_lookup", "rd_gateway", "other",
 * "rpcping"; NULL if unknown. */
const char *oa_vc_purpose(const struct oa_virtual_connection *vc);

#endif
