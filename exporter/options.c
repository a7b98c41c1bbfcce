/* options.c
 * The command line of oaexport.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "options.h"

#include <getopt.h>
#include <glib.h>
#include <string.h>

#include "database.h"
#include "domain_map.h"
#include "option_table.h"
#include "page.h"
#include "reports.h"
#include "summary.h"

#define MOST_JOBS 256

/* How late a frame may be to be put in order, in seconds; more would be another capture. */
#define LONGEST_REORDER_WINDOW 3600
#define DEFAULT_REORDER_NS INT64_C(1000000000)

/* Of --interval and --max-gap, in seconds: a day; a year. */
#define LONGEST_INTERVAL 86400
#define LONGEST_GAP 31536000

/* Of --max-memory: the program itself takes half of it. */
#define LEAST_MEMORY (32 * 1024 * 1024)

/* Of --shard. */
#define MOST_SHARDS 100000

static bool
choose_reports(const char *list, struct options *options, char **message)
{
    char **names = g_strsplit(list, ",", -1);
    GPtrArray *chosen = g_ptr_array_new();

    for (char **name = names; *name && !*message; name++) {
        const struct report *report = report_find(g_strstrip(*name));
        if (!report)
            *message = g_strdup_printf("there is no report '%s' (see --list-reports)", *name);
        else if (report->is_of_folders)
            *message = g_strdup_printf("%s is written by another command (see --help)", *name);
        else if (!g_ptr_array_find(chosen, report, NULL))
            g_ptr_array_add(chosen, (void *)report);
    }
    g_strfreev(names);
    options->n_reports = chosen->len;
    g_ptr_array_add(chosen, NULL);
    g_free(options->reports);
    options->reports = (const struct report **)g_ptr_array_free(chosen, FALSE);
    return !*message;
}

/* All that do not have to be requested by name. */
static void
default_reports(struct options *options)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (size_t i = 0; REPORTS[i]; i++)
        if (!REPORTS[i]->on_request)
            g_ptr_array_add(chosen, (void *)REPORTS[i]);
    options->n_reports = chosen->len;
    g_ptr_array_add(chosen, NULL);
    options->reports = (const struct report **)g_ptr_array_free(chosen, FALSE);
}

/* Those that a summary needs. */
static void
summary_reports(struct options *options)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (size_t i = 0; summary_needs(i); i++)
        g_ptr_array_add(chosen, (void *)report_find(summary_needs(i)));
    options->n_reports = chosen->len;
    g_ptr_array_add(chosen, NULL);
    options->reports = (const struct report **)g_ptr_array_free(chosen, FALSE);
    options->style.format = OUTPUT_SUMMARY;
    options->intervals.period = PERIOD_ALL;
}

/* Without an output, and unless something is said that only a report has. */
static bool
wants_summary(const struct options *options)
{
    return !options->directory && !options->to_standard_output && !options->reports &&
           !options->has_format && !options->histograms;
}

/* Chooses one more report, unless it is chosen already. */
static void
add_report(struct options *options, const struct report *report)
{
    for (size_t i = 0; i < options->n_reports; i++)
        if (options->reports[i] == report)
            return;
    options->reports = g_renew(const struct report *, options->reports, options->n_reports + 2);
    options->reports[options->n_reports++] = report;
    options->reports[options->n_reports] = NULL;
}

static bool
take_jobs(const char *text, struct options *options, char **message)
{
    guint64 jobs;

    if (!g_ascii_string_to_unsigned(text, 10, 1, MOST_JOBS, &jobs, NULL)) {
        *message = g_strdup_printf("'%s' is no number of threads from 1 to %d", text, MOST_JOBS);
        return false;
    }
    options->jobs = (unsigned)jobs;
    return true;
}

static bool
take_reorder_window(const char *text, struct options *options, char **message)
{
    char *end;
    double seconds = g_ascii_strtod(text, &end);

    if (end == text || *end || !(seconds >= 0 && seconds <= LONGEST_REORDER_WINDOW)) {
        *message =
            g_strdup_printf("'%s' is no time from 0 to %d seconds", text, LONGEST_REORDER_WINDOW);
        return false;
    }
    options->reorder_ns = (int64_t)(seconds * 1e9);
    return true;
}

static bool
take_interval(const char *text, struct options *options, char **message)
{
    guint64 seconds;

    if (!g_ascii_string_to_unsigned(text, 10, 1, LONGEST_INTERVAL, &seconds, NULL)) {
        *message =
            g_strdup_printf("'%s' is no number of seconds from 1 to %d", text, LONGEST_INTERVAL);
        return false;
    }
    options->intervals.interval_ns = (int64_t)seconds * G_GINT64_CONSTANT(1000000000);
    return true;
}

/* A whole number with one of these letters behind it, each with its factor; false if it is none, or
 * too large. */
static bool
take_scaled(const char *text, const char *letters, const uint64_t factors[], uint64_t *number)
{
    char *end;
    guint64 value = g_ascii_isdigit(text[0]) ? g_ascii_strtoull(text, &end, 10) : 0;
    const char *letter = value && *end && !end[1] ? strchr(letters, *end) : NULL;

    if (!letter || value > INT64_MAX / factors[letter - letters])
        return false;
    *number = value * factors[letter - letters];
    return true;
}

/* Bytes as "512M". */
static bool
take_size(const char *text, uint64_t *bytes)
{
    static const uint64_t FACTORS[] = { 1024, 1024 * 1024, 1024 * 1024 * 1024 };

    return take_scaled(text, "KMG", FACTORS, bytes);
}

static bool
take_max_memory(const char *text, struct options *options, char **message)
{
    if (!take_size(text, &options->memory_limit) || options->memory_limit < LEAST_MEMORY)
        *message = g_strdup_printf("'%s' is no size of 32M or more", text);
    return !*message;
}

static bool
take_rotation(const char *text, struct options *options, char **message)
{
    static const uint64_t SECONDS[] = { 1, 60, 3600, 86400 };
    uint64_t seconds = 0;

    if (take_scaled(text, "smhd", SECONDS, &seconds) && seconds <= LONGEST_GAP)
        options->rotation.period_ns = (int64_t)seconds * G_GINT64_CONSTANT(1000000000);
    else if (!take_size(text, &options->rotation.bytes))
        *message =
            g_strdup_printf("'%s' is no period such as 1h or 1d, nor a size such as 100M", text);
    return !*message;
}

static bool
take_max_gap(const char *text, struct options *options, char **message)
{
    char *end;
    double seconds = g_ascii_strtod(text, &end);

    if (end == text || *end || !(seconds >= 0 && seconds <= LONGEST_GAP)) {
        *message = g_strdup_printf("'%s' is no time from 0 to %d seconds", text, LONGEST_GAP);
        return false;
    }
    options->intervals.max_gap_ns = (int64_t)(seconds * 1e9);
    return true;
}

/* The place of the word in the list, which ends with NULL; its length, with a message of it between
 * these texts, if it is none of them. */
static size_t
place_of(const char *word, const char *const list[], const char *before, const char *after,
         char **message)
{
    size_t place = 0;

    while (list[place] && strcmp(word, list[place]) != 0)
        place++;
    if (!list[place])
        *message = g_strdup_printf("%s'%s'%s", before, word, after);
    return place;
}

static bool
take_period(const char *text, struct options *options, char **message)
{
    size_t place = place_of(text, OPTION_PERIODS, "", " is none of all, day, week", message);

    options->intervals.period = (enum period)place;
    return !*message;
}

static bool
parse_utc_offset(const char *text, int64_t *offset_ns, char **message)
{
    static const char FORM[] = "+00:00";
    bool is_good = strlen(text) == strlen(FORM) && (text[0] == '+' || text[0] == '-');

    for (size_t i = 1; is_good && FORM[i]; i++)
        is_good = FORM[i] == ':' ? text[i] == ':' : g_ascii_isdigit(text[i]);
    int hours = is_good ? (text[1] - '0') * 10 + text[2] - '0' : 0;
    int minutes = is_good ? (text[4] - '0') * 10 + text[5] - '0' : 0;
    if (!is_good || hours > 14 || minutes > 59) {
        *message = g_strdup_printf("'%s' is no offset from UTC such as +02:00", text);
        return false;
    }
    *offset_ns =
        (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes) * G_GINT64_CONSTANT(60000000000);
    return true;
}

/* One, or for two folders that are compared one of each. */
static bool
take_utc_offset(const char *text, struct options *options, char **message)
{
    g_auto(GStrv) offsets = g_strsplit(text, ",", 2);

    options->has_second_utc_offset = offsets[0] && offsets[1];
    return parse_utc_offset(offsets[0] ? offsets[0] : "", &options->intervals.utc_offset_ns,
                            message) &&
           parse_utc_offset(options->has_second_utc_offset ? offsets[1] : offsets[0],
                            &options->second_utc_offset_ns, message);
}

static bool
take_user_key(const char *text, struct options *options, char **message)
{
    size_t place =
        place_of(text, OPTION_USER_KEYS, "", " is none of dn, rpc, http, address", message);

    options->intervals.users.has_key = true;
    options->intervals.users.key = (enum user_name)place;
    return !*message;
}

/* "2/7" */
static bool
take_shard(const char *text, struct options *options, char **message)
{
    g_auto(GStrv) numbers = g_strsplit(text, "/", 2);
    guint64 index = 0, count = 0;

    if (g_strv_length(numbers) != 2 ||
        !g_ascii_string_to_unsigned(numbers[1], 10, 1, MOST_SHARDS, &count, NULL) ||
        !g_ascii_string_to_unsigned(numbers[0], 10, 1, count, &index, NULL))
        *message = g_strdup_printf("'%s' is no part such as 2/7: the second of seven", text);
    options->action = ACTION_SHARD;
    options->shard.index = (unsigned)index;
    options->shard.count = (unsigned)count;
    return !*message;
}

static bool
take_shard_way(const char *text, struct options *options, char **message)
{
    size_t place = place_of(text, OPTION_SHARD_WAYS, "", " is neither time nor hosts", message);

    options->shard.by = (enum shard_by)place;
    return !*message;
}

static bool
take_domain(const char *text, struct options *options, char **message)
{
    if (!options->domains)
        options->domains = domain_map_new();
    options->intervals.users.domains = options->keys.domains = options->domains;
    return domain_map_add(options->domains, text, message);
}

static bool
take_code_page(const char *text, struct options *options, char **message)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 1, UINT16_MAX, &number, NULL)) {
        *message = g_strdup_printf("'%s' is not the number of a code page", text);
        return false;
    }
    options->code_page = (uint32_t)number;
    return true;
}

static bool
take_format(const char *text, struct options *options, char **message)
{
    size_t place = place_of(text, OPTION_FORMATS, "there is no format ", " (see --help)", message);

    options->style.format = (enum output_format)place;
    options->has_format = true;
    return !*message;
}

static bool
take_time(const char *text, struct options *options, char **message)
{
    size_t place =
        place_of(text, OPTION_TIMES, "there is no form of time ", " (see --help)", message);

    options->style.spreadsheet_times = place == 1;
    return !*message;
}

static bool
take_shell(const char *text, struct options *options, char **message)
{
    size_t place =
        place_of(text, COMPLETION_SHELLS, "there is no completion for ", " (see --help)", message);

    options->action = ACTION_COMPLETION;
    options->shell = (enum completion_shell)place;
    return !*message;
}

/* Of an option that may be repeated. */
static void
add_argument(char ***arguments, const char *argument)
{
    guint n = *arguments ? g_strv_length(*arguments) : 0;

    *arguments = g_renew(char *, *arguments, n + 2);
    (*arguments)[n] = g_strdup(argument);
    (*arguments)[n + 1] = NULL;
}

/* False for an unknown option, or one without its argument. */
static bool
take_option(int value, struct options *options, char **message)
{
    switch (value) {
    case 'r':
        return choose_reports(optarg, options, message);
    case 'o':
        options->to_standard_output = strcmp(optarg, "-") == 0;
        options->directory = options->to_standard_output ? NULL : optarg;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    case 'h':
        options->action = ACTION_HELP;
        return true;
    case 'V':
        options->action = ACTION_VERSION;
        return true;
    case LONG_LIST_REPORTS:
        options->action = ACTION_LIST_REPORTS;
        return true;
    case LONG_DESCRIBE:
        options->action = ACTION_DESCRIBE;
        options->describe = optarg ? report_find(optarg) : NULL;
        if (optarg && !options->describe)
            *message = g_strdup_printf("there is no report '%s' (see --list-reports)", optarg);
        return !*message;
    case LONG_CRLF:
        options->style.crlf = true;
        return true;
    case LONG_BOM:
        options->style.bom = true;
        return true;
    case LONG_FORMAT:
        return take_format(optarg, options, message);
    case LONG_TIME:
        return take_time(optarg, options, message);
    case LONG_PROXY:
        add_argument(&options->proxies, optarg);
        return true;
    case LONG_TLS_KEYLOG:
        add_argument(&options->keys.tls.key_logs, optarg);
        return true;
    case LONG_TLS_PRIVATE_KEY:
        add_argument(&options->keys.tls.private_keys, optarg);
        return true;
    case LONG_TLS_PASSWORD_FILE:
        options->keys.tls.password_file = optarg;
        return true;
    case LONG_ROPS:
        options->reads_rops = true;
        return true;
    case 'j':
        return take_jobs(optarg, options, message);
    case LONG_PROGRESS:
        options->shows_progress = true;
        return true;
    case LONG_REORDER_WINDOW:
        return take_reorder_window(optarg, options, message);
    case LONG_INTERVAL:
        return take_interval(optarg, options, message);
    case LONG_MAX_GAP:
        return take_max_gap(optarg, options, message);
    case LONG_PERIOD:
        return take_period(optarg, options, message);
    case LONG_UTC_OFFSET:
        return take_utc_offset(optarg, options, message);
    case LONG_HISTOGRAMS:
        options->histograms = true;
        return true;
    case LONG_ESTIMATES:
        options->estimates = true;
        return true;
    case LONG_USER_KEY:
        return take_user_key(optarg, options, message);
    case LONG_DOMAIN_MAP:
        return take_domain(optarg, options, message);
    case LONG_HTML:
        options->html = true;
        return true;
    case LONG_ANONYMIZE:
        options->key_file = optarg;
        return true;
    case LONG_NT_PASSWORD_FILE:
        options->keys.nt_passwords = optarg;
        return true;
    case LONG_KEYTAB:
        options->keys.keytab = optarg;
        return true;
    case LONG_MAX_MEMORY:
        return take_max_memory(optarg, options, message);
    case LONG_METRICS:
        options->metrics = optarg;
        return true;
    case LONG_FOLLOW:
        options->follows = true;
        return true;
    case LONG_ROTATE:
        return take_rotation(optarg, options, message);
    case LONG_SHARD:
        return take_shard(optarg, options, message);
    case LONG_SHARD_BY:
        return take_shard_way(optarg, options, message);
    case LONG_COMPLETION:
        return take_shell(optarg, options, message);
    case LONG_CODE_PAGE:
        return take_code_page(optarg, options, message);
    case LONG_VALID_PORTS:
        valid_ports_free(options->valid_ports);
        options->valid_ports = valid_ports_parse(optarg, message);
        return options->valid_ports != NULL;
    default:
        return false;
    }
}

/* What getopt_long() did not accept, in words. */
static char *
complaint(int value, char *argv[])
{
    const char *what = argv[optind - 1];

    if (value == ':')
        return g_strdup_printf("option '%s' needs an argument (see --help)", what);
    if (optopt && optopt < 256)
        return g_strdup_printf("there is no option '-%c' (see --help)", optopt);
    return g_strdup_printf("there is no option '%s' (see --help)", what);
}

static bool
is_for_spreadsheets(struct output_style style)
{
    return style.crlf || style.bom || style.spreadsheet_times;
}

/* Chooses the format that the name of the output implies. */
static void
check_output(struct options *options, char **message)
{
    struct output_style *style = &options->style;

    if (!options->has_format && options->directory && database_is_name_of(options->directory))
        style->format = OUTPUT_SQLITE;
    if (style->format != OUTPUT_CSV && is_for_spreadsheets(*style))
        *message = g_strdup("--crlf, --bom and --time spreadsheet are for CSV");
    else if (style->format == OUTPUT_SQLITE && !options->directory)
        *message = g_strdup("a database needs a file: -o FILE.sqlite");
    else if (options->html && (style->format != OUTPUT_CSV || !options->directory))
        *message = g_strdup("--html is for CSV, and needs a directory: -o DIR");
    else if (!options->directory && style->format != OUTPUT_SUMMARY && options->n_reports != 1)
        *message =
            g_strdup("several reports need a directory: -o DIR (or select one with --reports)");
}

/* What goes together with --follow. */
static void
check_follow(const struct options *options, char **message)
{
    bool rotates = options->rotation.period_ns || options->rotation.bytes;

    if (rotates && !(options->follows && options->directory))
        *message = g_strdup("--rotate needs --follow, and a directory: -o DIR");
    else if (options->follows && options->n_paths != 1)
        *message = g_strdup("--follow needs one capture, which may be a folder");
    else if (options->follows && options->style.format == OUTPUT_SUMMARY)
        *message = g_strdup("--follow needs a directory: -o DIR, or one report: --reports");
    else if (options->metrics && options->style.format == OUTPUT_SUMMARY)
        *message = g_strdup("--metrics needs a directory too: -o DIR, or one report: --reports");
    else if (options->follows && options->style.format == OUTPUT_SQLITE)
        *message = g_strdup("--follow writes CSV and JSON, no database");
    else if (options->follows && options->html)
        *message = g_strdup("--follow writes no page (see the command page)");
}

/* "page DIR"; a capture of that name is ./page. */
static bool
is_page(const struct options *options)
{
    return options->n_paths == 2 && strcmp(options->paths[0], OPTION_COMMANDS[COMMAND_PAGE]) == 0 &&
           (g_file_test(options->paths[1], G_FILE_TEST_IS_DIR) ||
            !g_file_test(options->paths[0], G_FILE_TEST_EXISTS));
}

/* "compare DIR1 DIR2"; a capture of that name is ./compare. */
static bool
check_compare(struct options *options, char **message)
{
    if (options->n_paths != 3)
        *message = g_strdup("compare needs two directories of reports (see --help)");
    else if (options->reports)
        *message = g_strdup("compare writes one report only: no --reports");
    if (*message)
        return false;
    options->action = ACTION_COMPARE;
    add_report(options, &REPORT_COMPARISON);
    check_output(options, message);
    return !*message;
}

/* What goes together with --shard. */
static bool
check_shard(const struct options *options, char **message)
{
    if (!options->directory || database_is_name_of(options->directory))
        *message = g_strdup("--shard needs a directory: -o DIR");
    else if (options->n_paths == 0)
        *message = g_strdup("no capture given (see --help)");
    else if (options->follows)
        *message = g_strdup("--shard reads what is there: no --follow");
    return !*message;
}

/* "merge DIR..."; a capture of that name is ./merge. */
static void
take_merge(struct options *options, char **message)
{
    options->merges =
        options->n_paths > 0 && strcmp(options->paths[0], OPTION_COMMANDS[COMMAND_MERGE]) == 0;
    if (!options->merges)
        return;
    options->paths++;
    options->n_paths--;
    if (options->n_paths == 0)
        *message = g_strdup("merge needs directories of partial results (see --help)");
    else if (options->follows)
        *message = g_strdup("merge reads what is there: no --follow");
}

bool
options_parse(int argc, char *argv[], struct options *options, char **message)
{
    g_autofree struct option *long_options = option_table_for_getopt();
    int value;

    memset(options, 0, sizeof *options);
    options->reorder_ns = DEFAULT_REORDER_NS;
    options->jobs = MAX(g_get_num_processors(), 1);
    options->intervals = INTERVALS_DEFAULT;
    opterr = 0;
    while ((value = getopt_long(argc, argv, ":r:o:j:qhV", long_options, NULL)) != -1)
        if (!take_option(value, options, message)) {
            if (!*message)
                *message = complaint(value, argv);
            return false;
        }
    options->words = argv + 1;
    options->arguments = options->paths = argv + optind;
    options->n_paths = (size_t)(argc - optind);
    if (options->action == ACTION_DESCRIBE && !options->describe && options->n_paths == 1) {
        options->describe = report_find(options->paths[0]);
        if (!options->describe)
            *message =
                g_strdup_printf("there is no report '%s' (see --list-reports)", options->paths[0]);
        return !*message;
    }
    if (options->action == ACTION_SHARD)
        return check_shard(options, message);
    if (options->action != ACTION_EXPORT)
        return true;
    if (is_page(options)) {
        options->action = ACTION_PAGE;
        options->directory = options->paths[1];
        return true;
    }
    if (options->n_paths > 0 && strcmp(options->paths[0], OPTION_COMMANDS[COMMAND_COMPARE]) == 0)
        return check_compare(options, message);
    take_merge(options, message);
    if (*message)
        return false;
    if (options->has_second_utc_offset)
        *message = g_strdup("two UTC offsets are for compare only");
    else if (options->n_paths == 0)
        *message = g_strdup("no capture given (see --help)");
    else if (wants_summary(options))
        summary_reports(options);
    else if (!options->reports)
        default_reports(options);
    if (!*message && options->histograms)
        add_report(options, report_find("histograms"));
    if (!*message && options->estimates && options->directory)
        add_report(options, &REPORT_ESTIMATES);
    for (size_t i = 0; !*message && options->html && PAGE_REPORTS[i]; i++)
        add_report(options, report_find(PAGE_REPORTS[i]));
    for (size_t i = 0; i < options->n_reports; i++)
        options->reads_rops |= options->reports[i]->needs_rops;
    if (!*message)
        check_output(options, message);
    if (!*message)
        check_follow(options, message);
    options->style.is_followed = options->follows;
    options->style.is_rotated = options->rotation.period_ns || options->rotation.bytes;
    return !*message;
}

void
options_clear(struct options *options)
{
    g_free(options->reports);
    options->reports = NULL;
    g_clear_pointer(&options->proxies, g_strfreev);
    g_clear_pointer(&options->keys.tls.key_logs, g_strfreev);
    g_clear_pointer(&options->keys.tls.private_keys, g_strfreev);
    g_clear_pointer(&options->valid_ports, valid_ports_free);
    g_clear_pointer(&options->domains, domain_map_free);
}
