/* fuzz_http_exchange.c
 * Any bytes of both sides of an HTTP connection, cut and lost anywhere: what is kept adds up, and
 * memory has its limits.
 *
 * The input is a list of actions: a byte that says which side, and what; a length; then that many
 * bytes of data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include <glib.h>

#include "base/cursor.h"
#include "http/http_exchange.h"
#include "http/http_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum action_bits { FROM_SERVER = 0x01, LOSS = 0x02, LONG = 0x04 };

struct totals {
    uint64_t given, wire;
};

static void
check_message(struct totals *totals, const struct oa_http_message *message)
{
    unsigned sum = 0;

    for (size_t i = 0; i < message->body_kept; i++)
        sum += message->body[i]; /* the address sanitizer sees each byte */
    for (size_t i = 0; i < message->head.mapi.request_id.length; i++)
        sum += (unsigned char)message->head.mapi.request_id.at[i];
    totals->wire += message->wire_bytes;
    if (message->body_kept > message->body_length || sum > UINT32_MAX / 2)
        abort();
    if (message->has_head ? message->head.length == 0 : message->is_complete)
        abort();
    if (message->first.frame > message->last.frame)
        abort();
}

static void
check(void *context, const struct oa_http_exchange *exchange)
{
    check_message(context, &exchange->request);
    check_message(context, &exchange->response);
    if (!exchange->request.has_head && !exchange->response.has_head)
        abort();
    if (exchange->preamble.body_offset > exchange->response.body_kept)
        abort();
}

static void
check_head(void *context, const struct oa_http_exchange *exchange, enum oa_side side)
{
    struct totals totals = *(const struct totals *)context;
    const struct oa_http_message *message =
        side == OA_CLIENT ? &exchange->request : &exchange->response;

    if (!message->has_head)
        abort();
    check_message(&totals, message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct totals totals = { 0, 0 };
    struct oa_http_connection *connection = oa_http_connection_new(check, &totals, NULL);
    struct oa_stamp stamp = { 0, 1 };

    oa_http_connection_on_head(connection, check_head);
    for (; oa_cursor_left(&cursor); stamp.frame++) {
        unsigned action = oa_cursor_u8(&cursor);
        enum oa_side side = action & FROM_SERVER ? OA_SERVER : OA_CLIENT;
        size_t length = action & LONG ? oa_cursor_u16(&cursor) : oa_cursor_u8(&cursor);

        if (action & LOSS) {
            oa_http_connection_lost(connection, side, length);
            continue;
        }
        length = MIN(length, oa_cursor_left(&cursor));
        const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
        struct oa_http_head head;
        size_t head_at;
        if (bytes && (oa_http_message_length(bytes, length, &head, &head_at) > length ||
                      head_at > length || head.length > length - head_at))
            abort();
        if (bytes)
            oa_http_connection_data(connection, side, bytes, length, stamp);
        totals.given += length;
    }
    oa_http_connection_close(connection, size & 1);
    if (totals.wire > totals.given)
        abort();
    return 0;
}
