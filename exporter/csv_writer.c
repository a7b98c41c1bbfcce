/* csv_writer.c
 * Writes a CSV: cells, rows, and a file that appears complete or not at all.
 * [RFC 4180], [RFC 3339]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "csv_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "base/text.h"
#include "session_number.h"

#define BUFFER_SIZE (256 * 1024)

/* Text that waits for the numbers of sessions. When there is more, the oldest cells get the numbers
 * known by then. */
#define WAITING_MAX (16 * 1024 * 1024)

/* The longest cell that is not text: a time, an address, a number. */
#define SHORT_CELL 64

#define NS_PER_S 1000000000

struct csv {
    int fd;
    char *path; /* NULL: standard output */
    char *temporary;
    char *before; /* where the file of an earlier run is kept while it can still be put back */
    enum { CSV_WRITING, CSV_REPLACED, CSV_NEW } state; /* the last two: has its final name */
    struct csv_style style;
    char *buffer;
    size_t used;
    uint64_t rows;
    bool in_row;
    int error;     /* errno of the first failed write */
    time_t second; /* of the time formatted last */
    char second_text[SHORT_CELL];
    size_t second_length; /* 0: cannot be formatted */
    GString *waiting;     /* text that waits, before that in the buffer; NULL: none */
    size_t written;       /* of it */
    GQueue gaps;          /* of struct gap: in it, in order */
};

/* A cell in the text that waits. */
struct gap {
    size_t at;
    struct session_number *session;
};

struct csv *
csv_open(const char *directory, const char *name, struct csv_style style, char **message)
{
    struct csv *csv = g_new0(struct csv, 1);

    csv->fd = STDOUT_FILENO;
    csv->style = style;
    if (directory) {
        char *file = g_strconcat(name, ".csv", NULL);
        csv->path = g_build_filename(directory, file, NULL);
        csv->temporary = g_strdup_printf("%s.%ld" CSV_TEMPORARY_SUFFIX, csv->path, (long)getpid());
        csv->before =
            g_strdup_printf("%s.%ld.before" CSV_TEMPORARY_SUFFIX, csv->path, (long)getpid());
        g_free(file);
        csv->fd = -1;
        if (g_file_test(csv->path, G_FILE_TEST_IS_DIR))
            errno = EISDIR;
        else
            csv->fd =
                g_open(csv->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    if (csv->fd < 0) {
        *message = g_strdup_printf("%s: %s", csv->path, g_strerror(errno));
        g_free(csv->before);
        g_free(csv->path);
        g_free(csv->temporary);
        g_free(csv);
        return NULL;
    }
    csv->buffer = g_malloc(BUFFER_SIZE);
    if (style.bom) {
        memcpy(csv->buffer, "\xEF\xBB\xBF", 3);
        csv->used = 3;
    }
    return csv;
}

static void
write_text(struct csv *csv, const char *text, size_t length)
{
    size_t done = 0;

    while (done < length && !csv->error) {
        ssize_t n = write(csv->fd, text + done, length - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            csv->error = n == 0 ? EIO : errno;
    }
}

/* Writes the buffer, or adds it to the text that waits. */
static void
write_out(struct csv *csv)
{
    if (csv->waiting)
        g_string_append_len(csv->waiting, csv->buffer, (gssize)csv->used);
    else
        write_text(csv, csv->buffer, csv->used);
    csv->used = 0;
}

static char *
room(struct csv *csv, size_t length)
{
    if (BUFFER_SIZE - csv->used < length)
        write_out(csv);
    return csv->buffer + csv->used;
}

static void
put(struct csv *csv, const char *text, size_t length)
{
    while (length) {
        size_t piece = MIN(length, BUFFER_SIZE);
        memcpy(room(csv, piece), text, piece);
        csv->used += piece;
        text += piece;
        length -= piece;
    }
}

/* Returns where to write the cell, with room for `length` bytes; to be followed by end_cell(). */
static char *
begin_cell(struct csv *csv, size_t length)
{
    char *at = room(csv, length + 1);

    if (csv->in_row)
        *at++ = ',';
    csv->in_row = true;
    return at;
}

static void
end_cell(struct csv *csv, const char *end)
{
    csv->used = (size_t)(end - csv->buffer);
}

void
csv_empty(struct csv *csv)
{
    end_cell(csv, begin_cell(csv, 0));
}

/* What has to be looked at: separators, quotes, control characters, and all that is not ASCII. */
static size_t
plain_length(const char *text)
{
    size_t length = 0;

    for (; (unsigned char)text[length] >= ' ' && (unsigned char)text[length] < 0x7f; length++)
        if (text[length] == ',' || text[length] == '"' || text[length] == ';')
            break;
    return length;
}

/* With what a spreadsheet begins a formula, also in the wide forms of East Asian keyboards. */
static bool
is_formula(gunichar first)
{
    switch (first) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case 0xff1d:
    case 0xff0b:
    case 0xff0d:
    case 0xff20:
        return true;
    default:
        return false;
    }
}

/* Characters that nobody sees, or that change how others are seen: without them a text would not be
 * what it seems to be. */
static bool
is_hidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
        return c != '\t' && c != '\r' && c != '\n';
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
        return true;
    default:
        return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || c == 0x034f ||
               c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x3164 ||
               c == 0xffa0;
    }
}

/* A text as it is printed: an apostrophe before what would be a formula, at its start or behind a
 * semicolon or a tab, which separate cells in many countries; hidden characters as <U+202E>; bytes
 * that are not UTF-8 as U+FFFD. */
static void
append_guarded(GString *out, const char *text)
{
    bool at_start = true;
    const char *next;

    for (; *text; text = next) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool is_valid = c != (gunichar)-1 && c != (gunichar)-2;

        next = is_valid ? g_utf8_next_char(text) : text + 1;
        if (!is_valid)
            c = 0xfffd;
        if (at_start && is_formula(c))
            g_string_append_c(out, '\'');
        if (is_hidden(c))
            g_string_append_printf(out, "<U+%04X>", c);
        else
            g_string_append_unichar(out, c);
        at_start = c == ';' || c == '\t' || (at_start && g_unichar_isspace(c));
    }
}

static void
put_quoted(struct csv *csv, const char *text)
{
    put(csv, "\"", 1);
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        put(csv, text, (size_t)(quote - text) + 1);
        put(csv, "\"", 1);
    }
    put(csv, text, strlen(text));
    put(csv, "\"", 1);
}

void
csv_text(struct csv *csv, const char *text)
{
    csv_empty(csv);
    if (!text || !text[0])
        return;
    size_t length = plain_length(text);
    if (!text[length] && text[0] != ' ') {
        if (is_formula((unsigned char)text[0]))
            put(csv, "'", 1);
        put(csv, text, length);
        return;
    }
    g_autoptr(GString) guarded = g_string_sized_new(2 * length + 64);
    append_guarded(guarded, text);
    if (guarded->str[strcspn(guarded->str, ",\"\r\n")])
        put_quoted(csv, guarded->str);
    else
        put(csv, guarded->str, guarded->len);
}

static char *
put_number(char *at, uint64_t number, unsigned width)
{
    char digits[20];
    unsigned n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (width-- > n)
        *at++ = '0';
    while (n)
        *at++ = digits[--n];
    return at;
}

void
csv_number(struct csv *csv, uint64_t number)
{
    end_cell(csv, put_number(begin_cell(csv, SHORT_CELL), number, 1));
}

/* --- numbers of sessions that are not final --- */

void
csv_session(struct csv *csv, struct session_number *session)
{
    if (session_number_is_final(session)) {
        csv_number(csv, session_number_now(session));
        session_number_release(session);
        return;
    }
    csv_empty(csv);
    if (!csv->waiting)
        csv->waiting = g_string_new(NULL);
    write_out(csv);
    struct gap *gap = g_new(struct gap, 1);
    *gap = (struct gap){ csv->waiting->len, session };
    g_queue_push_tail(&csv->gaps, gap);
}

static void
fill_gap(struct csv *csv)
{
    struct gap *gap = g_queue_pop_head(&csv->gaps);
    char number[SHORT_CELL];
    char *end = put_number(number, session_number_now(gap->session), 1);

    write_text(csv, csv->waiting->str + csv->written, gap->at - csv->written);
    write_text(csv, number, (size_t)(end - number));
    csv->written = gap->at;
    session_number_release(gap->session);
    g_free(gap);
}

/* Forgets what has been written, once it is more than the rest. */
static void
shrink(struct csv *csv)
{
    if (csv->written <= csv->waiting->len / 2)
        return;
    g_string_erase(csv->waiting, 0, (gssize)csv->written);
    for (GList *link = csv->gaps.head; link; link = link->next)
        ((struct gap *)link->data)->at -= csv->written;
    csv->written = 0;
}

/* Fills gaps in their order: those whose numbers are final, or all at the end. */
static void
fill_gaps(struct csv *csv, bool at_end)
{
    const struct gap *gap;

    if (!csv->waiting)
        return;
    while ((gap = g_queue_peek_head(&csv->gaps)) &&
           (at_end || csv->waiting->len - csv->written > WAITING_MAX ||
            session_number_is_final(gap->session)))
        fill_gap(csv);
    if (gap) {
        shrink(csv);
        return;
    }
    write_out(csv);
    write_text(csv, csv->waiting->str + csv->written, csv->waiting->len - csv->written);
    g_string_free(csv->waiting, TRUE);
    csv->waiting = NULL;
    csv->written = 0;
}

static void
drop_gaps(struct csv *csv)
{
    struct gap *gap;

    while ((gap = g_queue_pop_head(&csv->gaps))) {
        session_number_release(gap->session);
        g_free(gap);
    }
    if (csv->waiting)
        g_string_free(csv->waiting, TRUE);
}

/* Rows are mostly in order of time, so the second seldom changes; only its fraction is formatted
 * every time. */
void
csv_time(struct csv *csv, int64_t time_ns)
{
    int64_t fraction = time_ns % NS_PER_S;
    time_t second = (time_t)(time_ns / NS_PER_S);

    if (fraction < 0) {
        fraction += NS_PER_S;
        second--;
    }
    if (second != csv->second || !csv->second_length) {
        struct tm tm;
        csv->second_length = 0;
        if (gmtime_r(&second, &tm))
            csv->second_length = strftime(csv->second_text, SHORT_CELL, "%Y-%m-%dT%H:%M:%S.", &tm);
        csv->second = second;
    }
    if (!csv->second_length) {
        csv_empty(csv);
        return;
    }
    char *at = begin_cell(csv, 2 * SHORT_CELL);
    memcpy(at, csv->second_text, csv->second_length);
    at = put_number(at + csv->second_length, (uint64_t)fraction / 1000, 6);
    *at++ = 'Z';
    end_cell(csv, at);
}

void
csv_ms(struct csv *csv, int64_t duration_ns)
{
    char *at = begin_cell(csv, SHORT_CELL);
    uint64_t us = ((uint64_t)(duration_ns < 0 ? -duration_ns : duration_ns) + 500) / 1000;

    if (duration_ns < 0 && us)
        *at++ = '-';
    at = put_number(at, us / 1000, 1);
    *at++ = '.';
    end_cell(csv, put_number(at, us % 1000, 3));
}

void
csv_ratio(struct csv *csv, double ratio)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    csv_text(csv, g_ascii_formatd(text, sizeof text, "%.4f", ratio));
}

void
csv_uuid(struct csv *csv, const uint8_t wire[16])
{
    char text[OA_UUID_TEXT];

    oa_text_uuid(wire, text);
    csv_text(csv, text);
}

static bool
is_ipv4(const uint8_t bytes[16])
{
    static const uint8_t MAPPED[12] = { [10] = 0xFF, [11] = 0xFF };

    return memcmp(bytes, MAPPED, sizeof MAPPED) == 0;
}

static char *
put_address(char *at, const uint8_t bytes[16])
{
    if (!is_ipv4(bytes))
        return at + strlen(address_text(bytes, at));
    for (unsigned i = 12; i < 16; i++) {
        at = put_number(at, bytes[i], 1);
        *at++ = '.';
    }
    return at - 1;
}

void
csv_address(struct csv *csv, const uint8_t bytes[16])
{
    end_cell(csv, put_address(begin_cell(csv, SHORT_CELL), bytes));
}

void
csv_endpoint(struct csv *csv, const uint8_t bytes[16], uint16_t port)
{
    char *at = begin_cell(csv, SHORT_CELL);

    if (!is_ipv4(bytes))
        *at++ = '[';
    at = put_address(at, bytes);
    if (!is_ipv4(bytes))
        *at++ = ']';
    *at++ = ':';
    end_cell(csv, put_number(at, port, 1));
}

void
csv_end_row(struct csv *csv)
{
    put(csv, csv->style.crlf ? "\r\n" : "\n", csv->style.crlf ? 2 : 1);
    csv->in_row = false;
    csv->rows++;
    fill_gaps(csv, false);
}

uint64_t
csv_rows(const struct csv *csv)
{
    return csv->rows ? csv->rows - 1 : 0;
}

bool
csv_failed(const struct csv *csv)
{
    return csv->error != 0;
}

static const char *
place(const struct csv *csv)
{
    return csv->path ? csv->path : "standard output";
}

bool
csv_flush(struct csv *csv, char **message)
{
    fill_gaps(csv, true);
    write_out(csv);
    if (!csv->error && csv->path && fsync(csv->fd) != 0 && errno != EINVAL)
        csv->error = errno;
    if (csv->error)
        *message = g_strdup_printf("%s: %s", place(csv), g_strerror(csv->error));
    return !csv->error;
}

static void
free_csv(struct csv *csv)
{
    drop_gaps(csv);
    g_free(csv->path);
    g_free(csv->temporary);
    g_free(csv->before);
    g_free(csv->buffer);
    g_free(csv);
}

/* Keeps the file of an earlier run, if there is one; where links are not possible, it is moved. */
static bool
keep_before(struct csv *csv)
{
    csv->state = CSV_REPLACED;
    if (link(csv->path, csv->before) == 0)
        return true;
    if (errno == ENOENT)
        csv->state = CSV_NEW;
    else if (g_rename(csv->path, csv->before) != 0)
        csv->state = CSV_WRITING;
    return csv->state != CSV_WRITING;
}

static void
put_back(struct csv *csv)
{
    if (csv->state == CSV_REPLACED)
        g_rename(csv->before, csv->path);
    else if (csv->state == CSV_NEW)
        g_unlink(csv->path);
    csv->state = CSV_WRITING;
}

bool
csv_publish(struct csv *csv, char **message)
{
    if (!csv->path)
        return true;
    if (g_file_test(csv->path, G_FILE_TEST_IS_DIR)) {
        *message = g_strdup_printf("%s: %s", csv->path, g_strerror(EISDIR));
        return false;
    }
    int failed = keep_before(csv) ? 0 : errno;
    if (!failed && g_rename(csv->temporary, csv->path) != 0) {
        failed = errno;
        if (csv->state == CSV_REPLACED)
            put_back(csv);
        csv->state = CSV_WRITING;
    }
    if (failed)
        *message = g_strdup_printf("%s: %s", csv->path, g_strerror(failed));
    return !failed;
}

void
csv_close(struct csv *csv)
{
    if (csv->path) {
        close(csv->fd);
        g_unlink(csv->before);
    }
    free_csv(csv);
}

void
csv_discard(struct csv *csv)
{
    put_back(csv);
    if (csv->path) {
        close(csv->fd);
        g_unlink(csv->temporary);
        g_unlink(csv->before);
    }
    free_csv(csv);
}
