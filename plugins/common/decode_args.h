/* decode_args.h
 * Addresses and times of a packet in the form that the decoder takes.
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

static inline struct oa_stamp
decode_stamp(const packet_info *pinfo)
{
    return (struct oa_stamp){ (int64_t)pinfo->abs_ts.secs * 1000000000 + pinfo->abs_ts.nsecs,
                              pinfo->num };
}

#endif
