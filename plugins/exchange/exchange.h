/* exchange.h
 * Between the parts of the exchange plugin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "call_facts.h"

/* packet-exchange.c */
void proto_register_exchange(void);
void proto_reg_handoff_exchange(void);

/* exchange_tree.c */

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

/* packet-oxcmapihttp.c; parts of the two functions above. */
void exchange_register_mapi_http(void);
void exchange_handoff_mapi_http(void);

#endif
