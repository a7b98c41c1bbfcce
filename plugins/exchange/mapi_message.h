/* mapi_message.h
 * Messages of MAPI over HTTP, and which of them belong together.
 * [MS-OXCMAPIHTTP] 2.2.2, 3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MAPI_MESSAGE_H
#define MAPI_MESSAGE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "http/http_head.h"
#include "http/mapi_http.h"
#include "http_stream.h"
#include "track/events.h"

/* The protocol of MAPI over HTTP; also the key to its per-packet and conversation data. */
extern int proto_oxcmapihttp;

/* A request of MAPI over HTTP with its response; lives as long as the file is open. */
struct mapi_transaction {
    enum oa_mapi_http_type type;
    enum oa_mapi_http_endpoint endpoint;
    guint32 request_frame, response_frame; /* 0: not in the capture */
    nstime_t request_time;
    const struct oa_virtual_connection
        *session;                       /* NULL: not known, or a leg of an authentication */
    const struct oa_call *call;         /* NULL: no response, or a leg of an authentication */
    const guint8 *request, *response;   /* kept_facts.h; NULL: not shown yet */
    struct oa_mailbox_session *mailbox; /* with the request already; NULL: not known then */
    struct oa_rop_call *rops;           /* NULL: no body with ROPs was shown */
    guint32 code_pages[2]; /* for 8-bit text in request and response, known before; 0: none */
};

/* The messages of a frame, while it is dissected. */
struct mapi_frame {
    guint begun;                               /* messages */
    guint shown;                               /* messages */
    struct mapi_message *current;              /* that stock HTTP is dissecting; NULL: none */
    struct mapi_transaction *first;            /* of its first message that has one */
    const struct oa_virtual_connection *named; /* in the Info column; NULL: none */
};

/* NULL: no message has been found in it. */
struct mapi_frame *mapi_frame_find(packet_info *pinfo);
struct mapi_frame *mapi_frame_of(packet_info *pinfo);

/* One HTTP message on such a connection, while stock HTTP dissects it. */
struct mapi_message {
    const struct http_stream *stream;
    struct mapi_frame *frame;
    tvbuff_t *tvb; /* all of it */
    size_t head_offset;
    struct oa_http_head head;
    struct mapi_transaction *transaction; /* NULL: another HTTP message on the connection */
    bool is_begun, is_shown;
};

/* The message at `offset` of the stream's bytes; an incomplete one, or one without a head, extends
 * to the end. */
struct mapi_message *mapi_message_at(const struct http_stream *stream, tvbuff_t *tvb,
                                     packet_info *pinfo, struct mapi_frame *frame, int offset);

/* The message is complete, as stock HTTP requests no more bytes of it: on the first visit passes it
 * to the decoder. Has an effect once. */
void mapi_message_begin(struct mapi_message *message, packet_info *pinfo);

/* The message that stock HTTP is dissecting in this packet, begun by the call; NULL outside a
 * connection of MAPI over HTTP. */
struct mapi_message *mapi_message_current(packet_info *pinfo);

#endif
