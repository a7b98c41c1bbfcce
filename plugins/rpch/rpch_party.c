/* rpch_party.c
 * Who takes part in a virtual connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_party.h"

#include "rpch_connection.h"
#include "rpch_prefs.h"
#include "track/vc_names.h"

/* The values of rpch.hop: filters know 0 and 1 as the client's and the server's hop. */
static const guint32 HOP_NUMBERS[OA_HOPS] = { [OA_HOP_CLIENT] = 0,
                                              [OA_HOP_SERVER] = 1,
                                              [OA_HOP_HTTP_2] = 2,
                                              [OA_HOP_HTTP_3] = 3,
                                              [OA_HOP_HTTP_4] = 4 };

guint32
rpch_hop_number(enum oa_hop hop)
{
    return HOP_NUMBERS[hop];
}

const char *
rpch_user(wmem_allocator_t *pool, const struct oa_virtual_connection *vc)
{
    char text[OA_USER_TEXT];
    const char *user = oa_vc_user_name(vc, text);

    return user ? wmem_strdup(pool, user) : NULL;
}

const char *
rpch_target(wmem_allocator_t *pool, const struct oa_virtual_connection *vc)
{
    char text[OA_ADDRESS_TEXT];
    const char *server = oa_vc_server(vc, text);
    uint32_t port = oa_vc_target_port(vc);

    if (!server[0])
        return NULL;
    return port ? wmem_strdup_printf(pool, "%s:%u", server, port) : wmem_strdup(pool, server);
}

const char *
rpch_party(wmem_allocator_t *pool, const struct oa_virtual_connection *vc, enum oa_hop hop,
           enum oa_side side)
{
    bool each = rpch_prefs.counts_each_hop;
    const struct oa_endpoint *endpoint = vc->endpoint[each ? hop : oa_vc_hop(vc)];
    const char *name = side == OA_CLIENT ? rpch_user(pool, vc) : rpch_target(pool, vc);
    char text[OA_ADDRESS_TEXT];

    if (!name)
        name = wmem_strdup(pool, oa_text_address(endpoint[side].address, text));
    if (side == OA_CLIENT)
        return name;
    return each ? wmem_strdup_printf(pool, "%s (vc %u, hop %u)", name, (unsigned)vc->number,
                                     rpch_hop_number(hop))
                : wmem_strdup_printf(pool, "%s (vc %u)", name, (unsigned)vc->number);
}

const struct oa_virtual_connection *
rpch_vc_of_packet(packet_info *pinfo)
{
    const struct rpch_connection *connection = rpch_connection_find(pinfo);

    return connection && !connection->is_mapi_http ? oa_vc_whole(connection->channel->vc) : NULL;
}

const struct oa_virtual_connection *
rpch_vc_counting(const struct oa_event *event)
{
    const struct oa_virtual_connection *vc =
        oa_vc_whole(event->vc ? event->vc : event->channel->vc);

    return vc && event->channel->hop == oa_vc_hop(vc) ? vc : NULL;
}
