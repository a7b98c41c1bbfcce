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

/* The root cause in a few words, "EEInfo: RPC_S_SERVER_UNAVAILABLE by RPC over HTTP proxy on
 * PROXY1"; NULL if there is no extended error information in the reason phrase, or in the PDU. */
const char *rpch_eeinfo_of_head(packet_info *pinfo, const struct oa_http_head *http);
const char *rpch_eeinfo_of_rpc(packet_info *pinfo, const struct oa_rpc_pdu *rpc);

#endif
