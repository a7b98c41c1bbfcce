/* endings.c
 * What the end of a connection shows: silence that was ended by a device in between, requests and
 * calls without a response.
 * [MS-RPCH] 2.1.2.1.5 (echo), 3.2.2.6.1 (pings); [MS-OXCMAPIHTTP] 2.2.7; [RFC 9112] 8
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/endings.h"

#include "base/clock_steps.h"
#include "track/emit.h"
#include "track/tracker_state.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Silence after which an end is suspicious if no connection timeout was announced: devices that
 * drop idle connections do so after a minute at the earliest. */
#define LONG_SILENCE_NS (60 * NS_PER_S)

/* A reset this soon after a PDU is the response to it. */
#define ANSWER_NS (5 * NS_PER_S)

/* Servers wait at least this long for what is missing of a virtual connection; [MS-RPCH] 3.2.5.2.1
 * recommends 15 minutes. */
#define PATIENCE_NS (10 * NS_PER_S)

bool
oa_ending_settles(const struct oa_tracker *tracker, enum oa_end how, struct oa_stamp since)
{
    return how != OA_END_OPEN || (tracker->latest.time_ns - since.time_ns > PATIENCE_NS &&
                                  !oa_clock_stepped(tracker->clock_steps, since, tracker->latest));
}

static const char *
name_of_end(const struct oa_ending *ending)
{
    return ending->how == OA_END_RESET ? "RST" : "FIN";
}

static const char *
name_of_side(enum oa_side side)
{
    return side == OA_CLIENT ? "client" : "server";
}

static bool
is_end(const struct oa_ending *ending)
{
    return ending->how == OA_END_FIN || ending->how == OA_END_RESET;
}

/* --- time --- */

#define TIME_TEXT 40

/* "1.250 s". */
static const char *
name_of_time(const struct oa_tracker *tracker, struct oa_stamp from, const struct oa_ending *ending,
             char text[TIME_TEXT])
{
    struct oa_stamp end = { .time_ns = ending->time_ns, .frame = ending->frame };

    if (oa_clock_stepped(tracker->clock_steps, from, end))
        g_strlcpy(text, "an unknown time", TIME_TEXT);
    else
        g_snprintf(text, TIME_TEXT, "%.3f s", (double)(end.time_ns - from.time_ns) / 1e9);
    return text;
}

/* --- silence --- */

/* The silence, before the end itself or before the PDU that was answered by a reset. */
static void
check_reset(const struct oa_tracker *tracker, const struct oa_channel *channel,
            const struct oa_event *where, int64_t since, int64_t limit)
{
    const char *by = name_of_side(channel->ending.by);

    if (since > limit)
        oa_emit_finding(tracker, where, OA_FINDING_IDLE_RESET,
                        "Reset by the %s after %.3f s without a PDU", by, (double)since / 1e9);
    else if (since < ANSWER_NS && channel->last_idle_ns > limit)
        oa_emit_finding(tracker, where, OA_FINDING_IDLE_RESET,
                        "Reset by the %s in response to a PDU after %.3f s without one", by,
                        (double)channel->last_idle_ns / 1e9);
}

/* Whether the channel is the one in use: not one that a recycling has replaced. */
static bool
is_current(const struct oa_channel *channel)
{
    const struct oa_virtual_connection *vc = channel->vc;

    return vc && (vc->channel[channel->hop][OA_LEG_IN] == channel ||
                  vc->channel[channel->hop][OA_LEG_OUT] == channel);
}

/* An orderly end after silence. A client may end an idle connection, unless it should have sent a
 * ping before: then it is a device that does so in its name. */
static void
check_close(const struct oa_tracker *tracker, const struct oa_channel *channel,
            const struct oa_event *where, int64_t since, int64_t limit)
{
    int64_t timeout = (int64_t)channel->connection_timeout_ms * NS_PER_MS;
    bool is_late = channel->ending.by == OA_SERVER ? since > limit : timeout && since > timeout;

    if (is_late && is_current(channel))
        oa_emit_finding(tracker, where, OA_FINDING_IDLE_CLOSED,
                        "Closed by the %s after %.3f s without a PDU",
                        name_of_side(channel->ending.by), (double)since / 1e9);
}

static void
check_silence(const struct oa_tracker *tracker, const struct oa_channel *channel,
              const struct oa_event *where)
{
    int64_t limit = channel->connection_timeout_ms
                        ? (int64_t)channel->connection_timeout_ms * NS_PER_MS / 2
                        : LONG_SILENCE_NS;
    int64_t since = channel->ending.time_ns - channel->last_pdu.time_ns;

    if (!channel->last_pdu.frame || !oa_hop_is_http(channel->hop) ||
        oa_clock_stepped(tracker->clock_steps, channel->last_pdu, where->last))
        return;
    if (channel->ending.how == OA_END_RESET)
        check_reset(tracker, channel, where, since, limit);
    else
        check_close(tracker, channel, where, since, limit);
}

/* --- requests --- */

static void
check_echo(const struct channel *channel)
{
    const struct oa_channel *facts = &channel->facts;
    struct oa_event where = { .first = channel->waiting,
                              .last = channel->waiting,
                              .channel = (struct oa_channel *)facts,
                              .vc = facts->vc };
    bool is_echo = facts->kind == OA_CHANNEL_ECHO;
    char after[TIME_TEXT];

    if (!channel->waiting.frame || (!is_echo && facts->kind != OA_CHANNEL_UNKNOWN) ||
        facts->traffic[OA_SERVER].skipped_bytes ||
        (facts->ending.is_one_way && facts->ending.silent == OA_SERVER))
        return;
    oa_emit_finding(channel->tracker, &where, OA_FINDING_ECHO_UNANSWERED,
                    "%s: %s by the %s %s after it", is_echo ? "Echo request" : "Request",
                    name_of_end(&facts->ending), name_of_side(facts->ending.by),
                    name_of_time(channel->tracker, channel->waiting, &facts->ending, after));
}

void
oa_ending_of_channel(const struct channel *channel)
{
    const struct oa_channel *facts = &channel->facts;
    struct oa_stamp stamp = { .time_ns = facts->ending.time_ns, .frame = facts->ending.frame };
    struct oa_event where = { .first = stamp,
                              .last = stamp,
                              .side = facts->ending.by,
                              .channel = (struct oa_channel *)facts,
                              .vc = facts->vc };

    if (!is_end(&facts->ending))
        return;
    check_silence(channel->tracker, facts, &where);
    check_echo(channel);
}

/* --- calls --- */

/* Whether a client that leaves gives the call up: of Exchange, and not one whose response comes
 * only when there is something to report. The calls of other services may last as long as their
 * session, as those of an RD Gateway do. */
static bool
is_awaited(const struct oa_call *call)
{
    return call->iface && call->iface->is_exchange &&
           !oa_rpc_operation_has(call->iface, call->opnum, OA_OP_WAITS);
}

bool
oa_ending_gives_up(const struct oa_call *call, const struct oa_ending *ending)
{
    return is_end(ending) && (ending->by == OA_SERVER || is_awaited(call));
}

void
oa_ending_of_call(const struct oa_tracker *tracker, const struct oa_call *call,
                  struct oa_channel *channel, const struct oa_ending *ending)
{
    enum oa_hop hop = oa_call_hop(call);
    const struct oa_call_half *request = &call->request[hop], *response = &call->response[hop];
    const char *name = call->has_opnum ? oa_rpc_operation_name(call->iface, call->opnum) : NULL;
    bool is_cut = response->fragments > 0;
    struct oa_stamp stamp = is_cut ? response->last : request->last;
    struct oa_event where = {
        .first = stamp, .last = stamp, .side = OA_SERVER, .channel = channel, .vc = call->vc
    };
    char waited[TIME_TEXT];

    if (!oa_ending_gives_up(call, ending) || call->state != OA_CALL_UNANSWERED ||
        !request->fragments || response->has_gap)
        return;
    name_of_time(tracker, request->last, ending, waited);
    if (is_cut)
        oa_emit_finding(tracker, &where, OA_FINDING_RESPONSE_CUT,
                        "%s: %s by the %s %s after the request; %" G_GUINT64_FORMAT
                        " bytes of the response had come",
                        name ? name : "call", name_of_end(ending), name_of_side(ending->by), waited,
                        response->pdu_bytes);
    else
        oa_emit_finding(tracker, &where, OA_FINDING_CALL_UNANSWERED,
                        "%s: %s by the %s %s after the request", name ? name : "call",
                        name_of_end(ending), name_of_side(ending->by), waited);
}
