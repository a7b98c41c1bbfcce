/* interval_levels.h
 * What the reports get of intervals, after the last event.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_LEVELS_H
#define INTERVAL_LEVELS_H

#include "interval.h"

struct intervals;

/* Calls the function with each server, by role and address. What it is given is valid during the
 * call. */
void intervals_each(struct intervals *intervals,
                    void (*take)(void *context, const struct server_load *server), void *context);

/* The same, with each service of a server after the server, if these are kept
 * apart, and at last with all servers together. */
void intervals_each_service(struct intervals *intervals,
                            void (*take)(void *context, const struct server_load *server),
                            void *context);

/* The first and the last covered instant; false if there is none. */
bool intervals_span(struct intervals *intervals, int64_t *first_ns, int64_t *last_ns);

/* How much of the time between the two is covered. */
int64_t intervals_covered(struct intervals *intervals, int64_t from_ns, int64_t to_ns);

/* Calls the function with each covered piece of time, in their order. */
void intervals_each_piece(struct intervals *intervals,
                          void (*take)(void *context, int64_t first_ns, int64_t last_ns),
                          void *context);

/* The second with most calls at all servers together, see busy_seconds.h. */
bool intervals_busiest_second(struct intervals *intervals, int64_t *start_ns, double *calls_per_s);

/* The number of distinct users with a session open between the two times. */
uint64_t server_users(const struct server_load *server, int64_t from_ns, int64_t to_ns);

/* The number of distinct users with a call between the two times. */
uint64_t server_active_users(const struct server_load *server, int64_t from_ns, int64_t to_ns);

/* The sum over local days of their users with a call whose ROPs could be read. */
uint64_t server_rop_user_days(const struct server_load *server, int64_t from_ns, int64_t to_ns);

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
