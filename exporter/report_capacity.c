/* report_capacity.c
 * capacity.csv: one row for each period and server, and for all servers: peaks, the busy hour, and
 * load per user.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "interval_levels.h"
#include "intervals.h"
#include "period.h"
#include "report.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_HOUR (3600 * NS_PER_S)
#define NS_PER_DAY (24 * NS_PER_HOUR)

/* How much of an hour must be covered to be the busy one. */
#define BUSY_COVERED_NS (54 * 60 * NS_PER_S)

/* How much of each day must be covered for it to stand for the whole: a working day. */
#define PROFILE_COVERED_NS (8 * NS_PER_HOUR)

/* The profiles of the role requirements calculator: multiples of that, up to 500. */
#define PROFILE_STEP 50
#define PROFILES 10

struct row {
    const struct server_load *server;
    const uint8_t *address;
    const char *role, *server_name;
    int64_t start_ns, end_ns;
    double covered_h;
    uint64_t users_seen, users_peak, active_peak, sessions_peak, connections_peak;
    int64_t users_at, active_at, sessions_at, connections_at, calls_at, busy_at;
    double connections_per_user, calls_peak;
    double busy_calls, busy_bytes[2], busy_outstanding;
    uint64_t busy_users;
    struct histogram *busy_latency, *latency; /* NULL: no call */
    double calls_per_user, hour_bytes[2], day_bytes[2];
    double peak_to_mean, concurrency, over[CALL_LIMITS], quality_share;
    double messages_sent, messages_received;
    uint64_t message_bytes;
    const char *profile;
    char profile_text[8];
    struct histogram *round_trip;
    struct server_clients clients;
    const char *estimated;
    double confidence;
};

/* clang-format off */
static const struct column COLUMNS_OF_CAPACITY[] = {
    { "period_start", TIME(start_ns), "First covered instant of the period" TIMES_ARE },
    { "period_end", TIME(end_ns), "Last covered instant" },
    { "covered_h", REAL("h", covered_h), "How much of it the captures cover" },
    { "server_address", ADDRESS(address), "Server, as in counters.csv; empty for all together" },
    { "server_name", NAMED(HOST, server_name), "Its name, as in counters.csv; \"all\" for all together" },
    { "role", WORD(role), "proxy, store, directory; empty for all together" },
    { "services", WORD_OF(server, services),
      "Services of its connections, separated by semicolons" },
    { "users_seen", COUNT(users_seen), "Distinct users with a session; users and sessions count at the server where the hop nearest to "
      "the client ends, and nowhere else" },
    { "users_peak", NUMBER(users_peak), "Most users with a session open in one interval" },
    { "users_peak_at", TIME(users_at), "Begin of that interval" },
    { "users_active_peak", NUMBER(active_peak), "Most users with a call in one interval" },
    { "users_active_peak_at", TIME(active_at), "Begin of that interval" },
    { "sessions_peak", NUMBER(sessions_peak), "Most sessions open at once" },
    { "sessions_peak_at", TIME(sessions_at), "Begin of that interval" },
    { "connections_peak", NUMBER(connections_peak), "Most TCP connections open at once" },
    { "connections_peak_at", TIME(connections_at), "Begin of that interval" },
    { "connections_per_user", RATIO(connections_per_user),
      "Most connections open at once, divided by users, in the interval with most users" },
    { "calls_peak_per_s", REAL("1/s", calls_peak),
      "Most calls per covered second, of intervals that are covered by at least half" },
    { "calls_peak_at", TIME(calls_at), "Begin of that interval" },
    { "busy_hour", TIME(busy_at),
      "Begin of the 60 minutes with most calls, of those that are covered for at least 54 minutes; empty, "
      "with all that depends on it, if there are none" },
    { "busy_hour_calls_per_s", REAL("1/s", busy_calls), "Calls per covered second" },
    { "busy_hour_users_active", NUMBER(busy_users), "Distinct users with a call" },
    { "busy_hour_bytes_in_per_s", REAL("1/s", busy_bytes[OA_CLIENT]),
      "Bytes of IP packets from clients per covered second" },
    { "busy_hour_bytes_out_per_s", REAL("1/s", busy_bytes[OA_SERVER]), "The same to clients" },
    { "busy_hour_latency_p95_ms", P95_MS(busy_latency), "95th percentile of latency" },
    { "busy_hour_outstanding_mean", REAL("mean", busy_outstanding), "Mean of calls under way" },
    { "calls_per_user_per_s", REAL("1/s", calls_per_user),
      "In the busy hour, calls per covered second and active user" },
    { "bytes_in_per_user_per_h", REAL("bytes/h", hour_bytes[OA_CLIENT]),
      "In the busy hour, bytes of IP packets from clients per covered hour and active user" },
    { "bytes_out_per_user_per_h", REAL("bytes/h", hour_bytes[OA_SERVER]), "The same to clients" },
    { "bytes_in_per_user_per_day", REAL("bytes/d", day_bytes[OA_CLIENT]),
      "Bytes of IP packets from clients, divided by the sum over days of users with a session" },
    { "bytes_out_per_user_per_day", REAL("bytes/d", day_bytes[OA_SERVER]), "The same to clients" },
    { "peak_to_mean", RATIO(peak_to_mean),
      "Calls per covered second in the busy hour, divided by those of the period" },
    { "concurrency", RATIO(concurrency), "users_peak divided by users_seen" },
    { "latency_p50_ms", P50_MS(latency),
      "Median time from the last byte of a request to the last byte of its response; without calls "
      "that wait for notifications" },
    { "latency_p95_ms", P95_MS(latency), "95th percentile" },
    { "latency_p99_ms", P99_MS(latency), "99th percentile" },
    { "latency_max_ms", GREATEST_MS(latency), "Maximum" },
    { "over_2s_share", RATIO(over[0]), "Share of these calls that took more than 2 s" },
    { "over_5s_share", RATIO(over[1]), "The same for 5 s" },
    { "over_10s_share", RATIO(over[2]), "The same for 10 s" },
    { "messages_sent_per_user_per_day", REAL("mean", messages_sent),
      "Messages submitted, as messages_sent in users.csv, divided by the sum over days of users with a "
      "call whose ROPs could be read; of an hour of a day only what was sent in it" ROPS_ARE },
    { "messages_received_per_user_per_day", REAL("mean", messages_received),
      "The same for messages_received: announced to the client" },
    { "message_bytes_mean", BYTES(message_bytes), "Mean size, as in users.csv" },
    { "profile", WORD(profile),
      "Profile of the role requirements calculator: the nearest of 50, 100, ... 500 messages sent and "
      "received per user and day; empty if less than 8 hours of a day are covered on average" },
    { "cached_share", RATIO(clients.cached),
      "Share of sessions in cached mode, of those whose mode is known, by the time for which they were "
      "open" },
    { "classic_share", RATIO(clients.classic), "The same for classic, or online, mode" },
    { "mapi_http_share", RATIO(clients.mapi_http), "Share of all sessions by that time: MAPI over HTTP" },
    { "clients", WORD(clients.programs),
      "Client programs with their versions and shares of that time, NAME:SHARE, separated by "
      "semicolons" },
    { "quality_share", RATIO(quality_share),
      "Share of the covered time in intervals without lost bytes, without steps of a clock, and "
      "without connections of which only one direction was captured" },
    { "latency_mean_ms", MEAN_MS(latency), "Mean of the times of latency_p50_ms" },
    { "hop_rtt_ms", P50_MS(round_trip),
      "Median time from SYN to the acknowledgment of the SYN+ACK, on the client's hop: share of the "
      "network in the latency; without handshakes of which something was sent again" },
    { "estimated", WORD(estimated),
      "yes if some of the sessions or calls are estimated from the shape of connections inside TLS "
      "(--estimates); users, and what is for each of them, are empty then" },
    { "confidence", RATIO(confidence), "The least confidence of these sessions" },
    { "service", WORD_OF(server, service),
      "The row is of this service alone, as in connections.csv; empty: of all of them. A server with "
      "only one service has one row; one with several has rows for each of them after its own" },
};
/* clang-format on */

static double
divided(double value, double by)
{
    return by > 0 ? value / by : NO_RATIO;
}

static double
seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* Intervals `at` to `end` of a server, and what they sum up to. */
struct part {
    const struct server_load *server;
    size_t at, end;
    int64_t covered_ns;
    uint64_t calls, bytes[2];
    double outstanding; /* calls times nanoseconds */
    struct histogram *latency, *round_trip;
    bool has_rops;
    struct rop_messages messages;
};

static void
add_up(struct part *part)
{
    part->latency = histogram_new();
    part->round_trip = histogram_new();
    for (size_t i = part->at; i < part->end; i++) {
        const struct interval *one = &part->server->interval[i];
        part->covered_ns += one->covered_ns;
        part->calls += one->calls;
        part->bytes[OA_CLIENT] += one->wire_bytes[OA_CLIENT];
        part->bytes[OA_SERVER] += one->wire_bytes[OA_SERVER];
        if (one->covered_ns)
            part->outstanding += one->outstanding.mean * (double)one->covered_ns;
        if (one->latency)
            histogram_merge(part->latency, one->latency);
        if (one->round_trip)
            histogram_merge(part->round_trip, one->round_trip);
        part->has_rops |= one->has_rops;
        rop_add_messages(&part->messages, &one->messages);
    }
}

static void
free_sums(struct part *part)
{
    histogram_free(part->latency);
    histogram_free(part->round_trip);
}

static void
raise_peak(uint64_t *peak, int64_t *peak_at, uint64_t value, const struct interval *at)
{
    if (value <= *peak)
        return;
    *peak = value;
    *peak_at = at->start_ns;
}

static void
find_peaks(struct row *row, const struct part *part, int64_t length_ns)
{
    row->users_at = row->active_at = row->sessions_at = row->connections_at = NO_TIME;
    row->calls_at = NO_TIME;
    row->calls_peak = row->connections_per_user = NO_RATIO;
    for (size_t i = part->at; i < part->end; i++) {
        const struct interval *one = &part->server->interval[i];
        double calls = divided((double)one->calls, seconds(one->covered_ns));

        if (one->covered_ns == 0)
            continue;
        if (one->users_open > row->users_peak && part->server->has_packets)
            row->connections_per_user = (double)one->connections.max / (double)one->users_open;
        raise_peak(&row->users_peak, &row->users_at, one->users_open, one);
        raise_peak(&row->active_peak, &row->active_at, one->users_active, one);
        raise_peak(&row->sessions_peak, &row->sessions_at, one->sessions.max, one);
        raise_peak(&row->connections_peak, &row->connections_at, one->connections.max, one);
        if (2 * one->covered_ns >= length_ns && calls > row->calls_peak) {
            row->calls_peak = calls;
            row->calls_at = one->start_ns;
        }
    }
    if (!part->server->has_packets)
        row->connections_peak = NO_NUMBER;
}

/* The hour with most calls; false if none is covered. */
static bool
find_busy_hour(const struct part *part, int64_t length_ns, struct part *busy)
{
    size_t n = (size_t)(NS_PER_HOUR / length_ns), best = part->end;
    const struct interval *all = part->server->interval;
    int64_t covered_ns = 0;
    uint64_t calls = 0, most = 0;

    for (size_t i = part->at; n > 0 && i < part->end; i++) {
        covered_ns += all[i].covered_ns;
        calls += all[i].calls;
        if (i + 1 < part->at + n)
            continue;
        size_t first = i + 1 - n;
        bool is_hour = all[i].start_ns - all[first].start_ns == (int64_t)(n - 1) * length_ns;
        if (is_hour && covered_ns >= BUSY_COVERED_NS && calls > most) {
            best = first;
            most = calls;
        }
        covered_ns -= all[first].covered_ns;
        calls -= all[first].calls;
    }
    *busy = (struct part){ .server = part->server, .at = best, .end = best + n };
    return best != part->end;
}

static void
fill_busy_hour(struct row *row, const struct part *part, const struct part *busy, int64_t length_ns)
{
    double covered_s = seconds(busy->covered_ns);

    row->busy_at = busy->server->interval[busy->at].start_ns;
    row->busy_users = server_active_users(
        busy->server, row->busy_at, row->busy_at + (int64_t)(busy->end - busy->at) * length_ns);
    row->busy_calls = (double)busy->calls / covered_s;
    row->busy_outstanding = busy->outstanding / (double)busy->covered_ns;
    row->busy_latency = busy->latency;
    row->calls_per_user = divided(row->busy_calls, (double)row->busy_users);
    row->peak_to_mean = row->busy_calls * seconds(part->covered_ns) / (double)part->calls;
    for (int side = OA_CLIENT; side <= OA_SERVER && busy->server->has_packets; side++) {
        row->busy_bytes[side] = (double)busy->bytes[side] / covered_s;
        row->hour_bytes[side] = divided(row->busy_bytes[side] * 3600, (double)row->busy_users);
    }
}

/* The sum over days of their users. */
static uint64_t
user_days(const struct part *part, const struct intervals_settings *settings)
{
    uint64_t sum = 0;

    for (size_t i = part->at; i < part->end;) {
        int64_t day_ns = day_start(part->server->interval[i].start_ns, settings->utc_offset_ns);
        int64_t next_ns = day_ns + NS_PER_DAY;

        sum += server_users(part->server, day_ns, next_ns);
        while (i < part->end && part->server->interval[i].start_ns < next_ns)
            i++;
    }
    return sum;
}

static double
quality_of(const struct part *part)
{
    int64_t good_ns = 0;

    for (size_t i = part->at; i < part->end; i++) {
        const struct interval *one = &part->server->interval[i];
        if (!one->lost_bytes && !one->has_step && !one->is_one_way)
            good_ns += one->covered_ns;
    }
    return divided((double)good_ns, (double)part->covered_ns);
}

/* How many local days have something that is covered. */
static int64_t
days_of(const struct part *part, int64_t utc_offset_ns)
{
    int64_t days = 0;

    for (size_t i = part->at; i < part->end;) {
        int64_t next_ns = day_start(part->server->interval[i].start_ns, utc_offset_ns) + NS_PER_DAY;
        bool is_covered = false;
        for (; i < part->end && part->server->interval[i].start_ns < next_ns; i++)
            is_covered |= part->server->interval[i].covered_ns > 0;
        days += is_covered;
    }
    return days;
}

static void
fill_messages(struct row *row, const struct part *part, const struct intervals_settings *settings)
{
    const struct rop_messages *messages = &part->messages;
    double user_days = (double)server_rop_user_days(
        part->server, part->server->interval[part->at].start_ns, row->end_ns);
    bool is_day = part->covered_ns >= PROFILE_COVERED_NS * days_of(part, settings->utc_offset_ns);

    if (!part->has_rops)
        return;
    row->messages_sent = divided((double)messages->sent, user_days);
    row->messages_received = divided((double)messages->received, user_days);
    if (messages->sizes)
        row->message_bytes = (messages->size_sum + messages->sizes / 2) / messages->sizes;
    double a_day = row->messages_sent + row->messages_received;
    if (user_days == 0 || !is_day)
        return;
    snprintf(row->profile_text, sizeof row->profile_text, "%d",
             CLAMP((int)(a_day / PROFILE_STEP + 0.5), 1, PROFILES) * PROFILE_STEP);
    row->profile = row->profile_text;
}

static void
fill_totals(struct row *row, const struct part *part, const struct intervals_settings *settings)
{
    double days = (double)user_days(part, settings);

    row->covered_h = (double)part->covered_ns / (double)NS_PER_HOUR;
    row->users_seen = server_users(part->server, row->start_ns, row->end_ns);
    row->concurrency = divided((double)row->users_peak, (double)row->users_seen);
    row->latency = part->latency;
    for (int i = 0; i < CALL_LIMITS; i++)
        row->over[i] = divided((double)histogram_above(part->latency, CALL_LIMITS_S[i] * NS_PER_S),
                               (double)histogram_count(part->latency));
    for (int side = OA_CLIENT; side <= OA_SERVER && part->server->has_packets; side++)
        row->day_bytes[side] = divided((double)part->bytes[side], days);
    row->quality_share = quality_of(part);
    row->round_trip = part->round_trip;
    fill_messages(row, part, settings);
    server_clients(part->server, row->start_ns, row->end_ns, &row->clients);
}

/* Estimated sessions show no users. */
static void
mark_estimates(struct row *row, const struct part *part)
{
    row->confidence = NO_RATIO;
    for (size_t i = part->at; i < part->end; i++) {
        const struct interval *one = &part->server->interval[i];
        if (!one->is_estimated)
            continue;
        row->estimated = "yes";
        if (row->confidence == NO_RATIO || one->confidence < row->confidence)
            row->confidence = one->confidence;
    }
    if (!row->estimated)
        return;
    row->users_seen = row->users_peak = row->active_peak = row->busy_users = NO_NUMBER;
    row->users_at = row->active_at = NO_TIME;
    row->connections_per_user = row->calls_per_user = row->concurrency = NO_RATIO;
    row->messages_sent = row->messages_received = NO_RATIO;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        row->hour_bytes[side] = row->day_bytes[side] = NO_RATIO;
    row->profile = NULL;
}

static void
put(struct report_run *run, struct part *part)
{
    const struct intervals_settings *settings = intervals_settings(run->intervals);
    const struct server_load *server = part->server;
    const struct interval *first = &server->interval[part->at];
    const struct interval *last = &server->interval[part->end - 1];
    struct part busy;
    struct row row = {
        .server = server,
        .address = server->address,
        .server_name = server->address ? server->name : "all",
        .role = server->address ? server_role_name(server->role) : NULL,
        .busy_at = NO_TIME,
        .busy_users = NO_NUMBER,
        .busy_calls = NO_RATIO,
        .busy_outstanding = NO_RATIO,
        .calls_per_user = NO_RATIO,
        .peak_to_mean = NO_RATIO,
        .busy_bytes = { NO_RATIO, NO_RATIO },
        .hour_bytes = { NO_RATIO, NO_RATIO },
        .day_bytes = { NO_RATIO, NO_RATIO },
        .messages_sent = NO_RATIO,
        .messages_received = NO_RATIO,
        .message_bytes = NO_NUMBER,
    };

    if (!intervals_span(run->intervals, &row.start_ns, &row.end_ns))
        return;
    row.start_ns = MAX(row.start_ns, first->start_ns);
    row.end_ns = MIN(row.end_ns, last->start_ns + settings->interval_ns);
    add_up(part);
    find_peaks(&row, part, settings->interval_ns);
    bool has_busy_hour = find_busy_hour(part, settings->interval_ns, &busy);
    if (has_busy_hour) {
        add_up(&busy);
        fill_busy_hour(&row, part, &busy, settings->interval_ns);
    }
    fill_totals(&row, part, settings);
    mark_estimates(&row, part);
    report_row(run, &row);
    g_free(row.clients.programs);
    free_sums(part);
    if (has_busy_hour)
        free_sums(&busy);
}

static void
take_server(void *context, const struct server_load *server)
{
    struct report_run *run = context;
    const struct intervals_settings *settings = intervals_settings(run->intervals);

    if (server->is_back_end_only)
        return;
    for (size_t i = 0; i < server->n;) {
        int64_t period_ns = period_start(settings, server->interval[i].start_ns);
        struct part part = { .server = server, .at = server->n };

        /* Without the hole at the begin and at the end. */
        for (; i < server->n && period_start(settings, server->interval[i].start_ns) == period_ns;
             i++) {
            if (!server->interval[i].covered_ns)
                continue;
            part.at = MIN(part.at, i);
            part.end = i + 1;
        }
        if (part.at < part.end)
            put(run, &part);
    }
}

static void
finish(struct report_run *run)
{
    if (run->intervals)
        intervals_each_service(run->intervals, take_server, run);
}

const struct report REPORT_CAPACITY = {
    .name = "capacity",
    .row_is = "period, server and service",
    .order =
        "ordered by role and address of the server, then by service, a row without one first, then "
        "by time; at last, all servers together",
    .needs_intervals = true,
    .by_service = true,
    COLUMNS(COLUMNS_OF_CAPACITY),
    .finish = finish,
};
