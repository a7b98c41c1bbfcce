/* kept_facts.h
 * The facts of requests and responses from the first visit on, as long as the file is open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KEPT_FACTS_H
#define KEPT_FACTS_H

#include "ws_compat.h"

#include <epan/packet.h>

#include "exchange/call_facts.h"

/* A copy that takes little room. */
static inline const guint8 *
keep_facts(const struct oa_call_facts *facts)
{
    guint8 packed[OA_CALL_FACTS_PACKED_MAX];

    return (const guint8 *)wmem_memdup(wmem_file_scope(), packed,
                                       oa_call_facts_pack(facts, packed));
}

/* The facts again, for this packet; NULL if none are kept. */
static inline const struct oa_call_facts *
kept_facts(const packet_info *pinfo, const guint8 *kept)
{
    struct oa_call_facts *facts = kept ? wmem_new(pinfo->pool, struct oa_call_facts) : NULL;

    if (kept)
        oa_call_facts_unpack(facts, kept);
    return facts;
}

#endif
