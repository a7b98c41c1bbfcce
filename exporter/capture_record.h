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

enum read_result { READ_RECORD, READ_END, READ_FAILED };

struct capture_record {
    bool is_frame; /* else interface statistics, a system event, a log: the rest is unknown */
    bool has_time;
    int64_t time_ns;    /* since the epoch, if it has one */
    int encap;          /* WTAP_ENCAP_* */
    unsigned interface; /* 0 in formats without interfaces */
    const uint8_t *data;
    size_t captured, on_wire;
    size_t packed; /* bytes at `data`, which are a packet found elsewhere, see packed_packet.h; 0:
                      they are the frame */
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
#define CAPTURE_NS_PER_S INT64_C(1000000000)
#define CAPTURE_LIMIT_S (INT64_MAX / CAPTURE_NS_PER_S - CAPTURE_ROOM_S)

/* A time since the epoch in nanoseconds, cut where it is too far away. */
static inline int64_t
capture_time(int64_t seconds, int64_t nanoseconds)
{
    if (seconds > CAPTURE_LIMIT_S)
        seconds = CAPTURE_LIMIT_S;
    if (seconds < -CAPTURE_LIMIT_S)
        seconds = -CAPTURE_LIMIT_S;
    return seconds * CAPTURE_NS_PER_S + nanoseconds;
}

/* The same time on the clock to which times are corrected, cut likewise. */
static inline int64_t
capture_time_corrected(int64_t time_ns, int64_t correction_ns)
{
    const int64_t limit = CAPTURE_LIMIT_S * CAPTURE_NS_PER_S;

    if (correction_ns > 0)
        return time_ns > limit - correction_ns ? limit : time_ns + correction_ns;
    return time_ns < -limit - correction_ns ? -limit : time_ns + correction_ns;
}

#endif
