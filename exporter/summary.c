/* summary.c
 * The writer of the reports that a summary needs: keeps the cells of a few columns, and sums of
 * them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "summary.h"

#include <math.h>
#include <string.h>

#include "session_number.h"
#include "summary_facts.h"

/* Names that are summed up each for itself; everything else is summed up without a name. */
#define NAMES_MAX 262144

/* Captures whose names are kept. */
#define CAPTURES_MAX 16

/* Columns that are read of a report. */
#define WANTED_MAX 10

/* A cell of a row. */
struct value {
    GString *text;
    double number;
};

struct view {
    const char *report;
    const char *columns[WANTED_MAX];
    void (*take)(struct summary *summary, const struct value *values);
};

struct view_writer {
    struct writer base;
    struct summary *summary;
    const struct view *view;
    int *wanted; /* of each column: its place in `values`, or -1 */
    size_t cell; /* index of the next one of the row */
    struct value values[WANTED_MAX];
};

/* --- sums --- */

static void
free_sum(void *data)
{
    struct sum *sum = data;

    for (int i = 0; i < SUM_NAMES; i++)
        g_free(sum->names[i]);
    g_free(sum);
}

/* The sum with these names, which is made if it is missing. */
static struct sum *
sum_of(GHashTable *sums, const char *first, const char *second, const char *third)
{
    const char *names[SUM_NAMES] = { first, second, third };
    g_autofree char *key = g_strjoin("\n", first, second, third, NULL);
    struct sum *sum = g_hash_table_lookup(sums, key);

    if (sum)
        return sum;
    if (g_hash_table_size(sums) >= NAMES_MAX && first[0])
        return sum_of(sums, "", "", "");
    sum = g_new0(struct sum, 1);
    for (int i = 0; i < SUM_NAMES; i++)
        sum->names[i] = g_strdup(names[i]);
    g_hash_table_insert(sums, g_steal_pointer(&key), sum);
    return sum;
}

static void
add_tls(struct summary *summary, const char *server, const char *name, bool is_proxy,
        const double numbers[SUM_NUMBERS])
{
    struct sum *sum = sum_of(summary->sums[BY_TLS_SERVER], server, name, is_proxy ? "proxy" : "");

    for (int i = 0; i < SUM_NUMBERS; i++)
        sum->numbers[i] += numbers[i];
    summary->tls_connections[is_proxy] += numbers[TLS_CONNECTIONS];
}

/* --- rows, as the columns of VIEWS --- */

static void
take_connection(struct summary *summary, const struct value *row)
{
    bool is_tls = strcmp(row[0].text->str, "https") == 0 || row[3].text->len;
    bool is_opened = row[7].text->len && strcmp(row[7].text->str, "no") != 0;
    const double numbers[SUM_NUMBERS] = {
        [TLS_CONNECTIONS] = 1,
        [TLS_UNFINISHED] = strcmp(row[4].text->str, "unfinished") == 0,
        [TLS_BYTES_IN] = row[5].number,
        [TLS_BYTES_OUT] = row[6].number,
    };

    if (!is_tls || is_opened || row[5].number + row[6].number <= 0)
        return;
    add_tls(summary, row[1].text->str, row[2].text->str, true, numbers);
    sum_of(summary->sums[BY_TLS_REASON], row[8].text->str, "", "")->numbers[0]++;
}

static void
take_session(struct summary *summary, const struct value *row)
{
    summary->sessions++;
    sum_of(summary->sums[BY_TRANSPORT], row[0].text->str, "", "")->numbers[0]++;
    summary->sealed_sessions += row[1].number > 0;
}

static void
take_operation(struct summary *summary, const struct value *row)
{
    if (row[2].text->len) /* a row of one kind of ROP */
        return;
    struct sum *sum = sum_of(summary->sums[BY_OPERATION], row[0].text->str, row[1].text->str, "");
    for (int state = 0; state < CALL_STATES; state++)
        summary->calls[state] += row[3 + state].number;
    sum->numbers[OPERATION_CALLS] += row[3 + CALLS].number;
    sum->numbers[OPERATION_FAULTS] += row[3 + FAULTS].number;
    sum->numbers[OPERATION_UNANSWERED] += row[3 + UNANSWERED].number;
    sum->numbers[OPERATION_MAX_MS] = MAX(sum->numbers[OPERATION_MAX_MS], row[9].number);
}

static void
take_user(struct summary *summary, const struct value *row)
{
    const char *name = row[0].text->len ? row[0].text->str : row[1].text->str;
    struct sum *sum = sum_of(summary->sums[BY_USER], name, "", "");

    for (int i = 0; i < SUM_NUMBERS; i++)
        sum->numbers[i] += row[2 + i].number;
}

/* The row that sums up all servers is that without a role. */
static void
take_capacity(struct summary *summary, const struct value *row)
{
    for (int i = 0; i < OVERALLS && !row[OVERALLS].text->len; i++) {
        g_free(summary->overall[i]);
        summary->overall[i] = row[i].text->len ? g_strdup(row[i].text->str) : NULL;
    }
}

/* Of the virtual connections; an unknown number of calls is an empty cell. */
static void
take_estimate(struct summary *summary, const struct value *row)
{
    struct estimates *estimates = &summary->estimates;

    if (strcmp(row[0].text->str, "http") == 0)
        return;
    if (strcmp(row[0].text->str, "mapi_http") == 0) {
        estimates->mapi_sessions++;
        return;
    }
    estimates->sessions++;
    estimates->unknown += row[1].text->len == 0;
    estimates->calls += row[1].number;
    if (!row[2].text->len || strcmp(row[0].text->str, "notifications") == 0)
        return;
    bool is_first = estimates->most_ms == 0;
    estimates->least_ms = is_first ? row[2].number : MIN(estimates->least_ms, row[2].number);
    estimates->most_ms = MAX(estimates->most_ms, row[2].number);
}

static void
take_capture(struct summary *summary, const struct value *row)
{
    if (summary->captures->len < CAPTURES_MAX)
        g_ptr_array_add(summary->captures, g_strdup(row[0].text->str));
}

static void
take_finding(struct summary *summary, const struct value *row)
{
    sum_of(summary->sums[BY_FINDING], row[0].text->str, row[1].text->str, row[2].text->str)
        ->numbers[0]++;
}

/* clang-format off */
static const struct view VIEWS[] = {
    { "connections", { "service", "server_address", "tls_sni", "tls_version", "tls_handshake", "bytes_in", "bytes_out", "decrypted",
                     "not_decrypted" }, take_connection },
    { "sessions", { "transport", "sealed_calls" }, take_session },
    { "operations", { "interface", "operation", "rop", "calls", "answered", "faults", "unanswered", "unknown", "no_request", "latency_max_ms" },
      take_operation },
    { "users", { "user", "user_dn", "calls", "sessions", "bytes_in", "bytes_out" }, take_user },
    { "capacity", { "users_seen", "users_peak", "calls_peak_per_s", "calls_peak_at", "latency_mean_ms", "latency_p50_ms", "latency_p95_ms",
                    "latency_max_ms", "quality_share", "role" }, take_capacity },
    { "captures", { "file" }, take_capture },
    { "estimates", { "kind", "calls", "latency_p50_ms" }, take_estimate },
    { "findings", { "severity", "code", "meaning" }, take_finding },
};
/* clang-format on */

const char *
summary_needs(size_t number)
{
    return number < G_N_ELEMENTS(VIEWS) ? VIEWS[number].report : NULL;
}

/* --- the writer --- */

/* Where the next cell is kept; NULL: it is not. */
static struct value *
next_value(struct view_writer *writer)
{
    int place = writer->wanted[writer->cell++];

    return place < 0 ? NULL : &writer->values[place];
}

static void
put_empty(struct writer *base)
{
    ((struct view_writer *)base)->cell++;
}

static void
put_token(struct writer *base, const char *text, size_t length)
{
    struct value *value = next_value((struct view_writer *)base);

    if (value)
        g_string_append_len(value->text, text, (gssize)length);
}

static void
put_text(struct writer *base, const char *text)
{
    put_token(base, text ? text : "", text ? strlen(text) : 0);
}

static void
put_decimal(struct writer *base, const char *text, size_t length)
{
    struct value *value = next_value((struct view_writer *)base);

    if (!value)
        return;
    g_string_append_len(value->text, text, (gssize)length);
    value->number = g_ascii_strtod(value->text->str, NULL);
}

static void
put_number(struct writer *base, uint64_t number)
{
    char text[SHORT_CELL];

    put_decimal(base, text, (size_t)(writer_put_number(text, number, 1) - text));
}

static void
put_session(struct writer *base, struct session_number *session)
{
    session_number_release(session);
    put_empty(base);
}

static void
end_row(struct writer *base)
{
    struct view_writer *writer = (struct view_writer *)base;

    writer->view->take(writer->summary, writer->values);
    for (int i = 0; i < WANTED_MAX; i++) {
        g_string_truncate(writer->values[i].text, 0);
        writer->values[i].number = 0;
    }
    writer->cell = 0;
}

static bool
has_failed(const struct writer *base)
{
    (void)base;
    return false;
}

static bool
succeed(struct writer *base, char **message)
{
    (void)base;
    (void)message;
    return true;
}

static void
free_writer(struct writer *base)
{
    struct view_writer *writer = (struct view_writer *)base;

    for (int i = 0; i < WANTED_MAX; i++)
        g_string_free(writer->values[i].text, TRUE);
    g_free(writer->wanted);
    g_free(writer);
}

static const struct writer_format VIEW = {
    .text = put_text,
    .token = put_token,
    .number = put_number,
    .decimal = put_decimal,
    .empty = put_empty,
    .session = put_session,
    .end_row = end_row,
    .failed = has_failed,
    .flush = succeed,
    .sync = succeed,
    .publish = succeed,
    .close = free_writer,
    .discard = free_writer,
};

struct writer *
summary_writer(struct summary *summary, const struct report *report)
{
    struct view_writer *writer = g_new0(struct view_writer, 1);
    size_t view = 0;

    while (strcmp(VIEWS[view].report, report->name) != 0)
        view++;
    writer->base.format = &VIEW;
    writer->summary = summary;
    writer->view = &VIEWS[view];
    writer->wanted = g_new(int, report->n_columns);
    for (size_t i = 0; i < report->n_columns; i++) {
        writer->wanted[i] = -1;
        for (int k = 0; k < WANTED_MAX && writer->view->columns[k]; k++)
            if (strcmp(writer->view->columns[k], report->columns[i].name) == 0)
                writer->wanted[i] = k;
    }
    for (int i = 0; i < WANTED_MAX; i++)
        writer->values[i].text = g_string_new(NULL);
    return &writer->base;
}

/* --- the summary --- */

struct summary *
summary_new(const struct oa_renamer *renamer)
{
    struct summary *summary = g_new0(struct summary, 1);

    summary->renamer = renamer;
    for (int i = 0; i < SUMS; i++)
        summary->sums[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_sum);
    summary->captures = g_ptr_array_new_with_free_func(g_free);
    return summary;
}

void
summary_free(struct summary *summary)
{
    if (!summary)
        return;
    for (int i = 0; i < SUMS; i++)
        g_hash_table_unref(summary->sums[i]);
    g_ptr_array_unref(summary->captures);
    for (int i = 0; i < OVERALLS; i++)
        g_free(summary->overall[i]);
    g_free(summary);
}

void
summary_take_undecided(struct summary *summary, const uint8_t server[16],
                       const struct connection_row *row, uint64_t connections)
{
    double numbers[SUM_NUMBERS] = { [TLS_CONNECTIONS] = (double)connections,
                                    [TLS_UNFINISHED] = NAN,
                                    [TLS_BYTES_IN] = NAN,
                                    [TLS_BYTES_OUT] = NAN };
    char address[ADDRESS_TEXT];

    if (row && row->opened.source) /* and what is inside is not ours */
        return;
    if (row) {
        numbers[TLS_UNFINISHED] = row->tls && !row->tls->is_finished;
        numbers[TLS_BYTES_IN] = (double)row->tcp->stream[OA_CLIENT].payload_bytes;
        numbers[TLS_BYTES_OUT] = (double)row->tcp->stream[OA_SERVER].payload_bytes;
    }
    const char *name = row && row->tls ? row->tls->sni : "";
    add_tls(summary, OA_SHOWN(summary->renamer, HOST, address_text(server, address)),
            OA_SHOWN(summary->renamer, HOST, name), false, numbers);
}

bool
summary_has_tls(const struct summary *summary)
{
    return g_hash_table_size(summary->sums[BY_TLS_SERVER]) > 0;
}
