/* source_kind.h
 * A kind of source: what it takes to turn the frames of some link types into flows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_KIND_H
#define SOURCE_KIND_H

#include "capture_reader.h"
#include "flow.h"

struct source_kind {
    void *(*begin)(struct flows *flows); /* returns what the others are given */
    bool (*frame)(void *self,
                  const struct capture_frame *frame); /* false: of a link type it does not read */
    void (*end)(void *self); /* closes all flows in order of their numbers; frees */
};

extern const struct source_kind NATIVE_SOURCE, /* captured packets: IP and TCP */
    PDU_SOURCE;                                /* PDUs that Wireshark exported */

#endif
