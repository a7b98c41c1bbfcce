/* mapi_stream.c
 * Connections of MAPI over HTTP, message by message: stock HTTP dissects each of them.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5
 *
 * Stock HTTP calls us for bodies only, by their media type. This is the HTTP stream dissector
 * (http_stream.h), called before stock HTTP: it divides the bytes into messages and shows those
 * without such a body, which are PING, its response, and responses of a proxy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_stream.h"

#include "ws_compat.h"

#include <epan/exceptions.h>
#include <epan/packet.h>

#include "http_stream.h"
#include "mapi_flow_graph.h"
#include "mapi_follow.h"
#include "mapi_message.h"
#include "packet-oxcmapihttp.h"

static void
end_message(struct mapi_message *message, packet_info *pinfo, proto_tree *tree, const char *before)
{
    mapi_message_begin(message, pinfo);
    if (message->transaction && message->head.length && !message->is_shown)
        oxcmapihttp_show_head(message, pinfo, tree, before);
    mapi_follow_take(message, pinfo);
}

/* Returns false if stock HTTP needs more bytes. The data argument from the transport belongs to the
 * first message. */
static bool
dissect_message(struct mapi_message *message, int offset, packet_info *pinfo, proto_tree *tree)
{
    const struct http_stream *stream = message->stream;
    const char *info = col_get_text(pinfo->cinfo, COL_INFO);
    const char *before = message->frame->begun > 0 && info ? wmem_strdup(pinfo->pool, info) : "";

    message->frame->current = message;
    TRY
    {
        call_dissector_only(stream->http, message->tvb, pinfo, tree,
                            offset == 0 ? stream->transport_data : NULL);
    }
    CATCH_ALL
    {
        /* The body is truncated. */
        message->frame->current = NULL;
        end_message(message, pinfo, tree, before);
        RETHROW;
    }
    ENDTRY;
    message->frame->current = NULL;
    if (pinfo->desegment_len) {
        pinfo->desegment_offset += offset;
        if (message->frame->begun > 0)
            col_clear(pinfo->cinfo, COL_INFO); /* what stock HTTP has written after its fence */
        return false;
    }
    end_message(message, pinfo, tree, before);
    return true;
}

static int
dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    int length = (int)tvb_captured_length(tvb);
    int offset = 0;
    struct mapi_frame *frame;

    if (!data || !proto_is_protocol_enabled(find_protocol_by_id(proto_oxcmapihttp)))
        return 0;
    /* Each nested dissector call consumes a desegmentation level; this one must not. */
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    frame = mapi_frame_of(pinfo);
    while (offset < length) {
        struct mapi_message *message = mapi_message_at(data, tvb, pinfo, frame, offset);

        if (!dissect_message(message, offset, pinfo, tree))
            break;
        offset += (int)tvb_captured_length(message->tvb);
    }
    return length;
}

void
mapi_stream_register(void)
{
    /* Without a protocol, so that it adds none to those of the frame. */
    register_dissector(HTTP_STREAM_DISSECTOR, dissect, -1);
    mapi_flow_graph_register();
    mapi_follow_register();
}
