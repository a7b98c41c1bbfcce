/* rpch_state.h
 * What the rpch plugin knows about the PDU being dissected, for the dissectors of interfaces that
 * stock DCE/RPC calls: the decoder's tracker and the call.
 *
 * The dissector registered under the name RPCH_STATE_DISSECTOR shows nothing; it fills in the
 * struct rpch_state that it is passed as its data. It does not exist without the plugin, or if that
 * has a different decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_STATE_H
#define RPCH_STATE_H

#include "decoder_build.h"
#include "track/events.h"

#define RPCH_STATE_DISSECTOR "rpch_state-" DECODER_BUILD

struct rpch_state {
    struct oa_tracker *tracker; /* its state must only be changed on a first visit */

    /* NULL if the PDU did not reach stock DCE/RPC through the plugin: in named pipes. */
    const struct oa_virtual_connection *vc;
    struct oa_call *call; /* also NULL for PDUs that belong to no call */

    enum oa_hop hop; /* of the PDU; with `call` */

    /* The call is also on a hop nearer to the client, and statistics are to count it once. */
    bool is_repeat;
};

#endif
