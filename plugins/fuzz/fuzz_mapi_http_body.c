/* fuzz_mapi_http_body.c
 * Any bytes as a body of MAPI over HTTP: the first byte is the request type, the second the
 * direction. Every byte has to be reported once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mapi_http_body.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct count {
    size_t length;
    size_t seen;
    unsigned sources; /* open ones; only bytes of the input are counted */
};

static void
see(struct count *count, size_t offset, size_t length)
{
    if (count->sources)
        return;
    if (offset > count->length || length > count->length - offset)
        abort();
    count->seen += length;
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    (void)parent;
    if (value->text_length > value->length)
        abort();
    see(user, value->offset, value->length);
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    (void)parent;
    (void)gap;
    see(user, offset, length);
}

static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    struct count *count = user;

    (void)name;
    (void)data;
    (void)length;
    count->sources++;
    return parent;
}

static void
on_end_source(void *user, void *node)
{
    struct count *count = user;

    (void)node;
    count->sources--;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct oa_visitor VISITOR = {
        .field = on_field,
        .gap = on_gap,
        .begin_source = on_begin_source,
        .end_source = on_end_source,
    };

    if (size < 2)
        return 0;
    const struct oa_layout *layout = oa_mapi_http_layout(data[0] % OA_MAPI_HTTP_TYPES, data[1] & 1);
    if (!layout)
        return 0;
    struct count count = { .length = size - 2 };
    struct oa_walk *walk = oa_walk_new(&VISITOR, &count);

    oa_walk_run(walk, layout, OA_PLAIN, false, data + 2, size - 2, NULL);
    if (count.seen != size - 2)
        abort();
    oa_walk_free(walk);
    return 0;
}
