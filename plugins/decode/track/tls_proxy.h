/* tls_proxy.h
 * For hosts. Which servers of connections inside TLS are RPC proxies: without keys these
 * connections look like those of any web site.
 *
 * A server is one if
 *   1. a connection with it was decoded: RPC or MAPI over HTTP without TLS, or decrypted; or with
 *      its name, as the requests of such a connection call it (Host);
 *   2. the user has named it by its address, or by the name that the client requests (SNI);
 *   3. connections of one client with it have the shape of Outlook Anywhere: what the client sends
 *      on one of them is answered on another one, and never on the same. So it was at least
 *      TURNS_NEEDED times in a row until the connection ended;
 *   4. or they begin as its pair of channels does, and fail: within PAIR_NS of each other, without
 *      a list of application protocols (ALPN), which web browsers send, and with a handshake that
 *      was not finished.
 * Of 1, 3 and 4 the evidence applies to all connections inside TLS with the server, a name in
 * requests to those that request it (SNI).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_PROXY_H
#define OA_TLS_PROXY_H

#include "base/text.h"
#include "tls/tls_facts.h"

struct oa_tracker;

/* Addresses and names that the user gives, ended by NULL; not copied, and may be NULL itself. */
void oa_tls_proxies_name(struct oa_tracker *tracker, char *const *hosts);

/* What is followed of one connection inside TLS, once its sides are certain. To be freed before the
 * tracker. */
struct oa_tls_watch;
struct oa_tls_watch *oa_tls_watch_new(struct oa_tracker *tracker, const struct oa_endpoint *client,
                                      const struct oa_endpoint *server);
void oa_tls_watch_free(struct oa_tls_watch *watch); /* may be NULL */

/* That side has sent these bytes, of one segment. */
void oa_tls_watch_data(struct oa_tls_watch *watch, enum oa_side side, const uint8_t *data,
                       size_t length);

/* For connection_end.c: the connection, which began at that time, has ended; whether it shows that
 * its server is a proxy. `tls` may be NULL. */
bool oa_tls_watch_ended(struct oa_tls_watch *watch, const struct oa_tls_facts *tls,
                        int64_t begin_ns);

/* For connection_end.c: the server is a proxy; false if that was known. */
bool oa_tls_proxies_add(struct oa_tracker *tracker, const struct oa_endpoint *server);

/* For connection_end.c: what requests to a proxy call their host, with or without a port; NULL if
 * that was known, or is no name. Otherwise the name, which keeps as long as the tracker. */
const char *oa_tls_proxies_add_name(struct oa_tracker *tracker, struct oa_text host);

/* Whether the server is a proxy, or the user has named the connection's. */
bool oa_tls_proxies_has(const struct oa_tracker *tracker, const struct oa_endpoint *server,
                        const struct oa_tls_facts *tls);

/* For the tracker. */
struct tls_proxies *oa_tls_proxies_new(void);
void oa_tls_proxies_free(struct tls_proxies *proxies);

#endif
