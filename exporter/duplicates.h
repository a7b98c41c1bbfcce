/* duplicates.h
 * Packets that a capture has twice: mirrored on their way in and out, captured at two places, or
 * read from a file that is given twice.
 * [RFC 791] [RFC 6864]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef DUPLICATES_H
#define DUPLICATES_H

#include "packet.h"

/* How much later, in capture time, a copy is taken for one. A packet sent again has an IP
 * identification of its own; where senders leave that 0, and in IPv6, only time tells, and no
 * sender repeats a segment so soon. */
#define DUPLICATES_NS (INT64_C(30) * 1000000)
#define DUPLICATES_UNIDENTIFIED_NS (INT64_C(5) * 1000000)

struct duplicates;

struct duplicates *duplicates_new(void);
void duplicates_free(struct duplicates *duplicates);

/*
 * Whether the same packet was seen just before; `*after_ns` gets how long before. The same: the
 * addresses and ports, the IP identification, the TCP header but for its checksum, the length and
 * both ends of the payload. Not compared: what routers change, and what was around the IP packet.
 * About the last 10,000 packets are remembered. A receiver may send the same acknowledgment without
 * data several times at once; where it has no IP identification, it counts as a copy only once
 * another packet was one.
 */
bool duplicates_seen(struct duplicates *duplicates, const struct segment *segment, int64_t time_ns,
                     int64_t *after_ns);

#endif
