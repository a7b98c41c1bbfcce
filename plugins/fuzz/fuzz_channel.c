/* fuzz_channel.c
 * Any bytes on four connections of both hops, cut, lost and closed anywhere, through the whole
 * decoder.
 *
 * The input is a list of actions: a byte that says which connection, which side, and what; a
 * length; then that many bytes of data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "track/channel.h"
#include "track/tracker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum action_bits {
    CONNECTION = 0x01,
    FROM_SERVER = 0x02,
    LOSS = 0x04,
    CLOSE = 0x08,
    LONG = 0x10,
    SERVER_HOP = 0x20,
};

#define CONNECTIONS 4

static struct oa_channel *
open_channel(struct oa_tracker *tracker, unsigned index, bool in_the_middle, struct oa_stamp stamp)
{
    struct oa_endpoint client = { .port = 1 }, server = { .port = 80 };
    struct oa_recognition recognition = { .hop = index & 2 ? OA_HOP_SERVER : OA_HOP_CLIENT,
                                          .is_raw = (index & 2) || in_the_middle,
                                          .has_start = !in_the_middle };

    return oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
}

static void
check(void *context, const struct oa_event *event)
{
    uint64_t *taken = context;

    if (event->type >= OA_EVENT_HTTP_HEAD && event->type <= OA_EVENT_SKIPPED) {
        if (event->length == 0)
            abort();
        *taken += event->length;
    }
    if (event->type == OA_EVENT_RPC && event->rpc->header.frag_length != event->pdu_length)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    uint64_t taken = 0, given = 0;
    struct oa_tracker *tracker = oa_tracker_new(check, &taken, size & 1);
    struct oa_stamp stamp = { 0, 0 };
    struct oa_channel *channels[CONNECTIONS];

    for (unsigned i = 0; i < CONNECTIONS; i++)
        channels[i] = open_channel(tracker, i, size & 2, stamp);
    while (oa_cursor_left(&cursor)) {
        unsigned action = oa_cursor_u8(&cursor);
        unsigned index = (action & CONNECTION) + (action & SERVER_HOP ? 2 : 0);
        struct oa_channel **channel = &channels[index];
        enum oa_side side = action & FROM_SERVER ? OA_SERVER : OA_CLIENT;
        size_t length = action & LONG ? oa_cursor_u16(&cursor) : oa_cursor_u8(&cursor);

        if (action & CLOSE) {
            oa_channel_close(*channel, (struct oa_ending){ .how = OA_END_FIN, .by = side });
            *channel = open_channel(tracker, index, size & 2, stamp);
        } else if (action & LOSS) {
            oa_channel_lost(*channel, side, length);
        } else {
            if (length > oa_cursor_left(&cursor))
                length = oa_cursor_left(&cursor);
            const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
            if (bytes)
                oa_channel_data(*channel, side, bytes, length, stamp);
            given += length;
        }
        stamp.time_ns++;
        stamp.frame++;
    }
    if (taken > given)
        abort();
    for (unsigned i = 0; i < CONNECTIONS; i++)
        oa_channel_close(channels[i], (struct oa_ending){ .how = OA_END_OPEN, .by = OA_CLIENT });
    oa_tracker_free(tracker);
    return 0;
}
