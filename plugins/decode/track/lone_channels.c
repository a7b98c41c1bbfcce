/* lone_channels.c
 * Channels of RPC over HTTP that have no virtual connection yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/lone_channels.h"

#include "track/channel_state.h"
#include "track/tracker_state.h"

/* Channels that are looked at. */
#define SEARCHED 16

void
oa_lone_channels_add(struct channel *channel)
{
    channel->alone_link.data = channel;
    g_queue_push_tail_link(&channel->tracker->channels->alone, &channel->alone_link);
}

void
oa_lone_channels_remove(struct channel *channel)
{
    if (channel->alone_link.data)
        g_queue_unlink(&channel->tracker->channels->alone, &channel->alone_link);
    channel->alone_link.data = NULL;
}

bool
oa_lone_channels_wait(const struct oa_tracker *tracker)
{
    const GList *link = tracker->channels->alone.tail;

    for (unsigned i = 0; link && i < SEARCHED; i++, link = link->prev) {
        const bool *is_waiting = ((const struct channel *)link->data)->facts.is_waiting;
        if (is_waiting && (is_waiting[OA_CLIENT] || is_waiting[OA_SERVER]))
            return true;
    }
    return false;
}
