/* recognise.c
 * Recognises TCP connections of RPC over HTTP by the first bytes of a segment.
 * [MS-RPCH] 2.1.1, 2.1.2, 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/recognise.h"

#include <glib.h>
#include <string.h>

#include "http/mapi_http.h"
#include "rpc/request_shape.h"
#include "track/stream.h"

/* The pfc_flags of every RTS header, [MS-RPCH] 2.2.3.6.1: first and last fragment. */
#define RTS_PFC_FLAGS 0x03
#define RTS_LENGTH_MAX 0x200

#define PLACES_OF_CLIENT                                                                           \
    (OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST | OA_RTS_IN_PROXY | OA_RTS_OUT_PROXY)
#define PLACES_OF_SERVER                                                                           \
    (OA_RTS_OUT_RESPONSE | OA_RTS_ECHO_RESPONSE | OA_RTS_IN_SERVER | OA_RTS_OUT_SERVER)
#define PLACES_OF_CLIENT_HOP                                                                       \
    (OA_RTS_IN_REQUEST | OA_RTS_OUT_REQUEST | OA_RTS_OUT_RESPONSE | OA_RTS_ECHO_RESPONSE)

/* Length of a bind up to the end of its first context. */
#define BIND_MIN 72

static bool
is_mapper_port(uint16_t port)
{
    const struct oa_service_port *row = oa_service_port(port);

    return row && row->service == OA_SERVICE_MAPPER;
}

/* Which of the two ports is the server's: a known one, otherwise the lower one. */
static enum oa_side
sender_by_port(uint16_t source, uint16_t destination)
{
    bool source_known = oa_is_server_port(source) || oa_is_http_port(source);
    bool destination_known = oa_is_server_port(destination) || oa_is_http_port(destination);

    if (source_known != destination_known)
        return source_known ? OA_SERVER : OA_CLIENT;
    return source < destination ? OA_SERVER : OA_CLIENT;
}

static enum oa_verdict
recognise_banner(const uint8_t *data, size_t length, struct oa_recognition *recognition)
{
    if (memcmp(data, OA_BANNER, MIN(length, OA_BANNER_SIZE)) != 0)
        return OA_NOT_OURS;
    if (length < OA_BANNER_SIZE)
        return OA_MAYBE;
    *recognition = (struct oa_recognition){
        .hop = OA_HOP_SERVER, .sender = OA_SERVER, .is_raw = true, .has_start = true
    };
    return OA_OURS;
}

static enum oa_verdict
recognise_response(const uint8_t *data, size_t length, struct oa_recognition *recognition)
{
    struct oa_http_head head;

    if (oa_http_head_parse(data, length, &head) != OA_HTTP_COMPLETE || head.is_request ||
        head.status != 200 || !oa_text_equals(head.content_type, "application/rpc"))
        return OA_NOT_OURS;
    *recognition =
        (struct oa_recognition){ .hop = OA_HOP_CLIENT, .sender = OA_SERVER, .is_answer = true };
    return OA_OURS;
}

/* Where an RTS PDU is legal under any of its names; 0 if no named one matches. */
static unsigned
places_of(const struct oa_rts *rts)
{
    unsigned places = 0;

    for (unsigned pdu = OA_RTS_UNKNOWN + 1; pdu < OA_RTS_PDUS; pdu++)
        if (oa_rts_has_signature(rts, (enum oa_rts_pdu)pdu))
            places |= OA_RTS_PDU_ROWS[pdu].places;
    return places;
}

/* The length of an RTS PDU; 0: it is none. */
static size_t
length_of_rts(const uint8_t *data, size_t length)
{
    struct oa_rpc_header header;

    if (!oa_rpc_header_parse(data, length, &header) || header.ptype != OA_RPC_RTS ||
        header.flags != RTS_PFC_FLAGS || header.big_endian || header.auth_length ||
        header.call_id || header.frag_length > RTS_LENGTH_MAX)
        return 0;
    return header.frag_length;
}

static unsigned
places_of_rts(const uint8_t *data, size_t length)
{
    size_t pdu_length = length_of_rts(data, length);
    struct oa_rts rts;

    if (!pdu_length || pdu_length > length || !oa_rts_parse(data, pdu_length, &rts) ||
        !rts.is_complete)
        return 0;
    return places_of(&rts);
}

static bool
begins_connection(unsigned places)
{
    return places == OA_RTS_OUT_REQUEST || places == OA_RTS_IN_PROXY || places == OA_RTS_OUT_PROXY;
}

/* The hop on which the PDU may occur; the ports decide if both are possible. */
static enum oa_hop
hop_of(unsigned places, uint16_t source, uint16_t destination)
{
    if (places && !(places & ~PLACES_OF_CLIENT_HOP))
        return OA_HOP_CLIENT;
    if (places && !(places & PLACES_OF_CLIENT_HOP))
        return OA_HOP_SERVER;
    return oa_is_http_port(source) || oa_is_http_port(destination) ? OA_HOP_CLIENT : OA_HOP_SERVER;
}

static enum oa_side
sender_of(unsigned places, uint16_t source, uint16_t destination)
{
    if (places && !(places & ~PLACES_OF_CLIENT))
        return OA_CLIENT;
    if (places && !(places & ~PLACES_OF_SERVER))
        return OA_SERVER;
    return sender_by_port(source, destination);
}

/* Whether a bind, as far as it has been received, is for an Exchange interface. `other` is another
 * interface that counts, or OA_IF_NONE. */
static bool
binds_exchange(const uint8_t *data, size_t length, bool on_known_port, enum oa_interface_id other)
{
    struct oa_rpc_pdu pdu;

    if (!oa_rpc_parse_beginning(data, length, &pdu))
        return false;
    for (unsigned i = 0; i < pdu.n_contexts; i++) {
        const struct oa_rpc_interface *iface =
            oa_rpc_interface_find(pdu.contexts[i].abstract_syntax.uuid);
        if (iface && (iface->is_exchange || on_known_port || iface->id == other))
            return true;
    }
    return false;
}

/* Whether a bind is for interfaces only that are not in rpc_interface.h. */
static bool
binds_foreign(const uint8_t *data, size_t length)
{
    struct oa_rpc_pdu pdu;

    if (!oa_rpc_parse_beginning(data, length, &pdu) || pdu.header.ptype != OA_RPC_BIND ||
        pdu.header.frag_length > length || pdu.n_contexts == 0)
        return false;
    for (unsigned i = 0; i < pdu.n_contexts; i++)
        if (oa_rpc_interface_find(pdu.contexts[i].abstract_syntax.uuid))
            return false;
    return true;
}

/* Whether the PDU can be the first one of a connection: its type is the third byte. */
static bool
may_begin_connection(const uint8_t *data, size_t length)
{
    return length < 3 || data[2] == OA_RPC_BIND || data[2] == OA_RPC_RTS;
}

static enum oa_verdict
recognise_pdu(const uint8_t *data, size_t length, uint16_t source, uint16_t destination,
              enum oa_before before, struct oa_recognition *recognition)
{
    bool on_server_port = oa_is_server_port(source) || oa_is_server_port(destination);
    bool on_known_port = on_server_port || oa_is_http_port(source) || oa_is_http_port(destination);
    bool on_mapper_port = is_mapper_port(source) || is_mapper_port(destination);
    struct oa_rpc_header header;
    unsigned places = 0;

    if (!oa_rpc_may_be_header(data, length) ||
        (before != OA_BEFORE_UNKNOWN && !may_begin_connection(data, length)))
        return OA_NOT_OURS;
    if (length < OA_RPC_HEADER_SIZE)
        return before == OA_BEFORE_UNKNOWN || before == OA_BEFORE_CLIENT_FIRST ? OA_MAYBE
                                                                               : OA_NOT_OURS;
    if (!oa_rpc_header_parse(data, length, &header) || binds_foreign(data, length))
        return OA_NOT_OURS;
    bool is_whole = header.frag_length <= length;
    *recognition = (struct oa_recognition){ .is_raw = true };
    if (header.ptype == OA_RPC_RTS) {
        if (!is_whole)
            return header.frag_length <= RTS_LENGTH_MAX ? OA_MAYBE : OA_NOT_OURS;
        places = places_of_rts(data, length);
        if (!places)
            return OA_NOT_OURS;
        recognition->has_start = begins_connection(places);
    } else if (header.ptype == OA_RPC_BIND &&
               binds_exchange(data, length, on_server_port,
                              on_mapper_port ? OA_IF_EPM : OA_IF_NONE)) {
        /* Where proxies may speak, an IN channel has a bind too, after what the capture lacks. */
        bool may_be_middle = before == OA_BEFORE_UNKNOWN && (on_known_port || !on_mapper_port);
        recognition->is_direct = recognition->has_start = !may_be_middle;
    } else if (header.ptype == OA_RPC_BIND && length < BIND_MIN && !is_whole) {
        return OA_MAYBE;
    } else if (before != OA_BEFORE_UNKNOWN) {
        return OA_NOT_OURS;
    } else if (is_whole && header.frag_length < length) {
        const uint8_t *next = data + header.frag_length;
        size_t left = length - header.frag_length;
        places = places_of_rts(next, left);
        if (!places && !(on_known_port && oa_rpc_may_be_header(next, left)))
            return OA_NOT_OURS;
    } else if (!on_known_port) {
        return OA_NOT_OURS;
    }
    recognition->hop = hop_of(places, source, destination);
    recognition->sender = oa_rpc_sender(header.ptype, sender_of(places, source, destination));
    return OA_OURS;
}

static enum oa_verdict
recognise_chunk(const uint8_t *data, size_t length, uint16_t source, uint16_t destination,
                enum oa_before before, struct oa_recognition *recognition)
{
    size_t size, need, line;

    if (before != OA_BEFORE_UNKNOWN || !g_ascii_isxdigit(data[0]) ||
        !(oa_is_http_port(source) || oa_is_http_port(destination)))
        return OA_NOT_OURS;
    line = oa_stream_find_chunk(data, length, &size, &need);
    if (line == 0)
        return need ? OA_MAYBE : OA_NOT_OURS;
    enum oa_verdict verdict = recognise_pdu(data + line, MIN(size, length - line), source,
                                            destination, before, recognition);
    return verdict == OA_MAYBE && length - line >= size ? OA_NOT_OURS : verdict;
}

static enum oa_verdict
recognise_any(const uint8_t *data, size_t length, uint16_t source_port, uint16_t destination_port,
              enum oa_before before, struct oa_recognition *recognition)
{
    enum oa_http_method method;

    if (length == 0)
        return OA_MAYBE;
    switch (data[0]) {
    case 'R':
        *recognition =
            (struct oa_recognition){ .hop = OA_HOP_CLIENT, .sender = OA_CLIENT, .has_start = true };
        switch (oa_http_rpc_method(data, length, &method)) {
        case OA_HTTP_COMPLETE:
            return OA_OURS;
        case OA_HTTP_INCOMPLETE:
            return OA_MAYBE;
        case OA_HTTP_NOT_A_HEAD:
            return OA_NOT_OURS;
        }
        return OA_NOT_OURS;
    case 'H':
        return recognise_response(data, length, recognition);
    case 'n':
        return recognise_banner(data, length, recognition);
    case 5:
        return recognise_pdu(data, length, source_port, destination_port, before, recognition);
    default:
        return recognise_chunk(data, length, source_port, destination_port, before, recognition);
    }
}

/* A line of the PROXY protocol stands in front of a request only. */
static enum oa_verdict
behind_proxy_line(enum oa_verdict verdict, const struct oa_proxy_line *line,
                  struct oa_recognition *recognition)
{
    if (verdict == OA_OURS && (recognition->is_raw || recognition->sender != OA_CLIENT))
        return OA_NOT_OURS;
    if (verdict == OA_OURS)
        recognition->proxy_line = *line;
    return verdict;
}

enum oa_verdict
oa_recognise(const uint8_t *data, size_t length, uint16_t source_port, uint16_t destination_port,
             enum oa_before before, struct oa_recognition *recognition)
{
    struct oa_proxy_line line = { .length = 0 };
    enum oa_verdict verdict;

    switch (oa_proxy_line(data, length, &line)) {
    case OA_HTTP_COMPLETE:
        verdict =
            behind_proxy_line(recognise_any(data + line.length, length - line.length, source_port,
                                            destination_port, before, recognition),
                              &line, recognition);
        break;
    case OA_HTTP_INCOMPLETE:
        verdict = OA_MAYBE;
        break;
    default:
        verdict = recognise_any(data, length, source_port, destination_port, before, recognition);
        break;
    }
    return verdict == OA_MAYBE && before == OA_BEFORE_TUNNEL ? OA_NOT_OURS : verdict;
}

enum oa_foreign
oa_foreign(const uint8_t *data, size_t length, enum oa_before before)
{
    struct oa_http_head head;

    if (oa_text_starts((struct oa_text){ (const char *)data, length }, "CONNECT "))
        return OA_FOREIGN_TUNNEL;
    if (before == OA_BEFORE_CLIENT_FIRST || binds_foreign(data, length))
        return OA_FOREIGN_BOTH_SIDES;
    if (!g_ascii_isupper(data[0]) || oa_http_head_parse(data, length, &head) != OA_HTTP_COMPLETE)
        return OA_FOREIGN_NEITHER;
    /* An IN channel goes on after these. */
    bool goes_on =
        !head.is_request && (head.status < 200 || head.status == 401 || head.status == 407);
    return goes_on ? OA_FOREIGN_NEITHER : OA_FOREIGN_OTHER_SIDE;
}

enum oa_verdict
oa_recognise_plain_rpc(const uint8_t *data, size_t length, enum oa_endpoint_known known,
                       enum oa_before before, struct oa_recognition *recognition)
{
    struct oa_rpc_pdu pdu;
    size_t next;

    if (length == 0)
        return OA_MAYBE;
    if (!oa_rpc_may_be_header(data, length) ||
        (before != OA_BEFORE_UNKNOWN && before != OA_BEFORE_CLIENT_FIRST))
        return OA_NOT_OURS;
    if (before == OA_BEFORE_CLIENT_FIRST &&
        (known == OA_ENDPOINT_UNKNOWN || !may_begin_connection(data, length)))
        return OA_NOT_OURS;
    if (length < OA_RPC_HEADER_SIZE)
        return OA_MAYBE;
    if (!oa_rpc_parse_beginning(data, length, &pdu) || pdu.header.ptype == OA_RPC_RTS ||
        binds_foreign(data, length))
        return OA_NOT_OURS;
    next = MIN(pdu.header.frag_length, length);
    if (known == OA_ENDPOINT_UNKNOWN && oa_request_is_too_short(&pdu))
        return OA_MAYBE;
    if (known == OA_ENDPOINT_UNKNOWN ? !oa_request_shape(&pdu)
                                     : !oa_rpc_may_be_header(data + next, length - next))
        return OA_NOT_OURS;
    *recognition = (struct oa_recognition){ .hop = OA_HOP_SERVER,
                                            .sender = oa_rpc_sender(pdu.header.ptype, OA_CLIENT),
                                            .is_raw = true,
                                            .is_direct = known == OA_ENDPOINT_TCP,
                                            .has_start = pdu.header.ptype == OA_RPC_BIND };
    return OA_OURS;
}

static enum oa_verdict
recognise_mapi_http(const uint8_t *data, size_t length,
                    enum oa_http_parse (*parse)(const uint8_t *, size_t, struct oa_http_head *),
                    struct oa_recognition *recognition)
{
    static const char *const STARTS[] = { [OA_CLIENT] = "POST ", [OA_SERVER] = "HTTP/1." };
    struct oa_http_head head;
    struct oa_mapi_http_request request;

    if (length == 0)
        return OA_MAYBE;
    struct oa_proxy_line line;
    if (oa_proxy_line(data, length, &line) == OA_HTTP_COMPLETE)
        return behind_proxy_line(
            recognise_mapi_http(data + line.length, length - line.length, parse, recognition),
            &line, recognition);
    enum oa_side sender = data[0] == 'H' ? OA_SERVER : OA_CLIENT;
    const char *start = STARTS[sender];
    if (memcmp(data, start, MIN(length, strlen(start))) != 0)
        return OA_NOT_OURS;
    *recognition = (struct oa_recognition){ .hop = OA_HOP_CLIENT,
                                            .sender = sender,
                                            .is_answer = sender == OA_SERVER,
                                            .has_start = sender == OA_CLIENT,
                                            .is_mapi_http = true };
    switch (parse(data, length, &head)) {
    case OA_HTTP_INCOMPLETE:
        return length <= OA_RECOGNISE_HEAD_MAX ? OA_MAYBE : OA_NOT_OURS;
    case OA_HTTP_NOT_A_HEAD:
        return OA_NOT_OURS;
    case OA_HTTP_COMPLETE:
        break;
    }
    return (sender == OA_CLIENT ? oa_mapi_http_request(&head, &request)
                                : oa_mapi_http_is_response(&head))
               ? OA_OURS
               : OA_NOT_OURS;
}

enum oa_verdict
oa_recognise_mapi_http(const uint8_t *data, size_t length, struct oa_recognition *recognition)
{
    return recognise_mapi_http(data, length, oa_http_head_parse, recognition);
}

/* The first PDU of a channel is known by its flags, the number of its commands and the first one.
 */
static bool
recognise_cut_rts(const uint8_t *data, size_t length, uint16_t source, uint16_t destination,
                  struct oa_recognition *recognition)
{
    struct oa_rts rts;

    if (length_of_rts(data, length) <= length || !oa_rts_parse_cut(data, length, &rts) ||
        rts.n_parsed == 0)
        return false;
    unsigned places = places_of(&rts);
    *recognition = (struct oa_recognition){ .hop = hop_of(places, source, destination),
                                            .sender = OA_CLIENT,
                                            .is_raw = true,
                                            .has_start = true };
    return begins_connection(places);
}

enum oa_verdict
oa_recognise_cut(const uint8_t *data, size_t length, uint16_t source_port,
                 uint16_t destination_port, struct oa_recognition *recognition)
{
    if (recognise_cut_rts(data, length, source_port, destination_port, recognition))
        return OA_OURS;
    return recognise_mapi_http(data, length, oa_http_head_parse_cut, recognition);
}
