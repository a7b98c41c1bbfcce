/* rpch_tcp.h
 * Hooks on TCP: ports and heuristics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TCP_H
#define RPCH_TCP_H

void rpch_tcp_register(void);
void rpch_tcp_handoff(void);

/* Called each time a file is opened. */
void rpch_tcp_open(void);

#endif
