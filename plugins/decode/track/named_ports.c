/* named_ports.c
 * Ports that a request for an RPC channel names, or that the host knows.
 * [MS-RPCH] 2.2.2 (the URI)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/named_ports.h"

#include <glib.h>

#include "track/tracker_state.h"

struct named_ports {
    uint8_t bits[(UINT16_MAX + 1) / 8];
};

struct named_ports *
oa_named_ports_new(void)
{
    return g_new0(struct named_ports, 1);
}

void
oa_named_ports_free(struct named_ports *ports)
{
    g_free(ports);
}

void
oa_named_ports_add(struct oa_tracker *tracker, uint32_t port)
{
    if (port > 0 && port <= UINT16_MAX)
        tracker->named_ports->bits[port / 8] |= (uint8_t)(1u << port % 8);
}

bool
oa_named_ports_has(const struct oa_tracker *tracker, uint16_t port)
{
    return tracker->named_ports->bits[port / 8] >> port % 8 & 1;
}
