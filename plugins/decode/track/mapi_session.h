/* mapi_session.h
 * Internal to track/. Sessions and calls of MAPI over HTTP. [MS-OXCMAPIHTTP] 2.2.3.2, 3.1.5, 3.2.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_SESSION_H
#define OA_MAPI_SESSION_H

struct channel;
struct oa_tracker;

/* The tracker's sessions; those still open are freed without being reported. */
struct mapi_sessions *oa_mapi_sessions_new(void);
void oa_mapi_sessions_free(struct mapi_sessions *sessions);

/* The channel carries MAPI over HTTP: from now on all its bytes go to channel->mapi. */
void oa_mapi_begin(struct channel *channel);

/* The channel has ended: with it those of the sessions that used it last which have not expired. */
void oa_mapi_close_channel(struct channel *channel);

/* See oa_tracker_give_up(). */
unsigned oa_mapi_give_up(struct oa_tracker *tracker);

/* The capture has ended: closes all sessions. */
void oa_mapi_end(struct oa_tracker *tracker);

#endif
