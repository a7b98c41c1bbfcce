/* page.c
 * report.html: a template, into which style, scripts and data are put. The browser runs only the
 * scripts whose digests the page names, so that nothing in the data can become one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page.h"

#include <glib.h>
#include <string.h>

#include "csv_writer.h"
#include "output_file.h"
#include "page_calls.h"
#include "page_files.h"
#include "page_json.h"
#include "page_loads.h"
#include "page_tables.h"

#define NS_PER_S INT64_C(1000000000)

const char *const PAGE_REPORTS[] = { "captures", "counters",   "histograms", "capacity", "calls",
                                     "users",    "operations", "hops",       "findings", NULL };

/* "'sha256-...'", as in a Content-Security-Policy */
static void
append_digest(GString *out, const struct page_file *file)
{
    guint8 digest[32];
    gsize length = sizeof digest;
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);

    g_checksum_update(checksum, (const guchar *)file->text, (gssize)file->length);
    g_checksum_get_digest(checksum, digest, &length);
    g_checksum_free(checksum);
    g_autofree char *text = g_base64_encode(digest, length);
    g_string_append_printf(out, " 'sha256-%s'", text);
}

/* No network, no frames, no forms; only our own scripts and style. */
static void
append_policy(GString *out)
{
    g_string_append(
        out, "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src");
    append_digest(out, &PAGE_LIBRARY);
    append_digest(out, &PAGE_SCRIPT);
    g_string_append(out, "; style-src");
    append_digest(out, &PAGE_STYLE);
}

static bool
append_data(GString *out, const char *directory, int64_t utc_offset_s, char **message)
{
    g_autoptr(GString) json = g_string_new(NULL);
    struct page_grid grid;
    bool good;

    page_json_begin(json, '{');
    page_json_number_of(json, "utc_offset_s", (double)utc_offset_s);
    good = page_loads_put(json, directory, utc_offset_s, &grid, message);
    if (good) {
        struct page_calls *calls = page_calls_read(directory, &grid, utc_offset_s, message);

        page_calls_put(json, calls);
        good = !*message && page_tables_put(json, directory, calls, message);
        page_calls_free(calls);
    }
    page_json_end(json, '}');
    g_string_append_len(out, json->str, (gssize)json->len);
    page_grid_clear(&grid);
    return good;
}

static void
append_file(GString *out, const struct page_file *file)
{
    g_string_append_len(out, file->text, (gssize)file->length);
}

/* The template, with what its marks stand for. */
static bool
append_page(GString *out, const char *directory, int64_t utc_offset_s, char **message)
{
    g_autofree char *template = g_strndup(PAGE_TEMPLATE.text, PAGE_TEMPLATE.length);
    g_auto(GStrv) parts = g_strsplit(template, "@@", -1);
    bool good = true;

    for (size_t i = 0; parts[i] && good; i++) {
        if (i % 2 == 0)
            g_string_append(out, parts[i]);
        else if (strcmp(parts[i], "policy") == 0)
            append_policy(out);
        else if (strcmp(parts[i], "style") == 0)
            append_file(out, &PAGE_STYLE);
        else if (strcmp(parts[i], "licence") == 0)
            append_file(out, &PAGE_LICENCE);
        else if (strcmp(parts[i], "library") == 0)
            append_file(out, &PAGE_LIBRARY);
        else if (strcmp(parts[i], "script") == 0)
            append_file(out, &PAGE_SCRIPT);
        else
            good = append_data(out, directory, utc_offset_s, message);
    }
    return good;
}

static bool
has_reports(const char *directory)
{
    for (size_t i = 0; PAGE_REPORTS[i]; i++) {
        g_autofree char *file = g_strconcat(PAGE_REPORTS[i], CSV_SUFFIX, NULL);
        g_autofree char *path = g_build_filename(directory, file, NULL);

        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return true;
    }
    return false;
}

enum page_result
page_write(const char *directory, int64_t utc_offset_ns, char **message)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *path = g_build_filename(directory, PAGE_FILE, NULL);
    struct output_file file;

    *message = NULL;
    if (!has_reports(directory))
        *message = g_strdup_printf("%s: no reports there", directory);
    if (*message || !append_page(text, directory, utc_offset_ns / NS_PER_S, message))
        return PAGE_NO_REPORTS;
    if (!output_file_open(&file, path, message))
        return PAGE_NOT_WRITTEN;
    if (!output_file_write(&file, text->str, text->len, message) ||
        !output_file_publish(&file, message)) {
        output_file_discard(&file);
        return PAGE_NOT_WRITTEN;
    }
    output_file_close(&file);
    return PAGE_WRITTEN;
}
