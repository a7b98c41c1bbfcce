/* bindings.h
 * Internal to track/. Presentation contexts of a virtual connection, from binds and their
 * responses. [C706] 12.6.4, [MS-RPCE] 2.2.2.4, 3.3.1.5
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_BINDINGS_H
#define OA_BINDINGS_H

#include "track/events.h"

struct oa_tracker;

/* What tells a response to a bind from others: the server has chosen the group. */
struct bind_answer {
    int64_t first_ns;
    uint32_t call_id, group; /* no group: there was none */
    uint16_t length;
};

/* State of one virtual connection, in addition to the bindings in its facts. */
struct bindings {
    uint16_t proposed[OA_RPC_CONTEXTS_MAX]; /* context ids of the last bind or alter_context */
    unsigned n_proposed;
    uint32_t call_id;                   /* of that PDU */
    struct unpaired_response *unpaired; /* the last response without a bind; NULL if none */
    struct bind_answer answer;          /* the last one */
    bool iface_is_accepted; /* the interface in the facts is that of an accepted binding */
};

/* NULL if there is no such context. */
struct oa_rpc_binding *oa_binding_find(struct oa_virtual_connection *vc, uint16_t context_id);

/* Adds one, which is all zeros; NULL if there are OA_RPC_CONTEXTS_MAX already. Pointers to the
 * others are no longer valid. `vc` owns them, to be freed with g_free(). */
struct oa_rpc_binding *oa_binding_add(struct oa_virtual_connection *vc);

/* A bind, alter_context, or the response to one, of event->vc. Other PDUs have no effect. */
void oa_bindings_take(struct oa_tracker *tracker, struct bindings *bindings,
                      const struct oa_event *event);

/* `from` turns out to be a part of event->vc, the facts of which are already those of both: what
 * one part has proposed and the other one has responded to comes together. */
void oa_bindings_merge(struct oa_tracker *tracker, struct bindings *into,
                       const struct bindings *from, const struct oa_event *event);

/* Whether the last response of `answered`, which has no bind, may be that to the last proposal of
 * `proposed`, which has no response. */
bool oa_bindings_fit(const struct bindings *proposed, const struct bindings *answered);

void oa_bindings_clear(struct bindings *bindings);

/* A request. If the bind of its context is not in the capture, the shape of the request may show
 * the interface, and that Exchange listens here, though not for which transport. */
void oa_bindings_take_request(struct oa_tracker *tracker, struct oa_virtual_connection *vc,
                              const struct oa_rpc_pdu *rpc);

#endif
