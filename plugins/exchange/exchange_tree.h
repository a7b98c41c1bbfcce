/* exchange_tree.h
 * Shows what the decoder reports of a call's parameters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_TREE_H
#define EXCHANGE_TREE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "exchange/call_facts.h"

/* Registers the decoder's fields with the protocols their filters begin with; those have to be
 * registered before. */
void exchange_tree_register(void);

/* Shows a stub's parameters, and what is wrong with them, and collects its facts. False, and
 * nothing is shown, when the operation has no layout. */
bool exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const struct oa_stub *stub, struct oa_call_facts *facts);

/* Shows bytes along a layout, in the plain encoding, and collects facts that have been started,
 * with the code page that was said before. */
void exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                               const struct oa_layout *layout, struct oa_call_facts *facts);

#endif
