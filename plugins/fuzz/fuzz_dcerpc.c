/* fuzz_dcerpc.c
 * Any bytes as a DCE/RPC PDU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "rpc/dcerpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_rpc_pdu pdu;

    if (!oa_rpc_parse(data, size, &pdu))
        return 0;
    if (pdu.stub && (pdu.stub < data || pdu.stub + pdu.stub_length > data + size))
        abort();
    if (pdu.verifier.present && pdu.verifier.value + pdu.verifier.value_length > data + size)
        abort();
    if (pdu.n_contexts > OA_RPC_CONTEXTS_MAX || pdu.n_results > OA_RPC_CONTEXTS_MAX)
        abort();
    return 0;
}
