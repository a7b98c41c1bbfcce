/* http_store.h
 * Memory that exchanges of HTTP leave behind: each is used for the next one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_HTTP_STORE_H
#define OA_HTTP_STORE_H

#include <stddef.h>

#include <glib.h>

/* What the connections of one host have together: the budget for the bytes of bodies, and the
 * memory of exchanges that are over. It is to be freed after the connections. */
struct oa_http_store *oa_http_store_new(void);
void oa_http_store_free(struct oa_http_store *store);

/* An exchange of so many bytes, always the same, all of them 0; and when it is over, cleared. */
void *oa_http_store_take(struct oa_http_store *store, size_t size);
void oa_http_store_give_back(struct oa_http_store *store, void *exchange);

/* Room for the bytes of a head or a body; and when they are not needed any more: NULL is allowed.
 */
GByteArray *oa_http_store_take_bytes(struct oa_http_store *store);
void oa_http_store_give_back_bytes(struct oa_http_store *store, GByteArray *bytes);

/* Bytes of bodies in use, which their users count. */
size_t *oa_http_store_used(struct oa_http_store *store);

#endif
