/* exchange.h
 * Between the parts of the exchange plugin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "track/events.h"
#include "exchange_tap.h"
#include "http/http_head.h"
#include "http/mapi_http.h"

/* packet-exchange.c */
void proto_register_exchange(void);
void proto_reg_handoff_exchange(void);

/* exchange_tree.c */

/* Registers the decoder's fields with the protocols their filters begin with; those have to be
 * registered before. */
void exchange_tree_register(void);

/* Shows a stub's parameters, and what is wrong with them, and collects its facts. False, and
 * nothing is shown, when the operation has no layout. */
bool exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const struct oa_stub *stub, struct oa_call_facts *facts);

/* Shows bytes along a layout, in the plain encoding, and collects facts that have been started,
 * with the code page that was said before. */
void exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                               const struct oa_layout *layout, struct oa_call_facts *facts);

/* A request of MAPI over HTTP with its answer; lives as long as the file is open. */
struct mapi_transaction {
    enum oa_mapi_http_type type;
    enum oa_mapi_http_endpoint endpoint;
    guint32 request_frame, response_frame; /* 0: not seen */
    nstime_t request_time;
    const struct oa_call *call; /* NULL: not answered, or a leg of an authentication */
    const struct oa_call_facts *request, *response; /* NULL: not shown yet */
    guint32 code_pages[2]; /* of 8-bit text in request and answer, said before; 0: none */
};

/* One HTTP message of such a connection, while stock HTTP dissects it. */
struct mapi_message {
    tvbuff_t *tvb; /* all of it */
    size_t head_offset;
    struct oa_http_head head;
    struct mapi_transaction *transaction; /* NULL: other HTTP on the same connection */
    bool is_begun, is_shown;
};

/* mapi_stream.c: the protocol of MAPI over HTTP, by which its state is kept. */
void mapi_stream_register(int proto);

/* The message that stock HTTP is dissecting in this packet, with its transaction; NULL when its
 * connection is not known as one of MAPI over HTTP. */
struct mapi_message *mapi_stream_message(packet_info *pinfo);

/* packet-oxcmapihttp.c; the first two are parts of the two functions above. */
void exchange_register_mapi_http(void);
void exchange_handoff_mapi_http(void);

/* Shows a message whose body was none that stock HTTP hands to the plugin. `before` is the Info
 * column in front of it. */
void exchange_show_mapi_head(const struct mapi_message *message, packet_info *pinfo,
                             proto_tree *tree, const char *before);

/* exchange_stats.c: the tap, and the statistics that listen to it. Registers them under the
 * protocol that carries the name of the plugin. */
void exchange_stats_register(int parent);

/* A record to fill in and to hand to exchange_tell_tap(), or NULL when nobody listens. */
struct exchange_tap *exchange_new_record(packet_info *pinfo);
void exchange_tell_tap(packet_info *pinfo, struct exchange_tap *record);

#endif
