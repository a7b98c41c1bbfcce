/* packet-oxcmapihttp.h
 * MAPI over HTTP in Wireshark: heads and bodies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKET_OXCMAPIHTTP_H
#define PACKET_OXCMAPIHTTP_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "mapi_message.h"

void oxcmapihttp_register(void);
void oxcmapihttp_handoff(void);

/* Shows a message without a body that stock HTTP passes to the plugin. `before` is the text of the
 * Info column before it. */
void oxcmapihttp_show_head(const struct mapi_message *message, packet_info *pinfo, proto_tree *tree,
                           const char *before);

#endif
