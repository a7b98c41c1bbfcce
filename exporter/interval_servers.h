/* interval_servers.h
 * For the modules of intervals only: what is kept of servers, by interval.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef INTERVAL_SERVERS_H
#define INTERVAL_SERVERS_H

#include <glib.h>

#include "base/clock_steps.h"
#include "interval.h"

struct busy_seconds;
struct coverage;
struct user_identities;

#define NS_PER_S INT64_C(1000000000)

/* The end of what has none. */
#define OPEN_END INT64_MAX

/* Half-open. What was there before the capture begins with the covered piece of its `from_ns`. */
struct span {
    int64_t from_ns, to_ns;
    uint32_t user;
    uint32_t program; /* of a session: in `programs` */
    bool was_before;
    bool is_anonymous; /* shows no name */
    bool is_cached, is_classic, is_mapi_http;
    bool is_estimated;
    double confidence; /* of an estimated one */
};

/* A user with a call in an interval; may occur repeatedly. */
struct active {
    int64_t start_ns;
    uint32_t user;
    bool has_rops; /* that could be read */
};

/* Rows that are not packed: what comes is of the last intervals, but for a few late calls. */
#define OPEN_ROWS 8

enum spans { CONNECTIONS, CHANNELS, OUTSTANDING, ONE_WAY, SESSIONS, SPANS };

/* A server as a whole, or one service of it: these are kept apart as soon as it has a second one.
 */
struct server {
    uint8_t address[16];
    enum server_role role;
    bool is_all, has_packets;
    struct server *whole; /* of which this is one service; NULL: it is the whole */
    const char *service;  /* of a whole without `parts`: its only one so far; NULL: none yet */
    GPtrArray *parts;     /* of a whole: struct server, owned, for each service; NULL: only one */
    bool is_proxy;        /* its own hop is captured */
    bool has_back_end;    /* it passed channels on to a server */
    struct server *front; /* of a proxy: the same at the address where clients reach it, if the
                             captures show that this is another one; else NULL */
    GHashTable *packed;   /* set of struct packed_interval, by start_ns */
    struct interval *open[OPEN_ROWS]; /* the other rows, the one used last first; NULL: none */
    struct interval *before;          /* sum of the rows that were forgotten; NULL: none */
    struct outstanding *outstanding;  /* calls under way; NULL: none yet */
    GArray *spans[SPANS];             /* of struct span */
    GArray *active;                   /* of struct active */
    GHashTable *names;                /* name -> number of times */
    GTree *services;                  /* set of static strings */
};

struct intervals {
    struct intervals_settings settings;
    struct coverage *coverage;
    const struct oa_clock_steps *clock_steps; /* NULL: none */
    bool is_settled;
    bool by_service;              /* a server with several services has parts */
    int64_t begin_ns;             /* of what is kept; INT64_MIN: all */
    int64_t end_ns;               /* before which everything is; INT64_MAX: as far as frames are */
    int64_t now_ns, last_ns;      /* of the last frame; the latest time of one */
    uint64_t n_frames;            /* so far, of any protocol */
    struct busy_seconds *seconds; /* of all servers together */
    GTree *servers;               /* struct server, key and value */
    GHashTable *counted;          /* set of what counting keeps of a connection */
    GHashTable *sessions;         /* number -> what it keeps of an open session */
    struct user_identities *users;
    GPtrArray *programs; /* of clients, by number; NULL is the first: unknown */
    GHashTable *program_numbers;
};

/* A session that is open. */
struct session {
    GArray *calls;         /* of struct call_facts: until it is known whose they are */
    GArray *active;        /* of struct active: intervals with a call, without users yet */
    GArray *open[OA_HOPS]; /* of struct span; NULL: none */
    struct session_traffic *traffic;
};

/* The start of the interval that contains the time. */
int64_t interval_start(const struct intervals *intervals, int64_t time_ns);

/* Adds to a histogram, which is made if it is NULL. */
void interval_add_latency(struct histogram **histogram, int64_t ns);

/* The order of two spans, by their beginning. */
int interval_compare_spans(const void *a, const void *b);

/* Appends what an array of the same type contains. */
void interval_append(GArray *to, const GArray *from);

/* The row that starts then, and that of the interval with that time; made if there is none. A row
 * is valid until OPEN_ROWS others of its server have been asked for. */
struct interval *server_row_starting(struct server *server, int64_t start_ns);
struct interval *server_row(const struct intervals *intervals, struct server *server,
                            int64_t time_ns);

/* Calls the function with each row, in no order, and frees the row unless it returns true. No row
 * may be asked for meanwhile. */
void server_rows_each(struct server *server, bool (*take)(void *context, struct interval *row),
                      void *context);

enum server_role server_role_of_hop(enum oa_hop hop);

struct server *server_new(enum server_role role, const uint8_t address[16]);
void server_free(void *server);
int server_compare(const void *a, const void *b, void *unused);

/* The server of that role and address; of the host where the hop, or the channel, ends. Made if
 * there is none. What is returned is its part with that service, if services are kept apart;
 * whatever counts for it counts for its `whole` too. Valid until the next call. */
struct server *server_of(const struct intervals *intervals, enum server_role role,
                         const uint8_t address[16], const char *service);
struct server *server_of_hop(const struct intervals *intervals,
                             const struct oa_virtual_connection *vc, enum oa_hop hop);
struct server *server_of_channel(const struct intervals *intervals,
                                 const struct oa_channel *channel);

/* The part of a whole with that service, as above. */
struct server *server_part(const struct intervals *intervals, struct server *whole,
                           const char *service);

/* The whole of a server. */
struct server *server_whole(struct server *server);

/* A name by which a client calls it; NULL or empty: none. The most frequent one. */
void server_note_name(struct server *server, const char *name);
const char *server_name(const struct server *server);

#endif
