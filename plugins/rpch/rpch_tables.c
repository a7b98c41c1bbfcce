/* rpch_tables.c
 * Statistics > Conversations and Endpoints, `tshark -z conv,rpch` and `-z endpoints,rpch`: a row
 * for each virtual connection, between its user and its target, and for each user. Packets are
 * PDUs, heads and other units, bytes are theirs; of several hops the one nearest to the client
 * counts, or each, by a preference.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_tables.h"

#include "ws_compat.h"

#include <epan/conversation_table.h>

#include "rpch_party.h"
#include "rpch_prefs.h"
#include "rpch_proto.h"
#include "rpch_tap.h"

static const char *
conversation_field(conv_item_t *item _U_, conv_filter_type_e type)
{
    return type == CONV_FT_SRC_PORT || type == CONV_FT_DST_PORT || type == CONV_FT_ANY_PORT
               ? CONV_FILTER_INVALID
               : "rpch.party";
}

static const char *
endpoint_field(endpoint_item_t *item _U_, conv_filter_type_e type _U_)
{
    return "rpch.party";
}

static ct_dissector_info_t conversation_info = { conversation_field };
static et_dissector_info_t endpoint_info = { endpoint_field };

/* The virtual connection in whose row the unit counts; NULL if in none. */
static const struct oa_virtual_connection *
counted(const struct oa_event *event)
{
    return rpch_prefs.counts_each_hop ? oa_vc_whole(event->vc ? event->vc : event->channel->vc)
                                      : rpch_vc_counting(event);
}

static void
party_address(packet_info *pinfo, const struct oa_event *event,
              const struct oa_virtual_connection *vc, enum oa_side side, address *out)
{
    const char *party = rpch_party(pinfo->pool, vc, event->channel->hop, side);

    set_address(out, AT_STRINGZ, (int)strlen(party) + 1, party);
}

static tap_packet_status
count_conversation(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                   tap_flags_t flags)
{
    conv_hash_t *table = tapdata;
    const struct oa_event *event = &((const struct rpch_tap *)data)->event;
    const struct oa_virtual_connection *vc = counted(event);
    enum oa_hop hop = rpch_prefs.counts_each_hop ? event->channel->hop : OA_HOP_CLIENT;
    address from, to;

    table->flags = flags;
    if (!vc)
        return TAP_PACKET_DONT_REDRAW;
    party_address(pinfo, event, vc, event->side, &from);
    party_address(pinfo, event, vc, (enum oa_side)(event->side ^ 1), &to);
    add_conversation_table_data_with_conv_id(
        table, &from, &to, 0, 0, (conv_id_t)(vc->number * OA_HOPS + hop), 1, (int)event->length,
        &pinfo->rel_ts, &pinfo->abs_ts, &conversation_info, CONVERSATION_NONE);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status
count_endpoints(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                tap_flags_t flags)
{
    conv_hash_t *table = tapdata;
    const struct oa_event *event = &((const struct rpch_tap *)data)->event;
    const struct oa_virtual_connection *vc = counted(event);

    table->flags = flags;
    if (!vc)
        return TAP_PACKET_DONT_REDRAW;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        address party;
        party_address(pinfo, event, vc, (enum oa_side)side, &party);
        add_endpoint_table_data(table, &party, 0, (enum oa_side)side == event->side, 1,
                                (int)event->length, &endpoint_info, ENDPOINT_NONE);
    }
    return TAP_PACKET_REDRAW;
}

void
rpch_tables_register(void)
{
    register_conversation_table(proto_rpch, TRUE, count_conversation, count_endpoints);
}
