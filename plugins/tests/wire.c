/* wire.c
 * A tracker with connections that are built PDU by PDU, and a record of what it reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "wire.h"

#include <string.h>

#include "track/channel.h"
#include "track/tracker.h"

const uint8_t WIRE_EMSMDB[20] = { 0x00, 0xdb, 0xf1, 0xa4, 0x47, 0xca, 0x67, 0x10, 0xb3, 0x1f,
                                  0x00, 0xdd, 0x01, 0x06, 0x62, 0xda, 0x00, 0x00, 0x51, 0x00 };
const uint8_t WIRE_NSPI[20] = { 0x18, 0x5a, 0xcc, 0xf5, 0x64, 0x42, 0x1a, 0x10, 0x8c, 0x59,
                                0x08, 0x00, 0x2b, 0x2f, 0x84, 0x26, 0x38, 0x00, 0x00, 0x00 };
const uint8_t WIRE_NDR[20] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
                               0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0x02, 0x00, 0x00, 0x00 };
const uint8_t WIRE_NDR64[20] = { 0x33, 0x05, 0x71, 0x71, 0xba, 0xbe, 0x37, 0x49, 0x83, 0x19,
                                 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36, 0x01, 0x00, 0x00, 0x00 };

static const char IN_HEAD[] = "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                              "Host: proxy\r\nContent-Length: 1073741824\r\n"
                              "Authorization: Basic TEFCXGFkYTp4\r\n\r\n"; /* LAB\ada */
static const char OUT_HEAD[] = "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n"
                               "Host: proxy\r\nContent-Length: 76\r\n"
                               "Authorization: Basic TEFCXGFkYTp4\r\n\r\n";
static const char OUT_RESPONSE[] = "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                                   "Content-Length: 1073741824\r\n\r\n";

static void
on_event(void *context, const struct oa_event *event)
{
    struct wire *wire = context;

    switch (event->type) {
    case OA_EVENT_RTS:
    case OA_EVENT_RPC:
    case OA_EVENT_HTTP_HEAD:
    case OA_EVENT_SKIPPED:
    case OA_EVENT_IGNORED:
        wire->last = *event;
        break;
    case OA_EVENT_VC_OPENED:
        wire->n_vcs++;
        break;
    case OA_EVENT_VC_CLOSED:
        g_string_append_printf(wire->vcs_closed, "%u %u\n", (unsigned)event->vc->number,
                               (unsigned)event->vc->calls);
        break;
    case OA_EVENT_VC_JOINED:
        g_string_append_printf(wire->joins, "%u %u\n", (unsigned)event->vc->number,
                               (unsigned)event->vc->joined->number);
        break;
    case OA_EVENT_CALL: {
        const struct oa_call *call = event->call;
        g_string_append_printf(wire->calls, "%u %d %u/%u\n", call->call_id, call->state,
                               call->request[oa_call_hop(call)].fragments,
                               call->response[oa_call_hop(call)].fragments);
        break;
    }
    case OA_EVENT_FINDING:
        g_string_append_printf(wire->findings, "%s: %s\n", OA_FINDING_ROWS[event->finding->id].code,
                               event->finding->text);
        break;
    default:
        break;
    }
}

struct wire *
wire_new(bool keep)
{
    struct wire *wire = g_new0(struct wire, 1);

    wire->tracker = oa_tracker_new(on_event, wire, keep);
    wire->now = (struct oa_stamp){ INT64_C(1000000000), 1 };
    wire->findings = g_string_new(NULL);
    wire->calls = g_string_new(NULL);
    wire->joins = g_string_new(NULL);
    wire->vcs_closed = g_string_new(NULL);
    return wire;
}

void
wire_free(struct wire *wire)
{
    oa_tracker_free(wire->tracker);
    g_string_free(wire->findings, TRUE);
    g_string_free(wire->calls, TRUE);
    g_string_free(wire->joins, TRUE);
    g_string_free(wire->vcs_closed, TRUE);
    g_free(wire);
}

void
wire_forget(struct wire *wire)
{
    g_string_truncate(wire->findings, 0);
    g_string_truncate(wire->calls, 0);
    g_string_truncate(wire->joins, 0);
    g_string_truncate(wire->vcs_closed, 0);
}

/* --- connections --- */

static struct oa_channel *
open_channel(struct wire *wire, struct oa_recognition recognition, uint8_t client, uint8_t server,
             uint16_t port)
{
    struct oa_endpoint from = { .port = (uint16_t)(50000 + wire->n_channels++) };
    struct oa_endpoint to = { .port = port };

    memcpy(from.address, "\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0", 15);
    memcpy(to.address, "\0\0\0\0\0\0\0\0\0\0\377\377\12\0\1", 15);
    from.address[15] = client;
    to.address[15] = server;
    return oa_channel_open(wire->tracker, &recognition, &from, &to, NULL, wire->now);
}

static void
send_bytes(struct wire *wire, struct oa_channel *channel, enum oa_side side, const void *bytes,
           size_t length)
{
    size_t left = wire->snap ? MIN(wire->snap, length) : length;

    oa_channel_data(channel, side, bytes, left, wire->now);
    if (left < length)
        oa_channel_cut(channel, side, length - left, wire->now);
    wire->now.frame++;
    wire->now.time_ns += 1000000;
}

void
wire_head(struct wire *wire, struct oa_channel *channel, enum oa_side side, const char *head)
{
    send_bytes(wire, channel, side, head, strlen(head));
}

struct oa_channel *
wire_http(struct wire *wire, uint8_t client, const char *head)
{
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .has_start = true };
    struct oa_channel *channel = open_channel(wire, recognition, client, 1, 80);

    wire_head(wire, channel, OA_CLIENT, head);
    return channel;
}

struct oa_channel *
wire_in(struct wire *wire, uint8_t client)
{
    return wire_http(wire, client, IN_HEAD);
}

struct oa_channel *
wire_out(struct wire *wire, uint8_t client)
{
    return wire_http(wire, client, OUT_HEAD);
}

struct oa_channel *
wire_http_hop(struct wire *wire, enum oa_leg leg, uint8_t client, uint8_t server)
{
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .has_start = true };
    struct oa_channel *channel = open_channel(wire, recognition, client, server, 80);

    channel->endpoint[OA_SERVER].address[14] = 0; /* it may be the client of the next hop */
    wire_head(wire, channel, OA_CLIENT, leg == OA_LEG_IN ? IN_HEAD : OUT_HEAD);
    return channel;
}

void
wire_respond(struct wire *wire, struct oa_channel *out)
{
    wire_head(wire, out, OA_SERVER, OUT_RESPONSE);
}

struct oa_channel *
wire_proxy(struct wire *wire, uint8_t proxy, uint8_t server)
{
    struct oa_recognition recognition = { .hop = OA_HOP_SERVER, .is_raw = true, .has_start = true };

    return open_channel(wire, recognition, proxy, server, 6001);
}

struct oa_channel *
wire_middle(struct wire *wire, enum oa_hop hop, uint8_t client, uint8_t server)
{
    struct oa_recognition recognition = { .hop = hop, .is_raw = true };

    return open_channel(wire, recognition, client, server, hop == OA_HOP_CLIENT ? 80 : 6001);
}

struct oa_channel *
wire_direct(struct wire *wire, uint8_t client, uint8_t server)
{
    struct oa_recognition recognition = {
        .hop = OA_HOP_SERVER, .is_raw = true, .is_direct = true, .has_start = true
    };

    return open_channel(wire, recognition, client, server, 49152);
}

void
wire_close(struct oa_channel *channel, enum oa_end how, enum oa_side by)
{
    oa_channel_close(channel, (struct oa_ending){ .how = how, .by = by });
}

/* --- PDUs --- */

void
wire_put(GByteArray *pdu, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        g_byte_array_append(pdu, &byte, 1);
    }
}

void
wire_put_bytes(GByteArray *pdu, const void *bytes, unsigned length)
{
    g_byte_array_append(pdu, bytes, length);
}

GByteArray *
wire_pdu(enum oa_rpc_ptype ptype, unsigned flags, uint32_t call_id)
{
    GByteArray *pdu = g_byte_array_new();

    wire_put(pdu, 5, 2);
    wire_put(pdu, ptype, 1);
    wire_put(pdu, flags, 1);
    wire_put(pdu, 0x10, 4);
    wire_put(pdu, 0, 4);
    wire_put(pdu, call_id, 4);
    return pdu;
}

void
wire_send(struct wire *wire, struct oa_channel *channel, enum oa_side side, GByteArray *pdu)
{
    pdu->data[8] = (uint8_t)pdu->len;
    pdu->data[9] = (uint8_t)(pdu->len >> 8);
    send_bytes(wire, channel, side, pdu->data, pdu->len);
    g_byte_array_unref(pdu);
}

struct oa_cookie
wire_cookie(uint8_t fill)
{
    struct oa_cookie cookie;

    memset(cookie.bytes, fill, sizeof cookie.bytes);
    return cookie;
}

static void
put_fill(GByteArray *pdu, uint8_t fill, unsigned length)
{
    while (length--)
        wire_put(pdu, fill, 1);
}

static void
put_command(GByteArray *pdu, enum oa_rts_command_type type, const struct wire_rts *values,
            unsigned *cookies)
{
    wire_put(pdu, type, 4);
    switch (type) {
    case OA_RTS_RECEIVE_WINDOW_SIZE:
        wire_put(pdu, values->window ? values->window : WIRE_WINDOW, 4);
        break;
    case OA_RTS_FLOW_CONTROL_ACK_COMMAND:
        wire_put(pdu, values->bytes_received, 4);
        wire_put(pdu, values->available_window, 4);
        put_fill(pdu, values->cookies[0], OA_COOKIE_SIZE);
        break;
    case OA_RTS_CONNECTION_TIMEOUT:
        wire_put(pdu, values->timeout_ms ? values->timeout_ms : WIRE_TIMEOUT_MS, 4);
        break;
    case OA_RTS_COOKIE:
        put_fill(pdu, values->cookies[(*cookies)++], OA_COOKIE_SIZE);
        break;
    case OA_RTS_CHANNEL_LIFETIME:
        wire_put(pdu, WIRE_LIFETIME, 4);
        break;
    case OA_RTS_CLIENT_KEEPALIVE:
        wire_put(pdu, 300000, 4);
        break;
    case OA_RTS_VERSION:
        wire_put(pdu, 1, 4);
        break;
    case OA_RTS_CLIENT_ADDRESS:
        wire_put(pdu, 0, 4); /* IPv4, and 12 bytes of padding */
        wire_put_bytes(pdu, values->client_address, 4);
        put_fill(pdu, 0, 12);
        break;
    case OA_RTS_ASSOCIATION_GROUP_ID:
        put_fill(pdu, 0xA6, OA_COOKIE_SIZE);
        break;
    case OA_RTS_DESTINATION:
        wire_put(pdu, values->destination, 4);
        break;
    case OA_RTS_PING_TRAFFIC_SENT:
        wire_put(pdu, 1040, 4);
        break;
    default: /* Empty, ANCE, NegativeANCE */
        break;
    }
}

void
wire_rts(struct wire *wire, struct oa_channel *channel, enum oa_side side, enum oa_rts_pdu pdu,
         struct wire_rts values)
{
    const struct oa_rts_pdu_row *row = &OA_RTS_PDU_ROWS[pdu];
    GByteArray *bytes = wire_pdu(OA_RPC_RTS, WIRE_WHOLE, 0);
    unsigned cookies = 0;

    wire_put(bytes, row->flags, 2);
    wire_put(bytes, row->n_commands, 2);
    for (unsigned i = 0; i < row->n_commands; i++)
        put_command(bytes, row->commands[i], &values, &cookies);
    wire_send(wire, channel, side, bytes);
}

void
wire_request(struct wire *wire, struct oa_channel *channel, unsigned flags, uint32_t call_id,
             uint16_t opnum, unsigned stub, uint8_t fill)
{
    GByteArray *pdu = wire_pdu(OA_RPC_REQUEST, flags, call_id);

    wire_put(pdu, stub, 4);
    wire_put(pdu, 0, 2);
    wire_put(pdu, opnum, 2);
    put_fill(pdu, fill, stub);
    wire_send(wire, channel, OA_CLIENT, pdu);
}

void
wire_response(struct wire *wire, struct oa_channel *channel, unsigned flags, uint32_t call_id,
              unsigned stub, uint8_t fill)
{
    GByteArray *pdu = wire_pdu(OA_RPC_RESPONSE, flags, call_id);

    wire_put(pdu, stub, 4);
    wire_put(pdu, 0, 4);
    put_fill(pdu, fill, stub);
    wire_send(wire, channel, OA_SERVER, pdu);
}

void
wire_fault(struct wire *wire, struct oa_channel *channel, uint32_t call_id, uint32_t status)
{
    GByteArray *pdu = wire_pdu(OA_RPC_FAULT, WIRE_WHOLE, call_id);

    wire_put(pdu, 0, 8);
    wire_put(pdu, status, 4);
    wire_put(pdu, 0, 4);
    wire_send(wire, channel, OA_SERVER, pdu);
}

void
wire_bind(struct wire *wire, struct oa_channel *channel, uint32_t call_id,
          const uint8_t interface[20])
{
    GByteArray *pdu = wire_pdu(OA_RPC_BIND, WIRE_WHOLE, call_id);

    wire_put(pdu, 4088 | 4088 << 16, 4);
    wire_put(pdu, 0, 4);
    wire_put(pdu, 1, 4);
    wire_put(pdu, 1 << 16, 4);
    wire_put_bytes(pdu, interface, 20);
    wire_put_bytes(pdu, WIRE_NDR, 20);
    wire_send(wire, channel, OA_CLIENT, pdu);
}
