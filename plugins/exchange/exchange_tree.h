/* exchange_tree.h
 * The parameters of a call in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_TREE_H
#define EXCHANGE_TREE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "exchange/call_facts.h"

/* Registers the decoder's fields with the protocols that their filter names begin with; these have
 * to be registered first. */
void exchange_tree_register(void);

/* Shows the parameters in a stub and what is wrong with them, and collects the facts. Returns false
 * and shows nothing if the operation has no layout. */
bool exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const struct oa_stub *stub, struct oa_call_facts *facts);

/* Shows bytes according to a layout, in the plain encoding, and adds to facts that have been
 * started; these contain the code page to begin with. */
void exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                               const struct oa_layout *layout, struct oa_call_facts *facts);

#endif
