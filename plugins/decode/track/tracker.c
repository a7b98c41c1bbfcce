/* tracker.c
 * A tracker: creates the table of each module, and frees them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "track/tracker.h"

#include "auth/seal.h"
#include "base/code_page.h"
#include "track/association.h"
#include "track/authentication.h"
#include "track/call_rops.h"
#include "track/calls.h"
#include "track/channel_state.h"
#include "track/connection_end.h"
#include "track/emit.h"
#include "track/endpoint.h"
#include "track/mailboxes.h"
#include "track/mapi_session.h"
#include "track/lone_hops.h"
#include "track/named_ports.h"
#include "track/successors.h"
#include "track/tls_proxy.h"
#include "track/tracker_state.h"
#include "track/unsealing.h"
#include "track/virtual_connection.h"

struct oa_tracker *
oa_tracker_new(oa_event_function on_event, void *context, bool keep)
{
    struct oa_tracker *tracker = g_new0(struct oa_tracker, 1);

    tracker->emitter = oa_emitter_new(on_event, context, keep);
    tracker->code_pages = oa_code_pages_new();
    tracker->auth = oa_auth_table_new(tracker->code_pages);
    tracker->named_ports = oa_named_ports_new();
    tracker->lone_hops = oa_lone_hops_new();
    tracker->successors = oa_successors_new();
    tracker->endpoints = oa_endpoints_new();
    tracker->associations = oa_associations_new();
    tracker->calls = oa_calls_new();
    tracker->mailboxes = oa_mailboxes_new();
    tracker->vcs = oa_vcs_new();
    tracker->mapi = oa_mapi_sessions_new();
    tracker->channels = oa_channels_new();
    tracker->tls_proxies = oa_tls_proxies_new();
    tracker->connection_ends = oa_connection_ends_new();
    tracker->unsealing = oa_unsealing_table_new();
    tracker->walk = oa_walk_new(&OA_CALL_FACTS_VISITOR, NULL);
    return tracker;
}

struct oa_code_pages *
oa_tracker_code_pages(const struct oa_tracker *tracker)
{
    return tracker->code_pages;
}

uint64_t
oa_tracker_vcs(const struct oa_tracker *tracker)
{
    return oa_vcs_numbered(tracker->vcs);
}

void
oa_tracker_read_rops(struct oa_tracker *tracker, const struct oa_rop_listener *listener)
{
    g_free(tracker->rops);
    tracker->rops = g_memdup2(listener, sizeof *listener);
}

void
oa_tracker_unseal(struct oa_tracker *tracker, const struct oa_seal_secrets *secrets)
{
    g_free(tracker->secrets);
    tracker->secrets = g_memdup2(secrets, sizeof *secrets);
    if (tracker->secrets)
        tracker->secrets->code_pages = tracker->code_pages;
    oa_auth_table_open_tickets(tracker->auth, secrets ? secrets->kerberos : NULL);
}

void
oa_tracker_rename(struct oa_tracker *tracker, const struct oa_renamer *renamer)
{
    tracker->renamer = renamer;
}

void
oa_tracker_use_clock_steps(struct oa_tracker *tracker, const struct oa_clock_steps *steps)
{
    tracker->clock_steps = steps;
}

void
oa_tracker_end(struct oa_tracker *tracker)
{
    oa_mapi_end(tracker);
    oa_connection_ends_tell_undecided(tracker->connection_ends);
    oa_emit_suppressed(tracker, &(struct oa_event){ .type = OA_EVENT_FINDING });
}

unsigned
oa_tracker_give_up(struct oa_tracker *tracker)
{
    return oa_mapi_give_up(tracker);
}

void
oa_tracker_free(struct oa_tracker *tracker)
{
    if (!tracker)
        return;
    oa_channels_free(tracker->channels);
    oa_mapi_sessions_free(tracker->mapi);
    oa_vcs_free(tracker->vcs);
    oa_calls_free(tracker->calls);
    oa_associations_free(tracker->associations);
    oa_endpoints_free(tracker->endpoints);
    oa_named_ports_free(tracker->named_ports);
    oa_lone_hops_free(tracker->lone_hops);
    oa_successors_free(tracker->successors);
    oa_mailboxes_free(tracker->mailboxes);
    oa_emitter_free(tracker->emitter);
    oa_auth_table_free(tracker->auth); /* the kept objects share its copies */
    oa_connection_ends_free(tracker->connection_ends);
    oa_unsealing_table_free(tracker->unsealing);
    oa_tls_proxies_free(tracker->tls_proxies);
    oa_walk_free(tracker->walk);
    g_free(tracker->rops);
    g_free(tracker->secrets);
    oa_code_pages_free(tracker->code_pages);
    g_free(tracker);
}

enum oa_endpoint_known
oa_tracker_endpoint(const struct oa_tracker *tracker, const struct oa_endpoint *endpoint)
{
    return oa_endpoints_known(tracker, endpoint);
}

const struct oa_mailbox_session *
oa_tracker_take_facts(struct oa_tracker *tracker, struct oa_call *call,
                      const struct oa_call_facts *request, const struct oa_call_facts *response)
{
    if (call && !call->is_sealed)
        return call->mailbox;
    struct oa_mailbox_session *session = oa_mailboxes_take(tracker, request, response);
    if (session && session->has_ended)
        oa_mailbox_close(tracker, session);
    if (call && session)
        call->mailbox = session;
    return call ? call->mailbox : session;
}

struct oa_mailbox_session *
oa_tracker_mailbox(struct oa_tracker *tracker, const struct oa_call *call,
                   const struct oa_stub *stub)
{
    if (call && call->mailbox)
        return call->mailbox;
    const uint8_t *handle = oa_stub_handle(stub);
    return handle ? oa_mailbox_of_handle(tracker, handle) : NULL;
}

uint32_t
oa_tracker_code_page(const struct oa_tracker *tracker, const struct oa_stub *stub)
{
    const uint8_t *handle = oa_stub_handle(stub);

    return handle ? oa_mailboxes_code_page(tracker, handle) : 0;
}
