/* rpch_end.h
 * The ends of TCP connections, and what they show: the decoder closes channels as oaexport does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_END_H
#define RPCH_END_H

#include "ws_compat.h"

#include <epan/packet.h>

void rpch_end_register(void);
void rpch_end_handoff(void);

/* Called each time a file is opened, and when it is closed. */
void rpch_end_open(void);
void rpch_end_close(void);

#endif
