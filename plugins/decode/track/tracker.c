/* tracker.c
 * What all modules that follow a capture share: telling events and findings, the tables of open
 * objects, and what is kept of closed ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/tracker.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/code_page.h"

/* frag_length has 16 bits. */
#define PDU_MAX 0xFFFF

void
oa_tracker_emit(struct oa_tracker *tracker, const struct oa_event *event)
{
    if (tracker->on_event)
        tracker->on_event(tracker->context, event);
}

/* Tells a problem; `where` is the event it was found at, or one made for it. */
void
oa_tracker_find(struct oa_tracker *tracker, const struct oa_event *where, enum oa_finding_id id,
                const char *format, ...)
{
    struct oa_finding finding = { .id = id };
    struct oa_event event = *where;
    va_list arguments;

    if (!tracker->on_event)
        return;
    va_start(arguments, format);
    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    event.type = OA_EVENT_FINDING;
    event.finding = &finding;
    if (!event.vc && event.channel)
        event.vc = event.channel->vc;
    oa_tracker_emit(tracker, &event);
}

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

/* An object has closed: frees it, or puts it by. */
void
oa_tracker_retire(struct oa_tracker *tracker, void *object, GDestroyNotify free_object)
{
    if (!tracker->keep) {
        free_object(object);
        return;
    }
    struct kept *kept = g_new(struct kept, 1);
    *kept = (struct kept){ object, free_object };
    g_ptr_array_add(tracker->kept, kept);
}

static unsigned
hash_cookie(const void *key)
{
    unsigned value;

    memcpy(&value, key, sizeof value);
    return value;
}

static int
equal_cookies(const void *a, const void *b)
{
    return memcmp(a, b, OA_COOKIE_SIZE) == 0;
}

struct oa_tracker *
oa_tracker_new(oa_event_function on_event, void *context, bool keep)
{
    struct oa_tracker *tracker = g_new0(struct oa_tracker, 1);

    tracker->on_event = on_event;
    tracker->context = context;
    tracker->keep = keep;
    tracker->vc_by_cookie = g_hash_table_new(hash_cookie, equal_cookies);
    tracker->vc_by_channel = g_hash_table_new(hash_cookie, equal_cookies);
    tracker->loose_calls = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    tracker->channels = g_hash_table_new(NULL, NULL);
    tracker->vcs = g_hash_table_new(NULL, NULL);
    tracker->kept = g_ptr_array_new_with_free_func(free_kept);
    tracker->joined = g_malloc(PDU_MAX);
    tracker->code_pages = oa_code_pages_new();
    tracker->mapi_sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&tracker->mapi_by_age);
    oa_endpoints_init(tracker);
    return tracker;
}

void
oa_tracker_end(struct oa_tracker *tracker)
{
    oa_mapi_end(tracker);
}

void
oa_tracker_free(struct oa_tracker *tracker)
{
    GHashTableIter iter;
    void *object;

    if (!tracker)
        return;
    tracker->on_event = NULL;
    g_hash_table_iter_init(&iter, tracker->channels);
    while (g_hash_table_iter_next(&iter, &object, NULL))
        oa_channel_free(object);
    g_hash_table_iter_init(&iter, tracker->vcs);
    while (g_hash_table_iter_next(&iter, &object, NULL))
        oa_vc_free(object);
    oa_calls_forget_ended(tracker);
    oa_endpoints_clear(tracker);
    g_ptr_array_unref(tracker->kept);
    g_hash_table_unref(tracker->channels);
    g_hash_table_unref(tracker->vcs);
    g_hash_table_unref(tracker->vc_by_cookie);
    g_hash_table_unref(tracker->vc_by_channel);
    g_hash_table_unref(tracker->loose_calls);
    g_hash_table_unref(tracker->mapi_sessions);
    g_free(tracker->joined);
    oa_code_pages_free(tracker->code_pages);
    g_free(tracker);
}
