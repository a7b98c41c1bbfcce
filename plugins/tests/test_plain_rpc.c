/* test_plain_rpc.c
 * Plain RPC over TCP: what is recognised on ports that say nothing, and what the endpoint mapper
 * tells. [C706] appendices L and O, [MS-OXCRPC] 3.1.4.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "track/channel.h"
#include "track/tracker.h"
#include "rpc/request_shape.h"

#define DYNAMIC_PORT 49166
#define CLIENT_PORT 50700
#define MAPPER_PORT 135

static const char EMSMDB[] = "a4f1db00-ca47-1067-b31f-00dd010662da";
static const char MGMT[] = "afa8bd80-7d8a-11c9-bef4-08002b102989";
static const char EPM[] = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";

static void
put(GByteArray *bytes, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        g_byte_array_append(bytes, &byte, 1);
    }
}

static void
put_uuid(GByteArray *bytes, const char *text)
{
    unsigned a, b, c, d[8];

    g_assert_cmpint(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1],
                           &d[2], &d[3], &d[4], &d[5], &d[6], &d[7]),
                    ==, 11);
    put(bytes, a, 4);
    put(bytes, b, 2);
    put(bytes, c, 2);
    for (int i = 0; i < 8; i++)
        put(bytes, d[i], 1);
}

/* A header whose length is set when the PDU is whole. */
static GByteArray *
begin_pdu(uint8_t ptype, uint32_t call_id)
{
    GByteArray *pdu = g_byte_array_new();

    put(pdu, 5, 2);
    put(pdu, ptype, 1);
    put(pdu, OA_RPC_FIRST_FRAG | OA_RPC_LAST_FRAG, 1);
    put(pdu, 0x10, 4);
    put(pdu, 0, 4);
    put(pdu, call_id, 4);
    return pdu;
}

static GByteArray *
end_pdu(GByteArray *pdu)
{
    pdu->data[8] = (uint8_t)pdu->len;
    pdu->data[9] = (uint8_t)(pdu->len >> 8);
    return pdu;
}

/* A bind of one context, with a verifier of that many bytes. */
static GByteArray *
bind_of(const char *uuid, uint16_t major, uint16_t verifier)
{
    GByteArray *pdu = begin_pdu(OA_RPC_BIND, 1);

    put(pdu, 0x0FF80FF8, 4);
    put(pdu, 0, 4);
    put(pdu, 1, 4);
    put(pdu, 0x10000, 4);
    put_uuid(pdu, uuid);
    put(pdu, major, 4);
    put_uuid(pdu, "8a885d04-1ceb-11c9-9fe8-08002b104860");
    put(pdu, 2, 4);
    if (verifier) {
        put(pdu, 0x0209, 4);
        put(pdu, 0, 4);
        for (unsigned i = 0; i < verifier; i++)
            put(pdu, i, 1);
        pdu->data[10] = (uint8_t)verifier;
        pdu->data[11] = (uint8_t)(verifier >> 8);
    }
    return end_pdu(pdu);
}

static enum oa_verdict
verdict(const GByteArray *bytes, size_t length, uint16_t port)
{
    struct oa_recognition recognition;
    return oa_recognise(bytes->data, MIN(length, bytes->len), CLIENT_PORT, port, OA_BEFORE_UNKNOWN,
                        &recognition);
}

/* A ticket makes a bind longer than a segment; what it is for stands at its beginning. */
static void
test_bind(void)
{
    GByteArray *ours = bind_of(EMSMDB, 0, 3000), *mgmt = bind_of(MGMT, 1, 3000);
    GByteArray *mapper = bind_of(EPM, 3, 0);

    g_assert_cmpint(verdict(ours, SIZE_MAX, DYNAMIC_PORT), ==, OA_OURS);
    g_assert_cmpint(verdict(ours, 1460, DYNAMIC_PORT), ==, OA_OURS);
    for (size_t length = 1; length < 72; length++)
        g_assert_cmpint(verdict(ours, length, DYNAMIC_PORT), ==, OA_MAYBE);
    g_assert_cmpint(verdict(ours, 72, DYNAMIC_PORT), ==, OA_OURS);
    g_assert_cmpint(verdict(mgmt, 1460, DYNAMIC_PORT), ==, OA_NOT_OURS);
    g_assert_cmpint(verdict(mgmt, 1460, MAPPER_PORT), ==, OA_NOT_OURS);
    g_assert_cmpint(verdict(mapper, SIZE_MAX, MAPPER_PORT), ==, OA_OURS);
    g_assert_cmpint(verdict(mapper, SIZE_MAX, DYNAMIC_PORT), ==, OA_NOT_OURS);
    g_byte_array_unref(ours);
    g_byte_array_unref(mgmt);
    g_byte_array_unref(mapper);
}

/* What came before decides: the middle of a connection is ours only if its beginning may be
 * missing, a bind of somebody else's never. */
static void
test_before(void)
{
    static const char SVCCTL[] = "367abb81-9844-35f1-ad32-98f038001003";
    GByteArray *ours = bind_of(EMSMDB, 0, 0), *foreign = bind_of(SVCCTL, 2, 0);
    GByteArray *request = begin_pdu(OA_RPC_REQUEST, 7);
    struct oa_recognition recognition;

    put(request, 0, 4);
    put(request, 0, 4);
    end_pdu(request);
    for (enum oa_before before = OA_BEFORE_UNKNOWN; before <= OA_BEFORE_TUNNEL; before++) {
        bool may_be_middle = before == OA_BEFORE_UNKNOWN;
        g_assert_cmpint(
            oa_recognise(ours->data, ours->len, CLIENT_PORT, 6001, before, &recognition), ==,
            OA_OURS);
        g_assert_cmpint(
            oa_recognise(foreign->data, foreign->len, CLIENT_PORT, 6001, before, &recognition), ==,
            OA_NOT_OURS);
        g_assert_cmpint(
            oa_recognise(request->data, request->len, CLIENT_PORT, 6001, before, &recognition), ==,
            may_be_middle ? OA_OURS : OA_NOT_OURS);
        g_assert_cmpint(oa_recognise_plain_rpc(request->data, request->len, OA_ENDPOINT_SEEN,
                                               before, &recognition),
                        ==, may_be_middle ? OA_OURS : OA_NOT_OURS);
        g_assert_cmpint(
            oa_recognise((const uint8_t *)"RPC_I", 5, CLIENT_PORT, 80, before, &recognition), ==,
            before == OA_BEFORE_TUNNEL ? OA_NOT_OURS : OA_MAYBE);
    }
    g_assert_cmpint(oa_foreign(foreign->data, foreign->len, OA_BEFORE_UNKNOWN), ==,
                    OA_FOREIGN_BOTH_SIDES);
    g_assert_cmpint(oa_foreign(request->data, request->len, OA_BEFORE_UNKNOWN), ==,
                    OA_FOREIGN_NEITHER);
    g_assert_cmpint(oa_foreign(request->data, request->len, OA_BEFORE_CLIENT_FIRST), ==,
                    OA_FOREIGN_BOTH_SIDES);
    g_byte_array_unref(ours);
    g_byte_array_unref(foreign);
    g_byte_array_unref(request);
}

/* Heads exclude PDUs of the other side, but those that an IN channel is answered by and goes on. */
static void
test_foreign_heads(void)
{
    static const struct {
        const char *head;
        enum oa_foreign foreign;
    } CASES[] = {
        { "GET / HTTP/1.1\r\n\r\n", OA_FOREIGN_OTHER_SIDE },
        { "GET / HTTP/1.1\r\n", OA_FOREIGN_NEITHER },
        { "HTTP/1.1 400 Bad Request\r\n\r\n", OA_FOREIGN_OTHER_SIDE },
        { "HTTP/1.1 401 Unauthorized\r\n\r\n", OA_FOREIGN_NEITHER },
        { "HTTP/1.1 100 Continue\r\n\r\n", OA_FOREIGN_NEITHER },
        { "CONNECT www.lab.test:443 HTTP/1.1\r\n\r\n", OA_FOREIGN_TUNNEL },
        { "\5\1", OA_FOREIGN_NEITHER },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        g_assert_cmpint(
            oa_foreign((const uint8_t *)CASES[i].head, strlen(CASES[i].head), OA_BEFORE_UNKNOWN),
            ==, CASES[i].foreign);
}

/* An EcDoRpcExt2 with 20 bytes of ROPs. */
static GByteArray *
rpc_ext2(void)
{
    GByteArray *pdu = begin_pdu(OA_RPC_REQUEST, 7);

    put(pdu, 80, 4);
    put(pdu, 0, 2);
    put(pdu, 11, 2);
    put(pdu, 0, 4);
    put_uuid(pdu, EMSMDB); /* any will do for a handle */
    put(pdu, 3, 4);
    put(pdu, 28, 4);
    put(pdu, 0x00040000, 4);
    put(pdu, 0x00140014, 4);
    for (unsigned i = 0; i < 20; i++)
        put(pdu, i, 1);
    put(pdu, 28, 4);
    put(pdu, 0x8007, 4);
    put(pdu, 0, 4);
    put(pdu, 0, 4);
    put(pdu, 0, 4);
    return end_pdu(pdu);
}

static enum oa_verdict
plain_verdict(const GByteArray *bytes, size_t length, enum oa_endpoint_known known)
{
    struct oa_recognition recognition;
    enum oa_verdict verdict = oa_recognise_plain_rpc(bytes->data, MIN(length, bytes->len), known,
                                                     OA_BEFORE_UNKNOWN, &recognition);

    if (verdict == OA_OURS)
        g_assert_cmpint(recognition.is_direct, ==, known == OA_ENDPOINT_TCP);
    return verdict;
}

/* Bytes of the request that its shape does not depend on; a change of any other makes it another
 * one. */
static bool
is_free(unsigned at)
{
    bool is_header = at == 3 || (at >= 8 && at < 22); /* flags, lengths, numbers */
    bool is_handle = at >= 24 && at < 44;             /* its attributes too */
    bool is_rop = at >= 60;                           /* and what follows */

    return is_header || is_handle || is_rop;
}

static void
test_shape(void)
{
    GByteArray *request = rpc_ext2();
    struct oa_rpc_pdu rpc;

    g_assert_cmpint(plain_verdict(request, SIZE_MAX, OA_ENDPOINT_UNKNOWN), ==, OA_OURS);
    g_assert_cmpint(plain_verdict(request, SIZE_MAX, OA_ENDPOINT_SEEN), ==, OA_OURS);
    g_assert_cmpint(plain_verdict(request, SIZE_MAX, OA_ENDPOINT_TCP), ==, OA_OURS);
    for (size_t length = 16; length < 60; length++)
        g_assert_cmpint(plain_verdict(request, length, OA_ENDPOINT_UNKNOWN), ==,
                        length < 24 ? OA_NOT_OURS : OA_MAYBE);
    g_assert_cmpint(plain_verdict(request, 60, OA_ENDPOINT_UNKNOWN), ==, OA_OURS);
    for (unsigned at = 0; at < request->len; at++) {
        if (is_free(at))
            continue;
        request->data[at] ^= 0x40;
        bool parsed = oa_rpc_parse_beginning(request->data, request->len, &rpc);
        if (parsed && oa_request_shape(&rpc))
            g_error("byte %u does not matter", at);
        request->data[at] ^= 0x40;
    }
    g_byte_array_unref(request);
}

/* ept_map's answer: EMSMDB by the floors of TCP at that port. */
static GByteArray *
map_answer(uint16_t port, uint32_t count)
{
    GByteArray *pdu = begin_pdu(OA_RPC_RESPONSE, 2);

    put(pdu, 128, 4);
    put(pdu, 0, 4);
    for (unsigned i = 0; i < 5; i++)
        put(pdu, 0, 4);
    put(pdu, count, 4);
    put(pdu, 4, 4);
    put(pdu, 0, 4);
    put(pdu, count, 4);
    put(pdu, 3, 4);
    put(pdu, 75, 4);
    put(pdu, 75, 4);
    put(pdu, 5, 2);
    for (unsigned floor = 0; floor < 2; floor++) {
        put(pdu, 19, 2);
        put(pdu, 0x0d, 1);
        put_uuid(pdu, floor ? "8a885d04-1ceb-11c9-9fe8-08002b104860" : EMSMDB);
        put(pdu, floor ? 2 : 0, 2);
        put(pdu, 2, 2);
        put(pdu, floor ? 0 : 81, 2);
    }
    put(pdu, 1, 2);
    put(pdu, 0x0b, 1);
    put(pdu, 2, 2);
    put(pdu, 0, 2);
    put(pdu, 1, 2);
    put(pdu, 0x07, 1);
    put(pdu, 2, 2);
    put(pdu, GUINT16_SWAP_LE_BE(port), 2);
    put(pdu, 1, 2);
    put(pdu, 0x09, 1);
    put(pdu, 4, 2);
    put(pdu, 0, 4);
    put(pdu, 0, 1);
    put(pdu, 0, 4);
    return end_pdu(pdu);
}

static GByteArray *
map_request(void)
{
    GByteArray *pdu = begin_pdu(OA_RPC_REQUEST, 2);

    put(pdu, 0, 4);
    put(pdu, 0, 2);
    put(pdu, 3, 2);
    put(pdu, 0, 4);
    return end_pdu(pdu);
}

static enum oa_endpoint_known
known_after(GByteArray *answer, bool *unrelated)
{
    struct oa_endpoint client = { { 1 }, CLIENT_PORT }, server = { { 2 }, MAPPER_PORT };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, false);
    GByteArray *requests[] = { bind_of(EPM, 3, 0), map_request() };
    struct oa_stamp stamp = { 0, 1 };
    struct oa_recognition recognition;

    g_assert_cmpint(oa_recognise(requests[0]->data, requests[0]->len, CLIENT_PORT, MAPPER_PORT,
                                 OA_BEFORE_CLIENT_FIRST, &recognition),
                    ==, OA_OURS);
    struct oa_channel *channel =
        oa_channel_open(tracker, &recognition, &client, &server, NULL, stamp);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        oa_channel_data(channel, OA_CLIENT, requests[i]->data, requests[i]->len, stamp);
        g_byte_array_unref(requests[i]);
    }
    oa_channel_data(channel, OA_SERVER, answer->data, answer->len, stamp);
    oa_channel_close(channel, (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    server.port = DYNAMIC_PORT;
    enum oa_endpoint_known known = oa_tracker_endpoint(tracker, &server);
    server.address[0] = 3;
    *unrelated = oa_tracker_endpoint(tracker, &server) != OA_ENDPOINT_UNKNOWN;
    oa_tracker_free(tracker);
    return known;
}

static void
test_map(void)
{
    GByteArray *answer = map_answer(DYNAMIC_PORT, 1);
    size_t whole = answer->len;
    bool unrelated;

    g_assert_cmpint(known_after(answer, &unrelated), ==, OA_ENDPOINT_TCP);
    g_assert_false(unrelated);
    /* Every shorter answer, up to the last byte of the tower: nothing is told by half of one. */
    for (size_t length = 24; length < whole; length++) {
        GByteArray *cut = g_byte_array_new();
        g_byte_array_append(cut, answer->data, (guint)length);
        end_pdu(cut);
        g_assert_cmpint(known_after(cut, &unrelated), ==,
                        length < whole - 5 ? OA_ENDPOINT_UNKNOWN : OA_ENDPOINT_TCP);
        g_byte_array_unref(cut);
    }
    g_byte_array_unref(answer);
    /* Counts on the wire are not trusted. */
    answer = map_answer(DYNAMIC_PORT, UINT32_MAX);
    g_assert_cmpint(known_after(answer, &unrelated), ==, OA_ENDPOINT_UNKNOWN);
    g_byte_array_unref(answer);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plain_rpc/bind", test_bind);
    g_test_add_func("/plain_rpc/before", test_before);
    g_test_add_func("/plain_rpc/foreign_heads", test_foreign_heads);
    g_test_add_func("/plain_rpc/shape", test_shape);
    g_test_add_func("/plain_rpc/map", test_map);
    return g_test_run();
}
