/* fuzz_shape.c
 * Records of any sizes on some connections of two clients, of which half began before the capture,
 * with losses and ends anywhere: what is estimated adds up.
 *
 * The input is a list of steps: a byte that says what and on which connection, one of time, a
 * length in two bytes; for bytes that are not made into a record, as many follow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "tls/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS 8
#define RECORD 5
#define NUMBER 8

enum step_bits { WHICH = 0x07, FROM_SERVER = 0x08, WHAT = 0x70, WAITING = 0x80 };
enum step { RECORDS = 0x00, BYTES = 0x10, LOSS = 0x20, END = 0x30, DROP = 0x40, CUT = 0x50 };

struct peer {
    struct oa_tls *tls;
    struct oa_shape *shape;
    bool is_waiting[2];
    uint8_t number[2]; /* of the last record, by sender */
};

static void
on_call(void *context, struct oa_estimate *estimate, const struct oa_estimated_call *call)
{
    (void)context;
    (void)estimate;
    if (call->score < OA_ESTIMATE_SCORE || call->bytes[0].least > call->bytes[0].most)
        abort();
}

static void
on_ended(void *context, struct oa_estimate *estimate)
{
    (void)context;
    if (estimate->answered > estimate->calls || estimate->clean > estimate->calls ||
        !(estimate->score >= 0 && estimate->score <= 1) ||
        (estimate->doubt == OA_DOUBT_NONE && (estimate->orphans || estimate->overlaps)))
        abort();
}

static void
open_peer(struct oa_shapes *shapes, struct peer *peer, unsigned number)
{
    static const uint8_t SERVER_HELLO[] = { 22, 3, 3, 0,        42,   2,    0, 0,
                                            38, 3, 3, [43] = 0, 0xc0, 0x2f, 0 };
    struct oa_endpoint client = { .address = { (uint8_t)(number / 6) }, .port = (uint16_t)number };
    struct oa_endpoint server = { .port = 443 };

    *peer = (struct peer){ .tls = oa_tls_new() };
    peer->shape = oa_shape_new(shapes, peer->tls, &client, &server, peer->is_waiting, peer);
    if (number % 4 < 2)
        oa_tls_data(peer->tls, OA_SERVER, SERVER_HELLO, sizeof SERVER_HELLO,
                    (struct oa_stamp){ 0 });
}

static void
close_peer(struct peer *peer, struct oa_stamp stamp, bool is_read)
{
    if (is_read)
        oa_shape_drop(peer->shape);
    else
        oa_shape_end(peer->shape, stamp, stamp.frame & 1);
    oa_tls_free(peer->tls);
}

/* Some number their records, as AES-GCM does. */
static void
send_record(struct peer *peer, bool is_numbered, enum oa_side side, size_t length,
            struct oa_stamp stamp)
{
    static const uint8_t ZEROS[1 << 16];
    uint8_t head[RECORD + NUMBER] = { 23, 3, 3, (uint8_t)(length >> 8), (uint8_t)length };
    size_t number = length < NUMBER ? length : NUMBER;

    head[RECORD + NUMBER - 1] = is_numbered ? ++peer->number[side] : 0;
    oa_shape_data(peer->shape, side, head, RECORD + number, stamp);
    oa_shape_data(peer->shape, side, ZEROS, length - number, stamp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct oa_shapes *shapes =
        oa_shapes_new(&(struct oa_shape_listener){ .call = on_call, .ended = on_ended });
    struct peer peers[PEERS] = { 0 };
    struct oa_stamp stamp = { 0, 0 };

    while (oa_cursor_left(&cursor)) {
        unsigned bits = oa_cursor_u8(&cursor);
        unsigned time = oa_cursor_u8(&cursor);
        size_t length = oa_cursor_u16(&cursor);
        struct peer *peer = &peers[bits & WHICH];
        enum oa_side side = bits & FROM_SERVER ? OA_SERVER : OA_CLIENT;

        if (!peer->shape)
            open_peer(shapes, peer, bits & WHICH);
        stamp.time_ns += (int64_t)time * time * 100000;
        stamp.frame += time & 1 ? 1 : 3;
        peer->is_waiting[side] = bits & WAITING;
        if ((bits & WHAT) == LOSS) {
            oa_shape_lost(peer->shape, side, length);
        } else if ((bits & WHAT) == CUT) {
            oa_shape_cut(peer->shape, side, length, stamp);
        } else if ((bits & WHAT) == END || (bits & WHAT) == DROP) {
            close_peer(peer, stamp, (bits & WHAT) == DROP);
            open_peer(shapes, peer, bits & WHICH);
        } else if ((bits & WHAT) == BYTES) {
            length = length > oa_cursor_left(&cursor) ? oa_cursor_left(&cursor) : length;
            const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
            if (bytes)
                oa_shape_data(peer->shape, side, bytes, length, stamp);
        } else {
            send_record(peer, bits & 1, side, length, stamp);
        }
    }
    for (unsigned i = 0; i < PEERS; i++)
        if (peers[i].shape)
            close_peer(&peers[i], stamp, false);
    oa_shapes_free(shapes);
    return 0;
}
