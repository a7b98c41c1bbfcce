/* shape_mapi.h
 * For shape.c only. Sessions of MAPI over HTTP: each waits for notifications all the time, and its
 * waiting requests and their responses look like nothing else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_MAPI_H
#define OA_SHAPE_MAPI_H

#include "tls/shape_vc.h"

/* A record of an exchange, of which shape->wait is cleared when it is over. */
void oa_shape_mapi_record(struct oa_shape *shape, struct oa_tls_size size,
                          const struct oa_shape_record *record);

/* The connection ends, and the session that waited on it. */
void oa_shape_mapi_end(struct oa_shape *shape, struct oa_stamp last, bool is_open);

/* The same without telling. */
void oa_shape_mapi_drop(struct oa_shape *shape);

#endif
