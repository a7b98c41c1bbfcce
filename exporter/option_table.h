/* option_table.h
 * The table of oaexport's options: what getopt_long(), the help text and completion read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <getopt.h>

#include "completion.h"

/* Of options without a short one, which are known by their letter. */
enum long_option {
    LONG_LIST_REPORTS = 256,
    LONG_DESCRIBE,
    LONG_CRLF,
    LONG_BOM,
    LONG_VALID_PORTS,
    LONG_REORDER_WINDOW,
    LONG_PROGRESS,
    LONG_CODE_PAGE,
    LONG_PROXY,
    LONG_FORMAT,
    LONG_TIME,
    LONG_ROPS,
    LONG_INTERVAL,
    LONG_MAX_GAP,
    LONG_PERIOD,
    LONG_UTC_OFFSET,
    LONG_HISTOGRAMS,
    LONG_ESTIMATES,
    LONG_USER_KEY,
    LONG_DOMAIN_MAP,
    LONG_HTML,
    LONG_ANONYMIZE,
    LONG_NT_PASSWORD_FILE,
    LONG_TLS_KEYLOG,
    LONG_TLS_PRIVATE_KEY,
    LONG_TLS_PASSWORD_FILE,
    LONG_KEYTAB,
    LONG_MAX_MEMORY,
    LONG_METRICS,
    LONG_FOLLOW,
    LONG_ROTATE,
    LONG_SHARD,
    LONG_SHARD_BY,
    LONG_COMPLETION
};

/* The words that an argument may be, in the order of their enum; ended by NULL. */
extern const char *const OPTION_FORMATS[];    /* enum output_format */
extern const char *const OPTION_TIMES[];      /* of ISO 8601, of spreadsheets */
extern const char *const OPTION_PERIODS[];    /* enum period */
extern const char *const OPTION_USER_KEYS[];  /* enum user_name */
extern const char *const OPTION_SHARD_WAYS[]; /* enum shard_by */

/* The words that the first argument may be instead of a capture; ended by NULL. */
enum command { COMMAND_PAGE, COMMAND_COMPARE, COMMAND_MERGE };
extern const char *const OPTION_COMMANDS[];

/* The table for getopt_long(), to be freed with g_free(). */
struct option *option_table_for_getopt(void);

/* Prints the help text. */
void option_table_help(void);

/* Prints what lets the shell complete the command line. */
void option_table_completion(enum completion_shell shell);

#endif
