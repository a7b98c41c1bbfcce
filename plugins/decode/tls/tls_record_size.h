/* tls_record_size.h
 * How many bytes an encrypted record carries, from its length and the cipher suite, without keys.
 * [RFC 8446] 5.2, [RFC 5246] 6.2.3, [RFC 7366], [RFC 7905]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_RECORD_SIZE_H
#define OA_TLS_RECORD_SIZE_H

#include "tls/tls_facts.h"

/* Version and cipher suite of a connection. Those that the end of the handshake shows are one of
 * the suites that protect in the same way. */
struct oa_tls_choice {
    bool is_known;
    uint16_t version, cipher_suite;
};

/* From the record with Finished, which has 16 bytes up to TLS 1.2: `version` and `length` are those
 * of its header. Not known if no suite leaves such a record. */
struct oa_tls_choice oa_tls_choice_by_finished(uint16_t version, size_t length);

/* A number of bytes that is between the two. */
struct oa_tls_size {
    uint64_t least, most;
};

/*
 * The plaintext of a record of that length. It is exact with AEAD and stream ciphers, unless TLS
 * 1.3 pads it, which nobody can see: `most` is right then, and `least` as if it did not. With CBC
 * it is a range of a block, as padding is taken to be the shortest possible. If the suite is not
 * known, the range is what any suite can leave.
 */
struct oa_tls_size oa_tls_record_size(struct oa_tls_choice choice, size_t length);

/*
 * The same for a connection whose handshake is not in the capture. What its records show:
 * AES-GCM and AES-CCM up to TLS 1.2 send a number that rises by one; lengths of CBC are a block
 * apart; whatever else there is adds 16 to 20 bytes. Begins as all zero; each record is noted
 * first, with its first eight bytes (0: not captured).
 */
struct oa_tls_guess {
    uint64_t number[2]; /* of the last record, by sender */
    unsigned lengths;   /* of all records, ORed, */
    unsigned first;     /* each with that of the first one */
    bool is_numbered;
};
void oa_tls_guess_note(struct oa_tls_guess *guess, enum oa_side by, size_t length, uint64_t number);
struct oa_tls_size oa_tls_guess_size(const struct oa_tls_guess *guess, size_t length);

/* Whether records of the connection may be preceded by one of 0 or 1 bytes, as clients with TLS 1.0
 * send them against attacks on CBC. */
bool oa_tls_splits_records(struct oa_tls_choice choice);

/* The greatest range with a known suite: a block of CBC, and a byte that was split off. */
#define OA_TLS_SIZE_RANGE 16

/* Whether it is known well enough for that, and may be so many bytes. */
static inline bool
oa_tls_size_may_be(struct oa_tls_size size, uint64_t bytes)
{
    return size.least <= bytes && bytes <= size.most && size.most - size.least <= OA_TLS_SIZE_RANGE;
}

static inline struct oa_tls_size
oa_tls_size_sum(struct oa_tls_size a, struct oa_tls_size b)
{
    return (struct oa_tls_size){ a.least + b.least, a.most + b.most };
}

#endif
