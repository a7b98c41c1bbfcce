/* channel_kind.h
 * For hosts. What follows from the kind of a channel; names of kinds and of what joins a channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_KIND_H
#define OA_CHANNEL_KIND_H

#include "track/events.h"

/* "IN", "OUT", "echo", "IN and OUT"; "" if not known. */
const char *oa_channel_kind_name(enum oa_channel_kind kind);

/* Where RTS PDUs of that sender occur, as far as the kind of the channel is known: bits of enum
 * oa_rts_place. */
unsigned oa_channel_places(const struct oa_channel *channel, enum oa_side side);

/* The side whose RPC PDUs the channel carries: the client on an IN, the server on an OUT channel.
 * */
enum oa_side oa_channel_carrier(const struct oa_channel *channel);

/* The leg of a hop that it is; of one that is both, or of unknown kind, IN. */
enum oa_leg oa_channel_leg(const struct oa_channel *channel);

/* "cookie", "recycling", "call ids", ...; and how certain that is: "certain", "likely", "". */
const char *oa_join_name(enum oa_join join);
const char *oa_join_certainty(enum oa_join join);

#endif
