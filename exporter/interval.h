/* interval.h
 * What a server carried in one interval of time, and the settings of intervals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_H
#define INTERVAL_H

#include "connection.h"
#include "facts.h"
#include "histogram.h"
#include "rop_facts.h"
#include "user_identity.h"

enum server_role { ROLE_PROXY, ROLE_STORE, ROLE_DIRECTORY };

enum period { PERIOD_ALL, PERIOD_DAY, PERIOD_WEEK };

struct intervals_settings {
    int64_t interval_ns;   /* aligned to UTC */
    int64_t max_gap_ns;    /* between two files, that counts as covered */
    enum period period;    /* of capacity.csv and users.csv */
    int64_t utc_offset_ns; /* of the days and weeks of these */
    struct user_rules users;
};

/* How many of something there were at once. */
struct interval_level {
    double mean; /* weighted by covered time; NO_RATIO if none is covered */
    uint64_t max;
};

/* One interval of one server, or of all servers. */
struct interval {
    int64_t start_ns;
    uint64_t connections_new, connections_failed, http_requests, auth_refused, http_errors;
    uint64_t rpc_errors, backend_attempts, backend_failed;
    uint64_t calls, waiting_calls, faults, unanswered, unknown_calls, orphan_responses;
    uint64_t over[CALL_LIMITS]; /* calls that took longer, as in CALL_LIMITS_S */
    uint64_t rpc_bytes[2], payload_bytes[2], wire_bytes[2], packets[2]; /* by sender */
    uint64_t retransmitted_bytes, lost_bytes;
    uint64_t forgotten;
    uint64_t estimated_calls; /* of the calls */
    uint64_t rops;            /* of calls where they could be read */
    struct rop_messages messages;
    int64_t outstanding_ns;      /* time in calls, as far as it is summed up already; */
    uint64_t outstanding_most;   /* most of them at once, */
    int64_t outstanding_most_ns; /* and when */
    struct histogram *latency, *store_latency; /* NULL: no call */
    struct histogram *round_trip;              /* of handshakes on the client's hop; NULL: none */
    bool has_rops;                             /* a call whose ROPs could be read */

    /* From intervals_settle() on. */
    int64_t covered_ns;
    struct interval_level connections, channels, sessions, outstanding;
    uint64_t users_open, users_active, anonymous_sessions;
    bool has_step; /* a clock was set */
    bool is_one_way;
    bool is_estimated; /* it has estimated calls or sessions, */
    double confidence; /* of which that is the least; NO_RATIO: none */
};

/* A server, with its intervals in order of time. */
struct server_load {
    const char *name;          /* that clients use; NULL if unknown */
    const char *services;      /* of its connections, separated by semicolons */
    const char *service;       /* what is given is only this one of them; NULL: all of them */
    const uint8_t *address;    /* NULL: all servers together */
    enum server_role role;     /* of one server */
    bool has_packets;          /* else the captures contain PDUs without TCP */
    bool is_back_end_only;     /* a proxy of which only the connections to servers are captured */
    struct interval *interval; /* `n` of them, also without traffic */
    size_t n;
    const struct server_sessions *sessions; /* for the functions below */
};

#endif
