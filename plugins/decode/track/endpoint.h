/* endpoint.h
 * Internal to track/. Where servers listen for plain RPC over TCP, as far as the capture has shown
 * it.
 * [C706] appendices L (towers) and O (ept_map)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ENDPOINT_H
#define OA_ENDPOINT_H

#include <glib.h>

#include "track/recognise.h"

struct oa_tracker;

/* The tracker's table of endpoints. */
struct endpoint_table *oa_endpoints_new(void);
void oa_endpoints_free(struct endpoint_table *table);

/* OA_ENDPOINT_UNKNOWN if it is not in the table. */
enum oa_endpoint_known oa_endpoints_known(const struct oa_tracker *tracker,
                                          const struct oa_endpoint *endpoint);

/* Never replaces what is known by less; the table is bounded. */
void oa_endpoints_remember(struct oa_tracker *tracker, const struct oa_endpoint *endpoint,
                           enum oa_endpoint_known known);

/* Remembers the ports of Exchange interfaces in the complete stub of a response of ept_map, sent by
 * the server of `vc`. */
void oa_endpoints_take_map(struct oa_tracker *tracker, const struct oa_virtual_connection *vc,
                           const GByteArray *stub, bool big_endian);

/* Whether the complete stub of a request of ept_map asks for an interface that is not of Exchange.
 */
bool oa_endpoints_is_foreign(const GByteArray *stub, bool big_endian);

#endif
