/* main.c
 * oaexport: captures of Outlook Anywhere in, reports out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <gcrypt.h>
#include <glib.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <wireshark.h>
#include <wiretap/wtap.h>
#include <wsutil/privileges.h>
#include <wsutil/report_message.h>
#include <wsutil/wslog.h>

#include "capture_folders.h"
#include "comparison.h"
#include "exit_codes.h"
#include "given_keys.h"
#include "live.h"
#include "metrics.h"
#include "option_table.h"
#include "options.h"
#include "page.h"
#include "partial_set.h"
#include "progress.h"
#include "pseudonyms.h"
#include "report_comparison.h"
#include "report_set.h"
#include "reports.h"
#include "rop_facts.h"
#include "secret_file.h"
#include "source.h"
#include "summary.h"
#include "track/tracker.h"
#include "ws_compat.h"

#define PROGRAM "oaexport"

/* For the reports, the standard streams, and what libraries open. */
#define SPARE_DESCRIPTORS 64

/* The signal that requested termination, or 0: partial reports are removed before it takes effect.
 */
static atomic_int ending_signal;

/* How many of these came: while a capture is followed, what is there is read to its end after the
 * first. */
static atomic_int n_ending_signals;

static const int ENDING_SIGNALS[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };

struct run {
    struct report_set *reports;
    struct summary *summary; /* NULL: reports are written */
    struct follow *follow;   /* NULL: what is there is read; and with it: */
    struct live *live;
    size_t n_cut; /* captures that were not read to their end */
    uint64_t sessions;
    struct partial_set *partials; /* NULL: the captures are read */
    struct progress progress;
    GHashTable *warnings; /* that were shown, also when the captures were read before */
    uint64_t frames;
    struct metrics *metrics; /* up to the end of the captures, or where it is pretended */
    struct rop_reading rops;
};

/* A read of standard input may start right after the signal was recorded; the alarm interrupts it
 * again. */
static void
on_signal(int number)
{
    if (number != SIGALRM) {
        ending_signal = number;
        atomic_fetch_add(&n_ending_signals, 1);
    }
    alarm(1);
}

static void
complain(const char *message)
{
    fprintf(stderr, PROGRAM ": %s\n", message);
}

/* Prints the message, frees it, returns the code. */
static int
fail(char *message, enum exit_code code)
{
    complain(message);
    g_free(message);
    return code;
}

static int
inform(const struct options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        option_table_help();
        break;
    case ACTION_COMPLETION:
        option_table_completion(options->shell);
        break;
    case ACTION_VERSION:
        printf(PROGRAM " %s (wiretap %s, GLib %u.%u.%u)\n", OA_VERSION, WIRETAP_VERSION,
               glib_major_version, glib_minor_version, glib_micro_version);
        break;
    case ACTION_LIST_REPORTS:
        reports_list();
        break;
    case ACTION_DESCRIBE:
        for (size_t i = 0; REPORTS[i]; i++)
            if (!options->describe || options->describe == REPORTS[i])
                report_describe(REPORTS[i]);
        break;
    case ACTION_EXPORT:
    case ACTION_PAGE:
    case ACTION_COMPARE:
    case ACTION_SHARD:
        break;
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail(g_strdup_printf("standard output: %s", g_strerror(errno)), EXIT_NOT_WRITTEN);
    return EXIT_DONE;
}

static void
begin_rops(void *context, struct oa_tracker *tracker)
{
    struct oa_rop_listener listener = rop_facts_listener(&((struct run *)context)->rops);

    oa_tracker_read_rops(tracker, &listener);
}

static void
on_end(void *context)
{
    const struct run *run = context;

    report_set_forget_objects(run->reports);
}

static void
on_event(void *context, const struct oa_event *event)
{
    struct run *run = context;

    run->sessions += event->type == OA_EVENT_VC_OPENED;
    report_set_event(run->reports, event);
}

static void
on_connection(void *context, const struct connection_row *row)
{
    const struct run *run = context;

    report_set_connection(run->reports, row);
}

static void
on_estimate(void *context, const struct estimate_event *event)
{
    const struct run *run = context;

    report_set_estimate(run->reports, event);
}

static void
on_frame(void *context, size_t file, int64_t time_ns)
{
    struct run *run = context;

    run->frames++;
    report_set_frame(run->reports, file, time_ns);
}

static void
on_gap(void *context, size_t file)
{
    report_set_gap(((struct run *)context)->reports, file);
}

static void
on_clock_step(void *context, int64_t before_ns, struct oa_stamp first)
{
    const struct run *run = context;

    report_set_clock_step(run->reports, before_ns, first);
}

static void
on_full(void *context)
{
    report_set_fill(((struct run *)context)->reports);
}

static void
on_counted(void *context, struct connection *connection, struct oa_stamp stamp)
{
    const struct run *run = context;

    report_set_counted(run->reports, connection, stamp);
}

static void
on_undecided(void *context, const uint8_t server[16], const struct connection_row *row,
             uint64_t connections)
{
    const struct run *run = context;

    if (!run->summary)
        return;
    report_set_wait(run->reports);
    summary_take_undecided(run->summary, server, row, connections);
}

static void
on_capture(void *context, const struct capture_facts *facts)
{
    const struct run *run = context;

    report_set_capture(run->reports, facts);
}

static GHashTable *
warnings_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
on_warning(void *context, const char *message)
{
    struct run *run = context;

    run->n_cut++;
    if ((ending_signal && !run->follow) || live_is_snapshot(run->live))
        return; /* a signal interrupted a read */
    if (!g_hash_table_add(run->warnings, g_strdup(message)))
        return;
    progress_clear(&run->progress);
    complain(message);
}

static bool
on_next(void *context, size_t file, int64_t time_ns)
{
    return live_next(((struct run *)context)->live, file, time_ns);
}

/* In a process that pretends the end, before it does. */
static void
on_snapshot(void *context)
{
    struct run *run = context;

    run->metrics = metrics_take(report_set_intervals(run->reports), run->frames);
}

/* Returns false with a message. */
static bool
write_metrics(const struct options *options, struct run *run, char **message)
{
    struct intervals *intervals = report_set_intervals(run->reports);

    if (!options->metrics)
        return true;
    if (!run->metrics)
        run->metrics = metrics_take(intervals, run->frames);
    return metrics_write(run->metrics, intervals, options->metrics, message);
}

static bool
is_to_stop(const struct run *run)
{
    if (!run->follow)
        return ending_signal != 0;
    return follow_is_ending(run->follow) && atomic_load(&n_ending_signals) > 1;
}

static bool
on_progress(void *context, const struct source_progress *progress)
{
    struct run *run = context;

    if (is_to_stop(run) || report_set_failed(run->reports) ||
        (run->partials && partial_set_failure(run->partials)))
        return false;
    progress_show(&run->progress, progress, run->sessions);
    return true;
}

/* Says what was not looked into, for that may be where it is. */
static void
complain_of_nothing(const struct source_result *result)
{
    GString *text = g_string_new("no RPC or MAPI over HTTP found");
    uint64_t others = result->other_unread + result->unread_frames;

    for (size_t i = 0; i < result->n_unread; i++)
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " frames of %s", i ? ", " : "; ",
                               result->unread[i].frames, result->unread[i].name);
    if (others)
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " other frames",
                               result->n_unread ? ", " : "; ", others);
    if (result->n_unread || others)
        g_string_append(text, " not looked into");
    complain(text->str);
    g_string_free(text, TRUE);
}

static int
exit_code_of(const struct source_result *result, bool quiet)
{
    if (result->incomplete)
        return EXIT_INCOMPLETE;
    if (result->channels || result->estimates)
        return EXIT_DONE;
    if (result->frames && result->unread_frames == result->frames)
        complain("no frame has a supported link type");
    else if (!quiet)
        complain_of_nothing(result);
    return EXIT_NOTHING_FOUND;
}

static bool
has_colours(void)
{
    const char *unwanted = g_getenv("NO_COLOR"), *terminal = g_getenv("TERM");

    return isatty(STDOUT_FILENO) && !(unwanted && unwanted[0]) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

/* Once the reports have been written into it. */
static int
print_summary(const struct options *options, const struct run *run,
              const struct source_result *result)
{
    size_t n_words = (size_t)(options->arguments - options->words);
    g_auto(GStrv) own = g_new0(char *, n_words + 1);
    struct summary_run about = { .result = result,
                                 .intervals = report_set_intervals(run->reports),
                                 .interval_ns = options->intervals.interval_ns,
                                 .n_captures = options->n_paths,
                                 .n_cut = run->n_cut,
                                 .n_others = options->n_others,
                                 .options = options->key_file ? NULL : own,
                                 .captures = options->arguments,
                                 .paths = options->paths,
                                 .has_tls_keys = tls_key_files_are_given(&options->keys.tls),
                                 .has_colours = has_colours() };

    for (size_t i = 0; i < n_words; i++)
        own[i] = g_strdup(options->words[i]);
    g_autofree char *text = summary_text(run->summary, &about);
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return fail(g_strdup_printf("standard output: %s", g_strerror(errno)), EXIT_NOT_WRITTEN);
    if (result->incomplete)
        return EXIT_INCOMPLETE;
    return result->channels || summary_has_tls(run->summary) ? EXIT_DONE : EXIT_NOTHING_FOUND;
}

/* Files that overlap in time, and interfaces whose clocks differ, are read at the same time, each
 * through a descriptor of its own. */
static void
allow_descriptors(size_t n_paths)
{
    struct rlimit limit;
    rlim_t needed = n_paths * CAPTURE_INTERFACES + SPARE_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < needed) {
        limit.rlim_cur = MIN(needed, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Of names in texts; NULL: they are shown. */
static const struct oa_renamer *
renamer_of(const struct options *options)
{
    struct pseudonyms *pseudonyms = options->style.pseudonyms;

    return pseudonyms ? pseudonyms_renamer(pseudonyms) : NULL;
}

static bool
is_summary(const struct options *options)
{
    return options->style.format == OUTPUT_SUMMARY;
}

/* Whether what has been written can be taken back. */
static bool
can_begin_anew(const struct options *options)
{
    return options->directory || is_summary(options);
}

/* Returns EXIT_DONE, or another code with a message. */
static enum exit_code
write_page(const struct options *options, char **message)
{
    switch (page_write(options->directory, options->intervals.utc_offset_ns, message)) {
    case PAGE_WRITTEN:
        return EXIT_DONE;
    case PAGE_NO_REPORTS:
        return EXIT_UNREADABLE;
    default:
        return EXIT_NOT_WRITTEN;
    }
}

/* Whether all files can be read again, with times that are right. */
static bool
can_read_again(const struct options *options)
{
    for (size_t i = 0; i < options->n_paths && !options->merges; i++)
        if (!g_file_test(options->paths[i], G_FILE_TEST_IS_REGULAR))
            return false;
    return true;
}

static bool
wants_estimates(const struct options *options)
{
    bool is_wanted = options->estimates;

    for (size_t i = 0; i < options->n_reports; i++)
        is_wanted |= options->reports[i] == &REPORT_ESTIMATES;
    return is_wanted;
}

/* The thread takes all unless that needs more than it can look at, or memory is to be counted; or
 * another one, which opens TLS, leaves it no processor. */
static enum thread_use
thread_use(const struct options *options)
{
    bool has_processor = options->jobs > 2 || !tls_key_files_are_given(&options->keys.tls);

    return options->reads_rops || options->memory_limit || wants_estimates(options) ||
                   !has_processor
               ? THREAD_WRITES_ROWS
               : THREAD_TAKES_ALL;
}

/* The end of what was followed: the reports that count are written. A process that was forked for
 * that does not return. */
static int
end_live(const struct options *options, struct run *run, const struct source_result *result)
{
    char *message = NULL;
    bool good;

    if (live_is_snapshot(run->live)) {
        good = write_metrics(options, run, &message) && report_set_commit(run->reports, &message);
        _exit(good ? EXIT_DONE : fail(message, EXIT_NOT_WRITTEN));
    }
    good = live_end(run->live, &message) && write_metrics(options, run, &message) &&
           report_set_commit(run->reports, &message) && live_put_away(run->live, &message);
    if (!good)
        return fail(message, EXIT_NOT_WRITTEN);
    return ending_signal ? EXIT_DONE : exit_code_of(result, options->quiet);
}

struct attempt {
    bool is_void;     /* it has to be done again */
    bool shares_keys; /* since one attempt was void for that: see source_result.keys_are_shared */
};

/* Reads the captures into reports, which are complete or absent. The attempt is void if it has to
 * be done otherwise: with frames read ahead, which is noted in `order`, or connections not, with
 * keys that were found late, or because only now is known how far the clocks of the files differ.
 */
static int
export_once(const struct options *options, const struct given_keys *keys,
            struct capture_order *order, struct clocks *clocks, GHashTable *warnings,
            struct attempt *attempt)
{
    struct run run = { .follow = order->follow, .partials = order->partials, .warnings = warnings };
    struct oa_clock_steps *clock_steps = oa_clock_steps_new();
    struct source_sink sink = { .context = &run,
                                .begin = options->reads_rops ? begin_rops : NULL,
                                .end = on_end,
                                .event = on_event,
                                .connection = on_connection,
                                .estimated = wants_estimates(options) ? on_estimate : NULL,
                                .frame = on_frame,
                                .gap = on_gap,
                                .full = on_full,
                                .counted = on_counted,
                                .undecided = on_undecided,
                                .capture = on_capture,
                                .warning = on_warning,
                                .progress = on_progress,
                                .code_page = options->code_page,
                                .valid_ports = options->valid_ports,
                                .secrets = keys->sealed,
                                .renamer = renamer_of(options),
                                .clock_steps = clock_steps,
                                .clock_step = on_clock_step,
                                .keys = keys->tls,
                                .memory_limit = options->memory_limit,
                                .jobs = options->jobs,
                                .flows_ahead = tls_key_files_are_given(&options->keys.tls) &&
                                               can_begin_anew(options) && !attempt->shares_keys,
                                .proxies = options->proxies };
    struct source_result result = { 0 };
    struct output_style style = options->style;
    char *message = NULL;
    int code;

    attempt->is_void = false;
    progress_begin(&run.progress, options->shows_progress, options->quiet);
    order->corrections = clocks ? clocks_corrections(clocks) : NULL;
    struct source *source = order->follow
                                ? source_follow(order)
                                : source_open(options->paths, options->n_paths, order, &message);
    if (!source) {
        oa_clock_steps_free(clock_steps);
        return fail(message, EXIT_UNREADABLE);
    }
    if (clocks)
        source_use_clocks(source, clocks);
    if (is_summary(options))
        run.summary = style.summary = summary_new(renamer_of(options));
    run.reports = report_set_open(options->reports, options->n_reports, options->directory, style,
                                  options->valid_ports, &message);
    if (!run.reports) {
        code = fail(message, EXIT_NOT_WRITTEN);
    } else {
        if (options->metrics)
            report_set_want_intervals(run.reports);
        report_set_count_intervals(run.reports, &options->intervals);
        if (options->estimates)
            report_set_count_estimates(run.reports);
        if (options->jobs > 1 && !run.follow)
            report_set_use_thread(run.reports, thread_use(options));
        if (run.follow) {
            run.live = live_new(run.reports, run.follow, &options->intervals, &options->rotation,
                                options->directory);
            if (options->metrics)
                live_on_snapshot(run.live, on_snapshot, &run);
            sink.next = on_next;
        }
        source_run(source, &sink, &result);
        progress_clear(&run.progress);
        const char *failure = run.partials ? partial_set_failure(run.partials) : NULL;
        attempt->is_void = result.disordered || result.clocks_differ || result.keys_are_shared ||
                           (result.keys_came_late && !run.follow && can_read_again(options) &&
                            can_begin_anew(options));
        order->reads_ahead |= result.disordered;
        attempt->shares_keys |= result.keys_are_shared;
        if (failure)
            code = fail(g_strdup(failure), EXIT_UNREADABLE);
        else if (run.follow)
            code = end_live(options, &run, &result);
        else if (ending_signal || attempt->is_void)
            code = EXIT_NOT_WRITTEN;
        else if (!write_metrics(options, &run, &message) ||
                 !report_set_commit(run.reports, &message) ||
                 (options->html && write_page(options, &message) != EXIT_DONE))
            code = fail(message, EXIT_NOT_WRITTEN);
        else
            code = run.summary ? print_summary(options, &run, &result)
                               : exit_code_of(&result, options->quiet);
    }
    live_free(run.live);
    metrics_free(run.metrics);
    report_set_free(run.reports);
    summary_free(run.summary);
    source_close(source);
    oa_clock_steps_free(clock_steps);
    return code;
}

static void
ignore_event(void *context, const struct oa_event *event)
{
    (void)context;
    (void)event;
}

static void
ignore_connection(void *context, const struct connection_row *row)
{
    (void)context;
    (void)row;
}

static void
ignore_warning(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static bool
go_on(void *context, const struct source_progress *progress)
{
    (void)context;
    (void)progress;
    return !ending_signal;
}

/* Reads the captures for their clocks and keys only; again when it is known how files of one
 * capture follow each other. Whatever fails will be reported by the export. */
static void
look_ahead(const struct options *options, const struct given_keys *keys,
           struct capture_order *order, struct clocks *clocks)
{
    struct source_sink sink = { .event = ignore_event,
                                .connection = ignore_connection,
                                .warning = ignore_warning,
                                .progress = go_on,
                                .keys = keys->tls,
                                .jobs = options->jobs };
    struct source_result result = { 0 };
    struct source *source;

    do {
        g_autofree char *message = NULL;
        sink.clock_steps = oa_clock_steps_new();
        order->corrections = clocks_corrections(clocks);
        source = source_open(options->paths, options->n_paths, order, &message);
        result.clocks_differ = false;
        if (source && source_use_clocks(source, clocks))
            source_run(source, &sink, &result);
        else if (source)
            source_find_keys(source, keys->tls);
        source_close(source);
        oa_clock_steps_free(sink.clock_steps);
    } while (result.clocks_differ && !clocks_are_settled(clocks));
}

/* Of --max-memory, a part for frames that are read ahead; 0: not given. */
static size_t
ahead_bytes(const struct options *options)
{
    return (size_t)MIN(options->memory_limit / 16, 64 * 1024 * 1024);
}

/* Most captures are in order of time, most clocks agree, and most keys stand before what they open.
 * Only what was read shows where that is not so, and then the reports are begun anew. What goes to
 * standard output cannot be taken back, so all of it is found out before. */
static int export(const struct options *options, const struct given_keys *keys,
                  struct partial_set *partials)
{
    struct capture_order order = { .window_ns = options->reorder_ns,
                                   .partials = partials,
                                   .ahead_bytes = ahead_bytes(options),
                                   .reads_ahead = !can_begin_anew(options) };
    struct clocks *clocks =
        can_read_again(options) ? clocks_new(options->paths, options->n_paths) : NULL;
    struct forward_steps *forward = forward_steps_new(options->paths, options->n_paths, partials,
                                                      options->reorder_ns, &n_ending_signals);
    g_autoptr(GHashTable) warnings = warnings_new();
    struct attempt attempt = { .is_void = false };
    int code;

    order.forward = forward;
    allow_descriptors(options->n_paths * (partials ? partial_set_parts(partials) : 1));
    if (clocks && !can_begin_anew(options))
        look_ahead(options, keys, &order, clocks);
    if (partials && partial_set_failure(partials)) {
        clocks_free(clocks);
        forward_steps_free(forward);
        return fail(g_strdup(partial_set_failure(partials)), EXIT_UNREADABLE);
    }
    do {
        code = export_once(options, keys, &order, clocks, warnings, &attempt);
    } while (attempt.is_void && code != EXIT_UNREADABLE && !ending_signal);
    clocks_free(clocks);
    forward_steps_free(forward);
    return code;
}

/* Reads what is still being written, until a signal comes, or standard input ends. */
static int
export_live(const struct options *options, const struct given_keys *keys)
{
    struct capture_order order = { .window_ns = options->reorder_ns,
                                   .ahead_bytes = ahead_bytes(options) };
    char *message = NULL;
    struct attempt attempt = { .is_void = false };

    order.follow = follow_open(options->paths[0], &n_ending_signals, ENDING_SIGNALS,
                               G_N_ELEMENTS(ENDING_SIGNALS), &message);
    if (!order.follow)
        return fail(message, EXIT_UNREADABLE);
    g_autoptr(GHashTable) warnings = warnings_new();
    int code = export_once(options, keys, &order, NULL, warnings, &attempt);
    follow_close(order.follow);
    return code;
}

/* The same from the parts of a set, whose captures have their names. */
static int
export_merged(struct options *options, const struct given_keys *keys)
{
    char *message = NULL;
    struct partial_set *partials = partial_set_open(options->paths, options->n_paths, &message);

    if (!partials)
        return fail(message, EXIT_UNREADABLE);
    options->paths = partial_set_names(partials, &options->n_paths);
    options->n_others = partial_set_others(partials);
    int code = export(options, keys, partials);
    partial_set_close(partials);
    return code;
}

/* Reads the key of --anonymize, if there is one; false with a message on standard error. */
static bool
use_key(struct options *options)
{
    char *warning = NULL, *message = NULL;

    if (!options->key_file)
        return true;
    options->style.pseudonyms = pseudonyms_open(options->key_file, &warning, &message);
    secret_file_tell(complain, warning, message);
    return options->style.pseudonyms != NULL;
}

/* The same with the captures that are in folders. */
static int
export_captures(struct options *options)
{
    struct capture_paths captures = { 0 };
    struct given_keys keys;
    char *message = NULL;
    int code;

    if (!given_keys_read(&options->keys, &keys, complain))
        return EXIT_USAGE;
    if (!use_key(options)) {
        given_keys_clear(&keys);
        return EXIT_USAGE;
    }
    if (options->follows) {
        code = export_live(options, &keys);
    } else if (options->merges) {
        code = export_merged(options, &keys);
    } else if (capture_paths_expand(options->paths, options->n_paths, &captures, &message)) {
        options->paths = captures.paths;
        options->n_paths = captures.n;
        options->n_others = captures.n_others;
        code = export(options, &keys, NULL);
    } else {
        code = fail(message, EXIT_UNREADABLE);
    }
    capture_paths_clear(&captures);
    given_keys_clear(&keys);
    pseudonyms_free(options->style.pseudonyms);
    return code;
}

static bool
on_shard_progress(void *progress, const struct source_progress *reached)
{
    progress_show(progress, reached, 0);
    return !ending_signal;
}

static int
write_shard(const struct options *options)
{
    struct capture_paths captures = { 0 };
    struct progress progress;
    char *message = NULL;
    enum exit_code code = EXIT_UNREADABLE;

    progress_begin(&progress, options->shows_progress, options->quiet);
    if (capture_paths_expand(options->paths, options->n_paths, &captures, &message))
        code = shard_write(&options->shard, &captures, options->directory, on_shard_progress,
                           &progress, &message);
    progress_clear(&progress);
    capture_paths_clear(&captures);
    if (message)
        fail(message, code);
    return code;
}

static int
compare(const struct options *options)
{
    const char *const folders[] = { options->paths[1], options->paths[2] };
    const int64_t offsets_ns[] = { options->intervals.utc_offset_ns,
                                   options->second_utc_offset_ns };
    char *message = NULL;
    struct comparison *comparison = comparison_read(folders, offsets_ns, &message);

    if (!comparison)
        return fail(message, EXIT_UNREADABLE);
    struct report_set *set = report_set_open(options->reports, options->n_reports,
                                             options->directory, options->style, NULL, &message);
    if (set)
        report_comparison_write(report_set_run(set, &REPORT_COMPARISON), comparison);
    bool is_written = set && !ending_signal && report_set_commit(set, &message);
    report_set_free(set);
    comparison_free(comparison);
    if (is_written || ending_signal)
        return EXIT_DONE;
    return fail(message, EXIT_NOT_WRITTEN);
}

/* Without SA_RESTART, so that a read of standard input is interrupted too. A shell that starts this
 * in the background ignores SIGINT for it; that is kept. */
static void
install_handlers(void)
{
    struct sigaction action = { .sa_handler = on_signal }, before;

    for (size_t i = 0; i < G_N_ELEMENTS(ENDING_SIGNALS); i++)
        if (sigaction(ENDING_SIGNALS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(ENDING_SIGNALS[i], &action, NULL);
}

/* Keys are in ordinary memory, which is cleared; pages that are locked are few. */
static void
init_ciphers(void)
{
    gcry_check_version(NULL);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

/* Wiretap warns of files that it tries, of a folder for example; what is wrong with a capture is
 * said here. Its own variable still shows them. */
static void
init_log(void)
{
    WS_COMPAT_LOG_INIT(PROGRAM);
    if (!g_getenv("WIRESHARK_LOG_LEVEL"))
        ws_log_set_level(LOG_LEVEL_CRITICAL);
}

int
main(int argc, char *argv[])
{
    struct options options;
    char *message = NULL;
    int code;

    signal(SIGPIPE,
           SIG_IGN); /* a reader that goes away is a write error, reported like any other */
    install_handlers();
    init_process_policies();
    init_ciphers();
    init_log();
    if (!options_parse(argc, argv, &options, &message)) {
        code = fail(message, EXIT_USAGE);
    } else if (options.action == ACTION_PAGE) {
        code = write_page(&options, &message);
        if (code != EXIT_DONE)
            code = fail(message, code);
    } else if (options.action == ACTION_COMPARE) {
        code = compare(&options);
    } else if (options.action == ACTION_SHARD) {
        wtap_init(FALSE);
        code = write_shard(&options);
        wtap_cleanup();
    } else if (options.action != ACTION_EXPORT) {
        code = inform(&options);
    } else {
        wtap_init(FALSE);
        code = export_captures(&options);
        wtap_cleanup();
    }
    options_clear(&options);
    if (ending_signal && !options.follows) {
        signal(ending_signal, SIG_DFL);
        raise(ending_signal);
    }
    return code;
}
