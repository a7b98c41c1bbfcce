/* rpch_auth.h
 * Authentication in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_AUTH_H
#define RPCH_AUTH_H

#include "rpch_unit.h"

#include <epan/expert.h>

void rpch_auth_register(expert_module_t *expert);

/* Show the tokens of a head, or of a PDU's verifier, and the authentication exchange they belong
 * to. */
void rpch_auth_show_head(const struct rpch_place *place, const struct rpch_unit *unit,
                         proto_tree *tree, tvbuff_t *tvb, const struct oa_http_head *http);
void rpch_auth_show_rpc(const struct rpch_place *place, const struct rpch_unit *unit,
                        proto_tree *tree, tvbuff_t *tvb, const struct oa_rpc_pdu *rpc);

#endif
