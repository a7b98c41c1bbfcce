/* test_auth_exchange.c
 * Tests of auth_exchange.c: scripts of heads and PDUs on one TCP connection, and the exchanges that
 * make. [MS-NTHT] 3, [RFC 4559] 4, [MS-RPCE] 3.3.1.5.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_exchange.h"

#include <string.h>

#include <glib.h>

#include "session.h"
#include "track/channel.h"
#include "track/tracker.h"

/* Messages: NEGOTIATE of impacket, the NTLMv2 samples of [MS-NLMP] 4.2.4.3, and wrappings made. */
#define TYPE1 "4e544c4d5353500001000000050288a000000000000000000000000000000000"
#define TYPE2                                                                                      \
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044"   \
    "000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c005300"   \
    "65007200760065007200"                                                                         \
    "00000000"
#define TYPE3                                                                                      \
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000"     \
    "100010005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e0055007300"     \
    "6500720043004f004d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"     \
    "68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"     \
    "02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000c5dad254"     \
    "4fc9799094ce1ce90bc9d03e"
#define AP_REQ                                                                                     \
    "6081a006092a864886f71201020201006e819030818da003020105a10302010ea20703050020000000a35b61"     \
    "593057a003020105a10d1b0b4558414d504c452e434f4da2243022a003020102a11b30191b04485454501b11"     \
    "70726f78792e6578616d706c652e636f6da31b3019a003020112a21204101111111111111111111111111111"     \
    "1111a41b3019a003020112a212041022222222222222222222222222222222"
#define RESP_ACCEPTED "a1073005a0030a0100"
#define RESP_INCOMPLETE "a1073005a0030a0101"
#define RESP_REJECT "a1073005a0030a0102"
#define RESP_NTLM "a1153013a0030a0103a10c060a2b06010401823702020a"
/* KRB-ERROR 37, of HTTP/proxy.example.com */
#define KRB_SKEW                                                                                   \
    "7e623060a003020105a10302011ea411180f32303236303130313030303030305aa505020300d431a60302012"    \
    "5a90d1b0b4558414d504c452e434f4daa243022a003020102a11b30191b04485454501b1170726f78792e6578"    \
    "616d706c652e636f6d"

enum { AUTH_NTLM = 10, AUTH_SPNEGO = 9, AUTH_KERBEROS = 16, CONNECT = 2, PRIVACY = 6 };

/* A head's first line and fields but for the one with the token; or a PDU. */
struct step {
    enum oa_side side;
    const char *head;
    const char *header; /* "Authorization: NTLM", ... */
    const char *token;  /* in hexadecimal; or, in a header, as text behind a blank */
    bool is_pdu;
    uint8_t ptype;
    uint8_t type, level;
    uint32_t fault;
    unsigned connection; /* of test_findings() */
};

#define OUT "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx:6001 HTTP/1.1\r\nContent-Length: "
#define IN "RPC_IN_DATA /rpc/rpcproxy.dll?mbx:6001 HTTP/1.1\r\nContent-Length: "
#define ASK(text, ...)                                                                             \
    {                                                                                              \
        .side = OA_CLIENT, .head = text, __VA_ARGS__                                               \
    }
#define ANSWER(text, ...)                                                                          \
    {                                                                                              \
        .side = OA_SERVER, .head = text, __VA_ARGS__                                               \
    }
#define WITH(line, bytes) .header = line, .token = bytes
#define NO "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
#define YES                                                                                        \
    "HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n"
#define PDU(by, number, ...)                                                                       \
    {                                                                                              \
        .side = by, .is_pdu = true, .ptype = number, __VA_ARGS__                                   \
    }
#define VERIFIER(number, how, bytes) .type = number, .level = how, .token = bytes
#define RTS(by) PDU(by, OA_RPC_RTS)
#define WWW "WWW-Authenticate: "
#define AUTHORIZATION "Authorization: "
#define BASIC " TEFCXGFsaWNlOnNlY3JldA==" /* LAB\alice:secret */

/* The requests and answers of one row are its script up to the first empty step. */
static const struct {
    const char *name;
    struct step steps[12];
    const char *expect;
} ROWS[] = {
    { "anonymous OUT channel is accepted",
      { ASK(OUT "76\r\n"), RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 1 scheme  result accepted status 200 anonymous accepted\n" },
    { "anonymous OUT channel is refused, and the client has nothing else",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      "http legs 1 scheme  result refused status 401 anonymous refused\n" },
    { "anonymous IN channel goes on",
      { ASK(IN "1000\r\n"), RTS(OA_CLIENT), RTS(OA_CLIENT) },
      "http legs 1 scheme  result accepted status 0 anonymous accepted\n" },
    { "one PDU behind the head of an IN channel tells nothing",
      { ASK(IN "1000\r\n"), RTS(OA_CLIENT) },
      "http legs 1 scheme  result unfinished status 0\n" },
    { "NTLM in three legs",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(OUT "76\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), RTS(OA_CLIENT),
        ANSWER(YES "Persistent-Auth: true\r\n") },
      "http legs 3 scheme NTLM mechanism NTLM user Domain\\User server Server result accepted "
      "status 200 anonymous refused persistent\n" },
    { "NTLM on an IN channel, which has no answer",
      { ASK(IN "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(IN "1000\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), RTS(OA_CLIENT), RTS(OA_CLIENT) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result accepted "
      "status 0\n" },
    { "IN channel that is refused behind its first PDUs",
      { ASK(IN "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(IN "1000\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), RTS(OA_CLIENT), RTS(OA_CLIENT),
        ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result refused "
      "status 401\n" },
    { "wrong password, twice",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result refused "
      "status 401\n"
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result refused "
      "status 401\n" },
    { "a server without NTLM",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)),
        ANSWER(NO, WITH(WWW "Basic realm=\"x\"", NULL)) },
      "http legs 1 scheme NTLM mechanism NTLM result refused status 401\n" },
    { "the client gives up in the middle",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)) },
      "http legs 1 scheme NTLM mechanism NTLM server Server result unfinished status 401\n" },
    { "a lost answer between the legs",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)),
        ASK(OUT "76\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User result accepted status 200\n" },
    { "later requests rest on the connection",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)),
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), ASK(OUT "76\r\n"), RTS(OA_CLIENT),
        ANSWER(YES) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result accepted "
      "status 200 persistent later 1\n" },
    { "a later request shows that a lost answer accepted",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ASK(OUT "76\r\n"), RTS(OA_CLIENT),
        ANSWER(YES) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User result accepted status 0 "
      "persistent later 1\n" },
    { "so does one on an IN channel, with Kerberos",
      { ASK(IN "0\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)), ASK(IN "1000\r\n"),
        RTS(OA_CLIENT), RTS(OA_CLIENT) },
      "http legs 1 scheme Negotiate mechanism Kerberos spn HTTP/proxy.example.com "
      "realm EXAMPLE.COM result accepted status 0 persistent later 1\n" },
    { "nothing rests on the first leg, or on Basic",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ASK(OUT "76\r\n"), RTS(OA_CLIENT),
        ANSWER(YES), ASK(OUT "76\r\n", WITH(AUTHORIZATION "Basic", BASIC)), RTS(OA_CLIENT),
        ASK(OUT "76\r\n"), RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 1 scheme NTLM mechanism NTLM result unfinished status 0\n"
      "http legs 1 scheme  result accepted status 200 anonymous accepted\n"
      "http legs 1 scheme Basic mechanism Basic user LAB\\alice result unfinished status 0\n"
      "http legs 1 scheme  result accepted status 200 anonymous accepted\n" },
    { "a server that asks anew",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)), ANSWER(NO, WITH(WWW "NTLM", TYPE2)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)),
        ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), ASK(OUT "0\r\n"),
        ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      "http legs 2 scheme NTLM mechanism NTLM user Domain\\User server Server result accepted "
      "status 200 later 1\n"
      "http legs 1 scheme  result refused status 401 anonymous refused\n" },
    { "Basic after a refusal",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "Basic realm=\"x\"", NULL)),
        ASK(OUT "76\r\n", WITH(AUTHORIZATION "Basic", BASIC)), RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 2 scheme Basic mechanism Basic user LAB\\alice result accepted status 200 "
      "anonymous refused\n" },
    { "Basic with each request",
      { ASK(OUT "4\r\n", WITH(AUTHORIZATION "Basic", BASIC)),
        ANSWER("HTTP/1.1 200 OK\r\n"
               "Content-Length: 0\r\n"),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "Basic", BASIC)),
        ANSWER("HTTP/1.1 200 OK\r\n"
               "Content-Length: 0\r\n") },
      "http legs 1 scheme Basic mechanism Basic user LAB\\alice result accepted status 200 "
      "later 1\n" },
    { "Kerberos in one leg",
      { ASK(OUT "76\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)), RTS(OA_CLIENT),
        ANSWER(YES, WITH(WWW "Negotiate", RESP_ACCEPTED)) },
      "http legs 1 scheme Negotiate mechanism Kerberos spn HTTP/proxy.example.com "
      "realm EXAMPLE.COM result accepted status 200\n" },
    { "Kerberos is rejected by SPNEGO",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)), RTS(OA_CLIENT),
        ANSWER(NO, WITH(WWW "Negotiate", RESP_REJECT)) },
      "http legs 1 scheme Negotiate mechanism Kerberos spn HTTP/proxy.example.com "
      "realm EXAMPLE.COM result refused status 401\n" },
    { "the RPC proxy reports an error of its own",
      { ASK(OUT "76\r\n", WITH(AUTHORIZATION "Basic", BASIC)), RTS(OA_CLIENT),
        ANSWER("HTTP/1.1 503 RPC Error: 6ba\r\nContent-Length: 0\r\n") },
      "http legs 1 scheme Basic mechanism Basic user LAB\\alice result accepted status 503\n" },
    { "an answer that does not tell",
      { ASK(OUT "76\r\n", WITH(AUTHORIZATION "Basic", BASIC)), RTS(OA_CLIENT),
        ANSWER("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n") },
      "http legs 1 scheme Basic mechanism Basic user LAB\\alice result undecided status 404\n" },
    { "a proxy asks first, then the server",
      { ASK(OUT "0\r\n"),
        ANSWER("HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n",
               WITH("Proxy-Authenticate: Basic", " r=x")),
        ASK(OUT "0\r\n", WITH("Proxy-Authorization: Basic", BASIC)),
        ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      "http legs 2 scheme Basic mechanism Basic user LAB\\alice result accepted status 0 "
      "anonymous refused proxy\n"
      "http legs 1 scheme  result refused status 401 anonymous refused\n" },
    { "100 Continue is no answer",
      { ASK(OUT "76\r\nExpect: 100-continue\r\n"), ANSWER("HTTP/1.1 100 Continue\r\n"),
        RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 1 scheme  result accepted status 200 anonymous accepted\n" },
    { "Kerberos is declined for NTLM",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)),
        ANSWER(NO, WITH(WWW "Negotiate", RESP_NTLM)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", TYPE1)),
        ANSWER(NO, WITH(WWW "Negotiate", TYPE2)),
        ASK(OUT "76\r\n", WITH(AUTHORIZATION "Negotiate", TYPE3)), RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 3 scheme Negotiate mechanism NTLM declined HTTP/proxy.example.com of EXAMPLE.COM "
      "user Domain\\User server Server result accepted status 200\n" },
    { "a path for client certificates",
      { ASK("RPC_OUT_DATA /rpcWithCert/rpcproxy.dll?mbx:6001 HTTP/1.1\r\nContent-Length: 76\r\n"),
        RTS(OA_CLIENT), ANSWER(YES) },
      "http legs 1 scheme  result accepted status 200 anonymous accepted certificate\n" },
};

#define PIPE ASK("RPC_CONNECT mbx:6001 HTTP/1.1\r\n"), ANSWER("HTTP/1.1 200 OK\r\n")
#define RPC_ONLY "http legs 1 scheme  result accepted status 200 anonymous accepted\n"

/* RPC over one connection in both directions, as version 1 has it, [MS-RPCH] 2.1.1. */
static const struct {
    const char *name;
    struct step steps[12];
    const char *expect;
} RPC_ROWS[] = {
    { "NTLM in three legs",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, CONNECT, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, CONNECT, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, CONNECT, TYPE3)),
        PDU(OA_CLIENT, OA_RPC_REQUEST), PDU(OA_SERVER, OA_RPC_RESPONSE) },
      RPC_ONLY "rpc legs 3 type NTLM level connect mechanism NTLM user Domain\\User server Server "
               "result accepted\n" },
    { "NTLM with the wrong password",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, PRIVACY, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, PRIVACY, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, PRIVACY, TYPE3)),
        PDU(OA_CLIENT, OA_RPC_REQUEST), PDU(OA_SERVER, OA_RPC_FAULT, .fault = 5) },
      RPC_ONLY "rpc legs 3 type NTLM level packet privacy mechanism NTLM user Domain\\User "
               "server Server result refused\n" },
    { "a fault of the operation is behind the authentication",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, CONNECT, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, CONNECT, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, CONNECT, TYPE3)),
        PDU(OA_CLIENT, OA_RPC_REQUEST), PDU(OA_SERVER, OA_RPC_FAULT, .fault = 0x1c010002) },
      RPC_ONLY "rpc legs 3 type NTLM level connect mechanism NTLM user Domain\\User server Server "
               "result accepted\n" },
    { "the first call is refused as a protocol error",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, PRIVACY, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, PRIVACY, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, PRIVACY, TYPE3)),
        PDU(OA_CLIENT, OA_RPC_REQUEST), PDU(OA_SERVER, OA_RPC_FAULT, .fault = 0x1c01000b) },
      RPC_ONLY "rpc legs 3 type NTLM level packet privacy mechanism NTLM user Domain\\User "
               "server Server result refused\n" },
    { "nothing comes behind auth3",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, CONNECT, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, CONNECT, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, CONNECT, TYPE3)) },
      RPC_ONLY "rpc legs 3 type NTLM level connect mechanism NTLM user Domain\\User server Server "
               "result unfinished\n" },
    { "bind_nak",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, CONNECT, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_NAK) },
      RPC_ONLY "rpc legs 1 type NTLM level connect mechanism NTLM result refused\n" },
    { "Kerberos in SPNEGO, over alter_context",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_SPNEGO, PRIVACY, AP_REQ)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_SPNEGO, PRIVACY, RESP_INCOMPLETE)),
        PDU(OA_CLIENT, OA_RPC_ALTER_CONTEXT, VERIFIER(AUTH_SPNEGO, PRIVACY, RESP_INCOMPLETE)),
        PDU(OA_SERVER, OA_RPC_ALTER_CONTEXT_RESP, VERIFIER(AUTH_SPNEGO, PRIVACY, RESP_ACCEPTED)) },
      RPC_ONLY "rpc legs 4 type SPNEGO level packet privacy mechanism Kerberos "
               "spn HTTP/proxy.example.com realm EXAMPLE.COM result accepted\n" },
    { "a second exchange by alter_context",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_KERBEROS, CONNECT, AP_REQ)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_SPNEGO, CONNECT, RESP_ACCEPTED)),
        PDU(OA_CLIENT, OA_RPC_ALTER_CONTEXT, VERIFIER(AUTH_NTLM, PRIVACY, TYPE1)) },
      "rpc legs 2 type Kerberos level connect mechanism Kerberos spn HTTP/proxy.example.com "
      "realm EXAMPLE.COM result accepted\n" RPC_ONLY
      "rpc legs 1 type NTLM level packet privacy mechanism NTLM result unfinished\n" },
    { "a bind without a verifier",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND), PDU(OA_SERVER, OA_RPC_BIND_ACK) },
      RPC_ONLY },
};

static GByteArray *
from_hex(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();

    for (; hex && hex[0] && hex[1]; hex += 2) {
        guint8 byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

static GByteArray *
head_of(const struct step *step)
{
    GString *head = g_string_new(step->head);
    GByteArray *bytes = g_byte_array_new();

    if (step->header) {
        g_string_append(head, step->header);
        if (step->token && step->token[0] == ' ') {
            g_string_append(head, step->token);
        } else if (step->token) {
            GByteArray *token = from_hex(step->token);
            char *base64 = g_base64_encode(token->data, token->len);
            g_string_append_printf(head, " %s", base64);
            g_free(base64);
            g_byte_array_unref(token);
        }
        g_string_append(head, "\r\n");
    }
    g_string_append(head, "\r\n");
    g_byte_array_append(bytes, (const guint8 *)head->str, (guint)head->len);
    g_string_free(head, TRUE);
    return bytes;
}

/* A PDU of that type with a body of zeros, which all of them can have, and its verifier. */
static GByteArray *
pdu_of(const struct step *step)
{
    guint8 bytes[28 + 8] = { 5, 0, step->ptype, 3, 0x10 };
    GByteArray *pdu = g_byte_array_new();
    GByteArray *token = from_hex(step->token);
    size_t length = step->ptype == OA_RPC_RTS ? 20 : 28;

    bytes[12] = 1;
    if (step->ptype == OA_RPC_RTS)
        bytes[16] = OA_RTS_FLAG_PING;
    for (unsigned i = 0; step->ptype == OA_RPC_FAULT && i < 4; i++)
        bytes[24 + i] = (guint8)(step->fault >> (8 * i));
    if (token->len) {
        bytes[length] = step->type;
        bytes[length + 1] = step->level;
        bytes[10] = (guint8)token->len;
        bytes[11] = (guint8)(token->len >> 8);
        length += OA_RPC_TRAILER_SIZE;
    }
    bytes[8] = (guint8)(length + token->len);
    bytes[9] = (guint8)((length + token->len) >> 8);
    g_byte_array_append(pdu, bytes, (guint)length);
    g_byte_array_append(pdu, token->data, token->len);
    g_byte_array_unref(token);
    return pdu;
}

static void
append(GString *text, const char *label, const char *value)
{
    if (value[0])
        g_string_append_printf(text, " %s %s", label, value);
}

static void
describe(GString *text, const struct oa_auth_exchange *exchange)
{
    const struct oa_auth *client = exchange->client;
    bool http = exchange->place == OA_AUTH_HTTP;
    char *user = g_strjoin(client->domain[0] ? "\\" : "", client->domain, client->user, NULL);

    g_string_append_printf(text, "%s legs %u", http ? "http" : "rpc", exchange->legs);
    if (http)
        g_string_append_printf(text, " scheme %s", oa_auth_scheme_name(exchange->scheme));
    else
        g_string_append_printf(text, " type %s level %s", oa_rpc_auth_type_name(exchange->type),
                               oa_rpc_auth_level_name(exchange->level));
    append(text, "mechanism", oa_auth_mechanism_name(oa_auth_exchange_mechanism(exchange)));
    if (exchange->client->mechanism == OA_AUTH_KERBEROS) {
        append(text, "spn", client->target_name);
        append(text, "realm", client->realm);
    }
    if (exchange->kerberos_declined)
        g_string_append_printf(text, " declined %s of %s", client->target_name, client->realm);
    append(text, "user", user);
    append(text, "server", exchange->server->netbios_computer);
    append(text, "result", oa_auth_result_name(exchange->result));
    if (http)
        g_string_append_printf(text, " status %u", exchange->status);
    append(text, "anonymous", oa_auth_anonymous_name(exchange->anonymous));
    g_string_append(text, exchange->is_proxy ? " proxy" : "");
    g_string_append(text, exchange->may_have_certificate ? " certificate" : "");
    g_string_append(text, exchange->is_persistent ? " persistent" : "");
    if (exchange->later_requests)
        g_string_append_printf(text, " later %u", exchange->later_requests);
    g_string_append_c(text, '\n');
    g_free(user);
}

static void
on_event(void *context, const struct oa_event *event)
{
    if (event->exchange && event->auth_leg)
        g_assert_cmpuint(event->auth_leg, <=, event->exchange->legs);
    if (event->type != OA_EVENT_AUTH_DONE)
        return;
    g_assert_cmpint(event->exchange->first.time_ns, <=, event->exchange->last.time_ns);
    describe(context, event->exchange);
}

static GByteArray *
bytes_of(const struct step *step)
{
    return step->head ? head_of(step) : pdu_of(step);
}

static char *
play(const struct step *steps, size_t cut, bool keep)
{
    GString *text = g_string_new(NULL);
    struct oa_tracker *tracker = oa_tracker_new(on_event, text, keep);
    struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
    struct oa_stamp stamp = { 0, 0 };
    struct oa_channel *channel =
        oa_channel_open(tracker, &SESSION_RECOGNITION, &client, &server, NULL, stamp);

    for (; steps->head || steps->is_pdu; steps++) {
        GByteArray *bytes = bytes_of(steps);

        for (size_t at = 0; at < bytes->len; at += cut) {
            stamp.frame++;
            stamp.time_ns += 1000;
            oa_channel_data(channel, steps->side, bytes->data + at, MIN(cut, bytes->len - at),
                            stamp);
        }
        g_byte_array_unref(bytes);
    }
    oa_channel_close(channel, (struct oa_ending){ .how = OA_END_FIN, .by = OA_CLIENT });
    oa_tracker_free(tracker);
    return g_string_free(text, FALSE);
}

static void
check(const char *name, const struct step *steps, const char *expect)
{
    static const size_t CUTS[] = { 1, 7, 100000 };

    g_test_message("%s", name);
    for (size_t i = 0; i < G_N_ELEMENTS(CUTS); i++)
        for (int keep = 0; keep < 2; keep++) {
            char *found = play(steps, CUTS[i], keep);
            g_assert_cmpstr(found, ==, expect);
            g_free(found);
        }
}

static void
test_http(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        check(ROWS[i].name, ROWS[i].steps, ROWS[i].expect);
}

static void
test_rpc(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(RPC_ROWS); i++)
        check(RPC_ROWS[i].name, RPC_ROWS[i].steps, RPC_ROWS[i].expect);
}

#define ON(number) .connection = (number)

/* Scripts on up to two connections of one client, and what is reported of them. */
static const struct {
    const char *name;
    struct step steps[12];
    const char *expect;
    enum oa_end end;
    int64_t later_ns;    /* the capture goes on for */
    bool is_from_middle; /* their handshakes are not in the capture */
} FINDING_ROWS[] = {
    { "no credentials follow",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      .expect = "anonymous_refused: no credentials; 401 after 1 requests\n",
      .end = OA_END_FIN },
    { "they may follow behind the end of the capture",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      .expect = "",
      .end = OA_END_OPEN },
    { "they did not for long",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      .expect = "anonymous_refused: no credentials; 401 after 1 requests\n",
      .end = OA_END_OPEN,
      .later_ns = INT64_C(11000000000) },
    { "no credentials are needed",
      { ASK(OUT "76\r\n"), ANSWER(YES, WITH(NULL, NULL)) },
      .expect = "anonymous_accepted: no credentials\n" },
    { "they may have come before the capture",
      { ASK(OUT "76\r\n"), ANSWER(YES, WITH(NULL, NULL)) },
      .expect = "",
      .is_from_middle = true },
    { "they did not: what was sent without them before was refused",
      { ASK(OUT "0\r\n"), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "76\r\n"), ANSWER(YES, WITH(NULL, NULL)) },
      .expect = "auth_refused: NTLM, Domain\\User; 401 after 2 requests\n"
                "anonymous_accepted: no credentials\n",
      .is_from_middle = true },
    { "the challenge may have come before the capture",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1), ON(0)),
        ANSWER(NO, WITH(WWW "NTLM", TYPE2), ON(0)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3), ON(1)),
        ANSWER(YES, WITH(NULL, NULL), ON(1)) },
      .expect = "",
      .is_from_middle = true },
    { "the cause of a refusal",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)),
        ANSWER(NO, WITH(WWW "Negotiate", KRB_SKEW)) },
      .expect =
          "auth_refused: Negotiate, HTTP/proxy.example.com of EXAMPLE.COM; 401 after 1 requests: "
          "KRB_AP_ERR_SKEW\n" },
    { "the server offers another scheme",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1)),
        ANSWER(NO, WITH(WWW "Basic realm=\"x\"", NULL)) },
      .expect = "auth_scheme_mismatch: NTLM; 401, and the server offers Basic only\n" },
    { "the server has no ticket for us",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", AP_REQ)),
        ANSWER(NO, WITH(WWW "Negotiate", RESP_NTLM)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "Negotiate", TYPE1)),
        ANSWER(NO, WITH(WWW "Negotiate", RESP_REJECT)) },
      .expect = "kerberos_declined: HTTP/proxy.example.com of EXAMPLE.COM; the server chose NTLM\n"
                "auth_refused: Negotiate; 401 after 2 requests: SPNEGO reject\n" },
    { "the legs of NTLM on two connections",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1), ON(0)),
        ANSWER(NO, WITH(WWW "NTLM", TYPE2), ON(0)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3), ON(1)),
        ANSWER(NO, WITH(WWW "NTLM", NULL), ON(1)) },
      .expect =
          "auth_split: NTLM, Domain\\User; the challenge was sent on another connection, in frame "
          "2\n" },
    { "a challenge that was responded to is nobody else's",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE1), ON(0)),
        ANSWER(NO, WITH(WWW "NTLM", TYPE2), ON(0)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3), ON(0)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3), ON(1)),
        ANSWER(NO, WITH(WWW "NTLM", NULL), ON(1)) },
      .expect = "auth_refused: NTLM, Domain\\User; 401 after 1 requests\n" },
    { "a client that tries again and again, reported once",
      { ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)),
        ASK(OUT "0\r\n", WITH(AUTHORIZATION "NTLM", TYPE3)), ANSWER(NO, WITH(WWW "NTLM", NULL)) },
      .expect = "auth_refused: NTLM, Domain\\User; 401 after 1 requests\n"
                "auth_refused: NTLM, Domain\\User; 401 after 1 requests\n"
                "auth_loop: 3 authentications refused, the last: NTLM, Domain\\User; 401\n" },
    { "a bind_nak inside RPC",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_KERBEROS, CONNECT, AP_REQ)),
        PDU(OA_SERVER, OA_RPC_BIND_NAK) },
      .expect = "anonymous_accepted: no credentials\n"
                "auth_refused: Inside RPC: Kerberos, HTTP/proxy.example.com of EXAMPLE.COM; by a "
                "bind_nak: "
                "reason 0, not specified\n" },
    { "a fault inside RPC",
      { PIPE, PDU(OA_CLIENT, OA_RPC_BIND, VERIFIER(AUTH_NTLM, PRIVACY, TYPE1)),
        PDU(OA_SERVER, OA_RPC_BIND_ACK, VERIFIER(AUTH_NTLM, PRIVACY, TYPE2)),
        PDU(OA_CLIENT, OA_RPC_AUTH3, VERIFIER(AUTH_NTLM, PRIVACY, TYPE3)),
        PDU(OA_CLIENT, OA_RPC_REQUEST), PDU(OA_SERVER, OA_RPC_FAULT, .fault = 0x52e) },
      .expect = "anonymous_accepted: no credentials\n"
                "rpc_fault: call: ERROR_LOGON_FAILURE (0x0000052e)\n"
                "auth_refused: Inside RPC: NTLM, Domain\\User; by a fault: ERROR_LOGON_FAILURE "
                "(0x0000052e)\n" },
};

static void
note_finding(void *context, const struct oa_event *event)
{
    if (event->type == OA_EVENT_FINDING)
        g_string_append_printf(context, "%s: %s\n", OA_FINDING_ROWS[event->finding->id].code,
                               event->finding->text);
}

static void
test_findings(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FINDING_ROWS); i++) {
        GString *text = g_string_new(NULL);
        struct oa_tracker *tracker = oa_tracker_new(note_finding, text, false);
        struct oa_channel *channels[2] = { NULL };
        struct oa_endpoint client = { .port = 50000 }, server = { .port = 80 };
        struct oa_stamp stamp = { 0, 0 };

        for (const struct step *step = FINDING_ROWS[i].steps; step->head || step->is_pdu; step++) {
            struct oa_channel **channel = &channels[step->connection];
            GByteArray *bytes = bytes_of(step);
            stamp.frame++;
            stamp.time_ns += 1000;
            if (!*channel) {
                *channel =
                    oa_channel_open(tracker, &SESSION_RECOGNITION, &client, &server, NULL, stamp);
                oa_channel_describe(*channel,
                                    (struct oa_known_connection){
                                        .is_from_start = !FINDING_ROWS[i].is_from_middle });
            }
            oa_channel_data(*channel, step->side, bytes->data, bytes->len, stamp);
            g_byte_array_unref(bytes);
        }
        stamp.time_ns += FINDING_ROWS[i].later_ns;
        struct oa_channel *later =
            oa_channel_open(tracker, &SESSION_RECOGNITION, &client, &server, NULL, stamp);
        oa_channel_data(later, OA_CLIENT, (const uint8_t *)"R", 1, stamp);
        for (int c = 0; c < 2; c++)
            if (channels[c])
                oa_channel_close(channels[c], (struct oa_ending){ .how = FINDING_ROWS[i].end });
        g_assert_cmpstr(text->str, ==, FINDING_ROWS[i].expect);
        oa_tracker_free(tracker);
        g_string_free(text, TRUE);
    }
}

/* Names and secrets: what is kept of an exchange holds no password. */
static void
test_no_password(void)
{
    static const struct step STEPS[2] = { ASK(OUT "76\r\n", WITH(AUTHORIZATION "Basic", BASIC)) };
    struct oa_tracker *tracker = oa_tracker_new(NULL, NULL, true);
    struct oa_endpoint end = { .port = 80 };
    struct oa_channel *channel =
        oa_channel_open(tracker, &SESSION_RECOGNITION, &end, &end, NULL, (struct oa_stamp){ 0, 0 });
    GByteArray *bytes = head_of(STEPS);

    oa_channel_data(channel, OA_CLIENT, bytes->data, bytes->len, (struct oa_stamp){ 1, 1 });
    g_assert_cmpstr(channel->exchange->client->user, ==, "alice");
    g_assert_true(channel->exchange->client->has_password);
    const char *kept = (const char *)channel->exchange->client;
    for (size_t i = 0; i + 6 <= sizeof *channel->exchange->client; i++)
        g_assert_true(memcmp(kept + i, "secret", 6) != 0);
    g_byte_array_unref(bytes);
    oa_tracker_free(tracker);
}

static void
test_names(void)
{
    g_assert_cmpstr(oa_auth_result_name(OA_AUTH_PENDING), ==, "unfinished");
    g_assert_cmpstr(oa_auth_result_name((enum oa_auth_result)99), ==, "");
    g_assert_cmpstr(oa_auth_anonymous_name(OA_AUTH_ANONYMOUS_REFUSED), ==, "refused");
    g_assert_cmpstr(oa_auth_anonymous_name((enum oa_auth_anonymous)99), ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/auth-exchange/http", test_http);
    g_test_add_func("/auth-exchange/rpc", test_rpc);
    g_test_add_func("/auth-exchange/findings", test_findings);
    g_test_add_func("/auth-exchange/no-password", test_no_password);
    g_test_add_func("/auth-exchange/names", test_names);
    return g_test_run();
}
