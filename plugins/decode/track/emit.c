/* emit.c
 * Reporting to the host: events and findings; and the list of closed objects that are kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/emit.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "track/tracker_state.h"

struct oa_finding_counts {
    uint64_t found[OA_FINDINGS];
    unsigned limits; /* reported ones: bit 1 << enum oa_limit */
};

struct emitter {
    oa_event_function on_event;
    void *context;
    bool keep;
    struct oa_finding_counts all;
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

/* --- findings --- */

/* The counts of the session that the event belongs to; NULL if it belongs to none. */
static struct oa_finding_counts *
counts_of(const struct oa_event *event)
{
    struct oa_virtual_connection *vc =
        event->vc || !event->channel ? event->vc : event->channel->vc;
    struct oa_finding_counts **counts = vc               ? &vc->findings
                                        : event->channel ? &event->channel->findings
                                                         : NULL;

    if (counts && !*counts)
        *counts = g_new0(struct oa_finding_counts, 1);
    return counts ? *counts : NULL;
}

void
oa_finding_counts_merge(struct oa_finding_counts **into, const struct oa_finding_counts *from)
{
    if (!from)
        return;
    if (!*into)
        *into = g_new0(struct oa_finding_counts, 1);
    for (int id = 0; id < OA_FINDINGS; id++)
        (*into)->found[id] += from->found[id];
    (*into)->limits |= from->limits;
}

/* Counts it; false if there are too many of its code already. */
static bool
may_report(struct emitter *emitter, const struct oa_event *where, enum oa_finding_id id)
{
    struct oa_finding_counts *counts = counts_of(where);

    if (counts && counts->found[id]++ >= OA_LIMIT_FINDINGS)
        return false;
    return emitter->all.found[id]++ < OA_LIMIT_FINDINGS_ALL;
}

static void report(const struct oa_tracker *tracker, const struct oa_event *where,
                   enum oa_finding_id id, const char *format, va_list arguments)
    G_GNUC_PRINTF(4, 0);

static void
report(const struct oa_tracker *tracker, const struct oa_event *where, enum oa_finding_id id,
       const char *format, va_list arguments)
{
    struct oa_finding finding = { .id = id };
    struct oa_event event = *where;

    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    oa_text_mend(finding.text);
    event.type = OA_EVENT_FINDING;
    event.finding = &finding;
    if (!event.vc && event.channel)
        event.vc = event.channel->vc;
    oa_emit(tracker, &event);
}

void
oa_emit_finding(const struct oa_tracker *tracker, const struct oa_event *where,
                enum oa_finding_id id, const char *format, ...)
{
    va_list arguments;

    if (!tracker->emitter->on_event || !may_report(tracker->emitter, where, id))
        return;
    va_start(arguments, format);
    report(tracker, where, id, format, arguments);
    va_end(arguments);
}

static void report_limit(const struct oa_tracker *tracker, const struct oa_event *where,
                         const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
report_limit(const struct oa_tracker *tracker, const struct oa_event *where, const char *format,
             ...)
{
    va_list arguments;

    if (!tracker->emitter->on_event)
        return;
    va_start(arguments, format);
    report(tracker, where, OA_FINDING_LIMIT_REACHED, format, arguments);
    va_end(arguments);
}

void
oa_emit_suppressed(const struct oa_tracker *tracker, const struct oa_event *where)
{
    bool is_session = where->vc || where->channel;
    const struct oa_finding_counts *counts = !is_session ? &tracker->emitter->all
                                             : where->vc ? where->vc->findings
                                                         : where->channel->findings;
    uint64_t most = is_session ? OA_LIMIT_FINDINGS : OA_LIMIT_FINDINGS_ALL;

    for (int id = 0; counts && id < OA_FINDINGS; id++)
        if (counts->found[id] > most)
            report_limit(tracker, where,
                         "%" G_GUINT64_FORMAT " findings of %s; the first %" G_GUINT64_FORMAT
                         " are reported",
                         counts->found[id], OA_FINDING_ROWS[id].code, most);
}

void
oa_emit_limit(const struct oa_tracker *tracker, const struct oa_event *where, enum oa_limit limit)
{
    static const char *const TEXTS[] = {
        [OA_LIMIT_OF_CALLS] = "Too many calls wait for their response: the oldest are given up",
        [OA_LIMIT_OF_STUBS] = "Too many calls that identify clients wait: some are not read",
        [OA_LIMIT_OF_RECYCLINGS] = "Too many recyclings: the oldest are not checked",
        [OA_LIMIT_OF_BODIES] = "Too many bytes of HTTP bodies wait: some are cut",
        [OA_LIMIT_OF_ORPHANS] =
            "Too many responses wait for their request: the oldest are given up",
        [OA_LIMIT_OF_HALVES] =
            "Too many calls waited for the late channel: the oldest were given up",
        [OA_LIMIT_OF_PIPELINE] =
            "Too many requests wait for their response: the oldest are given up",
        [OA_LIMIT_OF_SECURITY_CONTEXTS] = "Too many security contexts: calls of some stay sealed",
        [OA_LIMIT_OF_SESSIONS] = "Too many sessions are open: those silent for longest are closed",
    };
    bool is_session = where->vc || where->channel;
    struct oa_finding_counts *counts = is_session ? counts_of(where) : &tracker->emitter->all;

    if (!counts || counts->limits & 1u << limit)
        return;
    counts->limits |= 1u << limit;
    report_limit(tracker, where, "%s", TEXTS[limit]);
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
