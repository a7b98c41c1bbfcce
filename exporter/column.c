/* column.c
 * A column of a report as data: printing and merging values by type.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "column.h"

#include <string.h>

#include "facts.h"
#include "session_number.h"

void
columns_print(const struct column *columns, size_t n, struct csv *csv, const void *row)
{
    for (size_t i = 0; i < n; i++) {
        const struct cell *cell = &columns[i].cell;
        const char *object = row;

        if (cell->pointer >= 0)
            memcpy(&object, (const char *)row + cell->pointer, sizeof object);
        if (!object)
            csv_empty(csv);
        else if (cell->name)
            csv_text(csv, cell->name(*(const unsigned *)(object + cell->offset)));
        else
            cell->print(csv, object + cell->offset);
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
cell_text(struct csv *csv, const void *value)
{
    const char *text;

    memcpy(&text, value, sizeof text);
    csv_text(csv, text);
}

/* The characters themselves. */
void
cell_chars(struct csv *csv, const void *value)
{
    csv_text(csv, value);
}

void
cell_u64(struct csv *csv, const void *value)
{
    uint64_t number = *(const uint64_t *)value;

    if (number == NO_NUMBER)
        csv_empty(csv);
    else
        csv_number(csv, number);
}

void
cell_u32(struct csv *csv, const void *value)
{
    csv_number(csv, *(const uint32_t *)value);
}

void
cell_u16(struct csv *csv, const void *value)
{
    csv_number(csv, *(const uint16_t *)value);
}

void
cell_u8(struct csv *csv, const void *value)
{
    csv_number(csv, *(const uint8_t *)value);
}

void
cell_yes_no(struct csv *csv, const void *value)
{
    csv_text(csv, *(const bool *)value ? "yes" : "no");
}

void
cell_time(struct csv *csv, const void *value)
{
    int64_t time_ns = *(const int64_t *)value;

    if (time_ns == NO_TIME)
        csv_empty(csv);
    else
        csv_time(csv, time_ns);
}

void
cell_ms(struct csv *csv, const void *value)
{
    int64_t duration_ns = *(const int64_t *)value;

    if (duration_ns == NO_TIME)
        csv_empty(csv);
    else
        csv_ms(csv, duration_ns);
}

void
cell_ratio(struct csv *csv, const void *value)
{
    double ratio = *(const double *)value;

    if (ratio < 0)
        csv_empty(csv);
    else
        csv_ratio(csv, ratio);
}

void
cell_address(struct csv *csv, const void *value)
{
    csv_address(csv, value);
}

void
cell_uuid(struct csv *csv, const void *value)
{
    csv_uuid(csv, ((const struct oa_cookie *)value)->bytes);
}

void
cell_endpoint(struct csv *csv, const void *value)
{
    const struct oa_endpoint *endpoint = value;

    csv_endpoint(csv, endpoint->address, endpoint->port);
}

void
cell_user(struct csv *csv, const void *value)
{
    char text[USER_TEXT];

    csv_text(csv, user_text(value, text));
}

void
cell_session(struct csv *csv, const void *value)
{
    const struct oa_virtual_connection *vc = value;

    if (vc->has_final_number)
        csv_number(csv, vc->number);
    else
        csv_session(csv, session_number_hold(vc));
}

static void
put_latency(struct csv *csv, const struct histogram *histogram, int64_t ns)
{
    if (histogram_count(histogram))
        csv_ms(csv, ns);
    else
        csv_empty(csv);
}

void
cell_least(struct csv *csv, const void *value)
{
    put_latency(csv, value, histogram_min(value));
}

void
cell_mean(struct csv *csv, const void *value)
{
    put_latency(csv, value, (int64_t)(histogram_mean(value) + 0.5));
}

void
cell_p50(struct csv *csv, const void *value)
{
    put_latency(csv, value, histogram_percentile(value, 50));
}

void
cell_p95(struct csv *csv, const void *value)
{
    put_latency(csv, value, histogram_percentile(value, 95));
}

void
cell_p99(struct csv *csv, const void *value)
{
    put_latency(csv, value, histogram_percentile(value, 99));
}

void
cell_greatest(struct csv *csv, const void *value)
{
    put_latency(csv, value, histogram_max(value));
}
