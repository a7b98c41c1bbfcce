/* exchange_fields.h
 * The protocol "exchange": a summary of each request and response, with the fields by which one
 * looks for calls, the same for all transports and interfaces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_FIELDS_H
#define EXCHANGE_FIELDS_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "exchange_summary.h"

extern int proto_exchange;

void exchange_fields_register(void);

/* Adds the summary to the tree. */
void exchange_fields_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          const struct exchange_summary *summary);

/* The first summary that is shown in the packet; NULL if there is none. */
const struct exchange_summary *exchange_fields_shown(packet_info *pinfo);

/* A ROP by its name: `exchange.rop`, hidden in the ROP's own tree. */
void exchange_fields_show_rop(tvbuff_t *tvb, proto_tree *tree, const char *name);

#endif
