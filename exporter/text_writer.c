/* text_writer.c
 * What CSV and lines of JSON share: buffer, file, cells that wait for the numbers of sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "text_writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "session_number.h"

/* Text that waits for the numbers of sessions. When there is more, the oldest cells get the numbers
 * known by then. */
#define WAITING_MAX (16 * 1024 * 1024)

/* A cell in the text that waits. */
struct gap {
    size_t at;
    struct session_number *session;
};

struct text_writer *
text_writer_open(const struct writer_format *format, const char *directory, const char *name,
                 const char *suffix, char **message)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path = directory ? g_build_filename(directory, file, NULL) : NULL;
    struct text_writer *writer = g_new0(struct text_writer, 1);

    writer->base.format = format;
    writer->none = "";
    if (!output_file_open(&writer->file, path, message)) {
        g_free(writer);
        return NULL;
    }
    writer->buffer = g_malloc(TEXT_WRITER_BUFFER);
    return writer;
}

static void
write_file(struct text_writer *writer, const char *text, size_t length)
{
    size_t done = 0;

    while (done < length && !writer->error) {
        ssize_t n = write(writer->file.fd, text + done, length - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            writer->error = n == 0 ? EIO : errno;
    }
}

/* Where the last whole row ends. The text begins with a row; in CSV, lines end in quotes too. */
static size_t
whole_rows(const struct text_writer *writer)
{
    const GString *held = writer->held;
    bool is_quoted = false;
    size_t end = 0;

    for (size_t i = 0; i < held->len; i++) {
        is_quoted ^= held->str[i] == '"' && !writer->leads;
        if (held->str[i] == '\n' && !is_quoted)
            end = i + 1;
    }
    return end;
}

/* Writes whole rows only. If the disk is full in the middle of one, its beginning is taken back. */
static void
show_rows(struct text_writer *writer)
{
    size_t length = whole_rows(writer);

    write_file(writer, writer->held->str, length);
    if (!writer->error)
        writer->shown += (off_t)length;
    else if (writer->file.path && ftruncate(writer->file.fd, writer->shown) != 0)
        return;
    g_string_erase(writer->held, 0, (gssize)length);
    writer->n_held = writer->held->len;
}

static void
write_text(struct text_writer *writer, const char *text, size_t length)
{
    if (!writer->held) {
        write_file(writer, text, length);
        return;
    }
    g_string_append_len(writer->held, text, (gssize)length);
    if (writer->held->len > TEXT_WRITER_BUFFER)
        show_rows(writer);
}

void
text_writer_write_out(struct text_writer *writer)
{
    if (writer->waiting)
        g_string_append_len(writer->waiting, writer->buffer, (gssize)writer->used);
    else
        write_text(writer, writer->buffer, writer->used);
    writer->used = 0;
}

void
text_writer_put(struct text_writer *writer, const char *text, size_t length)
{
    while (length) {
        size_t piece = MIN(length, TEXT_WRITER_BUFFER);
        memcpy(text_writer_room(writer, piece), text, piece);
        writer->used += piece;
        text += piece;
        length -= piece;
    }
}

char *
text_writer_begin_led_cell(struct text_writer *writer, size_t length)
{
    const char *lead = writer->leads[writer->cell++];
    size_t lead_length = strlen(lead);
    char *at = text_writer_room(writer, lead_length + length);

    memcpy(at, lead, lead_length);
    return at + lead_length;
}

void
text_writer_plain(struct writer *base, const char *text, size_t length)
{
    struct text_writer *writer = (struct text_writer *)base;
    char *at = text_writer_begin_cell(writer, length);

    memcpy(at, text, length);
    text_writer_end_cell(writer, at + length);
}

void
text_writer_number(struct writer *base, uint64_t number)
{
    struct text_writer *writer = (struct text_writer *)base;

    text_writer_end_cell(writer,
                         writer_put_number(text_writer_begin_cell(writer, SHORT_CELL), number, 1));
}

/* --- numbers of sessions that are not final --- */

/* The cell, this row and all after it wait. */
void
text_writer_session(struct writer *base, struct session_number *session)
{
    struct text_writer *writer = (struct text_writer *)base;

    if (session_number_is_final(session)) {
        if (session_number_is_none(session))
            writer_empty(base);
        else
            writer_number(base, session_number_now(session));
        session_number_release(session);
        return;
    }
    text_writer_plain(base, "", 0);
    if (!writer->waiting)
        writer->waiting = g_string_new(NULL);
    text_writer_write_out(writer);
    struct gap *gap = g_new(struct gap, 1);
    *gap = (struct gap){ writer->waiting->len, session };
    g_queue_push_tail(&writer->gaps, gap);
}

static void
fill_gap(struct text_writer *writer)
{
    struct gap *gap = g_queue_pop_head(&writer->gaps);
    char number[SHORT_CELL];
    char *end = writer_put_number(number, session_number_now(gap->session), 1);

    write_text(writer, writer->waiting->str + writer->written, gap->at - writer->written);
    if (session_number_is_none(gap->session))
        write_text(writer, writer->none, strlen(writer->none));
    else
        write_text(writer, number, (size_t)(end - number));
    writer->written = gap->at;
    session_number_release(gap->session);
    g_free(gap);
}

/* Forgets what has been written, once it is more than the rest. */
static void
shrink(struct text_writer *writer)
{
    if (writer->written <= writer->waiting->len / 2)
        return;
    g_string_erase(writer->waiting, 0, (gssize)writer->written);
    for (GList *link = writer->gaps.head; link; link = link->next)
        ((struct gap *)link->data)->at -= writer->written;
    writer->written = 0;
}

/* Fills gaps in their order: those whose numbers are final, or all at the end. */
static void
fill_gaps(struct text_writer *writer, bool at_end)
{
    const struct gap *gap;

    if (!writer->waiting)
        return;
    while ((gap = g_queue_peek_head(&writer->gaps)) &&
           (at_end || writer->waiting->len - writer->written > WAITING_MAX ||
            session_number_is_final(gap->session)))
        fill_gap(writer);
    if (gap) {
        shrink(writer);
        return;
    }
    text_writer_write_out(writer);
    write_text(writer, writer->waiting->str + writer->written,
               writer->waiting->len - writer->written);
    g_string_free(writer->waiting, TRUE);
    writer->waiting = NULL;
    writer->written = 0;
}

void
text_writer_end_row(struct writer *base)
{
    struct text_writer *writer = (struct text_writer *)base;

    text_writer_put(writer, writer->row_end, strlen(writer->row_end));
    writer->in_row = false;
    writer->cell = 0;
    fill_gaps(writer, false);
}

/* --- rows that are read while the file is written --- */

bool
text_writer_show(struct writer *base, char **message)
{
    struct text_writer *writer = (struct text_writer *)base;
    bool is_first = !writer->held;

    if (is_first)
        writer->held = g_string_new(NULL);
    text_writer_write_out(writer);
    show_rows(writer);
    /* With the names of its columns from the start, also if the program is killed here. */
    return !is_first || output_file_show(&writer->file, message);
}

bool
text_writer_has_gaps(const struct writer *base)
{
    return ((const struct text_writer *)base)->waiting != NULL;
}

bool
text_writer_has_news(const struct writer *base)
{
    const struct text_writer *writer = (const struct text_writer *)base;

    return writer->held->len > writer->n_held || (writer->used > 0 && !writer->waiting);
}

uint64_t
text_writer_bytes(const struct writer *base)
{
    const struct text_writer *writer = (const struct text_writer *)base;

    return (uint64_t)writer->shown + writer->held->len + writer->used;
}

bool
text_writer_carry(struct writer *from, struct writer *to, const char *directory, char **message)
{
    struct text_writer *old = (struct text_writer *)from, *new = (struct text_writer *)to;
    g_autofree char *name = g_path_get_basename(old->file.path);
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (!text_writer_show(from, message) || !output_file_move(&old->file, path, message) ||
        !text_writer_show(to, message))
        return false;
    write_text(new, old->held->str, old->held->len);
    g_string_truncate(old->held, 0);
    new->waiting = g_steal_pointer(&old->waiting);
    new->written = old->written;
    new->gaps = old->gaps;
    g_queue_init(&old->gaps);
    return true;
}

/* --- the file --- */

bool
text_writer_failed(const struct writer *base)
{
    return ((const struct text_writer *)base)->error != 0;
}

bool
text_writer_flush(struct writer *base, char **message)
{
    struct text_writer *writer = (struct text_writer *)base;

    fill_gaps(writer, true);
    text_writer_write_out(writer);
    if (writer->held)
        show_rows(writer);
    if (writer->error)
        *message =
            g_strdup_printf("%s: %s", output_file_place(&writer->file), g_strerror(writer->error));
    else
        output_file_start_sync(&writer->file);
    return !writer->error;
}

bool
text_writer_sync(struct writer *base, char **message)
{
    return output_file_sync(&((struct text_writer *)base)->file, message);
}

bool
text_writer_publish(struct writer *base, char **message)
{
    return output_file_publish(&((struct text_writer *)base)->file, message);
}

static void
free_writer(struct text_writer *writer)
{
    struct gap *gap;

    while ((gap = g_queue_pop_head(&writer->gaps))) {
        session_number_release(gap->session);
        g_free(gap);
    }
    if (writer->waiting)
        g_string_free(writer->waiting, TRUE);
    if (writer->held)
        g_string_free(writer->held, TRUE);
    g_strfreev(writer->leads);
    g_free(writer->buffer);
    g_free(writer);
}

void
text_writer_close(struct writer *base)
{
    struct text_writer *writer = (struct text_writer *)base;

    output_file_close(&writer->file);
    free_writer(writer);
}

void
text_writer_discard(struct writer *base)
{
    struct text_writer *writer = (struct text_writer *)base;

    output_file_discard(&writer->file);
    free_writer(writer);
}
