/* channel.h
 * For hosts. The entry to the decoder: TCP connections that carry RPC over HTTP, decoded as their
 * bytes arrive. [MS-RPCH] 2.1.2, 3.2
 *
 * A host creates one tracker for a capture and one channel for each TCP connection that
 * oa_recognise() finds in its first bytes (of a segment). It then passes the bytes of both
 * directions, in order, in pieces of any size:
 *   - a host that keeps no bytes itself calls oa_channel_data(), which keeps the few that wait for
 *     more;
 *   - a host that can hold bytes back until more arrive (Wireshark's desegmentation) calls
 *     oa_channel_next(). Both give the same events for the same bytes, however they are cut.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_H
#define OA_CHANNEL_H

#include "track/recognise.h"

struct oa_tracker;

/* Opens a channel for a recognised connection; the tracker owns it until oa_channel_close(). `host`
 * is only stored, for the caller's use. */
struct oa_channel *oa_channel_open(struct oa_tracker *tracker,
                                   const struct oa_recognition *recognition,
                                   const struct oa_endpoint *client,
                                   const struct oa_endpoint *server, void *host,
                                   struct oa_stamp stamp);

/* What only the host knows of a connection. */
struct oa_known_connection {
    bool is_in_tls;       /* the host has decrypted it */
    bool is_from_start;   /* nothing may have come before: there is the handshake of TCP, or TLS */
    bool has_unknown_end; /* the host will not see its end */
};

/* To be told before the first bytes. */
void oa_channel_describe(struct oa_channel *channel, struct oa_known_connection known);

/*
 * Takes the next item from the start of `data`. True: `event` describes it, and its length (at
 * least 1) has been taken; these bytes must not be passed again. False: more bytes are needed,
 * nothing has changed, and `*need` is the total number that would help (0: not known yet). `first`
 * and `last` are the stamps of the first and last of the bytes. The pointers of an event are valid
 * until the next call for the same tracker.
 */
bool oa_channel_next(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                     size_t length, struct oa_stamp first, struct oa_stamp last,
                     struct oa_event *event, size_t *need);

/* Takes all of the next bytes of that side. Events go to the tracker's function. */
void oa_channel_data(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                     size_t length, struct oa_stamp stamp);

/* The same for bytes of MAPI over HTTP: the host has read the head at `head_at` among them; a head
 * without a length is none. */
void oa_channel_data_with_head(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                               size_t length, const struct oa_http_head *head, size_t head_at,
                               struct oa_stamp stamp);

/*
 * The capture has the next `length` bytes, for which oa_channel_next() needs more, but not the
 * `missing` ones after them. True: `event` describes what begins with these `length` bytes, as far
 * as it goes: a head, or a PDU of a call, whose header shows its length. `last` is the stamp of the
 * missing bytes, unless `end_is_lost`. In any case all of these bytes have been taken, and decoding
 * resumes after them, at the next PDU or head.
 */
bool oa_channel_next_cut(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                         size_t length, uint64_t missing, struct oa_stamp first,
                         struct oa_stamp last, bool end_is_lost, struct oa_event *event);

/* For oa_channel_data(): the next `bytes` bytes of that side are missing from the capture; or the
 * snap length has cut them off the frame with that stamp. */
void oa_channel_lost(struct oa_channel *channel, enum oa_side side, uint64_t bytes);
void oa_channel_cut(struct oa_channel *channel, enum oa_side side, uint64_t bytes,
                    struct oa_stamp stamp);

/* The TCP connection has ended. If this was its last channel, the virtual connection ends too. */
void oa_channel_close(struct oa_channel *channel, struct oa_ending ending);

/* Bytes at the end of the data given to oa_channel_data() for that side that are waiting for more:
 * the beginning of a head or PDU. 0 for MAPI over HTTP. */
size_t oa_channel_waiting(const struct oa_channel *channel, enum oa_side side);

#endif
