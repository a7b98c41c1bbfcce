/* shape_records.c
 * The records of a connection inside TLS.
 * [RFC 8446] 5.1, [RFC 5246] 6.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/shape_records.h"

#include <string.h>

#include <glib.h>

#include "base/cursor.h"

#define TYPE_FIRST 20 /* ChangeCipherSpec */
#define TYPE_LAST 24  /* Heartbeat */
#define LENGTH_MAX (16384 + 2048)

static uint16_t
length_of(const uint8_t header[OA_TLS_HEADER])
{
    return (uint16_t)(header[3] << 8 | header[4]);
}

static uint16_t
version_of(const uint8_t header[OA_TLS_HEADER])
{
    return (uint16_t)(header[1] << 8 | header[2]);
}

static bool
is_header(const uint8_t header[OA_TLS_HEADER])
{
    return header[0] >= TYPE_FIRST && header[0] <= TYPE_LAST && header[1] == 3 && header[2] <= 4 &&
           length_of(header) > 0 && length_of(header) <= LENGTH_MAX;
}

/* Whether records begin with these bytes: also the second, if it is there. */
static bool
begins_record(const uint8_t *data, size_t length)
{
    if (length < OA_TLS_HEADER || !is_header(data))
        return false;
    size_t next = OA_TLS_HEADER + (size_t)length_of(data);
    return length < next + OA_TLS_HEADER || is_header(data + next);
}

bool
oa_shape_records_may_begin(const uint8_t *data, size_t length)
{
    if (length < OA_TLS_HEADER || !is_header(data) || data[0] != OA_TLS_APPLICATION_DATA)
        return false;
    size_t next = OA_TLS_HEADER + (size_t)length_of(data);
    return length == next || (length >= next + OA_TLS_HEADER && is_header(data + next));
}

static void
tell_gap(const struct oa_shape_records *records, enum oa_side side)
{
    if (records->listener.gap)
        records->listener.gap(records->listener.context, side);
}

static uint64_t
number_of(const struct oa_tls_direction *direction)
{
    return direction->n_number == OA_TLS_NUMBER ? direction->number : 0;
}

static void
end_record(struct oa_shape_records *records, enum oa_side side, struct oa_stamp last)
{
    struct oa_tls_direction *direction = &records->direction[side];
    const struct oa_shape_record record = { .by = side,
                                            .type = direction->header[0],
                                            .version = version_of(direction->header),
                                            .length = length_of(direction->header),
                                            .number = number_of(direction),
                                            .first = direction->first,
                                            .last = last };

    direction->n_header = 0;
    if (records->listener.record)
        records->listener.record(records->listener.context, &record);
}

static void
tell_hidden(const struct oa_shape_records *records, enum oa_side side, uint64_t bytes,
            struct oa_stamp stamp)
{
    const struct oa_shape_record record = { .by = side,
                                            .is_hidden = true,
                                            .length = (uint32_t)MIN(bytes, UINT32_MAX),
                                            .first = stamp,
                                            .last = stamp };

    if (records->listener.record)
        records->listener.record(records->listener.context, &record);
}

static void
begin_record(struct oa_shape_records *records, enum oa_side side)
{
    struct oa_tls_direction *direction = &records->direction[side];

    direction->left = length_of(direction->header);
    direction->number = direction->n_number = 0;
    if (is_header(direction->header))
        return;
    direction->is_adrift = true;
    direction->n_header = 0;
    tell_gap(records, side);
}

static void
read_number(struct oa_tls_direction *direction, struct oa_cursor payload)
{
    while (direction->n_number < OA_TLS_NUMBER && oa_cursor_left(&payload)) {
        direction->number = direction->number << 8 | oa_cursor_u8(&payload);
        direction->n_number++;
    }
}

void
oa_shape_records_data(struct oa_shape_records *records, enum oa_side side, const uint8_t *data,
                      size_t length, struct oa_stamp stamp)
{
    struct oa_tls_direction *direction = &records->direction[side];
    struct oa_cursor cursor = oa_cursor_over(data, length);

    if (direction->is_adrift && begins_record(data, length))
        direction->is_adrift = direction->is_hidden = false;
    else if (direction->is_hidden)
        tell_hidden(records, side, length, stamp);
    while (oa_cursor_left(&cursor) && !direction->is_adrift) {
        if (direction->n_header < OA_TLS_HEADER) {
            if (direction->n_header == 0)
                direction->first = stamp;
            direction->header[direction->n_header++] = oa_cursor_u8(&cursor);
            if (direction->n_header == OA_TLS_HEADER)
                begin_record(records, side);
        } else {
            size_t part = MIN(direction->left, oa_cursor_left(&cursor));
            read_number(direction, oa_cursor_sub(&cursor, part));
            direction->left -= (uint16_t)part;
            if (direction->left == 0)
                end_record(records, side, stamp);
        }
    }
}

/* A known record goes on behind what is missing: all of it was sent. */
static bool
skip_within(struct oa_tls_direction *direction, uint64_t *bytes)
{
    if (direction->n_header < OA_TLS_HEADER)
        return false;
    uint16_t part = (uint16_t)MIN(direction->left, *bytes);
    if (direction->n_number < OA_TLS_NUMBER)
        direction->n_number = OA_TLS_NUMBER + 1;
    direction->left -= part;
    *bytes -= part;
    return direction->left > 0;
}

void
oa_shape_records_cut(struct oa_shape_records *records, enum oa_side side, uint64_t bytes,
                     struct oa_stamp stamp)
{
    struct oa_tls_direction *direction = &records->direction[side];

    if (skip_within(direction, &bytes))
        return;
    if (direction->n_header == OA_TLS_HEADER)
        end_record(records, side, stamp);
    if (!bytes || (direction->is_adrift && !direction->is_hidden))
        return;
    tell_hidden(records, side, bytes + direction->n_header, stamp);
    direction->n_header = 0;
    direction->is_adrift = direction->is_hidden = true;
}

/* Where the next record begins is known if it is not before the end of the missing bytes; when the
 * current one ended is not, if that is missing. */
void
oa_shape_records_lost(struct oa_shape_records *records, enum oa_side side, uint64_t bytes)
{
    struct oa_tls_direction *direction = &records->direction[side];

    if (skip_within(direction, &bytes))
        return;
    direction->is_adrift = bytes > 0 || direction->n_header < OA_TLS_HEADER;
    direction->is_hidden = false;
    direction->n_header = 0;
    tell_gap(records, side);
}
