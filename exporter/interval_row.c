/* interval_row.c
 * Rows of intervals, and their packed form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "interval_row.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#include "varint.h"

/* The counts of a row are numbers of 64 bits, one after the other. */
#define COUNTS_AT offsetof(struct interval, connections_new)
#define COUNTS ((offsetof(struct interval, latency) - COUNTS_AT) / sizeof(uint64_t))

/* Flags of a packed row. */
enum { HAS_LATENCY = 1, HAS_STORE_LATENCY = 2, HAS_ROUND_TRIP = 4, HAS_ROPS = 8 };

struct interval *
interval_new(int64_t start_ns)
{
    struct interval *row = g_new0(struct interval, 1);

    row->start_ns = start_ns;
    return row;
}

void
interval_clear(struct interval *row)
{
    histogram_free(row->latency);
    histogram_free(row->store_latency);
    histogram_free(row->round_trip);
}

void
interval_free(void *row)
{
    interval_clear(row);
    g_free(row);
}

/* Each count that is not 0, after how many that are 0. */
static void
pack_counts(GByteArray *bytes, const struct interval *row)
{
    uint64_t counts[COUNTS];
    unsigned zeros = 0;

    memcpy(counts, (const char *)row + COUNTS_AT, sizeof counts);
    for (unsigned i = 0; i < COUNTS; i++) {
        if (counts[i] == 0) {
            zeros++;
            continue;
        }
        varint_put(bytes, zeros);
        varint_put(bytes, counts[i]);
        zeros = 0;
    }
    varint_put(bytes, COUNTS);
}

static void
unpack_counts(const uint8_t **at, struct interval *row)
{
    uint64_t counts[COUNTS] = { 0 };

    for (uint64_t i = varint_take(at); i < COUNTS; i += 1 + varint_take(at))
        counts[i] = varint_take(at);
    memcpy((char *)row + COUNTS_AT, counts, sizeof counts);
}

static void
pack_histogram(GByteArray *bytes, const struct histogram *histogram)
{
    if (histogram)
        histogram_pack(histogram, bytes);
}

struct packed_interval *
interval_pack(const struct interval *row)
{
    GByteArray *bytes = g_byte_array_new();

    varint_put(bytes, (row->latency ? HAS_LATENCY : 0) |
                          (row->store_latency ? HAS_STORE_LATENCY : 0) |
                          (row->round_trip ? HAS_ROUND_TRIP : 0) | (row->has_rops ? HAS_ROPS : 0));
    pack_counts(bytes, row);
    pack_histogram(bytes, row->latency);
    pack_histogram(bytes, row->store_latency);
    pack_histogram(bytes, row->round_trip);

    struct packed_interval *packed = g_malloc(sizeof *packed + bytes->len);
    packed->start_ns = row->start_ns;
    memcpy(packed->bytes, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
    return packed;
}

struct interval *
interval_unpack(const struct packed_interval *packed)
{
    struct interval *row = interval_new(packed->start_ns);
    const uint8_t *at = packed->bytes;
    uint64_t flags = varint_take(&at);

    unpack_counts(&at, row);
    row->has_rops = flags & HAS_ROPS;
    row->latency = flags & HAS_LATENCY ? histogram_unpack(&at) : NULL;
    row->store_latency = flags & HAS_STORE_LATENCY ? histogram_unpack(&at) : NULL;
    row->round_trip = flags & HAS_ROUND_TRIP ? histogram_unpack(&at) : NULL;
    return row;
}

static void
merge_latency(struct histogram **into, const struct histogram *from)
{
    if (!from)
        return;
    if (!*into)
        *into = histogram_new();
    histogram_merge(*into, from);
}

void
interval_merge(struct interval *into, const struct interval *from)
{
    into->connections_new += from->connections_new;
    into->connections_failed += from->connections_failed;
    into->http_requests += from->http_requests;
    into->auth_refused += from->auth_refused;
    into->http_errors += from->http_errors;
    into->rpc_errors += from->rpc_errors;
    into->backend_attempts += from->backend_attempts;
    into->backend_failed += from->backend_failed;
    into->calls += from->calls;
    into->waiting_calls += from->waiting_calls;
    into->faults += from->faults;
    into->unanswered += from->unanswered;
    into->unknown_calls += from->unknown_calls;
    into->orphan_responses += from->orphan_responses;
    for (int limit = 0; limit < CALL_LIMITS; limit++)
        into->over[limit] += from->over[limit];
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        into->rpc_bytes[side] += from->rpc_bytes[side];
        into->payload_bytes[side] += from->payload_bytes[side];
        into->wire_bytes[side] += from->wire_bytes[side];
        into->packets[side] += from->packets[side];
    }
    into->retransmitted_bytes += from->retransmitted_bytes;
    into->lost_bytes += from->lost_bytes;
    into->forgotten += from->forgotten;
    into->estimated_calls += from->estimated_calls;
    into->has_rops |= from->has_rops;
    into->rops += from->rops;
    rop_add_messages(&into->messages, &from->messages);
    into->outstanding_ns += from->outstanding_ns;
    merge_latency(&into->round_trip, from->round_trip);
    merge_latency(&into->latency, from->latency);
    merge_latency(&into->store_latency, from->store_latency);
}
