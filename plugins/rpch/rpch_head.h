/* rpch_head.h
 * HTTP heads in the tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_HEAD_H
#define RPCH_HEAD_H

#include "rpch_unit.h"

#include <epan/expert.h>

void rpch_head_register(expert_module_t *expert);

/* Shows the head at `offset` of the place's tvb together with the `body` bytes of an ordinary HTTP
 * body that follow it. */
void rpch_head_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset,
                    guint body);

#endif
