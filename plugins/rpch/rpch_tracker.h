/* rpch_tracker.h
 * The decoder's state of the capture file that is open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TRACKER_H
#define RPCH_TRACKER_H

#include "rpch_unit.h"

void rpch_tracker_open(void);
void rpch_tracker_close(void);

/* The tracker of the file; it changes on first visits only. */
struct oa_tracker *rpch_tracker(void);

/* Events of the tracker go to that function from now on; with NULL, findings are collected again.
 */
void rpch_tracker_listen(oa_event_function on_event, void *context);

/* The problems found since the last call, newest first; they live as long as the file is open. */
struct rpch_finding *rpch_tracker_take_findings(void);

#endif
