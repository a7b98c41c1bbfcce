/* ground.h
 * What every room of the decoder shares: the sides of a connection, a point of the capture, and an
 * address with its port.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_GROUND_H
#define OA_GROUND_H

#include <stdint.h>

enum oa_side { OA_CLIENT, OA_SERVER };

/* A point of the capture. Times are nanoseconds since the epoch; frame is 0 when nothing was seen.
 */
struct oa_stamp {
    int64_t time_ns;
    uint64_t frame;
};

/* An IPv4 address is kept in its IPv4-mapped IPv6 form. */
struct oa_endpoint {
    uint8_t address[16];
    uint16_t port;
};

#endif
