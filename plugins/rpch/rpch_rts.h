/* rpch_rts.h
 * RTS PDUs in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_RTS_H
#define RPCH_RTS_H

#include "rpch_unit.h"

#include <epan/expert.h>

void rpch_rts_register(expert_module_t *expert);

/* Shows an RTS PDU, which is all of `tvb`. */
void rpch_rts_show(const struct rpch_place *place, const struct rpch_unit *unit, tvbuff_t *tvb);

#endif
