/* frames_ahead.h
 * The frames of a capture reader, and the packets in them, read ahead in a thread of their own: in
 * batches, in order, so that nothing depends on how fast either side is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FRAMES_AHEAD_H
#define FRAMES_AHEAD_H

#include "capture_reader.h"
#include "flow_ahead.h"
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

/* Takes a frame and its packet. */
typedef void (*packet_taker)(void *context, const struct capture_frame *frame,
                             const struct packet_found *packet);

/* Who reads in the other thread. */
struct frames_reader {
    void *context;
    packet_function find;
    /* Called with each frame behind `find`, and may add steps; if it is NULL, payloads of segments
     * are kept for who takes the frames. */
    packet_taker take;
    /* Gets the key logs inside captures; in the other thread if there is `take`, else in the one
     * that takes the frames, before the first that stands behind the log. Its `take` may be NULL.
     */
    struct capture_secrets_user user;
};

struct frames_ahead;

struct frames_ahead *frames_ahead_new(struct capture_reader *reader,
                                      const struct frames_reader *functions);

/* Begins to read in another thread, with memory of at most a few megabytes. Until
 * frames_ahead_end() the capture reader, and what the functions use, belong to that thread. False
 * if there can be no thread. */
bool frames_ahead_begin(struct frames_ahead *ahead);

/* For the reader's `take`: a step of a flow, whose connection's facts are these now. It is taken in
 * the other thread, behind the frame and before the next. */
void frames_ahead_add_step(struct frames_ahead *ahead, struct flow_ahead *flow,
                           const struct flow_step *step, const struct connection *facts);

/* As capture_reader_next(), and with the packet; not after CAPTURE_END or CAPTURE_DISORDERED. The
 * data of the frame are kept only where no packet can be found, for its link type is not supported.
 * Everything is valid until the next call.
 */
enum capture_status frames_ahead_next(struct frames_ahead *ahead,
                                      const struct capture_frame **frame,
                                      const struct packet_found **packet, char **message);

struct frames_progress frames_ahead_progress(const struct frames_ahead *ahead);

/* Stops reading, wherever it is: after what has been read already, the end comes next. */
void frames_ahead_stop(struct frames_ahead *ahead);

/* Frees, after the end. What was decrypted is cleared. May be NULL. */
void frames_ahead_end(struct frames_ahead *ahead);

#endif
