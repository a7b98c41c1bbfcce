/* rpch_tap.h
 * What the rpch plugin tells its tap listeners: one record for each thing found in the bytes of a
 * frame.
 *
 * Listen to the tap RPCH_TAP; the data are a const struct rpch_tap *. Everything it points to is
 * good during the call; channel, virtual connection and call stay for as long as the capture file
 * is open, and at a later pass hold what the whole capture has told about them.
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
    /* OA_EVENT_HTTP_HEAD, _HTTP_BODY, _RTS, _RPC or _SKIPPED; at a later pass first equals last. */
    struct oa_event event;
};

#endif
