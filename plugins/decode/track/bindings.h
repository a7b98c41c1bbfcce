/* bindings.h
 * Internal to track/. Presentation contexts of a virtual connection, from binds and their
 * responses. [C706] 12.6.4, [MS-RPCE] 2.2.2.4, 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_BINDINGS_H
#define OA_BINDINGS_H

#include "track/events.h"

struct virtual_connection;

struct oa_rpc_binding *oa_vc_binding(struct virtual_connection *vc, uint16_t context_id);
void oa_bindings_take_rpc(struct virtual_connection *vc, struct oa_event *event);

#endif
