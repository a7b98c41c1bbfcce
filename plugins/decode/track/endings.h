/* endings.h
 * Internal to track/. What the end of a connection shows of its channel and of the calls that were
 * under way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ENDINGS_H
#define OA_ENDINGS_H

#include "track/channel_state.h"
#include "track/events.h"

/* The channel has ended, facts.ending, and still belongs to its virtual connection: a silence that
 * ended with FIN or RST, or an echo request without a response. */
void oa_ending_of_channel(const struct channel *channel);

/* Whether the end gives the call up: FIN or RST of the server, or of the client with a call that it
 * does not leave on purpose, as those that wait for something to report and those of other
 * services. Otherwise a response that has begun may go on behind the end of the capture. */
bool oa_ending_gives_up(const struct oa_call *call, const struct oa_ending *ending);

/* Whether what has been missing since then will not come any more: the connection ended like this,
 * or the capture went on for long enough. Otherwise it may come behind the end of the capture.
 * A connection whose end the host cannot see is taken for a whole one. */
bool oa_ending_settles(const struct oa_tracker *tracker, enum oa_end how, struct oa_stamp since);

/* The call is one without a complete response, OA_CALL_UNANSWERED, and the connection that ended
 * is its own: `channel`, or one of its virtual connection (NULL). Reported if the end gives the
 * call up. */
void oa_ending_of_call(const struct oa_tracker *tracker, const struct oa_call *call,
                       struct oa_channel *channel, const struct oa_ending *ending);

#endif
