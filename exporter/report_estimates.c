/* report_estimates.c
 * estimates.csv: one row for each virtual connection, and each session of MAPI over HTTP, inside
 * TLS that shows by its shape, without keys; and for each other connection inside TLS with an RPC
 * proxy that has exchanges of HTTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "estimate_event.h"
#include "report.h"

struct row {
    const struct oa_endpoint *client, *server;
    uint64_t in_port;
    const char *kind, *sni, *unknown, *sizes;
    char tls_version[OA_TLS_VERSION_TEXT], tls_cipher[OA_TLS_CIPHER_TEXT];
    int64_t start_ns, end_ns, p50_ns, p95_ns;
    uint64_t calls, answered, bytes[2], pings, acks, recycles, orphans, overlaps, lossy;
    uint64_t waits, exchanges;
    double score;
};

/* clang-format off */
static const struct column COLUMNS_OF_ESTIMATES[] = {
    { "kind", WORD(kind),
      "calls or notifications (a virtual connection of RPC over HTTP; the latter has only calls that wait); "
      "mapi_http (a session of MAPI over HTTP, by its waits for notifications); "
      "http (one connection, MAPI over HTTP or anything else that the proxy serves: its exchanges are no "
      "calls of a known kind)" },
    { "client_address", ADDRESS_OF(client, address), "Client" },
    { "client_port", NUMBER_OF(client, port), "Client's port of the OUT channel, or of the connection, which is the one that waits" },
    { "client_port_in", NUMBER(in_port), "Client's port of the IN channel" },
    { "server_address", ADDRESS_OF(server, address), "Server" },
    { "server_port", NUMBER_OF(server, port), "Server's port" },
    { "tls_sni", NAMED(HOST, sni), "Server name requested by the client" },
    { "tls_version", WORD(tls_version), "TLS version selected by the server" },
    { "tls_cipher", WORD(tls_cipher), "Cipher suite selected by the server" },
    { "start", TIME(start_ns), "First frame of its connections" TIMES_ARE },
    { "end", TIME(end_ns), "Last frame of its connections" },
    { "calls", COUNT(calls),
      "Calls, or exchanges of HTTP, estimated; empty if unknown" },
    { "responses", COUNT(answered), "Of these, with a response; empty if unknown" },
    { "latency_p50_ms", MS(p50_ns),
      "Median time from the last byte of a request to the last byte of its response; of a virtual "
      "connection whose calls are unknown, of the parts that alternate well enough" },
    { "latency_p95_ms", MS(p95_ns), "95th percentile of that" },
    { "bytes_in", BYTES(bytes[OA_CLIENT]),
      "Plaintext from the client on both channels behind the heads, with PDUs about the channels; the middle "
      "of what is possible with CBC; of other kinds empty" },
    { "bytes_out", BYTES(bytes[OA_SERVER]), "The same to the client" },
    { "score", RATIO(score),
      "Confidence: share of exchanges of the virtual connection in which a request was answered before the "
      "next one, and of which nothing is missing; a bind before the capture counts as missing; of kind mapi_http 1 - 1 / (1 + waits), where one during which the server "
      "sends a sign of life counts twice; of kind http empty" },
    { "sizes", WORD(sizes),
      "What its channels were told by: exact (sizes of the PDUs that begin them), turns (only by what "
      "followed), waits (of kind mapi_http), or middle (turns or waits of connections that began before the "
      "capture)" },
    { "unknown", WORD(unknown),
      "Why the calls are unknown: orphans (responses without a request: several calls at a time), overlaps "
      "(requests that are not answered before the next one), loss (score below 0.9 for what is missing from "
      "the capture, or that may have been a call), recycling (what looks like a response may belong to the "
      "recycling of a channel), authentication (the first call may be the end of that), padding (records of "
      "TLS 1.3 are padded), beginning (the first call may be a part of what was before the capture, or there "
      "are less than nine), partner (other channels fit as well), http (of kind mapi_http always: other requests of the "
      "client look the same), direction (the capture has one direction only)" },
    { "orphans", COUNT(orphans), "Responses without a request" },
    { "overlaps", COUNT(overlaps), "Exchanges whose request does not look like one" },
    { "lossy", COUNT(lossy), "Exchanges of which something is missing from the capture" },
    { "pings", COUNT(pings), "Records taken for pings" },
    { "flow_control_acks", COUNT(acks), "Records taken for flow control acknowledgments" },
    { "recycles", COUNT(recycles), "Connections that took the place of a channel" },
    { "waits", COUNT(waits), "Of kind mapi_http, requests that waited for notifications" },
    { "exchanges", COUNT(exchanges),
      "Of kind mapi_http, all requests of the client to the server that were answered: of this session, "
      "of others, and of whatever else it does there" },
};
/* clang-format on */

static void
take_call(struct oa_estimate *estimate, const struct oa_estimated_call *call)
{
    int64_t latency_ns = estimate_latency(call);

    if (latency_ns == NO_TIME)
        return;
    if (!estimate->user)
        estimate->user = histogram_new();
    histogram_add(estimate->user, latency_ns);
}

/* What only the channels of RPC over HTTP have. */
static void
clear_channels(struct row *row)
{
    uint64_t *const CELLS[] = { &row->bytes[OA_CLIENT],
                                &row->bytes[OA_SERVER],
                                &row->orphans,
                                &row->overlaps,
                                &row->lossy,
                                &row->pings,
                                &row->acks,
                                &row->recycles };

    for (size_t i = 0; i < G_N_ELEMENTS(CELLS); i++)
        *CELLS[i] = NO_NUMBER;
}

/* Why the exchanges of a connection are unknown; NULL if they are known. */
static const char *
why_unknown(const struct connection *tcp)
{
    const struct connection_stream *in = &tcp->stream[OA_CLIENT], *out = &tcp->stream[OA_SERVER];

    if (!tcp->payload_only && (!in->frames || !out->frames))
        return "direction";
    return in->lost_bytes || out->lost_bytes ? "loss" : NULL;
}

static void
put_end(struct report_run *run, struct oa_estimate *estimate)
{
    struct histogram *latency = estimate->user;
    bool is_mapi_http = estimate->kind == OA_ESTIMATE_MAPI_HTTP;
    struct row row = {
        .kind = estimate_kind_name(estimate->kind),
        .client = &estimate->client,
        .server = &estimate->server,
        .in_port = is_mapi_http ? NO_NUMBER : estimate->in_port,
        .sni = estimate->sni,
        .start_ns = estimate->begun.time_ns,
        .end_ns = estimate->ended.time_ns,
        .calls = estimate_calls(estimate),
        .answered = estimate_answered(estimate),
        .p50_ns = latency ? histogram_percentile(latency, 50) : NO_TIME,
        .p95_ns = latency ? histogram_percentile(latency, 95) : NO_TIME,
        .bytes = { estimate_bytes(estimate->bytes[OA_CLIENT]),
                   estimate_bytes(estimate->bytes[OA_SERVER]) },
        .score = estimate->score,
        .sizes = estimate_evidence_name(estimate),
        .unknown = estimate_doubt_name(estimate->doubt),
        .orphans = estimate->orphans,
        .overlaps = estimate->overlaps,
        .lossy = estimate->lossy,
        .pings = estimate->pings,
        .acks = estimate->acks,
        .recycles = estimate->recycles,
        .waits = is_mapi_http ? estimate->waits : NO_NUMBER,
        .exchanges = is_mapi_http ? estimate->exchanges : NO_NUMBER,
    };

    if (is_mapi_http)
        clear_channels(&row);
    if (estimate->tls_version) {
        oa_tls_version_text(estimate->tls_version, row.tls_version);
        oa_tls_cipher_text(estimate->cipher_suite, row.tls_cipher);
    }
    report_row(run, &row);
    histogram_free(latency);
    estimate->user = NULL;
}

static void
take_estimate(struct report_run *run, const struct estimate_event *event)
{
    if (event->call)
        take_call(event->of, event->call);
    else
        put_end(run, event->of);
}

static void
take_connection(struct report_run *run, const struct connection_row *of)
{
    const struct connection *tcp = of->tcp;
    const struct connection_exchanges *exchanges = &tcp->exchanges;

    if (of->channel || !of->tls || !exchanges->n || !connection_is_of_service(of))
        return;
    struct row row = {
        .kind = "http",
        .client = &tcp->endpoint[OA_CLIENT],
        .server = &tcp->endpoint[OA_SERVER],
        .in_port = NO_NUMBER,
        .sni = of->tls->sni,
        .start_ns = tcp->first.time_ns,
        .end_ns = tcp->last.time_ns,
        .calls = exchanges->n,
        .answered = exchanges->answered,
        .p50_ns = exchanges->answered ? exchanges->p50_ns : NO_TIME,
        .p95_ns = exchanges->answered ? exchanges->p95_ns : NO_TIME,
        .score = NO_RATIO,
        .waits = NO_NUMBER,
        .exchanges = NO_NUMBER,
        .unknown = why_unknown(tcp),
    };

    clear_channels(&row);
    if (row.unknown)
        row.calls = row.answered = NO_NUMBER;
    if (of->tls->has_server_hello) {
        oa_tls_version_text(of->tls->version, row.tls_version);
        oa_tls_cipher_text(of->tls->cipher_suite, row.tls_cipher);
    }
    report_row(run, &row);
}

const struct report REPORT_ESTIMATES = {
    .name = "estimates",
    .row_is = "virtual connection inside TLS, or other connection there with an RPC proxy, as it "
              "looks without keys",
    .order = "ordered by the end of the connections",
    .on_request = true,
    COLUMNS(COLUMNS_OF_ESTIMATES),
    .estimate = take_estimate,
    .connection = take_connection,
};
