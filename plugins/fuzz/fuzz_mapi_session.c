/* fuzz_mapi_session.c
 * Any bytes of two HTTP connections, cut and lost anywhere: sessions of MAPI over HTTP and their
 * calls add up, and each ends once.
 *
 * The input is a list of actions: a byte that says which connection and side, and what; a length;
 * then that many bytes of data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include <glib.h>

#include "track/channel.h"
#include "track/tracker.h"
#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum action_bits { FROM_SERVER = 0x01, LOSS = 0x02, LONG = 0x04, SECOND = 0x08, LATER = 0x10 };

#define CONNECTIONS 2
#define HOUR (INT64_C(3600) * 1000000000)

struct totals {
    uint64_t opened, closed, calls, calls_of_closed;
};

static void
check(void *context, const struct oa_event *event)
{
    struct totals *totals = context;

    totals->opened += event->type == OA_EVENT_VC_OPENED;
    if (event->type == OA_EVENT_CALL) {
        totals->calls++;
        if (event->call->vc != event->vc || event->call->state == OA_CALL_PENDING)
            abort();
    }
    if (event->type == OA_EVENT_VC_CLOSED) {
        const struct oa_virtual_connection *vc = event->vc;
        totals->closed++;
        totals->calls_of_closed += vc->calls;
        if (vc->answered + vc->faults + vc->unanswered > vc->calls ||
            vc->opened.time_ns > vc->last.time_ns)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct totals totals = { 0 };
    struct oa_tracker *tracker = oa_tracker_new(check, &totals, size & 1);
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_mapi_http = true };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct oa_stamp stamp = { 0, 1 };
    struct oa_channel *channels[CONNECTIONS];

    for (int i = 0; i < CONNECTIONS; i++)
        channels[i] = oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    for (; oa_cursor_left(&cursor); stamp.frame++) {
        unsigned action = oa_cursor_u8(&cursor);
        enum oa_side side = action & FROM_SERVER ? OA_SERVER : OA_CLIENT;
        struct oa_channel *channel = channels[(action & SECOND) != 0];
        size_t length = action & LONG ? oa_cursor_u16(&cursor) : oa_cursor_u8(&cursor);

        stamp.time_ns += action & LATER ? HOUR : 1000;
        if (action & LOSS) {
            oa_channel_lost(channel, side, length);
            continue;
        }
        length = MIN(length, oa_cursor_left(&cursor));
        const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
        if (bytes)
            oa_channel_data(channel, side, bytes, length, stamp);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        oa_channel_close(channels[i], (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_end(tracker);
    if (totals.opened != totals.closed || totals.calls != totals.calls_of_closed)
        abort();
    oa_tracker_free(tracker);
    return 0;
}
