/* unsealing.h
 * Internal to track/. The security contexts of virtual connections, with which sealed stubs are
 * read as if they had not been sealed. [MS-RPCE] 2.2.2.11, 3.3.1.5.2
 *
 * Each hop has its own: the same PDUs pass all of them, but not all bytes of each may be in the
 * capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_UNSEALING_H
#define OA_UNSEALING_H

#include "track/events.h"

struct oa_tracker;

/* The contexts of one hop of a virtual connection; NULL: none. */
struct unsealing;

/* The tracker's table: what the current event points to. */
struct unsealing_table *oa_unsealing_table_new(void);
void oa_unsealing_table_free(struct unsealing_table *table);

/* Clears all keys; NULL is allowed. */
void oa_unsealing_free(struct unsealing *unsealing);

/* An RPC PDU of event->vc. Takes the tokens of a context; of a request, response or fault sets
 * event->signature and event->seal, and if its stub can be read, event->plain, and event->rpc to a
 * PDU with the plain stub, which are valid until the next event. */
void oa_unsealing_take(struct oa_tracker *tracker, struct unsealing **unsealing,
                       struct oa_event *event);

/* The call is about to end: whether those of its PDUs that are cut have signatures, if the bind or
 * the request tells. */
void oa_unsealing_settle(struct oa_call *call);

/* That many bytes of that side are missing, or were passed over; `is_unknown`: PDUs may have been
 * among them. */
void oa_unsealing_lose(struct unsealing *unsealing, enum oa_side side, uint64_t bytes,
                       bool is_unknown);

/* Both are of one hop of one virtual connection; `part` is NULL then. */
void oa_unsealing_merge(struct unsealing **whole, struct unsealing **part);

#endif
