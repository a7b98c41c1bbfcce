/* rpch_unseal.h
 * Calls that NTLM seals: the decoder unseals them with the password that the user has given to
 * stock NTLM, and stock NTLM shows what the decoder has read.
 *
 * Stock NTLM has one keystream for each direction, which goes on from PDU to PDU as these are
 * shown: after bytes that are missing from the capture, or PDUs that come late, it is out of step
 * for good. The decoder finds its position again, and checks each signature.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_UNSEAL_H
#define RPCH_UNSEAL_H

#include "rpch_unit.h"

void rpch_unseal_handoff(void);

/* The secrets that the preferences name, for the file that is opened; NULL: none. Valid until
 * rpch_unseal_close(), which clears them. */
const struct oa_seal_secrets *rpch_unseal_open(void);
void rpch_unseal_close(void);

/* Before stock DCE/RPC is given a PDU, with its endpoints and its per-frame data in place: gives
 * the stub that the decoder has unsealed to stock NTLM, which keeps it with these data. Has no
 * effect without such a stub, which is there on the first visit only. */
void rpch_unseal_hand_over(packet_info *pinfo, tvbuff_t *pdu, struct rpch_stock_data *data);

#endif
