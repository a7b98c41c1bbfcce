/* capture_record.h
 * A record of a capture file, and what the headers of the file show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CAPTURE_RECORD_H
#define CAPTURE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_record {
    bool is_frame; /* else interface statistics, a system event, a log: the rest is unknown */
    bool has_time;
    int64_t time_ns;    /* since the epoch, if it has one */
    int encap;          /* WTAP_ENCAP_* */
    unsigned interface; /* 0 in formats without interfaces */
    const uint8_t *data;
    size_t captured, on_wire;
};

/* What the headers show so far; interfaces may be described behind frames. */
struct capture_headers {
    const char *format;   /* wiretap's name: "pcapng" */
    int encap;            /* WTAP_ENCAP_* of the file */
    unsigned interfaces;  /* that it describes */
    uint32_t snap_length; /* the least of its interfaces; 0: none is given */
};

/* Times end this many seconds before the range does, in the year 2252, so that others can lie
 * behind them: the end of an interval, of a day, of a wait. */
#define CAPTURE_ROOM_S (INT64_C(10) * 365 * 86400)

/* A time since the epoch in nanoseconds, cut where it is too far away. */
static inline int64_t
capture_time(int64_t seconds, int64_t nanoseconds)
{
    const int64_t per_second = INT64_C(1000000000);
    const int64_t limit = INT64_MAX / per_second - CAPTURE_ROOM_S;

    if (seconds > limit)
        seconds = limit;
    if (seconds < -limit)
        seconds = -limit;
    return seconds * per_second + nanoseconds;
}

#endif
