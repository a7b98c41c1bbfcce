/* channel.h
 * The decoder's entry: TCP connections that carry RPC over HTTP, taken apart byte by byte as they
 * come. [MS-RPCH] 2.1.2, 3.2
 *
 * A host creates one tracker for a capture and one channel for each TCP connection that
 * oa_recognise() finds in its first bytes (of a segment). It then gives the bytes of both
 * directions, in order, in whatever pieces:
 *   - a host that keeps no bytes of its own calls oa_channel_data(), which keeps the little that
 * waits for its rest;
 *   - a host that can put off bytes until more have come (Wireshark's desegmentation) calls
 * oa_channel_next(). Both give the same events for the same bytes, however they are cut.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHANNEL_H
#define OA_CHANNEL_H

#include "track/recognise.h"

struct oa_tracker;

/*
 * `on_event` may be NULL. With `keep` every object stays until the tracker is freed, else it goes
 * when it has closed. Both functions end the program only when memory ends, as GLib does.
 */
struct oa_tracker *oa_tracker_new(oa_event_function on_event, void *context, bool keep);
void oa_tracker_free(struct oa_tracker *tracker);

/* What is known of a server's endpoint from the connections so far: from the endpoint mapper, from
 * binds, from requests whose shape gives them away. Bounded; OA_ENDPOINT_UNKNOWN says nothing. */
enum oa_endpoint_known oa_tracker_endpoint(const struct oa_tracker *tracker,
                                           const struct oa_endpoint *endpoint);

/* Opens a channel of a connection recognised as told; the tracker owns it until oa_channel_close().
 * `host` is the caller's own and only kept. */
struct oa_channel *oa_channel_open(struct oa_tracker *tracker,
                                   const struct oa_recognition *recognition,
                                   const struct oa_endpoint *client,
                                   const struct oa_endpoint *server, void *host,
                                   struct oa_stamp stamp);

/*
 * Takes what stands at the start of `data`. True: `event` says what, and its length (at least 1)
 * has been taken; the bytes must not be given again. False: more bytes are needed, nothing has
 * changed, and `*need` is how many in all would help (0 for not known yet). `first` is where the
 * first of the bytes came from, `last` where the last. An event's pointers are good until the next
 * call of the tracker.
 */
bool oa_channel_next(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                     size_t length, struct oa_stamp first, struct oa_stamp last,
                     struct oa_event *event, size_t *need);

/* Takes the next bytes of that side, all of them. Events go to the tracker's function. */
void oa_channel_data(struct oa_channel *channel, enum oa_side side, const uint8_t *data,
                     size_t length, struct oa_stamp stamp);

/* The capture does not hold the next `bytes` of that side; decoding takes up again at the next PDU
 * or head. */
void oa_channel_lost(struct oa_channel *channel, enum oa_side side, uint64_t bytes);

/* The TCP connection is over. When this was its last channel, the virtual connection ends too. */
void oa_channel_close(struct oa_channel *channel, struct oa_ending ending);

/* The capture is over, all channels are closed: sessions of MAPI over HTTP, which outlive their
 * connections, end too. */
void oa_tracker_end(struct oa_tracker *tracker);

/* Where RTS PDUs of that sender stand, as far as the kind of the channel is known: bits of enum
 * oa_rts_place. */
unsigned oa_channel_places(const struct oa_channel *channel, enum oa_side side);

/* Bytes at the end of what oa_channel_data() was given of that side that wait for their rest: the
 * beginning of a head or PDU. 0 for MAPI over HTTP. */
size_t oa_channel_waiting(const struct oa_channel *channel, enum oa_side side);

/* The side whose RPC PDUs the channel is for: the client of an IN, the server of an OUT channel. */
enum oa_side oa_channel_carrier(const struct oa_channel *channel);

/* What the sender may still send, bytes; negative when it has sent more than it might. */
int64_t oa_flow_available(const struct oa_flow *flow);

/* "IN", "OUT", "echo", "IN and OUT"; "" while not known. */
const char *oa_channel_kind_name(enum oa_channel_kind kind);

/* "cookie", "recycling", "call ids", ...; and how sure that is: "certain", "likely", "". */
const char *oa_join_name(enum oa_join join);
const char *oa_join_certainty(enum oa_join join);

#endif
