/* duplicates.c
 * Packets that a capture has twice: mirrored on their way in and out, captured at two places, or
 * read from a file that is given twice.
 * [RFC 791] [RFC 6864]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "duplicates.h"

#include <glib.h>

#include <string.h>

/* A set is what one look-up compares, two lines of the processor's cache; the table, of 256 KiB,
 * fits into the cache too. Of 4,000 packets in between, about one in 5,000 finds its set full, and
 * its copy is not recognised. */
#define SET 8
#define SETS 2048

/* Words of a packet that are compared: addresses, TCP header with its options, lengths and IP
 * identification, both ends of the payload. */
#define WORDS_MAX 16

/* A sum of 64 bits stands for the packet. */
struct packet_sum {
    uint64_t sum; /* 0: none */
    int64_t time_ns;
};

struct duplicates {
    struct packet_sum sets[SETS][SET]; /* the newest of a set first */
    uint64_t factors[WORDS_MAX];
    bool has_copies; /* of packets that no host repeats */
};

struct duplicates *
duplicates_new(void)
{
    struct duplicates *duplicates = g_new0(struct duplicates, 1);

    /* A capture made to collide must not be able to know what collides. */
    for (size_t i = 0; i < WORDS_MAX; i++)
        duplicates->factors[i] = (uint64_t)g_random_int() << 32 | g_random_int() | 1;
    return duplicates;
}

void
duplicates_free(struct duplicates *duplicates)
{
    g_free(duplicates);
}

/* The words are multiplied independently of each other, which processors do at the same time. */
struct summing {
    const uint64_t *factor;
    uint64_t sum;
};

static inline void
add(struct summing *summing, uint64_t word)
{
    summing->sum += word * *summing->factor++;
}

/* Up to eight bytes. */
static inline void
add_bytes(struct summing *summing, const uint8_t *bytes, size_t length)
{
    uint64_t word = 0;

    memcpy(&word, bytes, length);
    add(summing, word);
}

static inline void
add_address(struct summing *summing, const uint8_t address[16])
{
    add_bytes(summing, address, 8);
    add_bytes(summing, address + 8, 8);
}

/* In the header: 16 bytes up to the checksum, 20 up to the options. */
#define OPTIONS 20
#define WORD 8

static uint64_t
sum_of(const struct duplicates *duplicates, const struct segment *segment)
{
    struct summing summing = { .factor = duplicates->factors };
    const uint8_t *payload = segment->payload;
    size_t length = segment->payload_length;

    add_address(&summing, segment->source.address);
    add_address(&summing, segment->destination.address);
    add_bytes(&summing, segment->header, WORD);
    add_bytes(&summing, segment->header + WORD, WORD);
    add(&summing, (uint64_t)length << 32 | segment->cut_length);
    add(&summing, segment->identification);
    if (length >= WORD) {
        add_bytes(&summing, payload, WORD);
        add_bytes(&summing, payload + length - WORD, WORD);
    } else if (length) {
        add_bytes(&summing, payload, length);
    }
    for (size_t at = OPTIONS; at < segment->header_length; at += WORD)
        add_bytes(&summing, segment->header + at, MIN(WORD, segment->header_length - at));

    uint64_t sum = summing.sum;
    sum = (sum ^ sum >> 32) * UINT64_C(0xd6e8feb86659fd93);
    sum ^= sum >> 32;
    return sum ? sum : 1;
}

static bool
may_be_repeated(const struct segment *segment)
{
    return !segment->identification && !segment->payload_length && !segment->cut_length &&
           !(segment->flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

bool
duplicates_seen(struct duplicates *duplicates, const struct segment *segment, int64_t time_ns,
                int64_t *after_ns)
{
    int64_t limit = segment->identification ? DUPLICATES_NS : DUPLICATES_UNIDENTIFIED_NS;
    uint64_t sum = sum_of(duplicates, segment);
    struct packet_sum *set = duplicates->sets[sum % SETS];

    for (size_t i = 0; i < SET; i++) {
        if (set[i].sum != sum)
            continue;
        uint64_t after = time_ns > set[i].time_ns ? (uint64_t)time_ns - (uint64_t)set[i].time_ns
                                                  : (uint64_t)set[i].time_ns - (uint64_t)time_ns;
        bool may_repeat = may_be_repeated(segment);
        if (after > (uint64_t)limit || (may_repeat && !duplicates->has_copies))
            break;
        duplicates->has_copies |= !may_repeat;
        *after_ns = (int64_t)after;
        return true;
    }
    memmove(set + 1, set, (SET - 1) * sizeof *set);
    set[0] = (struct packet_sum){ sum, time_ns };
    return false;
}
