/* tracker.h
 * For hosts. A tracker holds what is known of one capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TRACKER_H
#define OA_TRACKER_H

#include "track/recognise.h"

/*
 * `on_event` may be NULL. With `keep` all objects are kept until the tracker is freed, otherwise
 * each is freed when it is closed. Both functions end the program if memory runs out, as GLib does.
 */
struct oa_tracker *oa_tracker_new(oa_event_function on_event, void *context, bool keep);
void oa_tracker_free(struct oa_tracker *tracker);

/* The capture has ended and all channels are closed: ends the sessions of MAPI over HTTP, which
 * outlive their connections. */
void oa_tracker_end(struct oa_tracker *tracker);

/* What is known of a server's endpoint from the connections so far: from the endpoint mapper, from
 * binds, and from requests recognised by their shape. Bounded, so that OA_ENDPOINT_UNKNOWN proves
 * nothing. */
enum oa_endpoint_known oa_tracker_endpoint(const struct oa_tracker *tracker,
                                           const struct oa_endpoint *endpoint);

#endif
