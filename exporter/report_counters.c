/* report_counters.c
 * counters.csv: one row for each interval of time and server, as performance counters show them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "interval_levels.h"
#include "intervals.h"
#include "report.h"
#include "rop_facts.h"

#define NS_PER_S 1e9

struct row {
    const struct server_load *server;
    const struct interval *at;   /* NULL: nothing of it is covered, or not the server's own hop */
    const struct interval *read; /* the same; NULL too if the row is estimated */
    const struct interval *tcp;  /* the same; NULL too if the captures do not contain TCP */
    const struct interval *read_tcp; /* both */
    const struct interval *sums;     /* the same as `at` if something of it is covered, for means */
    const struct interval *back_end; /* NULL: nothing of it is covered, or no TCP */
    struct histogram *latency, *store_latency;
    int64_t start_ns;
    double interval_s, covered_s;
    const uint8_t *address;
    const char *role, *quality, *estimated;
    char quality_text[64];
    uint64_t timed_calls, rops, estimated_calls;
    double confidence;
};

/* clang-format off */
static const struct column COLUMNS_OF_COUNTERS[] = {
    { "start", TIME(start_ns), "Begin of the interval" TIMES_ARE },
    { "interval_s", REAL("s", interval_s), "Its length" },
    { "covered_s", REAL("s", covered_s),
      "How much of it the captures cover, by which rates are to be divided; 0 in a hole between two "
      "captures, where everything that follows is empty" },
    { "role", WORD(role),
      "proxy (a client's hop ends there), store, or directory (LDAP and global catalog: connections "
      "and bytes only)" },
    { "server_address", ADDRESS(address), "Server that accepted the connections" },
    { "server_name", NAMED_OF(HOST, server, name),
      "Most frequent Host header of a proxy, or target of a store" },
    { "connections_open", REAL_OF("mean", tcp, connections.mean),
      "Mean of open TCP connections, from the SYN to the first FIN or RST; performance counter: "
      "Connection Count" },
    { "connections_max", COUNT_OF(tcp, connections.max), "Most of them at once" },
    { "connections_new", COUNT_OF(tcp, connections_new), "Connections whose SYN is in the interval" },
    { "connections_failed", COUNT_OF(tcp, connections_failed),
      "Of these, refused or unanswered, or without the end of their TLS handshake" },
    { "channels_open", REAL_OF("mean", read_tcp, channels.mean),
      "Mean of open IN and OUT channels; performance counter: RPC/HTTP Proxy, Current Number of "
      "Incoming RPC over HTTP Connections" },
    { "sessions_open", REAL_OF("mean", sums, sessions.mean),
      "Mean of sessions with an open channel on the hop nearest to the client; of MAPI over HTTP, from "
      "Connect to Disconnect" },
    { "sessions_max", COUNT_OF(at, sessions.max), "Most of them at once" },
    { "users_open", COUNT_OF(read, users_open),
      "Distinct users, as identity in users.csv tells them apart, with a session open at any time in the "
      "interval; performance counters: Current Number of Unique Users, User Count" },
    { "users_active", COUNT_OF(read, users_active),
      "Distinct users with a call in the interval; performance counter: Active User Count" },
    { "anonymous_sessions", COUNT_OF(read, anonymous_sessions),
      "Sessions open at any time in the interval that show no name of their user; he counts above by "
      "his address" },
    { "http_requests", COUNT_OF(read, http_requests),
      "Requests for a channel, and of MAPI over HTTP, without those refused with 401 or 407; "
      "performance counter: RPC/HTTP Requests per Second" },
    { "auth_refused", COUNT_OF(read, auth_refused), "Authentication exchanges that end with 401 or 407" },
    { "http_errors", COUNT_OF(read, http_errors), "Requests with another 4xx or 5xx status" },
    { "rpc_errors", COUNT_OF(read, rpc_errors), "Requests with an RPC Error in the status line" },
    { "backend_attempts", COUNT_OF(back_end, backend_attempts),
      "Connections that this proxy opened to a server, also from another address than that to which "
      "clients connect; of a proxy whose own hop is not captured, all that is known; performance "
      "counter: Number of Back-End Connection Attempts per Second" },
    { "backend_failed", COUNT_OF(back_end, backend_failed),
      "Of these, refused, unanswered, or closed before the server sent anything; performance counter: "
      "Number of Failed Back-End Connection Attempts per Second" },
    { "calls", COUNT_OF(at, calls),
      "RPC calls and MAPI over HTTP requests, by the end of the request; a call captured on both hops "
      "is one, of the proxy; performance counter: RPC Packets/sec" },
    { "waiting_calls", COUNT_OF(at, waiting_calls),
      "Of these, EcDoAsyncWaitEx and NotificationWait, which are in no latency" },
    { "faults", COUNT_OF(read, faults), IS_FAULT },
    { "unanswered", COUNT_OF(read, unanswered), IS_UNANSWERED },
    { "unknown_calls", COUNT_OF(read, unknown_calls), IS_UNKNOWN },
    { "orphan_responses", COUNT_OF(read, orphan_responses),
      "Responses whose requests are not in the capture; they are not among the calls" },
    { "outstanding_mean", REAL_OF("mean", sums, outstanding.mean),
      "Mean of calls under way, without those that wait; performance counter: RPC Requests" },
    { "outstanding_max", COUNT_OF(at, outstanding.max), "Most of them at once" },
    { "latency_mean_ms", MEAN_MS(latency),
      "Mean time from the last byte of a request to the last byte of its response, by the latter; "
      "performance counter: RPC Averaged Latency, which is without the network" },
    { "latency_p50_ms", P50_MS(latency), "Median of these times, within 0.4 percent" },
    { "latency_p95_ms", P95_MS(latency), "95th percentile" },
    { "latency_p99_ms", P99_MS(latency), "99th percentile" },
    { "latency_max_ms", GREATEST_MS(latency), "Maximum" },
    { "store_latency_mean_ms", MEAN_MS(store_latency),
      "Mean of the same as the proxy sees it, of calls captured on both hops" },
    { "store_latency_p95_ms", P95_MS(store_latency), "95th percentile of that" },
    { "over_2s", COUNT_OF(at, over[0]),
      "Calls with a response after more than 2 s, and calls under way for longer at the end of the "
      "interval; performance counter: Client: Latency > 2 sec RPCs" },
    { "over_5s", COUNT_OF(at, over[1]), "The same for 5 s" },
    { "over_10s", COUNT_OF(at, over[2]), "The same for 10 s" },
    { "rpc_bytes_in", BYTES_OF(at, rpc_bytes[OA_CLIENT]), "RPC PDUs, or bodies, from the client" },
    { "rpc_bytes_out", BYTES_OF(at, rpc_bytes[OA_SERVER]), "RPC PDUs, or bodies, to the client" },
    { "payload_bytes_in", BYTES_OF(at, payload_bytes[OA_CLIENT]),
      "TCP payload from clients, each byte once, as in connections.csv" },
    { "payload_bytes_out", BYTES_OF(at, payload_bytes[OA_SERVER]), "The same to clients" },
    { "wire_bytes_in", BYTES_OF(tcp, wire_bytes[OA_CLIENT]),
      "IP packets from clients with their headers, also repeated ones: what a line carries" },
    { "wire_bytes_out", BYTES_OF(tcp, wire_bytes[OA_SERVER]), "The same to clients" },
    { "packets_in", COUNT_OF(tcp, packets[OA_CLIENT]), "Packets from clients" },
    { "packets_out", COUNT_OF(tcp, packets[OA_SERVER]), "Packets to clients" },
    { "retransmitted_bytes", BYTES_OF(tcp, retransmitted_bytes), "TCP payload that was sent again" },
    { "lost_bytes", BYTES_OF(at, lost_bytes), "TCP payload that is missing from the capture" },
    { "quality", WORD(quality),
      "ok; or, separated by semicolons: partial (not all of the interval is covered), loss (lost bytes), "
      "clock (the clock of a capture was set, see the finding clock_step), one_way (of a connection, only "
      "one direction)" },
    { "timed_calls", NUMBER(timed_calls),
      "Calls of which latency_mean_ms is the mean" },
    { "rops", COUNT(rops), "ROPs of the calls; performance counter: RPC Operations/sec" ROPS_ARE },
    { "forgotten", COUNT_OF(tcp, forgotten),
      "Connections without an end that were silent for more than 4 hours from the interval on: they count "
      "as open to their last frame, which is in it" },
    { "estimated", WORD(estimated),
      "yes if some of its sessions or calls are estimated from the shape of connections inside TLS "
      "(--estimates); users, requests, faults and what else that does not show are empty then" },
    { "estimated_calls", COUNT(estimated_calls), "Of the calls, those that are estimated; empty without any" },
    { "confidence", RATIO(confidence), "The least confidence of the estimated sessions in it" },
};
/* clang-format on */

static bool
has_anything(const struct interval *at)
{
    return at->calls || at->orphan_responses || at->packets[0] || at->packets[1] ||
           at->payload_bytes[0] || at->payload_bytes[1] || at->http_requests;
}

static void
add_quality(struct row *row, bool is_so, const char *word)
{
    if (!is_so)
        return;
    if (row->quality_text[0])
        g_strlcat(row->quality_text, ";", sizeof row->quality_text);
    g_strlcat(row->quality_text, word, sizeof row->quality_text);
}

static void
put(struct report_run *run, const struct server_load *server, const struct interval *at)
{
    int64_t length_ns = intervals_settings(run->intervals)->interval_ns;
    bool is_covered = at->covered_ns || has_anything(at);
    bool is_known = is_covered && !server->is_back_end_only;
    struct row row = { .server = server,
                       .address = server->address,
                       .at = is_known ? at : NULL,
                       .read = is_known && !at->is_estimated ? at : NULL,
                       .read_tcp = is_known && !at->is_estimated && server->has_packets ? at : NULL,
                       .estimated = at->is_estimated ? "yes" : NULL,
                       .estimated_calls = at->is_estimated ? at->estimated_calls : NO_NUMBER,
                       .confidence = at->confidence,
                       .tcp = is_known && server->has_packets ? at : NULL,
                       .sums = at->covered_ns && is_known ? at : NULL,
                       .back_end = server->is_back_end_only && is_covered ? at : NULL,
                       .latency = at->latency,
                       .store_latency = at->store_latency,
                       .start_ns = at->start_ns,
                       .interval_s = (double)length_ns / NS_PER_S,
                       .covered_s = (double)at->covered_ns / NS_PER_S,
                       .role = server_role_name(server->role),
                       .rops = at->has_rops && !at->is_estimated ? at->rops : NO_NUMBER,
                       .timed_calls = !is_known      ? NO_NUMBER
                                      : !at->latency ? 0
                                                     : histogram_count(at->latency) };

    add_quality(&row, at->covered_ns < length_ns, "partial");
    add_quality(&row, at->lost_bytes > 0, "loss");
    add_quality(&row, at->has_step, "clock");
    add_quality(&row, at->is_one_way, "one_way");
    if (!server->is_back_end_only)
        row.back_end = row.tcp;
    row.quality = !is_covered ? NULL : row.quality_text[0] ? row.quality_text : "ok";
    report_row(run, &row);
}

static void
take_server(void *context, const struct server_load *server)
{
    for (size_t i = 0; i < server->n; i++)
        put(context, server, &server->interval[i]);
}

static void
finish(struct report_run *run)
{
    if (run->intervals)
        intervals_each(run->intervals, take_server, run);
}

const struct report REPORT_COUNTERS = {
    .name = "counters",
    .row_is = "interval of time and server",
    .order =
        "ordered by role and address of the server, then by time; also intervals without traffic",
    .needs_intervals = true,
    COLUMNS(COLUMNS_OF_COUNTERS),
    .finish = finish,
};
