/* shape_middle.h
 * For shape.c only. Connections that began before the capture, so that nothing shows how: one that
 * only the client uses, and one that only the server uses, whose records take turns, are the
 * channels of a virtual connection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_SHAPE_MIDDLE_H
#define OA_SHAPE_MIDDLE_H

#include "tls/shape_vc.h"

struct oa_shape_middle {
    struct oa_tls_guess guess;
    GArray *early;    /* of struct oa_shape_record: its first ones; NULL: it is no channel */
    bool has_more;    /* than are kept, or were captured */
    bool is_listed;   /* in the group's one_way */
    unsigned n_tried; /* of those */
};

struct oa_shape_middle *oa_shape_middle_new(void);

/* Frees it, and takes the shape out of the list of its group; `shape->middle` may be NULL. */
void oa_shape_middle_free(struct oa_shape *shape);

/* The next record of data; its plaintext size is returned. */
struct oa_tls_size oa_shape_middle_size(struct oa_shape_middle *middle,
                                        const struct oa_shape_record *record);

/* A record that is no part of TLS itself. */
void oa_shape_middle_take(struct oa_shape *shape, struct oa_tls_size size,
                          const struct oa_shape_record *record);

#endif
