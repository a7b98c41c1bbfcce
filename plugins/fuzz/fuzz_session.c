/* fuzz_session.c
 * Whole sessions over up to three HTTP hops and the hop to the server: the input chooses
 * well-formed heads and PDUs, their order, what is lost and how connections end. So joins,
 * recycling, flow control and calls are reached, which random bytes seldom do. Every virtual
 * connection ends once, with all its calls.
 *
 * An input is a list of actions of four bytes, see `enum action`; some are followed by data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "track/channel.h"
#include "track/tracker.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOTS 16
#define ACTIONS_MAX 512

/* What the low four bits of the first byte mean; the high four choose the connection. */
enum action {
    ACTION_OPEN,          /* which kind, the client's and the server's host */
    ACTION_RTS,           /* which PDU, two cookies, a third one and from which side */
    ACTION_REQUEST,       /* flags and call id, opnum, length of the stub */
    ACTION_RESPONSE,      /* flags and call id, fill, length of the stub */
    ACTION_FAULT,         /* call id, status */
    ACTION_BIND,          /* ptype, interface, call id */
    ACTION_HEAD,          /* which head, from which side */
    ACTION_CLOSE,         /* how, by which side */
    ACTION_LOST,          /* side, bytes */
    ACTION_WAIT,          /* milliseconds, or seconds */
    ACTION_REQUEST_STUB,  /* call id, opnum, length; the stub follows */
    ACTION_RESPONSE_STUB, /* call id, unused, length; the stub follows */
    ACTION_BYTES,         /* side, length; the bytes follow */
    ACTION_ACK,           /* which PDU, whose cookie, bytes received and window in KiB */
};

struct play {
    struct wire *wire;
    struct oa_channel *channels[SLOTS];
};

static const char *const HEADS[] = {
    "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n",
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 RPC Error: 6ba\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: application/rpc\r\nTransfer-Encoding: chunked\r\n\r\n",
    "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: proxy\r\nContent-Length: "
    "1073741824\r\n\r\n",
    "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: proxy\r\nContent-Length: "
    "76\r\n\r\n",
    "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: proxy\r\nContent-Length: "
    "120\r\n\r\n",
    "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6004 HTTP/1.1\r\nHost: proxy\r\nContent-Length: 4\r\n\r\n",
    "ncacn_http/1.0",
};

static struct oa_channel *
open_channel(struct wire *wire, const uint8_t *p)
{
    uint8_t client = 1 + (p[2] & 3), server = 1 + (p[3] & 3);

    switch (p[1] % 8) {
    case 0:
        return wire_in(wire, client);
    case 1:
        return wire_out(wire, client);
    case 2:
        return wire_http_hop(wire, OA_LEG_IN, client, server);
    case 3:
        return wire_http_hop(wire, OA_LEG_OUT, client, server);
    case 4:
        return wire_proxy(wire, client, server);
    case 5:
        return wire_middle(wire, OA_HOP_CLIENT, client, server);
    case 6:
        return wire_middle(wire, OA_HOP_SERVER, client, server);
    default:
        return wire_direct(wire, client, server);
    }
}

static void
close_slot(struct play *play, unsigned slot, enum oa_end how, enum oa_side by)
{
    if (play->channels[slot])
        wire_close(play->channels[slot], how, by);
    play->channels[slot] = NULL;
}

/* The side from which a PDU comes where it is legal. */
static enum oa_side
sender_of(const struct oa_rts_pdu_row *row)
{
    return row->places & (OA_RTS_OUT_RESPONSE | OA_RTS_OUT_SERVER | OA_RTS_IN_SERVER |
                          OA_RTS_ECHO_RESPONSE)
               ? OA_SERVER
               : OA_CLIENT;
}

static void
send_rts(struct play *play, struct oa_channel *channel, const uint8_t *p)
{
    enum oa_rts_pdu pdu = (enum oa_rts_pdu)(1 + p[1] % (OA_RTS_PDUS - 1));
    enum oa_side side = sender_of(&OA_RTS_PDU_ROWS[pdu]) ^ (p[3] >> 7);

    wire_rts(play->wire, channel, side, pdu,
             (struct wire_rts){ .cookies = { p[2] & 15, p[2] >> 4, p[3] & 15 },
                                .destination = (enum oa_rts_destination)(p[3] >> 4 & 3) });
}

static void
send_ack(struct play *play, struct oa_channel *channel, const uint8_t *p)
{
    enum oa_rts_pdu pdu =
        p[1] & 1 ? OA_RTS_FLOW_CONTROL_ACK_WITH_DESTINATION : OA_RTS_FLOW_CONTROL_ACK;

    wire_rts(play->wire, channel, p[1] & 2 ? OA_SERVER : OA_CLIENT, pdu,
             (struct wire_rts){ .cookies = { p[1] >> 4 },
                                .destination = (enum oa_rts_destination)(p[1] >> 2 & 3),
                                .bytes_received = p[2] * 256u,
                                .available_window = p[3] * 1024u });
}

static void
send_bind(struct play *play, struct oa_channel *channel, const uint8_t *p)
{
    /* The endpoint mapper, and an interface that nobody knows. */
    static const uint8_t EPM[20] = { 0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4,
                                     0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 0x03, 0x00, 0x00, 0x00 };
    static const uint8_t FOREIGN[20] = { 0xfe };
    static const uint8_t *const INTERFACES[] = { WIRE_EMSMDB, WIRE_NSPI, EPM, FOREIGN };
    static const enum oa_rpc_ptype PTYPES[] = { OA_RPC_BIND,          OA_RPC_BIND_ACK,
                                                OA_RPC_ALTER_CONTEXT, OA_RPC_ALTER_CONTEXT_RESP,
                                                OA_RPC_BIND_NAK,      OA_RPC_AUTH3 };
    unsigned which = p[1] % G_N_ELEMENTS(PTYPES);
    GByteArray *pdu = wire_pdu(PTYPES[which], WIRE_WHOLE, p[3]);
    bool is_answer = which == 1 || which == 3 || which == 4;

    wire_put(pdu, 4088 | 4088 << 16, 4);
    wire_put(pdu, 0x1234, 4);
    if (is_answer) {
        wire_put(pdu, 5, 2);
        wire_put_bytes(pdu, "6001\0", 6);
        wire_put(pdu, 1, 4);
        wire_put(pdu, p[2] & 2, 4); /* accepted, or not */
    } else {
        wire_put(pdu, 1, 4);
        wire_put(pdu, 1 << 16, 4);
        wire_put_bytes(pdu, INTERFACES[p[2] & 3], 20);
    }
    wire_put_bytes(pdu, p[2] & 4 ? WIRE_NDR64 : WIRE_NDR, 20);
    wire_send(play->wire, channel, is_answer ? OA_SERVER : OA_CLIENT, pdu);
}

/* A call PDU whose stub comes from the input. */
static void
send_stub(struct play *play, struct oa_channel *channel, enum oa_rpc_ptype ptype, const uint8_t *p,
          struct oa_cursor *cursor)
{
    size_t length = MIN(p[3] * 4u, oa_cursor_left(cursor));
    GByteArray *pdu = wire_pdu(ptype, WIRE_WHOLE, p[1] & 15);

    wire_put(pdu, length, 4);
    wire_put(pdu, 0, 2);
    wire_put(pdu, ptype == OA_RPC_REQUEST ? p[2] : 0, 2);
    wire_put_bytes(pdu, oa_cursor_bytes(cursor, length), (unsigned)length);
    wire_send(play->wire, channel, ptype == OA_RPC_REQUEST ? OA_CLIENT : OA_SERVER, pdu);
}

static void
send_bytes(struct play *play, struct oa_channel *channel, const uint8_t *p,
           struct oa_cursor *cursor)
{
    size_t length = MIN(p[2], oa_cursor_left(cursor));

    if (length > 0)
        oa_channel_data(channel, (enum oa_side)(p[1] & 1), oa_cursor_bytes(cursor, length), length,
                        play->wire->now);
}

static void
act_on(struct play *play, unsigned slot, const uint8_t *p, struct oa_cursor *cursor)
{
    struct oa_channel *channel = play->channels[slot];
    unsigned flags = p[1] >> 4 & WIRE_WHOLE;
    uint32_t call_id = p[1] & 15;

    switch ((enum action)(p[0] & 15)) {
    case ACTION_RTS:
        send_rts(play, channel, p);
        break;
    case ACTION_REQUEST:
        wire_request(play->wire, channel, flags, call_id, p[2], p[3] * 4u, 0);
        break;
    case ACTION_RESPONSE:
        wire_response(play->wire, channel, flags, call_id, p[3] * 4u, p[2]);
        break;
    case ACTION_FAULT:
        wire_fault(play->wire, channel, call_id, p[2]);
        break;
    case ACTION_BIND:
        send_bind(play, channel, p);
        break;
    case ACTION_HEAD:
        wire_head(play->wire, channel, (enum oa_side)(p[2] & 1), HEADS[p[1] % G_N_ELEMENTS(HEADS)]);
        break;
    case ACTION_CLOSE:
        close_slot(play, slot, (enum oa_end)(p[1] % 3), (enum oa_side)(p[2] & 1));
        break;
    case ACTION_LOST:
        oa_channel_lost(channel, (enum oa_side)(p[1] & 1), 1 + p[2] * 16u);
        break;
    case ACTION_REQUEST_STUB:
        send_stub(play, channel, OA_RPC_REQUEST, p, cursor);
        break;
    case ACTION_RESPONSE_STUB:
        send_stub(play, channel, OA_RPC_RESPONSE, p, cursor);
        break;
    case ACTION_BYTES:
        send_bytes(play, channel, p, cursor);
        break;
    case ACTION_ACK:
        send_ack(play, channel, p);
        break;
    case ACTION_OPEN:
    case ACTION_WAIT:
        break;
    }
}

static void
act(struct play *play, const uint8_t *p, struct oa_cursor *cursor)
{
    unsigned slot = p[0] >> 4;

    if ((p[0] & 15) == ACTION_OPEN) {
        close_slot(play, slot, OA_END_OPEN, OA_CLIENT);
        play->channels[slot] = open_channel(play->wire, p);
    } else if ((p[0] & 15) == ACTION_WAIT) {
        play->wire->now.time_ns += (p[1] & 1 ? INT64_C(1000000000) : 1000000) * p[2];
    } else if (play->channels[slot]) {
        act_on(play, slot, p, cursor);
    }
}

static unsigned
count_lines(const GString *text)
{
    unsigned n = 0;

    for (gsize i = 0; i < text->len; i++)
        n += text->str[i] == '\n';
    return n;
}

/* Virtual connections end once, or became part of another one; the calls of those that ended are
 * the calls that were reported. */
static void
check(const struct wire *wire)
{
    unsigned long calls = 0;

    for (const char *line = wire->vcs_closed->str; *line; line = strchr(line, '\n') + 1)
        calls += strtoul(strchr(line, ' '), NULL, 10);
    if (count_lines(wire->vcs_closed) + count_lines(wire->joins) != wire->n_vcs ||
        calls != count_lines(wire->calls))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct play play = { .wire = wire_new(size & 1) };

    for (unsigned i = 0; i < ACTIONS_MAX && oa_cursor_left(&cursor) >= 4; i++)
        act(&play, oa_cursor_bytes(&cursor, 4), &cursor);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        close_slot(&play, slot, OA_END_OPEN, OA_CLIENT);
    oa_tracker_end(play.wire->tracker);
    check(play.wire);
    wire_free(play.wire);
    return 0;
}
