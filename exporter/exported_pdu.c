/* exported_pdu.c
 * A PDU exported by Wireshark: its tags.
 * [Wireshark wsutil/exported_pdu_tlvs.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "exported_pdu.h"

#include <wireshark.h>

#include <string.h>

#include <wsutil/exported_pdu_tlvs.h>

#include "base/cursor.h"

#define TCP_INFO_VERSION 1

/* Tags that are needed only while parsing. */
struct tags {
    bool is_tcp;            /* the port type */
    uint32_t next_sequence; /* after the segment that completed the PDU */
};

/* A string may be followed by any number of zeros. */
static bool
is_text(struct oa_cursor value, const char *text)
{
    size_t length = value.length;

    while (length > 0 && value.data[length - 1] == 0)
        length--;
    return length == strlen(text) && memcmp(value.data, text, length) == 0;
}

static void
take_address(struct oa_cursor *value, size_t size, struct oa_endpoint *endpoint)
{
    static const uint8_t MAPPED[16] = { [10] = 0xff, [11] = 0xff };
    const uint8_t *bytes = oa_cursor_bytes(value, size);

    if (!bytes)
        return;
    memcpy(endpoint->address, MAPPED, sizeof MAPPED);
    memcpy(endpoint->address + sizeof MAPPED - size, bytes, size);
}

/* Ports have four bytes for the sake of other protocols. */
static void
take_port(struct oa_cursor *value, struct oa_endpoint *endpoint)
{
    uint32_t port = oa_cursor_u32(value);

    endpoint->port = (uint16_t)port;
    value->is_short |= port > UINT16_MAX;
}

/* What TCP passes to the dissectors that it calls. */
static void
take_tcp_info(struct oa_cursor *value, struct exported_pdu *pdu, struct tags *tags)
{
    uint16_t version = oa_cursor_u16(value);

    if (version != TCP_INFO_VERSION)
        return;
    pdu->sequence = oa_cursor_u32(value);
    tags->next_sequence = oa_cursor_u32(value);
    oa_cursor_skip(value, 4); /* the last acknowledgment */
    pdu->is_reassembled = oa_cursor_u8(value) != 0;
    pdu->has_sequence = !value->is_short;
}

static void
take_tag(uint16_t tag, struct oa_cursor *value, struct exported_pdu *pdu, struct tags *tags)
{
    switch (tag) {
    case EXP_PDU_TAG_DISSECTOR_NAME:
        pdu->is_data = is_text(*value, "data");
        break;
    case EXP_PDU_TAG_IPV4_SRC:
        take_address(value, EXP_PDU_TAG_IPV4_LEN, &pdu->source);
        break;
    case EXP_PDU_TAG_IPV4_DST:
        take_address(value, EXP_PDU_TAG_IPV4_LEN, &pdu->destination);
        break;
    case EXP_PDU_TAG_IPV6_SRC:
        take_address(value, EXP_PDU_TAG_IPV6_LEN, &pdu->source);
        break;
    case EXP_PDU_TAG_IPV6_DST:
        take_address(value, EXP_PDU_TAG_IPV6_LEN, &pdu->destination);
        break;
    case EXP_PDU_TAG_PORT_TYPE:
        tags->is_tcp = oa_cursor_u32(value) == EXP_PDU_PT_TCP;
        break;
    case EXP_PDU_TAG_SRC_PORT:
        take_port(value, &pdu->source);
        break;
    case EXP_PDU_TAG_DST_PORT:
        take_port(value, &pdu->destination);
        break;
    case EXP_PDU_TAG_ORIG_FNO:
        pdu->frame = oa_cursor_u32(value);
        break;
    case EXP_PDU_TAG_TCP_INFO_DATA:
        take_tcp_info(value, pdu, tags);
        break;
    default:
        break;
    }
}

bool
exported_pdu_parse(const uint8_t *data, size_t length, struct exported_pdu *pdu)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);
    struct tags tags = { 0 };
    uint16_t tag;

    *pdu = (struct exported_pdu){ 0 };
    cursor.big_endian = true;
    do {
        tag = oa_cursor_u16(&cursor);
        struct oa_cursor value = oa_cursor_sub(&cursor, oa_cursor_u16(&cursor));
        take_tag(tag, &value, pdu, &tags);
        if (value.is_short)
            return false;
    } while (tag != EXP_PDU_TAG_END_OF_OPT);
    pdu->data = data + cursor.offset;
    pdu->length = length - cursor.offset;
    /* A PDU that was reassembled at the end of a connection has the number of its end. */
    if (pdu->sequence == tags.next_sequence)
        pdu->sequence -= (uint32_t)pdu->length;
    return tags.is_tcp;
}
