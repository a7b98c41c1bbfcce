/* test_report_set.c
 * Reports opened, fed and written together; and merged parts against one set of everything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "output_file.h"
#include "report_set.h"
#include "reports.h"

static const struct report *const COUNTING[] = { &REPORT_OPERATIONS, &REPORT_USERS,
                                                 &REPORT_CONNECTION_STATUS, &REPORT_HOPS };

/* --- made events --- */

#define CALLS_MAX 12
#define ROUNDS 25
#define SECOND G_GINT64_CONSTANT(1000000000)

/* A session with all that it brings. */
struct session {
    struct oa_virtual_connection vc;
    struct oa_auth auth;
    struct oa_client client;
    struct connection tcp;
    struct oa_channel channel;
    struct oa_call call[CALLS_MAX];
    unsigned calls, done;
    char server[16], proxy[16];
};

/* What differs from session to session: everything, or nothing that is not in the keys, so that the
 * order in which a row meets its sessions does not show. */
enum variety { BY_USER, ANY };

static unsigned
below(unsigned limit)
{
    return (unsigned)g_test_rand_int_range(0, (gint32)limit);
}

static void
make_client(struct session *session, unsigned user, enum variety variety)
{
    unsigned program = variety == ANY ? below(12) : user;

    g_snprintf(session->auth.user, sizeof session->auth.user, "user%u", user);
    session->auth.scheme = program % 2 ? OA_AUTH_SCHEME_NTLM : OA_AUTH_SCHEME_BASIC;
    g_snprintf(session->client.user_dn, sizeof session->client.user_dn, "/cn=%u", program);
    g_snprintf(session->client.software, sizeof session->client.software, "OUTLOOK%u", program);
    g_snprintf(session->client.version, sizeof session->client.version, "15.0.%u", program);
    g_snprintf(session->client.server_version, sizeof session->client.server_version, "8.%u",
               program);
    g_snprintf(session->client.computer, sizeof session->client.computer, "PC%u", program);
    g_snprintf(session->proxy, sizeof session->proxy, "proxy%u", program);
    session->client.mode = program % 2 ? OA_CLIENT_CACHED : OA_CLIENT_CLASSIC;
    session->vc.security.present = true;
    session->vc.security.level = (uint8_t)(program % 6 + 1);
    session->vc.transport = program % 3 ? OA_TRANSPORT_RPC_HTTP : OA_TRANSPORT_RPC_TCP;
}

static void
make_connection(struct session *session, unsigned number, unsigned user)
{
    struct connection *tcp = &session->tcp;

    tcp->number = number;
    tcp->endpoint[OA_CLIENT].address[15] = (uint8_t)user;
    tcp->endpoint[OA_SERVER].address[15] = (uint8_t)(200 + user % 3);
    tcp->endpoint[OA_SERVER].port = 80;
    tcp->handshake_seen = below(2);
    tcp->first.time_ns = session->vc.opened.time_ns;
    tcp->last.time_ns = session->vc.last.time_ns;
    tcp->ending.how = (enum oa_end)below(4);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        tcp->stream[side] = (struct connection_stream){ .frames = below(100),
                                                        .payload_bytes = below(3) * below(1000),
                                                        .retransmitted_frames = below(5),
                                                        .lost_bytes = below(5) };
    session->channel.vc = &session->vc;
    session->channel.host = tcp;
    session->channel.hop = OA_HOP_CLIENT;
}

static void
make_call(struct session *session, struct oa_call *call, enum variety variety)
{
    static const enum oa_interface_id INTERFACES[] = { OA_IF_EMSMDB, OA_IF_NSPI, OA_IF_RFR,
                                                       OA_IF_ASYNC_EMSMDB };
    int64_t begin_ns = session->vc.opened.time_ns + below(1000) * SECOND;

    call->vc = &session->vc;
    call->has_opnum = below(10) > 0;
    call->opnum = (uint16_t)below(5);
    call->iface = oa_rpc_interface(INTERFACES[below(G_N_ELEMENTS(INTERFACES))]);
    call->syntax = call->iface->syntax;
    call->state = OA_CALL_ANSWERED + below(3);
    call->fault_kind = OA_STATUS_RPC;
    call->fault_status = variety == ANY ? below(20) : 5; /* more than are told apart */
    call->has_return_value = below(2);
    call->return_value = below(2);
    call->request[OA_HOP_CLIENT] = (struct oa_call_half){
        .first = { begin_ns, 1 },
        .last = { begin_ns, 1 },
        .fragments = 1,
        .stub_bytes = below(1000),
        .is_complete = below(10) > 0,
    };
    call->response[OA_HOP_CLIENT] = call->request[OA_HOP_CLIENT];
    call->response[OA_HOP_CLIENT].last.time_ns += below(1000000);
}

static void
make_session(struct session *session, unsigned number, enum variety variety)
{
    struct oa_virtual_connection *vc = &session->vc;
    unsigned user = below(4);

    vc->number = number;
    vc->has_final_number = below(2);
    vc->opened.time_ns = below(1000) * SECOND;
    vc->last.time_ns = vc->opened.time_ns + below(1000) * SECOND;
    vc->established.frame = below(2);
    make_client(session, user, variety);
    g_snprintf(session->server, sizeof session->server, "server%u", user % 3);
    vc->auth = &session->auth;
    vc->client = &session->client;
    vc->target_server = session->server;
    vc->proxy_name = session->proxy;
    vc->iface = oa_rpc_interface(user % 2 ? OA_IF_EMSMDB : OA_IF_NSPI);
    vc->leg_seen[OA_HOP_CLIENT][OA_LEG_IN] = true;
    vc->traffic[OA_HOP_CLIENT][OA_CLIENT].rpc_bytes = below(1000);
    make_connection(session, number, user);
    memcpy(vc->endpoint[OA_HOP_CLIENT][OA_CLIENT].address, session->tcp.endpoint[OA_CLIENT].address,
           16);
    memcpy(vc->endpoint[OA_HOP_CLIENT][OA_SERVER].address, session->tcp.endpoint[OA_SERVER].address,
           16);
    vc->endpoint[OA_HOP_CLIENT][OA_SERVER].port = session->tcp.endpoint[OA_SERVER].port;
    session->calls = below(CALLS_MAX + 1);
    for (unsigned i = 0; i < session->calls; i++)
        make_call(session, &session->call[i], variety);
}

/* The next thing that happens in the session: a call, or its end. False after that. */
static bool
step(struct session *session, struct report_set *whole, struct report_set *part)
{
    struct report_set *sets[] = { whole, part };
    bool is_call = session->done < session->calls;
    struct oa_event closed = { .type = OA_EVENT_CHANNEL_CLOSED, .channel = &session->channel };
    struct oa_event event = { .type = is_call ? OA_EVENT_CALL : OA_EVENT_VC_CLOSED,
                              .vc = &session->vc,
                              .call = is_call ? &session->call[session->done] : NULL };
    struct connection_row row = { .tcp = &session->tcp, .channel = &session->channel };

    if (session->done > session->calls)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
        if (!is_call) {
            report_set_connection(sets[i], &row);
            report_set_event(sets[i], &closed);
        }
        report_set_event(sets[i], &event);
    }
    session->done++;
    return true;
}

/* --- sets --- */

/* A set of the counting reports in a new folder. */
static struct report_set *
open_set(char **folder)
{
    char *message = NULL;

    *folder = g_dir_make_tmp(NULL, NULL);
    struct report_set *set = report_set_open(COUNTING, G_N_ELEMENTS(COUNTING), *folder,
                                             (struct output_style){ 0 }, NULL, &message);
    g_assert_nonnull(set);
    return set;
}

/* What the report wrote, which is removed. */
static char *
take_file(const char *folder, const char *report)
{
    char *name = g_strconcat(report, ".csv", NULL), *path = g_build_filename(folder, name, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    g_free(path);
    g_free(name);
    return text;
}

/* Writes both sets and compares their files. */
static void
expect_same(struct report_set *set[2], char *folder[2])
{
    for (int i = 0; i < 2; i++) {
        char *message = NULL;
        g_assert_true(report_set_commit(set[i], &message));
        report_set_free(set[i]);
    }
    for (size_t r = 0; r < G_N_ELEMENTS(COUNTING); r++) {
        char *text[2];
        for (int i = 0; i < 2; i++)
            text[i] = take_file(folder[i], COUNTING[r]->name);
        g_assert_cmpstr(text[0], ==, text[1]);
        g_free(text[0]);
        g_free(text[1]);
    }
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(g_rmdir(folder[i]), ==, 0);
        g_free(folder[i]);
    }
}

/* Sessions that overlap at random, each in the whole and in one of two parts. */
static void
test_merge_any_split(void)
{
    enum { SESSIONS = 30 };

    for (int round = 0; round < ROUNDS; round++) {
        struct session *sessions = g_new0(struct session, SESSIONS);
        char *folder[2];
        struct report_set *set[2] = { open_set(&folder[0]), open_set(&folder[1]) };
        struct report_set *part = report_set_open_part(COUNTING, G_N_ELEMENTS(COUNTING));
        unsigned open = SESSIONS;

        for (unsigned i = 0; i < SESSIONS; i++)
            make_session(&sessions[i], i, BY_USER);
        while (open) {
            unsigned i = below(SESSIONS);
            if (sessions[i].done <= sessions[i].calls)
                open -= step(&sessions[i], set[0], i % 2 ? part : set[1]) &&
                        sessions[i].done > sessions[i].calls;
        }
        report_set_merge(set[1], part);
        report_set_free(part);
        expect_same(set, folder);
        g_free(sessions);
    }
}

/* Sessions one after the other, the later ones in the part: the order shows, and is kept. */
static void
test_merge_in_order(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *folder[2];
        struct report_set *set[2] = { open_set(&folder[0]), open_set(&folder[1]) };
        struct report_set *part = report_set_open_part(COUNTING, G_N_ELEMENTS(COUNTING));
        unsigned n = below(60) + 1, border = below(n + 1);

        for (unsigned i = 0; i < n; i++) {
            struct session *session = g_new0(struct session, 1);
            make_session(session, i, ANY);
            while (step(session, set[0], i < border ? set[1] : part))
                continue;
            g_free(session);
        }
        report_set_merge(set[1], part);
        report_set_free(part);
        expect_same(set, folder);
    }
}

/* A session that is open in a part stays in its row when the rest of it comes after merging. */
static void
test_merge_open_session(void)
{
    struct session *session = g_new0(struct session, 1);
    char *folder[2];
    struct report_set *set[2] = { open_set(&folder[0]), open_set(&folder[1]) };
    struct report_set *part = report_set_open_part(COUNTING, G_N_ELEMENTS(COUNTING));

    do
        make_session(session, 7, ANY);
    while (session->calls == 0);
    session->vc.has_final_number = true;
    step(session, set[0], part);
    report_set_merge(set[1], part);
    report_set_free(part);
    session->auth.user[0] = '\0'; /* not the user of the row any more */
    while (step(session, set[0], set[1]))
        continue;
    expect_same(set, folder);
    g_free(session);
}

/* Two sessions turn out to be one: its calls, and the pair of hosts, count once, in its row. */
static void
test_join(void)
{
    struct session *session[2];
    char *folder, *message = NULL;
    struct report_set *set = open_set(&folder);

    for (unsigned i = 0; i < 2; i++) {
        session[i] = g_new0(struct session, 1);
        make_session(session[i], i, BY_USER);
        session[i]->vc.has_final_number = false;
        session[i]->calls = 1;
        make_call(session[i], &session[i]->call[0], BY_USER);
        report_set_event(set, &(struct oa_event){ .type = OA_EVENT_CALL,
                                                  .vc = &session[i]->vc,
                                                  .call = &session[i]->call[0] });
    }
    session[1]->tcp = session[0]->tcp;
    for (unsigned i = 0; i < 2; i++) {
        report_set_connection(set, &(struct connection_row){ .tcp = &session[i]->tcp,
                                                             .channel = &session[i]->channel });
        report_set_event(set, &(struct oa_event){ .type = OA_EVENT_CHANNEL_CLOSED,
                                                  .channel = &session[i]->channel });
    }
    session[1]->vc.joined = &session[0]->vc;
    report_set_event(set, &(struct oa_event){ .type = OA_EVENT_VC_JOINED, .vc = &session[1]->vc });
    report_set_event(set, &(struct oa_event){ .type = OA_EVENT_VC_CLOSED, .vc = &session[0]->vc });
    g_assert_true(report_set_commit(set, &message));
    report_set_free(set);
    static const struct {
        const char *report;
        unsigned column;
        const char *value;
    } CELLS[] = { { "users", 7, "1" }, { "connection_status", 11, "2" }, { "hops", 6, "1" } };
    for (size_t i = 0; i < G_N_ELEMENTS(CELLS); i++) {
        g_autofree char *text = take_file(folder, CELLS[i].report);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_auto(GStrv) cells = g_strsplit(lines[1], ",", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 3); /* header, row, nothing */
        g_assert_cmpstr(cells[CELLS[i].column], ==, CELLS[i].value);
    }
    g_free(take_file(folder, "operations"));
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
    g_free(session[0]);
    g_free(session[1]);
}

/* More rows than are kept apart, in halves that share some: what is beyond is in the last row. */
static void
test_merge_beyond(void)
{
    enum { OPERATIONS = 3000, OVERLAP = 500 };
    struct session *session = g_new0(struct session, 1);
    struct report_set *part = report_set_open_part(COUNTING, 1);
    char *folder, *message = NULL;
    struct report_set *set = open_set(&folder);
    struct oa_call *call = &session->call[0];
    struct oa_event event = { .type = OA_EVENT_CALL, .vc = &session->vc, .call = call };
    uint64_t calls = 0, rows = 0;

    make_session(session, 0, BY_USER);
    make_call(session, call, BY_USER);
    call->has_opnum = true;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        call->opnum = (uint16_t)i;
        report_set_event(set, &event);
        call->opnum = (uint16_t)(i + OPERATIONS - OVERLAP);
        report_set_event(part, &event);
    }
    report_set_merge(set, part);
    report_set_free(part);
    g_assert_true(report_set_commit(set, &message));
    report_set_free(set);
    char *text = take_file(folder, "operations");
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines + 1; **line; line++, rows++) {
        char **cells = g_strsplit(*line, ",", -1);
        calls += g_ascii_strtoull(cells[5], NULL, 10);
        g_assert_true((cells[4][0] == '\0') == (line[1][0] == '\0')); /* the last has no number */
        g_strfreev(cells);
    }
    g_assert_cmpuint(rows, ==, 4096 + 1);
    g_assert_cmpuint(calls, ==, 2 * OPERATIONS);
    g_strfreev(lines);
    g_free(text);
    for (size_t i = 1; i < G_N_ELEMENTS(COUNTING); i++)
        g_free(take_file(folder, COUNTING[i]->name));
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
    g_free(session);
}

/* --- facts --- */

/* A list of the endpoint mapper that has come to its end, and other return values. */
static void
test_failures(void)
{
    static const struct {
        enum oa_interface_id interface;
        uint16_t opnum;
        uint32_t return_value;
        bool has_failed;
    } ROWS[] = {
        { OA_IF_EPM, 2, 0x16c9a0d6, false }, { OA_IF_EPM, 3, 0x16c9a0d6, true },
        { OA_IF_EPM, 2, 0x6d9, true },       { OA_IF_NSPI, 1, 1, false },
        { OA_IF_NSPI, 3, 1, true },          { OA_IF_EMSMDB, 11, 0x00040380, false },
        { OA_IF_EMSMDB, 11, 0, false },      { OA_IF_EMSMDB, 11, 0x80040115, true },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_call call = { .iface = oa_rpc_interface(ROWS[i].interface),
                                .opnum = ROWS[i].opnum,
                                .state = OA_CALL_ANSWERED,
                                .has_return_value = true,
                                .return_value = ROWS[i].return_value };
        g_assert_cmpint(oa_call_failed(&call), ==, ROWS[i].has_failed);
    }
}

/* The client that the proxy reports, in the byte order that is likelier. */
static void
test_reported_client(void)
{
    static const struct {
        uint8_t sent[4];
        bool is_sockaddr;
        const char *order;
        uint8_t client[4];
    } ROWS[] = {
        { { 5, 1, 168, 192 }, false, "little_endian", { 192, 168, 1, 5 } },
        { { 10, 77, 1, 1 }, false, "network", { 10, 77, 1, 1 } },
        { { 8, 8, 4, 0 }, false, "network", { 8, 8, 4, 0 } }, /* not 0.4.8.8 */
        { { 8, 7, 6, 5 }, false, "little_endian", { 5, 6, 7, 8 } },
        { { 192, 168, 2, 254 }, true, NULL, { 192, 168, 2, 254 } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        struct oa_virtual_connection vc = { .has_client_address = true };
        uint8_t mapped[16], other[16];

        vc.leg_seen[OA_HOP_SERVER][OA_LEG_IN] = true;
        vc.client_address.sockaddr_form = ROWS[i].is_sockaddr;
        memcpy(vc.client_address.bytes, ROWS[i].sent, 4);
        g_assert_cmpmem(client_address_of(&vc, mapped) + 12, 4, ROWS[i].client, 4);
        g_assert_cmpstr(client_address_order(&vc, other), ==, ROWS[i].order);
        for (int k = 0; ROWS[i].order && k < 4; k++)
            g_assert_cmpuint(other[12 + k], ==, mapped[15 - k]);
    }
}

/* --- files --- */

/* A folder made for the reports goes when they are not written. */
static void
test_discard(void)
{
    char *top = g_dir_make_tmp(NULL, NULL), *folder = g_build_filename(top, "new", NULL);
    char *message = NULL;

    for (int written = 0; written < 2; written++) {
        struct report_set *set =
            report_set_open(COUNTING, 2, folder, (struct output_style){ 0 }, NULL, &message);
        g_assert_true(g_file_test(folder, G_FILE_TEST_IS_DIR));
        g_assert_false(report_set_failed(set));
        if (written)
            g_assert_true(report_set_commit(set, &message));
        report_set_free(set);
        g_assert_cmpint(g_file_test(folder, G_FILE_TEST_EXISTS), ==, written);
    }
    for (int i = 0; i < 2; i++)
        g_free(take_file(folder, COUNTING[i]->name));
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_assert_cmpint(g_rmdir(top), ==, 0);
    g_free(folder);
    g_free(top);
}

/* A file where the folder has to be. */
static void
test_no_folder(void)
{
    char *file = NULL, *message = NULL;

    g_assert_cmpint(g_close(g_file_open_tmp(NULL, &file, NULL), NULL), ==, TRUE);
    g_assert_null(report_set_open(COUNTING, 1, file, (struct output_style){ 0 }, NULL, &message));
    g_assert_nonnull(message);
    g_assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
    g_unlink(file);
    g_free(message);
    g_free(file);
}

/* What fsync() found, which is the one below. */
static struct {
    const char *folder; /* NULL: it looks at nothing */
    unsigned calls;
    unsigned fail_at;          /* the call that fails; 0: none */
    unsigned written, visible; /* files of the folder with text at the first one; with their names
                                  at any */
} on_disk;

static void
count_files(void)
{
    GDir *folder = g_dir_open(on_disk.folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(on_disk.folder, name, NULL);
        GStatBuf info;
        on_disk.visible += !g_str_has_suffix(name, TEMPORARY_SUFFIX);
        on_disk.written += on_disk.calls == 1 && g_stat(path, &info) == 0 && info.st_size > 0;
    }
    g_dir_close(folder);
}

/* In the place of the C library's. */
int
fsync(int fd)
{
    on_disk.calls++;
    if (on_disk.folder)
        count_files();
    if (on_disk.calls != on_disk.fail_at)
        return fdatasync(fd);
    errno = EIO;
    return -1;
}

/* The disk is waited for when all files have been written, and none is shown before it has all. */
static void
test_disk(void)
{
    enum { N = G_N_ELEMENTS(COUNTING) };
    char *folder = g_dir_make_tmp(NULL, NULL);

    for (unsigned fail_at = 0; fail_at <= N; fail_at++) {
        char *message = NULL;
        struct report_set *set =
            report_set_open(COUNTING, N, folder, (struct output_style){ 0 }, NULL, &message);
        memset(&on_disk, 0, sizeof on_disk);
        on_disk.folder = folder;
        on_disk.fail_at = fail_at;
        g_assert_cmpint(report_set_commit(set, &message), ==, fail_at == 0);
        report_set_free(set);
        g_assert_cmpuint(on_disk.calls, ==, fail_at ? fail_at : N);
        g_assert_cmpuint(on_disk.written, ==, N);
        g_assert_cmpuint(on_disk.visible, ==, 0);
        if (fail_at)
            g_assert_true(g_str_has_suffix(message, g_strerror(EIO)));
        g_free(message);
        for (unsigned i = 0; i < N && !fail_at; i++)
            g_free(take_file(folder, COUNTING[i]->name));
    }
    on_disk.folder = NULL;
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
}

/* A report whose `takes` is forgotten would have no rows. */
static void
test_takes(void)
{
    for (size_t i = 0; REPORTS[i]; i++)
        g_assert_true((REPORTS[i]->event != NULL) == (REPORTS[i]->takes != 0));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report_set/merge_any_split", test_merge_any_split);
    g_test_add_func("/report_set/merge_in_order", test_merge_in_order);
    g_test_add_func("/report_set/merge_open_session", test_merge_open_session);
    g_test_add_func("/report_set/join", test_join);
    g_test_add_func("/report_set/merge_beyond", test_merge_beyond);
    g_test_add_func("/report_set/failures", test_failures);
    g_test_add_func("/report_set/reported_client", test_reported_client);
    g_test_add_func("/report_set/discard", test_discard);
    g_test_add_func("/report_set/disk", test_disk);
    g_test_add_func("/report_set/no_folder", test_no_folder);
    g_test_add_func("/report_set/takes", test_takes);
    return g_test_run();
}
