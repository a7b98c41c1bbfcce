/* pdu_trail.h
 * Internal to track/. The last RPC PDUs of a connection of which a snap length leaves too little to
 * tell one from others: several in a row show whether another connection carries the same ones.
 * [C706] 12.6.3 (header)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_PDU_TRAIL_H
#define OA_PDU_TRAIL_H

#include "track/events.h"

/* Maximum delay between two hops for the same PDU. */
#define HOP_DELAY_NS (INT64_C(2) * 1000000000)

/* A response that came that much before a request is not its response; clocks of two network cards
 * may differ a little. */
#define OA_PAIRING_NS INT64_C(1000000)

/* So much of a PDU tells it from others: its header and the start of the context handle. */
#define OA_PDU_TELLING_BYTES 40

struct pdu_trail;

/* Adds an RPC PDU, of which `there` bytes are left, its header at least. A connection gets a trail,
 * to be freed with g_free(), with the first PDU that is cut short; until then `*trail` is NULL. */
void oa_pdu_trail_add(struct pdu_trail **trail, enum oa_side sender, const uint8_t *pdu,
                      size_t there, bool is_cut, struct oa_stamp first);

/* PDUs of that sender may be missing here. NULL: no effect. */
void oa_pdu_trail_break(struct pdu_trail *trail, enum oa_side sender);

/* How the last PDUs of a sender on two hops of one virtual connection fit. */
struct pdu_trail_fit {
    unsigned same;    /* in a row, up to the last one that both have */
    bool is_excluded; /* another PDU is among them, or time forbids that they are the same */
    bool is_whole;    /* they are all that either connection has carried */
    int64_t apart_ns; /* the longest time between the two hops */
};

/* Compares the PDUs of that sender; `near` is the hop nearer to the client. NULL: nothing fits. */
struct pdu_trail_fit oa_pdu_trails_fit(const struct pdu_trail *near, const struct pdu_trail *far,
                                       enum oa_side sender);

/* Whether the last PDU of that sender does not tell by itself what it is; false for NULL. */
bool oa_pdu_trail_is_vague(const struct pdu_trail *trail, enum oa_side sender);

#endif
