/* exchange_summary.h
 * The exchange plugin's summary of a call, for frames that its own dissectors do not see:
 * fragments, faults and encrypted calls, which the rpch plugin shows.
 *
 * The dissector registered under the name EXCHANGE_SUMMARY_DISSECTOR adds it to the tree; its data
 * are a const struct exchange_summary *. It does not exist without the plugin, or if that has a
 * different decoder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_SUMMARY_H
#define EXCHANGE_SUMMARY_H

#include "decoder_build.h"
#include "track/events.h"

#define EXCHANGE_SUMMARY_DISSECTOR "exchange_summary-" DECODER_BUILD

struct exchange_summary {
    const struct oa_rpc_interface *iface;
    uint16_t opnum;
    bool is_response;
    enum oa_hop hop;
    const struct oa_call *call;               /* NULL: not known yet, a request of MAPI over HTTP */
    const struct oa_virtual_connection *vc;   /* NULL: not known */
    const struct oa_mailbox_session *mailbox; /* NULL: none, or not known */
};

#endif
