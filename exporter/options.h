/* options.h
 * The command line of oaexport.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "completion.h"
#include "intervals.h"
#include "report.h"
#include "given_keys.h"
#include "live.h"
#include "shard.h"
#include "writer.h"

enum action {
    ACTION_EXPORT,
    ACTION_COMPARE, /* `paths` are "compare" and two folders */
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_REPORTS,
    ACTION_DESCRIBE,
    ACTION_COMPLETION, /* for `shell` */
    ACTION_SHARD,
    ACTION_PAGE
};

struct options {
    enum action action;
    const struct report *describe; /* ACTION_DESCRIBE: only that one; NULL for all */
    enum completion_shell shell;   /* ACTION_COMPLETION */
    const struct report **reports; /* terminated by NULL; freed by options_clear() */
    size_t n_reports;
    const char *directory;   /* or file, of a database; NULL: standard output. ACTION_PAGE: of the
                                reports */
    bool to_standard_output; /* was given */
    struct output_style style;
    bool has_format;                     /* was given, not implied by the name of the output */
    struct valid_ports *valid_ports;     /* NULL: not given; freed by options_clear() */
    char **proxies;                      /* of --proxy, ended by NULL; NULL: none. Freed likewise */
    struct given_key_files keys;         /* freed likewise */
    struct domain_map *domains;          /* NULL: not given; freed likewise */
    struct intervals_settings intervals; /* of counters, capacity and users */
    int64_t second_utc_offset_ns;        /* of the second folder that is compared */
    bool has_second_utc_offset;          /* was given */
    int64_t reorder_ns;                  /* how late a frame may be to be put in order; 0: never */
    uint32_t code_page;                  /* of names; 0: not given */
    bool reads_rops;                     /* --rops, or a report needs them */
    const char *key_file;                /* of --anonymize; NULL: not given */
    uint64_t memory_limit;               /* bytes; 0: none */
    const char *metrics;                 /* the file of --metrics; NULL: not given */
    bool follows;                        /* the capture is still being written */
    struct live_rotation rotation;       /* then */
    struct shard shard;                  /* ACTION_SHARD */
    bool merges;                         /* `paths` are of partial results */
    bool quiet;
    bool shows_progress; /* even if standard error is no terminal */
    unsigned jobs;       /* threads */
    bool histograms;     /* that report too */
    bool estimates;      /* in all reports that can have them */
    bool html;           /* the page too */
    char *const *paths;  /* of the captures */
    size_t n_paths;
    char *const *words;     /* of the command line, options first; then: */
    char *const *arguments; /* the captures and folders, ended by NULL */
    size_t n_others;        /* files in folders that are not captures */
};

/* Parses the command line; its strings are referenced, not copied. False with one line in
 * `*message` (g_free) when it is wrong. */
bool options_parse(int argc, char *argv[], struct options *options, char **message);
void options_clear(struct options *options);

#endif
