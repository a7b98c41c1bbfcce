/* source_kind.h
 * A kind of source: turns the frames of certain link types into flows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOURCE_KIND_H
#define SOURCE_KIND_H

#include "capture_reader.h"
#include "flow.h"
#include "source_result.h"

struct source_kind {
    void *(*begin)(struct flows *flows); /* returns `self` for the other functions */
    bool (*frame)(void *self,
                  const struct capture_frame *frame); /* false: link type not supported */
    /* Closes all flows in the order of their numbers, adds what it has counted, frees `self`. */
    void (*end)(void *self, struct source_result *result);
};

extern const struct source_kind NATIVE_SOURCE, /* captured packets */
    PDU_SOURCE;                                /* PDUs exported by Wireshark */

#endif
