/* flow_step.h
 * What becomes of a connection, step by step, as what reads it tells its flow, perhaps from another
 * thread: plain_stream.h tells, flow.h listens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FLOW_STEP_H
#define FLOW_STEP_H

#include "connection.h"

enum flow_step_kind {
    FLOW_TLS,      /* it begins as TLS does */
    FLOW_TLS_SENT, /* so many bytes of TLS, before what was opened of them */
    FLOW_TLS_READ, /* the same, behind it; only if it is asked for */
    FLOW_TLS_LOST,
    FLOW_TLS_CUT,
    FLOW_NOT_TLS, /* what began as TLS is none */
    FLOW_DATA,    /* what the connection carries, inside TLS or not */
    FLOW_LOST,    /* so many bytes of it are missing before the next ones */
    FLOW_CUT,     /* the same, cut off by the snap length */
    FLOW_COUNTED, /* the facts of the connection contain what came with that stamp */
    FLOW_CLOSED,
};

struct flow_step {
    enum flow_step_kind kind;
    enum oa_side side; /* who sent it */
    uint64_t length;
    const uint8_t *data; /* of FLOW_DATA, FLOW_TLS_READ; of FLOW_TLS_SENT at least one byte; valid
                            during the call */
    struct oa_stamp stamp;
    /* From FLOW_TLS until FLOW_NOT_TLS they exist, and may be in use elsewhere; with FLOW_CLOSED
     * they become the flow's. NULL: no TLS, or no keys. */
    struct oa_tls *tls;
    struct oa_tls_opener *opener;
};

typedef void (*flow_step_function)(void *to, const struct flow_step *step);

#endif
