/* successors.h
 * Internal to track/. Successors of channels in captures that begin in the middle: which virtual
 * connection a new channel belongs to if no cookie tells. [MS-RPCH] 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SUCCESSORS_H
#define OA_SUCCESSORS_H

#include "track/events.h"

struct oa_tracker;

/* The server has asked the client of `vc` for a successor of its OUT channel (A2 of OUT_R1 and
 * OUT_R2). Remembered until oa_successors_forget. */
void oa_successors_expect(struct oa_tracker *tracker, struct oa_virtual_connection *vc);

/* `vc` has its successor, or is about to be freed. */
void oa_successors_forget(struct oa_tracker *tracker, const struct oa_virtual_connection *vc);

/* The virtual connection without a cookie that expects a successor between the hosts of that
 * channel; NULL: none does, or several. */
struct oa_virtual_connection *oa_successors_find(const struct oa_tracker *tracker,
                                                 const struct oa_channel *channel);

/* For the tracker. */
struct successor_table *oa_successors_new(void);
void oa_successors_free(struct successor_table *table);

#endif
