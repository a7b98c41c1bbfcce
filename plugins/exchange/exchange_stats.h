/* exchange_stats.h
 * The tap of the exchange plugin, and the statistics that listen to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_STATS_H
#define EXCHANGE_STATS_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "exchange_tap.h"

/* Registers the tap and the statistics, under the protocol that carries the name of the plugin. */
void exchange_stats_register(void);

/* A record to fill in for exchange_queue_tap(); NULL if there is no listener. */
struct exchange_tap *exchange_new_record(packet_info *pinfo);
void exchange_queue_tap(packet_info *pinfo, struct exchange_tap *record);

#endif
