/* source_kind.h
 * A kind of source: turns the frames of certain link types into flows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_KIND_H
#define SOURCE_KIND_H

#include "flow.h"
#include "frames_ahead.h"
#include "source_result.h"

/* What a frame was to a kind of source. */
enum frame_use {
    FRAME_UNSUPPORTED, /* of a link type that the kind does not support */
    FRAME_READ,        /* a TCP segment, a fragment, an exported PDU */
    FRAME_SECOND_COPY, /* of a packet that came before: not read */
    FRAME_OTHER,       /* nothing of TCP, or incomplete headers: not read */
};

struct source_kind {
    /* Returns `self` for the other functions. `keys` may be NULL. */
    void *(*begin)(struct flows *flows, struct oa_tls_keys *keys);
    /* What is found without the flows, perhaps ahead of `frame` and in another thread; NULL:
     * nothing. */
    void (*find)(void *self, const struct capture_frame *frame, struct packet_found *packet);
    /* For a kind without `ahead`: whether the frame is one of its own. */
    bool (*has)(const struct capture_frame *frame);
    /* Reads frames in the thread that finds packets: `ahead` is called there with each, and
     * `frame`, later and in the other thread, has only to count it. The steps of the flows are
     * queued in between. With NULL in its place there is no such thread. */
    void (*begin_ahead)(void *self, struct frames_ahead *queue);
    void (*ahead)(void *self, const struct capture_frame *frame, const struct packet_found *packet);
    void (*end_ahead)(void *self); /* that thread has ended */
    enum frame_use (*frame)(void *self, const struct capture_frame *frame,
                            const struct packet_found *packet);
    /* The clock was set, and the next frame has that time; or NULL. In the thread of `ahead`. */
    void (*clock_step)(void *self, int64_t time_ns);
    /* Nothing from before that time will come: closes flows that have ended; or NULL. */
    void (*silence)(void *self, int64_t time_ns);
    /* Gives up flows to have more memory, see tcp_table_give_up(). */
    bool (*give_up)(void *self);
    /* Closes all flows in the order of their numbers, adds what it has counted, frees `self`. */
    void (*end)(void *self, struct source_result *result);
};

extern const struct source_kind NATIVE_SOURCE, /* captured packets */
    PDU_SOURCE;                                /* PDUs exported by Wireshark */

#endif
