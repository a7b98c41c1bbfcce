/* writer.c
 * Times, durations and addresses as text, for all formats of output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "writer.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "connection.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)

/* "2026-11-24 01:02:03.456" */
#define SPREADSHEET_TIME 23

/* None for 0. By the number of bits: 1233/4096 is log10(2), closely enough. */
static unsigned
digits_of(uint64_t number)
{
    /* clang-format off */
    static const uint64_t POWERS[] = {
        1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
        10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
        1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
        10000000000000000000u,
    };
    /* clang-format on */
    unsigned n = (64 - (unsigned)__builtin_clzll(number | 1)) * 1233 / 4096;

    return n + (number >= POWERS[n]);
}

char *
writer_put_number(char *at, uint64_t number, unsigned width)
{
    static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    if (number < 10 && width <= 1) { /* as in many cells */
        *at = (char)('0' + number);
        return at + 1;
    }
    char *end = at + MAX(digits_of(number), width), *digit = end;

    for (; number > UINT32_MAX; number /= 100)
        memcpy(digit -= 2, PAIRS + number % 100 * 2, 2);
    uint32_t rest = (uint32_t)number; /* which is divided with fewer instructions */
    for (; rest >= 100; rest /= 100)
        memcpy(digit -= 2, PAIRS + rest % 100 * 2, 2);
    if (rest >= 10)
        memcpy(digit -= 2, PAIRS + rest * 2, 2);
    else
        *--digit = (char)('0' + rest);
    while (digit > at)
        *--digit = '0';
    return end;
}

static void
put_token(struct writer *writer, const char *text, const char *end)
{
    writer->format->token(writer, text, (size_t)(end - text));
}

/* Rows are mostly in order of time, so the minute seldom changes; only what is behind it is
 * formatted every time. */
void
writer_time(struct writer *writer, int64_t time_ns)
{
    int64_t fraction = time_ns % NS_PER_MINUTE;
    time_t minute = (time_t)(time_ns / NS_PER_MINUTE) * 60;
    char text[2 * SHORT_CELL], *at = text;

    if (fraction < 0) {
        fraction += NS_PER_MINUTE;
        minute -= 60;
    }
    if (minute != writer->minute || !writer->minute_length) {
        struct tm tm;
        writer->minute_length = 0;
        if (gmtime_r(&minute, &tm))
            writer->minute_length =
                strftime(writer->minute_text, SHORT_CELL,
                         writer->spreadsheet_times ? "%Y-%m-%d %H:%M:" : "%Y-%m-%dT%H:%M:", &tm);
        writer->minute = minute;
    }
    if (!writer->minute_length) {
        writer_empty(writer);
        return;
    }
    memcpy(at, writer->minute_text, writer->minute_length);
    at = writer_put_number(at + writer->minute_length, (uint64_t)(fraction / NS_PER_S), 2);
    *at++ = '.';
    fraction %= NS_PER_S;
    if (writer->spreadsheet_times) {
        put_token(writer, text, writer_put_number(at, (uint64_t)fraction / 1000000, 3));
    } else {
        at = writer_put_number(at, (uint64_t)fraction / 1000, 6);
        *at++ = 'Z';
        put_token(writer, text, at);
    }
}

void
writer_time_text(struct writer *writer, const char *time)
{
    char text[SPREADSHEET_TIME + 1];

    if (!writer->spreadsheet_times || !time || strlen(time) < SPREADSHEET_TIME) {
        writer_text(writer, time);
        return;
    }
    memcpy(text, time, SPREADSHEET_TIME);
    *(char *)memchr(text, 'T', SPREADSHEET_TIME) = ' ';
    put_token(writer, text, text + SPREADSHEET_TIME);
}

void
writer_ms(struct writer *writer, int64_t duration_ns)
{
    char text[SHORT_CELL], *at = text;
    uint64_t us = ((uint64_t)(duration_ns < 0 ? -duration_ns : duration_ns) + 500) / 1000;

    if (duration_ns < 0 && us)
        *at++ = '-';
    at = writer_put_number(at, us / 1000, 1);
    *at++ = '.';
    at = writer_put_number(at, us % 1000, 3);
    writer->format->decimal(writer, text, (size_t)(at - text));
}

void
writer_ratio(struct writer *writer, double ratio)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(text, sizeof text, "%.4f", ratio);
    writer->format->decimal(writer, text, strlen(text));
}

void
writer_uuid(struct writer *writer, const uint8_t wire[16])
{
    char text[OA_UUID_TEXT];

    oa_text_uuid(wire, text);
    writer->format->token(writer, text, strlen(text));
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
        at = writer_put_number(at, bytes[i], 1);
        *at++ = '.';
    }
    return at - 1;
}

void
writer_address(struct writer *writer, const uint8_t bytes[16])
{
    char text[SHORT_CELL];

    put_token(writer, text, put_address(text, bytes));
}

void
writer_endpoint(struct writer *writer, const uint8_t bytes[16], uint16_t port)
{
    char text[SHORT_CELL], *at = text;

    if (!is_ipv4(bytes))
        *at++ = '[';
    at = put_address(at, bytes);
    if (!is_ipv4(bytes))
        *at++ = ']';
    *at++ = ':';
    put_token(writer, text, writer_put_number(at, port, 1));
}
