/* rop_walk.h
 * The ROPs of one call: reads the ROP buffers of its request and response along the layouts, and
 * keeps what their context was. [MS-OXCROPS] 2.2.1, 3.1.5.1, 3.2.5.1
 *
 * The first walk over a call's ROP buffers, in the order of the capture, finds out which objects
 * they mean, by which columns rows are to be read, and which response belongs to which request, and
 * keeps it in a struct oa_rop_call. Any later walk reads the same bytes with what is kept, and
 * changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_WALK_H
#define OA_ROP_WALK_H

#include "rop/rop_call.h"

/* For the next run: the walk passes ROP buffers to the reader, which has to live as long. A side
 * that has been read is only read again. */
void oa_rop_reader_start(struct oa_rop_reader *reader, struct oa_walk *walk);

/* Lets go of what a run holds that was not completed, for hosts that leave by longjmp. */
void oa_rop_reader_end(struct oa_rop_reader *reader);

/* For the layout of RopBufferTooSmall. */
void oa_rop_returned_requests(struct oa_walk *walk, void *node, const uint8_t *bytes,
                              size_t length);

#endif
