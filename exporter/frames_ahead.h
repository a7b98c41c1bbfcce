/* frames_ahead.h
 * The frames of a capture reader, and the packets in them, read ahead in a thread of their own: in
 * batches, in order, so that nothing depends on how fast either side is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FRAMES_AHEAD_H
#define FRAMES_AHEAD_H

#include "capture_reader.h"
#include "packet.h"

/* What is found in a frame with nothing but the frames before it. */
struct packet_found {
    enum packet_kind kind;
    struct segment segment; /* PACKET_TCP; of a second copy without the payload */
    bool is_second_copy;    /* of a packet that came before */
    int64_t after_ns;       /* then, how long ago */
};

/* Finds the packet of a frame; its payload stays valid until the next call. */
typedef void (*packet_function)(void *context, const struct capture_frame *frame,
                                struct packet_found *packet);

/* How far the consumer is, as capture_reader_progress() has it. */
struct frames_progress {
    uint64_t done, total;
};

struct frames_ahead;

/* Begins to read in another thread, with memory of at most a few megabytes. Until
 * frames_ahead_end() the reader, and what `find` uses, belong to that thread. Key logs inside
 * captures are passed to `user`, in the caller's thread, before the first frame that stands behind
 * one; its `take` may be NULL. Returns NULL if there can be no thread. */
struct frames_ahead *frames_ahead_begin(struct capture_reader *reader, packet_function find,
                                        void *context, const struct capture_secrets_user *user);

/* As capture_reader_next(), and with the packet; not after CAPTURE_END or CAPTURE_DISORDERED. The
 * data of the frame are kept only where no packet can be found, for its link type is not supported.
 * Everything is valid until the next call.
 */
enum capture_status frames_ahead_next(struct frames_ahead *ahead, struct capture_frame *frame,
                                      struct packet_found *packet, char **message);

struct frames_progress frames_ahead_progress(const struct frames_ahead *ahead);

/* Stops reading, wherever it is, and frees. */
void frames_ahead_end(struct frames_ahead *ahead);

#endif
