/* native_source.c
 * The source for captured packets: link layers, IP, our own TCP reassembly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"

#include <glib.h>

#include "continuity.h"
#include "duplicates.h"
#include "packed_packet.h"
#include "packet.h"
#include "tcp.h"

struct native {
    struct continuity *continuity; /* NULL: not looked at */
    struct packets *packets;
    struct duplicates *duplicates;
    struct tcp_table *table;
    struct capture_misplaced duplicated;
};

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
on_cut(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    flow_cut(user, side, bytes, stamp);
}

static void
on_counted(void *user, struct oa_stamp stamp)
{
    flow_counted(user, stamp);
}

static void
on_closed(void *user)
{
    flow_close(user);
}

static void *
begin(struct flows *flows)
{
    static const struct tcp_listener LISTENER = { on_opened, on_data,   on_lost,
                                                  on_cut,    on_closed, on_counted };
    struct native *native = g_new0(struct native, 1);

    native->continuity = flows->continuity;
    native->packets = packets_new();
    native->duplicates = duplicates_new();
    native->table = tcp_table_new(&LISTENER, flows, &TCP_DEFAULT_LIMITS);
    return native;
}

static void
find_packet(void *self, const struct capture_frame *frame, struct packet_found *packet)
{
    struct native *native = self;
    struct packet_frame captured = { frame->encap, frame->data, frame->captured, frame->on_wire,
                                     frame->time_ns };

    packet->kind = frame->packed
                       ? packed_packet_take(native->packets, frame->data, &packet->segment)
                       : packet_decode(native->packets, &captured, &packet->segment);
    packet->is_second_copy =
        packet->kind == PACKET_TCP &&
        duplicates_seen(native->duplicates, &packet->segment, frame->time_ns, &packet->after_ns);
}

static enum frame_use
take_frame(void *self, const struct capture_frame *frame, const struct packet_found *packet)
{
    struct native *native = self;

    if (packet->kind != PACKET_TCP)
        return packet->kind == PACKET_UNSUPPORTED ? FRAME_UNSUPPORTED
               : packet->kind == PACKET_FRAGMENT  ? FRAME_READ
                                                  : FRAME_OTHER;
    if (native->continuity)
        continuity_take_segment(native->continuity, frame->file, &packet->segment, frame->time_ns);
    if (packet->is_second_copy) {
        capture_misplaced_add(&native->duplicated, frame, packet->after_ns);
        return FRAME_SECOND_COPY;
    }
    tcp_table_segment(native->table, &packet->segment,
                      (struct oa_stamp){ frame->time_ns, frame->number });
    return FRAME_READ;
}

static bool
give_up(void *self)
{
    return tcp_table_give_up(((struct native *)self)->table);
}

static struct connections_given_up
given_up(const void *self)
{
    return tcp_table_given_up(((const struct native *)self)->table);
}

static void
step_clock(void *self, int64_t time_ns)
{
    tcp_table_clock_step(((struct native *)self)->table, time_ns);
}

static void
end(void *self, struct source_result *result)
{
    struct native *native = self;

    tcp_table_free(native->table);
    result->duplicated = native->duplicated;
    result->n_unread =
        packets_unread(native->packets, result->unread, SOURCE_UNREAD, &result->other_unread);
    packets_free(native->packets);
    duplicates_free(native->duplicates);
    g_free(native);
}

const struct source_kind NATIVE_SOURCE = {
    .begin = begin,
    .find = find_packet,
    .frame = take_frame,
    .clock_step = step_clock,
    .give_up = give_up,
    .given_up = given_up,
    .end = end,
};
