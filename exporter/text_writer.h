/* text_writer.h
 * What CSV and lines of JSON share: a file written through a buffer, and cells that wait for the
 * numbers of sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TEXT_WRITER_H
#define TEXT_WRITER_H

#include <glib.h>
#include <sys/types.h>

#include "output_file.h"
#include "writer.h"

#define TEXT_WRITER_BUFFER (256 * 1024)

struct text_writer {
    struct writer base;
    struct output_file file;
    char *buffer;
    size_t used;
    bool in_row;
    size_t cell; /* index of the next one of the row */
    const char *row_end;
    const char *none; /* what a cell without a value has */
    char **leads;     /* text before each cell of a row, owned; NULL: a comma between cells */
    int error;        /* errno of the first failed write */
    GString *waiting; /* text that waits, before that in the buffer; NULL: none */
    size_t written;   /* of it */
    GQueue gaps;      /* of struct gap: in it, in order */
    GString *held;    /* whole rows, and perhaps the beginning of one, that are to be shown; NULL:
                         the file is not read while it is written */
    size_t n_held;    /* bytes of these that were not whole when it was looked at last */
    off_t shown;      /* bytes of the file */
};

/* Opens `directory`/`name``suffix`, or standard output when `directory` is NULL. Returns NULL with
 * a message when that fails. */
struct text_writer *text_writer_open(const struct writer_format *format, const char *directory,
                                     const char *name, const char *suffix, char **message);

/* Appends text of any length. */
void text_writer_put(struct text_writer *writer, const char *text, size_t length);

/* Writes the buffer, or adds it to the text that waits. Seldom: that it is not made a part of what
 * writes each cell keeps that short. */
G_NO_INLINE void text_writer_write_out(struct text_writer *writer);

/* Returns where to write so many bytes, at most those of the buffer. */
static inline char *
text_writer_room(struct text_writer *writer, size_t length)
{
    if (TEXT_WRITER_BUFFER - writer->used < length)
        text_writer_write_out(writer);
    return writer->buffer + writer->used;
}

/* The same with the text before the cell. */
G_NO_INLINE char *text_writer_begin_led_cell(struct text_writer *writer, size_t length);

/* Returns where to write the cell, with room for `length` bytes; to be followed by
 * text_writer_end_cell(). */
static inline char *
text_writer_begin_cell(struct text_writer *writer, size_t length)
{
    if (writer->leads)
        return text_writer_begin_led_cell(writer, length);
    char *at = text_writer_room(writer, length + 1);
    if (writer->in_row)
        *at++ = ',';
    writer->in_row = true;
    return at;
}

static inline void
text_writer_end_cell(struct text_writer *writer, const char *end)
{
    writer->used = (size_t)(end - writer->buffer);
}

/* Functions of `struct writer_format`. */
bool text_writer_show(struct writer *writer, char **message);
bool text_writer_has_gaps(const struct writer *writer);
bool text_writer_has_news(const struct writer *writer);
uint64_t text_writer_bytes(const struct writer *writer);
bool text_writer_carry(struct writer *from, struct writer *to, const char *directory,
                       char **message);
void text_writer_plain(struct writer *writer, const char *text, size_t length);
void text_writer_number(struct writer *writer, uint64_t number);
void text_writer_session(struct writer *writer, struct session_number *session);
void text_writer_end_row(struct writer *writer);
bool text_writer_failed(const struct writer *writer);
bool text_writer_flush(struct writer *writer, char **message);
bool text_writer_sync(struct writer *writer, char **message);
bool text_writer_publish(struct writer *writer, char **message);
void text_writer_close(struct writer *writer);
void text_writer_discard(struct writer *writer);

/* clang-format off */
#define TEXT_WRITER_FUNCTIONS \
    .number = text_writer_number, .decimal = text_writer_plain, .session = text_writer_session, \
    .end_row = text_writer_end_row, .failed = text_writer_failed, .flush = text_writer_flush, \
    .sync = text_writer_sync, .publish = text_writer_publish, .close = text_writer_close, \
    .discard = text_writer_discard, .show = text_writer_show, .has_news = text_writer_has_news, \
    .bytes = text_writer_bytes, .carry = text_writer_carry, .has_gaps = text_writer_has_gaps
/* clang-format on */

#endif
