/* column.c
 * A column of a report as data: printing and merging values by type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "column.h"

#include <math.h>
#include <string.h>

#include "session_number.h"
#include "track/vc_names.h"

void
columns_print(const struct column *columns, size_t n, struct writer *writer, const void *row)
{
    for (size_t i = 0; i < n; i++) {
        const struct cell *cell = &columns[i].cell;
        const char *object = row;

        if (cell->pointer >= 0)
            memcpy(&object, (const char *)row + cell->pointer, sizeof object);
        if (!object)
            writer_empty(writer);
        else if (cell->name)
            writer_text(writer, cell->name(*(const unsigned *)(object + cell->offset)));
        else
            cell->print(writer, object + cell->offset);
    }
}

/* Offset of the member in the row. */
static size_t
place_of(const struct cell *cell)
{
    return cell->pointer >= 0 ? (size_t)cell->pointer : cell->offset;
}

/* Adjacent columns may print the same member, which is merged once. */
void
columns_merge(const struct column *columns, size_t n, void *into, const void *from)
{
    for (size_t i = 0; i < n; i++) {
        const struct cell *cell = &columns[i].cell;
        size_t place = place_of(cell);

        if (cell->merge && (i == 0 || place != place_of(&columns[i - 1].cell)))
            cell->merge((char *)into + place, (const char *)from + place);
    }
}

void
merge_sum(void *into, const void *from)
{
    uint64_t *sum = into;
    uint64_t added = *(const uint64_t *)from;

    if (added != NO_NUMBER)
        *sum = *sum == NO_NUMBER ? added : *sum + added;
}

void
merge_least(void *into, const void *from)
{
    if (*(const int64_t *)from < *(int64_t *)into)
        *(int64_t *)into = *(const int64_t *)from;
}

void
merge_greatest(void *into, const void *from)
{
    if (*(const int64_t *)from > *(int64_t *)into)
        *(int64_t *)into = *(const int64_t *)from;
}

void
merge_histograms(void *into, const void *from)
{
    struct histogram *const *other = from;

    if (*other)
        histogram_merge(*(struct histogram **)into, *other);
}

/* A char * or const char *. */
void
cell_text(struct writer *writer, const void *value)
{
    const char *text;

    memcpy(&text, value, sizeof text);
    writer_text(writer, text);
}

/* The characters themselves. */
void
cell_chars(struct writer *writer, const void *value)
{
    writer_text(writer, value);
}

void
cell_u64(struct writer *writer, const void *value)
{
    uint64_t number = *(const uint64_t *)value;

    if (number == NO_NUMBER)
        writer_empty(writer);
    else
        writer_number(writer, number);
}

void
cell_u32(struct writer *writer, const void *value)
{
    writer_number(writer, *(const uint32_t *)value);
}

void
cell_u16(struct writer *writer, const void *value)
{
    writer_number(writer, *(const uint16_t *)value);
}

void
cell_u8(struct writer *writer, const void *value)
{
    writer_number(writer, *(const uint8_t *)value);
}

void
cell_yes_no(struct writer *writer, const void *value)
{
    writer_text(writer, *(const bool *)value ? "yes" : "no");
}

void
cell_time(struct writer *writer, const void *value)
{
    int64_t time_ns = *(const int64_t *)value;

    if (time_ns == NO_TIME)
        writer_empty(writer);
    else
        writer_time(writer, time_ns);
}

/* The characters themselves. */
void
cell_time_text(struct writer *writer, const void *value)
{
    writer_time_text(writer, value);
}

void
cell_ms(struct writer *writer, const void *value)
{
    int64_t duration_ns = *(const int64_t *)value;

    if (duration_ns == NO_TIME)
        writer_empty(writer);
    else
        writer_ms(writer, duration_ns);
}

void
cell_ratio(struct writer *writer, const void *value)
{
    double ratio = *(const double *)value;

    if (ratio < 0)
        writer_empty(writer);
    else
        writer_ratio(writer, ratio);
}

void
cell_signed(struct writer *writer, const void *value)
{
    double number = *(const double *)value;

    if (isfinite(number))
        writer_ratio(writer, number);
    else
        writer_empty(writer);
}

void
cell_address(struct writer *writer, const void *value)
{
    writer_address(writer, value);
}

void
cell_uuid(struct writer *writer, const void *value)
{
    writer_uuid(writer, ((const struct oa_cookie *)value)->bytes);
}

void
cell_endpoint(struct writer *writer, const void *value)
{
    const struct oa_endpoint *endpoint = value;

    writer_endpoint(writer, endpoint->address, endpoint->port);
}

void
cell_user(struct writer *writer, const void *value)
{
    char text[OA_USER_TEXT];

    writer_text(writer, oa_user_text(value, text));
}

void
cell_session(struct writer *writer, const void *value)
{
    const struct oa_virtual_connection *vc = value;

    if (session_number_is_known(vc))
        writer_number(writer, vc->number);
    else
        writer_session(writer, session_number_hold(vc));
}

static void
put_latency(struct writer *writer, const struct histogram *histogram, int64_t ns)
{
    if (histogram_count(histogram))
        writer_ms(writer, ns);
    else
        writer_empty(writer);
}

void
cell_least(struct writer *writer, const void *value)
{
    put_latency(writer, value, histogram_min(value));
}

void
cell_mean(struct writer *writer, const void *value)
{
    put_latency(writer, value, (int64_t)(histogram_mean(value) + 0.5));
}

void
cell_p50(struct writer *writer, const void *value)
{
    put_latency(writer, value, histogram_percentile(value, 50));
}

void
cell_p95(struct writer *writer, const void *value)
{
    put_latency(writer, value, histogram_percentile(value, 95));
}

void
cell_p99(struct writer *writer, const void *value)
{
    put_latency(writer, value, histogram_percentile(value, 99));
}

void
cell_greatest(struct writer *writer, const void *value)
{
    put_latency(writer, value, histogram_max(value));
}
