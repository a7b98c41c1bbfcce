/* exchange_tap.h
 * What the exchange plugin tells its tap listeners: one record for each request or response stub it
 * has decoded.
 *
 * Listen to the tap EXCHANGE_TAP; the data are a const struct exchange_tap *. The record is good
 * during the call; what it points to stays for as long as the capture file is open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_TAP_H
#define EXCHANGE_TAP_H

#include "call_facts.h"
#include "exchange_session.h"

#define EXCHANGE_TAP "exchange"
#define EXCHANGE_TAP_VERSION 1

struct oa_virtual_connection;

struct exchange_tap {
    uint32_t version;
    bool is_response;
    const char *operation;
    const struct oa_call_facts *request;       /* NULL: not seen, or not decrypted */
    const struct oa_call_facts *response;      /* NULL: not yet seen */
    const struct oa_exchange_session *session; /* NULL: none */
    const struct oa_virtual_connection *vc;    /* NULL: not RPC over HTTP */
    uint32_t request_frame;                    /* 0: not seen */
    double latency;                            /* seconds; of a response with its request */
};

#endif
