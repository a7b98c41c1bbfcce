/* test_events_behind.c
 * What is taken behind the decoder is what would have been seen at once, whatever becomes of the
 * objects in between.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "auth/auth_copies.h"
#include "events_behind.h"
#include "http/http_exchange.h"

#define SESSIONS 6
#define STEPS 20000

/* A session on a connection of its own. */
struct session {
    struct oa_virtual_connection *vc; /* NULL: it has ended */
    struct oa_channel *channel;
    struct connection *tcp;
    struct oa_client client;
    struct oa_rpc_binding binding[3];
};

struct test {
    struct session session[SESSIONS];
    struct oa_auth_copies *auth;
    struct events_behind *behind;
    GString *expected, *seen;
    uint64_t number; /* of the next object, call, frame */
};

static unsigned
below(unsigned limit)
{
    return (unsigned)g_test_rand_int_range(0, (gint32)limit);
}

/* --- what shows of what happens --- */

static void
show_auth(GString *text, const struct oa_auth *auth)
{
    g_string_append_printf(text, " %s", auth ? auth->user : "-");
}

/* Without what it has carried. */
static void
show_called(GString *text, const struct oa_virtual_connection *vc)
{
    g_string_append_printf(text, " vc %u %d %s %s %u %u", (unsigned)vc->number,
                           vc->has_final_number, vc->target_server ? vc->target_server : "-",
                           vc->client ? vc->client->user_dn : "-", (unsigned)vc->answered,
                           vc->n_bindings);
    for (unsigned i = 0; i < vc->n_bindings; i++)
        g_string_append_printf(text, " %u", vc->bindings[i].context_id);
    show_auth(text, vc->auth);
    show_auth(text, vc->security.auth);
    if (vc->joined)
        g_string_append_printf(text, " in %u", (unsigned)vc->joined->number);
}

static void
show_session(GString *text, const struct oa_virtual_connection *vc)
{
    if (!vc)
        return;
    show_called(text, vc);
    for (int hop = 0; hop < OA_HOPS; hop++)
        g_string_append_printf(text, " %u", (unsigned)vc->traffic[hop][OA_SERVER].rpc_bytes);
}

static void
show_connection(GString *text, const struct connection *tcp)
{
    g_string_append_printf(text, " tcp %u %u %u", (unsigned)tcp->number,
                           (unsigned)tcp->stream[OA_CLIENT].wire_bytes, tcp->is_swapped);
}

static void
show_channel(GString *text, const struct oa_channel *channel)
{
    if (!channel)
        return;
    g_string_append_printf(text, " channel %u %d %s %u", (unsigned)channel->number, channel->kind,
                           channel->proxy_name ? channel->proxy_name : "-", channel->auth_legs);
    show_auth(text, channel->auth);
    if (channel->vc)
        g_string_append_printf(text, " of %u", (unsigned)channel->vc->number);
    show_connection(text, connection_of(channel));
}

/* Of frequent events what counts. */
static void
show_frequent(GString *text, const struct oa_event *event)
{
    const struct oa_channel *channel = event->channel;

    g_string_append_printf(text, "%d %u %d", event->type, (unsigned)event->last.frame,
                           channel->kind);
    if (event->type == OA_EVENT_RPC)
        g_string_append_printf(text, " %u %u", (unsigned)event->vc->number,
                               (unsigned)event->vc->traffic[channel->hop][OA_SERVER].rpc_bytes);
    else
        show_connection(text, connection_of(channel));
    if (event->mapi)
        g_string_append_printf(text, " %u", event->mapi->response.head.status);
    g_string_append_c(text, '\n');
}

/* What the session has carried is there if it is not told with PDUs. */
static void
show_call(GString *text, const struct oa_event *event)
{
    g_string_append_printf(text, "%d %u call %u channel %d", event->type,
                           (unsigned)event->last.frame, (unsigned)event->call->number,
                           event->channel->kind);
    (event->mapi ? show_session : show_called)(text, event->vc);
    (event->mapi ? show_session : show_called)(text, event->call->vc);
    g_string_append_c(text, '\n');
}

static void
show_event(GString *text, const struct oa_event *event)
{
    const struct oa_auth_exchange *exchange = event->exchange;

    if (event->type == OA_EVENT_RPC || event->type == OA_EVENT_HTTP_HEAD) {
        show_frequent(text, event);
        return;
    }
    if (event->type == OA_EVENT_CALL) {
        show_call(text, event);
        return;
    }
    if (event->type == OA_EVENT_CHUNK)
        return; /* is not passed on, unless something else has to be */
    g_string_append_printf(text, "%d %u", event->type, (unsigned)event->last.frame);
    show_session(text, event->vc);
    show_channel(text, event->channel);
    if (event->finding)
        g_string_append_printf(text, " %s", event->finding->text);
    if (event->host && !event->channel)
        show_connection(text, event->host);
    if (exchange) {
        show_auth(text, exchange->client);
        show_channel(text, exchange->channel);
    }
    g_string_append_c(text, '\n');
}

static void
show_row(GString *text, const struct connection_row *row)
{
    g_string_append(text, "end");
    show_connection(text, row->tcp);
    show_channel(text, row->channel);
    if (row->tls)
        g_string_append_printf(text, " %s %s", row->tls->sni,
                               row->tls->certificate ? row->tls->certificate->subject : "-");
    g_string_append_c(text, '\n');
}

/* --- in the thread --- */

static void
take_frame(void *context, size_t file, int64_t time_ns)
{
    g_string_append_printf(((struct test *)context)->seen, "frame %zu %u\n", file,
                           (unsigned)time_ns);
}

static void
take_gap(void *context, size_t file)
{
    g_string_append_printf(((struct test *)context)->seen, "gap %u\n", (unsigned)file);
}

static void
take_clock_step(void *context, int64_t before_ns, struct oa_stamp first)
{
    g_string_append_printf(((struct test *)context)->seen, "step %u %u\n", (unsigned)before_ns,
                           (unsigned)first.frame);
}

/* What is counted of the connection is kept with it. */
static void
show_counted(GString *text, const struct connection *tcp, struct oa_stamp stamp)
{
    g_string_append_printf(text, "counted %u %u %u\n", (unsigned)tcp->stream[OA_CLIENT].wire_bytes,
                           tcp->is_swapped, (unsigned)stamp.frame);
}

static void
take_counted(void *context, struct connection *tcp, struct oa_stamp stamp)
{
    struct test *test = context;

    g_assert_true(!tcp->counted || tcp->counted == test);
    tcp->counted = test;
    show_counted(test->seen, tcp, stamp);
}

static void
take_event(void *context, const struct oa_event *event)
{
    struct test *test = context;

    if (event->vc) {
        g_assert_true(!event->vc->host || event->vc->host == test);
        event->vc->host = test; /* stays */
    }
    show_event(test->seen, event);
}

static void
take_connection(void *context, const struct connection_row *row)
{
    show_row(((struct test *)context)->seen, row);
}

static bool
goes_on(void *unused)
{
    (void)unused;
    return true;
}

/* --- the decoder, which changes its objects --- */

static const struct oa_auth *
new_auth(struct test *test)
{
    struct oa_auth auth = { .scheme = OA_AUTH_SCHEME_NTLM };

    g_snprintf(auth.user, sizeof auth.user, "user%u", below(5));
    return oa_auth_copies_keep(test->auth, &auth);
}

static void
change_auth(struct test *test, const struct oa_auth **auth)
{
    oa_auth_copy_release(*auth);
    *auth = below(3) ? new_auth(test) : NULL;
}

static void
change_text(char **text)
{
    g_free(*text);
    *text = below(4) ? g_strdup_printf("host%u", below(20)) : NULL;
}

static struct oa_stamp
now(struct test *test)
{
    return (struct oa_stamp){ (int64_t)test->number, ++test->number };
}

static void
begin_session(struct test *test, struct session *session)
{
    *session = (struct session){ .vc = g_new0(struct oa_virtual_connection, 1),
                                 .channel = g_new0(struct oa_channel, 1),
                                 .tcp = g_new0(struct connection, 1) };
    session->vc->number = session->channel->number = session->tcp->number = test->number++;
    session->vc->bindings = session->binding;
    session->channel->vc = session->vc;
    session->channel->host = session->tcp;
}

static void
give(struct test *test, struct oa_event event)
{
    event.last = now(test);
    show_event(test->expected, &event);
    events_behind_event(test->behind, &event);
}

static void
free_session(struct session *session)
{
    oa_auth_copy_release(session->vc->auth);
    oa_auth_copy_release(session->vc->security.auth);
    g_free(session->vc->target_server);
    g_free(session->vc);
    session->vc = NULL;
}

static void
free_channel(struct session *session)
{
    oa_auth_copy_release(session->channel->auth);
    g_free(session->channel->proxy_name);
    g_free(session->channel);
    g_free(session->tcp);
}

/* The row of the connection, the end of the channel, and of the session, which names it; or the
 * session turns out to be a part of another one. */
static void
end(struct test *test, struct session *session)
{
    struct oa_tls_certificate certificate = { .subject = "CN=a" };
    struct oa_tls_facts tls = { .sni = "a", .certificate = below(2) ? &certificate : NULL };
    struct session *other = &test->session[below(SESSIONS)];
    struct connection_row row = { .tcp = session->tcp,
                                  .channel = session->channel,
                                  .tls = below(2) ? &tls : NULL };

    show_row(test->expected, &row);
    events_behind_connection(test->behind, &row);
    give(test, (struct oa_event){ OA_EVENT_CHANNEL_CLOSED, .channel = session->channel,
                                  .vc = session->vc });
    if (other != session)
        session->vc->joined = other->vc;
    give(test, (struct oa_event){ other != session ? OA_EVENT_VC_JOINED : OA_EVENT_VC_CLOSED,
                                  .channel = session->channel, .vc = session->vc });
    free_session(session);
    free_channel(session);
    begin_session(test, session);
}

static void
change(struct test *test, struct session *session)
{
    struct oa_virtual_connection *vc = session->vc;

    switch (below(12)) {
    case 0:
        change_auth(test, &vc->auth);
        break;
    case 1:
        change_auth(test, &vc->security.auth);
        break;
    case 2:
        change_auth(test, &session->channel->auth);
        break;
    case 3:
        change_text(&vc->target_server);
        break;
    case 4:
        change_text(&session->channel->proxy_name);
        break;
    case 5:
        vc->client = below(4) ? &session->client : NULL;
        g_snprintf(session->client.user_dn, sizeof session->client.user_dn, "/cn=%u", below(9));
        break;
    case 6:
        vc->n_bindings = below(4);
        session->binding[below(3)].context_id = (uint16_t)below(100);
        break;
    case 7:
        vc->has_final_number |= below(2);
        session->channel->kind = (enum oa_channel_kind)below(OA_CHANNEL_KINDS);
        break;
    case 8:
        session->tcp->is_swapped = below(2);
        break;
    default:
        vc->traffic[below(OA_HOPS)][OA_SERVER].rpc_bytes += below(1000);
        session->tcp->stream[OA_CLIENT].wire_bytes += below(1000);
        vc->answered++;
    }
}

static void
give_rare(struct test *test, struct session *session)
{
    struct oa_auth_exchange exchange = { .channel = session->channel,
                                         .client = &OA_AUTH_NONE,
                                         .server = &OA_AUTH_NONE };
    struct oa_finding finding = { .text = "what was found" };
    struct connection attempt = { .number = test->number };
    struct oa_call call = { .number = test->number, .vc = session->vc };
    struct oa_http_exchange mapi = { .number = test->number };

    switch (below(5)) {
    case 0:
        give(test, (struct oa_event){ OA_EVENT_AUTH_DONE, .channel = session->channel,
                                      .vc = session->vc, .exchange = &exchange });
        break;
    case 1:
        give(test, (struct oa_event){ OA_EVENT_FINDING, .finding = &finding, .host = &attempt });
        break;
    case 2:
        events_behind_clock_step(test->behind, (int64_t)test->number,
                                 (struct oa_stamp){ 0, test->number });
        events_behind_gap(test->behind, test->number % 7);
        g_string_append_printf(test->expected, "step %u %u\ngap %u\n", (unsigned)test->number,
                               (unsigned)test->number, (unsigned)(test->number % 7));
        break;
    default:
        give(test, (struct oa_event){ OA_EVENT_CALL, .channel = session->channel, .vc = session->vc,
                                      .call = &call, .mapi = below(2) ? &mapi : NULL });
    }
}

static void
give_frequent(struct test *test, struct session *session)
{
    struct oa_http_exchange exchange = { .response.has_head = true,
                                         .response.head.status = 200 + below(3) };

    switch (below(4)) {
    case 0:
        give(test, (struct oa_event){ OA_EVENT_CHUNK, .channel = session->channel });
        break;
    case 1:
        give(test, (struct oa_event){ OA_EVENT_HTTP_HEAD, .channel = session->channel,
                                      .vc = session->vc, .mapi = &exchange });
        break;
    default:
        give(test,
             (struct oa_event){ OA_EVENT_RPC, .channel = session->channel, .vc = session->vc });
    }
}

/* A foreign connection, of which each segment is counted. */
static void
give_foreign(struct test *test)
{
    struct connection tcp = { .number = test->number };

    for (unsigned i = 0; i < 3; i++) {
        struct oa_stamp stamp = now(test);
        tcp.stream[OA_CLIENT].wire_bytes += below(100);
        show_counted(test->expected, &tcp, stamp);
        events_behind_counted(test->behind, &tcp, stamp);
    }
    struct connection_row row = { .tcp = &tcp };
    show_row(test->expected, &row);
    events_behind_connection(test->behind, &row);
    g_assert_null(tcp.counted);
}

static void
step(struct test *test)
{
    struct session *session = &test->session[below(SESSIONS)];

    switch (below(10)) {
    case 0:
        give_rare(test, session);
        break;
    case 1:
        if (below(8) == 0)
            end(test, session);
        break;
    case 2:
        events_behind_frame(test->behind, 1, (int64_t)test->number);
        g_string_append_printf(test->expected, "frame 1 %u\n", (unsigned)test->number);
        break;
    case 3:
        give_foreign(test);
        break;
    case 4:
    case 5:
        give_frequent(test, session);
        break;
    default:
        change(test, session);
    }
}

static void
test_same(void)
{
    static const struct oa_auth_reader READER;
    static const struct events_taker TAKER = { take_frame,   take_gap,   take_clock_step,
                                               take_counted, take_event, take_connection };
    struct test test = { .auth = oa_auth_copies_new(&READER),
                         .expected = g_string_new(NULL),
                         .seen = g_string_new(NULL) };
    struct task_queue *queue = task_queue_begin(goes_on, NULL);

    test.behind = events_behind_new(queue, &TAKER, &test, 1);
    for (int i = 0; i < SESSIONS; i++)
        begin_session(&test, &test.session[i]);
    for (int i = 0; i < STEPS; i++)
        step(&test);
    events_behind_forget(test.behind);
    for (int i = 0; i < SESSIONS; i++) {
        free_session(&test.session[i]);
        free_channel(&test.session[i]);
    }
    oa_auth_copies_free(test.auth); /* nothing of it is in use any more */
    task_queue_end(queue);
    events_behind_free(test.behind);
    g_assert_cmpstr(test.seen->str, ==, test.expected->str);
    g_string_free(test.expected, TRUE);
    g_string_free(test.seen, TRUE);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/events_behind/same", test_same);
    return g_test_run();
}
