/* report_set.c
 * The reports of one run: opened together, fed with the same events, written together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "report_set.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "session_number.h"

struct report_set {
    struct report_run *runs;
    size_t n;
    const char *directory; /* NULL: standard output */
    bool made_directory;
};

static bool
make_directory(struct report_set *set, char **message)
{
    if (!set->directory)
        return true;
    set->made_directory = !g_file_test(set->directory, G_FILE_TEST_EXISTS);
    if (g_mkdir_with_parents(set->directory, 0777) == 0)
        return true;
    *message = g_strdup_printf("%s: %s", set->directory, g_strerror(errno));
    return false;
}

static bool
open_report(struct report_run *run, const char *directory, struct csv_style style, char **message)
{
    run->csv = csv_open(directory, run->report->name, style, message);
    if (!run->csv)
        return false;
    run->state = run->report->new_state ? run->report->new_state(run->report) : NULL;
    report_header(run);
    return true;
}

struct report_set *
report_set_open(const struct report *const reports[], size_t n, const char *directory,
                struct csv_style style, const struct valid_ports *valid_ports, char **message)
{
    struct report_set *set = g_new0(struct report_set, 1);

    set->runs = g_new0(struct report_run, n);
    set->directory = directory;
    bool good = make_directory(set, message);
    for (; good && set->n < n; set->n += good) {
        struct report_run *run = &set->runs[set->n];
        run->report = reports[set->n];
        run->valid_ports = valid_ports;
        good = open_report(run, directory, style, message);
    }
    if (!good)
        g_clear_pointer(&set, report_set_free);
    return set;
}

struct report_set *
report_set_open_part(const struct report *const reports[], size_t n)
{
    struct report_set *set = g_new0(struct report_set, 1);

    set->runs = g_new0(struct report_run, n);
    for (size_t i = 0; i < n; i++)
        if (reports[i]->merge)
            set->runs[set->n++] = (struct report_run){ .report = reports[i],
                                                       .state = reports[i]->new_state(reports[i]) };
    return set;
}

void
report_set_merge(struct report_set *set, const struct report_set *part)
{
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < part->n; k++)
            if (set->runs[i].report == part->runs[k].report)
                set->runs[i].report->merge(set->runs[i].state, part->runs[k].state);
}

void
report_set_event(struct report_set *set, const struct oa_event *event)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].report->event)
            set->runs[i].report->event(&set->runs[i], event);
    session_number_take_event(event);
}

void
report_set_connection(struct report_set *set, const struct connection_row *row)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->runs[i].report->connection)
            set->runs[i].report->connection(&set->runs[i], row);
}

bool
report_set_failed(const struct report_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (csv_failed(set->runs[i].csv))
            return true;
    return false;
}

bool
report_set_commit(struct report_set *set, char **message)
{
    bool good = true;

    for (size_t i = 0; i < set->n && good; i++) {
        if (set->runs[i].report->finish)
            set->runs[i].report->finish(&set->runs[i]);
        good = csv_flush(set->runs[i].csv, message);
    }
    for (size_t i = 0; i < set->n && good; i++) {
        good = csv_commit(set->runs[i].csv, message);
        set->runs[i].csv = NULL;
    }
    return good;
}

void
report_set_free(struct report_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++) {
        if (set->runs[i].csv)
            csv_discard(set->runs[i].csv);
        if (set->runs[i].report->free_state)
            set->runs[i].report->free_state(set->runs[i].state);
    }
    if (set->made_directory)
        g_rmdir(set->directory); /* stays if it is not empty */
    g_free(set->runs);
    g_free(set);
}
