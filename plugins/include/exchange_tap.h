/* exchange_tap.h
 * The tap of the exchange plugin: one record for each request and each response of Exchange, over
 * any transport.
 *
 * Listen to the tap EXCHANGE_TAP; the data are a const struct exchange_tap *. The record and the
 * facts are valid during the call; what else it points to lives as long as the capture file is
 * open. For MAPI over HTTP, whose operations are request types, the interfaces are "EMSMDB over
 * HTTP" and "NSPI over HTTP".
 *
 * There is no record for RPC faults, for encrypted RPC stubs, and for operations without a layout.
 * Failed responses of MAPI over HTTP have one, but not those that only request authentication (401,
 * 407), although the request before them has. A call that is in the capture on several hops
 * has records on each; of MAPI over HTTP only on the one nearest to the client.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_TAP_H
#define EXCHANGE_TAP_H

#include "exchange/call_facts.h"
#include "track/events.h"
#include "track/mailbox_session.h"

#define EXCHANGE_TAP "exchange"
#define EXCHANGE_TAP_VERSION 4

struct exchange_tap {
    uint32_t version;
    enum oa_transport transport; /* OA_TRANSPORT_RPC_TCP also for a named pipe */
    bool is_response;
    bool is_repeat; /* the call is also on a hop nearer to the client, and is to be counted once */
    const struct oa_rpc_interface *iface;
    uint16_t opnum;        /* MAPI over HTTP: enum oa_mapi_http_type */
    const char *operation; /* name of the operation, or of the request type */

    /* For MAPI over HTTP without a body, or with that of a failed response, these only contain the
     * operation. */
    const struct oa_call_facts *request;  /* NULL: not in the capture, or not decrypted */
    const struct oa_call_facts *response; /* NULL: not seen yet */

    const struct oa_mailbox_session *session; /* of a call to a store; NULL: none, or unknown */
    const struct oa_virtual_connection *vc; /* NULL: named pipe, or no rpch.so. MAPI over HTTP: its
                                               session, NULL before the response */
    const struct oa_call *call; /* MAPI over HTTP: how it ended; NULL: RPC, or no response */

    uint32_t request_frame; /* 0: not in the capture */

    /* Of a response: time since the request, -1 if that is not in the capture: between the frames
     * that complete the two. In named pipes, or without rpch.so: from the frame of the request's
     * first fragment, which is what stock DCE/RPC stores, to that of the response's last. */
    int64_t latency_ns;
};

#endif
