/* column.h
 * A column of a report as data: name, type, printed member, definition.
 *
 * The row of a report is its `struct row`. A line of the column table names a member of it, or a
 * member of an object that it points to:
 *
 *     { "calls", COUNT_OF(vc, calls), "RPC calls" },
 *     { "setup_ms", MS(setup_ns), "start to CONN/C2" },
 *
 * The macro is the type of the column; the unit follows from it. A member of a C type that it does
 * not print is a compile error. NULL, an empty string, NO_NUMBER, NO_TIME and NO_RATIO print as an
 * empty cell, and so do members of an object that is NULL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef COLUMN_H
#define COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/renamer.h"
#include "histogram.h"
#include "track/events.h"
#include "writer.h"

#define NO_NUMBER UINT64_MAX
#define NO_TIME INT64_MIN /* neither a time nor a duration */
#define NO_RATIO (-1.0)

/* From one time to a later one; NO_TIME if it is not later. */
static inline int64_t
time_between(int64_t from_ns, int64_t to_ns)
{
    return from_ns <= to_ns ? to_ns - from_ns : NO_TIME;
}

/* For numbers that are 0 if unknown. */
static inline uint64_t
or_none(uint64_t number)
{
    return number ? number : NO_NUMBER;
}

/* What a column prints, and how. */
struct cell {
    const char *unit;
    void (*print)(struct writer *writer, const void *value);
    const char *(*name)(unsigned value); /* for an enum, instead of `print` */
    ptrdiff_t pointer; /* offset of the pointer to the object; -1: the row itself */
    size_t offset;     /* of the value in that object */
    void (*merge)(void *into, const void *from); /* may be NULL */
    enum oa_name_kind names; /* of unit text: what the text names, for --anonymize */
};

struct column {
    const char *name; /* snake_case with the unit last; never changed once published */
    struct cell cell;
    const char *definition;
};

/* Prints the cells of a row, without the end of the line. */
void columns_print(const struct column *columns, size_t n, struct writer *writer, const void *row);

/* Merges the row `from` into the row `into`, as far as the types of the columns define it: COUNT
 * and BYTES are added, FIRST_TIME and LAST_TIME become the minimum and maximum, histograms are
 * merged. */
void columns_merge(const struct column *columns, size_t n, void *into, const void *from);

/* clang-format off */

/* --- types: TYPE(member of the row), TYPE_OF(pointer in the row, member of its target) --- */

/* char[], char *, const char *. A word names nobody, see base/renamer.h; what text from a capture
 * names is the rest of a constant OA_NAME_...; TEXT may be anything. */
#define TEXT(member)                NAMED(ANY, member)
#define TEXT_OF(pointer, member)    NAMED_OF(ANY, pointer, member)
#define WORD(member)                NAMED(WORD, member)
#define WORD_OF(pointer, member)    NAMED_OF(WORD, pointer, member)
#define NAMED(what, member)         CELL_NAMED_(what, -1, CELL_ROW_->member, offsetof(struct row, member))
#define NAMED_OF(what, pointer_, member) \
    CELL_NAMED_(what, offsetof(struct row, pointer_), CELL_ROW_->pointer_->member, \
                offsetof(__typeof__(*CELL_ROW_->pointer_), member))

/* An enum, with the function that names its values; a bool. */
#define NAME_OF(pointer, member, function) CELL_NAME_(function, pointer, member)
#define YES_NO_OF(pointer_, member) \
    { .unit = "text", .names = OA_NAME_WORD, .print = CELL_YES_NO_(CELL_ROW_->pointer_->member), \
      CELL_AT_(pointer_, member) }

/* Unsigned integers. COUNT and BYTES of the row itself are uint64_t. */
#define NUMBER(member)              CELL_OWN_("number", CELL_NUMBER_, member)
#define NUMBER_OF(pointer, member)  CELL_OF_("number", CELL_NUMBER_, pointer, member)
#define COUNT(member)               CELL_MERGED_("count", CELL_SUM_, member, merge_sum)
#define COUNT_OF(pointer, member)   CELL_OF_("count", CELL_NUMBER_, pointer, member)
#define BYTES(member)               CELL_MERGED_("bytes", CELL_SUM_, member, merge_sum)
#define BYTES_OF(pointer, member)   CELL_OF_("bytes", CELL_NUMBER_, pointer, member)
#define WHOLE_S(member)             CELL_OWN_("s", CELL_NUMBER_, member)
#define WHOLE_MS(member)            CELL_OWN_("ms", CELL_NUMBER_, member) /* not nanoseconds */

/* int64_t nanoseconds: since the epoch, or a duration. */
#define TIME_OF(pointer, member)    CELL_OF_("time", CELL_TIME_, pointer, member)
#define FIRST_TIME(member)          CELL_MERGED_("time", CELL_TIME_, member, merge_least)
#define LAST_TIME(member)           CELL_MERGED_("time", CELL_TIME_, member, merge_greatest)
#define TIME(member)                CELL_OWN_("time", CELL_TIME_, member)
#define TIME_TEXT(member)           CELL_OWN_("time", CELL_TIME_TEXT_, member) /* already formatted */
#define MS(member)                  CELL_OWN_("ms", CELL_MS_, member)
#define MS_OF(pointer, member)      CELL_OF_("ms", CELL_MS_, pointer, member)

/* struct histogram *, of durations; may be NULL only in a row that is not printed. */
#define LEAST_MS(pointer)           CELL_LATENCY_(cell_least, pointer)
#define MEAN_MS(pointer)            CELL_LATENCY_(cell_mean, pointer)
#define P50_MS(pointer)             CELL_LATENCY_(cell_p50, pointer)
#define P95_MS(pointer)             CELL_LATENCY_(cell_p95, pointer)
#define P99_MS(pointer)             CELL_LATENCY_(cell_p99, pointer)
#define GREATEST_MS(pointer)        CELL_LATENCY_(cell_greatest, pointer)

/* double */
#define RATIO(member)               CELL_OWN_("ratio", CELL_RATIO_, member)
#define REAL(unit, member)          CELL_OWN_(unit, CELL_RATIO_, member)
#define REAL_OF(unit, pointer, member) CELL_OF_(unit, CELL_RATIO_, pointer, member)
#define SIGNED(unit, member)        CELL_OWN_(unit, CELL_SIGNED_, member) /* NAN: empty */

/* const uint8_t * to 16 bytes, uint8_t[16] */
#define ADDRESS(pointer)            CELL_WHOLE_("address", CELL_ADDRESS_, pointer)
#define ADDRESS_OF(pointer, member) CELL_OF_("address", CELL_ADDRESS_, pointer, member)

/* const struct oa_virtual_connection *: its number, whatever it turns out to be a part of */
#define SESSION(pointer)            CELL_WHOLE_("number", CELL_SESSION_, pointer)

/* const struct oa_cookie *; const struct oa_endpoint *, as address:port; const struct oa_auth *, as
 * DOMAIN\user, or user */
#define UUID(pointer)               CELL_WHOLE_("uuid", CELL_UUID_, pointer)
#define ENDPOINT(pointer)           CELL_WHOLE_NAMED_(HOST, CELL_ENDPOINT_, pointer)
#define USER(pointer)               CELL_WHOLE_NAMED_(USER, CELL_USER_, pointer)

/* Printed by a function of the report from the row, or from a member of it. */
#define COMPUTED(unit_, function)   { .unit = unit_, .print = function, .pointer = -1 }
#define COMPUTED_NAMED(what, function) \
    { .unit = "text", .names = OA_NAME_##what, .print = function, .pointer = -1 }
#define COMPUTED_NAMED_OF(what, function, member) \
    { .unit = "text", .names = OA_NAME_##what, .print = function, .pointer = -1, \
      .offset = offsetof(struct row, member) }

/* --- implementation --- */

#define CELL_ROW_ ((const struct row *)NULL)
#define CELL_OWN_(unit_, printer, member) CELL_MERGED_(unit_, printer, member, NULL)
#define CELL_MERGED_(unit_, printer, member, merge_) \
    { .unit = unit_, .print = printer(CELL_ROW_->member), .pointer = -1, \
      .offset = offsetof(struct row, member), .merge = merge_ }
#define CELL_OF_(unit_, printer, pointer_, member) \
    { .unit = unit_, .print = printer(CELL_ROW_->pointer_->member), CELL_AT_(pointer_, member) }
#define CELL_NAME_(function, pointer_, member) \
    { .unit = "text", .name = _Generic(CELL_ROW_->pointer_->member, unsigned: function), \
      CELL_AT_(pointer_, member) }
#define CELL_AT_(pointer_, member) .pointer = offsetof(struct row, pointer_), \
    .offset = offsetof(__typeof__(*CELL_ROW_->pointer_), member)
#define CELL_WHOLE_(unit_, printer, pointer_) \
    { .unit = unit_, .print = printer(CELL_ROW_->pointer_), \
      .pointer = offsetof(struct row, pointer_) }
#define CELL_NAMED_(what, pointer_, value, offset_) \
    { .unit = "text", .names = OA_NAME_##what, .print = CELL_TEXT_(value), .pointer = pointer_, .offset = offset_ }
#define CELL_WHOLE_NAMED_(what, printer, pointer_) \
    { .unit = "text", .names = OA_NAME_##what, .print = printer(CELL_ROW_->pointer_), \
      .pointer = offsetof(struct row, pointer_) }
#define CELL_LATENCY_(printer, pointer_) \
    { .unit = "ms", .print = _Generic(CELL_ROW_->pointer_, struct histogram *: printer), \
      .pointer = offsetof(struct row, pointer_), .merge = merge_histograms }

/* The function that prints a value of this C type. */
#define CELL_TEXT_(value) \
    _Generic(&(value), char *const *: cell_text, const char *const *: cell_text, \
             default: _Generic((value), const char *: cell_chars, char *: cell_chars))
#define CELL_NUMBER_(value) \
    _Generic((value), uint64_t: cell_u64, uint32_t: cell_u32, uint16_t: cell_u16, uint8_t: cell_u8)
#define CELL_YES_NO_(value)   _Generic((value), bool: cell_yes_no)
#define CELL_SUM_(value)      _Generic((value), uint64_t: cell_u64)
#define CELL_TIME_(value)     _Generic((value), int64_t: cell_time)
#define CELL_TIME_TEXT_(value) _Generic((value), const char *: cell_time_text)
#define CELL_MS_(value)       _Generic((value), int64_t: cell_ms)
#define CELL_RATIO_(value)    _Generic((value), double: cell_ratio)
#define CELL_SIGNED_(value)   _Generic((value), double: cell_signed)
#define CELL_ADDRESS_(value)  _Generic((value), const uint8_t *: cell_address)
#define CELL_UUID_(value)     _Generic((value), const struct oa_cookie *: cell_uuid)
#define CELL_ENDPOINT_(value) _Generic((value), const struct oa_endpoint *: cell_endpoint)
#define CELL_SESSION_(value) \
    _Generic((value), const struct oa_virtual_connection *: cell_session)
#define CELL_USER_(value)     _Generic((value), const struct oa_auth *: cell_user)

/* clang-format on */

void cell_text(struct writer *writer, const void *value);
void cell_chars(struct writer *writer, const void *value);
void cell_u64(struct writer *writer, const void *value);
void cell_u32(struct writer *writer, const void *value);
void cell_u16(struct writer *writer, const void *value);
void cell_u8(struct writer *writer, const void *value);
void cell_yes_no(struct writer *writer, const void *value);
void cell_time(struct writer *writer, const void *value);
void cell_time_text(struct writer *writer, const void *value);
void cell_ms(struct writer *writer, const void *value);
void cell_ratio(struct writer *writer, const void *value);
void cell_signed(struct writer *writer, const void *value);
void cell_address(struct writer *writer, const void *value);
void cell_uuid(struct writer *writer, const void *value);
void cell_endpoint(struct writer *writer, const void *value);
void cell_user(struct writer *writer, const void *value);
void cell_session(struct writer *writer, const void *value);
void cell_least(struct writer *writer, const void *value);
void cell_mean(struct writer *writer, const void *value);
void cell_p50(struct writer *writer, const void *value);
void cell_p95(struct writer *writer, const void *value);
void cell_p99(struct writer *writer, const void *value);
void cell_greatest(struct writer *writer, const void *value);

void merge_sum(void *into, const void *from);        /* uint64_t; NO_NUMBER adds nothing */
void merge_least(void *into, const void *from);      /* int64_t */
void merge_greatest(void *into, const void *from);   /* int64_t */
void merge_histograms(void *into, const void *from); /* struct histogram * */

#endif
