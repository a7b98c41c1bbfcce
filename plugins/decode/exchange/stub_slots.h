/* stub_slots.h
 * The parameters of the calls, declared for each row of operations.def. Only for the files that
 * describe them (stub_*.c) and the one with the table of them (stub.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_STUB_SLOTS_H
#define OA_STUB_SLOTS_H

#include "layout/layout.h"

#define OA_DECLARE_NONE(interface, id)
#define OA_DECLARE_LAYOUTS(interface, id)                                                          \
    extern const struct oa_slot OA_##interface##_##id##_REQUEST[];                                 \
    extern const struct oa_slot OA_##interface##_##id##_RESPONSE[];
#define OA_OPERATION(interface, id, opnum, name, facts, layouts) OA_DECLARE_##layouts(interface, id)
#include "rpc/operations.def"
#undef OA_OPERATION
#undef OA_DECLARE_NONE
#undef OA_DECLARE_LAYOUTS

/*
 * OA_REQUEST(NSPI, UNBIND) = { slots, OA_END }; describes the request of that row of
 * operations.def, and OA_RESPONSE() its response, which ends with the return value. A row with
 * LAYOUTS needs both, or the program does not link; slots without such a row do not compile.
 */
#define OA_REQUEST(interface, id) OA_STUB_SLOTS_(OA_##interface##_##id##_REQUEST)
#define OA_RESPONSE(interface, id) OA_STUB_SLOTS_(OA_##interface##_##id##_RESPONSE)
#define OA_STUB_SLOTS_(array)                                                                      \
    _Static_assert(sizeof array[0] != 0, "declared above");                                        \
    const struct oa_slot array[]

#endif
