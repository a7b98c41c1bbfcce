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
#include <string.h>

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

static inline struct oa_stamp
oa_stamp_later(struct oa_stamp a, struct oa_stamp b)
{
    return oa_stamp_is_before(a, b) ? b : a;
}

/* IPv4 addresses are kept in IPv4-mapped IPv6 form. */
struct oa_endpoint {
    uint8_t address[16];
    uint16_t port;
};

/* A client, on whatever port, and a server; a key of trees. */
struct oa_client_and_server {
    uint8_t client[16];
    struct oa_endpoint server;
};

static inline int
oa_compare_client_and_server(const struct oa_client_and_server *a,
                             const struct oa_client_and_server *b)
{
    int order = memcmp(a->client, b->client, sizeof a->client);

    if (!order)
        order = memcmp(a->server.address, b->server.address, sizeof a->server.address);
    return order ? order : (int)a->server.port - (int)b->server.port;
}

/* Bytes that belong to somebody else. */
struct oa_bytes {
    const uint8_t *at;
    size_t length;
};

#endif
