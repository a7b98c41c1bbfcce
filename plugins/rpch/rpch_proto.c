/* rpch_proto.c
 * The protocol under which the plugin registers its fields, expert infos and dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_proto.h"

#include <epan/proto.h>

int proto_rpch = -1;

bool
rpch_is_enabled(void)
{
    static const protocol_t *protocol; /* asked for with each packet */

    if (!protocol)
        protocol = find_protocol_by_id(proto_rpch);
    return proto_is_protocol_enabled(protocol);
}
