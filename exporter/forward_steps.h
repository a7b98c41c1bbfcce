/* forward_steps.h
 * Where the clocks of captures were put forward, file by file, see false_gaps.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef FORWARD_STEPS_H
#define FORWARD_STEPS_H

#include <stdatomic.h>

#include "false_gaps.h"

struct partial_set; /* partial_set.h */

struct forward_steps;

/* For files that can be read twice, in the order of the command line, or what is in their place in
 * `partials`, which may be NULL; for `window_ns` see false_gaps_new(). A file is given up when
 * `stop` is not 0. All but the window must outlive it. */
struct forward_steps *forward_steps_new(char *const *paths, size_t n_paths,
                                        struct partial_set *partials, int64_t window_ns,
                                        const atomic_int *stop);
void forward_steps_free(struct forward_steps *steps);

/* The steps of a file, in its order, which stay valid; NULL: there are none. Reads it to its end
 * when it is asked for the first time. What is wrong with the file is not reported. */
const struct false_gap *forward_steps_of(struct forward_steps *steps, size_t file, size_t *n);

#endif
