/* csv_writer.h
 * Writes a CSV: cells, rows, and a file that appears complete or not at all.
 * [RFC 4180], [RFC 3339]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CSV_WRITER_H
#define CSV_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_style {
    bool crlf; /* lines end in CR LF, for spreadsheets */
    bool bom;  /* start with a byte order mark, for spreadsheets */
};

struct csv;
struct session_number;

/* How the name of a file ends that has no final name yet. */
#define CSV_TEMPORARY_SUFFIX ".partial"

/*
 * Opens `directory`/`name`.csv for writing (a temporary file beside it until csv_publish), or
 * standard output when `directory` is NULL. Returns NULL with a message for one line in `*message`
 * (g_free) when that fails.
 */
struct csv *csv_open(const char *directory, const char *name, struct csv_style style,
                     char **message);

/*
 * Cells in the order of the columns. Text that a spreadsheet would take for a formula, also behind
 * a semicolon, gets an apostrophe before it; characters that nobody sees are printed as <U+202E>.
 * NULL and empty text print as an empty cell.
 */
void csv_text(struct csv *csv, const char *text);
void csv_number(struct csv *csv, uint64_t number);
void csv_empty(struct csv *csv);
void csv_time(struct csv *csv, int64_t time_ns); /* since the epoch; 2026-11-24T01:02:03.456789Z */
void csv_ms(struct csv *csv, int64_t duration_ns); /* milliseconds with three decimals */
void csv_ratio(struct csv *csv, double ratio);     /* four decimals */
void csv_uuid(struct csv *csv, const uint8_t wire[16]);

/* The number of a session, which may still change: this row and all after it wait until it is
 * final, within bounds. Takes `session` over. */
void csv_session(struct csv *csv, struct session_number *session);

/* IPv6, or IPv4 in its mapped form: 192.0.2.1, 2001:db8::1; with a port [2001:db8::1]:80. */
void csv_address(struct csv *csv, const uint8_t address[16]);
void csv_endpoint(struct csv *csv, const uint8_t address[16], uint16_t port);

void csv_end_row(struct csv *csv);

/* Rows written so far, without the header. */
uint64_t csv_rows(const struct csv *csv);

/* Whether a write has failed; nothing more is written then. */
bool csv_failed(const struct csv *csv);

/* Writes everything to the temporary file. Returns false with a message if that fails; the CSV must
 * then be discarded. */
bool csv_flush(struct csv *csv, char **message);

/* Gives the flushed file its final name; an earlier file of that name can still be put back.
 * Returns false with a message if that fails; the CSV must then be discarded. */
bool csv_publish(struct csv *csv, char **message);

/* Frees what was published, for good. */
void csv_close(struct csv *csv);

/* Frees, removes the temporary file, and takes back what csv_publish() did. */
void csv_discard(struct csv *csv);

#endif
