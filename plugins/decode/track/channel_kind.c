/* channel_kind.c
 * What follows from the kind of a channel; names of kinds and of what joins a channel.
 * [MS-RPCH] 2.2.4 (where a PDU may occur)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/channel_kind.h"

const char *
oa_channel_kind_name(enum oa_channel_kind kind)
{
    static const char *const NAMES[] = {
        [OA_CHANNEL_UNKNOWN] = "",          [OA_CHANNEL_IN] = "IN",
        [OA_CHANNEL_OUT] = "OUT",           [OA_CHANNEL_ECHO] = "echo",
        [OA_CHANNEL_DUPLEX] = "IN and OUT", [OA_CHANNEL_MAPI_HTTP] = "MAPI over HTTP"
    };
    return NAMES[kind];
}

unsigned
oa_channel_places(const struct oa_channel *channel, enum oa_side side)
{
    enum { ON_TCP, IN_HTTP };
    static const uint8_t PLACES[2][2][OA_CHANNEL_KINDS] = {
        [IN_HTTP] = {
            [OA_CLIENT] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST,
                            [OA_CHANNEL_IN] = OA_RTS_IN_REQUEST,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_REQUEST },
            [OA_SERVER] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_OUT_RESPONSE,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_RESPONSE,
                            [OA_CHANNEL_ECHO] = OA_RTS_ECHO_RESPONSE },
        },
        [ON_TCP] = {
            [OA_CLIENT] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_PROXY | OA_RTS_OUT_PROXY,
                            [OA_CHANNEL_IN] = OA_RTS_IN_PROXY,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_PROXY },
            [OA_SERVER] = { [OA_CHANNEL_UNKNOWN] = OA_RTS_IN_SERVER | OA_RTS_OUT_SERVER,
                            [OA_CHANNEL_IN] = OA_RTS_IN_SERVER,
                            [OA_CHANNEL_OUT] = OA_RTS_OUT_SERVER },
        },
    };
    return PLACES[oa_hop_is_http(channel->hop) ? IN_HTTP : ON_TCP][side][channel->kind];
}

enum oa_side
oa_channel_carrier(const struct oa_channel *channel)
{
    return channel->kind == OA_CHANNEL_OUT || channel->kind == OA_CHANNEL_ECHO ? OA_SERVER
                                                                               : OA_CLIENT;
}

enum oa_leg
oa_channel_leg(const struct oa_channel *channel)
{
    return channel->kind == OA_CHANNEL_OUT ? OA_LEG_OUT : OA_LEG_IN;
}

static const struct {
    const char *name, *certainty;
} JOINS[] = {
    [OA_JOIN_NONE] = { "", "" },
    [OA_JOIN_ALONE] = { "alone", "certain" },
    [OA_JOIN_COOKIE] = { "cookie", "certain" },
    [OA_JOIN_RECYCLE] = { "recycling", "certain" },
    [OA_JOIN_SUCCESSION] = { "succession", "likely" },
    [OA_JOIN_CALL_IDS] = { "call ids", "likely" },
    [OA_JOIN_CONTEXT] = { "session context", "certain" },
};

const char *
oa_join_name(enum oa_join join)
{
    return JOINS[join].name;
}

const char *
oa_join_certainty(enum oa_join join)
{
    return JOINS[join].certainty;
}
