/* estimate.h
 * What is estimated of connections inside TLS from their shape; shape.h says how.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ESTIMATE_H
#define OA_ESTIMATE_H

#include "tls/tls_record_size.h"

/* Below, calls are unknown. */
#define OA_ESTIMATE_SCORE 0.9

enum oa_estimate_kind { OA_ESTIMATE_CALLS, OA_ESTIMATE_NOTIFICATIONS, OA_ESTIMATE_MAPI_HTTP };

/* Why the calls of a virtual connection are unknown, the first that applies. */
enum oa_estimate_doubt {
    OA_DOUBT_NONE,
    OA_DOUBT_PARTNER,        /* another pair of channels fits as well */
    OA_DOUBT_ORPHANS,        /* answers without a request: several calls at a time */
    OA_DOUBT_OVERLAPS,       /* requests that are not answered in turn */
    OA_DOUBT_LOSS,           /* too much is missing from the capture, or what may have been calls */
    OA_DOUBT_PADDING,        /* in TLS 1.3: sizes do not tell calls from PDUs about channels */
    OA_DOUBT_AUTHENTICATION, /* what looks like the first call may be the end of it */
    OA_DOUBT_RECYCLING,      /* a response may be a PDU about a channel that is being recycled */
    OA_DOUBT_HTTP,           /* requests of MAPI over HTTP look like all others of the client */
    OA_DOUBT_BEGINNING,      /* the capture begins in the middle: what looks like the first call may
                                be the bind; or sizes do not tell calls from pings */
};

/* A virtual connection; or a session of MAPI over HTTP, of which only what its waits show is known.
 */
struct oa_estimate {
    uint64_t number; /* from 0, as they are recognised */
    enum oa_estimate_kind kind;
    enum oa_estimate_doubt doubt; /* NONE: `calls` is known */
    struct oa_endpoint client;    /* of the OUT channel, or of the connection that waits */
    struct oa_endpoint server;
    uint16_t in_port; /* the client's port of the IN channel */
    char sni[OA_TLS_NAME_TEXT];
    uint16_t tls_version, cipher_suite; /* of the OUT channel */
    struct oa_stamp begun, ended;       /* first and last frames of its connections */
    bool is_open;                       /* when the capture ended */
    bool has_exact_sizes;     /* A1 and B1 were told by theirs, not by what followed alone */
    bool is_middle;           /* it began before the capture: only turns show it */
    uint64_t calls, answered; /* exchanges after the bind */
    uint64_t clean;           /* of these, without a sign of doubt */
    uint64_t orphans, overlaps, lossy;
    uint64_t pings, acks, recycles;
    uint64_t waits;     /* MAPI over HTTP: requests that waited for notifications; */
    uint64_t exchanges; /* and those of the client with the server that were answered, so far */
    struct oa_tls_size bytes[2]; /* plaintext, by sender, without heads */
    double score;                /* from 0 to 1: the clean share of the exchanges, with the bind,
                                    which is not clean if it is missing */
    void *user;                  /* the listener's own */
};

/* An exchange that is taken for a call; or for one of HTTP on a connection that is no channel. */
struct oa_estimated_call {
    struct oa_stamp request_first, request_last;   /* frame 0: lost */
    struct oa_stamp response_first, response_last; /* frame 0: none */
    struct oa_tls_size bytes[2];
    bool is_waiting; /* for a notification */
    double score;    /* as above, of the part that it was judged with */
};

/* All functions may be NULL. What they are given is valid during the call. */
struct oa_shape_listener {
    void *context;
    /* A call of a virtual connection, in parts that alternate well enough; up to 64 calls late. */
    void (*call)(void *context, struct oa_estimate *estimate, const struct oa_estimated_call *call);
    void (*ended)(void *context, struct oa_estimate *estimate);
    /* Of the connection with that host. */
    void (*exchange)(void *host, const struct oa_estimated_call *exchange);
};

#endif
