/* rpch_choice.c
 * What the user has chosen for a connection by its port.
 *
 * The choice is read from the tables of ports themselves, where Decode As and the preferences enter
 * it, because data reach us in other ways than by their ports too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_choice.h"

#include "rpch_prefs.h"

/* The ports by which oa_recognise() knows a proxy and a back-end server; none for their clients. */
#define PROXY_PORT 80
#define SERVER_PORT 6001
#define NO_PORT 0

#define HANDLES_MAX 16

static struct {
    dissector_handle_t handle;
    enum rpch_chosen what;
} handles[HANDLES_MAX];
static guint n_handles;

void
rpch_choice_add(dissector_handle_t handle, enum rpch_chosen what)
{
    g_assert(n_handles < HANDLES_MAX);
    handles[n_handles].handle = handle;
    handles[n_handles++].what = what;
}

/* The ports of the preference, as if they had been chosen with Decode As. */
static void
reset_port(guint32 port, gpointer handle)
{
    if (dissector_get_uint_handle(find_dissector_table("tcp.port"), port) == handle)
        dissector_reset_uint("tcp.port", port);
}

static void
choose_port(guint32 port, gpointer handle)
{
    if (!dissector_is_uint_changed(find_dissector_table("tcp.port"), port))
        dissector_change_uint("tcp.port", port, handle);
}

void
rpch_choice_open(dissector_handle_t server)
{
    static range_t *entered;

    if (entered)
        range_foreach(entered, reset_port, server);
    wmem_free(wmem_epan_scope(), entered);
    entered = range_copy(wmem_epan_scope(), rpch_prefs.server_ports);
    if (entered)
        range_foreach(entered, choose_port, server);
}

/* Who chooses HTTP, as one has to for TLS on unusual ports, tells what RPC over HTTP is too. */
static bool
is_http(dissector_handle_t handle)
{
    return dissector_handle_get_protocol_index(handle) == proto_get_id_by_filter_name("http");
}

static enum rpch_chosen
chosen_for(dissector_table_t table, guint32 port)
{
    dissector_handle_t handle = dissector_get_uint_handle(table, port);

    if (rpch_prefs.left_ports && value_is_in_range(rpch_prefs.left_ports, port))
        return RPCH_CHOSEN_LEAVE;
    for (guint i = 0; handle && i < n_handles; i++)
        if (handles[i].handle == handle)
            return handles[i].what;
    return handle && dissector_is_uint_changed(table, port) && !is_http(handle)
               ? RPCH_CHOSEN_LEAVE
               : RPCH_CHOSEN_NOTHING;
}

struct rpch_choice
rpch_choice_of(const packet_info *pinfo, bool is_tls)
{
    dissector_table_t table = find_dissector_table(is_tls ? "tls.port" : "tcp.port");
    struct rpch_choice choice = { chosen_for(table, pinfo->destport), OA_CLIENT };

    if (choice.what == RPCH_CHOSEN_NOTHING)
        choice = (struct rpch_choice){ chosen_for(table, pinfo->srcport), OA_SERVER };
    return choice;
}

enum oa_verdict
rpch_choice_recognise(const struct rpch_choice *choice, const guint8 *data, guint length,
                      enum oa_before before, struct oa_recognition *recognition)
{
    bool is_server = choice->what == RPCH_CHOSEN_SERVER;
    uint16_t usual = is_server ? SERVER_PORT : PROXY_PORT;
    uint16_t from = choice->sender == OA_SERVER ? usual : NO_PORT;
    uint16_t to = choice->sender == OA_SERVER ? NO_PORT : usual;
    enum oa_verdict verdict = oa_recognise(data, length, from, to, before, recognition);
    struct oa_http_head head;

    if (verdict != OA_NOT_OURS || before == OA_BEFORE_FOREIGN || before == OA_BEFORE_TUNNEL)
        return verdict;
    verdict = oa_recognise(data, length, from, to, OA_BEFORE_UNKNOWN, recognition);
    if (verdict != OA_NOT_OURS || oa_http_head_parse(data, length, &head) != OA_HTTP_NOT_A_HEAD)
        return verdict;
    *recognition = (struct oa_recognition){ .hop = is_server ? OA_HOP_SERVER : OA_HOP_CLIENT,
                                            .sender = choice->sender,
                                            .is_raw = true };
    return OA_OURS;
}

enum oa_verdict
rpch_choice_recognise_mapi(const guint8 *data, guint length, struct oa_recognition *recognition)
{
    struct oa_http_head head;

    if (oa_http_head_parse(data, length, &head) != OA_HTTP_COMPLETE)
        return OA_NOT_OURS;
    *recognition = (struct oa_recognition){ .hop = OA_HOP_CLIENT,
                                            .sender = head.is_request ? OA_CLIENT : OA_SERVER,
                                            .is_answer = !head.is_request,
                                            .has_start = head.is_request,
                                            .is_mapi_http = true };
    return OA_OURS;
}
