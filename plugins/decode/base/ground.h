/* ground.h
 * Types that all rooms of the decoder share: the sides of a connection, a point in the capture, an
 * address with its port, and bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_GROUND_H
#define OA_GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oa_side { OA_CLIENT, OA_SERVER };

/* A point in the capture. Times are nanoseconds since the epoch; frame is 0 if nothing was seen. */
struct oa_stamp {
    int64_t time_ns;
    uint64_t frame;
};

/* By time: hosts may put frames in order of time, and keep their numbers. */
static inline bool
oa_stamp_is_before(struct oa_stamp a, struct oa_stamp b)
{
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.frame < b.frame;
}

/* IPv4 addresses are kept in IPv4-mapped IPv6 form. */
struct oa_endpoint {
    uint8_t address[16];
    uint16_t port;
};

/* Bytes that belong to somebody else. */
struct oa_bytes {
    const uint8_t *at;
    size_t length;
};

#endif
