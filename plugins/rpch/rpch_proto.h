/* rpch_proto.h
 * The protocol under which the plugin registers its fields, expert infos and dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_PROTO_H
#define RPCH_PROTO_H

#include "ws_compat.h"

#include <stdbool.h>

/* Also the key to the plugin's per-packet and conversation data. */
extern int proto_rpch;

/* False if the user has disabled the protocol: the stock dissectors then get everything. */
bool rpch_is_enabled(void);

#endif
