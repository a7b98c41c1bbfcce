/* chunked.h
 * The chunk framing of an HTTP body. [RFC 9112] 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CHUNKED_H
#define OA_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Progress of a walk over the framing before and inside the wanted bytes. The first walk of a body
 * starts as {0}. */
struct oa_chunk_walk {
    size_t wire; /* bytes walked over */
    bool in_chunk, after_chunk;
    uint64_t left; /* data of the chunk that are still to come */
    bool ended;    /* the last chunk was reached */
    bool broken;   /* this is not chunk framing */
};

/*
 * Walks from `walk->wire` over line ends, chunk-size lines and trailer fields up to chunk data
 * (in_chunk) or the end of the body (ended). Returns false if there are not enough bytes, or if
 * they are not chunk framing (broken); complete lines have been walked over even then.
 */
bool oa_chunk_walk_to_data(struct oa_chunk_walk *walk, const uint8_t *data, size_t length);

#endif
