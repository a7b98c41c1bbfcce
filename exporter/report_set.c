/* report_set.c
 * The reports of one run: opened together, fed with the same events, written together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report_set.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "csv_writer.h"
#include "database.h"
#include "events_behind.h"
#include "json_writer.h"
#include "output_file.h"
#include "page.h"
#include "pseudonym_writer.h"
#include "reports.h"
#include "session_number.h"
#include "summary.h"
#include "task_queue.h"

struct report_set {
    struct report_run *runs;
    uint32_t takers[OA_EVENT_MAPI_HEAD + 1]; /* of events of each type: runs, as bits 1 << index */
    size_t n;
    struct database *database; /* while its writers are opened; NULL: none */
    char *directory;           /* of the outputs; NULL: standard output */
    int lock;                  /* the folder, open and locked; -1 */
    bool made_directory;
    struct intervals *intervals; /* NULL: not needed */
    struct user_spellings *spellings;
    bool has_estimates; /* in all reports, not only in that of estimates */
    struct output_style style;
    struct oa_clock_steps *clock_steps;
    struct task_queue *queue;     /* of the thread; NULL: there is none */
    struct events_behind *behind; /* NULL: what happens is taken at once */
    bool wants_intervals;
    bool is_snapshot; /* see report_set_begin_snapshot() */
};

static bool
make_directory(struct report_set *set, char **message)
{
    set->made_directory = !g_file_test(set->directory, G_FILE_TEST_EXISTS);
    if (g_mkdir_with_parents(set->directory, 0777) == 0)
        return true;
    *message = g_strdup_printf("%s: %s", set->directory, g_strerror(errno));
    return false;
}

/* One run a folder at a time; the lock ends with the program, whatever ends it. */
static bool
lock_directory(struct report_set *set, char **message)
{
    set->lock = g_open(set->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (set->lock >= 0 && flock(set->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        *message = g_strdup_printf("%s: another oaexport is writing there", set->directory);
        set->made_directory = false;
        return false;
    }
    return true; /* not every file system has locks */
}

/* ".csv.4711.partial" */
static bool
is_temporary(const char *name, const char *suffix)
{
    return g_str_has_prefix(name, suffix) && name[strlen(suffix)] == '.' &&
           g_ascii_isdigit(name[strlen(suffix) + 1]) && g_str_has_suffix(name, TEMPORARY_SUFFIX);
}

/* "calls.csv.4711.partial", "calls.csv.4711.before.partial" */
static bool
is_leftover(const char *name)
{
    if (is_temporary(name, PAGE_FILE))
        return true;
    const char *dot = strchr(name, '.');
    g_autofree char *report = dot ? g_strndup(name, (size_t)(dot - name)) : NULL;

    return report && report_find(report) &&
           (is_temporary(dot, CSV_SUFFIX) || is_temporary(dot, JSON_SUFFIX));
}

/* Removes what killed runs left. */
static void
remove_leftovers(const struct report_set *set)
{
    GDir *folder = g_dir_open(set->directory, 0, NULL);
    const char *name;

    if (!folder)
        return;
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(set->directory, name, NULL);
        if (is_leftover(name))
            g_unlink(path);
    }
    g_dir_close(folder);
}

/* Any number of runs may write databases into one folder. */
static bool
prepare_database(struct report_set *set, const struct report *const reports[], size_t n,
                 const char *path, char **message)
{
    set->directory = g_path_get_dirname(path);
    if (!make_directory(set, message))
        return false;
    set->database = database_open(path, reports, n, message);
    return set->database != NULL;
}

static const char *const SUFFIXES[] = { CSV_SUFFIX, JSON_SUFFIX };

static char *
path_of(const char *directory, const struct report *report, const char *suffix)
{
    g_autofree char *name = g_strconcat(report->name, suffix, NULL);

    return g_build_filename(directory, name, NULL);
}

/* When an output in the folder was last written to; 0: there is none. */
static time_t
last_written(const char *directory)
{
    time_t last = 0;
    GStatBuf info;

    for (size_t i = 0; REPORTS[i]; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(SUFFIXES); k++) {
            g_autofree char *path = path_of(directory, REPORTS[i], SUFFIXES[k]);
            if (g_stat(path, &info) == 0)
                last = MAX(last, info.st_mtime);
        }
    return last;
}

/* Outputs of a run that was killed are no less worth than those that were rotated. */
static bool
put_aside(const struct report_set *set, char **message)
{
    time_t last = last_written(set->directory);
    g_autoptr(GDateTime) time = last ? g_date_time_new_from_unix_utc(last) : NULL;
    g_autofree char *name = time ? g_date_time_format(time, "unfinished-%Y%m%dT%H%M%SZ") : NULL;
    g_autofree char *folder = name ? g_build_filename(set->directory, name, NULL) : NULL;

    if (!folder)
        return true;
    if (g_mkdir(folder, 0777) == 0 || errno == EEXIST)
        return report_set_put_away(set->directory, folder, message);
    *message = g_strdup_printf("%s: %s", folder, g_strerror(errno));
    return false;
}

static bool
prepare_directory(struct report_set *set, const char *path, char **message)
{
    set->directory = g_strdup(path);
    if (!set->directory)
        return true;
    if (!make_directory(set, message) || !lock_directory(set, message))
        return false;
    remove_leftovers(set);
    return !set->style.is_rotated || put_aside(set, message);
}

static struct writer *
open_writer(const struct report_set *set, const struct report *report, struct output_style style,
            char **message)
{
    struct writer_columns columns = { report->columns, report->n_columns };

    switch (style.format) {
    case OUTPUT_JSON:
        return json_writer_open(set->directory, report->name, columns, message);
    case OUTPUT_SQLITE:
        return database_writer(set->database, report, message);
    case OUTPUT_SUMMARY:
        return summary_writer(style.summary, report);
    case OUTPUT_CSV:
        break;
    }
    return csv_writer_open(set->directory, report->name, columns, style, message);
}

static bool
open_output(const struct report_set *set, struct report_run *run, char **message)
{
    const struct output_style *style = &set->style;

    run->writer = open_writer(set, run->report, *style, message);
    if (run->writer && style->pseudonyms) {
        struct writer_columns columns = { run->report->columns, run->report->n_columns };
        run->writer = pseudonym_writer_new(run->writer, columns, style->pseudonyms);
    }
    return run->writer != NULL;
}

/* Its rows are known only at the end. */
static bool
counts(const struct report *report)
{
    return report->merge || report->needs_intervals;
}

static bool
open_report(const struct report_set *set, struct report_run *run, char **message)
{
    bool is_grown = set->style.is_followed && !counts(run->report);

    if (is_grown || !set->style.is_followed) {
        if (!open_output(set, run, message))
            return false;
        if (is_grown && !writer_show(run->writer, message)) {
            writer_discard(run->writer);
            return false;
        }
    }
    if (set->style.pseudonyms)
        run->renamer = pseudonyms_renamer(set->style.pseudonyms);
    run->state = run->report->new_state ? run->report->new_state(run->report) : NULL;
    return true;
}

/* So that an event costs nothing in the reports that do not take it. */
static void
note_takers(struct report_set *set)
{
    g_assert(set->n <= 8 * sizeof *set->takers);
    for (size_t i = 0; i < set->n; i++)
        for (size_t type = 0; type < G_N_ELEMENTS(set->takers); type++)
            set->takers[type] |= (set->runs[i].report->takes >> type & 1) << i;
}

struct report_set *
report_set_open(const struct report *const reports[], size_t n, const char *path,
                struct output_style style, const struct valid_ports *valid_ports, char **message)
{
    struct report_set *set = g_new0(struct report_set, 1);

    set->runs = g_new0(struct report_run, n);
    set->lock = -1;
    set->style = style;
    bool good = style.format == OUTPUT_SQLITE ? prepare_database(set, reports, n, path, message)
                                              : prepare_directory(set, path, message);
    for (; good && set->n < n; set->n += good) {
        struct report_run *run = &set->runs[set->n];
        run->report = reports[set->n];
        run->valid_ports = valid_ports;
        run->settings = &INTERVALS_DEFAULT;
        good = open_report(set, run, message);
    }
    note_takers(set);
    database_release(set->database);
    set->database = NULL;
    if (!good)
        g_clear_pointer(&set, report_set_free);
    return set;
}

struct report_set *
report_set_open_part(const struct report *const reports[], size_t n)
{
    struct report_set *set = g_new0(struct report_set, 1);

    set->lock = -1;
    set->runs = g_new0(struct report_run, n);
    for (size_t i = 0; i < n; i++)
        if (reports[i]->merge)
            set->runs[set->n++] = (struct report_run){ .report = reports[i],
                                                       .settings = &INTERVALS_DEFAULT,
                                                       .state = reports[i]->new_state(reports[i]) };
    note_takers(set);
    return set;
}

void
report_set_merge(struct report_set *set, const struct report_set *part)
{
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < part->n; k++)
            if (set->runs[i].report == part->runs[k].report)
                set->runs[i].report->merge(set->runs[i].state, part->runs[k].state);
}

void
report_set_count_intervals(struct report_set *set, const struct intervals_settings *settings)
{
    if (!set->spellings)
        set->spellings = user_spellings_new(&settings->users);
    if (!set->clock_steps)
        set->clock_steps = oa_clock_steps_new();
    if (set->wants_intervals)
        set->intervals = intervals_new(settings);
    for (size_t i = 0; i < set->n; i++) {
        set->runs[i].settings = settings;
        set->runs[i].spellings = set->spellings;
        set->runs[i].clock_steps = set->clock_steps;
        if (!set->runs[i].report->needs_intervals)
            continue;
        if (!set->intervals)
            set->intervals = intervals_new(settings);
        if (set->runs[i].report->by_service)
            intervals_divide(set->intervals);
        set->runs[i].intervals = set->intervals;
    }
    if (set->intervals)
        intervals_use_clock_steps(set->intervals, set->clock_steps);
}

void
report_set_count_estimates(struct report_set *set)
{
    set->has_estimates = true;
}

void
report_set_want_intervals(struct report_set *set)
{
    set->wants_intervals = true;
}

struct intervals *
report_set_intervals(struct report_set *set)
{
    report_set_wait(set);
    return set->intervals;
}

struct report_run *
report_set_run(struct report_set *set, const struct report *report)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].report == report)
            return &set->runs[i];
    return NULL;
}

/* --- what happens, as it is taken, perhaps in the thread --- */

/* How many reports take what comes. */
static size_t
n_taking(const struct report_set *set)
{
    return set->is_snapshot ? 0 : set->n;
}

/* Whichever reports are written, the first spelling is the same. */
static void
note_spelling(struct report_set *set, const struct oa_event *event)
{
    const struct oa_virtual_connection *vc = event->type == OA_EVENT_CALL        ? event->call->vc
                                             : event->type == OA_EVENT_VC_CLOSED ? event->vc
                                                                                 : NULL;
    char user[OA_USER_TEXT];

    if (vc && set->n > 0)
        report_user(&set->runs[0], vc, user);
}

static void
take_frame(void *context, size_t file, int64_t time_ns)
{
    const struct report_set *set = context;

    if (set->intervals)
        intervals_take_frame(set->intervals, file, time_ns);
}

static void
take_gap(void *context, size_t file)
{
    const struct report_set *set = context;

    if (set->intervals)
        intervals_take_gap(set->intervals, file);
}

static void
take_clock_step(void *context, int64_t before_ns, struct oa_stamp first)
{
    const struct report_set *set = context;

    if (set->clock_steps)
        oa_clock_steps_add(set->clock_steps, before_ns, first);
}

static void
take_counted(void *context, struct connection *connection, struct oa_stamp stamp)
{
    const struct report_set *set = context;

    if (set->intervals)
        intervals_take_counted(set->intervals, connection, stamp);
}

static void
take_event(void *context, const struct oa_event *event)
{
    struct report_set *set = context;

    note_spelling(set, event);
    if (set->intervals)
        intervals_take_event(set->intervals, event);
    for (uint32_t rest = set->takers[event->type]; rest; rest &= rest - 1) {
        struct report_run *run = &set->runs[__builtin_ctz(rest)];
        run->report->event(run, event);
    }
    session_number_take_event(event);
}

static void
take_connection(void *context, const struct connection_row *row)
{
    const struct report_set *set = context;

    if (set->intervals)
        intervals_take_connection(set->intervals, row);
    for (size_t i = 0; i < n_taking(set); i++)
        if (set->runs[i].report->connection)
            set->runs[i].report->connection(&set->runs[i], row);
}

/* --- what happens, as it comes --- */

void
report_set_frame(struct report_set *set, size_t file, int64_t time_ns)
{
    if (set->behind)
        events_behind_frame(set->behind, file, time_ns);
    else
        take_frame(set, file, time_ns);
}

void
report_set_gap(struct report_set *set, size_t file)
{
    if (set->behind)
        events_behind_gap(set->behind, file);
    else
        take_gap(set, file);
}

void
report_set_clock_step(struct report_set *set, int64_t before_ns, struct oa_stamp first)
{
    if (set->behind)
        events_behind_clock_step(set->behind, before_ns, first);
    else
        take_clock_step(set, before_ns, first);
}

void
report_set_counted(struct report_set *set, struct connection *connection, struct oa_stamp stamp)
{
    if (set->behind && set->intervals)
        events_behind_counted(set->behind, connection, stamp);
    else
        take_counted(set, connection, stamp);
}

void
report_set_event(struct report_set *set, const struct oa_event *event)
{
    if (set->behind)
        events_behind_event(set->behind, event);
    else
        take_event(set, event);
}

void
report_set_connection(struct report_set *set, const struct connection_row *row)
{
    if (set->behind)
        events_behind_connection(set->behind, row);
    else
        take_connection(set, row);
}

void
report_set_forget_objects(struct report_set *set)
{
    if (set->behind)
        events_behind_forget(set->behind);
}

void
report_set_estimate(struct report_set *set, const struct estimate_event *event)
{
    if (set->intervals && set->has_estimates)
        intervals_take_estimate(set->intervals, event);
    for (size_t i = 0; i < n_taking(set); i++) {
        const struct report *report = set->runs[i].report;
        if (report->estimate && (set->has_estimates || report == &REPORT_ESTIMATES))
            report->estimate(&set->runs[i], event);
    }
}

void
report_set_capture(struct report_set *set, const struct capture_facts *facts)
{
    report_set_wait(set);
    for (size_t i = 0; i < n_taking(set); i++)
        if (set->runs[i].report->capture)
            set->runs[i].report->capture(&set->runs[i], facts);
}

void
report_set_fill(struct report_set *set)
{
    if (set->intervals)
        intervals_fill(set->intervals);
    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].report->fill)
            set->runs[i].report->fill(set->runs[i].state);
}

/* --- the thread --- */

/* Whether the rows of a report are written in the thread, for as long as nothing waits for it. */
static bool
is_in_thread(const struct report_set *set, const struct report_run *run)
{
    return set->queue && (set->behind || run->report->shape);
}

static bool
has_failed(const struct report_set *set, bool in_thread)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct report_run *run = &set->runs[i];
        if (run->writer && is_in_thread(set, run) == in_thread && writer_failed(run->writer))
            return true;
    }
    return false;
}

static bool
goes_on(void *set)
{
    return !has_failed(set, true);
}

bool
report_set_failed(const struct report_set *set)
{
    return (set->queue && task_queue_failed(set->queue)) || has_failed(set, false);
}

/* Whether the rows of the output can be written in another thread than what happens comes in. */
static bool
can_be_written_there(const struct report_set *set)
{
    return !set->style.pseudonyms && !set->style.is_followed;
}

static bool
needs_bytes(const struct report_set *set)
{
    bool does = false;

    for (size_t i = 0; i < set->n; i++)
        does |= set->runs[i].report->needs_bytes;
    return does;
}

static void
queue_rows(struct report_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        set->runs[i].queue = set->queue;
}

void
report_set_use_thread(struct report_set *set, enum thread_use use)
{
    static const struct events_taker TAKER = { take_frame,   take_gap,   take_clock_step,
                                               take_counted, take_event, take_connection };
    /* What else the reports do is little beside passing on what they need for it. */
    bool takes_all = use == THREAD_TAKES_ALL && set->intervals && !needs_bytes(set);
    bool has_files = set->style.format == OUTPUT_CSV || set->style.format == OUTPUT_JSON;

    if (!can_be_written_there(set) || (!takes_all && !has_files))
        return;
    set->queue = task_queue_begin(goes_on, set);
    if (!set->queue)
        return;
    if (takes_all)
        set->behind = events_behind_new(set->queue, &TAKER, set,
                                        intervals_settings(set->intervals)->interval_ns);
    else
        queue_rows(set);
}

void
report_set_wait(struct report_set *set)
{
    if (set->queue)
        task_queue_drain(set->queue);
}

/* From now on everything is done at once. */
static void
end_thread(struct report_set *set)
{
    g_clear_pointer(&set->queue, task_queue_end);
    g_clear_pointer(&set->behind, events_behind_free);
    for (size_t i = 0; i < set->n; i++)
        set->runs[i].queue = NULL;
}

/* --- outputs that are read while the captures are --- */

bool
report_set_has_news(const struct report_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].writer && writer_has_news(set->runs[i].writer))
            return true;
    return false;
}

void
report_set_show(struct report_set *set)
{
    char *message = NULL; /* they have their names */

    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].writer)
            writer_show(set->runs[i].writer, &message);
}

uint64_t
report_set_bytes(const struct report_set *set)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].writer)
            bytes += writer_bytes(set->runs[i].writer);
    return bytes;
}

/* The outputs that grow are those of the process from which this one was forked. */
void
report_set_begin_snapshot(struct report_set *set, const char *directory)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        if (directory && counts(set->runs[i].report))
            set->runs[n++] = set->runs[i];
    set->n = n;
    set->is_snapshot = true;
    memset(set->takers, 0, sizeof set->takers);
    if (set->lock >= 0) /* if the other process is killed, the next one need not wait for this */
        close(set->lock);
    set->lock = -1;
    g_free(set->directory);
    set->directory = g_strdup(directory);
}

bool
report_set_put_away(const char *from, const char *to, char **message)
{
    for (size_t i = 0; REPORTS[i] && !*message; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(SUFFIXES) && !*message; k++) {
            g_autofree char *old = path_of(from, REPORTS[i], SUFFIXES[k]);
            g_autofree char *new = path_of(to, REPORTS[i], SUFFIXES[k]);
            if (g_rename(old, new) != 0 && errno != ENOENT)
                *message = g_strdup_printf("%s: %s", old, g_strerror(errno));
        }
    return !*message;
}

/* An output of a report that counts is of the time before. */
static void
remove_output(const struct report_set *set, const struct report *report)
{
    g_autofree char *path = path_of(set->directory, report,
                                    set->style.format == OUTPUT_JSON ? JSON_SUFFIX : CSV_SUFFIX);

    g_unlink(path);
}

void
report_set_end_at(struct report_set *set, size_t file, int64_t end_ns)
{
    if (set->intervals)
        intervals_end_at(set->intervals, file, end_ns);
}

/* Goes on with a new output. */
static bool
rotate_output(const struct report_set *set, struct report_run *run, const char *directory,
              char **message)
{
    struct report_run next = { .report = run->report };

    if (!open_output(set, &next, message))
        return false;
    if (!writer_carry(run->writer, next.writer, directory, message)) {
        writer_discard(next.writer);
        return false;
    }
    bool good = writer_flush(run->writer, message) && writer_sync(run->writer, message);
    writer_close(run->writer);
    run->writer = next.writer;
    return good;
}

bool
report_set_rotate(struct report_set *set, const char *directory, int64_t begin_ns, char **message)
{
    bool good = true;

    for (size_t i = 0; i < set->n && good; i++) {
        struct report_run *run = &set->runs[i];
        if (run->writer)
            good = rotate_output(set, run, directory, message);
        else
            remove_output(set, run->report);
        if (run->report->rotate)
            run->report->rotate(run->state);
    }
    if (set->intervals)
        intervals_forget(set->intervals, begin_ns);
    return good;
}

bool
report_set_commit(struct report_set *set, char **message)
{
    bool good = true;

    end_thread(set);
    for (size_t i = 0; i < set->n && good; i++) {
        struct report_run *run = &set->runs[i];
        good = run->writer || open_output(set, run, message);
        if (good && run->report->finish)
            run->report->finish(run);
        good = good && writer_flush(run->writer, message);
    }
    for (size_t i = 0; i < set->n && good; i++)
        good = writer_sync(set->runs[i].writer, message);
    for (size_t i = 0; i < set->n && good; i++)
        good = writer_publish(set->runs[i].writer, message);
    for (size_t i = 0; i < set->n && good; i++) {
        writer_close(set->runs[i].writer);
        set->runs[i].writer = NULL;
    }
    return good;
}

void
report_set_free(struct report_set *set)
{
    if (!set)
        return;
    end_thread(set);
    for (size_t i = 0; i < set->n; i++) {
        if (set->runs[i].writer)
            writer_discard(set->runs[i].writer);
        if (set->runs[i].report->free_state)
            set->runs[i].report->free_state(set->runs[i].state);
    }
    intervals_free(set->intervals);
    user_spellings_free(set->spellings);
    oa_clock_steps_free(set->clock_steps);
    if (set->lock >= 0)
        close(set->lock);
    if (set->made_directory)
        g_rmdir(set->directory); /* stays if it is not empty */
    g_free(set->directory);
    g_free(set->runs);
    g_free(set);
}
