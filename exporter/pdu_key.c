/* pdu_key.c
 * What tells a PDU wherever it passes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pdu_key.h"

#include <glib.h>

/* Enough of a PDU to distinguish it from others: its header and the context handle, and the
 * signature at its end. */
#define HASHED_BYTES 64
#define SIGNATURE_BYTES 16

#define HANDLE_SIZE 20
#define HANDLE_ATTRIBUTES 4
#define HANDLE_START 16 /* of one that is cut, as much as tells it from others */

/* Enough of a PDU that is cut: its header and the start of the context handle. */
#define TELLING_BYTES (24 + HANDLE_START)

/* Enough of a cookie to tell it from others. */
#define COOKIE_START 8

static uint64_t
hash(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *data = bytes;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t
pdu_key(const struct oa_event *event)
{
    uint64_t seed = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)event->side;
    const struct oa_rts_command *cookie;
    unsigned n = 0;

    switch (event->type) {
    case OA_EVENT_RPC:
        if (!(event->rpc->header.flags & OA_RPC_FIRST_FRAG))
            return 0;
        if (event->is_cut) /* of another length on another hop, whose headers are longer or not */
            return event->length < TELLING_BYTES
                       ? 0
                       : hash(seed ^ event->pdu_length, event->pdu, TELLING_BYTES);
        seed = hash(seed ^ event->pdu_length, event->pdu, MIN(event->pdu_length, HASHED_BYTES));
        if (event->rpc->verifier.present && event->pdu_length >= SIGNATURE_BYTES)
            seed = hash(seed, event->pdu + event->pdu_length - SIGNATURE_BYTES, SIGNATURE_BYTES);
        return seed;
    case OA_EVENT_RTS:
        while ((cookie = oa_rts_find(event->rts, OA_RTS_COOKIE, n)) && ++n)
            seed = hash(seed, &cookie->value.cookie, OA_COOKIE_SIZE);
        return n >= 2 ? seed : 0;
    case OA_EVENT_MAPI_HEAD:
        if (event->http->mapi.request_id.length == 0)
            return 0;
        return hash(seed, event->http->mapi.request_id.at, event->http->mapi.request_id.length);
    default:
        return 0;
    }
}

/* A context handle, or the start of one that is cut: 4 bytes of attributes, which are 0, and a
 * UUID. Other parameters have more zeros there, or fewer. */
static bool
begins_with_handle(const struct oa_rpc_pdu *rpc)
{
    size_t there = MIN(rpc->stub_length, HANDLE_SIZE);
    unsigned zeros[2] = { 0, 0 };

    if (rpc->header.ptype != OA_RPC_REQUEST || there < HANDLE_START)
        return false;
    for (size_t i = 0; i < there; i++)
        zeros[i >= HANDLE_ATTRIBUTES] += rpc->stub[i] == 0;
    return zeros[0] == HANDLE_ATTRIBUTES && zeros[1] < (there - HANDLE_ATTRIBUTES) / 2;
}

/* Whether it ends with a signature, or with the last leg of an authentication. The first legs of
 * two sessions may be the same. */
static bool
is_signed(const struct oa_rpc_pdu *rpc)
{
    if (!rpc->verifier.present)
        return false;
    return rpc->header.ptype == OA_RPC_AUTH3 ||
           ((rpc->header.ptype == OA_RPC_REQUEST || rpc->header.ptype == OA_RPC_RESPONSE) &&
            rpc->verifier.level >= OA_RPC_LEVEL_PKT);
}

bool
pdu_is_unique(const struct oa_event *event)
{
    return event->type != OA_EVENT_RPC || is_signed(event->rpc) || begins_with_handle(event->rpc);
}

uint64_t
pdu_key_of_opening(const struct oa_event *event)
{
    const struct oa_rts *rts = event->type == OA_EVENT_RTS ? event->rts : NULL;
    const struct oa_rts_command *first = rts ? oa_rts_find(rts, OA_RTS_COOKIE, 0) : NULL;
    const struct oa_cookie *cookie = first ? &first->value.cookie : NULL;

    if (!rts || rts->flags & OA_RTS_FLAG_RECYCLE_CHANNEL || event->side != OA_CLIENT)
        return 0;
    if (!cookie && rts->cut_cookie_bytes >= COOKIE_START)
        cookie = &rts->cut_cookie;
    return cookie ? hash(event->channel->kind, cookie, COOKIE_START) : 0;
}

uint64_t
pdu_key_on_connection(uint64_t key, const struct oa_channel *channel)
{
    return hash(key, channel->endpoint, sizeof channel->endpoint);
}
