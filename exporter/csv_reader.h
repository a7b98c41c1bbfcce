/* csv_reader.h
 * Reads the reports that csv_writer.h writes, row by row, in memory that does not grow with the
 * file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CSV_READER_H
#define CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_NO_COLUMN SIZE_MAX

struct csv_reader;

/* Opens `directory`/`name`.csv and reads its header line. NULL if that fails: with a message for
 * one line in `*message` (g_free), or without one if there is no such file. */
struct csv_reader *csv_reader_open(const char *directory, const char *name, char **message);
void csv_reader_close(struct csv_reader *reader);

/* The position of a column; CSV_NO_COLUMN if the file does not have it. */
size_t csv_reader_column(const struct csv_reader *reader, const char *name);

/* Reads the next row. False at the end, or with a message in `*message` (g_free) when the file
 * cannot be read on, or has a row of more than 1 MiB. */
bool csv_reader_next(struct csv_reader *reader, char **message);

/* A cell of the row, unquoted; "" if it is empty, or if the row or file does not have it. Valid
 * until the next row is read. */
const char *csv_reader_text(const struct csv_reader *reader, size_t column);

/* The same as a number; NAN if it is none. */
double csv_reader_number(const struct csv_reader *reader, size_t column);

/* The same as a time, in either of the forms that writer_time() prints: microseconds since the
 * epoch. False if it is none. */
bool csv_reader_time(const struct csv_reader *reader, size_t column, int64_t *time_us);

#endif
