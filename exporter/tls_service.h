/* tls_service.h
 * Which connections inside TLS lead to an RPC proxy: without keys they look like those of any web
 * site.
 *
 * One counts if
 *   1. a connection of the same server was decoded: RPC or MAPI over HTTP without TLS;
 *   2. the user has named the server by its address, or by the name that the client requests (SNI);
 *   3. connections of one client with the server have the shape of Outlook Anywhere: what the
 * client sends on one of them is answered on another one, and never on the same. So it was at least
 *      TURNS_NEEDED times in a row until it ended;
 *   4. or they begin as its pair of channels does, and fail: within PAIR_NS of each other, without
 *      a list of application protocols (ALPN), which web browsers send, and with a handshake that
 *      was not finished.
 * Of 1, 3 and 4 the evidence applies to all connections inside TLS of the server. Rows wait for it,
 * bounded in number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TLS_SERVICE_H
#define TLS_SERVICE_H

#include "connection.h"

struct tls_service;

/* Where rows go. */
struct tls_service_sink {
    void (*ended)(void *context, const struct connection_row *row);
    oa_event_function event;
    void *context;
};

/* `proxies`: addresses and names, ended by NULL; not copied, and may be NULL itself. */
struct tls_service *tls_service_new(const struct tls_service_sink *sink, char *const *proxies);

/* Rows that still wait are dropped. */
void tls_service_free(struct tls_service *service);

/* The server of a connection that was decoded. */
void tls_service_know(struct tls_service *service, const struct oa_endpoint *server);

/* What is followed of one connection inside TLS; to be ended. */
struct tls_watch;
struct tls_watch *tls_watch_new(struct tls_service *service, const struct connection *connection);

/* That side has sent these bytes, of one segment. */
void tls_watch_data(struct tls_watch *watch, enum oa_side side, const uint8_t *data, size_t length);

/* The connection has ended; frees the watch, which may be NULL. The row is passed on now, when the
 * server turns out to be one that counts, or never. Those without TLS are passed on at once. */
void tls_service_ended(struct tls_service *service, struct tls_watch *watch,
                       const struct connection_row *row);

#endif
