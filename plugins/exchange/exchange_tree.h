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
    guint32 frame;    /* of the request; 0: not in the capture */
    const char *info; /* set when they are shown: text for the Info column, "" if there are none */
};

/* What is to be kept of a call's ROPs, as long as the file is open. */
struct oa_rop_call *exchange_tree_keep_rops(void);

/* Shows the parameters in a stub and what is wrong with them, and collects the facts. `rops` is
 * NULL for operations without ROPs. Returns false and shows nothing if the operation has no layout.
 */
bool exchange_tree_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                        const struct oa_stub *stub, struct exchange_rops *rops,
                        struct oa_call_facts *facts);

/* Shows bytes according to a layout, in the plain encoding, and adds to facts that have been
 * started; these contain the code page to begin with. */
void exchange_tree_show_layout(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                               const struct oa_layout *layout, struct exchange_rops *rops,
                               struct oa_call_facts *facts);

#endif
