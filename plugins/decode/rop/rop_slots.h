/* rop_slots.h
 * The fields of ROPs, declared for each row of rops.def. Only for the files that describe them
 * (rop_*.c) and the one with the table of them (rop.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_ROP_SLOTS_H
#define OA_ROP_SLOTS_H

#include "rop/property.h"

/*
 * ROP_REQUEST(RELEASE, slots) describes what follows the head in the request of that row of
 * rops.def, ROP_RESPONSE() what follows ReturnValue in a success response, ROP_FAILURE() in any
 * other. The row has to say FIELDS, and needs what it says, or the program does not link.
 */
#define OA_ROP_FIELDS_FIELDS(name) extern const struct oa_slot name[];
#define OA_ROP_FIELDS_NONE(name)
#define OA_ROP_FIELDS_SAME(name)
#define OA_ROP(id, name, class, handles, opens, reads, keeps, request, response, failure)          \
    OA_ROP_FIELDS_##request(OA_##name##_REQUEST) OA_ROP_FIELDS_##response(OA_##name##_RESPONSE)    \
        OA_ROP_FIELDS_##failure(OA_##name##_FAILURE)
#include "rop/rops.def"
#undef OA_ROP
#undef OA_ROP_FIELDS_FIELDS
#undef OA_ROP_FIELDS_NONE
#undef OA_ROP_FIELDS_SAME

#define ROP_REQUEST(name, ...) ROP_SLOTS_(OA_##name##_REQUEST, __VA_ARGS__)
#define ROP_RESPONSE(name, ...) ROP_SLOTS_(OA_##name##_RESPONSE, __VA_ARGS__)
#define ROP_FAILURE(name, ...) ROP_SLOTS_(OA_##name##_FAILURE, __VA_ARGS__)
#define ROP_SLOTS_(array, ...)                                                                     \
    _Static_assert(sizeof array[0] != 0, "declared above");                                        \
    const struct oa_slot array[] = { __VA_ARGS__, OA_END }

/* Parts that many ROPs have. */
#define ROP_TAG_LIST                                                                               \
    OA_U16(ROP_TAG_COUNT), OA_COLUMNS(ROP_TAG), OA_REPEAT(ROP_TAGS, ROP_TAG_COUNT), OA_U32(ROP_TAG)
#define ROP_PROPERTY_LIST                                                                          \
    OA_LIST(2, PROPERTY_COUNT, PROPERTIES), OA_STRUCT(PROPERTY, OA_LAYOUT_PROPERTY)
#define ROP_PROBLEM_LIST OA_LIST(2, PROBLEM_COUNT, NONE), OA_STRUCT(PROBLEM, OA_LAYOUT_PROBLEM)
#define ROP_MESSAGE_ID_LIST OA_LIST(2, ROP_MESSAGE_ID_COUNT, ROP_MESSAGE_IDS), OA_ID(ROP_MESSAGE_ID)
#define ROP_SIZED_RESTRICTION                                                                      \
    OA_U16(RESTRICTION_SIZE), OA_IF_NOT(RESTRICTION_SIZE, 0), OA_BOUND(RESTRICTION_SIZE, 0),       \
        OA_STRUCT(RESTRICTION, OA_LAYOUT_RESTRICTION)

/* Text in UTF-16 if the field is not 0, else in the code page of the client. */
#define ROP_TEXT(unicode, name)                                                                    \
    OA_IF_NOT(unicode, 0), OA_STRING16Z(name), OA_IF_EQUAL(unicode, 0), OA_STRING8Z(name##8)

/* The start of a failed response whose destination does not exist, [MS-OXCROPS] 2.2.1.4.2. */
#define ROP_NULL_DESTINATION 0x503
#define ROP_DEST_IF_NULL OA_IF_EQUAL(ROP_RETURN, ROP_NULL_DESTINATION), OA_U32(ROP_NULL_DEST_INDEX)

#endif
