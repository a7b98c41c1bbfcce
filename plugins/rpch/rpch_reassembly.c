/* rpch_reassembly.c
 * What TCP keeps back because a stock dissector asked for more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_reassembly.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>

#include "rpc/dcerpc.h"
#include "rpc/service.h"
#include "rpch_connection.h"

/* The stretch of bytes that TCP is putting together and that the byte of that number is in the
 * middle of; NULL: none. */
static struct tcp_multisegment_pdu *
stretch_around(const struct tcp_analysis *tcp, guint32 number)
{
    struct tcp_multisegment_pdu *stretch =
        wmem_tree_lookup32_le(tcp->fwd->multisegment_pdus, number - 1);

    return stretch && number - stretch->seq < stretch->nxtpdu - stretch->seq ? stretch : NULL;
}

void
rpch_reassembly_release(packet_info *pinfo, tvbuff_t *segment, guint32 sequence,
                        const guint8 *payload, guint length)
{
    if (!(oa_is_server_port((guint16)pinfo->srcport) ||
          oa_is_server_port((guint16)pinfo->destport)) ||
        !oa_rpc_may_be_header(payload, length))
        return;
    conversation_t *conversation = find_conversation(
        pinfo->num, &pinfo->src, &pinfo->dst, CONVERSATION_TCP, pinfo->srcport, pinfo->destport, 0);
    if (!conversation || rpch_connection_of(conversation))
        return;
    const struct tcp_analysis *tcp = get_tcp_conversation_data(conversation, pinfo);
    guint32 number = sequence - tcp->fwd->base_seq; /* relative, unless the user wants others */
    struct tcp_multisegment_pdu *stretch = stretch_around(tcp, number);

    if (!stretch) {
        number = sequence;
        stretch = stretch_around(tcp, number);
    }
    gint header = (gint)(tvb_captured_length(segment) - length);
    if (stretch &&
        rpch_connection_resumes(conversation, tvb_new_subset_remaining(segment, header), pinfo))
        stretch->nxtpdu = number;
}
