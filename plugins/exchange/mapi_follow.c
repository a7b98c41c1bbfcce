/* mapi_follow.c
 * Follow > MAPI over HTTP, and `tshark -z follow,oxcmapihttp,...`: the requests and responses of a
 * session, heads and bodies, whatever connections they came over. A stream is a session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_follow.h"

#include "follow_dialogue.h"

#include <epan/tap.h>

#define TAP "oxcmapihttp_follow"
#define FIELD "oxcmapihttp.session"

static int follow_tap = -1;

struct part {
    const struct oa_virtual_connection *session;
    tvbuff_t *tvb;
    enum oa_side side;
};

static struct mapi_transaction *
first_of(packet_info *pinfo)
{
    const struct mapi_frame *frame = mapi_frame_find(pinfo);

    return frame ? frame->first : NULL;
}

bool
mapi_follow_has_message(packet_info *pinfo)
{
    return first_of(pinfo) != NULL;
}

const struct oa_virtual_connection *
mapi_follow_session(packet_info *pinfo)
{
    const struct mapi_transaction *transaction = first_of(pinfo);

    return transaction ? transaction->session : NULL;
}

void
mapi_follow_take(const struct mapi_message *message, packet_info *pinfo)
{
    struct mapi_transaction *transaction = message->transaction;

    if (!transaction)
        return;
    if (!message->frame->first)
        message->frame->first = transaction;
    if (!transaction->session || !have_tap_listener(follow_tap))
        return;
    struct part *part = wmem_new(pinfo->pool, struct part);
    *part = (struct part){ transaction->session, message->tvb,
                           message->head.is_request ? OA_CLIENT : OA_SERVER };
    tap_queue_packet(follow_tap, pinfo, part);
}

static gchar *
filter_of_packet(epan_dissect_t *edt _U_, packet_info *pinfo, guint *stream, guint *sub_stream _U_)
{
    const struct oa_virtual_connection *session = mapi_follow_session(pinfo);

    if (!session)
        return NULL;
    *stream = (guint)session->number;
    return follow_filter_of(FIELD, *stream);
}

static gchar *
filter_of_stream(guint stream, guint sub_stream _U_)
{
    return follow_filter_of(FIELD, stream);
}

static tap_packet_status
take_part(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
          tap_flags_t flags _U_)
{
    const struct part *part = data;
    guint length = tvb_captured_length(part->tvb);

    follow_add(tapdata, pinfo, part->session->endpoint[OA_HOP_CLIENT], part->side,
               tvb_get_ptr(part->tvb, 0, (gint)length), length);
    return TAP_PACKET_DONT_REDRAW;
}

void
mapi_follow_register(void)
{
    follow_tap = register_tap(TAP);
    WS_COMPAT_REGISTER_FOLLOW(proto_oxcmapihttp, TAP, filter_of_packet, filter_of_stream,
                              follow_filter_of_addresses, follow_port_text, take_part, NULL);
}
