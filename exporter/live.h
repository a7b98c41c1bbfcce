/* live.h
 * Reports of what is followed: when rows are shown, when reports that count are written, and when
 * outputs are rotated.
 *
 * Reports that count need the end of the captures: which sessions were open, and for how long. So
 * whenever an interval has ended, a process is forked that pretends the end, writes these reports,
 * and is gone; this one reads on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "follow.h"
#include "report_set.h"

/* What rotates the outputs; 0: does not. Both take effect at the end of an interval. */
struct live_rotation {
    int64_t period_ns; /* aligned to local days, as those of the intervals' settings */
    uint64_t bytes;    /* of the outputs that grow */
};

struct live;

/* Shows the rows of `reports` from now on as they come, in the folder `directory` (NULL: standard
 * output). All must outlive the object. */
struct live *live_new(struct report_set *reports, struct follow *follow,
                      const struct intervals_settings *settings,
                      const struct live_rotation *rotation, const char *directory);
void live_free(struct live *live); /* may be NULL */

/* `begins` is called in each process that only writes the reports that count, before the end is
 * pretended: what else is to be written then, which may be all. */
void live_on_snapshot(struct live *live, void (*begins)(void *context), void *context);

/* Before each frame, and when that time has passed without one in the file that is waited for;
 * false: it is the end, in this process. */
bool live_next(struct live *live, size_t file, int64_t time_ns);

/* Before more is read, which may have to be waited for; false as above. */
bool live_pause(void *live);

/* Whether this process only writes the reports that count; it then has to commit, and to end
 * without clearing up. */
bool live_is_snapshot(const struct live *live);

/* At the end: waits for other processes; after the commit, puts rotated outputs with the others.
 * Return false with a message for one line in `*message` (g_free) if something could not be
 * written. */
bool live_end(struct live *live, char **message);
bool live_put_away(struct live *live, char **message);

#endif
