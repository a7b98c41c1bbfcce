/* shape.h
 * What encrypted connections show by their shape: virtual connections of RPC over HTTP and their
 * calls, and sessions of MAPI over HTTP (shape_mapi.c), from sizes, directions and times of TLS
 * records. Everything here is an estimate.
 *
 * What is gone by:
 *   1. The client's HTTP head is followed by CONN/B1 (104 bytes) on an IN channel, where the server
 *      then is silent, and by CONN/A1 (76 bytes) on an OUT channel, where the client then is. If
 *      head and PDU share a record, their sizes are not visible, and more of 3 is asked for.
 *   2. Both channels of a virtual connection are of one client and one server, begin within
 *      3 s of each other, and the first record behind B1, which has the bind, comes after
 *      something on the OUT channel (CONN/C2).
 *   3. What the client sends on the IN channel is answered on the OUT channel. Where several
 *      channels could belong together, all are followed until one of them fits best.
 *   4. The first exchange is the bind. Pings and flow control acknowledgments are told by their
 *      sizes, successors of channels that are recycled by theirs (88 and 96 bytes). If the bind and
 *      its response have tokens as with Negotiate, the exchange behind it is an alter_context.
 *   5. If the capture begins later, a connection that only the client uses and one that only the
 *      server uses are compared with all others of these two. What records show of the suite is in
 *      tls_record_size.h. Here, and where sizes do not show the channels, turns count only if most
 *      requests are small, and not all at regular times.
 *   6. Padding of TLS 1.3 to blocks leaves blocks in place of sizes.
 *   7. Small requests with small answers that take more than 2 s in the median wait for
 *      notifications.
 *
 * What the snap length cut off has been sent: records whose headers were captured are known, other
 * bytes show who spoke, and how much. If that is the cipher suite, Finished shows what records add.
 *
 * Clients may have several calls under way on a virtual connection. Their number cannot be told
 * then; it shows as answers without a request, and as requests that are not answered in turn. With
 * one of these the calls are unknown; so they are if what is missing from the capture, or what
 * sizes leave open, may have been a call. The score is the share of exchanges without such signs
 * and without loss; below OA_ESTIMATE_SCORE the calls are unknown too.
 *
 * Memory: each connection has less than 1 KiB, one that began before the capture also its first 64
 * records; each virtual connection, or pair that may be one, up to 64 exchanges. Of the latter
 * there are up to 8192.
 *
 * [MS-RPCH] 2.2.4 (sizes of PDUs), 3.2.2 (channels)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_H
#define OA_SHAPE_H

#include "tls/estimate.h"

/* All connections of a capture. Ended last. */
struct oa_shapes;
struct oa_shapes *oa_shapes_new(const struct oa_shape_listener *listener);
void oa_shapes_free(struct oa_shapes *shapes);

/* A connection inside TLS. `tls` reads it too, each piece of data first. `is_waiting` says, by
 * sender, whether bytes are missing that may still be found; NULL: never. */
struct oa_shape;
struct oa_shape *oa_shape_new(struct oa_shapes *shapes, const struct oa_tls *tls,
                              const struct oa_endpoint *client, const struct oa_endpoint *server,
                              const bool is_waiting[2], void *host);

/* The next bytes of one direction, as sent; or so many were sent that the snap length cut off the
 * frame with that stamp; or so many are missing before the next ones. `shape` may be NULL. */
void oa_shape_data(struct oa_shape *shape, enum oa_side side, const uint8_t *data, size_t length,
                   struct oa_stamp stamp);
void oa_shape_cut(struct oa_shape *shape, enum oa_side side, uint64_t bytes, struct oa_stamp stamp);
void oa_shape_lost(struct oa_shape *shape, enum oa_side side, uint64_t bytes);

/* The connection has ended with that frame, or the capture has; whether it was a channel of a
 * virtual connection that has been recognised. Frees the shape, which may be NULL; before `tls`. */
bool oa_shape_end(struct oa_shape *shape, struct oa_stamp last, bool is_open);

/* The same if nothing has to be estimated: it could be read, or is no TLS. */
void oa_shape_drop(struct oa_shape *shape);

#endif
