/* report_users.c
 * users.csv: one row for each user and client address, over all sessions and transports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "rop_facts.h"
#include "tally.h"

/* Users with a row of their own; all others are counted in one row without a name. */
#define USERS_MAX 262144

/* Words in a list. */
#define WORDS_MAX 8

enum list { TRANSPORTS, PROGRAMS, MODES, COMPUTERS, LISTS };

/* Distinct words in order of appearance. */
struct words {
    const char *word[WORDS_MAX]; /* owned by the row */
    unsigned count;
};

/* A user may come from several addresses. The strings are owned by the row. */
struct key {
    const char *who; /* the name, else the distinguished name */
    uint8_t address[16];
    const char *name;
    bool has_address;
};

struct row {
    struct key key;
    const char *dn;
    const uint8_t *address; /* NULL if unknown */
    struct words words[LISTS];
    uint64_t sessions, mail_sessions;
    uint64_t calls, answered, failures, unanswered, unknown, no_request;
    uint64_t bytes_in, bytes_out;
    struct histogram *latency;
    int64_t first_ns, last_ns;
    uint64_t rops, rop_failures; /* NO_NUMBER: no ROPs were read */
    uint64_t rops_of[OA_ROP_CLASSES];
    uint64_t messages_read, messages_sent, messages_received;
    uint64_t sizes, size_sum; /* of messages */
};

static void put_words(struct writer *writer, const void *value);

static void message_bytes_mean(struct writer *writer, const void *row);

#define WORDS(what, list) COMPUTED_NAMED_OF(what, put_words, words[list])

/* clang-format off */
static const struct column COLUMNS_OF_USERS[] = {
    { "user", NAMED(USER, key.name),
      "User of the HTTP authentication, else of the RPC authentication; empty if both are "
      "unknown" },
    { "user_dn", NAMED(DN, dn),
      "Distinguished name of the user, from EcDoConnect, EcDoConnectEx, RfrGetNewDSA, or Connect" },
    { "client_address", ADDRESS(address),
      "Client as seen in the capture, else as reported by the proxy" },
    { "transports", WORDS(WORD, TRANSPORTS),
      "Transports of the sessions, as in sessions.csv, separated by semicolons" },
    { "clients", WORDS(WORD, PROGRAMS),
      "Client programs with their versions, self-reported, separated by semicolons" },
    { "client_modes", WORDS(WORD, MODES), "classic, cached; separated by semicolons" },
    { "client_names", WORDS(HOST, COMPUTERS),
      "Client computers, self-reported, separated by semicolons" },
    { "sessions", COUNT(sessions), "Sessions, including RPCPing and the like" },
    { "mail_sessions", COUNT(mail_sessions), "Sessions with calls to an Exchange interface" },
    { "calls", COUNT(calls), CALLS_ARE },
    { "answered", COUNT(answered), IS_ANSWERED },
    { "failures", COUNT(failures), "Calls that ended in a fault or returned an error" },
    { "unanswered", COUNT(unanswered), IS_UNANSWERED },
    { "bytes_in", BYTES(bytes_in), "RPC PDUs, or bodies, from the client" },
    { "bytes_out", BYTES(bytes_out), "RPC PDUs, or bodies, to the client" },
    { "latency_mean_ms", MEAN_MS(latency),
      "Mean time from the last byte of a request to the last byte of its response; without calls "
      "that wait for notifications (EcDoAsyncWaitEx, NotificationWait)" },
    { "latency_p95_ms", P95_MS(latency), "95th percentile of these times, within 0.4 percent" },
    { "latency_max_ms", GREATEST_MS(latency), "Maximum of these times" },
    { "first_seen", FIRST_TIME(first_ns), "Start of the first session" TIMES_ARE },
    { "last_seen", LAST_TIME(last_ns), "End of the last session" },
    { "unknown", COUNT(unknown),
      IS_UNKNOWN },
    { "no_request", COUNT(no_request), IS_NO_REQUEST },
    { "rops", COUNT(rops), "ROPs, as in rops.csv" ROPS_ARE },
    { "rop_failures", COUNT(rop_failures), ROP_FAILURES_ARE },
    { "rops_logon", COUNT(rops_of[OA_ROP_CLASS_LOGON]), "RopLogon" },
    { "rops_open", COUNT(rops_of[OA_ROP_CLASS_OPEN]), "ROPs that open folders, messages, attachments or streams" },
    { "rops_read", COUNT(rops_of[OA_ROP_CLASS_READ]), "ROPs that read properties, recipients, streams, names or IDs" },
    { "rops_write", COUNT(rops_of[OA_ROP_CLASS_WRITE]), "ROPs that create, change, copy, move or delete" },
    { "rops_table", COUNT(rops_of[OA_ROP_CLASS_TABLE]), "ROPs that open or read tables" },
    { "rops_transfer", COUNT(rops_of[OA_ROP_CLASS_TRANSFER]), "ROPs of FastTransfer and synchronization" },
    { "rops_notify", COUNT(rops_of[OA_ROP_CLASS_NOTIFY]), "Subscriptions and notifications" },
    { "rops_submit", COUNT(rops_of[OA_ROP_CLASS_SUBMIT]), "ROPs that submit messages, or serve it" },
    { "rops_other", COUNT(rops_of[OA_ROP_CLASS_OTHER]), "RopRelease, RopProgress, and what servers send instead of responses" },
    { "messages_read", COUNT(messages_read), "Messages opened with RopOpenMessage; those read by synchronization are not counted" },
    { "messages_sent", COUNT(messages_sent), "Messages submitted with RopSubmitMessage or RopTransportSend" },
    { "messages_received", COUNT(messages_received),
      "Notifications of new mail, one for each subscription; and RopTransportNewMail" },
    { "message_bytes_mean", COMPUTED("bytes", message_bytes_mean),
      "Mean PidTagMessageSize that the server returned for messages and rows of contents tables" },
};
/* clang-format on */

static void
message_bytes_mean(struct writer *writer, const void *data)
{
    const struct row *row = data;

    if (row->sizes)
        writer_number(writer, (row->size_sum + row->sizes / 2) / row->sizes);
    else
        writer_empty(writer);
}

/* --- lists of words --- */

static void
put_words(struct writer *writer, const void *value)
{
    const struct words *words = value;
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < words->count; i++)
        g_string_append_printf(text, "%s%s", i ? ";" : "", words->word[i]);
    writer_text(writer, text->str);
    g_string_free(text, TRUE);
}

static void
add_word(struct words *words, const char *word)
{
    unsigned i = 0;

    while (i < words->count && strcmp(words->word[i], word) != 0)
        i++;
    if (i == words->count && i < WORDS_MAX)
        words->word[words->count++] = g_strdup(word);
}

static void
add_words(struct words *words, const struct words *more)
{
    for (unsigned i = 0; i < more->count; i++)
        add_word(words, more->word[i]);
}

static void
clear_words(struct words *words)
{
    for (unsigned i = 0; i < words->count; i++)
        g_free((char *)words->word[i]);
}

/* --- rows --- */

static int
compare(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->who, right->who);

    return order ? order : memcmp(left->address, right->address, sizeof left->address);
}

/* Sets all counts of ROPs. */
static void
set_rops(struct row *row, uint64_t number)
{
    row->rops = row->rop_failures = number;
    for (int class = 0; class < OA_ROP_CLASSES; class ++)
        row->rops_of[class] = number;
    row->messages_read = row->messages_sent = row->messages_received = number;
}

static void
begin(void *data, const void *key)
{
    struct row *row = data;

    row->latency = histogram_new();
    row->first_ns = INT64_MAX;
    row->last_ns = NO_TIME;
    set_rops(row, NO_NUMBER);
    if (!key)
        return;
    row->key = *(const struct key *)key;
    row->key.who = g_strdup(row->key.who);
    row->key.name = g_strdup(row->key.name);
    row->address = row->key.has_address ? row->key.address : NULL;
}

static void
merge(void *into, const void *from)
{
    const struct row *other = from;
    struct row *row = into;

    if (!row->dn && row->key.who)
        row->dn = g_strdup(other->dn);
    for (int list = 0; list < LISTS; list++)
        add_words(&row->words[list], &other->words[list]);
    row->sizes += other->sizes;
    row->size_sum += other->size_sum;
}

static void
clear(void *data)
{
    struct row *row = data;

    for (int list = 0; list < LISTS; list++)
        clear_words(&row->words[list]);
    histogram_free(row->latency);
    g_free((char *)row->key.who);
    g_free((char *)row->key.name);
    g_free((char *)row->dn);
}

/* --- events --- */

/* Called at the first call of the session, or at its end. */
static void *
row_of(struct tally *tally, const struct oa_virtual_connection *vc)
{
    char text[USER_TEXT];
    uint8_t mapped[16];
    const char *name = user_text(user_of_session(vc), text);
    const uint8_t *address = client_address_of(vc, mapped);
    struct key key = { .who = name[0] || !vc->client ? name : vc->client->user_dn,
                       .name = name,
                       .has_address = address != NULL };
    if (address)
        memcpy(key.address, address, sizeof key.address);
    struct row *row = tally_row(tally, &key);
    row->first_ns = MIN(row->first_ns, vc->opened.time_ns);
    row->last_ns = MAX(row->last_ns, vc->last.time_ns);
    return row;
}

/* Sizes are those of messages; folders have a property of the same name. */
static bool
has_sizes(const struct rop_pair *rop)
{
    const struct oa_rop_object *object = rop->response ? rop->response->object : NULL;

    return rop->received && object &&
           (object->kind == OA_ROP_KIND_MESSAGE || object->kind == OA_ROP_KIND_CONTENTS_TABLE);
}

static void
take_rop(struct row *row, const struct rop_pair *rop)
{
    row->rops++;
    row->rop_failures += rop_failed(rop);
    row->rops_of[oa_rop_class(rop->id)]++;
    row->messages_read += rop_reads_message(rop);
    row->messages_sent += rop_sends_message(rop);
    row->messages_received += rop_announces_message(rop);
    if (has_sizes(rop)) {
        row->sizes += rop->received->sizes;
        row->size_sum += rop->received->size_sum;
    }
}

static void
take_rops(struct row *row, const struct oa_call *call)
{
    size_t count;
    const struct rop_pair *rops = rops_of_call(call, &count);

    if (rops && row->rops == NO_NUMBER)
        set_rops(row, 0);
    for (size_t i = 0; i < count; i++)
        take_rop(row, &rops[i]);
}

static void
take_call(void *data, const struct oa_call *call)
{
    struct row *row = data;
    int64_t latency_ns;

    row->failures += call_failed(call);
    if (call_is_prompt(call) && call_latency(call, oa_call_hop(call), &latency_ns))
        histogram_add(row->latency, latency_ns);
    take_rops(row, call);
}

static struct words
one_word(const char *word)
{
    return (struct words){ { word }, word && word[0] };
}

static void
take_session(struct tally *tally, void *row, const struct oa_virtual_connection *vc)
{
    static const struct oa_client UNKNOWN;
    const struct oa_client *client = vc->client ? vc->client : &UNKNOWN;
    const struct oa_traffic *traffic = vc->traffic[oa_vc_hop(vc)];
    char program[2 * OA_CLIENT_NAME];

    snprintf(program, sizeof program, "%s%s%s", client->software,
             client->software[0] && client->version[0] ? " " : "", client->version);
    struct row one = { .dn = client->user_dn[0] ? client->user_dn : NULL,
                       .words = { [TRANSPORTS] = one_word(transport_name(vc->transport)),
                                  [PROGRAMS] = one_word(program),
                                  [MODES] = one_word(mode_name(client->mode)),
                                  [COMPUTERS] = one_word(client->computer) },
                       .sessions = 1,
                       .mail_sessions = vc->exchange_calls > 0,
                       .calls = vc->calls,
                       .answered = vc->answered,
                       .unanswered = vc->unanswered,
                       .unknown = vc->unknown,
                       .no_request = vc->no_request,
                       .bytes_in = traffic[OA_CLIENT].rpc_bytes,
                       .bytes_out = traffic[OA_SERVER].rpc_bytes,
                       .first_ns = vc->opened.time_ns,
                       .last_ns = vc->last.time_ns };
    set_rops(&one, NO_NUMBER);
    tally_add(tally, row, &one);
}

static const struct tally_rows ROWS = {
    .size = sizeof(struct row),
    .max = USERS_MAX,
    .compare = compare,
    .begin = begin,
    .merge = merge,
    .clear = clear,
    .of_session = row_of,
    .call = take_call,
    .session = take_session,
};

const struct report REPORT_USERS = {
    .name = "users",
    .row_is = "user and client address",
    .order = "ordered by user, then by address",
    COLUMNS(COLUMNS_OF_USERS),
    TALLY(ROWS),
    .event = tally_take_event,
};
