/* rop_streams.h
 * For the walk: FastTransfer streams and states of synchronization, over several buffers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_STREAMS_H
#define OA_ROP_STREAMS_H

#include "rop/rop_call.h"

/* First walk only. A state is uploaded property by property, [MS-OXCFXICS] 2.2.3.2.2. A buffer that
 * was requested before this one, in another call, and has not come is not in the capture. */
void oa_rop_stream_resolve(const struct oa_rop_reader *reader, const struct oa_walk *walk,
                           const struct oa_rop *rop);

/* First walk only. The object that a ROP reads a stream from, or writes it to, where the capture
 * begins later: with such a stream; NULL for other ROPs. */
struct oa_rop_object *oa_rop_stream_adopt(const struct oa_rop *rop);

/* First walk only. A buffer for which the server was too busy will be sent again, [MS-OXCROPS]
 * 2.2.12.2.2. */
void oa_rop_stream_refused(const struct oa_rop *response, const struct oa_rop *request);

/* For the layouts of ROPs with a buffer of a FastTransfer stream. */
void oa_rop_transfer_data(struct oa_walk *walk, void *node, const uint8_t *bytes, size_t length);

#endif
