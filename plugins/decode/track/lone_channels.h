/* lone_channels.h
 * Internal to track/. Channels of RPC over HTTP that have no virtual connection yet: what would
 * show it may wait behind a loss.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_LONE_CHANNELS_H
#define OA_LONE_CHANNELS_H

#include <stdbool.h>

struct channel;
struct oa_tracker;

/* The channel has just been opened. */
void oa_lone_channels_add(struct channel *channel);

/* The channel has a virtual connection, or ends. Doing it again does nothing. */
void oa_lone_channels_remove(struct channel *channel);

/* Whether bytes wait behind a loss on one of them: it may turn out to be of a hop of which the
 * calls end meanwhile. Of many such channels the newest are looked at. */
bool oa_lone_channels_wait(const struct oa_tracker *tracker);

#endif
