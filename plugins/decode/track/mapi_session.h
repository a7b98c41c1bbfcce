/* mapi_session.h
 * Internal to track/. Sessions and calls of MAPI over HTTP. [MS-OXCMAPIHTTP] 2.2.3.2, 3.1.5, 3.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_SESSION_H
#define OA_MAPI_SESSION_H

struct channel;
struct oa_tracker;

struct mapi_sessions *oa_mapi_sessions_new(void);
void oa_mapi_sessions_free(struct mapi_sessions *sessions);

/* The channel carries MAPI over HTTP: all its bytes go to channel->mapi from now on. */
void oa_mapi_begin(struct channel *channel);

/* The capture is over: closes all sessions. */
void oa_mapi_end(struct oa_tracker *tracker);

#endif
