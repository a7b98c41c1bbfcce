/* json_writer.h
 * Writes a report as lines of JSON: one object for each row. [RFC 8259]
 *
 * Every object has all columns, in their order. Numbers, durations and ratios are numbers; times,
 * addresses and text are strings, with hidden characters as <U+202E>, as in CSV; an unknown value
 * is null.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "writer.h"

#define JSON_SUFFIX ".jsonl"

/*
 * Opens `directory`/`name`.jsonl for writing (a temporary file beside it until writer_publish()),
 * or standard output when `directory` is NULL. Returns NULL with a message for one line in
 * `*message` (g_free) when that fails.
 */
struct writer *json_writer_open(const char *directory, const char *name,
                                struct writer_columns columns, char **message);

#endif
