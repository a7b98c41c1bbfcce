/* rts.h
 * RTS PDUs: the header, the 15 commands, and which of the 50 named PDUs one is.
 * [MS-RPCH] 2.2.3.5 (commands), 2.2.3.6 (header), 2.2.4 (PDUs)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_RTS_H
#define OA_RTS_H

#include "base/cursor.h"

#define OA_COOKIE_SIZE 16
#define OA_RTS_HEADER_SIZE 20

/* No named PDU has more commands. */
#define OA_RTS_COMMANDS_MAX 7

struct oa_cookie {
    uint8_t bytes[OA_COOKIE_SIZE];
};

/* [MS-RPCH] 2.2.3.6.1; written as bits, but compared as a whole. */
enum oa_rts_flag {
    OA_RTS_FLAG_PING = 0x0001,
    OA_RTS_FLAG_OTHER_CMD = 0x0002,
    OA_RTS_FLAG_RECYCLE_CHANNEL = 0x0004,
    OA_RTS_FLAG_IN_CHANNEL = 0x0008,
    OA_RTS_FLAG_OUT_CHANNEL = 0x0010,
    OA_RTS_FLAG_EOF = 0x0020,
    OA_RTS_FLAG_ECHO = 0x0040,
};

/* [MS-RPCH] 2.2.3.5 */
enum oa_rts_command_type {
    OA_RTS_RECEIVE_WINDOW_SIZE,
    OA_RTS_FLOW_CONTROL_ACK_COMMAND,
    OA_RTS_CONNECTION_TIMEOUT,
    OA_RTS_COOKIE,
    OA_RTS_CHANNEL_LIFETIME,
    OA_RTS_CLIENT_KEEPALIVE,
    OA_RTS_VERSION,
    OA_RTS_EMPTY,
    OA_RTS_PADDING,
    OA_RTS_NEGATIVE_ANCE,
    OA_RTS_ANCE,
    OA_RTS_CLIENT_ADDRESS,
    OA_RTS_ASSOCIATION_GROUP_ID,
    OA_RTS_DESTINATION,
    OA_RTS_PING_TRAFFIC_SENT,
    OA_RTS_COMMAND_TYPES
};

/* [MS-RPCH] 2.2.3.3 */
enum oa_rts_destination {
    OA_RTS_FD_CLIENT,
    OA_RTS_FD_IN_PROXY,
    OA_RTS_FD_SERVER,
    OA_RTS_FD_OUT_PROXY,
};

enum oa_rts_place {
    OA_RTS_IN_REQUEST = 0x001,    /* client to inbound proxy, body of the IN request */
    OA_RTS_OUT_REQUEST = 0x002,   /* client to outbound proxy, body of the OUT request */
    OA_RTS_OUT_RESPONSE = 0x004,  /* outbound proxy to client, body of the OUT response */
    OA_RTS_ECHO_RESPONSE = 0x008, /* proxy to client, body of the response to an echo request */
    OA_RTS_IN_PROXY = 0x010,      /* inbound proxy to server, TCP */
    OA_RTS_IN_SERVER = 0x020,     /* server to inbound proxy, TCP */
    OA_RTS_OUT_PROXY = 0x040,     /* outbound proxy to server, TCP */
    OA_RTS_OUT_SERVER = 0x080,    /* server to outbound proxy, TCP */
};

enum oa_rts_pdu {
    OA_RTS_UNKNOWN,
#define OA_RTS_STEP(sequence, step, flags, places, n_commands, ...) OA_RTS_##sequence##_##step,
#define OA_RTS_PDU(id, name, flags, places, n_commands, ...) OA_RTS_##id,
#include "rpc/rts_pdus.def"
#undef OA_RTS_STEP
#undef OA_RTS_PDU
    OA_RTS_PDUS
};

/* [MS-RPCH] 3.2.1.5 */
enum oa_rts_sequence {
    OA_RTS_SEQUENCE_NONE,
    OA_RTS_SEQUENCE_CONN, /* establishment of a virtual connection */
    OA_RTS_SEQUENCE_IN_R1,
    OA_RTS_SEQUENCE_IN_R2,
    OA_RTS_SEQUENCE_OUT_R1,
    OA_RTS_SEQUENCE_OUT_R2,
};

enum oa_recycle_type {
    OA_RECYCLE_UNDECIDED,
    OA_RECYCLE_R1, /* the successor goes to a proxy that does not know the virtual connection */
    OA_RECYCLE_R2, /* the successor goes to the same proxy */
};

struct oa_rts_address {
    bool is_ipv6;
    bool sockaddr_form; /* the 16 or 28 bytes are the image of a sockaddr, as seen in captures,
                           instead of the address first, as in the document */
    bool padding_used;  /* bytes other than the address are not zero */
    uint8_t bytes[16];  /* 4 or 16, in network order; in the document's form as on the wire */
};

struct oa_rts_ack {
    uint32_t bytes_received;
    uint32_t available_window;
    struct oa_cookie cookie;
};

struct oa_rts_command {
    uint32_t type; /* enum oa_rts_command_type, or something else */
    size_t offset; /* from the start of the PDU */
    size_t length; /* with the 4 bytes of the type */
    union {
        uint32_t number; /* window, timeout (ms), lifetime, keepalive (ms), version, padding count,
                            destination, ping bytes */
        struct oa_cookie cookie; /* Cookie, AssociationGroupId */
        struct oa_rts_ack ack;
        struct oa_rts_address address;
    } value;
};

struct oa_rts {
    uint16_t flags;
    uint16_t n_commands; /* as announced */
    size_t length;       /* frag_length */
    unsigned n_parsed;   /* commands kept below */
    struct oa_rts_command commands[OA_RTS_COMMANDS_MAX];
    bool is_complete;        /* all announced commands were read, and they fill the PDU exactly */
    bool is_cut;             /* only of oa_rts_parse_cut(): the last of them are missing */
    size_t cut_cookie_bytes; /* of the command behind those kept, if it is a cookie that is cut; 0:
                                too few to tell cookies apart */
    struct oa_cookie cut_cookie; /* these bytes */
};

/* The form of a command's body. */
enum oa_rts_shape {
    OA_RTS_SHAPE_NONE,
    OA_RTS_SHAPE_NUMBER,
    OA_RTS_SHAPE_COOKIE,
    OA_RTS_SHAPE_ACK,
    OA_RTS_SHAPE_PADDING,
    OA_RTS_SHAPE_ADDRESS,
};

struct oa_rts_command_row {
    const char *name;
    enum oa_rts_shape shape;
};

struct oa_rts_pdu_row {
    const char *name; /* "CONN/A1" */
    enum oa_rts_sequence sequence;
    uint16_t step; /* of the sequence: 0xA1 for A1, 0xA10 for A10; 0: none */
    uint16_t flags;
    uint16_t places; /* enum oa_rts_place, where it is legal */
    uint8_t n_commands;
    uint8_t commands[OA_RTS_COMMANDS_MAX];
};

/* Rows by enum oa_rts_command_type and by enum oa_rts_pdu (row 0 is "Unknown RTS PDU"). */
extern const struct oa_rts_command_row OA_RTS_COMMAND_ROWS[OA_RTS_COMMAND_TYPES];
extern const struct oa_rts_pdu_row OA_RTS_PDU_ROWS[OA_RTS_PDUS];

/*
 * Reads the command at the cursor, which covers one PDU. Returns false at the end of the PDU, for a
 * command of unknown size (undefined type or address family; command->length is then 4, or what was
 * read), and when bytes are missing; `cursor` shows which of them it was.
 */
bool oa_rts_command_next(struct oa_cursor *cursor, struct oa_rts_command *command);

/* Parses a whole RTS PDU; `length` is its frag_length. Returns false if it is shorter than a
 * header. */
bool oa_rts_parse(const uint8_t *pdu, size_t length, struct oa_rts *rts);

/* The same for the first bytes of an RTS PDU, as far as they go; its signature then need only begin
 * as that of a named PDU does. */
bool oa_rts_parse_cut(const uint8_t *pdu, size_t length, struct oa_rts *rts);

/* Whether the command's number is in the range that [MS-RPCH] 2.2.3.5 allows; true for commands
 * without a range. */
bool oa_rts_in_range(const struct oa_rts_command *command);

/* The n-th command of that type (from 0), or NULL. */
const struct oa_rts_command *oa_rts_find(const struct oa_rts *rts, enum oa_rts_command_type type,
                                         unsigned nth);

/*
 * A PDU's name. Two PDUs can have the same signature, and only the type of the recycling tells them
 * apart: `r1` and `r2` are then different, else equal. `unexpected` is set when a PDU of that
 * signature exists but is not legal at that place.
 */
struct oa_rts_name {
    enum oa_rts_pdu r1, r2;
    bool unexpected;
};

/* Whether its flags and commands are those of the named PDU, wherever it was found. */
bool oa_rts_has_signature(const struct oa_rts *rts, enum oa_rts_pdu pdu);

/* Names a PDU by signature and place, [MS-RPCH] 2.2.4. `places` may be several, if the exact place
 * is not known yet. */
struct oa_rts_name oa_rts_identify(const struct oa_rts *rts, unsigned places);

/* The one PDU it is; OA_RTS_UNKNOWN while undecided. */
enum oa_rts_pdu oa_rts_name_pdu(struct oa_rts_name name, enum oa_recycle_type type);

/* The name as text: "CONN/A1", or while undecided "OUT_R?/A2", "IN_R1/A6 or IN_R2/A2". */
#define OA_RTS_NAME_TEXT 48
void oa_rts_name_text(struct oa_rts_name name, enum oa_recycle_type type,
                      char out[OA_RTS_NAME_TEXT]);

const char *oa_rts_destination_name(uint32_t destination);

#endif
