/* stub_rfr.c
 * Parameters of RFR, the referral of a client to its directory and mailbox servers.
 * [MS-OXABREF] 3.1.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exchange/stub.h"

/* clang-format off */

static const struct oa_slot NEW_DSA_IN[] = {
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

static const struct oa_slot NEW_DSA_OUT[] = {
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_UNUSED),
    OA_UNIQUE,
    OA_UNIQUE,
    OA_STRING8(OXABREF_SERVER),
    OA_U32(OXABREF_RETURN),
    OA_END,
};

static const struct oa_slot FQDN_IN[] = {
    OA_U32(OXABREF_FLAGS),
    OA_U32(OXABREF_CB_SERVER_DN),
    OA_STRING8(OXABREF_SERVER_DN),
    OA_END,
};

static const struct oa_slot FQDN_OUT[] = {
    OA_UNIQUE,
    OA_STRING8(OXABREF_FQDN),
    OA_U32(OXABREF_RETURN),
    OA_END,
};

/* clang-format on */

static const struct oa_layout NEW_DSA_REQUEST = { "RfrGetNewDSA", NEW_DSA_IN };
static const struct oa_layout NEW_DSA_RESPONSE = { "RfrGetNewDSA", NEW_DSA_OUT };
static const struct oa_layout FQDN_REQUEST = { "RfrGetFQDNFromServerDN", FQDN_IN };
static const struct oa_layout FQDN_RESPONSE = { "RfrGetFQDNFromServerDN", FQDN_OUT };

static const struct oa_stub_row ROWS[] = {
    { &NEW_DSA_REQUEST, &NEW_DSA_RESPONSE },
    { &FQDN_REQUEST, &FQDN_RESPONSE },
};

const struct oa_stub_table OA_STUB_RFR = { OA_IF_RFR, sizeof ROWS / sizeof ROWS[0], ROWS };
