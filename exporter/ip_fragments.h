/* ip_fragments.h
 * IP datagrams put together from their fragments: bounded memory.
 * [RFC 791] section 3.2, [RFC 8200] section 4.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IP_FRAGMENTS_H
#define IP_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory for datagrams that are not complete; beyond it the oldest one is given up. */
#define IP_FRAGMENTS_BYTES (16 * 1024 * 1024)

/* How long, in capture time, a datagram waits for its fragments: as receivers do. */
#define IP_FRAGMENTS_TIMEOUT_NS (INT64_C(30) * 1000000000)

/* Fragments with the same key belong to the same datagram. All bytes count, so it has to be
 * cleared before it is filled. */
struct ip_fragment_key {
    uint8_t source[16], destination[16]; /* IPv4 in its mapped form */
    uint32_t identification;
    uint32_t protocol; /* of IPv4; 0 for IPv6, where the first fragment decides */
};

struct ip_fragment {
    const uint8_t *data; /* behind the IP header */
    size_t captured;     /* bytes of it */
    size_t length;       /* on the wire; bytes beyond `captured` were cut by the snap length */
    size_t offset;       /* in the datagram; a multiple of 8 */
    uint8_t protocol;    /* of what the datagram carries */
    bool is_last;        /* no more fragments */
    uint32_t ip_length;  /* of its IP packet, with headers */
    int64_t time_ns;
};

/* A datagram without its IP header. */
struct ip_datagram {
    /* Only of a complete one. */
    const uint8_t *data;
    size_t captured, length; /* as of a fragment */
    uint8_t protocol;

    uint64_t ip_length; /* of all fragments that came, also of those that came twice */
    uint64_t *counted;  /* the caller's, 0 at first: how much of that it has counted already */
};

struct ip_fragments;

struct ip_fragments *ip_fragments_new(void);
void ip_fragments_free(struct ip_fragments *fragments);

/*
 * Takes a fragment, whose data are copied. The first copy of a byte wins. Sets `*datagram`, and
 * returns true when the fragment completes it; it stays valid until the next call, a complete one
 * until ip_fragments_release(). Fragments that no sender makes are ignored: `datagram->counted` is
 * NULL.
 */
bool ip_fragments_add(struct ip_fragments *fragments, const struct ip_fragment_key *key,
                      const struct ip_fragment *fragment, struct ip_datagram *datagram);

/* Frees the complete datagrams. */
void ip_fragments_release(struct ip_fragments *fragments);

/* Datagrams given up so far, because a fragment is missing or memory was short; those that still
 * wait are counted too. */
uint64_t ip_fragments_incomplete(const struct ip_fragments *fragments);

#endif
