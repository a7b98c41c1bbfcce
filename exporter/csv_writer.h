/* csv_writer.h
 * Writes a report as CSV. [RFC 4180]
 *
 * Text that a spreadsheet would take for a formula, also after a semicolon, gets an apostrophe
 * before it; characters that nobody sees are printed as <U+202E>. An unknown value is an empty
 * cell.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CSV_WRITER_H
#define CSV_WRITER_H

#include "writer.h"

#define CSV_SUFFIX ".csv"

/*
 * Opens `directory`/`name`.csv for writing (a temporary file beside it until writer_publish()), or
 * standard output when `directory` is NULL, and writes the header line, unless there are no
 * columns. Returns NULL with a message for one line in `*message` (g_free) when that fails.
 */
struct writer *csv_writer_open(const char *directory, const char *name,
                               struct writer_columns columns, struct output_style style,
                               char **message);

#endif
