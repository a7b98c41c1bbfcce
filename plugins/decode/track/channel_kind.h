/* channel_kind.h
 * For hosts. What follows from the kind of a channel, and what joined it to its virtual connection,
 * in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_KIND_H
#define OA_CHANNEL_KIND_H

#include "track/events.h"

/* "IN", "OUT", "echo", "IN and OUT"; "" while not known. */
const char *oa_channel_kind_name(enum oa_channel_kind kind);

/* Where RTS PDUs of that sender stand, as far as the kind of the channel is known: bits of enum
 * oa_rts_place. */
unsigned oa_channel_places(const struct oa_channel *channel, enum oa_side side);

/* The side whose RPC PDUs the channel is for: the client of an IN, the server of an OUT channel. */
enum oa_side oa_channel_carrier(const struct oa_channel *channel);

/* "cookie", "recycling", "call ids", ...; and how sure that is: "certain", "likely", "". */
const char *oa_join_name(enum oa_join join);
const char *oa_join_certainty(enum oa_join join);

#endif
