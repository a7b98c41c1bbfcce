/* session.c
 * A small RPC over HTTP session as bytes, and a transcript of what the decoder says of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include "track/channel.h"
#include "track/channel_kind.h"
#include "track/tracker.h"

#define CHUNK_SIZE 7

const struct oa_recognition SESSION_RECOGNITION = { .hop = OA_HOP_CLIENT, .has_start = true };

static const char IN_HEAD[] =
    "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1.lab.test:6001 HTTP/1.1\r\n"
    "Host: mail.lab.test\r\nUser-Agent: MSRPC\r\nContent-Length: 1073741824\r\n"
    "Authorization: Basic TEFCXGFsaWNlOnNlY3JldA==\r\n\r\n";
static const char OUT_HEAD[] = "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1.lab.test:6001 HTTP/1.1\r\n"
                               "Host: mail.lab.test\r\nContent-Length: 76\r\n\r\n";
static const char OUT_ANSWER[] =
    "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n";
static const char OUT_ANSWER_CHUNKED[] =
    "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nTransfer-Encoding: chunked\r\n\r\n";

static GByteArray *
add(GPtrArray *session, enum session_connection connection, enum oa_side side, const void *data,
    size_t length)
{
    struct session_piece *piece = g_new(struct session_piece, 1);

    *piece = (struct session_piece){ connection, side, g_byte_array_new() };
    g_byte_array_append(piece->bytes, data, (guint)length);
    g_ptr_array_add(session, piece);
    return piece->bytes;
}

static void
put16(GByteArray *bytes, unsigned value)
{
    uint8_t raw[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

    g_byte_array_append(bytes, raw, 2);
}

static void
put32(GByteArray *bytes, uint32_t value)
{
    put16(bytes, value & 0xFFFF);
    put16(bytes, value >> 16);
}

static GByteArray *
begin_pdu(unsigned ptype, unsigned flags, uint32_t call_id)
{
    static const uint8_t drep[4] = { 0x10 };
    GByteArray *pdu = g_byte_array_new();

    put16(pdu, 5);
    put16(pdu, ptype | flags << 8);
    g_byte_array_append(pdu, drep, 4);
    put32(pdu, 0);
    put32(pdu, call_id);
    return pdu;
}

/* Gives the PDU its length and adds it as a piece; in chunks when asked for. */
static void
end_pdu(GPtrArray *session, enum session_connection connection, enum oa_side side, GByteArray *pdu,
        bool chunked)
{
    pdu->data[8] = (uint8_t)pdu->len;
    pdu->data[9] = (uint8_t)(pdu->len >> 8);
    if (!chunked) {
        add(session, connection, side, pdu->data, pdu->len);
    } else {
        GByteArray *bytes = add(session, connection, side, NULL, 0);
        for (guint at = 0; at < pdu->len; at += CHUNK_SIZE) {
            char line[16];
            guint n = MIN(CHUNK_SIZE, pdu->len - at);
            snprintf(line, sizeof line, "%x\r\n", n);
            g_byte_array_append(bytes, (const guint8 *)line, (guint)strlen(line));
            g_byte_array_append(bytes, pdu->data + at, n);
            g_byte_array_append(bytes, (const guint8 *)"\r\n", 2);
        }
    }
    g_byte_array_unref(pdu);
}

static void
put_rts(GByteArray *pdu, unsigned flags, unsigned n_commands)
{
    put16(pdu, flags);
    put16(pdu, n_commands);
}

static void
put_number(GByteArray *pdu, enum oa_rts_command_type type, uint32_t value)
{
    put32(pdu, type);
    put32(pdu, value);
}

static void
put_cookie(GByteArray *pdu, enum oa_rts_command_type type, uint8_t fill)
{
    uint8_t cookie[OA_COOKIE_SIZE];

    memset(cookie, fill, sizeof cookie);
    put32(pdu, type);
    g_byte_array_append(pdu, cookie, sizeof cookie);
}

static void
add_conn(GPtrArray *session, bool chunked)
{
    GByteArray *pdu = begin_pdu(OA_RPC_RTS, 3, 0);
    put_rts(pdu, 0, 4);
    put_number(pdu, OA_RTS_VERSION, 1);
    put_cookie(pdu, OA_RTS_COOKIE, 0x11);
    put_cookie(pdu, OA_RTS_COOKIE, 0x31);
    put_number(pdu, OA_RTS_RECEIVE_WINDOW_SIZE, 65536);
    end_pdu(session, SESSION_OUT, OA_CLIENT, pdu, false);

    pdu = begin_pdu(OA_RPC_RTS, 3, 0);
    put_rts(pdu, 0, 6);
    put_number(pdu, OA_RTS_VERSION, 1);
    put_cookie(pdu, OA_RTS_COOKIE, 0x11);
    put_cookie(pdu, OA_RTS_COOKIE, 0x21);
    put_number(pdu, OA_RTS_CHANNEL_LIFETIME, 1073741824);
    put_number(pdu, OA_RTS_CLIENT_KEEPALIVE, 300000);
    put_cookie(pdu, OA_RTS_ASSOCIATION_GROUP_ID, 0x41);
    end_pdu(session, SESSION_IN, OA_CLIENT, pdu, false);

    if (chunked)
        add(session, SESSION_OUT, OA_SERVER, OUT_ANSWER_CHUNKED, strlen(OUT_ANSWER_CHUNKED));
    else
        add(session, SESSION_OUT, OA_SERVER, OUT_ANSWER, strlen(OUT_ANSWER));
    pdu = begin_pdu(OA_RPC_RTS, 3, 0);
    put_rts(pdu, 0, 1);
    put_number(pdu, OA_RTS_CONNECTION_TIMEOUT, 120000);
    end_pdu(session, SESSION_OUT, OA_SERVER, pdu, chunked);
    pdu = begin_pdu(OA_RPC_RTS, 3, 0);
    put_rts(pdu, 0, 3);
    put_number(pdu, OA_RTS_VERSION, 1);
    put_number(pdu, OA_RTS_RECEIVE_WINDOW_SIZE, 65536);
    put_number(pdu, OA_RTS_CONNECTION_TIMEOUT, 120000);
    end_pdu(session, SESSION_OUT, OA_SERVER, pdu, chunked);
}

static void
add_bind(GPtrArray *session, bool chunked)
{
    static const uint8_t EMSMDB[16] = { 0x00, 0xdb, 0xf1, 0xa4, 0x47, 0xca, 0x67, 0x10,
                                        0xb3, 0x1f, 0x00, 0xdd, 0x01, 0x06, 0x62, 0xda };
    static const uint8_t NDR[16] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
                                     0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 };
    GByteArray *pdu = begin_pdu(OA_RPC_BIND, 3, 1);

    put32(pdu, 4088 | 4088 << 16);
    put32(pdu, 0);
    put32(pdu, 1);
    put16(pdu, 0);
    put16(pdu, 1);
    g_byte_array_append(pdu, EMSMDB, 16);
    put32(pdu, 81 << 16);
    g_byte_array_append(pdu, NDR, 16);
    put32(pdu, 2);
    end_pdu(session, SESSION_IN, OA_CLIENT, pdu, false);

    pdu = begin_pdu(OA_RPC_BIND_ACK, 3, 1);
    put32(pdu, 4088 | 4088 << 16);
    put32(pdu, 0x1234);
    put16(pdu, 5);
    g_byte_array_append(pdu, (const guint8 *)"6001", 5);
    g_byte_array_append(pdu, (const guint8 *)"\0", 1);
    put32(pdu, 1);
    put32(pdu, 0);
    g_byte_array_append(pdu, NDR, 16);
    put32(pdu, 2);
    end_pdu(session, SESSION_OUT, OA_SERVER, pdu, chunked);
}

static void
add_call_pdu(GPtrArray *session, unsigned ptype, unsigned flags, uint32_t call_id,
             unsigned opnum_or_status, unsigned stub, bool chunked)
{
    GByteArray *pdu = begin_pdu(ptype, flags, call_id);
    guint8 fill = 5; /* looks like the first byte of a PDU, on purpose */

    put32(pdu, stub);
    put16(pdu, 0);
    put16(pdu, ptype == OA_RPC_REQUEST ? opnum_or_status : 0);
    if (ptype == OA_RPC_FAULT) {
        put32(pdu, opnum_or_status);
        put32(pdu, 0);
    }
    while (stub--)
        g_byte_array_append(pdu, &fill, 1);
    end_pdu(session, ptype == OA_RPC_REQUEST ? SESSION_IN : SESSION_OUT,
            ptype == OA_RPC_REQUEST ? OA_CLIENT : OA_SERVER, pdu, chunked);
}

static void
add_ping(GPtrArray *session, enum session_connection connection, enum oa_side side, bool chunked)
{
    GByteArray *pdu = begin_pdu(OA_RPC_RTS, 3, 0);

    put_rts(pdu, OA_RTS_FLAG_PING, 0);
    end_pdu(session, connection, side, pdu, chunked);
}

static void
free_piece(void *data)
{
    struct session_piece *piece = data;

    g_byte_array_unref(piece->bytes);
    g_free(piece);
}

GPtrArray *
session_new(bool chunked)
{
    GPtrArray *session = g_ptr_array_new_with_free_func(free_piece);

    add(session, SESSION_IN, OA_CLIENT, IN_HEAD, strlen(IN_HEAD));
    add(session, SESSION_OUT, OA_CLIENT, OUT_HEAD, strlen(OUT_HEAD));
    add_conn(session, chunked);
    add_bind(session, chunked);
    add_call_pdu(session, OA_RPC_REQUEST, OA_RPC_FIRST_FRAG, 2, 11, 300, false);
    add_call_pdu(session, OA_RPC_REQUEST, 0, 2, 11, 300, false);
    add_call_pdu(session, OA_RPC_REQUEST, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 3, 10, 40, false);
    add_call_pdu(session, OA_RPC_REQUEST, OA_RPC_LAST_FRAG, 2, 11, 17, false);
    add_call_pdu(session, OA_RPC_FAULT, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 3, 0x1c010003, 0,
                 chunked);
    add_call_pdu(session, OA_RPC_RESPONSE, OA_RPC_FIRST_FRAG, 2, 0, 100, chunked);
    add_ping(session, SESSION_IN, OA_CLIENT, false);
    add_ping(session, SESSION_OUT, OA_SERVER, chunked);
    add_call_pdu(session, OA_RPC_RESPONSE, OA_RPC_LAST_FRAG, 2, 0, 1, chunked);
    add_call_pdu(session, OA_RPC_REQUEST, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 4, 1, 20, false);
    return session;
}

void
session_free(GPtrArray *session)
{
    g_ptr_array_unref(session);
}

static void
describe_call(GString *text, const struct oa_call *call)
{
    const struct oa_call_half *request = &call->request[oa_call_hop(call)];
    const struct oa_call_half *response = &call->response[oa_call_hop(call)];
    g_string_append_printf(
        text, " call %u opnum %u %s state %d fault %x request %u/%u response %u/%u", call->call_id,
        call->opnum, call->iface ? call->iface->name : "?", call->state, call->fault_status,
        request->fragments, (unsigned)request->stub_bytes, response->fragments,
        (unsigned)response->stub_bytes);
}

void
session_describe(GString *text, const struct oa_event *event)
{
    static const char *const NAMES[] = {
        [OA_EVENT_HTTP_HEAD] = "head",
        [OA_EVENT_RTS] = "rts",
        [OA_EVENT_RPC] = "rpc",
        [OA_EVENT_AUTH] = "auth",
        [OA_EVENT_CHANNEL_OPENED] = "open",
        [OA_EVENT_CHANNEL_CLOSED] = "close",
        [OA_EVENT_VC_OPENED] = "vc-open",
        [OA_EVENT_VC_CLOSED] = "vc-close",
        [OA_EVENT_VC_JOINED] = "vc-join",
        [OA_EVENT_CALL] = "ended",
        [OA_EVENT_FINDING] = "finding",
        [OA_EVENT_BANNER] = "banner",
    };
    char name[OA_RTS_NAME_TEXT];
    enum oa_hop hop = event->vc ? oa_vc_hop(event->vc) : OA_HOP_CLIENT;

    if (event->type >= G_N_ELEMENTS(NAMES) || !NAMES[event->type])
        return; /* bodies, framing and skipped bytes come in pieces as they were cut */
    g_string_append_printf(text, "%s %d", NAMES[event->type], event->side);
    if (event->channel)
        g_string_append_printf(text, " %s", oa_channel_kind_name(event->channel->kind));
    if (event->vc)
        g_string_append_printf(text, " vc %u", (unsigned)event->vc->number);
    if (event->type == OA_EVENT_RTS) {
        oa_rts_name_text(event->rts_name,
                         event->sequence ? event->sequence->type : OA_RECYCLE_UNDECIDED, name);
        g_string_append_printf(text, " %s", name);
    }
    if (event->type == OA_EVENT_RPC)
        g_string_append_printf(text, " %s %u", oa_rpc_ptype_name(event->rpc->header.ptype),
                               (unsigned)event->pdu_length);
    if (event->type == OA_EVENT_AUTH)
        g_string_append_printf(text, " %s\\%s", event->auth->domain, event->auth->user);
    if (event->type == OA_EVENT_CALL)
        describe_call(text, event->call);
    if (event->type == OA_EVENT_FINDING)
        g_string_append_printf(text, " %s", OA_FINDING_ROWS[event->finding->id].code);
    if (event->type == OA_EVENT_VC_CLOSED)
        g_string_append_printf(
            text, " calls %u answered %u faults %u unanswered %u rpc %u+%u rts %u+%u skipped %u+%u",
            (unsigned)event->vc->calls, (unsigned)event->vc->answered, (unsigned)event->vc->faults,
            (unsigned)event->vc->unanswered, (unsigned)event->vc->traffic[hop][0].rpc_bytes,
            (unsigned)event->vc->traffic[hop][1].rpc_bytes,
            (unsigned)event->vc->traffic[hop][0].rts_bytes,
            (unsigned)event->vc->traffic[hop][1].rts_bytes,
            (unsigned)event->vc->traffic[hop][0].skipped_bytes,
            (unsigned)event->vc->traffic[hop][1].skipped_bytes);
    g_string_append_c(text, '\n');
}

static void
on_event(void *context, const struct oa_event *event)
{
    session_describe(context, event);
}

char *
session_play(const GPtrArray *session, int cut, bool keep)
{
    GString *text = g_string_new(NULL);
    struct oa_tracker *tracker = oa_tracker_new(on_event, text, keep);
    struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
    struct oa_channel *channels[2];
    struct oa_stamp stamp = { 0, 0 };

    for (int i = SESSION_IN; i <= SESSION_OUT; i++)
        channels[i] = oa_channel_open(tracker, &SESSION_RECOGNITION, &client, &server, NULL, stamp);
    for (guint i = 0; i < session->len; i++) {
        const struct session_piece *piece = session->pdata[i];
        for (guint at = 0; at < piece->bytes->len;) {
            guint most = cut > 0   ? (guint)cut
                         : cut < 0 ? (guint)g_test_rand_int_range(1, 200)
                                   : G_MAXUINT;
            guint n = MIN(piece->bytes->len - at, most);
            uint8_t *part = g_memdup2(piece->bytes->data + at, n);
            stamp.frame++;
            stamp.time_ns += 1000;
            oa_channel_data(channels[piece->connection], piece->side, part, n, stamp);
            g_free(part);
            at += n;
        }
    }
    for (int i = SESSION_IN; i <= SESSION_OUT; i++)
        oa_channel_close(channels[i], (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_free(tracker);
    return g_string_free(text, FALSE);
}
