/* rpch_state.h
 * What the rpch plugin knows, for the dissectors of interfaces that stock DCE/RPC calls: the
 * decoder's state of the capture file, and the call that the RPC PDU being dissected belongs to.
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
    struct oa_tracker *tracker; /* its state changes on first visits only */

    /* NULL where the plugin has not passed the PDU to stock DCE/RPC: it is in a named pipe. */
    const struct oa_virtual_connection *vc;
    struct oa_call *call; /* NULL also for PDUs that are not of a call */
};

#endif
