/* native_source.c
 * The source for captured packets: link layers, IP, our own TCP reassembly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"

#include "tcp.h"

static void *
on_opened(void *context, struct connection *connection)
{
    return flow_open(context, connection);
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    flow_data(user, side, data, length, stamp);
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    (void)stamp;
    flow_lost(user, side, bytes);
}

static void
on_closed(void *user)
{
    flow_close(user);
}

static void *
begin(struct flows *flows)
{
    static const struct tcp_listener LISTENER = { on_opened, on_data, on_lost, on_closed };

    return tcp_table_new(&LISTENER, flows, &TCP_DEFAULT_LIMITS);
}

static bool
take_frame(void *self, const struct capture_frame *frame)
{
    struct segment segment;
    enum packet_kind kind =
        packet_decode(frame->encap, frame->data, frame->captured, frame->on_wire, &segment);

    if (kind == PACKET_TCP)
        tcp_table_segment(self, &segment, (struct oa_stamp){ frame->time_ns, frame->number });
    return kind != PACKET_UNSUPPORTED;
}

static void
end(void *self)
{
    tcp_table_free(self);
}

const struct source_kind NATIVE_SOURCE = {
    .begin = begin,
    .frame = take_frame,
    .end = end,
};
