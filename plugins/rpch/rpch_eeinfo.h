/* rpch_eeinfo.h
 * Extended error information in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_EEINFO_H
#define RPCH_EEINFO_H

#include "rpch_unit.h"

#include <epan/expert.h>

void rpch_eeinfo_register(expert_module_t *expert);

/* Show the extended error information of a head and the body after it in `tvb`, of body bytes in
 * the place's tvb, or of a PDU, if there is any. */
void rpch_eeinfo_show_head(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                           guint head_length, const struct oa_http_head *http);
void rpch_eeinfo_show_body(const struct rpch_place *place, proto_tree *tree, int offset,
                           guint length);
void rpch_eeinfo_show_rpc(const struct rpch_place *place, proto_tree *tree, tvbuff_t *tvb,
                          const struct oa_rpc_pdu *rpc);

#endif
