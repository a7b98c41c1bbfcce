/* decode_args.h
 * Addresses and times of a packet in the form that the decoder takes, and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef DECODE_ARGS_H
#define DECODE_ARGS_H

#include <wireshark.h>

#include <string.h>

#include <epan/packet_info.h>

#include "track/events.h"

static inline struct oa_endpoint
decode_endpoint(const address *addr, guint32 port)
{
    struct oa_endpoint endpoint = { .port = (uint16_t)port };

    if (addr->type == AT_IPv4) {
        memset(endpoint.address + 10, 0xFF, 2);
        memcpy(endpoint.address + 12, addr->data, 4);
    } else if (addr->type == AT_IPv6) {
        memcpy(endpoint.address, addr->data, 16);
    }
    return endpoint;
}

/* The address of an endpoint, into which it points. */
static inline address
address_of(const struct oa_endpoint *endpoint)
{
    static const guint8 MAPPED[12] = { [10] = 0xFF, [11] = 0xFF };
    address out;

    if (memcmp(endpoint->address, MAPPED, sizeof MAPPED) == 0)
        set_address(&out, AT_IPv4, 4, endpoint->address + 12);
    else
        set_address(&out, AT_IPv6, 16, endpoint->address);
    return out;
}

/* The same, copied, to be freed with free_address(). */
static inline void
encode_address(const struct oa_endpoint *endpoint, address *out)
{
    address at = address_of(endpoint);

    alloc_address_wmem(NULL, out, at.type, at.len, at.data);
}

/* Nanoseconds, as the decoder counts time, and back. */
static inline int64_t
decode_ns(const nstime_t *time)
{
    return (int64_t)time->secs * 1000000000 + time->nsecs;
}

static inline nstime_t
encode_ns(int64_t ns)
{
    return (nstime_t){ (time_t)(ns / 1000000000), (int)(ns % 1000000000) };
}

static inline struct oa_stamp
decode_stamp(const packet_info *pinfo)
{
    return (struct oa_stamp){ decode_ns(&pinfo->abs_ts), pinfo->num };
}

#endif
