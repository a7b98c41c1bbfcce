/* report_connections.c
 * connections.csv: one row for each TCP connection of a service hop, including those that are not
 * decoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "intervals.h"
#include "report.h"

#define TIME_TEXT_SIZE 40
#define ALERT_TEXT 16

/* Users that are kept of a connection with MAPI over HTTP. */
#define USERS_MAX 64

struct row {
    const struct connection *tcp;
    const struct connection_stream *in, *out;
    const struct connection_stream *tcp_in, *tcp_out; /* NULL if the source does not see TCP */
    const char *hop, *service, *handshake, *ending, *ended_by, *begun, *users;
    const char *decrypted, *not_decrypted;
    int64_t duration_ns, closed_ns;
    double decoded_share;

    const struct oa_tls_facts *tls;               /* NULL if not TLS */
    const struct oa_tls_certificate *certificate; /* NULL if not seen */
    const char *tls_alert, *tls_alert_by, *tls_handshake, *tls_client_certificate;
    char tls_version[OA_TLS_VERSION_TEXT], tls_cipher[OA_TLS_CIPHER_TEXT];
    char tls_alpn[sizeof "offered:" + OA_TLS_ALPN_TEXT];
    char tls_alert_number[ALERT_TEXT], not_after[TIME_TEXT_SIZE];
};

static const char *
state_name(enum connection_state state)
{
    static const char *const NAMES[] = { [CONNECTION_UNKNOWN] = NULL,
                                         [CONNECTION_SYN_SENT] = "syn_sent",
                                         [CONNECTION_ESTABLISHED] = "established",
                                         [CONNECTION_FIN_WAIT] = "fin_wait",
                                         [CONNECTION_CLOSED] = "closed" };

    return NAMES[state];
}

/* clang-format off */
static const struct column COLUMNS_OF_CONNECTIONS[] = {
    { "connection", NUMBER_OF(tcp, number),
      "Number of the TCP connection, from 0; tcp.stream in Wireshark" },
    { "hop", WORD(hop),
      "client_proxy, proxy_store, client_store (plain RPC over TCP, no proxy), or store_dc" },
    { "service", WORD(service),
      "Purpose of the connection, from its content or else from the server's port" },
    { "client_address", ADDRESS_OF(tcp, endpoint[OA_CLIENT].address),
      "Side that opened the connection" },
    { "client_port", NUMBER_OF(tcp, endpoint[OA_CLIENT].port), "TCP port of the client" },
    { "server_address", ADDRESS_OF(tcp, endpoint[OA_SERVER].address),
      "Side that accepted the connection" },
    { "server_port", NUMBER_OF(tcp, endpoint[OA_SERVER].port), "TCP port of the server" },
    { "start", TIME_OF(tcp, first.time_ns), "First frame" TIMES_ARE },
    { "end", TIME_OF(tcp, last.time_ns), "Last frame" },
    { "duration_ms", MS(duration_ns), "From start to end" },
    { "frames_in", COUNT_OF(tcp_in, frames), "Frames from the client" },
    { "frames_out", COUNT_OF(tcp_out, frames), "Frames to the client" },
    { "bytes_in", BYTES_OF(in, payload_bytes),
      "TCP payload from the client, each byte once: not again if retransmitted; bytes that the snap "
 "length cut off count, others that are missing from the capture do not" },
    { "bytes_out", BYTES_OF(out, payload_bytes),
      "TCP payload to the client, each byte once: not again if retransmitted; bytes that the snap "
 "length cut off count, others that are missing from the capture do not" },
    { "retransmitted_frames_in", COUNT_OF(tcp_in, retransmitted_frames),
      "Frames from the client whose payload was already seen in full" },
    { "retransmitted_frames_out", COUNT_OF(tcp_out, retransmitted_frames),
      "Frames to the client whose payload was already seen in full" },
    { "lost_bytes_in", BYTES_OF(tcp_in, lost_bytes),
      "Payload from the client that is missing from the capture; 0 if it has no frame of the client" },
    { "lost_bytes_out", BYTES_OF(tcp_out, lost_bytes),
      "Payload to the client that is missing from the capture; 0 if it has no frame of the server" },
    { "handshake", WORD(handshake), "Whether the capture contains the SYN: seen, not_seen" },
    { "end_state", WORD(ending),
      "fin, reset, replaced (by a new connection on the same ports), open; unknown for exported PDUs" },
    { "ended_by", WORD(ended_by), "Side that sent the first FIN or the RST: client, server" },
    { "decoded_share", RATIO(decoded_share),
      "Share of the payload that was decoded as RPC over HTTP; empty without payload" },
    { "first_frame", NUMBER_OF(tcp, first.frame), "Number of the first frame" },
    { "last_frame", NUMBER_OF(tcp, last.frame), "Number of the last frame" },
    { "tls_version", WORD(tls_version), "TLS version selected by the server" },
    { "tls_sni", NAMED_OF(HOST, tls, sni), "Server name requested by the client" },
    { "tls_alpn", WORD(tls_alpn),
      "Application protocol selected by the server; \"offered:\" and the client's list if the "
      "selection is not visible, as in TLS 1.3 without keys" },
    { "tls_cipher", WORD(tls_cipher),
      "Cipher suite selected by the server; in hex if it has no known name" },
    { "tls_certificate_subject", NAMED_OF(DN, certificate, subject),
      "Subject of the server's certificate; encrypted in TLS 1.3 (seen with keys), not sent when a TLS session is "
      "resumed" },
    { "tls_certificate_issuer", NAMED_OF(DN, certificate, issuer), "Issuer of that certificate" },
    { "tls_certificate_not_after", TIME_TEXT(not_after), "End of its validity" },
    { "tls_alert", WORD(tls_alert),
      "First alert other than close_notify; else close_notify, if sent; encrypted ones are seen with keys" },
    { "tls_alert_by", WORD(tls_alert_by), "Side that sent it: client, server" },
    { "tls_handshake", WORD(tls_handshake),
      "finished (both sides switched to encrypted data, as far as the capture shows), unfinished" },
    { "tls_client_certificate", WORD(tls_client_certificate),
      "requested by the server, refused (an empty response), sent; encrypted in TLS 1.3, seen with "
      "keys" },
    { "closed", TIME(closed_ns), "First FIN or RST of either side; empty while it is open" },
    { "state", NAME_OF(tcp, state, state_name),
      "As netstat would show it when the capture ended: syn_sent (no SYN+ACK), established, fin_wait "
      "(a FIN of one side only), closed; empty if the frames of one side, or of TCP, are missing" },
    { "wire_bytes_in", BYTES_OF(tcp_in, wire_bytes), "From the client: " WIRE_BYTES_ARE },
    { "wire_bytes_out", BYTES_OF(tcp_out, wire_bytes), "The same to the client" },
    { "users", NAMED(USER, users),
      "Users of its sessions, as in users.csv and as far as known at their calls or the end of the "
      "connection, separated by semicolons; with MAPI over HTTP the first 64; without a session that "
      "of the HTTP authentication" },
    { "begun", WORD(begun),
      "in_capture (the capture contains its SYN, or the response to that); before (it does not, so "
      "that the connection is taken to have been there already)" },
    { "decrypted", WORD(decrypted),
      "How a connection inside TLS was opened: key_log, private_key (of the server), exported (by "
      "Wireshark), no" },
    { "not_decrypted", WORD(not_decrypted), "Why not, or why not all of it, in words" },
};
/* clang-format on */

/* Skipped bytes include the lost ones, which are not part of the payload, unless they were lost
 * before the first byte that the channel got. Inside TLS the payload is what was opened. */
static double
decoded_share(const struct connection_row *of)
{
    uint64_t payload = 0, undecoded = 0;

    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        const struct connection_stream *stream = &of->tcp->stream[side];
        bool is_opened = of->tls && of->channel;
        uint64_t lost = is_opened ? of->opened.data[side].lost : stream->lost_bytes;

        payload += is_opened ? of->opened.data[side].opened : stream->payload_bytes;
        if (of->channel) {
            uint64_t skipped = of->channel->traffic[side].skipped_bytes;
            undecoded += skipped - MIN(skipped, lost);
        }
    }
    if (payload == 0)
        return NO_RATIO;
    return of->channel && undecoded <= payload ? 1.0 - (double)undecoded / (double)payload : 0.0;
}

/* --- TLS --- */

/* Certificates may be valid until 9999, which nanoseconds since the epoch cannot represent. */
static void
put_not_after(const struct oa_tls_certificate *certificate, char text[TIME_TEXT_SIZE])
{
    GDateTime *time = g_date_time_new_from_unix_utc(certificate->not_after_s);
    char *formatted = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000000Z") : NULL;

    g_strlcpy(text, formatted ? formatted : "", TIME_TEXT_SIZE);
    g_free(formatted);
    if (time)
        g_date_time_unref(time);
}

/* The selected protocol, or the offered ones if the selection is not visible. */
static void
put_alpn(const struct oa_tls_facts *tls, char *text, size_t size)
{
    bool is_visible = tls->has_server_hello && tls->version <= OA_TLS_1_2;

    if (tls->alpn[0] || !tls->alpn_offered[0] || is_visible)
        g_strlcpy(text, tls->alpn, size);
    else
        snprintf(text, size, "offered:%s", tls->alpn_offered);
}

static void
fill_tls(struct row *row, const struct oa_tls_facts *tls)
{
    row->tls = tls;
    row->certificate = tls->certificate;
    row->tls_handshake = tls->is_finished ? "finished" : "unfinished";
    put_alpn(tls, row->tls_alpn, sizeof row->tls_alpn);
    if (tls->has_server_hello) {
        oa_tls_version_text(tls->version, row->tls_version);
        oa_tls_cipher_text(tls->cipher_suite, row->tls_cipher);
    }
    if (tls->certificate && tls->certificate->has_validity)
        put_not_after(tls->certificate, row->not_after);
    if (tls->alert.is_seen) {
        snprintf(row->tls_alert_number, ALERT_TEXT, "alert %u", tls->alert.description);
        row->tls_alert = oa_tls_alert_name(tls->alert.description);
        if (!row->tls_alert)
            row->tls_alert = row->tls_alert_number;
        row->tls_alert_by = side_name(tls->alert.by);
    }
    if (tls->certificate_requested || tls->client_certificate_sent)
        row->tls_client_certificate = tls->client_certificate_sent      ? "sent"
                                      : tls->client_certificate_refused ? "refused"
                                                                        : "requested";
}

/* --- users --- */

static gpointer
key_of(const struct oa_channel *channel)
{
    return GSIZE_TO_POINTER((gsize)channel->number);
}

static void
add_user(GPtrArray *users, const char *user)
{
    if (user && users->len < USERS_MAX &&
        !g_ptr_array_find_with_equal_func(users, user, g_str_equal, NULL))
        g_ptr_array_add(users, g_strdup(user));
}

/* Requests of MAPI over HTTP on one connection may be of several sessions. */
static void
take_event(struct report_run *run, const struct oa_event *event)
{
    GHashTable *connections = run->state;
    char text[OA_USER_TEXT];

    if (!event->channel)
        return;
    GPtrArray *users = g_hash_table_lookup(connections, key_of(event->channel));
    if (!users) {
        users = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(connections, key_of(event->channel), users);
    }
    add_user(users, report_user(run, event->call->vc, text));
}

/* The user of a channel without a session. */
static const char *
user_of_channel(const struct report_run *run, const struct oa_channel *channel,
                char text[OA_USER_TEXT])
{
    const struct oa_auth *auth = channel->auth;
    const struct user_names names = {
        .name[USER_NAME_HTTP] = auth && auth->user[0] ? oa_user_text(auth, text) : NULL,
    };

    return user_spelling(run->spellings, user_best_name(&run->settings->users, &names));
}

/* To be freed. */
static char *
users_of(struct report_run *run, const struct oa_channel *channel)
{
    gpointer key, value = NULL;
    char text[OA_USER_TEXT];

    if (!channel)
        return NULL;
    g_hash_table_steal_extended(run->state, key_of(channel), &key, &value);
    g_autoptr(GPtrArray) users = value ? value : g_ptr_array_new_with_free_func(g_free);
    add_user(users, channel->vc ? report_user(run, channel->vc, text)
                                : user_of_channel(run, channel, text));
    g_ptr_array_add(users, NULL);
    return g_strjoinv(";", (char **)users->pdata);
}

static void
free_users(void *users)
{
    g_ptr_array_unref(users);
}

static void *
new_state(const struct report *report)
{
    (void)report;
    return g_hash_table_new_full(NULL, NULL, NULL, free_users);
}

static void
free_state(void *connections)
{
    g_hash_table_unref(connections);
}

/* --- rows --- */

static void
take(struct report_run *run, const struct connection_row *of)
{
    const struct connection *tcp = of->tcp;
    const struct connection_stream *in = &tcp->stream[OA_CLIENT], *out = &tcp->stream[OA_SERVER];
    const struct oa_channel *channel = of->channel;
    uint16_t port = tcp->endpoint[OA_SERVER].port;

    g_autofree char *users = users_of(run, channel);

    if (!connection_is_of_service(of))
        return;
    struct row row = {
        .tcp = tcp,
        .in = in,
        .out = out,
        .tcp_in = tcp->payload_only ? NULL : in,
        .tcp_out = tcp->payload_only ? NULL : out,
        .hop = hop_name(channel, port),
        .service = service_name(channel, channel ? channel->vc : NULL, port),
        .handshake = tcp->payload_only     ? NULL
                     : tcp->handshake_seen ? "seen"
                                           : "not_seen",
        .ending = end_name(tcp->ending.how),
        .ended_by = ended_by(tcp->ending),
        .duration_ns = report_duration(run, tcp->first, tcp->last),
        .closed_ns = tcp->ending.how == OA_END_FIN || tcp->ending.how == OA_END_RESET
                         ? tcp->closed_ns
                         : NO_TIME,
        .decoded_share = decoded_share(of),
        .begun = tcp->payload_only     ? NULL
                 : tcp->handshake_seen ? "in_capture"
                                       : "before",
        .users = users,
        .decrypted = tcp->is_in_tls ? "exported"
                     : of->tls      ? oa_tls_key_source_name(of->opened.source)
                                    : NULL,
        .not_decrypted = of->opened.why_not,
    };
    if (of->tls)
        fill_tls(&row, of->tls);
    report_row(run, &row);
}

const struct report REPORT_CONNECTIONS = {
    .name = "connections",
    .has_key = true,
    .row_is = "TCP connection of a service hop",
    .order = "ordered by the end of the connection; inside TLS not before their server turns out "
             "to be a proxy",
    COLUMNS(COLUMNS_OF_CONNECTIONS),
    .new_state = new_state,
    .event = take_event,
    .takes = REPORT_TAKES(CALL),
    .connection = take,
    .free_state = free_state,
};
