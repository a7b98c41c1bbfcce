/* endpoint_hash.h
 * Hashes of connections for tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ENDPOINT_HASH_H
#define ENDPOINT_HASH_H

#include <glib.h>

#include "base/ground.h"

/* A crafted capture must not be able to predict collisions. */
static inline uint64_t
hash_seed(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

static inline uint64_t
hash_mix(uint64_t value)
{
    value ^= value >> 32;
    value *= UINT64_C(0xd6e8feb86659fd93);
    value ^= value >> 32;
    return value * UINT64_C(0xd6e8feb86659fd93);
}

static inline uint64_t
endpoint_hash(uint64_t seed, const struct oa_endpoint *endpoint)
{
    uint64_t words[2];

    memcpy(words, endpoint->address, sizeof words);
    return hash_mix(hash_mix(words[0] ^ seed) + words[1] + ((uint64_t)endpoint->port << 16));
}

/* Equal for both directions, so that one lookup finds either. */
static inline uint64_t
connection_hash(uint64_t seed, const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    uint64_t hash = endpoint_hash(seed, a) + endpoint_hash(seed, b);

    return hash ^ hash >> 29;
}

#endif
