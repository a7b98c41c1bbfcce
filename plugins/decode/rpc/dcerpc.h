/* dcerpc.h
 * Connection-oriented DCE/RPC PDUs: header, bodies, verifiers.
 * [C706] 12.6, [MS-RPCE] 2.2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_DCERPC_H
#define OA_DCERPC_H

#include "base/cursor.h"
#include "base/ground.h"

#define OA_RPC_HEADER_SIZE 16
#define OA_RPC_TRAILER_SIZE 8

/* How many presentation contexts and results of one PDU are kept; Outlook proposes two or three. */
#define OA_RPC_CONTEXTS_MAX 16

enum oa_rpc_ptype {
    OA_RPC_REQUEST = 0,
    OA_RPC_RESPONSE = 2,
    OA_RPC_FAULT = 3,
    OA_RPC_BIND = 11,
    OA_RPC_BIND_ACK = 12,
    OA_RPC_BIND_NAK = 13,
    OA_RPC_ALTER_CONTEXT = 14,
    OA_RPC_ALTER_CONTEXT_RESP = 15,
    OA_RPC_AUTH3 = 16,
    OA_RPC_SHUTDOWN = 17,
    OA_RPC_CO_CANCEL = 18,
    OA_RPC_ORPHANED = 19,
    OA_RPC_RTS = 20,
    OA_RPC_PTYPES
};

enum oa_rpc_flag {
    OA_RPC_FIRST_FRAG = 0x01,
    OA_RPC_LAST_FRAG = 0x02,
    OA_RPC_OBJECT_UUID = 0x80,
};

/* [MS-RPCE] 2.2.1.1.7, 2.2.1.1.8 */
enum oa_rpc_auth_level {
    OA_RPC_LEVEL_NONE = 1,
    OA_RPC_LEVEL_CONNECT = 2,
    OA_RPC_LEVEL_CALL = 3,
    OA_RPC_LEVEL_PKT = 4,
    OA_RPC_LEVEL_PKT_INTEGRITY = 5,
    OA_RPC_LEVEL_PKT_PRIVACY = 6,
};

struct oa_rpc_header {
    uint8_t minor;
    uint8_t ptype;
    uint8_t flags;
    bool big_endian;
    uint16_t frag_length;
    uint16_t auth_length;
    uint32_t call_id;
};

struct oa_rpc_syntax {
    uint8_t uuid[16]; /* little-endian wire form, whatever the PDU's byte order */
    uint16_t major, minor;
};

struct oa_rpc_context {
    uint16_t id;
    uint8_t n_transfer_syntaxes;
    struct oa_rpc_syntax abstract_syntax;
    struct oa_rpc_syntax transfer_syntax; /* the first one proposed */
};

struct oa_rpc_result {
    uint16_t result;
    uint16_t reason;
    struct oa_rpc_syntax transfer_syntax;
};

struct oa_rpc_verifier {
    bool present;
    uint8_t type;
    uint8_t level;
    uint8_t pad_length;
    uint32_t context_id;
    const uint8_t *value; /* auth_value, in the PDU's bytes */
    size_t value_length;
};

/* header.ptype determines which members are set. Pointers point into the PDU's bytes. */
struct oa_rpc_pdu {
    struct oa_rpc_header header;
    bool is_short; /* the PDU is shorter than its body; what could be read is set */

    /* request, response, fault */
    uint32_t alloc_hint;
    uint16_t context_id;
    uint16_t opnum;
    const uint8_t *object_uuid;
    uint32_t fault_status;
    const uint8_t *stub; /* without auth padding */
    size_t stub_length;

    /* bind, bind_ack, alter_context, alter_context_resp */
    uint16_t max_xmit_frag, max_recv_frag;
    uint32_t assoc_group_id;
    unsigned n_contexts, n_results; /* kept below */

    /* bind_nak */
    uint16_t reject_reason;

    /* fault, bind_nak: input for oa_eeinfo_parse(); NULL when there is none */
    const uint8_t *eeinfo;
    size_t eeinfo_length;

    struct oa_rpc_verifier verifier;

    /* Only those that are counted above are set. */
    struct oa_rpc_context contexts[OA_RPC_CONTEXTS_MAX];
    struct oa_rpc_result results[OA_RPC_CONTEXTS_MAX];
};

/*
 * Parses the common header: version 5.0 or 5.1, a connection-oriented PTYPE, a known data
 * representation, and consistent lengths. `length` may be less than that of the PDU. Returns false
 * if the bytes are not such a header, or if there are fewer than 16 of them.
 */
bool oa_rpc_header_parse(const uint8_t *data, size_t length, struct oa_rpc_header *header);

/* Who sends PDUs of that type; `otherwise` if both sides do. [C706] 12.6.4, [MS-RPCH] 2.2.3.6 */
enum oa_side oa_rpc_sender(enum oa_rpc_ptype ptype, enum oa_side otherwise);

/* Whether the bytes could be the start of a PDU header; there may be fewer than a header has. */
bool oa_rpc_may_be_header(const uint8_t *data, size_t length);

/* Parses a whole PDU of frag_length bytes. Returns false if it has no valid header, or if bytes are
 * missing. */
bool oa_rpc_parse(const uint8_t *data, size_t length, struct oa_rpc_pdu *pdu);

/* The same for the first bytes of a PDU: parses as much of the body as is there, but not the
 * verifier, which comes last. is_short is set when bytes are missing. */
bool oa_rpc_parse_beginning(const uint8_t *data, size_t length, struct oa_rpc_pdu *pdu);

/* The same where oa_rpc_header_parse() has read the header, which is in the bytes too. */
void oa_rpc_parse_rest(const uint8_t *data, size_t length, const struct oa_rpc_header *header,
                       struct oa_rpc_pdu *pdu);

/* Whether the transfer syntax is NDR64, of any version. [MS-RPCE] 2.2.5.1 */
bool oa_rpc_is_ndr64(const struct oa_rpc_syntax *syntax);

/* "request", "bind_ack"; "unknown" for types that only the connectionless protocol has. */
const char *oa_rpc_ptype_name(uint8_t ptype);

/* Name of a fault status or Win32 error ("nca_op_rng_error"), or NULL if it is not in the table. */
const char *oa_rpc_status_name(uint32_t status);

/* "NTLM", "SPNEGO", ... and "connect", "packet privacy", ...; "" when unknown. */
const char *oa_rpc_auth_type_name(uint8_t type);
const char *oa_rpc_auth_level_name(uint8_t level);

/* Why a bind_nak rejects: "authentication type not recognised"; "unknown" beyond the table. */
const char *oa_rpc_reject_reason_name(uint16_t reason);

#endif
