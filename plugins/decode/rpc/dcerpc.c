/* dcerpc.c
 * Connection-oriented DCE/RPC PDUs: header, bodies, verifiers.
 * [C706] 12.6, [MS-RPCE] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/dcerpc.h"

#include <stdlib.h>
#include <string.h>

/* [MS-RPCE] 2.2.2.8 */
#define FAULT_SIZE 32
#define FAULT_HAS_EEINFO 0x01

/* Who sends PDUs of that type. */
enum sent_by { BY_EITHER, BY_CLIENT, BY_SERVER };

/* By PTYPE: its name, who sends it, and the smallest possible frag_length; 0 for types of the
 * connectionless protocol. */
static const struct {
    const char *name;
    enum sent_by by;
    uint8_t min_length;
} PTYPES[OA_RPC_PTYPES] = {
    [OA_RPC_REQUEST] = { "request", BY_CLIENT, 24 },
    [OA_RPC_RESPONSE] = { "response", BY_SERVER, 24 },
    [OA_RPC_FAULT] = { "fault", BY_SERVER, 28 },
    [OA_RPC_BIND] = { "bind", BY_CLIENT, 28 },
    [OA_RPC_BIND_ACK] = { "bind_ack", BY_SERVER, 26 },
    [OA_RPC_BIND_NAK] = { "bind_nak", BY_SERVER, 18 },
    [OA_RPC_ALTER_CONTEXT] = { "alter_context", BY_CLIENT, 28 },
    [OA_RPC_ALTER_CONTEXT_RESP] = { "alter_context_resp", BY_SERVER, 26 },
    [OA_RPC_AUTH3] = { "auth3", BY_CLIENT, 16 },
    [OA_RPC_SHUTDOWN] = { "shutdown", BY_SERVER, 16 },
    [OA_RPC_CO_CANCEL] = { "co_cancel", BY_CLIENT, 16 },
    [OA_RPC_ORPHANED] = { "orphaned", BY_CLIENT, 16 },
    [OA_RPC_RTS] = { "RTS", BY_EITHER, 20 },
};

enum oa_side
oa_rpc_sender(enum oa_rpc_ptype ptype, enum oa_side otherwise)
{
    static const enum oa_side SIDES[] = { [BY_CLIENT] = OA_CLIENT, [BY_SERVER] = OA_SERVER };
    enum sent_by by = PTYPES[ptype].by;

    return by == BY_EITHER ? otherwise : SIDES[by];
}

bool
oa_rpc_may_be_header(const uint8_t *data, size_t length)
{
    if (length > 0 && data[0] != 5)
        return false;
    if (length > 1 && data[1] > 1)
        return false;
    if (length > 2 && (data[2] >= OA_RPC_PTYPES || PTYPES[data[2]].min_length == 0))
        return false;
    if (length > 4 && data[4] != 0x10 && data[4] != 0x00)
        return false;
    for (size_t i = 5; i < 8 && i < length; i++)
        if (data[i])
            return false;
    return true;
}

bool
oa_rpc_header_parse(const uint8_t *data, size_t length, struct oa_rpc_header *header)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);

    if (length < OA_RPC_HEADER_SIZE || !oa_rpc_may_be_header(data, length))
        return false;
    /* RTS PDUs are always little endian and have no verifier, [MS-RPCH] 2.2.3.6.1. */
    bool is_rts = data[2] == OA_RPC_RTS;
    cursor.big_endian = data[4] == 0 && !is_rts;
    oa_cursor_skip(&cursor, 1);
    header->minor = oa_cursor_u8(&cursor);
    header->ptype = oa_cursor_u8(&cursor);
    header->flags = oa_cursor_u8(&cursor);
    oa_cursor_skip(&cursor, 4);
    header->big_endian = data[4] == 0;
    header->frag_length = oa_cursor_u16(&cursor);
    header->auth_length = oa_cursor_u16(&cursor);
    header->call_id = oa_cursor_u32(&cursor);
    if (header->frag_length < PTYPES[header->ptype].min_length)
        return false;
    return header->auth_length == 0 || is_rts ||
           header->auth_length + OA_RPC_HEADER_SIZE + OA_RPC_TRAILER_SIZE <= header->frag_length;
}

static void
read_uuid(struct oa_cursor *cursor, uint8_t uuid[16])
{
    const uint8_t *bytes = oa_cursor_bytes(cursor, 16);

    if (!bytes)
        return;
    memcpy(uuid, bytes, 16);
    if (cursor->big_endian) {
        static const uint8_t ORDER[8] = { 3, 2, 1, 0, 5, 4, 7, 6 };
        for (size_t i = 0; i < sizeof ORDER; i++)
            uuid[i] = bytes[ORDER[i]];
    }
}

static void
read_syntax(struct oa_cursor *cursor, struct oa_rpc_syntax *syntax)
{
    read_uuid(cursor, syntax->uuid);
    uint32_t version = oa_cursor_u32(cursor);
    syntax->major = (uint16_t)version;
    syntax->minor = (uint16_t)(version >> 16);
}

static void
read_frag_sizes(struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    pdu->max_xmit_frag = oa_cursor_u16(body);
    pdu->max_recv_frag = oa_cursor_u16(body);
    pdu->assoc_group_id = oa_cursor_u32(body);
}

static void
read_bind(struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    read_frag_sizes(body, pdu);
    unsigned announced = oa_cursor_u8(body);
    oa_cursor_skip(body, 3);
    for (unsigned i = 0; i < announced && !body->is_short; i++) {
        struct oa_rpc_context context = { 0 };
        struct oa_rpc_syntax other;

        context.id = oa_cursor_u16(body);
        context.n_transfer_syntaxes = oa_cursor_u8(body);
        oa_cursor_skip(body, 1);
        read_syntax(body, &context.abstract_syntax);
        for (unsigned t = 0; t < context.n_transfer_syntaxes && !body->is_short; t++)
            read_syntax(body, t == 0 ? &context.transfer_syntax : &other);
        if (!body->is_short && pdu->n_contexts < OA_RPC_CONTEXTS_MAX)
            pdu->contexts[pdu->n_contexts++] = context;
    }
}

static void
read_bind_ack(struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    read_frag_sizes(body, pdu);
    oa_cursor_skip(body, oa_cursor_u16(body));
    /* The result list is aligned to 4 from the start of the PDU; so is the body, which begins 16
     * bytes into it. */
    oa_cursor_skip(body, (4 - body->offset % 4) % 4);
    unsigned announced = oa_cursor_u8(body);
    oa_cursor_skip(body, 3);
    for (unsigned i = 0; i < announced && !body->is_short; i++) {
        struct oa_rpc_result result = { 0 };

        result.result = oa_cursor_u16(body);
        result.reason = oa_cursor_u16(body);
        read_syntax(body, &result.transfer_syntax);
        if (!body->is_short && pdu->n_results < OA_RPC_CONTEXTS_MAX)
            pdu->results[pdu->n_results++] = result;
    }
}

static void
read_call(struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    bool has_eeinfo = false;

    pdu->alloc_hint = oa_cursor_u32(body);
    pdu->context_id = oa_cursor_u16(body);
    if (pdu->header.ptype == OA_RPC_REQUEST) {
        pdu->opnum = oa_cursor_u16(body);
        if (pdu->header.flags & OA_RPC_OBJECT_UUID)
            pdu->object_uuid = oa_cursor_bytes(body, 16);
    } else {
        oa_cursor_skip(body, 1); /* cancel count */
        has_eeinfo = oa_cursor_u8(body) & FAULT_HAS_EEINFO && pdu->header.ptype == OA_RPC_FAULT;
    }
    if (pdu->header.ptype == OA_RPC_FAULT) {
        pdu->fault_status = oa_cursor_u32(body);
        if (oa_cursor_left(body) >= 4)
            oa_cursor_skip(body, 4);
    }
    pdu->stub_length = oa_cursor_left(body);
    pdu->stub = oa_cursor_bytes(body, pdu->stub_length);
    if (has_eeinfo && pdu->stub_length) {
        /* alloc_hint counts from the start of the PDU, [MS-RPCE] 2.2.2.8; a smaller value is not a
         * length. */
        size_t size = pdu->alloc_hint >= FAULT_SIZE ? pdu->alloc_hint - FAULT_SIZE : SIZE_MAX;
        pdu->eeinfo = pdu->stub;
        pdu->eeinfo_length = size < pdu->stub_length ? size : pdu->stub_length;
    }
}

/*
 * [C706] 12.6.4.5, [MS-RPCE] 2.2.2.9: a signature marks the extended error information that follows
 * the protocol versions. Its alignment is not specified: all offsets of the next 8 bytes are tried.
 */
static void
read_bind_nak(struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    static const uint8_t SIGNATURE[16] = { 0x20, 0x03, 0x74, 0x90, 0xd0, 0xfa, 0xd3, 0x11,
                                           0x82, 0xd7, 0x00, 0x90, 0x27, 0xb1, 0x30, 0xab };
    pdu->reject_reason = oa_cursor_u16(body);
    struct oa_cursor more = *body; /* old senders end here */
    oa_cursor_skip(&more, 2 * (size_t)oa_cursor_u8(&more));
    for (unsigned pad = 0; pad < 8; pad++) {
        struct oa_cursor here = more;
        uint8_t signature[16] = { 0 };

        oa_cursor_skip(&here, pad);
        read_uuid(&here, signature);
        if (memcmp(signature, SIGNATURE, sizeof signature) != 0)
            continue;
        pdu->eeinfo_length = oa_cursor_left(&here);
        pdu->eeinfo = oa_cursor_bytes(&here, pdu->eeinfo_length);
        return;
    }
}

/* [MS-RPCE] 2.2.2.11: the trailer is located from the end of the PDU, not by alignment. Removes it
 * and the padding from `body`. */
static void
read_verifier(const uint8_t *data, struct oa_cursor *body, struct oa_rpc_pdu *pdu)
{
    size_t value_at = (size_t)pdu->header.frag_length - pdu->header.auth_length;
    struct oa_cursor trailer =
        oa_cursor_over(data + value_at - OA_RPC_TRAILER_SIZE, OA_RPC_TRAILER_SIZE);
    struct oa_rpc_verifier *verifier = &pdu->verifier;

    trailer.big_endian = pdu->header.big_endian;
    verifier->present = true;
    verifier->type = oa_cursor_u8(&trailer);
    verifier->level = oa_cursor_u8(&trailer);
    verifier->pad_length = oa_cursor_u8(&trailer);
    oa_cursor_skip(&trailer, 1);
    verifier->context_id = oa_cursor_u32(&trailer);
    verifier->value = data + value_at;
    verifier->value_length = pdu->header.auth_length;
    body->length = value_at - OA_RPC_TRAILER_SIZE - OA_RPC_HEADER_SIZE;
    if (verifier->pad_length <= body->length)
        body->length -= verifier->pad_length;
    else
        pdu->is_short = true;
}

bool
oa_rpc_parse(const uint8_t *data, size_t length, struct oa_rpc_pdu *pdu)
{
    return oa_rpc_parse_beginning(data, length, pdu) && length >= pdu->header.frag_length;
}

static void
clear_pdu(struct oa_rpc_pdu *pdu)
{
    memset(pdu, 0, offsetof(struct oa_rpc_pdu, contexts)); /* the rest is most of it */
}

/* All but the header. */
static void
read_pdu(const uint8_t *data, size_t length, struct oa_rpc_pdu *pdu)
{
    bool is_whole = length >= pdu->header.frag_length;
    struct oa_cursor body =
        oa_cursor_over(data + OA_RPC_HEADER_SIZE,
                       (is_whole ? pdu->header.frag_length : length) - OA_RPC_HEADER_SIZE);
    body.big_endian = pdu->header.big_endian;
    if (is_whole && pdu->header.auth_length && pdu->header.ptype != OA_RPC_RTS)
        read_verifier(data, &body, pdu);
    pdu->is_short |= !is_whole;
    switch (pdu->header.ptype) {
    case OA_RPC_REQUEST:
    case OA_RPC_RESPONSE:
    case OA_RPC_FAULT:
        read_call(&body, pdu);
        break;
    case OA_RPC_BIND:
    case OA_RPC_ALTER_CONTEXT:
        read_bind(&body, pdu);
        break;
    case OA_RPC_BIND_ACK:
    case OA_RPC_ALTER_CONTEXT_RESP:
        read_bind_ack(&body, pdu);
        break;
    case OA_RPC_BIND_NAK:
        read_bind_nak(&body, pdu);
        break;
    default:
        break;
    }
    pdu->is_short |= body.is_short;
}

bool
oa_rpc_parse_beginning(const uint8_t *data, size_t length, struct oa_rpc_pdu *pdu)
{
    clear_pdu(pdu);
    if (!oa_rpc_header_parse(data, length, &pdu->header))
        return false;
    read_pdu(data, length, pdu);
    return true;
}

void
oa_rpc_parse_rest(const uint8_t *data, size_t length, const struct oa_rpc_header *header,
                  struct oa_rpc_pdu *pdu)
{
    clear_pdu(pdu);
    pdu->header = *header;
    read_pdu(data, length, pdu);
}

bool
oa_rpc_is_ndr64(const struct oa_rpc_syntax *syntax)
{
    static const uint8_t NDR64[16] = { 0x33, 0x05, 0x71, 0x71, 0xba, 0xbe, 0x37, 0x49,
                                       0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36 };

    return memcmp(syntax->uuid, NDR64, sizeof NDR64) == 0;
}

const char *
oa_rpc_ptype_name(uint8_t ptype)
{
    return ptype < OA_RPC_PTYPES && PTYPES[ptype].name ? PTYPES[ptype].name : "unknown";
}

struct status_row {
    uint32_t code;
    const char *name;
};

static int
compare_status(const void *key, const void *row)
{
    uint32_t code = *(const uint32_t *)key;
    uint32_t other = ((const struct status_row *)row)->code;

    return code < other ? -1 : code > other;
}

const char *
oa_rpc_status_name(uint32_t status)
{
    static const struct status_row ROWS[] = {
#define OA_RPC_STATUS(code, name) { code, name },
#include "rpc/rpc_status.def"
#undef OA_RPC_STATUS
    };
    const struct status_row *row =
        bsearch(&status, ROWS, sizeof ROWS / sizeof ROWS[0], sizeof ROWS[0], compare_status);

    return row ? row->name : NULL;
}

const char *
oa_rpc_auth_type_name(uint8_t type)
{
    switch (type) {
    case 0:
        return "none";
    case 9:
        return "SPNEGO";
    case 10:
        return "NTLM";
    case 14:
        return "SCHANNEL";
    case 16:
        return "Kerberos";
    case 0x44:
        return "Netlogon";
    default:
        return "";
    }
}

const char *
oa_rpc_auth_level_name(uint8_t level)
{
    /* clang-format off */
    static const char *const NAMES[] = {
        [0] = "default",
        [1] = "none",
        [2] = "connect",
        [3] = "call",
        [4] = "packet",
        [5] = "packet integrity",
        [6] = "packet privacy",
    };
    /* clang-format on */

    return level < sizeof NAMES / sizeof NAMES[0] ? NAMES[level] : "";
}

/* [C706] 12.6.3.1, [MS-RPCE] 2.2.2.5 */
const char *
oa_rpc_reject_reason_name(uint16_t reason)
{
    static const char *const NAMES[] = {
        "not specified",
        "temporary congestion",
        "local limit exceeded",
        "called address unknown",
        "protocol version not supported",
        "default context not supported",
        "user data not readable",
        "no PSAP available",
        "authentication type not recognised",
        "invalid checksum",
    };

    return reason < sizeof NAMES / sizeof NAMES[0] ? NAMES[reason] : "unknown";
}
