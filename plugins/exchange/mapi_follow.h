/* mapi_follow.h
 * Follow > MAPI over HTTP: the messages of a session, whatever connections they came over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MAPI_FOLLOW_H
#define MAPI_FOLLOW_H

#include "mapi_message.h"

void mapi_follow_register(void);

/* A message is complete. */
void mapi_follow_take(const struct mapi_message *message, packet_info *pinfo);

/* Whether the packet completes a message. */
bool mapi_follow_has_message(packet_info *pinfo);

/* The session of the packet's first message, as far as known by now; NULL if none. */
const struct oa_virtual_connection *mapi_follow_session(packet_info *pinfo);

#endif
