/* rpch_tracker.h
 * The decoder's tracker for the open capture file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TRACKER_H
#define RPCH_TRACKER_H

#include "rpch_unit.h"

void rpch_tracker_open(void);
void rpch_tracker_close(void);

/* The tracker. Its state must only be changed on a first visit. */
struct oa_tracker *rpch_tracker(void);

/* Passes the tracker's events to a function; NULL ends that. Findings are collected in any case. */
void rpch_tracker_listen(oa_event_function on_event, void *context);

/* Returns the findings collected since the last call, newest first. They live until the file is
 * closed. */
struct rpch_finding *rpch_tracker_take_findings(void);

#endif
