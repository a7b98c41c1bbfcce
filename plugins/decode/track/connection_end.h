/* connection_end.h
 * For hosts. What the end of a TCP connection shows beyond its channel: loss, TLS, a server that
 * does not listen. An end inside TLS waits, bounded in number, until its server turns out to be a
 * proxy (tls_proxy.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CONNECTION_END_H
#define OA_CONNECTION_END_H

#include "tls/tls_opener.h"
#include "track/events.h"
#include "track/tls_proxy.h"

/* A connection that has ended. */
struct oa_connection_end {
    void *host;                     /* the host's own: oa_event.host of its findings */
    struct oa_channel *channel;     /* NULL if no RPC or MAPI over HTTP; not yet closed */
    const struct oa_tls_facts *tls; /* NULL if it did not start as TLS does */
    struct oa_tls_outcome opened;   /* of TLS; empty in a host that opens it itself */
    struct oa_endpoint server;
    struct oa_tls_watch *watch; /* NULL if it did not; stays the host's */
    struct oa_ending ending;
    int64_t begin_ns;
    struct oa_stamp last; /* frame */
    bool has_data;        /* either side has sent payload */
    bool is_attempt;      /* without payload, to a port of oa_named_ports_has() */
    bool was_refused;     /* the server responded to the SYN with a reset */
    uint64_t lost_bytes[2];
};

/* Whether the connection counts: it carries RPC or MAPI over HTTP, its port is that of one of
 * Exchange's services, or it is TLS to a port of HTTPS. */
bool oa_connection_counts(const struct oa_channel *channel, const struct oa_tls_facts *tls,
                          uint16_t server_port);

/* Whether one of the findings about certificates applies to the connection: each connection has its
 * own answer, whereas a certificate is reported once. */
bool oa_connection_has_certificate_problem(const struct oa_tls_facts *tls);

/* For a host that reports connections itself. */
struct oa_end_listener {
    void *context;
    /* The connection has ended and does not have to wait, or no longer; before its findings. */
    void (*ended)(void *context, const struct oa_connection_end *end);
    void *(*keep)(void *host);  /* a copy of `host` for an end that waits */
    void (*forget)(void *host); /* frees the copy */
    /* At the end: one inside TLS, or to the port of HTTPS, of which nothing shows whether its
     * server is a proxy; or, with NULL, that many of that server which have been dropped meanwhile.
     * May be NULL. */
    void (*undecided)(void *context, const uint8_t server[16], const struct oa_connection_end *end,
                      uint64_t connections);
};

void oa_connection_ends_listen(struct oa_tracker *tracker, const struct oa_end_listener *listener);

/* The connection has ended: reports what that shows, of a connection that counts; now, when its
 * server turns out to be a proxy, or never. A certificate is reported once for each server and
 * requested name. */
void oa_connection_ended(struct oa_tracker *tracker, const struct oa_connection_end *end);

/* For channel.c: the server is a proxy. Ends that waited for it are reported. */
void oa_connection_ends_know(struct oa_tracker *tracker, const struct oa_endpoint *server);

/* For what reads heads: a request to a proxy calls its host like that. Ends that waited for that
 * name are reported. */
void oa_connection_ends_know_name(struct oa_tracker *tracker, struct oa_text host);

/* For the tracker: ends that wait, and certificates that were reported. */
struct connection_end_table *oa_connection_ends_new(void);
void oa_connection_ends_free(struct connection_end_table *table);

/* For the tracker, at its end: tells the listener what still waits. */
void oa_connection_ends_tell_undecided(const struct connection_end_table *table);

#endif
