/* sequence_steps.h
 * For hosts. The steps of a sequence of RTS PDUs: where each was seen, what it becomes on the next
 * hop, what is missing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SEQUENCE_STEPS_H
#define OA_SEQUENCE_STEPS_H

#include "track/events.h"

/* The whole that the sequence is, or turned out to be a part of. */
const struct oa_sequence *oa_sequence_whole(const struct oa_sequence *sequence);

/* Frame of the step whose name has that r1; 0 if it was not seen. */
uint64_t oa_sequence_frame(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

/* Frame where the PDU (r1 of its name) is passed on to the next hop, or was taken from the one
 * before; 0 if not seen. */
uint64_t oa_sequence_passed_on_in(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);
uint64_t oa_sequence_passed_on_from(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

/* The PDU that had to come before that one (r1 of its name) and was not seen, or OA_RTS_UNKNOWN. */
enum oa_rts_pdu oa_sequence_missing(const struct oa_sequence *sequence, enum oa_rts_pdu pdu);

#endif
