/* intervals.h
 * What each server carried in each interval of time: the numbers of counters.csv and capacity.csv.
 *
 * A server is an address in a role. A session, its calls and its users count once: at the server of
 * the hop nearest to the client on which they were captured. Connections and their bytes count at
 * the server that accepted them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVALS_H
#define INTERVALS_H

#include "connection.h"
#include "histogram.h"

enum server_role { ROLE_PROXY, ROLE_STORE, ROLE_DIRECTORY };

enum period { PERIOD_ALL, PERIOD_DAY, PERIOD_WEEK };

struct intervals_settings {
    int64_t interval_ns;   /* aligned to UTC */
    int64_t max_gap_ns;    /* between two files, that counts as covered */
    enum period period;    /* of capacity.csv */
    int64_t utc_offset_ns; /* of the days and weeks of that */
};

extern const struct intervals_settings INTERVALS_DEFAULT;

/* Calls that took longer than 2, 5 and 10 s. */
#define INTERVAL_LIMITS 3

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
    uint64_t over[INTERVAL_LIMITS];
    uint64_t rpc_bytes[2], payload_bytes[2], wire_bytes[2], packets[2]; /* by sender */
    uint64_t retransmitted_bytes, lost_bytes;
    struct histogram *latency, *store_latency; /* NULL: no call */

    /* From intervals_settle() on. */
    int64_t covered_ns;
    struct interval_level connections, channels, sessions, outstanding;
    uint64_t users_open, users_active, anonymous_sessions;
    bool has_step; /* the clock of a file went back */
    bool is_one_way;
};

/* A server, with its intervals in order of time. */
struct server_load {
    const char *name;          /* that clients use; NULL if unknown */
    const char *services;      /* of its connections, separated by semicolons */
    const uint8_t *address;    /* NULL: all servers together */
    enum server_role role;     /* of one server */
    bool has_packets;          /* else the captures contain PDUs without TCP */
    struct interval *interval; /* `n` of them, also without traffic */
    size_t n;
    const struct server_sessions *sessions; /* for the functions below */
};

struct intervals;

struct intervals *intervals_new(const struct intervals_settings *settings);
void intervals_free(struct intervals *intervals);
const struct intervals_settings *intervals_settings(const struct intervals *intervals);

/* What happens, in capture order: a frame of a file, of any protocol; what came for a connection
 * with that stamp; an event; a connection that has ended. */
void intervals_take_frame(struct intervals *intervals, size_t file, int64_t time_ns);
void intervals_take_counted(struct intervals *intervals, struct connection *connection,
                            struct oa_stamp stamp);
void intervals_take_event(struct intervals *intervals, const struct oa_event *event);
void intervals_take_connection(struct intervals *intervals, const struct connection_row *row);

/* Calls the function with each server, by role and address, then, if wanted, with all together.
 * What it is given is valid during the call. After the last event. */
void intervals_each(struct intervals *intervals, bool with_all,
                    void (*take)(void *context, const struct server_load *server), void *context);

/* The first and the last covered instant; false if there is none. */
bool intervals_span(struct intervals *intervals, int64_t *first_ns, int64_t *last_ns);

/* The number of distinct users with a session open between the two times. */
uint64_t server_users(const struct server_load *server, int64_t from_ns, int64_t to_ns);

/* The number of distinct users with a call between the two times. */
uint64_t server_active_users(const struct server_load *server, int64_t from_ns, int64_t to_ns);

/* Shares of the time for which sessions were open. */
struct server_clients {
    double cached, classic, mapi_http; /* NO_RATIO: no session */
    char *programs;                    /* "name version:share;...", the most frequent first; to be
                                          freed with g_free() */
};

void server_clients(const struct server_load *server, int64_t from_ns, int64_t to_ns,
                    struct server_clients *clients);

/* "proxy", "store", "directory". */
const char *server_role_name(enum server_role role);

#endif
