/* follow_dialogue.h
 * What the followers of both plugins have in common: a dialogue whose parts come over any number of
 * connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FOLLOW_DIALOGUE_H
#define FOLLOW_DIALOGUE_H

#include <wireshark.h>

#include <epan/follow.h>
#include <epan/to_str.h>

#include "decode_args.h"

/* Everything of a dialogue: its number is the value of that field; with g_free(). */
static inline gchar *
follow_filter_of(const char *field, guint number)
{
    return ws_strdup_printf("%s == %u", field, number);
}

static inline const char *
follow_address_field(const address *addr)
{
    return addr->type == AT_IPv6 ? "ipv6.addr" : "ip.addr";
}

/* For register_follow_stream(): what one connection carried. */
static inline gchar *
follow_filter_of_addresses(address *src, address *dst, int src_port, int dst_port)
{
    char *from = address_to_str(NULL, src), *to = address_to_str(NULL, dst);
    char *filter = ws_strdup_printf("%s == %s && %s == %s && tcp.port == %d && tcp.port == %d",
                                    follow_address_field(src), from, follow_address_field(dst), to,
                                    src_port, dst_port);

    wmem_free(NULL, from);
    wmem_free(NULL, to);
    return filter;
}

static inline gchar *
follow_port_text(wmem_allocator_t *pool, guint port)
{
    return wmem_strdup_printf(pool, "%u", port);
}

/* Adds what one side sent in that frame. The first part names the two sides by the endpoints, by
 * enum oa_side. */
static inline void
follow_add(follow_info_t *info, const packet_info *pinfo, const struct oa_endpoint endpoint[2],
           enum oa_side side, const guint8 *data, guint length)
{
    follow_record_t *record = g_new0(follow_record_t, 1);

    if (info->client_ip.type == AT_NONE) {
        encode_address(&endpoint[OA_CLIENT], &info->client_ip);
        encode_address(&endpoint[OA_SERVER], &info->server_ip);
        info->client_port = endpoint[OA_CLIENT].port;
        info->server_port = endpoint[OA_SERVER].port;
    }
    record->is_server = side == OA_SERVER;
    record->packet_num = pinfo->num;
    record->abs_ts = pinfo->abs_ts;
    record->data = g_byte_array_append(g_byte_array_new(), data, length);
    info->bytes_written[record->is_server] += length;
    info->payload = g_list_prepend(info->payload, record);
}

#endif
