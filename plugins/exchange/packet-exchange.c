/* packet-exchange.c
 * The RPC interfaces of Exchange in Wireshark, replacing the stock dissectors of the same UUIDs:
 * over HTTP, over TCP and in named pipes. [MS-OXCRPC], [MS-OXNSPI], [MS-OXABREF]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet-exchange.h"

#include "ws_compat.h"

#include <epan/dissectors/packet-dcerpc.h>
#include <epan/proto_data.h>

#include <string.h>

#include "exchange_fields.h"
#include "exchange_filters.h"
#include "exchange_stats.h"
#include "exchange_tree.h"
#include "items.h"
#include "kept_facts.h"
#include "mapi_stream.h"
#include "packet-oxcmapihttp.h"
#include "rpch_state.h"
#include "track/call_result.h"
#include "track/tracker.h"

/* One protocol for each interface, as stock DCE/RPC requires. */
static struct protocol {
    enum oa_interface_id interface;
    const char *name;
    const char *short_name;
    const char *filter;
    int proto;
    int hf_opnum;
    int hf_reserved; /* for interfaces that have such operations */
    gint ett;
} protocols[] = {
    { OA_IF_EMSMDB, "Exchange Server Store RPC (EMSMDB)", "OXCRPC", "oxcrpc", -1, -1, -1, -1 },
    { OA_IF_ASYNC_EMSMDB, "Exchange Server Store RPC, asynchronous (AsyncEMSMDB)", "OXCRPC-ASYNC",
      "oxcrpc_async", -1, -1, -1, -1 },
    { OA_IF_NSPI, "Exchange Server Name Service Provider (NSPI)", "OXNSPI", "oxnspi", -1, -1, -1,
      -1 },
    { OA_IF_RFR, "Exchange Address Book Name Service Provider Referral (RFR)", "OXABREF", "oxabref",
      -1, -1, -1, -1 },
};

static int hf_session = -1;
static int hf_session_user = -1;
static int hf_transfer_syntax = -1;
static int hf_client_version = -1;
static int hf_client_product = -1;
static int hf_server_version = -1;
static int hf_server_product = -1;

static dissector_handle_t rpch_state_handle; /* NULL: no rpch.so */
static struct oa_tracker *own_tracker;       /* for the sessions of calls, without rpch.so */

/* What is remembered of a call from the first visit; stock DCE/RPC stores it with the call. */
struct exchange_call {
    const guint8 *request, *response; /* kept_facts.h */
    const struct oa_mailbox_session *session;
    struct oa_rop_call *rops; /* NULL: none */
    bool request_noted, response_noted;
    bool is_ndr64;
    uint32_t code_pages[2]; /* for 8-bit text in request and response, known before these */
};

static struct exchange_call *
call_of(dcerpc_info *di)
{
    if (!di->call_data->se_data)
        di->call_data->se_data = wmem_new0(wmem_file_scope(), struct exchange_call);
    return (struct exchange_call *)di->call_data->se_data;
}

/* What rpch.so knows about the PDU; without it, only our own tracker. */
static struct rpch_state
state_of(tvbuff_t *tvb, packet_info *pinfo)
{
    struct rpch_state state = { .tracker = own_tracker };

    if (rpch_state_handle)
        call_dissector_only(rpch_state_handle, tvb, pinfo, NULL, &state);
    return state;
}

/* First visit only: stores the facts. The tracker reads the stubs of its calls itself, unless they
 * are sealed. */
static void
note_call(const packet_info *pinfo, const struct rpch_state *state, struct exchange_call *call,
          const struct oa_call_facts *facts)
{
    bool *noted = facts->is_response ? &call->response_noted : &call->request_noted;
    const guint8 **kept = facts->is_response ? &call->response : &call->request;

    if (*noted)
        return;
    *noted = true;
    *kept = keep_facts(facts);
    if (!facts->is_response)
        call->code_pages[true] = facts->code_page;
    const struct oa_mailbox_session *session = oa_tracker_take_facts(
        state->tracker, state->call, facts->is_response ? kept_facts(pinfo, call->request) : facts,
        facts->is_response ? facts : kept_facts(pinfo, call->response));
    if (session)
        call->session = session;
}

/* The code page known before this stub: for a response from its request, else from the connect or
 * bind of its context handle. Determined on the first visit. */
static uint32_t
code_page_before(const struct rpch_state *state, struct exchange_call *call,
                 const struct oa_stub *stub, bool is_first_visit)
{
    bool was_noted = stub->is_response ? call->response_noted : call->request_noted;
    uint32_t *kept = &call->code_pages[stub->is_response];

    if (is_first_visit && !was_noted && !(stub->is_response && call->request))
        *kept = oa_tracker_code_page(state->tracker, stub);
    return *kept;
}

/* What is kept of the ROPs of a call: with the tracker's own call, which may be in the capture on
 * both hops. */
static struct oa_rop_call *
kept_rops(struct oa_call *call)
{
    if (!call)
        return exchange_tree_keep_rops();
    if (!call->rops)
        call->rops = oa_rop_call_new();
    return call->rops;
}

static struct exchange_rops
rops_of(const struct rpch_state *state, struct exchange_call *call, const struct oa_stub *stub,
        const packet_info *pinfo, const dcerpc_info *di)
{
    struct exchange_rops rops = { .is_first_visit = !PINFO_FD_VISITED(pinfo),
                                  .frame = di->call_data->req_frame };

    if (rops.is_first_visit) {
        struct oa_mailbox_session *session = oa_tracker_mailbox(state->tracker, state->call, stub);
        if (session)
            rops.objects = oa_mailbox_objects(session);
        if (!call->rops)
            call->rops = kept_rops(state->call);
    }
    rops.call = call->rops;
    return rops;
}

/* A version and its product, as generated items after the words they were read from. */
static void
show_version(proto_tree *tree, tvbuff_t *tvb, const struct oa_call_facts *facts)
{
    struct oa_version version = oa_version_from_words(facts->version_words);
    const char *product = facts->is_response ? oa_version_server_product(&version)
                                             : oa_version_client_product(&version);
    char text[OA_VERSION_TEXT];

    oa_version_text(&version, text);
    generated(proto_tree_add_string(
        tree, facts->is_response ? hf_server_version : hf_client_version, tvb, 0, 0, text));
    if (product)
        generated(proto_tree_add_string(
            tree, facts->is_response ? hf_server_product : hf_client_product, tvb, 0, 0, product));
}

static void
show_session(proto_tree *tree, tvbuff_t *tvb, const struct oa_mailbox_session *session)
{
    generated(proto_tree_add_uint64(tree, hf_session, tvb, 0, 0, session->number));
    add_generated_text(tree, hf_session_user, tvb, session->user_dn);
}

/* The document only reserves the number of the operation. */
static void
show_reserved(column_info *cinfo, proto_tree *tree, tvbuff_t *tvb, const struct oa_stub *stub)
{
    if (!oa_rpc_operation_has(stub->interface, stub->opnum, OA_OP_RESERVED))
        return;
    col_append_str(cinfo, COL_INFO, ", reserved operation");
    for (size_t i = 0; i < array_length(protocols); i++)
        if (protocols[i].interface == stub->interface->id)
            generated(proto_tree_add_boolean(tree, protocols[i].hf_reserved, tvb, 0, 0, TRUE));
}

/* The text of the Info column after the name of the operation. */
static void
show_info(column_info *cinfo, const struct oa_call_facts *facts, const char *info)
{
    bool has_failed = facts->has_status && facts->status;
    const char *name = has_failed ? oa_field_name(OA_NAMES_STATUS, facts->status) : NULL;

    if (info[0])
        col_append_sep_str(cinfo, COL_INFO, ": ", info);
    if (name)
        col_append_fstr(cinfo, COL_INFO, ", %s", name);
    else if (has_failed)
        col_append_fstr(cinfo, COL_INFO, ", error 0x%08x", facts->status);
    if (facts->user_dn[0])
        col_append_fstr(cinfo, COL_INFO, ", %s", facts->user_dn);
    if (facts->is_response && facts->server[0])
        col_append_fstr(cinfo, COL_INFO, ", %s", facts->server);
}

static void
queue_tap(packet_info *pinfo, const dcerpc_info *di, const struct rpch_state *state,
          const struct exchange_call *call, const struct oa_call_facts *facts)
{
    struct exchange_tap *record = exchange_new_record(pinfo);

    if (!record)
        return;
    record->is_response = facts->is_response;
    record->is_repeat = state->is_repeat;
    record->iface = facts->interface;
    record->opnum = facts->opnum;
    record->request = kept_facts(pinfo, call->request);
    record->response = facts->is_response ? kept_facts(pinfo, call->response) : NULL;
    record->session = call->session;
    record->vc = state->vc;
    record->transport = record->vc ? record->vc->transport : OA_TRANSPORT_RPC_TCP;
    record->request_frame = di->call_data->req_frame;
    bool is_timed = facts->is_response && state->call &&
                    oa_call_latency(state->call, state->hop, &record->latency_ns);
    if (!is_timed && facts->is_response && record->request_frame) {
        nstime_t latency;
        nstime_delta(&latency, &pinfo->abs_ts, &di->call_data->req_time);
        record->latency_ns = decode_ns(&latency);
    }
    exchange_queue_tap(pinfo, record);
}

/* The interface of a call, by the UUID that stock DCE/RPC has found for its context. */
static const struct oa_rpc_interface *
interface_of(const dcerpc_info *di)
{
    const e_guid_t *guid = &di->call_data->uuid;
    uint8_t wire[16];

    for (int i = 0; i < 4; i++)
        wire[i] = (uint8_t)(guid->data1 >> (8 * i));
    for (int i = 0; i < 2; i++) {
        wire[4 + i] = (uint8_t)(guid->data2 >> (8 * i));
        wire[6 + i] = (uint8_t)(guid->data3 >> (8 * i));
    }
    memcpy(wire + 8, guid->data4, 8);
    return oa_rpc_interface_find(wire);
}

/*
 * Stock DCE/RPC uses the last transfer syntax that the bind of a context proposes. The virtual
 * connection has the one that the server accepted for the interface; if it accepted several, stock
 * DCE/RPC is right, because each was proposed in a context of its own, [MS-RPCE] 3.3.1.5.6.
 */
static bool
is_ndr64(const struct oa_virtual_connection *vc, const dcerpc_info *di,
         const struct oa_rpc_interface *iface)
{
    bool proposed = (di->call_data->flags & DCERPC_IS_NDR64) != 0;
    bool contradicted = false;

    for (unsigned i = 0; vc && iface && i < vc->n_bindings; i++) {
        const struct oa_rpc_binding *binding = &vc->bindings[i];
        if (binding->state != OA_BINDING_ACCEPTED ||
            !oa_rpc_interface_is(binding->iface, iface->id))
            continue;
        if (oa_rpc_is_ndr64(&binding->transfer_syntax) == proposed)
            return proposed;
        contradicted = true;
    }
    return proposed != contradicted;
}

/* Stock DCE/RPC shows these in its own layer too. */
static void
hide_links(proto_tree *tree)
{
    static const char *const LINKS[] = { "dcerpc.request_in", "dcerpc.response_in" };

    if (!tree || !PTREE_DATA(tree)->visible)
        return;
    for (size_t i = 0; i < array_length(LINKS); i++) {
        proto_item *link = item_in(tree, proto_registrar_get_id_byname(LINKS[i]));
        if (link)
            proto_item_set_hidden(link);
    }
}

/* The stub of any operation that has a layout. */
static int
dissect_stub(tvbuff_t *tvb, int offset, packet_info *pinfo, proto_tree *tree, dcerpc_info *di,
             guint8 *drep)
{
    int length = tvb_captured_length_remaining(tvb, offset);
    bool is_all = offset == 0 && (guint)length == tvb_reported_length(tvb);
    tvbuff_t *stub_tvb = is_all ? tvb : tvb_new_subset_length(tvb, offset, length);
    const struct oa_rpc_interface *iface = interface_of(di);
    struct oa_stub stub = {
        .interface = iface,
        .opnum = di->call_data->opnum,
        .is_response = di->ptype == PDU_RESP,
        .big_endian = (drep[0] & DREP_LITTLE_ENDIAN) == 0,
        .data = length > 0 ? tvb_get_ptr(stub_tvb, 0, length) : (const guint8 *)"",
        .length = (size_t)length,
    };
    struct rpch_state state = state_of(tvb, pinfo);
    struct exchange_call *call = call_of(di);
    struct oa_call_facts facts;

    /* Later binds may change it. */
    if (!call->request_noted && !call->response_noted)
        call->is_ndr64 = is_ndr64(state.vc, di, iface);
    stub.is_ndr64 = call->is_ndr64;
    stub.code_page = code_page_before(&state, call, &stub, !PINFO_FD_VISITED(pinfo));
    hide_links(tree);
    show_reserved(pinfo->cinfo, tree, stub_tvb, &stub);
    if (stub.is_ndr64)
        generated(proto_tree_add_string(tree, hf_transfer_syntax, stub_tvb, 0, 0, "NDR64"));
    bool has_rops = oa_rpc_operation_has(iface, stub.opnum, OA_OP_ROPS);
    struct exchange_rops rops = { .call = NULL };
    if (has_rops)
        rops = rops_of(&state, call, &stub, pinfo, di);
    const char *info =
        exchange_tree_show(stub_tvb, pinfo, tree, &stub, has_rops ? &rops : NULL, &facts);
    if (!info)
        return offset;
    col_set_str(pinfo->cinfo, COL_PROTOCOL, iface->name);
    if (!PINFO_FD_VISITED(pinfo))
        note_call(pinfo, &state, call, &facts);
    if (facts.has_version)
        show_version(tree, stub_tvb, &facts);
    if (call->session)
        show_session(tree, stub_tvb, call->session);
    show_info(pinfo->cinfo, &facts, info);
    queue_tap(pinfo, di, &state, call, &facts);
    return offset + length;
}

static void
start_file(void)
{
    own_tracker = oa_tracker_new(NULL, NULL, true);
}

static void
end_file(void)
{
    oa_tracker_free(own_tracker);
    own_tracker = NULL;
}

static bool
has_reserved(const struct oa_rpc_interface *iface)
{
    for (unsigned opnum = 0; opnum < oa_rpc_interface_operations(iface); opnum++)
        if (oa_rpc_operation_has(iface, (uint16_t)opnum, OA_OP_RESERVED))
            return true;
    return false;
}

static void
register_protocols(void)
{
    static hf_register_info hf[array_length(protocols)];
    static hf_register_info reserved[array_length(protocols)];
    static gint *ett[array_length(protocols)];

    for (size_t i = 0; i < array_length(protocols); i++) {
        struct protocol *protocol = &protocols[i];
        hf_register_info opnum = { &protocol->hf_opnum,
                                   { "Operation", g_strconcat(protocol->filter, ".opnum", NULL),
                                     FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL } };
        protocol->proto =
            proto_register_protocol(protocol->name, protocol->short_name, protocol->filter);
        hf[i] = opnum;
        ett[i] = &protocol->ett;
        proto_register_field_array(protocol->proto, &hf[i], 1);
        if (!has_reserved(oa_rpc_interface(protocol->interface)))
            continue;
        hf_register_info row = {
            &protocol->hf_reserved,
            { "Reserved Operation", g_strconcat(protocol->filter, ".opnum.reserved", NULL),
              FT_BOOLEAN, BASE_NONE, NULL, 0,
              "The document only reserves the number; older clients may use it", HFILL }
        };
        reserved[i] = row;
        proto_register_field_array(protocol->proto, &reserved[i], 1);
    }
    proto_register_subtree_array(ett, array_length(ett));
}

void
proto_register_exchange(void)
{
    static hf_register_info hf[] = {
        { &hf_session,
          { "Session", "oxcrpc.session", FT_UINT64, BASE_DEC, NULL, 0,
            "Number of the mailbox session, in order of appearance", HFILL } },
        { &hf_session_user,
          { "Session's User", "oxcrpc.session.user_dn", FT_STRING, BASE_NONE, NULL, 0,
            "szUserDN of the connect that opened the session", HFILL } },
        { &hf_transfer_syntax,
          { "Transfer Syntax", "oxcrpc.transfer_syntax", FT_STRING, BASE_NONE, NULL, 0,
            "Transfer syntax of the parameters, if it is not NDR", HFILL } },
        { &hf_client_version,
          { "Client Version", "oxcrpc.client_version", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_client_product,
          { "Client Product", "oxcrpc.client_product", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_server_version,
          { "Server Version", "oxcrpc.server_version", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
        { &hf_server_product,
          { "Server Product", "oxcrpc.server_product", FT_STRING, BASE_NONE, NULL, 0, NULL,
            HFILL } },
    };

    register_protocols();
    oxcmapihttp_register();
    mapi_stream_register();
    proto_register_field_array(protocols[0].proto, hf, array_length(hf));
    exchange_fields_register();
    exchange_tree_register();
    exchange_stats_register();
    exchange_filters_register();
    register_init_routine(start_file);
    register_cleanup_routine(end_file);
}

static e_guid_t
guid_of(const uint8_t wire[16])
{
    struct oa_cursor cursor = oa_cursor_over(wire, 16);
    e_guid_t guid;

    guid.data1 = oa_cursor_u32(&cursor);
    guid.data2 = oa_cursor_u16(&cursor);
    guid.data3 = oa_cursor_u16(&cursor);
    memcpy(guid.data4, oa_cursor_bytes(&cursor, sizeof guid.data4), sizeof guid.data4);
    return guid;
}

/* The operations as stock DCE/RPC requires them: named rows, terminated by one without a name. */
static dcerpc_sub_dissector *
operations_of(const struct oa_rpc_interface *iface)
{
    unsigned n_operations = oa_rpc_interface_operations(iface);
    dcerpc_sub_dissector *rows = g_new0(dcerpc_sub_dissector, n_operations + 1);

    for (unsigned i = 0; i < n_operations; i++) {
        struct oa_stub stub = { .interface = iface, .opnum = (uint16_t)i };
        rows[i].num = (guint16)i;
        rows[i].name = oa_rpc_operation_name(iface, stub.opnum);
        if (oa_stub_layout(&stub)) {
            rows[i].dissect_rqst = dissect_stub;
            rows[i].dissect_resp = dissect_stub;
        }
    }
    return rows;
}

/* A later registration of a UUID replaces the stock one, with its name. */
void
proto_reg_handoff_exchange(void)
{
    oxcmapihttp_handoff();
    rpch_state_handle = find_dissector(RPCH_STATE_DISSECTOR);
    for (size_t i = 0; i < array_length(protocols); i++) {
        const struct protocol *protocol = &protocols[i];
        const struct oa_rpc_interface *iface = oa_rpc_interface(protocol->interface);
        e_guid_t uuid = guid_of(iface->syntax.uuid);

        dcerpc_init_uuid(protocol->proto, protocol->ett, &uuid, iface->syntax.major,
                         operations_of(iface), protocol->hf_opnum);
        WS_COMPAT_NAME_UUID(&uuid,
                            proto_get_protocol_short_name(find_protocol_by_id(protocol->proto)));
    }
}
