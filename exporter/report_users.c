/* report_users.c
 * users.csv: one row for each user, client address and period, over all sessions and transports.
 *
 * Which sessions are of the same user is known only at the end. Until then rows are counted by what
 * a session shows: its names and its address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "call_minutes.h"
#include "interval_levels.h"
#include "intervals.h"
#include "period.h"
#include "rop_facts.h"
#include "tally.h"
#include "word_list.h"

/* Combinations of names and addresses with a row of their own; all others are counted in one row
 * without a name. */
#define USERS_MAX 262144

enum list { TRANSPORTS, PROGRAMS, MODES, COMPUTERS, LISTS };

enum rank { BY_CALLS, BY_BYTES, BY_TIME, RANKS };
enum per_day { SENT, RECEIVED, READ, PER_DAY };

/* What a session shows. The strings are owned by the row. */
struct key {
    const char *name[USER_NAME_ADDRESS]; /* NULL: unknown */
    uint8_t address[16];
    bool has_address;
};

/* What is counted of a period. */
struct row {
    struct key key;
    int64_t period_ns; /* its first instant; NO_TIME: all */
    struct word_list words[LISTS];
    uint64_t sessions, mail_sessions;
    uint64_t calls, answered, failures, unanswered, unknown, no_request;
    uint64_t bytes_in, bytes_out, pdus[2];
    struct histogram *latency;
    int64_t time_ns;
    int64_t first_ns, last_ns;
    uint64_t rops, rop_failures; /* NO_NUMBER: no ROPs were read */
    uint64_t rops_of[OA_ROP_CLASSES];
    struct rop_messages messages;
    GArray *minutes; /* call_minutes.h */

    /* In the rows that are printed. */
    uint32_t number;                  /* of the user */
    guint total;                      /* of the user in the period: for ranks */
    const char *user, *dn, *identity; /* not owned */
    const uint8_t *address;           /* NULL if unknown */
    uint64_t active_minutes, rank[RANKS];
    double calls_peak, per_day[PER_DAY];
};

/* What is counted for one combination of names and address. */
struct shown {
    struct key key;
    GTree *periods;  /* of struct row, owned, by period_ns */
    char *dn;        /* that became known after the first call; NULL: none */
    uint32_t number; /* at the end: of the best of its names */
};

static void message_bytes_mean(struct writer *writer, const void *row);

#define WORDS(what, list) COMPUTED_NAMED_OF(what, word_list_print, words[list])

/* clang-format off */
static const struct column COLUMNS_OF_USERS[] = {
    { "user", NAMED(USER, user),
      "User of the HTTP authentication, else of the RPC authentication, as spelt first; empty if both "
      "are unknown; with --user-key that name" },
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
    { "sessions", COUNT(sessions),
      "Sessions, including RPCPing and the like; with --period those that were used in it" },
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
    { "first_seen", FIRST_TIME(first_ns), "Start of the first session, but not before the period" TIMES_ARE },
    { "last_seen", LAST_TIME(last_ns), "End of the last session, but not after the period" },
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
    { "messages_read", COUNT(messages.read), "Messages opened with RopOpenMessage; what a client in cached mode downloads is in messages_downloaded" },
    { "messages_sent", COUNT(messages.sent), "Messages submitted with RopSubmitMessage or RopTransportSend" },
    { "messages_received", COUNT(messages.received),
      "Notifications of new mail, one for each subscription; and RopTransportNewMail" },
    { "message_bytes_mean", COMPUTED("bytes", message_bytes_mean),
      "Mean PidTagMessageSize that the server returned for messages and rows of contents tables" },
    { "identity", NAMED(USER, identity),
      "What tells this user from others, as spelt first: his distinguished name, else the user of the RPC "
      "authentication, else of the HTTP authentication, else the client's address (or what --user-key "
      "says); letter case and, with --domain-map, the form of the domain do not count. A name that was "
      "seen with one better name only stands for that one. Empty for an address of several users" },
    { "period_start", TIME(period_ns), "First instant of the day or week (--period); empty without it" },
    { "rpc_pdus_in", COUNT(pdus[OA_CLIENT]),
      "RPC PDUs, or requests, from the client; packets of Exchange Server User Monitor" },
    { "rpc_pdus_out", COUNT(pdus[OA_SERVER]), "RPC PDUs, or responses, to the client" },
    { "time_in_calls_ms", MS(time_ns), "Sum of the times of which latency_mean_ms is the mean" },
    { "active_minutes", NUMBER(active_minutes), "Minutes with a call, by the end of the request" },
    { "calls_peak_per_s", REAL("1/s", calls_peak),
      "Most calls of a minute per covered second, of minutes that are covered by at least half" },
    { "calls_rank", NUMBER(rank[BY_CALLS]),
      "Rank of the user, with all addresses, in the period: 1 has most calls; users with as many have the "
      "same one" },
    { "bytes_rank", NUMBER(rank[BY_BYTES]), "The same by bytes in both directions" },
    { "time_rank", NUMBER(rank[BY_TIME]), "The same by time in calls" },
    { "client_sessions", COMPUTED_NAMED_OF(WORD, word_list_print_counts, words[PROGRAMS]),
      "Sessions of each of the clients, NAME:SESSIONS, separated by semicolons; \"other\" for those after "
      "the first eight" },
    { "messages_sent_per_day", REAL("1/d", per_day[SENT]),
      "messages_sent, divided by the days on which calls with readable ROPs were seen" },
    { "messages_received_per_day", REAL("1/d", per_day[RECEIVED]), "The same for messages_received" },
    { "messages_read_per_day", REAL("1/d", per_day[READ]), "The same for messages_read" },
    { "messages_downloaded", COUNT(messages.downloaded),
      "Messages in the streams that synchronization and FastTransfer download, associated ones among them, without embedded ones" },
};
/* clang-format on */

static void
message_bytes_mean(struct writer *writer, const void *data)
{
    const struct row *row = data;

    const struct rop_messages *messages = &row->messages;

    if (messages->sizes)
        writer_number(writer, (messages->size_sum + messages->sizes / 2) / messages->sizes);
    else
        writer_empty(writer);
}

/* --- rows of periods --- */

/* Sets all counts of ROPs. */
static void
set_rops(struct row *row, uint64_t number)
{
    row->rops = row->rop_failures = number;
    for (int class = 0; class < OA_ROP_CLASSES; class ++)
        row->rops_of[class] = number;
    row->messages.read = row->messages.sent = row->messages.received = number;
    row->messages.downloaded = number;
}

static struct row *
row_new(int64_t period_ns)
{
    struct row *row = g_new0(struct row, 1);

    row->period_ns = period_ns;
    row->latency = histogram_new();
    row->minutes = call_minutes_new();
    row->first_ns = INT64_MAX;
    row->last_ns = NO_TIME;
    set_rops(row, NO_NUMBER);
    return row;
}

static void
row_free(void *data)
{
    struct row *row = data;

    for (int list = 0; list < LISTS; list++)
        word_list_clear(&row->words[list]);
    histogram_free(row->latency);
    g_array_unref(row->minutes);
    g_free(row);
}

static void
add_row(struct row *into, const struct row *from)
{
    columns_merge(COLUMNS_OF_USERS, G_N_ELEMENTS(COLUMNS_OF_USERS), into, from);
    for (int list = 0; list < LISTS; list++)
        word_list_merge(&into->words[list], &from->words[list]);
    into->time_ns += from->time_ns;
    into->messages.sizes += from->messages.sizes;
    into->messages.size_sum += from->messages.size_sum;
    if (from->minutes)
        call_minutes_append(into->minutes, from->minutes);
}

/* --- what sessions show --- */

static int
compare(const void *a, const void *b)
{
    const struct key *left = a, *right = b;

    for (int name = 0; name < USER_NAME_ADDRESS; name++) {
        int order = g_strcmp0(left->name[name], right->name[name]);
        if (order)
            return order;
    }
    return memcmp(left->address, right->address, sizeof left->address);
}

static int
compare_periods(const void *a, const void *b, void *data)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    (void)data;
    return left < right ? -1 : left > right;
}

static void
begin(void *data, const void *key)
{
    struct shown *shown = data;

    shown->periods = g_tree_new_full(compare_periods, NULL, NULL, NULL);
    if (!key)
        return;
    shown->key = *(const struct key *)key;
    for (int name = 0; name < USER_NAME_ADDRESS; name++)
        shown->key.name[name] = g_strdup(shown->key.name[name]);
}

static gboolean
free_period(void *period_ns, void *row, void *data)
{
    (void)period_ns;
    (void)data;
    row_free(row);
    return FALSE;
}

static void
clear(void *data)
{
    struct shown *shown = data;

    g_tree_foreach(shown->periods, free_period, NULL);
    g_tree_destroy(shown->periods);
    g_free(shown->dn);
    for (int name = 0; name < USER_NAME_ADDRESS; name++)
        g_free((char *)shown->key.name[name]);
}

static struct row *
row_at(struct shown *shown, int64_t period_ns)
{
    struct row *row = g_tree_lookup(shown->periods, &period_ns);

    if (!row) {
        row = row_new(period_ns);
        g_tree_insert(shown->periods, &row->period_ns, row);
    }
    return row;
}

static gboolean
merge_period(void *period_ns, void *row, void *into)
{
    add_row(row_at(into, *(const int64_t *)period_ns), row);
    return FALSE;
}

static void
merge(void *into, const void *from)
{
    const struct shown *other = from;
    struct shown *shown = into;

    g_tree_foreach(other->periods, merge_period, shown);
    if (!shown->dn)
        shown->dn = g_strdup(other->dn);
}

/* --- events --- */

static int64_t
span_start(const struct tally *tally, int64_t time_ns)
{
    return period_start(tally_run(tally)->settings, time_ns);
}

/* Called at the first call of the session, and at its end. */
static void *
shown_of(struct tally *tally, const struct oa_virtual_connection *vc)
{
    struct user_names_text text;
    uint8_t mapped[16];
    const uint8_t *address = client_address_of(vc, mapped);
    struct user_names names = user_names_of(vc, &text);
    struct key key = { .has_address = address != NULL };

    memcpy(key.name, names.name, sizeof key.name);
    if (address)
        memcpy(key.address, address, sizeof key.address);
    return tally_row(tally, &key);
}

static void
take_traffic(void *shown, int64_t start_ns, const struct traffic_growth *growth)
{
    struct row *row = row_at(shown, start_ns);

    row->bytes_in += growth->rpc_bytes[OA_CLIENT];
    row->bytes_out += growth->rpc_bytes[OA_SERVER];
    row->pdus[OA_CLIENT] += growth->rpc_pdus[OA_CLIENT];
    row->pdus[OA_SERVER] += growth->rpc_pdus[OA_SERVER];
}

static void
take_rop(struct row *row, const struct rop_pair *rop)
{
    row->rops++;
    row->rop_failures += rop_failed(rop);
    row->rops_of[oa_rop_class(rop->id)]++;
    rop_count_messages(&row->messages, rop);
}

/* Whether the call has ROPs that can be read. */
static bool
take_rops(struct row *row, const struct oa_call *call)
{
    size_t count;
    const struct rop_pair *rops = rops_of_call(call, &count);

    if (rops && row->rops == NO_NUMBER)
        set_rops(row, 0);
    for (size_t i = 0; i < count; i++)
        take_rop(row, &rops[i]);
    return rops != NULL;
}

static void
take_call(struct tally *tally, void *shown, const struct oa_call *call)
{
    const struct oa_call_half *request = call_request(call);
    const struct oa_call_half *counted = request ? request : &call->response[oa_call_hop(call)];
    struct row *row = row_at(shown, span_start(tally, counted->last.time_ns));
    bool has_rops = take_rops(row, call);
    int64_t latency_ns;

    row->calls++;
    row->answered += call->state == OA_CALL_ANSWERED;
    row->unanswered += call->state == OA_CALL_UNANSWERED;
    row->unknown += call->state == OA_CALL_UNKNOWN;
    row->no_request += call->state == OA_CALL_NO_REQUEST;
    row->failures += oa_call_failed(call);
    if (call_is_prompt(call) && oa_call_latency(call, oa_call_hop(call), &latency_ns)) {
        histogram_add(row->latency, latency_ns);
        row->time_ns += MAX(latency_ns, 0);
    }
    if (request)
        call_minutes_add(row->minutes, request->last.time_ns, has_rops);
}

/* `one` holds it. */
static struct word_list
one_word(struct word_count *one, const char *word)
{
    *one = (struct word_count){ word, 1 };
    return (struct word_list){ one, 0, word && word[0] };
}

/* The session counts in each period in which something was counted of its user. */
static void
count_session(struct shown *shown, const struct intervals_settings *settings, struct row *one,
              const struct oa_virtual_connection *vc)
{
    int64_t last_ns = row_at(shown, period_start(settings, vc->last.time_ns))->period_ns;
    int64_t first_ns = row_at(shown, period_start(settings, vc->opened.time_ns))->period_ns;

    for (GTreeNode *node = g_tree_lower_bound(shown->periods, &first_ns); node;
         node = g_tree_node_next(node)) {
        struct row *row = g_tree_node_value(node);
        if (row->period_ns > last_ns)
            break;
        one->first_ns = MAX(vc->opened.time_ns, row->period_ns);
        one->last_ns = MIN(vc->last.time_ns, period_end(settings, row->period_ns));
        add_row(row, one);
    }
}

static void
take_session(struct tally *tally, void *data, const struct oa_virtual_connection *vc)
{
    struct shown *shown = data;
    static const struct oa_client UNKNOWN;
    const struct oa_client *client = vc->client ? vc->client : &UNKNOWN;
    char program[2 * OA_CLIENT_NAME];

    snprintf(program, sizeof program, "%s%s%s", client->software,
             client->software[0] && client->version[0] ? " " : "", client->version);
    struct word_count words[LISTS];
    struct row one = { .words = { [TRANSPORTS] =
                                      one_word(&words[TRANSPORTS], transport_name(vc->transport)),
                                  [PROGRAMS] = one_word(&words[PROGRAMS], program),
                                  [MODES] = one_word(&words[MODES], mode_name(client->mode)),
                                  [COMPUTERS] = one_word(&words[COMPUTERS], client->computer) },
                       .sessions = 1,
                       .mail_sessions = vc->exchange_calls > 0 };
    set_rops(&one, NO_NUMBER);
    count_session(shown, tally_run(tally)->settings, &one, vc);
    if (!shown->dn && client->user_dn[0])
        shown->dn = g_strdup(client->user_dn);
    shown_of(tally, vc); /* now that all of its names are known */
}

/* --- the end: from what sessions show to users --- */

struct ending {
    struct report_run *run;
    struct user_identities *users;
    GTree *rows;   /* of struct row, owned, by user, address and period */
    uint32_t user; /* that is taken */
    struct shown *shown;
};

static struct user_names
names_of(const struct key *key, char address[ADDRESS_TEXT])
{
    struct user_names names = { { NULL } };

    memcpy(names.name, key->name, sizeof key->name);
    if (key->has_address)
        names.name[USER_NAME_ADDRESS] = address_text(key->address, address);
    return names;
}

static uint32_t
take_names(const struct ending *ending, const struct shown *shown)
{
    char address[ADDRESS_TEXT];
    struct user_names names = names_of(&shown->key, address);

    return user_identities_take(ending->users, &names);
}

static int
compare_users(const void *a, const void *b, void *data)
{
    const struct row *left = a, *right = b;
    int order;

    (void)data;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    order = memcmp(left->key.address, right->key.address, sizeof left->key.address);
    return order ? order : compare_periods(&left->period_ns, &right->period_ns, NULL);
}

/* The names that were seen first. */
static void
name_row(struct row *sum, const struct row *row, const struct shown *shown)
{
    const char *const *name = shown->key.name;
    const char *user = name[USER_NAME_HTTP] ? name[USER_NAME_HTTP] : name[USER_NAME_RPC];
    const char *dn = name[USER_NAME_DN] ? name[USER_NAME_DN] : shown->dn;
    bool is_earlier = row->first_ns < sum->first_ns;

    if (user && (!sum->user || is_earlier))
        sum->user = user;
    if (dn && (!sum->dn || is_earlier))
        sum->dn = dn;
}

static gboolean
take_period(void *key, void *value, void *data)
{
    struct ending *ending = data;
    struct row *row = value;

    (void)key;
    row->number = ending->user;
    row->key = ending->shown->key;
    struct row *sum = g_tree_lookup(ending->rows, row);
    name_row(sum ? sum : row, row, ending->shown);
    if (sum) {
        add_row(sum, row);
        row_free(row);
    } else {
        g_tree_insert(ending->rows, row, row);
    }
    return FALSE;
}

static void
take_shown(struct ending *ending, struct shown *shown)
{
    ending->shown = shown;
    ending->user = user_identity(ending->users, shown->number);
    g_tree_foreach(shown->periods, take_period, ending);
    g_tree_remove_all(shown->periods);
}

static void
list_shown(void *list, void *shown)
{
    g_ptr_array_add(list, shown);
}

/* Names without sessions of their own come last. */
static int64_t
first_seen(const struct shown *shown)
{
    GTreeNode *node = g_tree_node_first(shown->periods);

    return node ? ((const struct row *)g_tree_node_value(node))->first_ns : INT64_MAX;
}

static int
compare_first(const void *a, const void *b)
{
    int64_t left = first_seen(*(const struct shown *const *)a);
    int64_t right = first_seen(*(const struct shown *const *)b);

    return left < right ? -1 : left > right;
}

/* In order of time, so that what is first in a row was seen first. */
static void
take_all(struct ending *ending)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    tally_each(ending->run->state, list_shown, list);
    g_ptr_array_sort(list, compare_first);
    for (guint i = 0; i < list->len; i++) {
        struct shown *shown = g_ptr_array_index(list, i);
        shown->number = take_names(ending, shown);
    }
    user_identities_settle(ending->users);
    for (guint i = 0; i < list->len; i++)
        take_shown(ending, g_ptr_array_index(list, i));
}

/* --- ranks --- */

/* What a user did in a period, at all addresses. */
struct total {
    int64_t period_ns;
    uint32_t number;
    uint64_t value[RANKS], rank[RANKS];
};

static int
compare_totals(const void *a, const void *b)
{
    const struct row *left = *(const struct row *const *)a, *right = *(const struct row *const *)b;
    int order = compare_periods(&left->period_ns, &right->period_ns, NULL);

    return order ? order : compare_users(left, right, NULL);
}

/* By period, and in it the greatest first. */
static int
compare_values(const void *a, const void *b, void *rank)
{
    const struct total *left = *(const struct total *const *)a;
    const struct total *right = *(const struct total *const *)b;
    int order = compare_periods(&left->period_ns, &right->period_ns, NULL);
    uint64_t more = left->value[*(const int *)rank], less = right->value[*(const int *)rank];

    return order ? order : more > less ? -1 : more < less;
}

/* The rows are in order of periods, then of users. */
static GArray *
totals_of(const GPtrArray *rows)
{
    GArray *totals = g_array_new(FALSE, TRUE, sizeof(struct total));

    for (guint i = 0; i < rows->len; i++) {
        struct row *row = g_ptr_array_index(rows, i);
        struct total *last =
            totals->len ? &g_array_index(totals, struct total, totals->len - 1) : NULL;
        if (!last || last->period_ns != row->period_ns || last->number != row->number) {
            g_array_set_size(totals, totals->len + 1);
            last = &g_array_index(totals, struct total, totals->len - 1);
            last->period_ns = row->period_ns;
            last->number = row->number;
        }
        last->value[BY_CALLS] += row->calls;
        last->value[BY_BYTES] += row->bytes_in + row->bytes_out;
        last->value[BY_TIME] += (uint64_t)row->time_ns;
        row->total = totals->len - 1;
    }
    return totals;
}

/* Who is not known has no rank, and takes none. */
static void
set_ranks(const GArray *totals, int rank)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (guint i = 0; i < totals->len; i++) {
        struct total *total = &g_array_index(totals, struct total, i);
        total->rank[rank] = NO_NUMBER;
        if (total->number != USER_ANONYMOUS)
            g_ptr_array_add(order, total);
    }
    g_ptr_array_sort_with_data(order, compare_values, &rank);
    for (guint i = 0, first = 0; i < order->len; i++) {
        struct total *total = g_ptr_array_index(order, i);
        const struct total *before = i > 0 ? g_ptr_array_index(order, i - 1) : NULL;
        if (!before || before->period_ns != total->period_ns)
            first = i;
        bool is_equal = i > first && before->value[rank] == total->value[rank];
        total->rank[rank] = is_equal ? before->rank[rank] : i - first + 1;
    }
}

static void
rank_rows(GPtrArray *rows)
{
    g_ptr_array_sort(rows, compare_totals);
    g_autoptr(GArray) totals = totals_of(rows);
    for (int rank = 0; rank < RANKS; rank++)
        set_ranks(totals, rank);
    for (guint i = 0; i < rows->len; i++) {
        struct row *row = g_ptr_array_index(rows, i);
        memcpy(row->rank, g_array_index(totals, struct total, row->total).rank, sizeof row->rank);
    }
}

static void
fill_minutes(const struct report_run *run, struct row *row)
{
    call_minutes_settle(row->minutes);
    row->active_minutes = row->minutes->len;
    row->calls_peak = call_minutes_peak(row->minutes, run->intervals);
    double days = (double)call_minutes_rop_days(row->minutes, run->settings->utc_offset_ns);
    const uint64_t messages[PER_DAY] = { [SENT] = row->messages.sent,
                                         [RECEIVED] = row->messages.received,
                                         [READ] = row->messages.read };
    for (int i = 0; i < PER_DAY; i++)
        row->per_day[i] = days > 0 ? (double)messages[i] / days : NO_RATIO;
}

/* --- output --- */

static const char *
who(const struct row *row)
{
    return row->user ? row->user : row->dn ? row->dn : "";
}

static int
compare_printed(const void *a, const void *b)
{
    const struct row *left = *(const struct row *const *)a, *right = *(const struct row *const *)b;
    int order = strcmp(who(left), who(right));

    return order ? order : compare_users(left, right, NULL);
}

static gboolean
list_row(void *key, void *row, void *rows)
{
    (void)key;
    g_ptr_array_add(rows, row);
    return FALSE;
}

static void
name_rows(const struct ending *ending, const GPtrArray *rows)
{
    struct user_spellings *spellings = ending->run->spellings;

    for (guint i = 0; i < rows->len; i++) {
        struct row *row = g_ptr_array_index(rows, i);
        row->identity = user_identity_name(ending->users, row->number);
        if (ending->run->settings->users.has_key)
            row->user = row->identity;
        row->user = user_spelling(spellings, row->user);
        row->identity = user_spelling(spellings, row->identity);
        row->address = row->key.has_address ? row->key.address : NULL;
    }
}

static void
finish(struct report_run *run)
{
    struct ending ending = { .run = run,
                             .users = user_identities_new(&run->settings->users),
                             .rows = g_tree_new_full(compare_users, NULL, NULL, row_free) };
    g_autoptr(GPtrArray) rows = g_ptr_array_new();

    take_all(&ending);
    g_tree_foreach(ending.rows, list_row, rows);
    rank_rows(rows);
    name_rows(&ending, rows);
    g_ptr_array_sort(rows, compare_printed);
    for (guint i = 0; i < rows->len; i++) {
        struct row *row = g_ptr_array_index(rows, i);
        fill_minutes(run, row);
        report_row(run, row);
    }
    g_tree_destroy(ending.rows);
    user_identities_free(ending.users);
}

static const struct tally_rows ROWS = {
    .size = sizeof(struct shown),
    .max = USERS_MAX,
    .compare = compare,
    .begin = begin,
    .merge = merge,
    .merges_all = true,
    .clear = clear,
    .of_session = shown_of,
    .call = take_call,
    .session = take_session,
    .traffic = take_traffic,
    .span_start = span_start,
};

const struct report REPORT_USERS = {
    .name = "users",
    .row_is = "user and client address; with --period for each day or week too",
    .order = "ordered by user, then by address, then by time",
    .needs_intervals = true,
    COLUMNS(COLUMNS_OF_USERS),
    .rows = &ROWS,
    .new_state = tally_new,
    .event = tally_take_event,
    .takes = TALLY_TAKES,
    .merge = tally_merge,
    .fill = tally_fill,
    .rotate = tally_rotate,
    .finish = finish,
    .free_state = tally_free,
};
