/* rts.c
 * RTS PDUs: the header, the 15 commands, and which of the 50 named PDUs one is.
 * [MS-RPCH] 2.2.3.5, 2.2.3.6, 2.2.4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpc/rts.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS_IPV4 0
#define ADDRESS_IPV6 1
#define ADDRESS_PADDING 12

const struct oa_rts_command_row OA_RTS_COMMAND_ROWS[OA_RTS_COMMAND_TYPES] = {
    [OA_RTS_RECEIVE_WINDOW_SIZE] = { "ReceiveWindowSize", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_FLOW_CONTROL_ACK_COMMAND] = { "FlowControlAck", OA_RTS_SHAPE_ACK },
    [OA_RTS_CONNECTION_TIMEOUT] = { "ConnectionTimeout", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_COOKIE] = { "Cookie", OA_RTS_SHAPE_COOKIE },
    [OA_RTS_CHANNEL_LIFETIME] = { "ChannelLifetime", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_CLIENT_KEEPALIVE] = { "ClientKeepalive", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_VERSION] = { "Version", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_EMPTY] = { "Empty", OA_RTS_SHAPE_NONE },
    [OA_RTS_PADDING] = { "Padding", OA_RTS_SHAPE_PADDING },
    [OA_RTS_NEGATIVE_ANCE] = { "NegativeANCE", OA_RTS_SHAPE_NONE },
    [OA_RTS_ANCE] = { "ANCE", OA_RTS_SHAPE_NONE },
    [OA_RTS_CLIENT_ADDRESS] = { "ClientAddress", OA_RTS_SHAPE_ADDRESS },
    [OA_RTS_ASSOCIATION_GROUP_ID] = { "AssociationGroupId", OA_RTS_SHAPE_COOKIE },
    [OA_RTS_DESTINATION] = { "Destination", OA_RTS_SHAPE_NUMBER },
    [OA_RTS_PING_TRAFFIC_SENT] = { "PingTrafficSentNotify", OA_RTS_SHAPE_NUMBER },
};

const struct oa_rts_pdu_row OA_RTS_PDU_ROWS[OA_RTS_PDUS] = {
    [OA_RTS_UNKNOWN] = { .name = "Unknown RTS PDU" },
#define OA_RTS_STEP(sequence, step, flags, places, n_commands, ...)                                \
    [OA_RTS_##sequence##_##step] = {                                                               \
        #sequence "/" #step, OA_RTS_SEQUENCE_##sequence, 0x##step, flags, places, n_commands,      \
        { __VA_ARGS__ }                                                                            \
    },
#define OA_RTS_PDU(id, name, flags, places, n_commands, ...)                                       \
    [OA_RTS_##id] = { name, OA_RTS_SEQUENCE_NONE, 0, flags, places, n_commands, { __VA_ARGS__ } },
#include "rpc/rts_pdus.def"
#undef OA_RTS_STEP
#undef OA_RTS_PDU
};

/*
 * Forms that the PDU's own section does not mention, but that follow from other sections or occur
 * in captures: the fill PDU may consist of Padding, A8 is A7 passed on unchanged, and a client may
 * send the short A7 in either recycling.
 */
static const struct {
    enum oa_rts_pdu pdu;
    uint8_t n_commands;
    uint8_t commands[OA_RTS_COMMANDS_MAX];
} OTHER_FORMS[] = {
    { OA_RTS_OUT_R2_C1, 1, { OA_RTS_PADDING } },
    { OA_RTS_OUT_R2_A7, 2, { OA_RTS_DESTINATION, OA_RTS_COOKIE } },
    { OA_RTS_OUT_R2_A8, 3, { OA_RTS_DESTINATION, OA_RTS_COOKIE, OA_RTS_VERSION } },
};

static bool
is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

/*
 * In the document, 12 bytes of padding follow the address; the only known Windows vector is a
 * sockaddr with family and port zeroed, and the address at sin_addr or sin6_addr. Leading zeros
 * followed by something else identify that form.
 */
static void
read_address(struct oa_cursor *cursor, struct oa_rts_address *address)
{
    uint32_t family = oa_cursor_u32(cursor);
    size_t size = family == ADDRESS_IPV6 ? 16 : 4;
    size_t shifted = family == ADDRESS_IPV6 ? 8 : 4;

    memset(address, 0, sizeof *address);
    if (family > ADDRESS_IPV6) {
        cursor->is_short = true;
        return;
    }
    const uint8_t *body = oa_cursor_bytes(cursor, size + ADDRESS_PADDING);
    if (!body)
        return;
    address->is_ipv6 = family == ADDRESS_IPV6;
    address->sockaddr_form = is_zero(body, shifted) && !is_zero(body + shifted, size);
    size_t at = address->sockaddr_form ? shifted : 0;
    memcpy(address->bytes, body + at, size);
    address->padding_used = !is_zero(body + at + size, size + ADDRESS_PADDING - at - size);
}

static void
read_cookie(struct oa_cursor *cursor, struct oa_cookie *cookie)
{
    const uint8_t *bytes = oa_cursor_bytes(cursor, OA_COOKIE_SIZE);

    if (bytes)
        memcpy(cookie->bytes, bytes, OA_COOKIE_SIZE);
}

bool
oa_rts_command_next(struct oa_cursor *cursor, struct oa_rts_command *command)
{
    memset(command, 0, sizeof *command);
    command->offset = cursor->offset;
    if (oa_cursor_left(cursor) == 0)
        return false;
    command->type = oa_cursor_u32(cursor);
    if (command->type >= OA_RTS_COMMAND_TYPES) {
        command->length = cursor->offset - command->offset;
        cursor->is_short = true;
        return false;
    }
    switch (OA_RTS_COMMAND_ROWS[command->type].shape) {
    case OA_RTS_SHAPE_NONE:
        break;
    case OA_RTS_SHAPE_NUMBER:
        command->value.number = oa_cursor_u32(cursor);
        break;
    case OA_RTS_SHAPE_PADDING:
        command->value.number = oa_cursor_u32(cursor);
        oa_cursor_skip(cursor, command->value.number);
        break;
    case OA_RTS_SHAPE_COOKIE:
        read_cookie(cursor, &command->value.cookie);
        break;
    case OA_RTS_SHAPE_ACK:
        command->value.ack.bytes_received = oa_cursor_u32(cursor);
        command->value.ack.available_window = oa_cursor_u32(cursor);
        read_cookie(cursor, &command->value.ack.cookie);
        break;
    case OA_RTS_SHAPE_ADDRESS:
        read_address(cursor, &command->value.address);
        break;
    }
    command->length = cursor->offset - command->offset;
    return !cursor->is_short;
}

bool
oa_rts_parse(const uint8_t *pdu, size_t length, struct oa_rts *rts)
{
    struct oa_cursor cursor = oa_cursor_over(pdu, length);
    struct oa_rts_command command;
    unsigned seen = 0;

    memset(rts, 0, sizeof *rts);
    oa_cursor_skip(&cursor, 16);
    rts->flags = oa_cursor_u16(&cursor);
    rts->n_commands = oa_cursor_u16(&cursor);
    rts->length = length;
    if (cursor.is_short)
        return false;
    while (seen < rts->n_commands && oa_rts_command_next(&cursor, &command)) {
        if (rts->n_parsed < OA_RTS_COMMANDS_MAX)
            rts->commands[rts->n_parsed++] = command;
        seen++;
    }
    rts->is_complete = seen == rts->n_commands && cursor.offset == length;
    return true;
}

/* So many bytes tell cookies apart, which are random. */
#define COOKIE_BYTES_MIN 8

/* Takes what is left of the first command that is not whole. */
static void
read_cut_cookie(const uint8_t *pdu, size_t length, struct oa_rts *rts)
{
    const struct oa_rts_command *last = rts->n_parsed ? &rts->commands[rts->n_parsed - 1] : NULL;
    struct oa_cursor cursor = oa_cursor_over(pdu, length);

    oa_cursor_skip(&cursor, last ? last->offset + last->length : OA_RTS_HEADER_SIZE);
    if (rts->n_parsed >= rts->n_commands || oa_cursor_u32(&cursor) != OA_RTS_COOKIE)
        return;
    size_t left = oa_cursor_left(&cursor);
    const uint8_t *bytes = oa_cursor_bytes(&cursor, left);
    if (!bytes || left < COOKIE_BYTES_MIN || left >= OA_COOKIE_SIZE)
        return;
    rts->cut_cookie_bytes = left;
    memcpy(rts->cut_cookie.bytes, bytes, left);
}

bool
oa_rts_parse_cut(const uint8_t *pdu, size_t length, struct oa_rts *rts)
{
    if (!oa_rts_parse(pdu, length, rts))
        return false;
    rts->is_cut = true;
    rts->is_complete = false;
    read_cut_cookie(pdu, length, rts);
    return true;
}

bool
oa_rts_in_range(const struct oa_rts_command *command)
{
    uint32_t number = command->value.number;

    switch (command->type) {
    case OA_RTS_RECEIVE_WINDOW_SIZE:
        return number >= 0x2000 && number <= 0x40000;
    case OA_RTS_CONNECTION_TIMEOUT:
        return number >= 120000 && number <= 14400000;
    case OA_RTS_CHANNEL_LIFETIME:
        return number >= 0x20000 && number <= 0x80000000;
    case OA_RTS_CLIENT_KEEPALIVE:
        return number == 0 || number >= 60000;
    case OA_RTS_PADDING:
        return number <= 0xFFFF;
    case OA_RTS_DESTINATION:
        return number <= OA_RTS_FD_OUT_PROXY;
    default:
        return true;
    }
}

const struct oa_rts_command *
oa_rts_find(const struct oa_rts *rts, enum oa_rts_command_type type, unsigned nth)
{
    for (unsigned i = 0; i < rts->n_parsed; i++)
        if (rts->commands[i].type == (uint32_t)type && nth-- == 0)
            return &rts->commands[i];
    return NULL;
}

static bool
has_commands(const struct oa_rts *rts, const uint8_t *types, unsigned n_types)
{
    if (rts->n_commands != n_types || (rts->n_parsed != n_types && !rts->is_cut))
        return false;
    for (unsigned i = 0; i < rts->n_parsed; i++)
        if (rts->commands[i].type != types[i])
            return false;
    return true;
}

bool
oa_rts_has_signature(const struct oa_rts *rts, enum oa_rts_pdu pdu)
{
    const struct oa_rts_pdu_row *row = &OA_RTS_PDU_ROWS[pdu];

    if (rts->flags != row->flags)
        return false;
    if (has_commands(rts, row->commands, row->n_commands))
        return true;
    for (size_t i = 0; i < sizeof OTHER_FORMS / sizeof OTHER_FORMS[0]; i++)
        if (OTHER_FORMS[i].pdu == pdu &&
            has_commands(rts, OTHER_FORMS[i].commands, OTHER_FORMS[i].n_commands))
            return true;
    return false;
}

static bool
belongs_to_r2(enum oa_rts_pdu pdu)
{
    enum oa_rts_sequence sequence = OA_RTS_PDU_ROWS[pdu].sequence;

    return sequence == OA_RTS_SEQUENCE_IN_R2 || sequence == OA_RTS_SEQUENCE_OUT_R2;
}

/* Two PDUs of different steps have the signature. */
static bool
is_ambiguous(struct oa_rts_name name)
{
    uint16_t step1 = OA_RTS_PDU_ROWS[name.r1].step;
    uint16_t step2 = OA_RTS_PDU_ROWS[name.r2].step;

    return step1 && step2 && step1 != step2;
}

struct oa_rts_name
oa_rts_identify(const struct oa_rts *rts, unsigned places)
{
    struct oa_rts_name name = { OA_RTS_UNKNOWN, OA_RTS_UNKNOWN, false };
    struct oa_rts_name elsewhere = name;

    for (unsigned pdu = OA_RTS_UNKNOWN + 1; pdu < OA_RTS_PDUS; pdu++) {
        if (!oa_rts_has_signature(rts, (enum oa_rts_pdu)pdu))
            continue;
        struct oa_rts_name *found = OA_RTS_PDU_ROWS[pdu].places & places ? &name : &elsewhere;
        if (belongs_to_r2((enum oa_rts_pdu)pdu)) {
            if (found->r2 == OA_RTS_UNKNOWN || found->r2 == found->r1)
                found->r2 = (enum oa_rts_pdu)pdu;
        } else if (found->r1 == OA_RTS_UNKNOWN) {
            found->r1 = (enum oa_rts_pdu)pdu;
        }
    }
    if (name.r1 == OA_RTS_UNKNOWN && name.r2 == OA_RTS_UNKNOWN) {
        bool exists = elsewhere.r1 != OA_RTS_UNKNOWN || elsewhere.r2 != OA_RTS_UNKNOWN;
        if (!is_ambiguous(elsewhere))
            name = elsewhere;
        name.unexpected = exists;
    }
    if (name.r1 == OA_RTS_UNKNOWN)
        name.r1 = name.r2;
    else if (name.r2 == OA_RTS_UNKNOWN)
        name.r2 = name.r1;
    return name;
}

enum oa_rts_pdu
oa_rts_name_pdu(struct oa_rts_name name, enum oa_recycle_type type)
{
    if (name.r1 == name.r2 || type == OA_RECYCLE_R1)
        return name.r1;
    return type == OA_RECYCLE_R2 ? name.r2 : OA_RTS_UNKNOWN;
}

void
oa_rts_name_text(struct oa_rts_name name, enum oa_recycle_type type, char out[OA_RTS_NAME_TEXT])
{
    const struct oa_rts_pdu_row *r1 = &OA_RTS_PDU_ROWS[name.r1];
    const struct oa_rts_pdu_row *r2 = &OA_RTS_PDU_ROWS[name.r2];

    if (name.r1 == name.r2 || type != OA_RECYCLE_UNDECIDED)
        snprintf(out, OA_RTS_NAME_TEXT, "%s", OA_RTS_PDU_ROWS[oa_rts_name_pdu(name, type)].name);
    else if (r1->step && r1->step == r2->step)
        snprintf(out, OA_RTS_NAME_TEXT, "%s_R?/%X",
                 r1->sequence == OA_RTS_SEQUENCE_IN_R1 ? "IN" : "OUT", r1->step);
    else
        snprintf(out, OA_RTS_NAME_TEXT, "%s or %s", r1->name, r2->name);
}

const char *
oa_rts_destination_name(uint32_t destination)
{
    static const char *const NAMES[] = {
        [OA_RTS_FD_CLIENT] = "FDClient",
        [OA_RTS_FD_IN_PROXY] = "FDInProxy",
        [OA_RTS_FD_SERVER] = "FDServer",
        [OA_RTS_FD_OUT_PROXY] = "FDOutProxy",
    };
    return destination < sizeof NAMES / sizeof NAMES[0] ? NAMES[destination] : "unknown";
}
