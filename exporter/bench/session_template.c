/* session_template.c
 * One session of RPC over HTTP or MAPI over HTTP as frames in time order, with places that differ
 * between sessions. [MS-RPCH] 2.2.3, 2.2.4, 3.2 (channels, flow control); [C706] chapter 12 (PDUs);
 * [MS-OXCRPC] 3.1.4 (calls), 2.2.2.1 (RPC_HEADER_EXT); [MS-OXCROPS] 2.2 (ROPs);
 * [MS-OXCMAPIHTTP] 2.2.2, 2.2.4, 2.2.7 (requests and responses)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FIN 0x01
#define SYN 0x02
#define PSH 0x08
#define ACK 0x10

#define WINDOW 65536u
#define MAX_FRAGMENT 5840u
#define RPC_HEADER 24u

#define RPC_REQUEST 0
#define RPC_RESPONSE 2
#define RPC_BIND 11
#define RPC_BIND_ACK 12
#define RPC_RTS 20
#define RPC_FIRST 0x01
#define RPC_LAST 0x02

#define RTS_PING 0x0001
#define RTS_OTHER 0x0002
#define TO_CLIENT 0u
#define TO_OUT_PROXY 3u

/* Without the number of the user, which follows. */
#define USER_DN "/o=Bench/ou=Exchange Administrative Group/cn=Recipients/cn=user"
#define USER_DN_SIZE (sizeof USER_DN + sizeof((struct bench_identity *)0)->user_number)

#define OP_CONNECT_EX 10
#define OP_RPC_EXT2 11

/* Times between things, in microseconds. */
#define NETWORK_US 400u
#define SEGMENT_US 12u
#define SERVICE_US 1500u
#define THINK_US 220000u

#define IDENTITY(member)                                                                           \
    (uint16_t) offsetof(struct bench_identity, member),                                            \
        (uint16_t)sizeof((struct bench_identity *)0)->member

struct builder {
    struct bench_template *session;
    uint64_t now_us;
    uint32_t sent[BENCH_CONNECTIONS][2];  /* sequence numbers used, by sender */
    uint32_t unacked[BENCH_CONNECTIONS];  /* RPC bytes that the receiver did not acknowledge */
    uint32_t received[BENCH_CONNECTIONS]; /* RPC bytes in all */
    GArray *open_marks;                   /* of the message being built, offsets in it */
    uint32_t call_id;
};

static void
u8(GByteArray *out, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    g_byte_array_append(out, &byte, 1);
}

static void
u16(GByteArray *out, unsigned value)
{
    u8(out, value & 0xff);
    u8(out, value >> 8 & 0xff);
}

static void
u32(GByteArray *out, uint32_t value)
{
    u16(out, value & 0xffff);
    u16(out, value >> 16);
}

static void
u64(GByteArray *out, uint64_t value)
{
    u32(out, (uint32_t)value);
    u32(out, (uint32_t)(value >> 32));
}

static void
fill(GByteArray *out, unsigned value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        u8(out, value);
}

static void
bytes(GByteArray *out, const void *data, size_t length)
{
    g_byte_array_append(out, data, (guint)length);
}

static void
text(GByteArray *out, const char *string)
{
    bytes(out, string, strlen(string));
}

/* A place of the message that each session fills in for itself. */
static void
identity(struct builder *b, GByteArray *out, uint16_t from, uint16_t length)
{
    struct bench_mark mark = { out->len, from, length };

    g_array_append_val(b->open_marks, mark);
    fill(out, 0, length);
}

static void
frame(struct builder *b, enum bench_connection connection, enum bench_side sender, uint8_t flags,
      uint32_t offset, uint16_t length, uint32_t mark)
{
    struct bench_frame f = {
        .time_us = b->now_us,
        .seq = b->sent[connection][sender],
        .ack = b->sent[connection][!sender],
        .offset = offset,
        .length = length,
        .connection = (uint8_t)connection,
        .sender = (uint8_t)sender,
        .flags = flags,
        .mark = mark,
    };

    g_array_append_val(b->session->frames, f);
    b->sent[connection][sender] += length + ((flags & (SYN | FIN)) != 0);
}

static void
bare(struct builder *b, enum bench_connection connection, enum bench_side sender, uint8_t flags)
{
    frame(b, connection, sender, flags, 0, 0, G_MAXUINT32);
}

/* Sends the message in segments, which the other side acknowledges two by two; frees it. */
static void
send_message(struct builder *b, enum bench_connection connection, enum bench_side sender,
             GByteArray *message)
{
    uint32_t begin = b->session->payload->len;
    uint32_t first_mark = b->session->marks->len;
    unsigned segments = 0;

    for (guint i = 0; i < b->open_marks->len; i++) {
        struct bench_mark mark = g_array_index(b->open_marks, struct bench_mark, i);
        mark.offset += begin;
        g_array_append_val(b->session->marks, mark);
    }
    if (b->open_marks->len == 0)
        first_mark = G_MAXUINT32;
    g_array_set_size(b->open_marks, 0);
    bytes(b->session->payload, message->data, message->len);
    for (uint32_t done = 0; done < message->len; done += BENCH_MSS) {
        uint32_t n = MIN(message->len - done, BENCH_MSS);
        bool last = done + n == message->len;
        frame(b, connection, sender, ACK | (last ? PSH : 0), begin + done, (uint16_t)n, first_mark);
        b->now_us += SEGMENT_US;
        if (++segments % 2 == 0 || last) {
            bare(b, connection, !sender, ACK);
            b->now_us += SEGMENT_US;
        }
    }
    b->now_us += NETWORK_US;
    g_byte_array_unref(message);
}

static GByteArray *
pdu_header(unsigned type, unsigned flags, size_t length, uint32_t call_id)
{
    GByteArray *out = g_byte_array_new();

    u8(out, 5);
    u8(out, 0);
    u8(out, type);
    u8(out, flags);
    u32(out, 0x10); /* little-endian, ASCII, IEEE */
    u16(out, (unsigned)length);
    u16(out, 0);
    u32(out, call_id);
    return out;
}

static GByteArray *
rts(unsigned flags, unsigned commands, size_t length)
{
    GByteArray *out = pdu_header(RPC_RTS, RPC_FIRST | RPC_LAST, length, 0);

    u16(out, flags);
    u16(out, commands);
    return out;
}

static void
command(GByteArray *out, uint32_t type, uint32_t value)
{
    u32(out, type);
    u32(out, value);
}

static void
cookie(struct builder *b, GByteArray *out, uint32_t type, uint16_t from, uint16_t length)
{
    u32(out, type);
    identity(b, out, from, length);
}

/* [MS-RPCH] 2.2.3.5: the commands' numbers. */
enum {
    CMD_WINDOW = 0,
    CMD_ACK = 1,
    CMD_TIMEOUT = 2,
    CMD_COOKIE = 3,
    CMD_LIFETIME = 4,
    CMD_KEEPALIVE = 5,
    CMD_VERSION = 6,
    CMD_GROUP = 12,
    CMD_DESTINATION = 13,
};

static void
conn_a1(struct builder *b)
{
    GByteArray *out = rts(0, 4, 76);

    command(out, CMD_VERSION, 1);
    cookie(b, out, CMD_COOKIE, IDENTITY(vc_cookie));
    cookie(b, out, CMD_COOKIE, IDENTITY(out_cookie));
    command(out, CMD_WINDOW, WINDOW);
    send_message(b, BENCH_OUT, BENCH_CLIENT, out);
}

static void
conn_b1(struct builder *b)
{
    GByteArray *out = rts(0, 6, 104);

    command(out, CMD_VERSION, 1);
    cookie(b, out, CMD_COOKIE, IDENTITY(vc_cookie));
    cookie(b, out, CMD_COOKIE, IDENTITY(in_cookie));
    command(out, CMD_LIFETIME, 0x40000000);
    command(out, CMD_KEEPALIVE, 300000);
    cookie(b, out, CMD_GROUP, IDENTITY(association_group));
    send_message(b, BENCH_IN, BENCH_CLIENT, out);
}

static void
conn_answers(struct builder *b)
{
    GByteArray *a3 = rts(0, 1, 28);
    GByteArray *c2 = rts(0, 3, 44);

    command(a3, CMD_TIMEOUT, 120000);
    send_message(b, BENCH_OUT, BENCH_SERVER, a3);
    command(c2, CMD_VERSION, 1);
    command(c2, CMD_WINDOW, WINDOW);
    command(c2, CMD_TIMEOUT, 120000);
    send_message(b, BENCH_OUT, BENCH_SERVER, c2);
}

/* FlowControlAckWithDestination of what came on `acked`, once half the window is used. */
static void
flow_control(struct builder *b, enum bench_connection acked)
{
    if (b->unacked[acked] < WINDOW / 2)
        return;
    GByteArray *out = rts(RTS_OTHER, 2, 56);
    command(out, CMD_DESTINATION, acked == BENCH_OUT ? TO_OUT_PROXY : TO_CLIENT);
    u32(out, CMD_ACK);
    u32(out, b->received[acked]);
    u32(out, WINDOW);
    if (acked == BENCH_OUT)
        identity(b, out, IDENTITY(out_cookie));
    else
        identity(b, out, IDENTITY(in_cookie));
    b->unacked[acked] = 0;
    if (acked == BENCH_OUT)
        send_message(b, BENCH_IN, BENCH_CLIENT, out);
    else
        send_message(b, BENCH_OUT, BENCH_SERVER, out);
}

/* An RPC PDU: counted by flow control, unlike RTS PDUs. */
static void
send_rpc(struct builder *b, enum bench_connection connection, GByteArray *pdu)
{
    b->unacked[connection] += pdu->len;
    b->received[connection] += pdu->len;
    send_message(b, connection, connection == BENCH_IN ? BENCH_CLIENT : BENCH_SERVER, pdu);
    flow_control(b, connection);
}

/* The stub in fragments; frees it. Places to fill in may only be in the first one. */
static void
send_stub(struct builder *b, enum bench_connection connection, unsigned type, unsigned opnum,
          GByteArray *stub)
{
    uint32_t room = MAX_FRAGMENT - RPC_HEADER;

    for (guint i = 0; i < b->open_marks->len; i++)
        g_array_index(b->open_marks, struct bench_mark, i).offset += RPC_HEADER;
    for (uint32_t done = 0; done < stub->len; done += room) {
        uint32_t n = MIN(stub->len - done, room);
        unsigned flags = (done == 0 ? RPC_FIRST : 0) | (done + n == stub->len ? RPC_LAST : 0);
        GByteArray *pdu = pdu_header(type, flags, n + RPC_HEADER, b->call_id);
        u32(pdu, stub->len - done); /* allocation hint */
        u16(pdu, 0);                /* context */
        u16(pdu, opnum);            /* in responses: cancel count */
        bytes(pdu, stub->data + done, n);
        send_rpc(b, connection, pdu);
    }
    g_byte_array_unref(stub);
}

/* [C706] 12.6.4.3, .4: one context, the store's interface, NDR. */
static void
bind_and_answer(struct builder *b)
{
    static const uint8_t EMSMDB[] = { 0x00, 0xdb, 0xf1, 0xa4, 0x47, 0xca, 0x67, 0x10, 0xb3, 0x1f,
                                      0x00, 0xdd, 0x01, 0x06, 0x62, 0xda, 0x00, 0x00, 0x51, 0x00 };
    static const uint8_t NDR[] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
                                   0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0x02, 0x00, 0x00, 0x00 };
    GByteArray *bind = pdu_header(RPC_BIND, RPC_FIRST | RPC_LAST, 72, ++b->call_id);
    GByteArray *answer = pdu_header(RPC_BIND_ACK, RPC_FIRST | RPC_LAST, 60, b->call_id);

    u16(bind, MAX_FRAGMENT);
    u16(bind, MAX_FRAGMENT);
    u32(bind, 0);
    u32(bind, 1); /* one context */
    u16(bind, 0);
    u16(bind, 1); /* one transfer syntax */
    bytes(bind, EMSMDB, sizeof EMSMDB);
    bytes(bind, NDR, sizeof NDR);
    send_rpc(b, BENCH_IN, bind);

    u16(answer, MAX_FRAGMENT);
    u16(answer, MAX_FRAGMENT);
    u32(answer, 0x1234);
    u16(answer, 5);
    bytes(answer, "6001", 5);
    fill(answer, 0, 1);
    u32(answer, 1);
    u32(answer, 0); /* accepted */
    bytes(answer, NDR, sizeof NDR);
    send_rpc(b, BENCH_OUT, answer);
}

static void
align(GByteArray *out)
{
    fill(out, 0, (4 - out->len % 4) % 4);
}

static void
context_handle(struct builder *b, GByteArray *out)
{
    u32(out, 2);
    identity(b, out, IDENTITY(context_handle));
}

static void
user_dn(struct builder *b, GByteArray *out)
{
    text(out, USER_DN);
    identity(b, out, IDENTITY(user_number));
    u8(out, 0);
}

/* [MS-OXCRPC] 3.1.4.1 */
static void
connect_ex(struct builder *b)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    static const uint16_t VERSION[] = { 12, 6662, 5000 };

    b->call_id++;
    u32(in, USER_DN_SIZE);
    u32(in, 0);
    u32(in, USER_DN_SIZE);
    user_dn(b, in);
    align(in);
    u32(in, 0); /* flags */
    u32(in, 0);
    u32(in, 0);
    u32(in, 1252);
    u32(in, 1033);
    u32(in, 1033);
    u32(in, 0xffffffff);
    u16(in, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(VERSION); i++)
        u16(in, VERSION[i]);
    u32(in, 0); /* time stamp */
    u32(in, 0); /* no auxiliary data */
    u32(in, 0);
    u32(in, 0x1008);
    send_stub(b, BENCH_IN, RPC_REQUEST, OP_CONNECT_EX, in);
    b->now_us += SERVICE_US;

    context_handle(b, out);
    u32(out, 60000);
    u32(out, 6);
    u32(out, 10000);
    u16(out, 1); /* session index; the time stamp is aligned after the two pointers */
    u16(out, 0);
    u32(out, 0);
    u32(out, 0);
    for (size_t i = 0; i < 6; i++)
        u16(out, 8);
    u32(out, 1);
    u32(out, 0);
    u32(out, 0);
    u32(out, 0);
    u32(out, 0);
    u32(out, 0);
    send_stub(b, BENCH_OUT, RPC_RESPONSE, 0, out);
    b->now_us += THINK_US / 10;
}

/* [MS-OXCRPC] 2.2.2.1 RPC_HEADER_EXT with Last set, then ROPs with their size, then handles. */
static void
rop_buffer(GByteArray *out, const GByteArray *rops, const uint32_t *handles, size_t n_handles)
{
    unsigned size = (unsigned)(rops->len + 2 + 4 * n_handles);

    u16(out, 0);
    u16(out, 4);
    u16(out, size);
    u16(out, size);
    u16(out, rops->len + 2);
    bytes(out, rops->data, rops->len);
    for (size_t i = 0; i < n_handles; i++)
        u32(out, handles[i]);
}

/* [MS-OXCRPC] 3.1.4.2: one call with these ROPs; the logon holds the only places to fill in. */
static void
rpc_ext2(struct builder *b, GByteArray *request, GByteArray *response, const uint32_t *asked,
         const uint32_t *given, size_t n_handles)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    GArray *marks = b->open_marks;
    unsigned size = (unsigned)(8 + 2 + request->len + 4 * n_handles);

    b->call_id++;
    for (guint i = 0; i < marks->len; i++)
        g_array_index(marks, struct bench_mark, i).offset += 20 + 4 + 4 + 8 + 2;
    GArray *own = g_array_new(FALSE, FALSE, sizeof(struct bench_mark));
    b->open_marks = own;
    context_handle(b, in);
    g_array_append_vals(own, marks->data, marks->len);
    u32(in, 3); /* answer neither compressed nor obfuscated */
    u32(in, size);
    rop_buffer(in, request, asked, n_handles);
    align(in);
    u32(in, size);
    u32(in, 0x40000);
    u32(in, 0);
    u32(in, 0);
    u32(in, 0x1008);
    send_stub(b, BENCH_IN, RPC_REQUEST, OP_RPC_EXT2, in);
    b->now_us += SERVICE_US + response->len / 8;

    size = (unsigned)(8 + 2 + response->len + 4 * n_handles);
    context_handle(b, out);
    u32(out, 0);
    u32(out, size);
    u32(out, 0);
    u32(out, size);
    rop_buffer(out, response, given, n_handles);
    align(out);
    u32(out, size);
    u32(out, 0);
    u32(out, 0);
    u32(out, 0);
    u32(out, 0);
    u32(out, 1);
    u32(out, 0);
    send_stub(b, BENCH_OUT, RPC_RESPONSE, 0, out);
    b->now_us += THINK_US;
    g_array_set_size(b->open_marks, 0);
    g_array_unref(marks);
    g_byte_array_unref(request);
    g_byte_array_unref(response);
}

/* [MS-OXCROPS] 2.2.3.1 */
static void
logon(struct builder *b)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    static const uint32_t ASKED[] = { 0xffffffff }, GIVEN[] = { 1 };

    u8(in, 0xfe);
    u16(in, 0);
    u8(in, 1); /* private */
    u32(in, 0x0100000c);
    u32(in, 0);
    u16(in, USER_DN_SIZE);
    user_dn(b, in);
    u8(out, 0xfe);
    u8(out, 0);
    u32(out, 0);
    u8(out, 1);
    for (unsigned i = 1; i <= 13; i++)
        u64(out, 1 | (uint64_t)i << 56);
    u8(out, 7);
    fill(out, 0x4d, 16);
    u16(out, 1);
    fill(out, 0x52, 16);
    u64(out, 0x07e70b0e16140000);
    u64(out, 0x01da17000000000);
    u32(out, 0);
    rpc_ext2(b, in, out, ASKED, GIVEN, 1);
}

/* [MS-OXCROPS] 2.2.4.1, 2.2.6.1, 2.2.9.1 in one call: folder, message, its body. */
static void
open_stream(struct builder *b)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    static const uint32_t ASKED[] = { 1, 0xffffffff, 0xffffffff, 0xffffffff },
                          GIVEN[] = { 1, 2, 3, 4 };

    u8(in, 0x02);
    u8(in, 0);
    u8(in, 0);
    u8(in, 1);
    u64(in, 1 | (uint64_t)0x0d << 56);
    u8(in, 0);
    u8(in, 0x03);
    u8(in, 0);
    u8(in, 1);
    u8(in, 2);
    u16(in, 0x0fff);
    u64(in, 1 | (uint64_t)0x0d << 56);
    u8(in, 1); /* read and write */
    u64(in, 1 | (uint64_t)0x77 << 56);
    u8(in, 0x2b);
    u8(in, 0);
    u8(in, 2);
    u8(in, 3);
    u32(in, 0x1000001f); /* PidTagBody */
    u8(in, 1);

    u8(out, 0x02);
    u8(out, 1);
    u32(out, 0);
    u16(out, 0); /* no rules, not ghosted */
    u8(out, 0x03);
    u8(out, 2);
    u32(out, 0);
    u8(out, 0);
    u8(out, 1); /* two empty subjects */
    u8(out, 1);
    u16(out, 0); /* no recipients */
    u16(out, 0);
    u8(out, 0);
    u8(out, 0x2b);
    u8(out, 3);
    u32(out, 0);
    u32(out, 1 << 24);
    rpc_ext2(b, in, out, ASKED, GIVEN, G_N_ELEMENTS(ASKED));
}

/* [MS-OXCROPS] 2.2.9.2 RopReadStream, 2.2.9.3 RopWriteStream */
static void
stream_io(struct builder *b, bool write, unsigned size)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    static const uint32_t HANDLES[] = { 4 };
    unsigned id = write ? 0x2d : 0x2c;

    u8(in, id);
    u8(in, 0);
    u8(in, 0);
    u16(in, size);
    u8(out, id);
    u8(out, 0);
    u32(out, 0);
    u16(out, size);
    GByteArray *data = write ? in : out;
    for (unsigned i = 0; i < size; i++)
        u8(data, "Minutes of the meeting, page 7. "[i % 32]);
    rpc_ext2(b, in, out, HANDLES, HANDLES, 1);
}

static void
open_connection(struct builder *b, enum bench_connection connection)
{
    bare(b, connection, BENCH_CLIENT, SYN);
    b->now_us += NETWORK_US;
    bare(b, connection, BENCH_SERVER, SYN | ACK);
    b->now_us += NETWORK_US;
    bare(b, connection, BENCH_CLIENT, ACK);
}

/* [MS-RPCH] 2.1.2.1 */
static void
request_head(struct builder *b, enum bench_connection connection)
{
    GByteArray *out = g_byte_array_new();

    text(out, connection == BENCH_IN ? "RPC_IN_DATA" : "RPC_OUT_DATA");
    text(out, " /rpc/rpcproxy.dll?mbx1.bench.test:6001 HTTP/1.1\r\n"
              "Cache-Control: no-cache\r\nConnection: Keep-Alive\r\nPragma: no-cache\r\n"
              "Accept: application/rpc\r\nUser-Agent: MSRPC\r\nContent-Length: ");
    text(out, connection == BENCH_IN ? "1073741824" : "76");
    text(out, "\r\nHost: proxy.bench.test\r\nAuthorization: Basic ");
    identity(b, out, IDENTITY(credentials));
    text(out, "\r\n\r\n");
    send_message(b, connection, BENCH_CLIENT, out);
}

static void
response_head(struct builder *b)
{
    GByteArray *out = g_byte_array_new();

    text(out, "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
              "Content-Length: 1073741824\r\n\r\n");
    send_message(b, BENCH_OUT, BENCH_SERVER, out);
}

static void
close_connection(struct builder *b, enum bench_connection connection)
{
    bare(b, connection, BENCH_CLIENT, FIN | ACK);
    b->now_us += NETWORK_US;
    bare(b, connection, BENCH_SERVER, FIN | ACK);
    b->now_us += NETWORK_US;
    bare(b, connection, BENCH_CLIENT, ACK);
}

/* RPC over HTTP: reads, and each eighth call a write. */
static void
rpc_session(struct builder *b, unsigned calls, const uint16_t sizes[8])
{
    open_connection(b, BENCH_OUT);
    open_connection(b, BENCH_IN);
    request_head(b, BENCH_OUT);
    conn_a1(b);
    request_head(b, BENCH_IN);
    conn_b1(b);
    response_head(b);
    conn_answers(b);
    bind_and_answer(b);
    connect_ex(b);
    logon(b);
    open_stream(b);
    for (unsigned i = 0; i < calls; i++)
        stream_io(b, i % 8 == 7, sizes[i % 8]);
    send_message(b, BENCH_OUT, BENCH_SERVER, rts(RTS_PING, 0, 20));
    close_connection(b, BENCH_IN);
    close_connection(b, BENCH_OUT);
}

/* A request of that type and its response, with bodies of these sizes after their fixed parts. */
static void
mapi_call(struct builder *b, const char *type, size_t asked, size_t given)
{
    GByteArray *in = g_byte_array_new(), *out = g_byte_array_new();
    char head[512];

    b->call_id++;
    g_snprintf(head, sizeof head,
               "POST /mapi/emsmdb/?MailboxId=mbx1@bench.test HTTP/1.1\r\n"
               "Host: proxy.bench.test\r\nUser-Agent: Microsoft Office/16.0\r\n"
               "Content-Type: application/mapi-http\r\nContent-Length: %u\r\n"
               "X-RequestType: %s\r\nX-RequestId: {E2EA6C1C-E61B-49E9-9CFB-38184F907552}:%u\r\n"
               "X-ClientApplication: Outlook/16.0.4266.1001\r\n"
               "X-ClientInfo: {2F94A2BF-A2E6-4CCC-BF98-B5F22C542226}",
               (unsigned)asked, type, b->call_id);
    text(in, head);
    identity(b, in, IDENTITY(user_number));
    text(in, "\r\nCookie: MapiContext=");
    identity(b, in, IDENTITY(user_number));
    text(in, "\r\nAuthorization: Basic ");
    identity(b, in, IDENTITY(credentials));
    text(in, "\r\n\r\n");
    fill(in, 0, asked);
    send_message(b, BENCH_IN, BENCH_CLIENT, in);
    b->now_us += SERVICE_US;
    g_snprintf(head, sizeof head,
               "HTTP/1.1 200 OK\r\nCache-Control: private\r\nTransfer-Encoding: chunked\r\n"
               "Content-Type: application/mapi-http\r\nServer: Microsoft-IIS/10.0\r\n"
               "X-RequestType: %s\r\nX-ResponseCode: 0\r\n"
               "X-RequestId: {E2EA6C1C-E61B-49E9-9CFB-38184F907552}:%u\r\n"
               "X-ServerApplication: Exchange/15.01.2507.000\r\nX-ExpirationInfo: 900000\r\n"
               "Set-Cookie: MapiContext=",
               type, b->call_id);
    text(out, head);
    identity(b, out, IDENTITY(user_number));
    text(out, "; path=/mapi/emsmdb; secure; HttpOnly\r\n\r\n"
              "c\r\nPROCESSING\r\n\r\n");
    g_snprintf(head, sizeof head, "%x\r\nDONE\r\nX-ElapsedTime: 1\r\n\r\n",
               (unsigned)(sizeof "DONE\r\nX-ElapsedTime: 1\r\n\r\n" - 1 + 8 + given));
    text(out, head);
    fill(out, 0, 8 + given); /* StatusCode, ErrorCode, and the rest */
    text(out, "\r\n0\r\n\r\n");
    send_message(b, BENCH_IN, BENCH_SERVER, out);
    b->now_us += THINK_US;
}

static void
mapi_session(struct builder *b, unsigned calls)
{
    open_connection(b, BENCH_IN);
    mapi_call(b, "Connect", 120, 100);
    for (unsigned i = 0; i < calls; i++)
        mapi_call(b, "Execute", 100 + i % 8 * 30, 60 + i % 8 * 100);
    mapi_call(b, "Disconnect", 4, 4);
    close_connection(b, BENCH_IN);
}

struct bench_template *
bench_template_new(enum bench_kind kind, unsigned calls)
{
    static const uint16_t LARGE[8] = { 8192, 16384, 1024, 32000, 512, 15000, 4096, 7000 };
    static const uint16_t SMALL[8] = { 16, 24, 32, 64, 48, 16, 40, 32 };
    struct bench_template *session = g_new0(struct bench_template, 1);
    struct builder b = { .session = session };

    session->frames = g_array_new(FALSE, FALSE, sizeof(struct bench_frame));
    session->marks = g_array_new(FALSE, FALSE, sizeof(struct bench_mark));
    session->payload = g_byte_array_new();
    b.open_marks = g_array_new(FALSE, FALSE, sizeof(struct bench_mark));
    if (kind == BENCH_MAPI_HTTP)
        mapi_session(&b, calls);
    else
        rpc_session(&b, calls, kind == BENCH_SMALL_CALLS ? SMALL : LARGE);
    g_array_unref(b.open_marks);
    return session;
}

void
bench_template_free(struct bench_template *session)
{
    g_array_unref(session->frames);
    g_array_unref(session->marks);
    g_byte_array_unref(session->payload);
    g_free(session);
}
