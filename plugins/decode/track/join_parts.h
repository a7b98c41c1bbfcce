/* join_parts.h
 * Internal to track/. What modules that join virtual connections without cookies have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_JOIN_PARTS_H
#define OA_JOIN_PARTS_H

#include "track/pdu_trail.h"
#include "track/virtual_connection.h"

/* Candidates that are looked at, and matches in a row that are needed to join. */
#define JOIN_CANDIDATES_MAX 64
#define JOIN_FITS_NEEDED 3

/* The virtual connections that were opened last before one, then those first after it. The one that
 * was returned last may be freed meanwhile, `vc` not. */
struct neighbours {
    const struct virtual_connection *vc;
    const GList *next;
    unsigned left;
    bool is_forward;
};

struct neighbours oa_join_neighbours(const struct virtual_connection *vc);

/* NULL: there are no more. */
struct virtual_connection *oa_join_next(struct neighbours *neighbours);

bool oa_join_has_leg(const struct virtual_connection *vc, enum oa_hop hop, enum oa_leg leg);

/* Both channels of the client's hop come from one client; both channels of the server's hop go to
 * one server. */
bool oa_join_is_same_end(const struct oa_virtual_connection *a,
                         const struct oa_virtual_connection *b, enum oa_hop hop);

/* The PDUs of the channel that `vc` has on that leg of the hop; NULL: none that were cut short. */
const struct pdu_trail *oa_join_trail(const struct virtual_connection *vc, enum oa_hop hop,
                                      enum oa_leg leg);

/* Both are one virtual connection. If an HTTP hop of one is between the hosts of a further one of
 * the other, it moves there. False if both have the HTTP hop, but of different clients. */
bool oa_join_arrange_hops(struct virtual_connection *vc, struct virtual_connection *other);

/* Joins the two, of which one at most has a cookie, and returns the whole. */
struct virtual_connection *oa_join_parts(struct virtual_connection *into,
                                         struct virtual_connection *from);

#endif
