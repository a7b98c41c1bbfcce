/* call_rops.c
 * The ROPs of calls to mailbox stores, if the host has asked for them: read in the order of the
 * capture, with the objects of their session. [MS-OXCROPS] 3.1.5.1, 3.2.5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/call_rops.h"

#include "exchange/mapi_http_body.h"
#include "rop/rop_walk.h"
#include "track/mailboxes.h"
#include "track/tracker_state.h"

static const struct oa_visitor NOBODY;

bool
oa_call_rops_wanted(const struct oa_tracker *tracker, const struct oa_rpc_interface *iface,
                    uint16_t opnum)
{
    return tracker->rops && oa_rpc_operation_has(iface, opnum, OA_OP_ROPS);
}

bool
oa_call_rops_are_read(const struct oa_call *call, enum oa_side side)
{
    return call->rops && call->rops->is_read[side];
}

/* What a side is read with; a call whose session is not known has objects of its own. */
struct reading {
    struct oa_rop_reader reader;
    struct oa_rop_objects *own;
};

static void
begin(struct reading *reading, struct oa_tracker *tracker, struct oa_rop_call *rops,
      struct oa_mailbox_session *mailbox)
{
    struct oa_rop_reader *reader = &reading->reader;

    reader->call = rops;
    reader->objects = mailbox ? oa_mailbox_objects(mailbox) : NULL;
    reading->own = reader->objects ? NULL : oa_rop_objects_new(NULL);
    if (reading->own)
        reader->objects = reading->own;
    oa_walk_set_code_pages(tracker->walk, tracker->code_pages);
    oa_rop_reader_start(reader, tracker->walk);
}

static void
end(struct reading *reading, struct oa_tracker *tracker)
{
    reading->reader.call->is_read[reading->reader.is_response] = true;
    oa_rop_objects_free(reading->own);
    oa_walk_reuse(tracker->walk, &NOBODY, NULL);
}

/* The same for a call of the tracker, whose fields the host receives. */
static void
begin_call(struct reading *reading, struct oa_tracker *tracker, struct oa_call *call,
           enum oa_side side)
{
    const struct oa_rop_listener *listener = tracker->rops;

    if (!call->rops)
        call->rops = oa_rop_call_new();
    if (listener->start)
        listener->start(listener->user, call, side == OA_SERVER);
    oa_walk_reuse(tracker->walk, listener->visitor ? listener->visitor : &NOBODY, listener->user);
    reading->reader.frame = call->request[oa_call_hop(call)].first.frame;
    reading->reader.is_response = side == OA_SERVER;
    begin(reading, tracker, call->rops, call->mailbox);
}

void
oa_call_rops_read(struct oa_tracker *tracker, struct oa_call *call, const struct oa_stub *stub)
{
    enum oa_side side = stub->is_response ? OA_SERVER : OA_CLIENT;
    struct oa_walk_result result;
    struct reading reading;

    if (oa_call_rops_are_read(call, side))
        return;
    begin_call(&reading, tracker, call, side);
    oa_stub_walk(tracker->walk, stub, NULL, &result);
    end(&reading, tracker);
}

void
oa_call_rops_read_body(struct oa_tracker *tracker, struct oa_call *call, enum oa_side side,
                       const uint8_t *body, size_t length)
{
    const struct oa_layout *layout = oa_mapi_http_layout(OA_MAPI_HTTP_EXECUTE, side == OA_SERVER);
    struct reading reading;

    if (!tracker->rops || oa_call_rops_are_read(call, side))
        return;
    begin_call(&reading, tracker, call, side);
    if (call->mailbox && call->mailbox->code_page)
        oa_walk_set(tracker->walk, OA_F_OXCRPC_CPID, call->mailbox->code_page);
    oa_walk_run(tracker->walk, layout, OA_PLAIN, false, body, length, NULL);
    end(&reading, tracker);
}
