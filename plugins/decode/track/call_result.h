/* call_result.h
 * For hosts. How a call went.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_CALL_RESULT_H
#define OA_CALL_RESULT_H

#include "base/clock_steps.h"
#include "track/events.h"

/* Whether it ended in a fault or returned an error. Warnings are no errors, [MS-OXCDATA] 2.4.3. */
bool oa_call_failed(const struct oa_call *call);

/* From the last byte of the request to the last byte of the response on that hop, in nanoseconds;
 * false unless both are complete, and in this order. */
bool oa_call_latency(const struct oa_call *call, enum oa_hop hop, int64_t *ns);

/* Sets `is_clock_stepped` of a call that has ended; `steps` may be NULL. */
void oa_call_note_clock(struct oa_call *call, const struct oa_clock_steps *steps);

#endif
