/* test_mailbox_session.c
 * Mailbox sessions as the tracker follows them: which call belongs to which, when they end, and
 * what only a host can read. [MS-OXCRPC] 3.1.4, [MS-OXCMAPIHTTP] 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include <glib.h>

#include "track/channel.h"
#include "track/tracker.h"

enum { DISCONNECT = 1, RPC_EXT2 = 11 };

/* Beyond these the longest silent session is closed. */
#define SESSIONS_MAX 32768

#define SEALED 6

struct play {
    struct oa_tracker *tracker;
    struct oa_channel *channel[2];
    GString
        *told; /* for each call that has ended: its session's number, with + if that has ended */
};

static void
on_event(void *context, const struct oa_event *event)
{
    struct play *play = context;
    const struct oa_mailbox_session *mailbox = event->call ? event->call->mailbox : NULL;

    if (event->type == OA_EVENT_CALL && mailbox)
        g_string_append_printf(play->told, "%u%s ", (unsigned)mailbox->number,
                               mailbox->has_ended ? "+" : "");
    else if (event->type == OA_EVENT_CALL)
        g_string_append(play->told, "- ");
}

static void
put(GByteArray *bytes, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        g_byte_array_append(bytes, &byte, 1);
    }
}

/* Sends a request (opnum) or a response (-1) with that stub; a verifier of level SEALED or none. */
static void
send_pdu(struct play *play, unsigned connection, uint32_t call_id, int opnum, const uint8_t *stub,
         guint length, unsigned level)
{
    enum oa_side side = opnum < 0 ? OA_SERVER : OA_CLIENT;
    GByteArray *pdu = g_byte_array_new();

    put(pdu, 5, 2);
    put(pdu, opnum < 0 ? OA_RPC_RESPONSE : OA_RPC_REQUEST, 1);
    put(pdu, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 1);
    put(pdu, 0x10, 4);
    put(pdu, 24 + length + (level ? 24 : 0), 2);
    put(pdu, level ? 16 : 0, 2);
    put(pdu, call_id, 4);
    put(pdu, length, 4);
    put(pdu, 0, 2);
    put(pdu, opnum < 0 ? 0 : (uint32_t)opnum, 2);
    g_byte_array_append(pdu, stub, length);
    if (level) {
        put(pdu, 10 | level << 8, 4);
        for (unsigned i = 0; i < 5; i++)
            put(pdu, 0, 4);
    }
    oa_channel_data(play->channel[connection], side, pdu->data, pdu->len,
                    (struct oa_stamp){ 0, 1 });
    g_byte_array_unref(pdu);
}

/* A call of a session with that handle; with `is_answered` false its response is to come. */
static void
call(struct play *play, unsigned connection, uint32_t call_id, int opnum, uint32_t handle,
     bool is_answered)
{
    uint8_t stub[24] = { 0, 0, 0, 0, (uint8_t)handle, (uint8_t)(handle >> 8), 1 };

    send_pdu(play, connection, call_id, opnum, stub, 20, 0);
    memset(stub, 0, sizeof stub);
    if (is_answered)
        send_pdu(play, connection, call_id, -1, stub, sizeof stub, 0);
}

/* 8a885d04-1ceb-11c9-9fe8-08002b104860, as on the wire. */
static const uint8_t NDR[16] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
                                 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 };

static void
put_syntax(GByteArray *bytes, const uint8_t uuid[16], uint32_t version)
{
    g_byte_array_append(bytes, uuid, 16);
    put(bytes, version, 4);
}

/* A bind of EMSMDB; its response is not needed. */
static void
bind_store(struct play *play, unsigned connection)
{
    GByteArray *pdu = g_byte_array_new();

    put(pdu, 5, 2);
    put(pdu, OA_RPC_BIND, 1);
    put(pdu, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 1);
    put(pdu, 0x10, 4);
    put(pdu, 72, 4);
    put(pdu, 1, 4);
    put(pdu, 0x0FF80FF8, 4);
    put(pdu, 0, 4);
    put(pdu, 1, 4);
    put(pdu, 0x10000, 4);
    put_syntax(pdu, oa_rpc_interface(OA_IF_EMSMDB)->syntax.uuid, 0x510000);
    put_syntax(pdu, NDR, 2);
    oa_channel_data(play->channel[connection], OA_CLIENT, pdu->data, pdu->len,
                    (struct oa_stamp){ 0, 1 });
    g_byte_array_unref(pdu);
}

static void
begin(struct play *play, bool keep)
{
    struct oa_recognition recognition = { .hop = OA_HOP_SERVER, .is_raw = true, .is_direct = true };
    struct oa_endpoint server = { { 2 }, 49166 };

    play->told = g_string_new(NULL);
    play->tracker = oa_tracker_new(on_event, play, keep);
    for (unsigned i = 0; i < G_N_ELEMENTS(play->channel); i++) {
        struct oa_endpoint client = { { 1 }, (uint16_t)(50000 + i) };
        play->channel[i] = oa_channel_open(play->tracker, &recognition, &client, &server, NULL,
                                           (struct oa_stamp){ 0, 1 });
        bind_store(play, i);
    }
}

static void
end(struct play *play)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(play->channel); i++)
        oa_channel_close(play->channel[i],
                         (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_free(play->tracker);
    g_string_free(play->told, TRUE);
}

/* A session is its handle, on whatever connection; a call that waits keeps it beyond its end. */
static void
test_handles(const void *keep)
{
    struct play play;
    uint8_t response[24] = { 0 };

    begin(&play, keep != NULL);
    call(&play, 0, 1, RPC_EXT2, 1, true);
    call(&play, 0, 2, RPC_EXT2, 2, true);
    call(&play, 1, 1, RPC_EXT2, 1, true);
    call(&play, 1, 2, RPC_EXT2, 1, false);
    call(&play, 0, 3, DISCONNECT, 1, true);
    g_assert_cmpstr(play.told->str, ==, "1 2 1 1+ ");
    send_pdu(&play, 1, 2, -1, response, sizeof response, 0);
    /* The handle is another session's now. */
    call(&play, 1, 3, RPC_EXT2, 1, true);
    call(&play, 0, 4, RPC_EXT2, 2, true);
    g_assert_cmpstr(play.told->str, ==, "1 2 1 1+ 1+ 3 2 ");
    end(&play);
}

/* No handle, no session; the call ends with its connection. */
static void
test_unknown(void)
{
    struct play play;

    begin(&play, false);
    send_pdu(&play, 0, 1, RPC_EXT2, (const uint8_t *)"\0\0\0\0short", 9, 0);
    call(&play, 0, 2, RPC_EXT2, 5, false);
    oa_channel_close(play.channel[0], (struct oa_ending){ .how = OA_END_RESET, .by = OA_CLIENT });
    g_assert_cmpstr(play.told->str, ==, "- 1 ");
    play.channel[0] = play.channel[1];
    oa_tracker_free(play.tracker);
    g_string_free(play.told, TRUE);
}

/* However many come and never end, no more than those are known. */
static void
test_bound(void)
{
    struct play play;

    begin(&play, false);
    for (uint32_t handle = 1; handle <= SESSIONS_MAX + 1; handle++)
        call(&play, 0, handle, RPC_EXT2, handle, true);
    g_string_truncate(play.told, 0);
    call(&play, 0, 1, RPC_EXT2, 2, true);
    call(&play, 0, 2, RPC_EXT2, 1, true);
    g_assert_cmpstr(play.told->str, ==, "2 32770 ");
    end(&play);
}

struct sealed {
    struct play play;
    struct oa_call *call;
};

static void
on_sealed(void *context, const struct oa_event *event)
{
    struct sealed *sealed = context;

    if (event->type == OA_EVENT_RPC && event->call)
        sealed->call = event->call;
}

/* What is sealed the tracker does not read; a host that can may say what it is, once. */
static void
test_sealed(void)
{
    static const uint8_t STUB[20] = { 0, 0, 0, 0, 7 };
    struct sealed sealed = { .call = NULL };
    struct oa_call_facts facts = { .interface = oa_rpc_interface(OA_IF_EMSMDB),
                                   .opnum = RPC_EXT2,
                                   .has_handle = true,
                                   .handle = { 9 } };
    struct oa_recognition recognition = { .hop = OA_HOP_SERVER, .is_raw = true, .is_direct = true };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 49166 };
    struct play *play = &sealed.play;

    play->tracker = oa_tracker_new(on_sealed, &sealed, true);
    play->channel[0] = oa_channel_open(play->tracker, &recognition, &client, &server, NULL,
                                       (struct oa_stamp){ 0, 1 });
    bind_store(play, 0);
    send_pdu(play, 0, 1, RPC_EXT2, STUB, sizeof STUB, SEALED);
    g_assert_true(sealed.call->is_sealed);
    g_assert_null(sealed.call->mailbox);
    const struct oa_mailbox_session *session =
        oa_tracker_take_facts(play->tracker, sealed.call, &facts, NULL);
    g_assert_cmpuint(session->number, ==, 1);
    g_assert_true(sealed.call->mailbox == session);

    /* What is not, the tracker has read. */
    send_pdu(play, 0, 2, RPC_EXT2, STUB, sizeof STUB, 0);
    g_assert_false(sealed.call->is_sealed);
    g_assert_cmpuint(sealed.call->mailbox->number, ==, 2);
    session = oa_tracker_take_facts(play->tracker, sealed.call, &facts, NULL);
    g_assert_cmpuint(session->number, ==, 2);
    oa_tracker_free(play->tracker);
}

#define POST(type, body)                                                                           \
    "POST /mapi/emsmdb/ HTTP/1.1\r\nContent-Type: application/mapi-http\r\n"                       \
    "X-ClientInfo: {C}:1\r\nX-RequestType: " type "\r\nX-RequestId: {E}:1\r\n"                     \
    "Cookie: MapiContext=A\r\nContent-Length: " body
#define OK(type, code, status)                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/mapi-http\r\nX-RequestType: " type               \
    "\r\nX-ResponseCode: " code "\r\nSet-Cookie: MapiContext=A\r\n"                                \
    "Content-Length: 28\r\n\r\nPROCESSING\r\nDONE\r\n\r\n\0\0\0\0" status

/* Over HTTP it is the Session Context of a store; one that was refused is none. */
static void
test_mapi_http(void)
{
    static const struct {
        const char *text;
        size_t length;
        enum oa_side side;
    } STEPS[] = {
#define STEP(side, text) { text, sizeof(text) - 1, side }
        STEP(OA_CLIENT, POST("Connect", "21\r\n\r\n/o=a\0\0\0\0\0\xE4\4\0\0\0\0\0\0\0\0\0\0")),
        STEP(OA_SERVER, OK("Connect", "0", "\5\0\7\x80")),
        STEP(OA_CLIENT, POST("Connect", "21\r\n\r\n/o=a\0\0\0\0\0\xE4\4\0\0\0\0\0\0\0\0\0\0")),
        STEP(OA_SERVER, OK("Connect", "0", "\0\0\0\0")),
        STEP(OA_CLIENT, POST("Execute", "0\r\n\r\n")),
        STEP(OA_SERVER, OK("Execute", "0", "\0\0\0\0")),
        STEP(OA_CLIENT, POST("Disconnect", "0\r\n\r\n")),
        STEP(OA_SERVER, OK("Disconnect", "0", "\0\0\0\0")),
    };
    struct oa_recognition recognition = { .hop = OA_HOP_CLIENT, .is_mapi_http = true };
    struct oa_endpoint client = { { 1 }, 50000 }, server = { { 2 }, 80 };
    struct play play = { .told = g_string_new(NULL) };

    play.tracker = oa_tracker_new(on_event, &play, false);
    play.channel[0] = oa_channel_open(play.tracker, &recognition, &client, &server, NULL,
                                      (struct oa_stamp){ 0, 1 });
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++)
        oa_channel_data(play.channel[0], STEPS[i].side, (const uint8_t *)STEPS[i].text,
                        STEPS[i].length, (struct oa_stamp){ 0, 1 });
    g_assert_cmpstr(play.told->str, ==, "- 1 1 1+ ");
    oa_channel_close(play.channel[0], (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_end(play.tracker);
    oa_tracker_free(play.tracker);
    g_string_free(play.told, TRUE);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/mailbox_session/handles", NULL, test_handles);
    g_test_add_data_func("/mailbox_session/handles kept", "keep", test_handles);
    g_test_add_func("/mailbox_session/unknown", test_unknown);
    g_test_add_func("/mailbox_session/bound", test_bound);
    g_test_add_func("/mailbox_session/sealed", test_sealed);
    g_test_add_func("/mailbox_session/mapi_http", test_mapi_http);
    return g_test_run();
}
