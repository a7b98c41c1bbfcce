/* service.c
 * The services of an Exchange deployment, and their TCP ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/service.h"

static const char *const NAMES[OA_SERVICES] = {
    [OA_SERVICE_STORE] = "store",
    [OA_SERVICE_DIRECTORY] = "directory",
    [OA_SERVICE_REFERRAL] = "referral",
    [OA_SERVICE_MANAGEMENT] = "management",
    [OA_SERVICE_MAPPER] = "endpoint mapper",
    [OA_SERVICE_GATEWAY] = "RD gateway",
    [OA_SERVICE_HTTP] = "http",
    [OA_SERVICE_HTTPS] = "https",
    [OA_SERVICE_KERBEROS] = "kerberos",
    [OA_SERVICE_LDAP] = "ldap",
    [OA_SERVICE_LDAPS] = "ldaps",
    [OA_SERVICE_CATALOG] = "global catalog",
    [OA_SERVICE_CATALOG_TLS] = "global catalog tls",
};

/*
 * [MS-OXCRPC] 2.1 (6001), [MS-OXABREF] 2.1 (6002), [MS-OXNSPI] 2.1 (6004), [MS-RPCE] 2.1.1.1 (135),
 * 2.1.1.8 (593). No service uses 6003, but proxies are often allowed 6001 to 6004. The endpoint
 * mapper, and HTTP on ports other than 80 and 443, also serve other applications: they have no hop.
 */
/* clang-format off */
const struct oa_service_port OA_SERVICE_PORTS[] = {
    { 80,   OA_SERVICE_HTTP,        "client_proxy", OA_PORT_HTTP },
    { 443,  OA_SERVICE_HTTPS,       "client_proxy", OA_PORT_HTTP },
    { 8080, OA_SERVICE_HTTP,        NULL,           OA_PORT_HTTP },
    { 3128, OA_SERVICE_HTTP,        NULL,           OA_PORT_HTTP },
    { 135,  OA_SERVICE_MAPPER,      NULL,           0 },
    { 593,  OA_SERVICE_MAPPER,      "proxy_store",  OA_PORT_SERVER },
    { 6001, OA_SERVICE_STORE,       "proxy_store",  OA_PORT_SERVER },
    { 6002, OA_SERVICE_REFERRAL,    "proxy_store",  OA_PORT_SERVER },
    { 6003, OA_SERVICE_NONE,        NULL,           OA_PORT_SERVER },
    { 6004, OA_SERVICE_DIRECTORY,   "proxy_store",  OA_PORT_SERVER },
    { 88,   OA_SERVICE_KERBEROS,    "store_dc",     0 },
    { 389,  OA_SERVICE_LDAP,        "store_dc",     0 },
    { 636,  OA_SERVICE_LDAPS,       "store_dc",     0 },
    { 3268, OA_SERVICE_CATALOG,     "store_dc",     0 },
    { 3269, OA_SERVICE_CATALOG_TLS, "store_dc",     0 },
};
/* clang-format on */

const size_t OA_SERVICE_PORTS_COUNT = sizeof OA_SERVICE_PORTS / sizeof OA_SERVICE_PORTS[0];

const char *
oa_service_name(enum oa_service_id service)
{
    return NAMES[service];
}

const struct oa_service_port *
oa_service_port(uint16_t port)
{
    for (size_t i = 0; i < OA_SERVICE_PORTS_COUNT; i++)
        if (OA_SERVICE_PORTS[i].port == port)
            return &OA_SERVICE_PORTS[i];
    return NULL;
}

const struct oa_service_port *
oa_service_hop_port(uint16_t port)
{
    const struct oa_service_port *row = oa_service_port(port);

    return row && row->hop ? row : NULL;
}

static bool
has_fact(uint16_t port, unsigned fact)
{
    const struct oa_service_port *row = oa_service_port(port);

    return row && (row->facts & fact);
}

bool
oa_is_server_port(uint16_t port)
{
    return has_fact(port, OA_PORT_SERVER);
}

bool
oa_is_http_port(uint16_t port)
{
    return has_fact(port, OA_PORT_HTTP);
}
