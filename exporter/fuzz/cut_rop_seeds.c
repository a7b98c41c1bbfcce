/* cut_rop_seeds.c
 * Cuts seeds of parts of ROP buffers from captures. [MS-OXCDATA] 2.11.4, 2.12
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cut_rop_seeds.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <stdio.h>
#include <stdlib.h>

#include "layout/layout.h"
#include "source.h"
#include "track/tracker.h"

#define SEED_BYTES_MAX 128 /* a fuzzer varies small inputs better */

static const struct part {
    enum oa_field field; /* the container whose bytes are an input, after one for the code page */
    const char *target;
} PARTS[] = {
    { OA_F_RESTRICTION, "restriction" },
    { OA_F_PROPERTY, "property_value" },
};

/* The containers around the walk's position. */
struct cutter {
    const char *folder;
    GArray *open; /* struct oa_value: where each begins */
};

static void
save(const struct cutter *cutter, const struct part *part, const struct oa_value *at, size_t length)
{
    g_autofree char *place = g_build_filename(cutter->folder, part->target, NULL);
    g_autofree char *name = NULL;

    /* One value of a property is enough. */
    if (part->field == OA_F_PROPERTY && length >= 4)
        name = g_strdup_printf("%02x%02x%02x%02x", at->bytes[3], at->bytes[2], at->bytes[1],
                               at->bytes[0]);
    else
        name = g_compute_checksum_for_data(G_CHECKSUM_SHA1, at->bytes, length);
    g_autofree char *path = g_build_filename(place, name, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    g_autoptr(GString) seed = g_string_new_len("", 1);
    g_string_append_len(seed, (const char *)at->bytes, (gssize)length);
    if (g_mkdir_with_parents(place, 0777) != 0 ||
        !g_file_set_contents(path, seed->str, (gssize)seed->len, NULL)) {
        fprintf(stderr, "cut_seeds: %s cannot be written\n", path);
        exit(1);
    }
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct cutter *cutter = user;

    g_array_append_val(cutter->open, *at);
    return parent;
}

static void
on_end(void *user, void *node, size_t offset)
{
    struct cutter *cutter = user;
    struct oa_value at = g_array_index(cutter->open, struct oa_value, cutter->open->len - 1);
    size_t length = offset - at.offset;

    (void)node;
    g_array_set_size(cutter->open, cutter->open->len - 1);
    for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++)
        if (PARTS[i].field == at.id && length > 0 && length < SEED_BYTES_MAX)
            save(cutter, &PARTS[i], &at, length);
}

static void
begin(void *context, struct oa_tracker *tracker)
{
    static const struct oa_visitor VISITOR = { .begin = on_begin, .end = on_end };
    struct oa_rop_listener listener = { .visitor = &VISITOR, .user = context };

    oa_tracker_read_rops(tracker, &listener);
}

static void
on_warning(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "cut_seeds: %s\n", message);
}

bool
cut_rop_seeds(const char *folder, const char *path)
{
    struct capture_order order = { .window_ns = 1000000000, .reads_ahead = true };
    char *message = NULL;
    struct source *source = source_open((char *[]){ (char *)path }, 1, &order, &message);
    struct cutter cutter = { .folder = folder };
    struct source_result result = { 0 };
    struct source_sink sink = { .context = &cutter, .begin = begin, .warning = on_warning };

    if (!source) {
        fprintf(stderr, "cut_seeds: %s\n", message);
        g_free(message);
        return false;
    }
    cutter.open = g_array_new(FALSE, FALSE, sizeof(struct oa_value));
    source_run(source, &sink, &result);
    source_close(source);
    g_array_unref(cutter.open);
    return true;
}
