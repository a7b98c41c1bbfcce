/* coverage_visitor.c
 * A visitor that writes down what a walk reports, and measures that each byte is reported once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "coverage_visitor.h"

#include <string.h>

#include "base/text.h"

static void
open_source(struct coverage *coverage, size_t length)
{
    GByteArray *counts = g_byte_array_sized_new((guint)length + 1);

    g_byte_array_set_size(counts, (guint)length);
    if (length)
        memset(counts->data, 0, length);
    g_ptr_array_add(coverage->sources, counts);
}

static void
close_source(struct coverage *coverage)
{
    GByteArray *counts = g_ptr_array_index(coverage->sources, coverage->sources->len - 1);

    for (guint i = 0; i < counts->len; i++) {
        coverage->missed += counts->data[i] == 0;
        coverage->twice += counts->data[i] > 1;
    }
    g_ptr_array_set_size(coverage->sources, (gint)coverage->sources->len - 1);
}

static void
mark(struct coverage *coverage, size_t offset, size_t length)
{
    GByteArray *counts = g_ptr_array_index(coverage->sources, coverage->sources->len - 1);

    g_assert_cmpuint(offset, <=, counts->len);
    g_assert_cmpuint(length, <=, counts->len - offset);
    for (size_t i = 0; i < length; i++)
        counts->data[offset + i] += counts->data[offset + i] < 2;
}

static const char *
short_name(enum oa_field field)
{
    const char *filter = OA_FIELDS[field].filter;

    return g_str_has_prefix(filter, "exchange.ndr.") ? filter + strlen("exchange.ndr.") : filter;
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct coverage *coverage = user;
    enum oa_type type = OA_FIELDS[value->id].type;
    char copy[256];

    (void)parent;
    coverage->fields++;
    mark(coverage, value->offset, value->length);
    g_string_append_printf(coverage->text, "%s=", short_name(value->id));
    if (type == OA_TYPE_TEXT8 || type == OA_TYPE_TELETEX ||
        (type == OA_TYPE_TEXT16 && !value->big_endian))
        oa_value_text(value, copy, sizeof copy);
    else if (type == OA_TYPE_BYTES || type == OA_TYPE_GUID || type == OA_TYPE_TEXT16)
        g_snprintf(copy, sizeof copy, "[%" G_GSIZE_FORMAT "]", value->length);
    else
        g_snprintf(copy, sizeof copy, "%" G_GUINT64_FORMAT, value->number);
    g_string_append_printf(coverage->text, "%s%s ", copy, value->is_cut ? "..." : "");
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct coverage *coverage = user;

    (void)parent;
    g_string_append_printf(coverage->text, "%s{ ", short_name(at->id));
    return coverage;
}

static void
on_end(void *user, void *node, size_t offset)
{
    struct coverage *coverage = user;

    (void)offset;
    g_assert_true(node == coverage);
    g_string_append(coverage->text, "} ");
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    static const char *const NAMES[] = { "pad", "verification", "trailing", "undecoded" };
    struct coverage *coverage = user;

    (void)parent;
    g_assert_cmpuint(length, >, 0);
    mark(coverage, offset, length);
    coverage->gaps[gap] += length;
    if (gap != OA_GAP_ALIGNMENT)
        g_string_append_printf(coverage->text, "<%s %" G_GSIZE_FORMAT "> ", NAMES[gap], length);
}

static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    struct coverage *coverage = user;

    (void)parent;
    (void)data;
    open_source(coverage, length);
    g_string_append_printf(coverage->text, "(%s: ", name);
    return coverage;
}

static void
on_end_source(void *user, void *node)
{
    struct coverage *coverage = user;

    (void)node;
    close_source(coverage);
    g_string_append(coverage->text, ") ");
}

const struct oa_visitor COVERAGE_VISITOR = {
    on_field, on_begin, on_end, on_gap, on_begin_source, on_end_source,
};

static void
free_counts(void *counts)
{
    g_byte_array_unref(counts);
}

void
coverage_start(struct coverage *coverage, size_t length)
{
    memset(coverage, 0, sizeof *coverage);
    coverage->text = g_string_new(NULL);
    coverage->sources = g_ptr_array_new_with_free_func(free_counts);
    open_source(coverage, length);
}

void
coverage_finish(struct coverage *coverage)
{
    g_assert_cmpuint(coverage->sources->len, ==, 1);
    close_source(coverage);
}

void
coverage_end(struct coverage *coverage)
{
    g_string_free(coverage->text, TRUE);
    g_ptr_array_free(coverage->sources, TRUE);
}

char *
coverage_walk(const struct oa_layout *layout, enum oa_encoding encoding, bool big_endian,
              const uint8_t *data, size_t length, struct oa_walk_result *result)
{
    /* In a block of its own, so that a sanitizer sees reads beyond its end. */
    uint8_t *copy = g_memdup2(data, length ? length : 1);
    struct coverage coverage;
    struct oa_walk *walk = oa_walk_new(&COVERAGE_VISITOR, &coverage);
    struct oa_code_pages *pages = oa_code_pages_new();

    oa_walk_set_code_pages(walk, pages);
    coverage_start(&coverage, length);
    *result = oa_walk_run(walk, layout, encoding, big_endian, copy, length, &coverage);
    coverage_finish(&coverage);
    g_assert_cmpuint(coverage.missed, ==, 0);
    g_assert_cmpuint(coverage.twice, ==, 0);
    char *text = g_strdup(g_strchomp(coverage.text->str));
    coverage_end(&coverage);
    oa_walk_free(walk);
    oa_code_pages_free(pages);
    g_free(copy);
    return text;
}
