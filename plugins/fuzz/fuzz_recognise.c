/* fuzz_recognise.c
 * Any first bytes on any ports: whatever is recognised can be opened and decoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "track/channel.h"
#include "track/tracker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    uint16_t source = oa_cursor_u16(&cursor);
    uint16_t destination = oa_cursor_u16(&cursor);
    size_t length = oa_cursor_left(&cursor);
    const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
    struct oa_recognition recognition;
    enum oa_verdict verdict;

    if (!bytes)
        return 0;
    /* No port is the same: what is known of the endpoint is as good as any of three, and what came
     * before as any of five. */
    enum oa_before before = (enum oa_before)(destination % 5);
    verdict = oa_recognise(bytes, length, source, destination, before, &recognition);
    if (verdict == OA_NOT_OURS)
        verdict = oa_recognise_plain_rpc(bytes, length, (enum oa_endpoint_known)(source % 3),
                                         before, &recognition);
    if (verdict == OA_MAYBE && length > OA_RECOGNISE_MAX) /* waiting has an end */
        abort();
    if (verdict == OA_MAYBE)
        verdict = oa_recognise_cut(bytes, length, source, destination, &recognition);
    switch (verdict) {
    case OA_NOT_OURS:
        if (length > 0)
            oa_foreign(bytes, length, before);
        break;
    case OA_MAYBE:
        break;
    case OA_OURS: {
        struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, false);
        struct oa_endpoint client = { .port = source }, server = { .port = destination };
        struct oa_stamp stamp = { 0, 1 };
        struct oa_channel *channel =
            oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);

        oa_channel_data(channel, recognition.sender, bytes, length, stamp);
        oa_channel_close(channel, (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
        oa_tracker_free(tracker);
        break;
    }
    }
    return 0;
}
