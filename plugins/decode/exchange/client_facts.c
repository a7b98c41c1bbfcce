/* client_facts.c
 * What a client of Exchange reports about itself when it opens a session.
 * [MS-OXCRPC] 3.1.4.1 (EcDoConnectEx, and EcDoConnect before it), [MS-OXCMAPIHTTP] 2.2.3.3, 2.2.4.1
 * (Connect)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/client_facts.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "exchange/call_facts.h"
#include "http/http_head.h"

/* The first value is kept. */
static void
fill(char *to, size_t size, const char *from)
{
    if (!to[0])
        oa_text_copy((struct oa_text){ from, strlen(from) }, to, size);
}

#define FILL(to, from) fill(to, sizeof(to), from)

static void
take_version(struct oa_client *client, const struct oa_call_facts *facts)
{
    struct oa_version version = oa_version_from_words(facts->version_words);
    char text[OA_VERSION_TEXT];

    oa_version_text(&version, text);
    if (facts->is_response) {
        FILL(client->server_version, text);
        return;
    }
    const char *product = oa_version_client_product(&version);
    FILL(client->version, text);
    if (product)
        FILL(client->software, product);
}

void
oa_client_take_call(struct oa_client *client, const struct oa_call_facts *facts)
{
    FILL(client->user_dn, facts->user_dn);
    FILL(client->computer, facts->machine);
    FILL(client->software, facts->process);
    if (facts->has_version)
        take_version(client, facts);
    if (facts->client_mode == 1)
        client->mode = OA_CLIENT_CLASSIC;
    else if (facts->client_mode == 2)
        client->mode = OA_CLIENT_CACHED;
}

/* `Outlook/15.0.4815.1000` */
static void
take_application(struct oa_text text, char *software, size_t software_size, char *version,
                 size_t version_size)
{
    const char *slash = text.length ? memchr(text.at, '/', text.length) : NULL;
    size_t length = slash ? (size_t)(slash - text.at) : text.length;

    if (software && !software[0])
        oa_text_copy((struct oa_text){ text.at, length }, software, software_size);
    if (slash && !version[0])
        oa_text_copy((struct oa_text){ slash + 1, text.length - length - 1 }, version,
                     version_size);
}

void
oa_client_take_head(struct oa_client *client, const struct oa_http_head *head)
{
    if (head->is_request)
        take_application(head->mapi.client_application, client->software, sizeof client->software,
                         client->version, sizeof client->version);
    else
        take_application(head->mapi.server_application, NULL, 0, client->server_version,
                         sizeof client->server_version);
}
