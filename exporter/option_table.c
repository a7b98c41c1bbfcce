/* option_table.c
 * The table of oaexport's options: what getopt_long(), the help text and completion read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option_table.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "intervals.h"
#include "reports.h"
#include "shard.h"
#include "writer.h"

const char *const OPTION_FORMATS[] = {
    [OUTPUT_CSV] = "csv", [OUTPUT_JSON] = "json", [OUTPUT_SQLITE] = "sqlite", NULL
};
const char *const OPTION_TIMES[] = { "iso", "spreadsheet", NULL };
const char *const OPTION_PERIODS[] = {
    [PERIOD_ALL] = "all", [PERIOD_DAY] = "day", [PERIOD_WEEK] = "week", NULL
};
const char *const OPTION_USER_KEYS[] = { [USER_NAME_DN] = "dn",
                                         [USER_NAME_RPC] = "rpc",
                                         [USER_NAME_HTTP] = "http",
                                         [USER_NAME_ADDRESS] = "address",
                                         NULL };

const char *const OPTION_SHARD_WAYS[] = {
    [SHARD_BY_TIME] = "time", [SHARD_BY_HOSTS] = "hosts", NULL
};

const char *const OPTION_COMMANDS[] = { "page", "compare", "merge", NULL };

/* One row per option: for getopt_long(), for the help text, and for completion. */
static const struct option_row ROWS[] = {
    { { "reports", required_argument, NULL, 'r' },
      "LIST",
      "reports to write, separated by commas (default: all but estimates, frames and rops)" },
    { { "output", required_argument, NULL, 'o' },
      "DIR",
      "write DIR/REPORT.csv, or a database if it ends with .sqlite, .sqlite3 or .db; without it, "
      "one "
      "report to standard output" },
    { { "rops", no_argument, NULL, LONG_ROPS },
      NULL,
      "read the ROPs of calls, for the columns about them in other reports (implied by report "
      "rops)" },
    { { "valid-ports", required_argument, NULL, LONG_VALID_PORTS },
      "LIST",
      "RpcProxy's ValidPorts, 'NAME:LOW-HIGH;NAME:PORT': marks targets as allowed or refused" },
    { { "proxy", required_argument, NULL, LONG_PROXY },
      "HOST",
      "address or name of an RPC proxy: its connections inside TLS count (may be repeated)" },
    { { "jobs", required_argument, NULL, 'j' },
      "N",
      "threads to use, for the same output (default: one a processor)" },
    { { "progress", no_argument, NULL, LONG_PROGRESS },
      NULL,
      "show how far the run is and how long it will take, on a terminal or not" },
    { { "reorder-window", required_argument, NULL, LONG_REORDER_WINDOW },
      "SECONDS",
      "put frames of a file in order that are up to this late (1; 0: never)" },
    { { "interval", required_argument, NULL, LONG_INTERVAL },
      "SECONDS",
      "length of a row of counters, from 1 s to a day (60)" },
    { { "max-gap", required_argument, NULL, LONG_MAX_GAP },
      "SECONDS",
      "time between two captures that counts as covered (1)" },
    { { "period", required_argument, NULL, LONG_PERIOD },
      "PERIOD",
      "period of a row of capacity: all, day, week (all)" },
    { { "utc-offset", required_argument, NULL, LONG_UTC_OFFSET },
      "OFFSET",
      "where days and weeks begin, such as +02:00 (+00:00); for compare also one for each "
      "directory" },
    { { "user-key", required_argument, NULL, LONG_USER_KEY },
      "NAME",
      "what users are told apart by: dn, rpc, http, address (the first of these that is known)" },
    { { "domain-map", required_argument, NULL, LONG_DOMAIN_MAP },
      "DOM=DNS",
      "DOM\\user is user@DNS too; or @FILE with one on each line (may be repeated)" },
    { { "histograms", no_argument, NULL, LONG_HISTOGRAMS },
      NULL,
      "also write histograms: calls by latency, for percentiles of sums of rows" },
    { { "estimates", no_argument, NULL, LONG_ESTIMATES },
      NULL,
      "count what connections inside TLS show by their shape, without keys: marked as estimated" },
    { { "html", no_argument, NULL, LONG_HTML },
      NULL,
      "also write DIR/report.html, a page to look at, with the reports that it is made of" },
    { { "anonymize", required_argument, NULL, LONG_ANONYMIZE },
      "KEYFILE",
      "names and addresses become pseudonyms, the same with the same key" },
    { { "nt-password-file", required_argument, NULL, LONG_NT_PASSWORD_FILE },
      "FILE",
      "reads calls that NTLM seals: a line for each user, USER:PASSWORD or USER:NT-HASH" },
    { { "tls-keylog", required_argument, NULL, LONG_TLS_KEYLOG },
      "FILE",
      "decrypt TLS with the secrets in this key log (SSLKEYLOGFILE); those in pcapng files are "
      "used too (may be repeated)" },
    { { "tls-private-key", required_argument, NULL, LONG_TLS_PRIVATE_KEY },
      "FILE",
      "decrypt TLS with this key of the server, if the key exchange is RSA: PEM or PKCS#12 (may be "
      "repeated)" },
    { { "tls-private-key-password-file", required_argument, NULL, LONG_TLS_PASSWORD_FILE },
      "FILE",
      "its first line is the password of encrypted private keys (default: asks on the terminal)" },
    { { "keytab", required_argument, NULL, LONG_KEYTAB },
      "FILE",
      "opens Kerberos tickets with the keys of the services: users, and calls that it seals" },
    { { "code-page", required_argument, NULL, LONG_CODE_PAGE },
      "NUMBER",
      "code page of user names that are not Unicode, such as 932 (default: a guess)" },
    { { "max-memory", required_argument, NULL, LONG_MAX_MEMORY },
      "SIZE",
      "keep no more than that (32M or more), such as 2G: what was silent for longest is given up" },
    { { "follow", no_argument, NULL, LONG_FOLLOW },
      NULL,
      "go on when CAPTURE grows, or files appear in it: rows are there as sessions and calls end" },
    { { "rotate", required_argument, NULL, LONG_ROTATE },
      "WHEN",
      "with --follow, put outputs away into folders: after a period (90s, 15m, 1h, 1d) or a size "
      "(100M, 1G)" },
    { { "metrics", required_argument, NULL, LONG_METRICS },
      "FILE",
      "also write counters in the text format of Prometheus, with --follow whenever an interval "
      "ends" },
    { { "shard", required_argument, NULL, LONG_SHARD },
      "K/N",
      "read part K of N only, into a partial result in DIR; merge makes the reports of all parts" },
    { { "shard-by", required_argument, NULL, LONG_SHARD_BY },
      "WAY",
      "parts are pieces of the captures (time, the default), or the frames of pairs of hosts "
      "(hosts)" },
    { { "list-reports", no_argument, NULL, LONG_LIST_REPORTS },
      NULL,
      "list the reports and what a row of each one represents" },
    { { "describe", optional_argument, NULL, LONG_DESCRIBE },
      "[=REPORT]",
      "columns, units and definitions of one report or of all" },
    { { "format", required_argument, NULL, LONG_FORMAT },
      "FORMAT",
      "csv (the default); json: REPORT.jsonl with one object on each line; sqlite" },
    { { "time", required_argument, NULL, LONG_TIME },
      "FORM",
      "times in CSV: iso (the default), or spreadsheet: as these programs read them" },
    { { "crlf", no_argument, NULL, LONG_CRLF }, NULL, "end lines with CR LF" },
    { { "bom", no_argument, NULL, LONG_BOM }, NULL, "start files with a UTF-8 byte order mark" },
    { { "quiet", no_argument, NULL, 'q' },
      NULL,
      "no progress line, and no message when nothing was found" },
    { { "completion", required_argument, NULL, LONG_COMPLETION },
      "SHELL",
      "print what lets bash or zsh complete these options, for that shell to read" },
    { { "help", no_argument, NULL, 'h' }, NULL, "print this help" },
    { { "version", no_argument, NULL, 'V' }, NULL, "print the version" },
};

/* What the argument of an option may be, where that is one of a few words; for completion. */
static const char *const *
words_of(int value)
{
    switch (value) {
    case 'r':
    case LONG_DESCRIBE:
        return COMPLETION_REPORTS;
    case LONG_FORMAT:
        return OPTION_FORMATS;
    case LONG_TIME:
        return OPTION_TIMES;
    case LONG_PERIOD:
        return OPTION_PERIODS;
    case LONG_USER_KEY:
        return OPTION_USER_KEYS;
    case LONG_SHARD_BY:
        return OPTION_SHARD_WAYS;
    case LONG_COMPLETION:
        return COMPLETION_SHELLS;
    default:
        return NULL;
    }
}

struct option *
option_table_for_getopt(void)
{
    struct option *options = g_new0(struct option, G_N_ELEMENTS(ROWS) + 1);

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        options[i] = ROWS[i].option;
    return options;
}

void
option_table_help(void)
{
    printf("Usage: oaexport [OPTION]... CAPTURE...\n"
           "       oaexport --shard K/N -o DIR CAPTURE...\n"
           "       oaexport merge [OPTION]... DIR...\n"
           "       oaexport page [--utc-offset OFFSET] DIR\n"
           "       oaexport compare [OPTION]... DIR1 DIR2\n"
           "Turns captures of Outlook Anywhere (RPC over HTTP) into reports. Without -o and -r, "
           "prints "
           "a summary.\n\n"
           "CAPTURE is any file that Wireshark can read (pcap, pcapng, Network Monitor, also "
           "compressed, PDUs exported\n"
           "by Wireshark), a folder with such files, or - for standard input. Several captures are "
           "merged by time.\n"
           "With merge, the partial results in DIR become the reports of all captures.\n"
           "With page, the reports in DIR become DIR/report.html.\n"
           "With compare, the counters in DIR2 are compared with those in DIR1, by weekday and "
           "time of day.\n\n");
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const struct option *option = &ROWS[i].option;
        bool is_short = option->val < 256;
        char *text =
            g_strdup_printf("%s%c%s--%s%s%s", is_short ? "-" : " ", is_short ? option->val : ' ',
                            is_short ? ", " : "  ", option->name,
                            ROWS[i].argument && option->has_arg == required_argument ? " " : "",
                            ROWS[i].argument ? ROWS[i].argument : "");
        printf("  %-28s %s\n", text, ROWS[i].help);
        g_free(text);
    }
    printf("\nExit status: 0 done, 1 wrong command line, 2 capture unreadable, 3 capture cut short "
           "(everything before\n"
           "is reported), 4 report not written, 5 no RPC or MAPI over HTTP found.\n");
}

void
option_table_completion(enum completion_shell shell)
{
    g_autoptr(GPtrArray) reports = g_ptr_array_new();

    for (size_t i = 0; REPORTS[i]; i++)
        if (!REPORTS[i]->is_of_folders)
            g_ptr_array_add(reports, (void *)REPORTS[i]->name);
    g_ptr_array_add(reports, NULL);
    completion_print(shell,
                     &(struct completion_source){ .program = "oaexport",
                                                  .rows = ROWS,
                                                  .n_rows = G_N_ELEMENTS(ROWS),
                                                  .words = words_of,
                                                  .commands = OPTION_COMMANDS,
                                                  .reports = (const char *const *)reports->pdata });
}
