/* stretches.h
 * For continuity.c: what TCP connections do in each file, by their sequence numbers, and how that
 * goes on in another file.
 * [RFC 9293] [RFC 6298] [RFC 7323]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef STRETCHES_H
#define STRETCHES_H

#include <glib.h>

#include "packet.h"
#include "tick_rate.h"

#define NOBODY (-1)

/* What one side of a connection sent in a file. */
struct way {
    uint32_t first, next;                       /* of its first segment, and behind the last byte */
    uint32_t acked;                             /* the last that the other side has acknowledged */
    uint32_t first_acks;                        /* what its first segment acknowledges */
    struct tick_sighting first_tick, last_tick; /* of the sender's clock, if `has_ticks` */
    bool has_ticks;
    bool is_seen, is_acked; /* whether they are known */
    bool first_is_empty;    /* no payload in the first segment; and the other side sent none yet */
    bool is_mid_burst;      /* its last payload was not the end of what the program had written */
    bool has_pushed;        /* such ends can be told */
};

/* What a connection did in a file. */
struct stretch {
    uint64_t key;        /* of the connection and the file */
    uint64_t connection; /* a hash of its endpoints */
    uint64_t hosts;      /* one of their addresses; 0: they are of one host */
    size_t file;
    int64_t first_ns, last_ns;
    struct way way[2]; /* the lesser endpoint first */
    bool begins;       /* with a SYN: it follows nothing */
    bool is_reused;    /* another connection came with the same ports */
    bool is_ended;
    int first_payload, last_payload; /* who sent it; NOBODY */
    int client;                      /* NOBODY: not known */
};

/* Those of all files. Keeps at most 32768: of more connections only some are watched, the same in
 * all files. */
struct stretches;

struct stretches *stretches_new(void);
void stretches_free(struct stretches *stretches);
void stretches_clear(struct stretches *stretches);

/* Takes the segments of each file in their order. */
void stretches_take(struct stretches *stretches, size_t file, const struct segment *segment,
                    int64_t time_ns);

/* All that there are, of struct stretch, in no order; to be freed before anything else is done. */
GPtrArray *stretches_all(const struct stretches *stretches);

/* Whether the second stretch, of the same connection, goes on at the very byte where the first one
 * ended. */
bool stretch_follows(const struct stretch *from, const struct stretch *to);

/* Whether most bytes of one of them that a side sent are in the other one too. */
bool stretch_is_parallel(const struct stretch *a, const struct stretch *b);

/* Of stretches of which the second one follows the first one: whether no time passed in between.
 * What was on its way is acknowledged, without having been sent again, by a segment that does
 * nothing else; or the sender is in the middle of what the program has written. */
bool stretch_is_in_time(const struct stretch *from, const struct stretch *to);

/* The same: whether a request in the first one is answered in the second one. */
bool stretch_is_answered(const struct stretch *from, const struct stretch *to);

/* The same: the least that passed on the clock of a sender; UINT32_MAX: unknown. */
uint32_t stretch_ticks_between(const struct stretch *from, const struct stretch *to);

/* How far the connection had got when the stretch began or ended, both sides together, from where
 * the other stretch began. */
int64_t stretch_progress(const struct stretch *stretch, const struct stretch *since, bool at_end);

#endif
