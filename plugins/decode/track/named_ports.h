/* named_ports.h
 * For hosts. Ports that a request for an RPC channel names, or that the host knows: a server may be
 * expected there, whatever the port's number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_NAMED_PORTS_H
#define OA_NAMED_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct oa_tracker;

/* Notes the port; a number that is none has no effect. */
void oa_named_ports_add(struct oa_tracker *tracker, uint32_t port);

bool oa_named_ports_has(const struct oa_tracker *tracker, uint16_t port);

/* For the tracker. */
struct named_ports *oa_named_ports_new(void);
void oa_named_ports_free(struct named_ports *ports);

#endif
