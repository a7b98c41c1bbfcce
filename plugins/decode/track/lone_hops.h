/* lone_hops.h
 * Internal to track/. Virtual connections of which the capture lacks channels of a hop, and of two
 * of which nothing tells whether they are parts of one: their calls may count twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_LONE_HOPS_H
#define OA_LONE_HOPS_H

#include "track/events.h"

struct oa_tracker;

/* The virtual connection has ended: reports it if one of those that ended before may have the same
 * calls, on the other side of the proxy. */
void oa_lone_hops_judge(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                        struct oa_channel *channel);

/* For the tracker. */
struct lone_hops *oa_lone_hops_new(void);
void oa_lone_hops_free(struct lone_hops *hops);

#endif
