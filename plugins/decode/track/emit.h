/* emit.h
 * Internal to track/. Telling the host: events, findings, and when an object may be freed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_EMIT_H
#define OA_EMIT_H

#include <glib.h>

#include "track/events.h"

struct oa_tracker;

/* `on_event` may be NULL. With `keep` what is retired stays until the emitter is freed. */
struct emitter *oa_emitter_new(oa_event_function on_event, void *context, bool keep);
void oa_emitter_free(struct emitter *emitter);

/* Whether closed objects stay, so that their facts have to stay true. */
bool oa_keeps_closed(const struct oa_tracker *tracker);

void oa_emit(const struct oa_tracker *tracker, const struct oa_event *event);

/* Reports a problem; `where` is the event it was found at, or one made for it. */
void oa_emit_finding(const struct oa_tracker *tracker, const struct oa_event *where,
                     enum oa_finding_id id, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The object has closed: frees it now, or with the tracker if closed objects are kept. */
void oa_retire(const struct oa_tracker *tracker, void *object, GDestroyNotify free_object);

#endif
