/* mapi_hops.c
 * Requests of MAPI over HTTP that pass several HTTP hops, joined by their X-RequestId: the one seen
 * first is nearest to the client. [MS-OXCMAPIHTTP] 2.2.3.3.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/mapi_hops.h"

#include <glib.h>
#include <string.h>

/* Requests under way in the whole capture; above this the oldest is forgotten. */
#define REQUESTS_MAX 4096

#define ID_MAX 128

/* One connection that carries the request. */
struct passage {
    uint64_t channel; /* number */
    struct oa_endpoint ends[2];
    bool has_ended;
    struct oa_call_half request, response;
};

struct request {
    struct oa_text id; /* in `text` */
    char text[ID_MAX];
    struct passage passage[OA_HOP_SERVER]; /* by hop */
    unsigned n_passages, n_ended;
    GList link;
};

struct mapi_hops {
    GTree *by_id;  /* the id of a struct request, its first member -> the request */
    GQueue by_age; /* the oldest first */
};

static int
compare(const void *a, const void *b)
{
    const struct oa_text *one = a, *other = b; /* the first member of a request */

    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    return memcmp(one->at, other->at, one->length);
}

struct mapi_hops *
oa_mapi_hops_new(void)
{
    struct mapi_hops *hops = g_new0(struct mapi_hops, 1);

    hops->by_id = g_tree_new(compare);
    g_queue_init(&hops->by_age);
    return hops;
}

static void
forget(struct mapi_hops *hops, struct request *request)
{
    g_tree_remove(hops->by_id, &request->id);
    g_queue_unlink(&hops->by_age, &request->link);
    g_free(request);
}

void
oa_mapi_hops_free(struct mapi_hops *hops)
{
    while (hops->by_age.head)
        forget(hops, hops->by_age.head->data);
    g_tree_unref(hops->by_id);
    g_free(hops);
}

static bool
is_id(struct oa_text id)
{
    return id.length > 0 && id.length < ID_MAX;
}

static struct request *
find(const struct mapi_hops *hops, struct oa_text id)
{
    return is_id(id) ? g_tree_lookup(hops->by_id, &id) : NULL;
}

/* Whether that connection is a further hop: another way, taken while the first one waits. A client
 * that asks again takes the same way. */
static bool
may_pass_on(const struct request *request, const struct oa_channel *channel)
{
    if (request->passage[0].has_ended || request->n_passages == OA_HOP_SERVER)
        return false;
    for (unsigned i = 0; i < request->n_passages; i++) {
        const struct oa_endpoint *ends = request->passage[i].ends;
        if (memcmp(ends[OA_CLIENT].address, channel->endpoint[OA_CLIENT].address, 16) == 0 &&
            memcmp(&ends[OA_SERVER], &channel->endpoint[OA_SERVER], sizeof ends[OA_SERVER]) == 0)
            return false;
    }
    return true;
}

static void
add_passage(struct request *request, const struct oa_channel *channel)
{
    struct passage *passage = &request->passage[request->n_passages++];

    *passage = (struct passage){ .channel = channel->number };
    memcpy(passage->ends, channel->endpoint, sizeof passage->ends);
}

/* Of its passages there is none yet. */
static struct request *
new_request(struct oa_text id)
{
    struct request *request = g_new(struct request, 1);

    memcpy(request->text, id.at, id.length);
    request->id = (struct oa_text){ request->text, id.length };
    request->n_passages = request->n_ended = 0;
    request->link = (GList){ .data = request };
    return request;
}

void
oa_mapi_hops_begin(struct mapi_hops *hops, struct oa_text id, const struct oa_channel *channel)
{
    struct request *request = find(hops, id);

    if (request) {
        if (may_pass_on(request, channel))
            add_passage(request, channel);
        return;
    }
    if (!is_id(id))
        return;
    request = new_request(id);
    add_passage(request, channel);
    g_tree_insert(hops->by_id, &request->id, request);
    g_queue_push_tail_link(&hops->by_age, &request->link);
    if (hops->by_age.length > REQUESTS_MAX)
        forget(hops, hops->by_age.head->data);
}

enum oa_hop
oa_mapi_hops_end(struct mapi_hops *hops, struct oa_text id, const struct oa_channel *channel,
                 struct oa_call *call)
{
    struct request *request = find(hops, id);
    unsigned hop = 0;

    while (request && hop < request->n_passages &&
           (request->passage[hop].channel != channel->number || request->passage[hop].has_ended))
        hop++;
    if (!request || hop == request->n_passages)
        return OA_HOP_CLIENT;
    struct passage *passage = &request->passage[hop];
    passage->has_ended = true;
    passage->request = call->request[OA_HOP_CLIENT];
    passage->response = call->response[OA_HOP_CLIENT];
    for (unsigned other = 1; hop == 0 && other < request->n_passages; other++) {
        call->request[other] = request->passage[other].request;
        call->response[other] = request->passage[other].response;
    }
    if (++request->n_ended == request->n_passages)
        forget(hops, request);
    return (enum oa_hop)hop;
}
