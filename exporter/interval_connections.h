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

/* As intervals_take_counted() and intervals_take_connection(). */
void interval_take_counted(struct intervals *intervals, struct connection *connection,
                           struct oa_stamp stamp);
void interval_take_connection(struct intervals *intervals, const struct connection_row *row);

/* The role and the service of a connection to a proxy are known as soon as its channel has a kind;
 * any other may turn out to be of another service. */
void interval_place_channel(struct intervals *intervals, const struct oa_channel *channel);

/* Brings the rows up to date: what has come for connections counts in them only when its interval
 * has passed. */
void interval_settle_connections(struct intervals *intervals);

/* Frees what counting keeps of a connection. */
void interval_free_counted(void *counted);

#endif
