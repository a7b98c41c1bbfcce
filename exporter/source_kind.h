/* source_kind.h
 * A kind of source: what it takes to turn the frames of some link types into flows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_KIND_H
#define SOURCE_KIND_H

#include "capture_reader.h"
#include "flow.h"
#include "source_result.h"

struct source_kind {
    bool (*reads)(int encap);            /* WTAP_ENCAP_* */
    void *(*begin)(struct flows *flows); /* returns what the others are given */
    void (*frame)(void *self, const struct capture_frame *frame); /* of a link type it reads */
    /* Closes all flows in order of their numbers, adds what it has counted, and frees. */
    void (*end)(void *self, struct source_result *result);
};

extern const struct source_kind NATIVE_SOURCE, /* captured packets: IP and TCP */
    PDU_SOURCE;                                /* PDUs that Wireshark exported */

#endif
