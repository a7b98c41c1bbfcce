/* count_bytes.h
 * A visitor for fuzz targets: every byte of the input has to be reported, within the input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COUNT_BYTES_H
#define COUNT_BYTES_H

#include <stdlib.h>

#include "layout/layout.h"

struct count {
    size_t length;
    size_t seen;
    unsigned sources; /* open ones; only bytes of the input are counted */
};

static void
count_bytes(struct count *count, size_t offset, size_t length)
{
    if (count->sources)
        return;
    if (offset > count->length || length > count->length - offset)
        abort();
    count->seen += length;
}

static void
count_field(void *user, void *parent, const struct oa_value *value)
{
    (void)parent;
    if (value->text_length > value->length)
        abort();
    count_bytes(user, value->offset, value->length);
}

static void
count_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    (void)parent;
    (void)gap;
    count_bytes(user, offset, length);
}

static void *
count_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    struct count *count = user;

    (void)name;
    (void)data;
    (void)length;
    count->sources++;
    return parent;
}

static void
count_end_source(void *user, void *node)
{
    struct count *count = user;

    (void)node;
    count->sources--;
}

static const struct oa_visitor COUNT_VISITOR = {
    .field = count_field,
    .gap = count_gap,
    .begin_source = count_begin_source,
    .end_source = count_end_source,
};

#endif
