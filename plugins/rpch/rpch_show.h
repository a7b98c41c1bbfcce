/* rpch_show.h
 * The tree of one unit of any type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_SHOW_H
#define RPCH_SHOW_H

#include "rpch_unit.h"

/* Also registers the modules that show heads, PDUs and authentication. */
void rpch_show_register(void);
void rpch_show_handoff(void);

/* Shows the unit at `offset` of the place's tvb. `body` is how many bytes of an ordinary HTTP body
 * follow a head in the same data. */
void rpch_show(const struct rpch_place *place, const struct rpch_unit *unit, int offset,
               guint body);

/* Shows that the capture does not contain the end of the data. */
void rpch_show_cut(const struct rpch_place *place, guint missing);

#endif
