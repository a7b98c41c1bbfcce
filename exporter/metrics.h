/* metrics.h
 * The counters of a run in the text format of Prometheus, for its node exporter's textfile
 * collector, or anything else that reads it.
 * [Prometheus, exposition formats: text-based format 0.0.4]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "intervals.h"

struct metrics;

/* What a run has counted so far, at each server; later counting does not change it. */
struct metrics *metrics_take(struct intervals *intervals, uint64_t frames);
void metrics_free(struct metrics *metrics); /* may be NULL */

/* At the end, in this process: what goes up and down, from the last interval. Writes the file,
 * whose name appears when it is complete. Returns false with a message for one line in `*message`
 * (g_free). */
bool metrics_write(const struct metrics *metrics, struct intervals *intervals, const char *path,
                   char **message);

#endif
