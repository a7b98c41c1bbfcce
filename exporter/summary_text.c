/* summary_text.c
 * The text of a summary: what was found, what was not read and why.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <math.h>
#include <string.h>

#include "interval_levels.h"
#include "summary_lines.h"

#define NS_PER_S INT64_C(1000000000)

/* Columns of a table: its names, and each number. */
#define NAME 36
#define FIGURE 11

/* Lines of a table; captures, holes and findings that are listed. */
#define TOP 5
#define CAPTURES 3
#define HOLES 3
#define FINDINGS 20

/* Of fewer intervals, the busiest one says little. */
#define FEW_INTERVALS 5

/* "2026-11-24T01:02:00.000000Z", cut to seconds */
#define UP_TO_SECONDS 19

/* --- the time that is covered --- */

static char *
time_text(int64_t time_ns)
{
    g_autoptr(GDateTime) time =
        g_date_time_new_from_unix_utc(time_ns / NS_PER_S - (time_ns % NS_PER_S < 0));

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : g_strdup("?");
}

static double
seconds_between(int64_t from_ns, int64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) / 1e9;
}

/* In its two greatest units. */
static char *
duration_text(double seconds)
{
    static const struct {
        unsigned seconds, part_seconds;
        const char *units[2];
    } ROWS[] = { { 86400, 3600, { "d", "h" } },
                 { 3600, 60, { "h", "min" } },
                 { 60, 1, { "min", "s" } } };
    uint64_t whole = (uint64_t)seconds;

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        if (whole >= ROWS[i].seconds)
            return g_strdup_printf(
                "%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s", whole / ROWS[i].seconds,
                ROWS[i].units[0], whole % ROWS[i].seconds / ROWS[i].part_seconds, ROWS[i].units[1]);
    return g_strdup_printf("%.3f s", seconds);
}

struct pieces {
    const struct text *text;
    int64_t first_ns, last_ns;
    double covered_s;
    unsigned n;
};

static void
take_piece(void *context, int64_t first_ns, int64_t last_ns)
{
    struct pieces *pieces = context;

    if (!pieces->n++)
        pieces->first_ns = first_ns;
    pieces->last_ns = last_ns;
    pieces->covered_s += seconds_between(first_ns, last_ns);
}

/* The hole before the piece. */
static void
put_hole(void *context, int64_t first_ns, int64_t last_ns)
{
    struct pieces *before = context;

    if (before->n > 0 && before->n <= HOLES) {
        g_autofree char *from = time_text(before->last_ns), *to = time_text(first_ns);
        g_autofree char *length = duration_text(seconds_between(before->last_ns, first_ns));
        text_line(before->text, before->n == 1 ? "Not covered" : "", "%s to %s (%s)", from, to,
                  length);
    }
    take_piece(before, first_ns, last_ns);
}

static void
put_coverage(const struct text *text)
{
    struct pieces all = { .text = text }, before = { .text = text };

    intervals_each_piece(text->run->intervals, take_piece, &all);
    if (!all.n)
        return;
    double all_s = seconds_between(all.first_ns, all.last_ns);
    unsigned holes = all.n - 1;
    g_autofree char *from = time_text(all.first_ns), *to = time_text(all.last_ns);
    g_autofree char *length = duration_text(all_s), *covered = duration_text(all.covered_s);
    text_line(text, "Time (UTC)", "%s to %s (%s)", from, to, length);
    if (!holes)
        return;
    text_line(text, "Covered", "%s, %.1f %%; %u hole%s", covered, 100 * all.covered_s / all_s,
              holes, text_plural(holes));
    intervals_each_piece(text->run->intervals, put_hole, &before);
    if (holes > HOLES)
        text_line(text, "", "and %u more", holes - HOLES);
}

/* --- what was found --- */

static void
put_sessions(const struct text *text)
{
    g_autoptr(GPtrArray) transports = summary_sorted(text->summary, BY_TRANSPORT);
    g_autoptr(GString) parts = g_string_new(NULL);

    for (guint i = 0; i < transports->len; i++) {
        const struct sum *sum = g_ptr_array_index(transports, i);
        g_string_append_printf(parts, "%s%.0f %s", i ? ", " : ": ", sum->numbers[0], sum->names[0]);
    }
    text_line(text, "Sessions", "%" G_GUINT64_FORMAT "%s", text->summary->sessions, parts->str);
}

static void
put_calls(const struct text *text)
{
    static const char *const NAMES[] = { [ANSWERED] = "answered",
                                         [FAULTS] = "with a fault",
                                         [UNANSWERED] = "unanswered",
                                         [UNKNOWN] = "unknown",
                                         [NO_REQUEST] = "without request" };
    const double *calls = text->summary->calls;
    g_autoptr(GString) parts = g_string_new(NULL);

    for (int state = ANSWERED; state < CALL_STATES; state++)
        if (calls[state] > 0)
            g_string_append_printf(parts, "%s%.0f %s", parts->len ? ", " : ": ", calls[state],
                                   NAMES[state]);
    text_line(text, "Calls", "%.0f%s", calls[CALLS], parts->str);
}

/* The busiest interval; of few of them the busiest second too, and of less than that the mean. */
static void
put_busiest(const struct text *text)
{
    char *const *overall = text->summary->overall;
    double interval_s = (double)text->run->interval_ns / 1e9, rate = 0;
    struct pieces all = { 0 };
    int64_t second_ns = 0;

    intervals_each_piece(text->run->intervals, take_piece, &all);
    bool has_second = interval_s > 1 && all.covered_s < FEW_INTERVALS * interval_s &&
                      intervals_busiest_second(text->run->intervals, &second_ns, &rate);
    if (overall[CALLS_PEAK_AT]) {
        g_autofree char *label = interval_s == 60  ? g_strdup("Busiest minute")
                                 : interval_s == 1 ? g_strdup("Busiest second")
                                                   : g_strdup_printf("Busiest %.0f s", interval_s);
        g_autofree char *start = g_strndup(overall[CALLS_PEAK_AT], UP_TO_SECONDS);
        text_line(text, label, "%s, %s calls/s", g_strdelimit(start, "T", ' '),
                  overall[CALLS_PEAK]);
    }
    if (has_second) {
        g_autofree char *start = time_text(second_ns);
        text_line(text, "Busiest second", "%s, %.4f calls/s", start, rate);
    }
    if (!overall[CALLS_PEAK_AT] && !has_second && all.covered_s > 0)
        text_line(text, "Calls/s", "%.4f, the mean of the %.6f s that are covered",
                  text->summary->calls[CALLS] / all.covered_s, all.covered_s);
}

/* Of all servers together; nothing that is not known. */
static void
put_overall(const struct text *text)
{
    char *const *overall = text->summary->overall;
    double quality = overall[QUALITY] ? g_ascii_strtod(overall[QUALITY], NULL) : 1;

    if (overall[LATENCY_MEAN])
        text_line(text, "Latency (ms)", "mean %s, p50 %s, p95 %s, max %s", overall[LATENCY_MEAN],
                  overall[LATENCY_P50], overall[LATENCY_P95], overall[LATENCY_MAX]);
    put_busiest(text);
    if (quality < 1)
        text_line(text, "Quality",
                  "%.1f %% of the covered time is in intervals without lost bytes, clock steps and "
                  "connections captured one way",
                  100 * quality);
}

/* Their number, and the first names, without folders. */
static void
put_captures(const struct text *text)
{
    const GPtrArray *captures = text->summary->captures;
    size_t files = text->run->n_captures;
    uint64_t frames = text->run->result->frames;
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < MIN(captures->len, CAPTURES); i++) {
        g_autofree char *base = g_path_get_basename(g_ptr_array_index(captures, i));
        g_autofree char *shown = text_visible(base);
        g_string_append_printf(names, "%s%s", i ? ", " : ": ", shown);
    }
    if (files > CAPTURES)
        g_string_append_printf(names, " and %zu more", files - CAPTURES);
    text_line(text, "Captures", "%zu file%s, %" G_GUINT64_FORMAT " frame%s%s", files,
              text_plural((double)files), frames, text_plural((double)frames), names->str);
}

/* What connections inside TLS show by their shape. */
static void
put_estimates(const struct text *text)
{
    const struct estimates *estimates = &text->summary->estimates;
    uint64_t known = estimates->sessions - estimates->unknown;

    if (estimates->mapi_sessions)
        text_line(text, "Estimated",
                  "about %" G_GUINT64_FORMAT " session%s of MAPI over HTTP inside TLS",
                  estimates->mapi_sessions, text_plural((double)estimates->mapi_sessions));
    if (!estimates->sessions)
        return;
    g_autoptr(GString) parts = g_string_new(NULL);
    if (known)
        g_string_append_printf(parts, ", about %.0f calls", estimates->calls);
    if (estimates->unknown)
        g_string_append_printf(parts, "%s%" G_GUINT64_FORMAT " with an unknown number of calls",
                               known ? "; " : ", ", estimates->unknown);
    if (estimates->most_ms > 0)
        g_string_append_printf(parts, "; median latency of each from %.3f to %.3f ms",
                               estimates->least_ms, estimates->most_ms);
    text_line(text, "Estimated", "about %" G_GUINT64_FORMAT " virtual connection%s inside TLS%s",
              estimates->sessions, text_plural((double)estimates->sessions), parts->str);
}

static void
put_overview(const struct text *text)
{
    const struct summary *summary = text->summary;

    put_captures(text);
    put_coverage(text);
    if (!summary->sessions) {
        text_line(text, "Sessions", "no RPC or MAPI over HTTP %s",
                  summary_has_tls(summary) ? "that can be read without keys" : "found");
        put_estimates(text);
        return;
    }
    put_sessions(text);
    if (summary->overall[USERS_SEEN])
        text_line(text, "Users", "%s, at most %s within %.0f s", summary->overall[USERS_SEEN],
                  summary->overall[USERS_PEAK], (double)text->run->interval_ns / 1e9);
    else
        text_line(text, "Users", "unknown: all frames are of one instant");
    put_calls(text);
    put_estimates(text);
    put_overall(text);
}

/* --- tables --- */

struct table {
    enum sums sums;
    unsigned n_names; /* that are shown */
    const char *heading;
    struct {
        const char *heading;
        int decimals;
    } numbers[SUM_NUMBERS];
};

/* clang-format off */
static const struct table TABLES[] = {
    { BY_USER, 1, "Users by calls",
      { { "calls", 0 }, { "sessions", 0 }, { "bytes in", 0 }, { "bytes out", 0 } } },
    { BY_OPERATION, 2, "Operations by calls",
      { { "calls", 0 }, { "faults", 0 }, { "unanswered", 0 }, { "max ms", 3 } } },
    { BY_TLS_SERVER, 2, "Connections inside TLS, by server",
      { { "all", 0 }, { "unfinished", 0 }, { "bytes in", 0 }, { "bytes out", 0 } } },
};
/* clang-format on */

/* A number that is not known is empty. */
static void
put_figure(const struct text *text, double number, int decimals)
{
    if (isnan(number))
        text_spaces(text, FIGURE);
    else
        g_string_append_printf(text->out, " %*.*f", FIGURE - 1, decimals, number);
}

static void
put_table(const struct text *text, const struct table *table)
{
    g_autoptr(GPtrArray) sums = summary_sorted(text->summary, table->sums);
    GString *headings = g_string_new(NULL);

    if (!sums->len) {
        g_string_free(headings, TRUE);
        return;
    }
    g_string_printf(headings, "%-*s", NAME, table->heading);
    for (int i = 0; i < SUM_NUMBERS; i++)
        g_string_append_printf(headings, "%*s", FIGURE, table->numbers[i].heading);
    text_heading(text, headings->str);
    g_string_free(headings, TRUE);
    for (guint i = 0; i < sums->len && i < TOP; i++) {
        const struct sum *sum = g_ptr_array_index(sums, i);
        bool has_second = table->n_names > 1 && sum->names[1][0];
        g_autofree char *name =
            g_strconcat(sum->names[0], has_second ? " " : NULL, sum->names[1], NULL);
        text_spaces(text, 2);
        text_name(text, name, NAME - 2);
        for (int k = 0; k < SUM_NUMBERS; k++)
            put_figure(text, sum->numbers[k], table->numbers[k].decimals);
        g_string_append_c(text->out, '\n');
    }
    if (sums->len > TOP)
        text_item(text, "and %u more", sums->len - TOP);
}

static void
put_findings(const struct text *text)
{
    static const enum style STYLE_OF[] = { [OA_SEVERITY_NOTE] = STYLE_PLAIN,
                                           [OA_SEVERITY_WARNING] = STYLE_YELLOW,
                                           [OA_SEVERITY_ERROR] = STYLE_RED };
    g_autoptr(GPtrArray) findings = summary_sorted(text->summary, BY_FINDING);

    text_heading(text, findings->len ? "Findings" : "No findings");
    for (guint i = 0; i < findings->len && i < FINDINGS; i++) {
        const struct sum *sum = g_ptr_array_index(findings, i);
        enum style style = STYLE_OF[summary_severity(sum)];
        g_autofree char *begin =
            g_strdup_printf("%7.0f  %-23s  ", sum->numbers[0], sum->names[FINDING_CODE]);
        text_begin_style(text, style);
        g_string_append_printf(text->out, "  %-8s", sum->names[FINDING_SEVERITY]);
        text_end_style(text, style);
        g_string_append(text->out, begin);
        text_wrapped(text, 10 + (int)strlen(begin), sum->names[FINDING_MEANING]);
    }
    if (findings->len > FINDINGS)
        text_item(text, "and %u more codes", findings->len - FINDINGS);
}

/* --- what was not read --- */

/* Why connections inside TLS were not opened, the most frequent reason first. */
static void
put_tls(const struct text *text)
{
    double undecided = text->summary->tls_connections[0];
    g_autoptr(GPtrArray) reasons = summary_sorted(text->summary, BY_TLS_REASON);

    for (guint i = 0; i < reasons->len; i++) {
        const struct sum *sum = g_ptr_array_index(reasons, i);
        text_item(text, "%.0f connection%s inside TLS: %s", sum->numbers[0],
                  text_plural(sum->numbers[0]),
                  sum->names[0][0] ? sum->names[0] : "there are no keys");
    }
    if (undecided > 0)
        text_item(text,
                  "%.0f connection%s inside TLS: nothing shows whether the server is an RPC proxy",
                  undecided, text_plural(undecided));
}

static void
put_frames(const struct text *text)
{
    const struct source_result *result = text->run->result;

    for (size_t i = 0; i < result->n_unread; i++)
        if (!result->unread[i].is_of_link)
            text_item(text, "%" G_GUINT64_FORMAT " frame%s of %s", result->unread[i].frames,
                      text_plural((double)result->unread[i].frames), result->unread[i].name);
    if (result->other_unread)
        text_item(text, "%" G_GUINT64_FORMAT " frame%s of other protocols", result->other_unread,
                  text_plural((double)result->other_unread));
    if (result->unread_frames)
        text_item(text, "%" G_GUINT64_FORMAT " frame%s whose link type is not supported",
                  result->unread_frames, text_plural((double)result->unread_frames));
}

static void
put_unread(const struct text *text)
{
    const struct summary_run *run = text->run;
    uint64_t sealed = text->summary->sealed_sessions;
    size_t before = text->out->len, begin;

    text_heading(text, "Not read");
    begin = text->out->len;
    if (run->n_cut)
        text_item(text, "%zu file%s cut short, damaged or unreadable: all before that was read",
                  run->n_cut, text_plural((double)run->n_cut));
    if (run->n_others)
        text_item(text, "%zu file%s in folders: no captures", run->n_others,
                  text_plural((double)run->n_others));
    put_tls(text);
    if (sealed)
        text_item(text,
                  "Parameters of the calls of %" G_GUINT64_FORMAT
                  " session%s: sealed by RPC itself (packet privacy)",
                  sealed, text_plural((double)sealed));
    put_frames(text);
    if (text->out->len == begin)
        g_string_truncate(text->out, before);
}

char *
summary_text(const struct summary *summary, const struct summary_run *run)
{
    struct text text = { g_string_new(NULL), summary, run };

    put_overview(&text);
    for (size_t i = 0; i < G_N_ELEMENTS(TABLES); i++)
        put_table(&text, &TABLES[i]);
    put_findings(&text);
    put_unread(&text);
    summary_put_next(&text);
    return g_string_free(text.out, FALSE);
}
