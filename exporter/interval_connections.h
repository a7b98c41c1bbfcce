/* interval_connections.h
 * For the modules of intervals only: connections and their bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_CONNECTIONS_H
#define INTERVAL_CONNECTIONS_H

#include "interval_servers.h"

/* When the connection was open. */
struct span interval_span_of(const struct connection *connection);

/* The role and the service of a connection to a proxy are known as soon as its channel has a kind;
 * any other may turn out to be of another service. */
void intervals_place_channel(struct intervals *intervals, const struct oa_channel *channel);

/* Frees what counting keeps of a connection. */
void interval_free_counted(void *counted);

#endif
