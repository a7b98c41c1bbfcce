/* valid_ports.h
 * The servers and ports to which an RPC proxy forwards connections: the registry value ValidPorts
 * of the key HKLM\Software\Microsoft\Rpc\RpcProxy.
 *
 * Entries `NAME:PORT` or `NAME:LOW-HIGH`, separated by semicolons. The name is compared
 * literally, ignoring case, with the one that the client requested: other names and addresses of
 * the same server do not match. A name that ends with `*` matches all names with that prefix. IPv6
 * addresses, which the proxy itself does not accept, may be in brackets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VALID_PORTS_H
#define VALID_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct valid_ports;

/* Returns NULL with a message for one line in `*message` (g_free) if the text is not such a list.
 */
struct valid_ports *valid_ports_parse(const char *text, char **message);
void valid_ports_free(struct valid_ports *ports);

/* Calls the function with each port that the list allows; `ports` may be NULL. */
void valid_ports_each(const struct valid_ports *ports,
                      void (*function)(void *context, uint16_t port), void *context);

bool valid_ports_allow(const struct valid_ports *ports, const char *server, uint32_t port);

#endif
