/* emit.h
 * Internal to track/. Reporting to the host: events and findings; and freeing objects, at once or
 * with the tracker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EMIT_H
#define OA_EMIT_H

#include <glib.h>

#include "track/events.h"

struct oa_tracker;

/* `on_event` may be NULL. With `keep` retired objects are kept until the emitter is freed. */
struct emitter *oa_emitter_new(oa_event_function on_event, void *context, bool keep);
void oa_emitter_free(struct emitter *emitter);

/* Whether closed objects are kept, so that their facts have to stay valid. */
bool oa_keeps_closed(const struct oa_tracker *tracker);

/* Passes an event to the host. */
void oa_emit(const struct oa_tracker *tracker, const struct oa_event *event);

/* Reports a problem; `where` is the event at which it was found, or one made for it. */
void oa_emit_finding(const struct oa_tracker *tracker, const struct oa_event *where,
                     enum oa_finding_id id, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* How often each code was found in a session, and which limits it has reached. Freed with
 * g_free(). */
struct oa_finding_counts;

/* Adds the counts of a part to those of the whole; each may be NULL. */
void oa_finding_counts_merge(struct oa_finding_counts **into, const struct oa_finding_counts *from);

/* `where->vc`, or the channel without one, has ended, or with neither of them the capture: reports
 * how many findings of each code were not reported. */
void oa_emit_suppressed(const struct oa_tracker *tracker, const struct oa_event *where);

/* What is given up beyond the limits of base/limits.h. */
enum oa_limit {
    OA_LIMIT_OF_CALLS,
    OA_LIMIT_OF_STUBS,
    OA_LIMIT_OF_RECYCLINGS,
    OA_LIMIT_OF_BODIES,
    OA_LIMIT_OF_ORPHANS,
    OA_LIMIT_OF_HALVES,
    OA_LIMIT_OF_PIPELINE,
    OA_LIMIT_OF_SESSIONS,
    OA_LIMIT_OF_SECURITY_CONTEXTS,
};

/* Reports that the session of the event has reached that limit, once; of an event without session
 * and channel, that the capture has. */
void oa_emit_limit(const struct oa_tracker *tracker, const struct oa_event *where,
                   enum oa_limit limit);

/* The object is closed: frees it now, or with the tracker if closed objects are kept. */
void oa_retire(const struct oa_tracker *tracker, void *object, GDestroyNotify free_object);

#endif
