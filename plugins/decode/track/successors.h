/* successors.h
 * Internal to track/. Successors of channels: which virtual connection a new channel belongs to if
 * no cookie tells. [MS-RPCH] 3.2.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SUCCESSORS_H
#define OA_SUCCESSORS_H

#include "track/events.h"

struct oa_tracker;

/* At that time the server has asked the client of `vc` for a successor of its OUT channel (A2 of
 * OUT_R1 and OUT_R2; `name` is NULL), or the client has named one that has not come, by its cookie
 * (A5 of IN_R1 and IN_R2, A7 of OUT_R1 and OUT_R2). Remembered until oa_successors_forget or
 * oa_successors_forget_one. */
void oa_successors_expect(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                          enum oa_leg leg, const struct oa_cookie *name, struct oa_stamp since);

/* `vc` is about to be freed. */
void oa_successors_forget(struct oa_tracker *tracker, const struct oa_virtual_connection *vc);

/* The channel, of a virtual connection now, is the successor that was expected, or a later one. */
void oa_successors_forget_one(struct oa_tracker *tracker, const struct oa_channel *channel);

/* Whether the client of `vc` has named a successor that has not come. */
bool oa_successors_are_named(const struct oa_tracker *tracker,
                             const struct oa_virtual_connection *vc);

/* The virtual connection that expects a successor from the client of that channel and has no
 * other cookie than it; NULL: none does, or several. The channel is known as a successor by its
 * first PDU (is_successor), or without that one by its head. */
struct oa_virtual_connection *oa_successors_find(const struct oa_tracker *tracker,
                                                 const struct oa_channel *channel);

/* The channel turns out to be the successor of `before`: each is told of the other. It keeps what
 * it gets no new one of: the timeout, and in IN_R2 the window, [MS-RPCH] 2.2.4.25. */
void oa_successors_tell(struct oa_channel *before, struct oa_channel *channel);

/* For the tracker. */
struct successor_table *oa_successors_new(void);
void oa_successors_free(struct successor_table *table);

#endif
