/* coverage_visitor.h
 * A visitor that writes down what a walk reports, and measures that each byte is reported once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COVERAGE_VISITOR_H
#define COVERAGE_VISITOR_H

#include <glib.h>

#include "layout/layout.h"

struct coverage {
    GString *text;      /* "label=number label="text" name{ ... }", gaps as "<kind length>" */
    GPtrArray *sources; /* of GByteArray: how often each byte was reported; the last is open */
    size_t missed;      /* bytes of closed sources that nobody reported */
    size_t twice;       /* bytes reported more than once */
    size_t gaps[4];     /* bytes by enum oa_gap */
    size_t fields;
};

extern const struct oa_visitor COVERAGE_VISITOR;

void coverage_start(struct coverage *coverage, size_t length);

/* Closes the input; missed and twice are then complete. The text is freed by coverage_end. */
void coverage_finish(struct coverage *coverage);
void coverage_end(struct coverage *coverage);

/* The whole of it for one input: walks, checks that every byte was reported once and returns what
 * was reported, to be freed. */
char *coverage_walk(const struct oa_layout *layout, enum oa_encoding encoding, bool big_endian,
                    const uint8_t *data, size_t length, struct oa_walk_result *result);

#endif
