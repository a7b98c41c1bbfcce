/* exported_pdu.h
 * A PDU that Wireshark exported, out of a frame of link type Wireshark Upper PDU: tags, then the
 * bytes that a dissector was given.
 * [Wireshark wsutil/exported_pdu_tlvs.h]
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
    struct oa_endpoint source, destination; /* addresses that were not exported are all 0 */
    uint32_t frame;                         /* in the capture it comes from; 0 not exported */
    bool is_data;        /* for the dissector "data", which never waits for more */
    bool has_sequence;   /* exported by TCP, with the sequence numbers: */
    bool is_reassembled; /* of several segments */
    uint32_t sequence;   /* of the first byte */
    const uint8_t *data;
    size_t length;
};

/*
 * Parses the frame `data` of `length` bytes; `pdu->data` points into it. False if the tags are not
 * whole, or if the PDU was not carried by TCP. Tags that are not known are skipped.
 */
bool exported_pdu_parse(const uint8_t *data, size_t length, struct exported_pdu *pdu);

#endif
