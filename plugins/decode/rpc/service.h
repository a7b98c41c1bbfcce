/* service.h
 * The services of an Exchange deployment, and their TCP ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SERVICE_H
#define OA_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oa_service_id {
    OA_SERVICE_NONE,

    /* Identified by the RPC interface; some also have a port of their own. */
    OA_SERVICE_STORE,
    OA_SERVICE_DIRECTORY,
    OA_SERVICE_REFERRAL,
    OA_SERVICE_MANAGEMENT,
    OA_SERVICE_MAPPER,
    OA_SERVICE_GATEWAY,

    /* Identified by the port only. */
    OA_SERVICE_HTTP,
    OA_SERVICE_HTTPS,
    OA_SERVICE_KERBEROS,
    OA_SERVICE_LDAP,
    OA_SERVICE_LDAPS,
    OA_SERVICE_CATALOG,
    OA_SERVICE_CATALOG_TLS,
    OA_SERVICES
};

/* "store", "endpoint mapper"; NULL for OA_SERVICE_NONE. */
const char *oa_service_name(enum oa_service_id service);

/* Facts about a port. */
enum {
    OA_PORT_SERVER = 1, /* RPC proxies connect to it, [MS-RPCH] 2.1.2 */
    OA_PORT_HTTP = 2,   /* HTTP, with or without TLS */
};

struct oa_service_port {
    uint16_t port;
    enum oa_service_id service; /* OA_SERVICE_NONE: no particular one */
    const char *hop; /* of connections to the port, whatever they carry; NULL: not determined */
    unsigned facts;  /* OA_PORT_ */
};

/* All ports, in no particular order. */
extern const struct oa_service_port OA_SERVICE_PORTS[];
extern const size_t OA_SERVICE_PORTS_COUNT;

/* The row of a server's port, or NULL. */
const struct oa_service_port *oa_service_port(uint16_t port);

/* The same, if every connection to the port is on one hop; else NULL. */
const struct oa_service_port *oa_service_hop_port(uint16_t port);

/* A port to which RPC proxies connect. */
bool oa_is_server_port(uint16_t port);

/* A port of HTTP servers or forward proxies. */
bool oa_is_http_port(uint16_t port);

#endif
