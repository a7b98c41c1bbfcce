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
#include "rop/rop_walk.h"

/* Registers the decoder's fields with the protocols that their filter names begin with; these have
 * to be registered first. */
void exchange_tree_register(void);

/* The ROPs of a request or response. */
struct exchange_rops {
    struct oa_rop_call *call; /* what is kept of the call's from the first visit; NULL: nothing */
    struct oa_rop_objects *objects; /* on the first visit: of the session; NULL: not known */
    bool is_first_visit;
    guint32 frame; /* of the request; 0: not in the capture */
};

/* What is to be kept of a call's ROPs, as long as the file is open. */
struct oa_rop_call *exchange_tree_keep_rops(void);

/* Shows the parameters in a stub and what is wrong with them, and collects the facts. `rops` is
 * NULL for operations without ROPs. Returns a text for the Info column, "" if there is nothing to
 * say, from the packet's pool; NULL, and shows nothing, if the operation has no layout. */
const char *exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                               const struct oa_stub *stub, const struct exchange_rops *rops,
                               struct oa_call_facts *facts);

/* The same for bytes of a layout, in the plain encoding; adds to facts that have been started,
 * which contain the code page to begin with. */
const char *exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                      const struct oa_layout *layout,
                                      const struct exchange_rops *rops,
                                      struct oa_call_facts *facts);

#endif
