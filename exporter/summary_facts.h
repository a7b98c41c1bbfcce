/* summary_facts.h
 * For the modules of the summary only: what is kept of the reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SUMMARY_FACTS_H
#define SUMMARY_FACTS_H

#include <glib.h>
#include <stdint.h>

/* What is summed up under a name. */
#define SUM_NAMES 3
#define SUM_NUMBERS 4

struct sum {
    char *names[SUM_NAMES]; /* the key; NULL and "": none */
    double numbers[SUM_NUMBERS];
};

enum sums { BY_TRANSPORT, BY_USER, BY_OPERATION, BY_FINDING, BY_TLS_SERVER, BY_TLS_REASON, SUMS };

/* Numbers of a sum, by kind. */
enum { USER_CALLS, USER_SESSIONS, USER_BYTES_IN, USER_BYTES_OUT };
enum { TLS_CONNECTIONS, TLS_UNFINISHED, TLS_BYTES_IN, TLS_BYTES_OUT }; /* NAN: unknown */
enum { OPERATION_CALLS, OPERATION_FAULTS, OPERATION_UNANSWERED, OPERATION_MAX_MS };

/* Names of a sum, by kind. */
enum { FINDING_SEVERITY, FINDING_CODE, FINDING_MEANING };
enum { TLS_SERVER, TLS_NAME, TLS_IS_PROXY };

enum call_state { CALLS, ANSWERED, FAULTS, UNANSWERED, UNKNOWN, NO_REQUEST, CALL_STATES };

/* Cells of the row of capacity that sums up all servers. */
enum overall {
    USERS_SEEN,
    USERS_PEAK,
    CALLS_PEAK,
    CALLS_PEAK_AT,
    LATENCY_MEAN,
    LATENCY_P50,
    LATENCY_P95,
    LATENCY_MAX,
    QUALITY,
    OVERALLS
};

/* Virtual connections inside TLS, by their shape. */
struct estimates {
    uint64_t sessions, unknown; /* of RPC over HTTP; those with an unknown number of calls */
    uint64_t mapi_sessions;
    double calls;             /* of the others */
    double least_ms, most_ms; /* of their median latencies */
};

struct summary {
    const struct oa_renamer *renamer;
    GHashTable *sums[SUMS]; /* key -> struct sum */
    GPtrArray *captures;    /* the names of the first ones */
    uint64_t sessions, sealed_sessions;
    double calls[CALL_STATES];
    struct estimates estimates;
    char *overall[OVERALLS];   /* NULL: unknown */
    double tls_connections[2]; /* that could not be read: undecided, of a proxy */
};

#endif
