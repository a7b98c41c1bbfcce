/* partial_set.h
 * The parts of a set of captures, as partial results: which captures there are, and which part has
 * what of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PARTIAL_SET_H
#define PARTIAL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture_record.h"

/* How the name of a partial result ends. */
#define PARTIAL_SUFFIX ".oapart"

enum shard_by {
    SHARD_BY_TIME,  /* the captures in order of time, cut into pieces */
    SHARD_BY_HOSTS, /* all captures, of them the frames of some pairs of hosts */
    SHARD_KINDS,
};

/* What a part has of a capture. */
struct partial_section {
    bool is_there;                         /* else there is nothing */
    uint64_t begin, end;                   /* of its blocks in the file */
    uint64_t first, count;                 /* the records that it is responsible for, from 1 */
    bool is_last;                          /* the capture ends behind them, for this reason: */
    int err;                               /* wiretap's code; 0: it is whole */
    char *err_info;                        /* and text, or NULL; owned */
    struct capture_headers opened, closed; /* when it was opened; and was closed */
};

struct partial_capture {
    char *name;       /* as on the command line */
    uint64_t size;    /* in bytes, as stored */
    int64_t first_ns; /* of the first frame; INT64_MIN: there is none */
    struct partial_section section;
};

/* A part; its strings are owned by who made it. */
struct partial_part {
    char *path;
    unsigned index, count; /* from 1 */
    enum shard_by by;
    size_t n_others; /* files in folders that are not captures */
    struct partial_capture *captures;
    size_t n_captures;
};

void partial_part_clear(struct partial_part *part);

struct partial_set;

/* Opens the partial results in these folders, or of these names. NULL with a message for one line
 * in `*message` (g_free) if one of them cannot be read, is damaged as far as its index shows, or
 * they are not exactly the parts of one set. */
struct partial_set *partial_set_open(char *const *paths, size_t n_paths, char **message);
void partial_set_close(struct partial_set *set);

/* The names of the captures, ended by NULL, as they were on the command line; valid as long as the
 * set is open, as all that these return. */
char *const *partial_set_names(const struct partial_set *set, size_t *n);
const struct partial_capture *partial_set_capture(const struct partial_set *set, size_t capture);
const struct partial_part *partial_set_part(const struct partial_set *set, size_t part);
size_t partial_set_parts(const struct partial_set *set);
size_t partial_set_others(const struct partial_set *set);

/* Notes that records of a part cannot be read, from any thread: what is made of the set is void.
 * The first one counts. */
void partial_set_fail(struct partial_set *set, const struct partial_part *part, const char *why);

/* What was noted, for one line, or NULL. */
const char *partial_set_failure(const struct partial_set *set);

#endif
