/* packet-exchange.h
 * The protocols of Exchange in Wireshark: what the plugin registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKET_EXCHANGE_H
#define PACKET_EXCHANGE_H

void proto_register_exchange(void);
void proto_reg_handoff_exchange(void);

#endif
