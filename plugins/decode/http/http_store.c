/* http_store.c
 * Memory that exchanges of HTTP leave behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/http_store.h"

/* Exchanges whose memory is kept for later ones, and how long their heads and bodies may have
 * been. */
#define SPARES_MAX 16
#define SPARE_BYTES_MAX (16 * 1024)

struct oa_http_store {
    size_t used;
    void *exchange[SPARES_MAX];
    size_t n_exchanges;
    GByteArray *bytes[4 * SPARES_MAX]; /* empty, of heads and bodies */
    size_t n_bytes;
};

struct oa_http_store *
oa_http_store_new(void)
{
    return g_new0(struct oa_http_store, 1);
}

void
oa_http_store_free(struct oa_http_store *store)
{
    while (store->n_exchanges)
        g_free(store->exchange[--store->n_exchanges]);
    while (store->n_bytes)
        g_byte_array_unref(store->bytes[--store->n_bytes]);
    g_free(store);
}

void *
oa_http_store_take(struct oa_http_store *store, size_t size)
{
    return store->n_exchanges ? store->exchange[--store->n_exchanges] : g_malloc0(size);
}

void
oa_http_store_give_back(struct oa_http_store *store, void *exchange)
{
    if (store->n_exchanges == SPARES_MAX)
        g_free(exchange);
    else
        store->exchange[store->n_exchanges++] = exchange;
}

GByteArray *
oa_http_store_take_bytes(struct oa_http_store *store)
{
    return store->n_bytes ? store->bytes[--store->n_bytes] : g_byte_array_new();
}

void
oa_http_store_give_back_bytes(struct oa_http_store *store, GByteArray *bytes)
{
    if (!bytes)
        return;
    if (store->n_bytes == G_N_ELEMENTS(store->bytes) || bytes->len > SPARE_BYTES_MAX)
        g_byte_array_unref(bytes);
    else
        store->bytes[store->n_bytes++] = g_byte_array_set_size(bytes, 0);
}

size_t *
oa_http_store_used(struct oa_http_store *store)
{
    return &store->used;
}
