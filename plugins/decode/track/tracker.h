/* tracker.h
 * For hosts. A tracker holds what is known of one capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TRACKER_H
#define OA_TRACKER_H

#include "auth/seal.h"
#include "base/clock_steps.h"
#include "base/renamer.h"
#include "exchange/call_facts.h"
#include "track/mailbox_session.h"
#include "track/recognise.h"

/*
 * `on_event` may be NULL. With `keep` all objects are kept until the tracker is freed, otherwise
 * each is freed when it is closed. Both functions end the program if memory runs out, as GLib does.
 */
struct oa_tracker *oa_tracker_new(oa_event_function on_event, void *context, bool keep);
void oa_tracker_free(struct oa_tracker *tracker);

/* The converters of 8-bit text, with which a host can read what the tracker has read; it may set
 * the code page of names before the first bytes. */
struct oa_code_pages *oa_tracker_code_pages(const struct oa_tracker *tracker);

/* From now on the texts of findings have what the renamer, which has to outlive the tracker, shows
 * in the place of names. */
void oa_tracker_rename(struct oa_tracker *tracker, const struct oa_renamer *renamer);

/* From now on no duration is taken across these steps, which the host adds to before it passes on
 * what comes behind one, and which have to outlive the tracker. */
void oa_tracker_use_clock_steps(struct oa_tracker *tracker, const struct oa_clock_steps *steps);

/* How many numbers of virtual connections have been given so far; those that turned out to be parts
 * of others have one too. */
uint64_t oa_tracker_vcs(const struct oa_tracker *tracker);

/* Memory is short: ends a part of the sessions of MAPI over HTTP, silent for longest, as if the
 * capture ended; returns how many, 0 if there are few. Not to be called during an event. */
unsigned oa_tracker_give_up(struct oa_tracker *tracker);

/* The capture has ended and all channels are closed: ends the sessions of MAPI over HTTP, which
 * outlive their connections. */
void oa_tracker_end(struct oa_tracker *tracker);

/* From now on sealed calls are read like others, and Kerberos tickets name their users, where these
 * secrets allow it. Whatever they point to has to outlive the tracker, which keeps session keys
 * only, and clears them. To be called before the first bytes. */
void oa_tracker_unseal(struct oa_tracker *tracker, const struct oa_seal_secrets *secrets);

/* From now on the ROPs of calls to stores are read, and what their context was is kept with each
 * call (struct oa_call.rops). Nothing is read of calls that stay sealed. */
void oa_tracker_read_rops(struct oa_tracker *tracker, const struct oa_rop_listener *listener);

/* What is known of a server's endpoint from the connections so far: from the endpoint mapper, from
 * binds, and from requests recognised by their shape. Bounded, so that OA_ENDPOINT_UNKNOWN proves
 * nothing. */
enum oa_endpoint_known oa_tracker_endpoint(const struct oa_tracker *tracker,
                                           const struct oa_endpoint *endpoint);

/*
 * For a host that can read stubs which the tracker cannot: sealed ones, and those over other
 * transports. Updates the mailbox sessions from the parameters of a call, in capture order: with
 * its request (`response` NULL), and with its response (`request` may be NULL). `call` is the
 * tracker's own call, or NULL; has no effect if its stubs are not sealed, since the tracker has
 * read these. Returns the session of the call, or NULL. The tracker has to keep closed objects.
 */
const struct oa_mailbox_session *oa_tracker_take_facts(struct oa_tracker *tracker,
                                                       struct oa_call *call,
                                                       const struct oa_call_facts *request,
                                                       const struct oa_call_facts *response);

/* For a host that reads the ROPs of calls to stores itself: the session of a call, before its stub
 * is read, in capture order. `call` is the tracker's own call, or NULL. NULL if the stub has no
 * context handle. */
struct oa_mailbox_session *oa_tracker_mailbox(struct oa_tracker *tracker,
                                              const struct oa_call *call,
                                              const struct oa_stub *stub);

/* The code page with which the mailbox session, or the binding to a directory, was opened to which
 * the context handle at the start of the stub belongs; 0: unknown, or no handle. */
uint32_t oa_tracker_code_page(const struct oa_tracker *tracker, const struct oa_stub *stub);

#endif
