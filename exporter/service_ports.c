/* service_ports.c
 * The TCP ports of the hops from the client to the domain controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "service_ports.h"

#include <stddef.h>

static const struct service_port PORTS[] = {
    { 80, "client_proxy", "http" },
    { 443, "client_proxy", "https" },
    { 593, "proxy_store", "endpoint mapper" },
    { 6001, "proxy_store", "store" },
    { 6002, "proxy_store", "referral" },
    { 6004, "proxy_store", "directory" },
    { 88, "store_dc", "kerberos" },
    { 389, "store_dc", "ldap" },
    { 636, "store_dc", "ldaps" },
    { 3268, "store_dc", "global catalog" },
    { 3269, "store_dc", "global catalog tls" },
};

const struct service_port *
service_port_find(uint16_t port)
{
    for (size_t i = 0; i < sizeof PORTS / sizeof PORTS[0]; i++)
        if (PORTS[i].port == port)
            return &PORTS[i];
    return NULL;
}
