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
    void *(*begin)(struct flows *flows); /* returns `self` for the other functions */
    /* What is found without the flows, perhaps ahead of `frame` and in another thread; NULL:
     * nothing. */
    void (*find)(void *self, const struct capture_frame *frame, struct packet_found *packet);
    enum frame_use (*frame)(void *self, const struct capture_frame *frame,
                            const struct packet_found *packet);
    /* The clock was set, and the next frame has that time; or NULL. */
    void (*clock_step)(void *self, int64_t time_ns);
    /* Gives up flows to have more memory, see tcp_table_give_up(). */
    bool (*give_up)(void *self);
    struct connections_given_up (*given_up)(const void *self); /* so far */
    /* Closes all flows in the order of their numbers, adds what it has counted, frees `self`. */
    void (*end)(void *self, struct source_result *result);
};

extern const struct source_kind NATIVE_SOURCE, /* captured packets */
    PDU_SOURCE;                                /* PDUs exported by Wireshark */

#endif
