/* service_ports.h
 * The TCP ports of the hops from the client to the domain controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SERVICE_PORTS_H
#define SERVICE_PORTS_H

#include <stdint.h>

struct service_port {
    uint16_t port;
    const char *hop;
    const char *service;
};

/* The row of a server's port, or NULL. */
const struct service_port *service_port_find(uint16_t port);

#endif
