/* native_source.c
 * The source for captured packets: link layers, IP, our own TCP reassembly.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "source_kind.h"

#include <glib.h>
#include <string.h>

#include "continuity.h"
#include "duplicates.h"
#include "flow_ahead.h"
#include "packed_packet.h"
#include "packet.h"
#include "plain_stream.h"
#include "tcp.h"

struct native {
    struct flows *flows;
    struct plain_streams streams;
    struct continuity *continuity; /* NULL: not looked at */
    struct packets *packets;
    struct duplicates *duplicates;
    struct tcp_table *table;
    bool is_ahead;              /* segments are taken in a thread of their own */
    struct frames_ahead *queue; /* while it runs; NULL: steps are taken at once */
    uint64_t n_opened;          /* in that thread */
    struct capture_misplaced duplicated;
};

/* A connection that is read ahead: who tells, and who is told. */
struct ahead {
    struct native *native;
    const struct connection *connection;
    struct flow_ahead *flow;
};

/* --- what TCP tells --- */

static void
queue_step(void *to, const struct flow_step *step)
{
    struct ahead *ahead = to;
    struct frames_ahead *queue = ahead->native->queue;
    bool is_last = step->kind == FLOW_CLOSED;

    if (queue)
        frames_ahead_add_step(queue, ahead->flow, step, ahead->connection);
    else
        flow_ahead_take(&(struct flow_ahead_step){
            .flow = ahead->flow, .step = *step, .facts = ahead->connection });
    if (is_last)
        g_free(ahead);
}

static void *
on_opened(void *context, struct connection *connection)
{
    struct native *native = context;

    if (!native->is_ahead)
        return plain_stream_open(&native->streams, connection, flow_take,
                                 flow_open(native->flows, connection));
    struct ahead *ahead = g_new(struct ahead, 1);
    *ahead = (struct ahead){ native, connection, flow_ahead_new(native->flows) };
    connection->number = native->n_opened++;
    return plain_stream_open(&native->streams, connection, queue_step, ahead);
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    plain_stream_data(user, side, data, length, stamp);
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    (void)stamp;
    plain_stream_lost(user, side, bytes);
}

static void
on_cut(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    plain_stream_cut(user, side, bytes, stamp);
}

static void
on_counted(void *user, struct oa_stamp stamp)
{
    plain_stream_counted(user, stamp);
}

static void
on_closed(void *user)
{
    plain_stream_close(user);
}

/* --- frames --- */

static void *
begin(struct flows *flows, struct oa_tls_keys *keys)
{
    static const struct tcp_listener LISTENER = { on_opened, on_data,   on_lost,
                                                  on_cut,    on_closed, on_counted };
    struct native *native = g_new0(struct native, 1);

    native->flows = flows;
    native->streams.keys = keys;
    native->streams.shows_tls = flows->shapes != NULL;
    native->continuity = flows->continuity;
    native->packets = packets_new();
    native->duplicates = duplicates_new();
    native->table = tcp_table_new(&LISTENER, native, &TCP_DEFAULT_LIMITS);
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

static void
take_segment(struct native *native, const struct capture_frame *frame,
             const struct packet_found *packet)
{
    if (packet->kind == PACKET_TCP && !packet->is_second_copy)
        tcp_table_segment(native->table, &packet->segment,
                          (struct oa_stamp){ frame->time_ns, frame->number });
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
    if (!native->is_ahead)
        take_segment(native, frame, packet);
    return FRAME_READ;
}

static void
begin_ahead(void *self, struct frames_ahead *queue)
{
    struct native *native = self;

    native->is_ahead = queue != NULL;
    native->queue = queue;
}

static void
take_ahead(void *self, const struct capture_frame *frame, const struct packet_found *packet)
{
    take_segment(self, frame, packet);
}

static void
end_ahead(void *self)
{
    ((struct native *)self)->queue = NULL;
}

static bool
give_up(void *self)
{
    return tcp_table_give_up(((struct native *)self)->table);
}

static void
step_clock(void *self, int64_t time_ns)
{
    tcp_table_clock_step(((struct native *)self)->table, time_ns);
}

static void
pass_silence(void *self, int64_t time_ns)
{
    tcp_table_silence(((struct native *)self)->table, time_ns);
}

static void
end(void *self, struct source_result *result)
{
    struct native *native = self;

    tcp_table_free(native->table);
    result->duplicated = native->duplicated;
    result->n_unread =
        packets_unread(native->packets, result->unread, SOURCE_UNREAD, &result->other_unread);
    explicit_bzero(native->streams.room, sizeof native->streams.room);
    packets_free(native->packets);
    duplicates_free(native->duplicates);
    g_free(native);
}

const struct source_kind NATIVE_SOURCE = {
    .begin = begin,
    .find = find_packet,
    .begin_ahead = begin_ahead,
    .ahead = take_ahead,
    .end_ahead = end_ahead,
    .frame = take_frame,
    .clock_step = step_clock,
    .silence = pass_silence,
    .give_up = give_up,
    .end = end,
};
