/* fuzz_rts.c
 * Any bytes as an RTS PDU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "rpc/rts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_rts rts;
    char name[OA_RTS_NAME_TEXT];

    if (!oa_rts_parse(data, size, &rts))
        return 0;
    for (unsigned i = 0; i < rts.n_parsed; i++)
        if (rts.commands[i].offset + rts.commands[i].length > size)
            abort();
    for (unsigned place = 1; place <= OA_RTS_OUT_SERVER; place <<= 1)
        oa_rts_name_text(oa_rts_identify(&rts, (unsigned)place), OA_RECYCLE_UNDECIDED, name);
    return 0;
}
