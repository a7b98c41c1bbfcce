/* endpoint.h
 * Internal to track/. Plain RPC over TCP: where servers listen, and associations of connections.
 * [C706] 12.6.4.3, [MS-RPCE] 2.2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ENDPOINT_H
#define OA_ENDPOINT_H

#include <glib.h>

#include "track/recognise.h"

struct oa_tracker;
struct virtual_connection;

/* Connections of one client to one server that share context handles, [C706] 12.6.4.3. */
struct oa_association {
    uint8_t client[16];
    struct oa_endpoint server;
    uint32_t group; /* 0 none */
};

struct endpoint_table *oa_endpoints_new(void);
void oa_endpoints_free(struct endpoint_table *table);
enum oa_endpoint_known oa_endpoints_known(const struct endpoint_table *table,
                                          const struct oa_endpoint *endpoint);

void oa_endpoints_take_map(struct virtual_connection *vc, const GByteArray *stub, bool big_endian);
void oa_endpoints_take_bind(struct virtual_connection *vc);
void oa_endpoints_take_request(struct virtual_connection *vc, const struct oa_rpc_pdu *rpc);
void oa_association_join(struct virtual_connection *vc);
void oa_association_share(struct virtual_connection *vc);
void oa_association_leave(struct virtual_connection *vc);

#endif
