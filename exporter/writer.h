/* writer.h
 * Where the rows of a report go: the cells of a row, whatever the format of the output.
 *
 * A format (CSV, lines of JSON, tables of a database) implements the functions of `struct
 * writer_format`. Times, durations and addresses are turned into text here, once for all formats.
 * [RFC 3339]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct column;
struct pseudonyms;
struct session_number;
struct summary;
struct writer;

enum output_format { OUTPUT_CSV, OUTPUT_JSON, OUTPUT_SQLITE, OUTPUT_SUMMARY };

struct output_style {
    enum output_format format;
    struct summary *summary;       /* OUTPUT_SUMMARY: takes the rows */
    struct pseudonyms *pseudonyms; /* in the place of names; NULL: names are shown */
    bool crlf;                     /* CSV: lines end in CR LF, for spreadsheets */
    bool bom;                      /* CSV: start with a byte order mark, for spreadsheets */
    bool is_followed;              /* CSV, JSON: rows are read while they are written */
    bool is_rotated;               /* the same; what another run left is kept */
    bool spreadsheet_times; /* CSV: times that spreadsheets recognise, cut to the millisecond */
};

/* The columns of a report, which keep as long as its writer. */
struct writer_columns {
    const struct column *columns;
    size_t n;
};

struct writer_format {
    /* The next cell of the row. `text` may be NULL or empty (no value) and may need quoting;
     * a token is printable ASCII without quotes and commas; a decimal number is one of JSON's. */
    void (*text)(struct writer *writer, const char *text);
    void (*token)(struct writer *writer, const char *text, size_t length);
    void (*number)(struct writer *writer, uint64_t number);
    void (*decimal)(struct writer *writer, const char *text, size_t length);
    void (*empty)(struct writer *writer);
    void (*session)(struct writer *writer, struct session_number *session);
    void (*end_row)(struct writer *writer);

    /* As the functions below. */
    bool (*failed)(const struct writer *writer);
    bool (*flush)(struct writer *writer, char **message);
    bool (*sync)(struct writer *writer, char **message);
    bool (*publish)(struct writer *writer, char **message);
    void (*close)(struct writer *writer);
    void (*discard)(struct writer *writer);

    /* Of formats whose rows may be written in a thread of their own. */
    bool (*has_gaps)(const struct writer *writer);

    /* Formats whose rows can be read while they are written. */
    bool (*show)(struct writer *writer, char **message);
    bool (*has_news)(const struct writer *writer);
    uint64_t (*bytes)(const struct writer *writer);
    bool (*carry)(struct writer *from, struct writer *to, const char *directory, char **message);
};

/* The longest text of a cell that is not text: a time, an address, a number. */
#define SHORT_CELL 64

/* First member of what a format defines. */
struct writer {
    const struct writer_format *format;
    bool spreadsheet_times;
    time_t minute; /* of the time formatted last: when it begins */
    char minute_text[SHORT_CELL];
    size_t minute_length; /* 0: cannot be formatted */
};

/* --- cells, in the order of the columns --- */

/* NULL and empty text are an unknown value. */
static inline void
writer_text(struct writer *writer, const char *text)
{
    writer->format->text(writer, text);
}

static inline void
writer_number(struct writer *writer, uint64_t number)
{
    writer->format->number(writer, number);
}

/* No value. */
static inline void
writer_empty(struct writer *writer)
{
    writer->format->empty(writer);
}

/* The number of a session, which may still change: the writer puts it right when it is final,
 * within bounds of memory. Takes `session` over. */
static inline void
writer_session(struct writer *writer, struct session_number *session)
{
    writer->format->session(writer, session);
}

/* Since the epoch: 2026-11-24T01:02:03.456789Z, or as a spreadsheet reads it. */
void writer_time(struct writer *writer, int64_t time_ns);
void writer_time_text(struct writer *writer, const char *time); /* already in the first form */

void writer_ms(struct writer *writer, int64_t duration_ns); /* milliseconds with three decimals */
void writer_ratio(struct writer *writer, double ratio);     /* four decimals */
void writer_uuid(struct writer *writer, const uint8_t wire[16]);

/* IPv6, or IPv4 in its mapped form: 192.0.2.1, 2001:db8::1; with a port [2001:db8::1]:80. */
void writer_address(struct writer *writer, const uint8_t address[16]);
void writer_endpoint(struct writer *writer, const uint8_t address[16], uint16_t port);

static inline void
writer_end_row(struct writer *writer)
{
    writer->format->end_row(writer);
}

/* --- the output --- */

/* Whether a write has failed; nothing more is written then. */
static inline bool
writer_failed(const struct writer *writer)
{
    return writer->format->failed(writer);
}

/* Writes everything to the temporary file. Returns false with a message for one line in `*message`
 * (g_free) if that fails; the output must then be discarded. */
static inline bool
writer_flush(struct writer *writer, char **message)
{
    return writer->format->flush(writer, message);
}

/* Waits until what was flushed is on the disk, which is shortest when all outputs have been flushed
 * before. Returns false with a message if that fails; the output must then be discarded. */
static inline bool
writer_sync(struct writer *writer, char **message)
{
    return writer->format->sync(writer, message);
}

/* Gives the output that is on the disk its final name; an earlier file of that name can still be
 * put back. Returns false with a message if that fails; the output must then be discarded. */
static inline bool
writer_publish(struct writer *writer, char **message)
{
    return writer->format->publish(writer, message);
}

/* Frees what was published, for good. */
static inline void
writer_close(struct writer *writer)
{
    writer->format->close(writer);
}

/* Frees, removes the temporary file, and takes back what writer_publish() did. */
static inline void
writer_discard(struct writer *writer)
{
    writer->format->discard(writer);
}

/* Whether rows wait for the numbers of sessions. */
static inline bool
writer_has_gaps(const struct writer *writer)
{
    return writer->format->has_gaps(writer);
}

/* --- an output that is read while it is written --- */

/* Gives the output its final name, for good, and lets readers see all whole rows so far. Returns
 * false with a message if the name cannot be given. */
static inline bool
writer_show(struct writer *writer, char **message)
{
    return writer->format->show(writer, message);
}

/* Whether there are rows that writer_show() would show. */
static inline bool
writer_has_news(const struct writer *writer)
{
    return writer->format->has_news(writer);
}

/* Bytes of the rows so far that do not wait. */
static inline uint64_t
writer_bytes(const struct writer *writer)
{
    return writer->format->bytes(writer);
}

/* Moves the output to another folder; rows that still wait go to the output `to`, which is new and
 * has the same columns, and is shown. `from` is to be flushed and closed then. Returns false with a
 * message if a name cannot be given. */
static inline bool
writer_carry(struct writer *from, struct writer *to, const char *directory, char **message)
{
    return from->format->carry(from, to, directory, message);
}

/* --- for the formats --- */

/* Appends decimal digits, with zeros before them up to `width`, which is at most 20; returns their
 * end. */
char *writer_put_number(char *at, uint64_t number, unsigned width);

#endif
