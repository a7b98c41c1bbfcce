/* rpch_conversation.h
 * The conversation of a packet of TCP, which several layers ask for in each frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RPCH_CONVERSATION_H
#define RPCH_CONVERSATION_H

#include "ws_compat.h"

#include <epan/conversation.h>

/* What find_conversation_pinfo(pinfo, 0) returns, at a tenth of its cost: on the first visit, where
 * frames come in their order, the conversation that was found for these endpoints before. */
conversation_t *rpch_conversation_find(packet_info *pinfo);

/* TCP is about to get a segment with SYN, for which it may make another conversation between the
 * packet's endpoints; `pinfo` has its ports. */
void rpch_conversation_forget(const packet_info *pinfo);

/* A file is opened. */
void rpch_conversation_open(void);

#endif
