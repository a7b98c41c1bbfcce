/* rpch_state.h
 * What the rpch plugin knows of the RPC PDU that stock DCE/RPC is dissecting, for the dissectors of
 * interfaces that stock DCE/RPC calls.
 *
 * The dissector of the name RPCH_STATE_DISSECTOR shows nothing and fills in the struct rpch_state
 * that it is passed as its data. Without the plugin, or with one that has another decoder, there is
 * no such dissector.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STATE_H
#define RPCH_STATE_H

#include "decoder_build.h"
#include "track/events.h"

#define RPCH_STATE_DISSECTOR "rpch_state-" DECODER_BUILD

struct rpch_state {
    const struct oa_virtual_connection *vc; /* NULL: the PDU is in a named pipe */
};

#endif
