/* rpch_tap.h
 * The tap of the rpch plugin: one record for each head, PDU, body part or gap in the bytes of a
 * frame.
 *
 * Listen to the tap RPCH_TAP; the data are a const struct rpch_tap *. Everything it points to is
 * valid during the call; channel, virtual connection and call live as long as the capture file is
 * open, and in a later pass contain what the whole capture shows about them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TAP_H
#define RPCH_TAP_H

#include "track/events.h"

#define RPCH_TAP "rpch"
#define RPCH_TAP_VERSION 2

struct rpch_tap {
    uint32_t version;
    /* OA_EVENT_HTTP_HEAD, _HTTP_BODY, _RTS, _RPC or _SKIPPED; in a later pass first equals last. Of
     * its `flow` only what is sent, acknowledged and available is set. */
    struct oa_event event;
};

#endif
