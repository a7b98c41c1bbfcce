/* der.h
 * DER, as far as authentication tokens need it. [X.690] 8.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_DER_H
#define OA_DER_H

#include "base/cursor.h"

#define OA_DER_INTEGER 0x02
#define OA_DER_BIT_STRING 0x03
#define OA_DER_OCTET_STRING 0x04
#define OA_DER_OID 0x06
#define OA_DER_ENUMERATED 0x0A
#define OA_DER_GENERAL_STRING 0x1B
#define OA_DER_SEQUENCE 0x30
#define OA_DER_GSS_TOKEN 0x60 /* [APPLICATION 0], [RFC 2743] 3.1 */
#define OA_DER_TICKET 0x61    /* [APPLICATION 1] */
#define OA_DER_AP_REQ 0x6E    /* [APPLICATION 14] */
#define OA_DER_AP_REP 0x6F    /* [APPLICATION 15] */
#define OA_DER_KRB_ERROR 0x7E /* [APPLICATION 30] */
#define OA_DER_CONTEXT(n) (0xA0 + (n))

struct oa_der {
    uint8_t tag;
    struct oa_cursor body;
};

/* Takes one element; false at the end. A length beyond the remaining bytes is reduced to these, and
 * sets `*malformed`, as does an element that cannot be read. */
bool oa_der_next(struct oa_cursor *from, struct oa_der *element, bool *malformed);

/* Follows a path of tags inwards, through the first element of each: `at` becomes the body of the
 * last. False if it breaks off. */
bool oa_der_descend(struct oa_cursor *at, const uint8_t *path, size_t depth, bool *malformed);

/* The INTEGER in the context tag among the elements at `at`: its lowest four octets, unsigned.
 * False if there is none. */
bool oa_der_number(struct oa_cursor at, unsigned context, uint32_t *value, bool *malformed);

#endif
