/* exported_pdu.h
 * A PDU exported by Wireshark, in a frame of link type Wireshark Upper PDU: tags, then the bytes
 * that were passed to a dissector. [Wireshark wsutil/exported_pdu_tlvs.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXPORTED_PDU_H
#define EXPORTED_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ground.h"

struct exported_pdu {
    struct oa_endpoint source, destination; /* addresses are 0 if not exported */
    uint32_t frame;                         /* number in the original capture; 0 if not exported */
    bool is_data;        /* for the dissector "data", which never waits for more bytes */
    bool has_sequence;   /* exported by TCP, with: */
    bool is_reassembled; /* from several segments */
    uint32_t sequence;   /* of the first byte */
    const uint8_t *data;
    size_t length;
};

/*
 * Parses the frame `data` of `length` bytes; `pdu->data` points into it. False if the tags are
 * incomplete or the PDU was not carried by TCP. Unknown tags are skipped.
 */
bool exported_pdu_parse(const uint8_t *data, size_t length, struct exported_pdu *pdu);

#endif
