/* database.h
 * Writes the reports of a run as tables of one SQLite database.
 *
 * Columns are typed: integers for numbers and sizes, reals for durations (milliseconds) and ratios,
 * text for all else; times are RFC 3339, which the date functions of SQLite read. An unknown value
 * is NULL. Text has no apostrophes before it, and hidden characters are <U+202E>, as in CSV.
 *
 * The first column of a report with a key (session of sessions) is the primary key of its table; a
 * column of that name in another report refers to it. These columns, users and the first time
 * of a row are indexed. The views are listed in database.c. The table report_columns describes the
 * columns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef DATABASE_H
#define DATABASE_H

#include "report.h"
#include "writer.h"

struct database;

/*
 * Creates the database with a table for each of the `n` reports, which are kept, not copied; under
 * a temporary name until it is published. What killed runs left of it is removed. Returns NULL with
 * a message for one line in `*message` (g_free) when that fails.
 */
struct database *database_open(const char *path, const struct report *const reports[], size_t n,
                               char **message);

/* The writer of a report's table, which holds the database: with the first of its writers that is
 * published, it is; when the last one has been closed or discarded, it is freed. */
struct writer *database_writer(struct database *database, const struct report *report,
                               char **message);

/* Frees what no writer holds; `database` may be NULL. To be called once after database_open(). */
void database_release(struct database *database);

/* Whether a file of this name is a database: .sqlite, .sqlite3 or .db. */
bool database_is_name_of(const char *path);

#endif
