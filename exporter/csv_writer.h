/* csv_writer.h
 * Writes one CSV: cells, rows, and a file that appears whole or not at all.
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
    bool crlf; /* lines end with CR LF, for spreadsheets */
    bool bom;  /* begin with a byte order mark, for spreadsheets */
};

struct csv;

/*
 * Opens `directory`/`name`.csv for writing (a temporary file beside it until csv_commit), or
 * standard output when `directory` is NULL. Returns NULL with a message for one line in `*message`
 * (g_free) when that fails.
 */
struct csv *csv_open(const char *directory, const char *name, struct csv_style style,
                     char **message);

/*
 * Cells in the order of the columns. Text that a spreadsheet would take for a formula gets an
 * apostrophe in front. NULL and empty text make an empty cell.
 */
void csv_text(struct csv *csv, const char *text);
void csv_number(struct csv *csv, uint64_t number);
void csv_empty(struct csv *csv);
void csv_time(struct csv *csv, int64_t time_ns); /* since the epoch; 2026-11-24T01:02:03.456789Z */
void csv_ms(struct csv *csv, int64_t duration_ns); /* milliseconds with three decimals */
void csv_ratio(struct csv *csv, double ratio);     /* four decimals */
void csv_uuid(struct csv *csv, const uint8_t wire[16]);

/* IPv4 in its mapped form, or IPv6; 192.0.2.1, 2001:db8::1; with the port [2001:db8::1]:80. */
void csv_address(struct csv *csv, const uint8_t address[16]);
void csv_endpoint(struct csv *csv, const uint8_t address[16], uint16_t port);

void csv_end_row(struct csv *csv);

/* Rows written so far, the header not among them. */
uint64_t csv_rows(const struct csv *csv);

/* A write has failed; nothing more is written. */
bool csv_failed(const struct csv *csv);

/* Writes everything out to the temporary file. False with a message if that failed; the CSV is then
 * to be discarded. */
bool csv_flush(struct csv *csv, char **message);

/* Gives the flushed file its name, and frees. False with a message if that failed. */
bool csv_commit(struct csv *csv, char **message);

/* Frees and leaves no file behind. */
void csv_discard(struct csv *csv);

#endif
