/* packet-rpch.h
 * RPC over HTTP in Wireshark: what the plugin registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PACKET_RPCH_H
#define PACKET_RPCH_H

void proto_register_rpch(void);
void proto_reg_handoff_rpch(void);

#endif
