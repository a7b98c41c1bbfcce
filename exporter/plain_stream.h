/* plain_stream.h
 * From the bytes of one connection to what it carries: TLS is opened with the keys that there are.
 * It knows nothing of other connections, so that it may run ahead of the decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PLAIN_STREAM_H
#define PLAIN_STREAM_H

#include "flow_step.h"
#include "tls/tls_keys.h"
#include "tls/tls_opener.h"

/* What the streams of one thread share. */
struct plain_streams {
    struct oa_tls_keys *keys;        /* NULL: none. The owner's */
    bool shows_tls;                  /* FLOW_TLS_READ is asked for */
    uint8_t room[OA_TLS_RECORD_MAX]; /* for the record that is being opened */
};

struct plain_stream;

/* The stream of a connection, which must not move before plain_stream_close(). If a handshake of
 * TLS shows that the sides are the wrong way round, they are swapped, see connection_swap(). All
 * steps go to `take`. */
struct plain_stream *plain_stream_open(struct plain_streams *streams, struct connection *connection,
                                       flow_step_function take, void *to);

/* The next bytes of that side, at least one; or so many are missing before the next ones, because
 * they are lost, or were cut off the frame with that stamp. */
void plain_stream_data(struct plain_stream *stream, enum oa_side side, const uint8_t *data,
                       size_t length, struct oa_stamp stamp);
void plain_stream_lost(struct plain_stream *stream, enum oa_side side, uint64_t bytes);
void plain_stream_cut(struct plain_stream *stream, enum oa_side side, uint64_t bytes,
                      struct oa_stamp stamp);

/* The facts of the connection contain what came with that stamp. */
void plain_stream_counted(const struct plain_stream *stream, struct oa_stamp stamp);

/* The facts of the connection are complete by now. Frees the stream. */
void plain_stream_close(struct plain_stream *stream);

#endif
