/* rpch_filters.c
 * The entries of the menu Conversation Filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_filters.h"

#include "ws_compat.h"

#include <epan/packet.h> /* first: the next one does not declare what it uses */

#include <epan/conversation_filter.h>

#include "items.h"
#include "rpch_connection.h"
#include "rpch_party.h"

static ws_compat_bool
has_vc(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return rpch_vc_of_packet(pinfo) != NULL;
}

static gchar *
filter_vc(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return ws_strdup_printf("rpch.vc == %u", (unsigned)rpch_vc_of_packet(pinfo)->number);
}

static gchar *
filter_hop(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    const struct oa_channel *channel = rpch_connection_find(pinfo)->channel;

    return ws_strdup_printf("rpch.vc == %u && rpch.hop == %u",
                            (unsigned)rpch_vc_of_packet(pinfo)->number,
                            rpch_hop_number(channel->hop));
}

static ws_compat_bool
has_user(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    const struct oa_virtual_connection *vc = rpch_vc_of_packet(pinfo);

    return vc && rpch_user(pinfo->pool, vc);
}

static gchar *
filter_user(packet_info *pinfo WS_COMPAT_FILTER_DATA)
{
    return filter_of_text("rpch.user", rpch_user(pinfo->pool, rpch_vc_of_packet(pinfo)));
}

void
rpch_filters_register(void)
{
    WS_COMPAT_REGISTER_FILTER("rpch", "RPC over HTTP: Virtual connection", has_vc, filter_vc);
    WS_COMPAT_REGISTER_FILTER("rpch", "RPC over HTTP: Hop of the virtual connection", has_vc,
                              filter_hop);
    WS_COMPAT_REGISTER_FILTER("rpch", "RPC over HTTP: User", has_user, filter_user);
}
