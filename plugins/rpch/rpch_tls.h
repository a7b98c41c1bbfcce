/* rpch_tls.h
 * Hooks on TLS that Wireshark can decrypt: ALPN, ports and heuristics.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_TLS_H
#define RPCH_TLS_H

void rpch_tls_register(void);
void rpch_tls_handoff(void);

/* Called each time a file is opened. */
void rpch_tls_open(void);

#endif
