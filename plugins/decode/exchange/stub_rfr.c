/* stub_rfr.c
 * Parameters of RFR, the referral of a client to its directory and mailbox servers.
 * [MS-OXABREF] 3.1.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub_slots.h"

/* clang-format off */

OA_REQUEST(RFR, GET_NEW_DSA) = {
    OA_U32(OXABREF_FLAGS),
    OA_STRING8(OXABREF_USER_DN),
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_UNUSED),
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_SERVER),
    OA_END,
};
OA_RESPONSE(RFR, GET_NEW_DSA) = {
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_UNUSED),
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_SERVER),
    OA_U32(OXABREF_RETURN),
    OA_END,
};

OA_REQUEST(RFR, GET_FQDN_FROM_SERVER_DN) = {
    OA_U32(OXABREF_FLAGS),
    OA_U32(OXABREF_CB_SERVER_DN),
    OA_STRING8(OXABREF_SERVER_DN),
    OA_END,
};
OA_RESPONSE(RFR, GET_FQDN_FROM_SERVER_DN) = {
    OA_UNIQUE,
    OA_STRING8(OXABREF_FQDN),
    OA_U32(OXABREF_RETURN),
    OA_END,
};

/* clang-format on */
