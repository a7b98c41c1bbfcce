/* shard.h
 * One part of a set of captures, read alone: what is found in its frames becomes a partial result.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SHARD_H
#define SHARD_H

#include "capture_folders.h"
#include "exit_codes.h"
#include "partial_set.h"
#include "source.h"

struct shard {
    unsigned index, count; /* from 1; `count` is 0: none */
    enum shard_by by;
};

/*
 * Reads the part and writes it into the directory, which is made if it is not there. By time, the
 * captures in order of their first frames are cut into pieces of about as many bytes: at the ends
 * of files where there are enough of them, else also at records inside. A capture that is cut short
 * or damaged is nothing wrong here; whoever merges the parts is told. `progress` may be NULL; false
 * from it stops, with EXIT_NOT_WRITTEN and no message. Otherwise EXIT_DONE, or another code with a
 * message for one line in `*message` (g_free), and nothing is left. Call wtap_init() first.
 */
enum exit_code shard_write(const struct shard *shard, const struct capture_paths *captures,
                           const char *directory,
                           bool (*progress)(void *context, const struct source_progress *progress),
                           void *context, char **message);

#endif
