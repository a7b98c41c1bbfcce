/* tls_wrapper.h
 * Connections inside TLS for the benchmark's captures: AES-128-GCM with keys made from a number, so
 * that the bytes are the same every time; certificates and signatures are left out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TLS_WRAPPER_H
#define TLS_WRAPPER_H

#include <stdint.h>
#include <stdio.h>

#include "session_template.h"

enum bench_tls_version { BENCH_PLAIN, BENCH_TLS_1_2, BENCH_TLS_1_3 };

/* The most that a record adds to its data: header, explicit nonce or type of the content, tag. */
#define BENCH_RECORD_MORE 32
/* Handshake flights of a connection, in turn from the client and from the server, and the size of
 * the longest. */
#define BENCH_FLIGHTS 4
#define BENCH_FLIGHT_MAX 256

struct bench_tls;

/* A connection of that version, not BENCH_PLAIN; writes its secrets to the key log. */
struct bench_tls *bench_tls_new(enum bench_tls_version version, uint64_t number, FILE *key_log);

/* Both return the number of bytes written to `out`: a flight, at most BENCH_FLIGHT_MAX, 0 if the
 * version has fewer; and one record with the data, at most BENCH_RECORD_MORE longer than these. */
size_t bench_tls_flight(struct bench_tls *tls, unsigned flight, uint8_t *out);
size_t bench_tls_record(struct bench_tls *tls, enum bench_side sender, const uint8_t *data,
                        size_t length, uint8_t *out);

/* NULL is allowed. */
void bench_tls_free(struct bench_tls *tls);

#endif
