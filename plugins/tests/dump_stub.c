/* dump_stub.c
 * Prints what the decoder reads in the stubs of RPC calls and in bodies of MAPI over HTTP, for
 * comparison with other decoders and with logs.
 *
 * Reads lines of an interface's name, an operation number, "in" or "out", "ndr" or "ndr64" and the
 * stub in hex; or of "MAPI/HTTP", a request type, "in" or "out", "plain" and the body, of a
 * response with its preamble. For each it prints the leaves, "filter value", with each pointer's
 * referent where its structure is, and then a line "end", the state of the walk and how many bytes
 * are not held by exactly one field: padding and the verification trailer aside.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "coverage_visitor.h"
#include "exchange/mapi_http_body.h"
#include "exchange/stub.h"

/* A container or a leaf. */
struct part {
    char *text; /* of a leaf */
    GPtrArray *parts;
};

static void
free_part(void *data)
{
    struct part *part = data;

    g_free(part->text);
    if (part->parts)
        g_ptr_array_unref(part->parts);
    g_free(part);
}

static struct part *
new_container(void)
{
    struct part *part = g_new0(struct part, 1);

    part->parts = g_ptr_array_new_with_free_func(free_part);
    return part;
}

static GString *
value_text(const struct oa_value *value)
{
    GString *text = g_string_new(NULL);
    enum oa_type type = OA_FIELDS[value->id].type;
    size_t length = value->length;

    if (type == OA_TYPE_TEXT8 || type == OA_TYPE_TELETEX || type == OA_TYPE_TEXT16)
        length = value->text_length;
    if (type == OA_TYPE_INT16)
        g_string_printf(text, "%d", (int16_t)value->number);
    else if (type == OA_TYPE_INT32)
        g_string_printf(text, "%d", (int32_t)value->number);
    else if (type >= OA_TYPE_UINT8 && type <= OA_TYPE_UINT64)
        g_string_printf(text, "%" G_GUINT64_FORMAT, value->number);
    else
        for (size_t i = 0; i < length; i++)
            g_string_append_printf(text, "%02x", value->bytes[i]);
    return text;
}

static void
on_field(void *user, void *parent, const struct oa_value *value)
{
    struct part *container = parent;
    struct part *part = g_new0(struct part, 1);
    GString *text = value_text(value);

    COVERAGE_VISITOR.field(user, NULL, value);
    g_string_prepend_c(text, ' ');
    g_string_prepend(text, OA_FIELDS[value->id].filter);
    part->text = g_string_free(text, FALSE);
    g_ptr_array_add(container->parts, part);
}

static void *
on_begin(void *user, void *parent, const struct oa_value *at)
{
    struct part *container = parent;
    struct part *part = new_container();

    (void)user;
    (void)at;
    g_ptr_array_add(container->parts, part);
    return part;
}

static void
on_gap(void *user, void *parent, enum oa_gap gap, size_t offset, size_t length)
{
    (void)parent;
    COVERAGE_VISITOR.gap(user, NULL, gap, offset, length);
}

/* Bytes of a source are gone when its walk has ended; the parts keep what they need as text. */
static void *
on_begin_source(void *user, void *parent, const char *name, const uint8_t *data, size_t length)
{
    COVERAGE_VISITOR.begin_source(user, NULL, name, data, length);
    return on_begin(user, parent, NULL);
}

static void
on_end_source(void *user, void *node)
{
    COVERAGE_VISITOR.end_source(user, node);
}

static void
print_part(const struct part *part)
{
    if (part->text)
        puts(part->text);
    for (guint i = 0; part->parts && i < part->parts->len; i++)
        print_part(part->parts->pdata[i]);
}

static uint8_t *
hex_bytes(const char *hex, size_t *length)
{
    size_t digits = strlen(hex);
    uint8_t *bytes = g_malloc(digits / 2 + 1);

    *length = digits / 2;
    for (size_t i = 0; i < *length; i++)
        bytes[i] =
            (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return bytes;
}

static const struct oa_layout *
body_layout(const char *type, bool is_response)
{
    int number = 0;

    while (number < OA_MAPI_HTTP_TYPES && strcmp(oa_mapi_http_type_name(number), type) != 0)
        number++;
    return oa_mapi_http_layout(number, is_response);
}

static const struct oa_rpc_interface *
interface_of(const char *name)
{
    for (int id = OA_IF_NONE + 1; id < OA_INTERFACES; id++)
        if (strcmp(oa_rpc_interface(id)->name, name) == 0)
            return oa_rpc_interface(id);
    return NULL;
}

static bool
dump(char *const words[5])
{
    static const struct oa_visitor VISITOR = { on_field, on_begin,        NULL,
                                               on_gap,   on_begin_source, on_end_source };
    bool is_body = strcmp(words[0], "MAPI/HTTP") == 0;
    bool is_response = strcmp(words[2], "out") == 0;
    struct oa_stub stub = { .interface = interface_of(words[0]),
                            .opnum = (uint16_t)g_ascii_strtoull(words[1], NULL, 10),
                            .is_response = is_response,
                            .is_ndr64 = strcmp(words[3], "ndr64") == 0 };
    const struct oa_layout *layout =
        is_body ? body_layout(words[1], is_response) : oa_stub_layout(&stub);
    size_t length;
    uint8_t *bytes = hex_bytes(words[4], &length);
    struct part *root = new_container();
    struct oa_mapi_http_preamble preamble = { .body_offset = 0 };
    struct coverage coverage;
    struct oa_walk *walk = oa_walk_new(&VISITOR, &coverage);

    if (is_body && is_response)
        oa_mapi_http_preamble(bytes, length, &preamble);
    length -= preamble.body_offset;
    coverage_start(&coverage, length);
    if (layout) {
        struct oa_walk_result result =
            oa_walk_run(walk, layout,
                        is_body         ? OA_PLAIN
                        : stub.is_ndr64 ? OA_NDR64
                                        : OA_NDR32,
                        false, bytes + preamble.body_offset, length, root);
        coverage_finish(&coverage);
        print_part(root);
        printf("end %d %" G_GSIZE_FORMAT "\n", (int)result.state,
               coverage.missed + coverage.twice + coverage.gaps[OA_GAP_TRAILING] +
                   coverage.gaps[OA_GAP_UNDECODED]);
    }
    coverage_end(&coverage);
    oa_walk_free(walk);
    free_part(root);
    g_free(bytes);
    return layout != NULL;
}

int
main(void)
{
    char *line = NULL;
    size_t size = 0;
    int status = EXIT_SUCCESS;

    while (status == EXIT_SUCCESS && getline(&line, &size, stdin) > 0) {
        char **words = g_strsplit(g_strstrip(line), " ", 5);
        if (g_strv_length(words) != 5 || !dump(words))
            status = EXIT_FAILURE;
        g_strfreev(words);
    }
    free(line);
    return status;
}
