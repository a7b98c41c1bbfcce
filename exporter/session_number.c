/* session_number.c
 * The number of a session in a row that is written before it is final.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session_number.h"

#include <glib.h>

struct session_number {
    unsigned holders;
    const struct oa_virtual_connection *vc; /* while it is open */
    uint64_t number;                        /* once it has closed */
    bool is_foreign;                        /* once it has closed: another service's */
    struct session_number *whole;           /* held; that of which it turned out to be a part */
};

struct session_number *
session_number_hold(const struct oa_virtual_connection *vc)
{
    struct session_number *session = vc->host;

    if (!session) {
        session = g_new0(struct session_number, 1);
        session->holders = 1;
        session->vc = vc;
        ((struct oa_virtual_connection *)vc)->host = session; /* a member that is the host's own */
    }
    session->holders++;
    return session;
}

struct session_number *
session_number_share(struct session_number *session)
{
    session->holders++;
    return session;
}

void
session_number_release(struct session_number *session)
{
    while (session && --session->holders == 0) {
        struct session_number *whole = session->whole;

        g_free(session);
        session = whole;
    }
}

static const struct session_number *
whole_of(const struct session_number *session)
{
    while (session->whole)
        session = session->whole;
    return session;
}

uint64_t
session_number_now(const struct session_number *session)
{
    const struct session_number *whole = whole_of(session);

    return whole->vc ? whole->vc->number : whole->number;
}

bool
session_number_is_final(const struct session_number *session)
{
    const struct session_number *whole = whole_of(session);

    return !whole->vc || session_number_is_known(whole->vc);
}

/* Calls to an endpoint mapper are told to be of another service when they end. */
bool
session_number_is_known(const struct oa_virtual_connection *vc)
{
    return vc->has_final_number &&
           (vc->transport != OA_TRANSPORT_RPC_TCP ||
            vc->answered + vc->faults + vc->unanswered + vc->unknown + vc->no_request > 0);
}

bool
session_number_is_none(const struct session_number *session)
{
    const struct session_number *whole = whole_of(session);

    return whole->vc ? oa_vc_is_foreign(whole->vc) : whole->is_foreign;
}

bool
session_number_is_of(const struct session_number *session, const struct oa_virtual_connection *vc)
{
    return whole_of(session)->vc == vc;
}

void
session_number_take_event(const struct oa_event *event)
{
    struct session_number *session;

    if (event->type != OA_EVENT_VC_CLOSED && event->type != OA_EVENT_VC_JOINED)
        return;
    session = event->vc->host;
    if (!session)
        return;
    if (event->type == OA_EVENT_VC_JOINED)
        session->whole = session_number_hold(event->vc->joined);
    session->number = event->vc->number;
    session->is_foreign = oa_vc_is_foreign(event->vc);
    session->vc = NULL;
    event->vc->host = NULL;
    session_number_release(session);
}
