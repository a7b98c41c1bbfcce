/* rpch_tracker.c
 * The decoder's tracker for the open capture file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_tracker.h"

#include "rpch_unseal.h"
#include "track/tracker.h"

static struct oa_tracker *tracker;
static struct rpch_finding *new_findings; /* in the bytes being decoded */
static struct {
    oa_event_function on_event;
    void *context;
} listener;

/* The decoder reports a finding while it decodes the bytes that show it. */
static void
on_event(void *context _U_, const struct oa_event *event)
{
    struct rpch_finding *finding;

    if (listener.on_event)
        listener.on_event(listener.context, event);
    if (event->type != OA_EVENT_FINDING)
        return;
    finding = wmem_new(wmem_file_scope(), struct rpch_finding);
    finding->id = event->finding->id;
    finding->frame = (guint32)event->last.frame;
    finding->vc = event->vc;
    finding->text = wmem_strdup(wmem_file_scope(), event->finding->text);
    finding->next = new_findings;
    new_findings = finding;
}

void
rpch_tracker_open(void)
{
    tracker = oa_tracker_new(on_event, NULL, true);
    oa_tracker_unseal(tracker, rpch_unseal_open());
    new_findings = NULL;
    rpch_tracker_listen(NULL, NULL);
}

void
rpch_tracker_close(void)
{
    oa_tracker_free(tracker);
    tracker = NULL;
    rpch_unseal_close();
}

struct oa_tracker *
rpch_tracker(void)
{
    return tracker;
}

void
rpch_tracker_listen(oa_event_function function, void *context)
{
    listener.on_event = function;
    listener.context = context;
}

struct rpch_finding *
rpch_tracker_take_findings(void)
{
    return g_steal_pointer(&new_findings);
}
