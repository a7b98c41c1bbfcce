/* rop_notify.c
 * Notification ROPs, and responses that no request has asked for.
 * [MS-OXCROPS] 2.2.14, 2.2.15, [MS-OXCNOTIF] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rop/rop_slots.h"

#include "rop/rop_walk.h"

/* clang-format off */

ROP_RESPONSE(PENDING, OA_U16(ROP_SESSION_INDEX));

OA_LAYOUT(BACKOFF_ROP, "BackoffRop",
    OA_U8(ROP_BACKOFF_ID),
    OA_U32(ROP_DURATION)
);
ROP_RESPONSE(BACKOFF,
    OA_U8(ROP_LOGON_ID),
    OA_U32(ROP_DURATION),
    OA_LIST(1, ROP_BACKOFF_COUNT, NONE),
    OA_STRUCT(ROP_BACKOFF, BACKOFF_ROP),
    OA_COUNTED(2, ROP_ADDITIONAL_SIZE),
    OA_OCTETS(ROP_ADDITIONAL)
);

/* The requests that were not executed follow, up to the end. */
ROP_RESPONSE(BUFFER_TOO_SMALL,
    OA_U16(ROP_SIZE_NEEDED),
    OA_CALL(oa_rop_returned_requests)
);

/* clang-format on */
