/* rpch_proto.h
 * The protocol that everything of the plugin is registered with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_PROTO_H
#define RPCH_PROTO_H

#include "ws_compat.h"

#include <stdbool.h>

/* Also the owner of per-packet and conversation data. */
extern int proto_rpch;

/* False once the user has disabled the protocol: then the stock dissectors get everything. */
bool rpch_is_enabled(void);

#endif
