/* shape_pair.h
 * For shape.c only. Two channels that are one virtual connection, or could be: requests on one
 * matched with answers on the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_PAIR_H
#define OA_SHAPE_PAIR_H

#include <glib.h>

#include "tls/estimate.h"
#include "tls/shape_records.h"

/* Exchanges that are judged together, and kept until then. */
#define OA_PAIR_WINDOW 64

enum oa_pair_state { OA_PAIR_IDLE, OA_PAIR_REQUEST, OA_PAIR_RESPONSE };

/* A record that waits until those before it are there. */
struct oa_pair_record {
    struct oa_shape_record record;
    struct oa_tls_size size;
    bool is_after_gap;
};

struct oa_pair {
    struct oa_estimate estimate;
    GQueue waiting_records;  /* of struct oa_pair_record, in order of frames */
    unsigned recent_orphans; /* since the last record of the client */
    bool is_gap_next[2];     /* before the next record of that side */
    enum oa_pair_state state;
    struct oa_tls_size bind, ack; /* and the response to it */
    uint64_t n_sizes, sizes_or;   /* records, and their sizes plus one, all ORed */
    bool is_bound;                /* the first exchange is over */
    bool is_first;                /* the one under way is the first after that */
    bool is_overlap;              /* of the exchange under way: */
    unsigned merged;              /* requests that came before its response */
    unsigned parts;               /* records of its request */
    bool has_gap[2];              /* bytes of that side are missing since the last exchange */
    bool is_doubtful;             /* a window was: its calls were not told */
    uint64_t last_record[2];    /* the greatest size of the last one, by sender; hidden: the most */
    int64_t capture_begun_ns;   /* if the pair began before that */
    int64_t recycled_ns;        /* when a channel got a successor */
    unsigned recycling[2];      /* PDUs about that which are still to come, by sender */
    int64_t spoken_ns[2];       /* its time */
    uint64_t unacknowledged[2]; /* bytes, by sender */
    struct oa_estimated_call now;
    int64_t asked_ns;                /* when the request before it began; 0: none */
    int64_t pause_least, pause_most; /* from the beginning of a request to that of the next */
    uint64_t n_pauses;               /* of these */
    uint64_t n_small;                /* exchanges with a small request */
    GArray *window;                  /* of struct oa_estimated_call */
    unsigned window_clean, window_orphans;
    bool is_first_told;      /* it is not the first one any more */
    bool is_window_doubtful; /* its number of calls is not certain */
    unsigned waiting;        /* calls that were told */
};

struct oa_pair *oa_pair_new(void);
void oa_pair_free(struct oa_pair *pair);

/* It began before the capture, whose first record has that time, so nothing is known of its bind;
 * has_more: its first records are not all known. Before the first record. */
void oa_pair_begin_middle(struct oa_pair *pair, bool has_more, int64_t capture_begun_ns);

/* A record of the client on the IN channel, or of the server on the OUT channel. While bytes are
 * missing on one of them that may still be found, what comes on both waits. */
void oa_pair_take(struct oa_pair *pair, struct oa_tls_size size,
                  const struct oa_shape_record *record, bool is_missing);

/* Records of that side are missing before the next one. */
void oa_pair_gap(struct oa_pair *pair, enum oa_side by);

/* A channel has got a successor. */
void oa_pair_recycled(struct oa_pair *pair, int64_t now_ns);

/* Whether the first exchange, the bind, has been answered. */
static inline bool
oa_pair_is_bound(const struct oa_pair *pair)
{
    return pair->is_bound || pair->state == OA_PAIR_RESPONSE;
}

/* The clean exchanges so far, with the one that is just being answered. */
uint64_t oa_pair_clean(const struct oa_pair *pair);

/* Whether the turns are those of a client and a server: not of transfers that go on at the same
 * time, whose records are large, nor of two that each send at regular times. */
bool oa_pair_is_dialogue(const struct oa_pair *pair);

/* Whether the first exchange has the sizes of a bind and its response, without a token or with
 * NTLM. */
bool oa_pair_has_bind(const struct oa_pair *pair);

/* Once the pair is settled, when the window is full. */
bool oa_pair_is_full(const struct oa_pair *pair);
void oa_pair_tell(struct oa_pair *pair, const struct oa_shape_listener *listener, int64_t now_ns);

/* Both channels have ended: tells the rest, and fills what is known only now. */
void oa_pair_end(struct oa_pair *pair, const struct oa_shape_listener *listener);

#endif
