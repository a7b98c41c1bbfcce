/* emit.c
 * Reporting to the host: events and findings; and the list of closed objects that are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/emit.h"

#include <stdarg.h>
#include <stdio.h>

#include "track/tracker_state.h"

struct emitter {
    oa_event_function on_event;
    void *context;
    bool keep;
    GPtrArray *kept; /* closed objects, with `keep`; freed by their own functions */
};

struct kept {
    void *object;
    GDestroyNotify free_object;
};

static void
free_kept(void *data)
{
    struct kept *kept = data;

    kept->free_object(kept->object);
    g_free(kept);
}

struct emitter *
oa_emitter_new(oa_event_function on_event, void *context, bool keep)
{
    struct emitter *emitter = g_new0(struct emitter, 1);

    emitter->on_event = on_event;
    emitter->context = context;
    emitter->keep = keep;
    emitter->kept = g_ptr_array_new_with_free_func(free_kept);
    return emitter;
}

void
oa_emitter_free(struct emitter *emitter)
{
    g_ptr_array_unref(emitter->kept);
    g_free(emitter);
}

bool
oa_keeps_closed(const struct oa_tracker *tracker)
{
    return tracker->emitter->keep;
}

void
oa_emit(const struct oa_tracker *tracker, const struct oa_event *event)
{
    const struct emitter *emitter = tracker->emitter;

    if (emitter->on_event)
        emitter->on_event(emitter->context, event);
}

void
oa_emit_finding(const struct oa_tracker *tracker, const struct oa_event *where,
                enum oa_finding_id id, const char *format, ...)
{
    struct oa_finding finding = { .id = id };
    struct oa_event event = *where;
    va_list arguments;

    if (!tracker->emitter->on_event)
        return;
    va_start(arguments, format);
    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    event.type = OA_EVENT_FINDING;
    event.finding = &finding;
    if (!event.vc && event.channel)
        event.vc = event.channel->vc;
    oa_emit(tracker, &event);
}

void
oa_retire(const struct oa_tracker *tracker, void *object, GDestroyNotify free_object)
{
    if (!tracker->emitter->keep) {
        free_object(object);
        return;
    }
    struct kept *kept = g_new(struct kept, 1);
    *kept = (struct kept){ object, free_object };
    g_ptr_array_add(tracker->emitter->kept, kept);
}
