/* session_number.h
 * The number of a session in a row that is written before it is final: two sessions may turn out to
 * be parts of one, which is known by one of their numbers.
 *
 * Every open session whose number is needed early has such an object, at its `host`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SESSION_NUMBER_H
#define SESSION_NUMBER_H

#include "track/events.h"

struct session_number;

/* Returns that of the session, to be released. */
struct session_number *session_number_hold(const struct oa_virtual_connection *vc);

/* Returns the same one, to be released once more. */
struct session_number *session_number_share(struct session_number *session);

/* `session` may be NULL. */
void session_number_release(struct session_number *session);

/* The number as far as known, and whether it can still change, or turn out to be none. */
uint64_t session_number_now(const struct session_number *session);
bool session_number_is_final(const struct session_number *session);

/* Whether it has none, as far as known: it is another service's, which no report names. */
bool session_number_is_none(const struct session_number *session);

/* Whether the number of the open session is final, and it is not another service's. */
bool session_number_is_known(const struct oa_virtual_connection *vc);

/* Whether it is that of the open session. */
bool session_number_is_of(const struct session_number *session,
                          const struct oa_virtual_connection *vc);

/* To be called with every event, after the reports: notes what becomes of sessions. */
void session_number_take_event(const struct oa_event *event);

#endif
