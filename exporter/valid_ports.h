/* valid_ports.h
 * The list of servers and ports that an RPC proxy passes connections on to: the registry value
 * ValidPorts of the key HKLM\Software\Microsoft\Rpc\RpcProxy.
 *
 * Entries `NAME:PORT` or `NAME:LOW-HIGH`, separated by semicolons. The name is compared as it
 * stands, letter case apart, with what the client asked for: no other name and no address of the
 * same server will do. A name that ends with `*` stands for all that begin with the rest. IPv6
 * addresses, which the proxy itself does not take, may stand in brackets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VALID_PORTS_H
#define VALID_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct valid_ports;

/* NULL with one line in `*message` (g_free) when the text is no such list. */
struct valid_ports *valid_ports_parse(const char *text, char **message);
void valid_ports_free(struct valid_ports *ports);

bool valid_ports_allow(const struct valid_ports *ports, const char *server, uint32_t port);

#endif
