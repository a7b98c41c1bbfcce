/* mapi_hops.h
 * Internal to track/. Requests of MAPI over HTTP that pass several HTTP hops: a balancer or front
 * end sends them on with their X-RequestId. [MS-OXCMAPIHTTP] 2.2.3.3.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_MAPI_HOPS_H
#define OA_MAPI_HOPS_H

#include "track/events.h"

/* The requests under way, by X-RequestId; bounded, the oldest is forgotten. */
struct mapi_hops *oa_mapi_hops_new(void);
void oa_mapi_hops_free(struct mapi_hops *hops);

/* The head of a request with that X-RequestId has come on the channel. */
void oa_mapi_hops_begin(struct mapi_hops *hops, struct oa_text request_id,
                        const struct oa_channel *channel);

/*
 * The exchange of a request has ended on the channel; `call` has its halves on OA_HOP_CLIENT.
 * Returns the hop. A call is that of its first hop, which gets the halves seen on the others so
 * far; on further ones the request is counted already.
 */
enum oa_hop oa_mapi_hops_end(struct mapi_hops *hops, struct oa_text request_id,
                             const struct oa_channel *channel, struct oa_call *call);

#endif
