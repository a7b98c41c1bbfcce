/* sequence_steps.h
 * For hosts. The steps of a sequence of RTS PDUs: where each was seen, what it becomes on the next
 * hop, what is missing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEQUENCE_STEPS_H
#define OA_SEQUENCE_STEPS_H

#include "track/events.h"

/* The sequence that it turned out to be a part of, or itself. */
const struct oa_sequence *oa_sequence_whole(const struct oa_sequence *sequence);

/* Frame of the step whose name has that r1; 0 if not seen. */
uint64_t oa_sequence_frame(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

/* Frame in which the PDU (r1 of its name) is forwarded to the next hop, or from which it was
 * forwarded; 0 if not seen. */
uint64_t oa_sequence_passed_on_in(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);
uint64_t oa_sequence_passed_on_from(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

/* The names of the PDU that must come before that one (r1 of its name) and was not seen, or
 * OA_RTS_UNKNOWN. */
struct oa_rts_name oa_sequence_missing(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

#endif
