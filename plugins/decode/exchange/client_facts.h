/* client_facts.h
 * What a client of Exchange reports about itself when it opens a session.
 * [MS-OXCRPC] 3.1.4.1 (EcDoConnectEx, and EcDoConnect before it), [MS-OXCMAPIHTTP] 2.2.3.3, 2.2.4.1
 * (Connect)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CLIENT_FACTS_H
#define OA_CLIENT_FACTS_H

#define OA_CLIENT_DN 512
#define OA_CLIENT_NAME 128
#define OA_CLIENT_VERSION 32

enum oa_client_mode { OA_CLIENT_MODE_UNKNOWN, OA_CLIENT_CLASSIC, OA_CLIENT_CACHED };

/* Texts are "" if unknown. */
struct oa_client {
    char user_dn[OA_CLIENT_DN];      /* legacy distinguished name of the user */
    char computer[OA_CLIENT_NAME];   /* AUX_PERF_CLIENTINFO */
    char software[OA_CLIENT_NAME];   /* "OUTLOOK.EXE", else "Outlook 2010 SP2", or "Outlook" */
    char version[OA_CLIENT_VERSION]; /* "15.0.4815.1000" */
    char server_version[OA_CLIENT_VERSION];
    enum oa_client_mode mode; /* AUX_PERF_CLIENTINFO */
};

struct oa_call_facts;
struct oa_http_head;

/* Adds the facts of a connect, request or response. Texts already known are kept. */
void oa_client_take_call(struct oa_client *client, const struct oa_call_facts *facts);

/* Adds what the head of a request or its response contains. Texts already known are kept. */
void oa_client_take_head(struct oa_client *client, const struct oa_http_head *head);

#endif
