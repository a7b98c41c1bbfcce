/* report_users.c
 * users.csv: one row for each user and client address, over all sessions and transports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "histogram.h"

/* Users told apart; the rest is counted in one row without a name. */
#define USERS_MAX 262144

/* Words of one list: clients, modes. */
#define WORDS_MAX 8

/* Different words, in the order in which they were met. */
struct words {
    char *word[WORDS_MAX];
    unsigned count;
};

struct user {
    char *key;
    char *name;
    char *dn;
    uint8_t address[16];
    bool has_address;
    struct words transports, clients, modes, computers;
    uint64_t sessions, mail_sessions;
    uint64_t calls, answered, failures, unanswered;
    uint64_t bytes_in, bytes_out;
    struct histogram *latency;
    int64_t first_ns, last_ns;
};

#define ROW(name) const struct user *name = row

static void
user_name(struct csv *csv, const void *row)
{
    ROW(user);
    csv_text(csv, user->name);
}

static void
user_dn(struct csv *csv, const void *row)
{
    ROW(user);
    csv_text(csv, user->dn);
}

static void
client_address(struct csv *csv, const void *row)
{
    ROW(user);
    if (user->has_address)
        csv_address(csv, user->address);
    else
        csv_empty(csv);
}

#define WORDS_CELL(member)                                                                         \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(user);                                                                                 \
        GString *text = g_string_new(NULL);                                                        \
        for (unsigned i = 0; i < user->member.count; i++)                                          \
            g_string_append_printf(text, "%s%s", i ? ";" : "", user->member.word[i]);              \
        csv_text(csv, text->str);                                                                  \
        g_string_free(text, TRUE);                                                                 \
    }

WORDS_CELL(transports)
WORDS_CELL(clients)
WORDS_CELL(modes)
WORDS_CELL(computers)

#define NUMBER_CELL(member)                                                                        \
    static void member(struct csv *csv, const void *row)                                           \
    {                                                                                              \
        ROW(user);                                                                                 \
        csv_number(csv, user->member);                                                             \
    }

NUMBER_CELL(sessions)
NUMBER_CELL(mail_sessions)
NUMBER_CELL(calls)
NUMBER_CELL(answered)
NUMBER_CELL(failures)
NUMBER_CELL(unanswered)
NUMBER_CELL(bytes_in)
NUMBER_CELL(bytes_out)

#define LATENCY_CELL(function, value)                                                              \
    static void function(struct csv *csv, const void *row)                                         \
    {                                                                                              \
        ROW(user);                                                                                 \
        if (histogram_count(user->latency))                                                        \
            csv_ms(csv, (int64_t)(value));                                                         \
        else                                                                                       \
            csv_empty(csv);                                                                        \
    }

LATENCY_CELL(latency_mean, histogram_mean(user->latency) + 0.5)
LATENCY_CELL(latency_p95, histogram_percentile(user->latency, 95))
LATENCY_CELL(latency_max, histogram_max(user->latency))

static void
first_seen(struct csv *csv, const void *row)
{
    ROW(user);
    csv_time(csv, user->first_ns);
}

static void
last_seen(struct csv *csv, const void *row)
{
    ROW(user);
    csv_time(csv, user->last_ns);
}

static const struct column COLUMNS_OF_USERS[] = {
    { "user", "text",
      "User of the HTTP authentication, else of the one inside RPC; empty if neither tells",
      user_name },
    { "user_dn", "text",
      "Distinguished name in EcDoConnect, EcDoConnectEx, RfrGetNewDSA, or Connect", user_dn },
    { "client_address", "address", "Client as seen in the capture, else by the word of the proxy",
      client_address },
    { "transports", "text", "Transports of the sessions, as in sessions.csv, joined by semicolons",
      transports },
    { "clients", "text", "Programs with their versions by their own word, joined by semicolons",
      clients },
    { "client_modes", "text", "classic, cached, joined by semicolons", modes },
    { "client_names", "text", "Client computers by their own word, joined by semicolons",
      computers },
    { "sessions", "count", "Sessions, RPCPing and the like among them", sessions },
    { "mail_sessions", "count", "Sessions with calls of an Exchange interface", mail_sessions },
    { "calls", "count", "Calls of these sessions", calls },
    { "answered", "count", "Calls with a whole response that is no fault", answered },
    { "failures", "count",
      "Calls answered by a fault, or by a return value that tells of a failure", failures },
    { "unanswered", "count", "Calls whose answer is not in the capture", unanswered },
    { "bytes_in", "bytes", "RPC PDUs, or bodies, from the client", bytes_in },
    { "bytes_out", "bytes", "RPC PDUs, or bodies, to the client", bytes_out },
    { "latency_mean_ms", "ms",
      "Mean time from the last byte of a request to the last of its response; calls that wait for "
      "news (EcDoAsyncWaitEx, NotificationWait) are left out",
      latency_mean },
    { "latency_p95_ms", "ms", "95th percentile of these, within 0.4 percent", latency_p95 },
    { "latency_max_ms", "ms", "Greatest of these", latency_max },
    { "first_seen", "time", "Start of the first session", first_seen },
    { "last_seen", "time", "End of the last session", last_seen },
};

static void
add_word(struct words *words, const char *word)
{
    unsigned i = 0;

    if (!word || !word[0])
        return;
    while (i < words->count && strcmp(words->word[i], word) != 0)
        i++;
    if (i == words->count && i < WORDS_MAX)
        words->word[words->count++] = g_strdup(word);
}

static void
clear_words(struct words *words)
{
    for (unsigned i = 0; i < words->count; i++)
        g_free(words->word[i]);
}

static void
free_user(void *data)
{
    struct user *user = data;

    clear_words(&user->transports);
    clear_words(&user->clients);
    clear_words(&user->modes);
    clear_words(&user->computers);
    histogram_free(user->latency);
    g_free(user->key);
    g_free(user->name);
    g_free(user->dn);
    g_free(user);
}

struct state {
    GHashTable *users;    /* key -> struct user */
    GHashTable *sessions; /* number of a session -> its user, from its first call to its end */
};

static void *
new_state(void)
{
    struct state *state = g_new0(struct state, 1);

    state->users = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_user);
    state->sessions = g_hash_table_new(NULL, NULL);
    return state;
}

/* Sorted by this text. Users with one name may come from several addresses. */
static char *
key_of(const struct oa_virtual_connection *vc, const char *name, const uint8_t address[16])
{
    const char *dn = vc->client ? vc->client->user_dn : "";
    GString *key = g_string_new(name[0] ? name : dn);

    for (int i = 0; i < 16; i++)
        g_string_append_printf(key, "%s%02x", i ? "" : "\t", address[i]);
    return g_string_free(key, FALSE);
}

static struct user *
user_of(struct state *state, const struct oa_virtual_connection *vc)
{
    char name[USER_TEXT];
    uint8_t address[16] = { 0 };
    bool has_address = client_address_of(vc, address);

    user_of_session(vc, name);
    char *key =
        g_hash_table_size(state->users) < USERS_MAX ? key_of(vc, name, address) : g_strdup("\177");
    struct user *user = g_hash_table_lookup(state->users, key);
    if (user) {
        g_free(key);
        return user;
    }
    user = g_new0(struct user, 1);
    user->key = key;
    if (key[0] != '\177') {
        user->name = g_strdup(name);
        user->has_address = has_address;
        memcpy(user->address, address, sizeof address);
    }
    user->latency = histogram_new();
    user->first_ns = vc->opened.time_ns;
    user->last_ns = vc->last.time_ns;
    g_hash_table_insert(state->users, user->key, user);
    return user;
}

static void
take_client(struct user *user, const struct oa_client *client)
{
    char text[2 * OA_CLIENT_NAME];

    if (!client)
        return;
    if (!user->dn && client->user_dn[0])
        user->dn = g_strdup(client->user_dn);
    snprintf(text, sizeof text, "%s%s%s", client->software,
             client->software[0] && client->version[0] ? " " : "", client->version);
    add_word(&user->clients, text);
    add_word(&user->modes, mode_name(client->mode));
    add_word(&user->computers, client->computer);
}

/* Who it is has been told before the first call, or by it. */
static void
take_call(struct state *state, const struct oa_call *call)
{
    void *number = GSIZE_TO_POINTER((gsize)call->vc->number);
    struct user *user = g_hash_table_lookup(state->sessions, number);
    int64_t latency_ns;

    if (!user) {
        user = user_of(state, call->vc);
        g_hash_table_insert(state->sessions, number, user);
    }
    user->failures += call_failed(call);
    if (call_latency(call, &latency_ns))
        histogram_add(user->latency, latency_ns);
}

static void
take_session(struct state *state, const struct oa_virtual_connection *vc)
{
    void *number = GSIZE_TO_POINTER((gsize)vc->number);
    struct user *user = g_hash_table_lookup(state->sessions, number);
    const struct oa_traffic *traffic = vc->traffic[oa_vc_hop(vc)];

    if (!user)
        user = user_of(state, vc);
    g_hash_table_remove(state->sessions, number);
    add_word(&user->transports, transport_name(vc->transport));
    take_client(user, vc->client);
    user->sessions++;
    user->mail_sessions += vc->exchange_calls > 0;
    user->calls += vc->calls;
    user->answered += vc->answered;
    user->unanswered += vc->unanswered;
    user->bytes_in += traffic[OA_CLIENT].rpc_bytes;
    user->bytes_out += traffic[OA_SERVER].rpc_bytes;
    user->first_ns = MIN(user->first_ns, vc->opened.time_ns);
    user->last_ns = MAX(user->last_ns, vc->last.time_ns);
}

static void
take(struct report_run *run, const struct oa_event *event)
{
    if (event->type == OA_EVENT_CALL)
        take_call(run->state, event->call);
    else if (event->type == OA_EVENT_VC_CLOSED)
        take_session(run->state, event->vc);
}

static void
finish(struct report_run *run)
{
    const struct state *state = run->state;
    report_rows_by_key(run, state->users);
}

static void
free_state(void *data)
{
    struct state *state = data;

    g_hash_table_unref(state->users);
    g_hash_table_unref(state->sessions);
    g_free(state);
}

const struct report REPORT_USERS = {
    .name = "users",
    .row_is = "user and client address",
    .order = "by user, then by address",
    COLUMNS(COLUMNS_OF_USERS),
    .new_state = new_state,
    .event = take,
    .finish = finish,
    .free_state = free_state,
};
