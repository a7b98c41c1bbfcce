/* channel_head.h
 * Internal to track/. One HTTP head of a channel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_HEAD_H
#define OA_CHANNEL_HEAD_H

#include "track/channel_state.h"

/* Takes the head that was parsed into the tracker's channels->http: what it says of the channel,
 * and what its body will be. Fills the event. */
void oa_channel_take_head(struct channel *channel, struct oa_event *event);

#endif
