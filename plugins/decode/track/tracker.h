/* tracker.h
 * For hosts. A tracker: what is known of one capture, from its first channel to its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TRACKER_H
#define OA_TRACKER_H

#include "track/recognise.h"

/*
 * `on_event` may be NULL. With `keep` every object stays until the tracker is freed, else it goes
 * when it has closed. Both functions end the program only when memory ends, as GLib does.
 */
struct oa_tracker *oa_tracker_new(oa_event_function on_event, void *context, bool keep);
void oa_tracker_free(struct oa_tracker *tracker);

/* The capture is over, all channels are closed: sessions of MAPI over HTTP, which outlive their
 * connections, end too. */
void oa_tracker_end(struct oa_tracker *tracker);

/* What is known of a server's endpoint from the connections so far: from the endpoint mapper, from
 * binds, from requests whose shape gives them away. Bounded; OA_ENDPOINT_UNKNOWN says nothing. */
enum oa_endpoint_known oa_tracker_endpoint(const struct oa_tracker *tracker,
                                           const struct oa_endpoint *endpoint);

#endif
