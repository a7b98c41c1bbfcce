/* exchange.h
 * The Exchange interfaces in Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

void proto_register_exchange(void);
void proto_reg_handoff_exchange(void);

#endif
