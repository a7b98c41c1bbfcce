/* exchange_tap.h
 * What the exchange plugin tells its tap listeners: one record for each request and each response
 * of Exchange, whatever it came by.
 *
 * Listen to the tap EXCHANGE_TAP; the data are a const struct exchange_tap *. The record is good
 * during the call; what it points to stays for as long as the capture file is open. For MAPI over
 * HTTP, whose operations are request types, the interfaces are "EMSMDB over HTTP" and "NSPI over
 * HTTP".
 *
 * Not told are RPC faults, and RPC stubs that are sealed, or whose operation the decoder has no
 * layout of. Answers of MAPI over HTTP that tell of a failure are, but not those that only ask for
 * authentication (401, 407); the request before them is. A call that is in the capture on both hops
 * is told on each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_TAP_H
#define EXCHANGE_TAP_H

#include "exchange/call_facts.h"
#include "track/events.h"
#include "track/mailbox_session.h"

#define EXCHANGE_TAP "exchange"
#define EXCHANGE_TAP_VERSION 3

struct exchange_tap {
    uint32_t version;
    enum oa_transport transport; /* OA_TRANSPORT_RPC_TCP: also a named pipe */
    bool is_response;
    const struct oa_rpc_interface *iface;
    uint16_t opnum;        /* MAPI over HTTP: enum oa_mapi_http_type */
    const char *operation; /* its name, or that of the request type */

    /* Of MAPI over HTTP without a body, or with one that tells of a failure, only which operation
     * they belong to. */
    const struct oa_call_facts *request;  /* NULL: not seen, or not decrypted */
    const struct oa_call_facts *response; /* NULL: not yet seen */

    const struct oa_mailbox_session *session; /* of a call to a store; NULL: none, or not known */
    const struct oa_virtual_connection *vc; /* NULL: in a named pipe, or without rpch.so. MAPI over
                                               HTTP: its session, known with the response */
    const struct oa_call *call; /* MAPI over HTTP: how it ended; NULL: RPC, or not answered */

    uint32_t request_frame; /* 0: not seen */

    /* Of a response: since its request, -1 when that was not seen. MAPI over HTTP: from the frame
     * that completes the one to the frame that completes the other. RPC: from the frame of the
     * request's first fragment, as stock DCE/RPC keeps it, to that of the response's last. */
    int64_t latency_ns;
};

#endif
