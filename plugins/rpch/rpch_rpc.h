/* rpch_rpc.h
 * RPC PDUs in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_RPC_H
#define RPCH_RPC_H

#include "rpch_unit.h"

void rpch_rpc_register(void);
void rpch_rpc_handoff(void);

/* Shows an RPC PDU, which is all of `tvb`. */
void rpch_rpc_show(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb);

#endif
