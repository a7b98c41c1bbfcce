/* rpch_follow.c
 * Follow > RPC over HTTP, and `tshark -z follow,rpch,...`: what the client and the server of a
 * virtual connection sent to each other, over all of its channels, recycled ones too. A stream is a
 * virtual connection; of several hops the one nearest to the client is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_follow.h"

#include "follow_dialogue.h"
#include "rpch_party.h"
#include "rpch_proto.h"
#include "rpch_tap.h"
#include "rpch_tracker.h"
#include "track/tracker.h"

#define FIELD "rpch.vc"

static gchar *
filter_of_packet(epan_dissect_t *edt _U_, packet_info *pinfo, guint *stream, guint *sub_stream _U_)
{
    const struct oa_virtual_connection *vc = rpch_vc_of_packet(pinfo);

    if (!vc)
        return NULL;
    *stream = (guint)vc->number;
    return follow_filter_of(FIELD, *stream);
}

static gchar *
filter_of_stream(guint stream, guint sub_stream _U_)
{
    return follow_filter_of(FIELD, stream);
}

static guint32
streams(void)
{
    return (guint32)oa_tracker_vcs(rpch_tracker());
}

static tap_packet_status
take_unit(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
          tap_flags_t flags _U_)
{
    const struct oa_event *event = &((const struct rpch_tap *)data)->event;
    const struct oa_virtual_connection *vc = rpch_vc_counting(event);
    size_t length = event->is_cut ? MIN(event->pdu_length, event->length) : event->pdu_length;

    if (vc && event->type != OA_EVENT_SKIPPED)
        follow_add(tapdata, pinfo, vc->endpoint[event->channel->hop], event->side, event->pdu,
                   (guint)length);
    return TAP_PACKET_DONT_REDRAW;
}

void
rpch_follow_register(void)
{
    WS_COMPAT_REGISTER_FOLLOW(proto_rpch, RPCH_TAP, filter_of_packet, filter_of_stream,
                              follow_filter_of_addresses, follow_port_text, take_unit, streams);
}
