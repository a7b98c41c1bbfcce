/* rpch_auth.c
 * Authentication in the tree: tokens of HTTP heads and RPC verifiers, and how the exchange ended.
 * [MS-NLMP] 2.2, [MS-SPNG] 2.2, [RFC 4120] 5, [MS-NTHT] 3
 *
 * Shows no secrets: neither passwords nor responses from which one could be computed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_auth.h"

#include "items.h"
#include "rpch_proto.h"
#include "rpch_tracker.h"
#include "track/tracker.h"

static int hf_exchange = -1;
static int hf_leg = -1;
static int hf_result = -1;
static int hf_auth = -1;
static int hf_anonymous = -1;
static int hf_begins_in = -1;
static int hf_ends_in = -1;
static int hf_time = -1;
static int hf_persistent = -1;
static int hf_scheme = -1;
static int hf_mechanism = -1;
static int hf_user = -1;
static int hf_domain = -1;
static int hf_workstation = -1;
static int hf_password_sent = -1;
static int hf_server = -1;
static int hf_spn = -1;
static int hf_realm = -1;
static int hf_rpc_type = -1;
static int hf_rpc_level = -1;
static int hf_ntlm_type = -1;
static int hf_ntlm_flags = -1;
static int hf_ntlm_version = -1;
static int hf_ntlm_proof = -1;
static int hf_ntlm_mic = -1;
static int hf_ntlm_channel_bindings = -1;
static int hf_ntlm_target_name = -1;
static int hf_ntlm_av_pair = -1;
static int hf_ntlm_av_flags = -1;
static int hf_ntlm_netbios_computer = -1;
static int hf_ntlm_netbios_domain = -1;
static int hf_ntlm_dns_computer = -1;
static int hf_ntlm_dns_domain = -1;
static int hf_ntlm_dns_forest = -1;
static int hf_ntlm_timestamp = -1;
static int hf_spnego_mech = -1;
static int hf_spnego_chosen = -1;
static int hf_spnego_state = -1;
static int hf_spnego_mic = -1;
static int hf_kerberos_message = -1;
static int hf_kerberos_error = -1;

static gint ett_auth = -1;
static gint ett_ntlm_flags = -1;
static gint ett_ntlm_target_info = -1;

static expert_field ei_anonymous = EI_INIT;
static expert_field ei_anonymous_request = EI_INIT;
static expert_field ei_refused = EI_INIT;
static expert_field ei_malformed = EI_INIT;

/* One row for each bit of the NTLM flags, with the field that shows it. */
static const struct flag_row {
    guint32 mask;
    const char *filter;
    const char *name;
} flag_rows[] = {
#define OA_NTLM_FLAG(mask, suffix, name) { mask, "rpch.auth.ntlm.flags." suffix, name },
#include "auth/ntlm_flags.def"
#undef OA_NTLM_FLAG
};

static int hf_ntlm_flag[array_length(flag_rows)];
static int *ntlm_flag_fields[array_length(flag_rows) + 1];

/* Where a token is shown: its tree, and the bytes it was read from. */
struct spot {
    packet_info *pinfo;
    tvbuff_t *tvb;
    int offset, length;
    proto_tree *tree;
};

static void
add_text(const struct spot *spot, proto_tree *tree, int hf, const char *text)
{
    if (text && text[0])
        generated(proto_tree_add_string(tree, hf, spot->tvb, spot->offset, spot->length, text));
}

static void
add_bool(const struct spot *spot, int hf, bool value)
{
    generated(proto_tree_add_boolean(spot->tree, hf, spot->tvb, spot->offset, spot->length, value));
}

static void
add_uint(const struct spot *spot, int hf, guint32 value)
{
    generated(proto_tree_add_uint(spot->tree, hf, spot->tvb, spot->offset, spot->length, value));
}

static void
show_timestamp(const struct spot *spot, proto_tree *tree, uint64_t filetime)
{
    nstime_t time;

    if (filetime && filetime_to_nstime(&time, filetime))
        generated(proto_tree_add_time(tree, hf_ntlm_timestamp, spot->tvb, spot->offset,
                                      spot->length, &time));
}

/* The AV pairs of a challenge, or of the NTLMv2 response that repeats them. */
static void
show_target_info(const struct spot *spot, const struct oa_auth *auth)
{
    if (!auth->av_ids)
        return;
    proto_tree *tree = proto_tree_add_subtree(spot->tree, spot->tvb, spot->offset, spot->length,
                                              ett_ntlm_target_info, NULL, "Target information");
    for (unsigned id = 1; id < OA_NTLM_AV_IDS; id++)
        if (auth->av_ids & (1u << id))
            add_text(spot, tree, hf_ntlm_av_pair, oa_ntlm_av_name(id));
    add_text(spot, tree, hf_ntlm_netbios_computer, auth->netbios_computer);
    add_text(spot, tree, hf_ntlm_netbios_domain, auth->netbios_domain);
    add_text(spot, tree, hf_ntlm_dns_computer, auth->dns_computer);
    add_text(spot, tree, hf_ntlm_dns_domain, auth->dns_domain);
    add_text(spot, tree, hf_ntlm_dns_forest, auth->dns_forest);
    if (auth->av_ids & (1u << OA_NTLM_AV_FLAGS))
        generated(proto_tree_add_uint(tree, hf_ntlm_av_flags, spot->tvb, spot->offset, spot->length,
                                      auth->av_flags));
    show_timestamp(spot, tree, auth->av_timestamp);
}

static void
show_ntlm_version(const struct spot *spot, const struct oa_auth *auth)
{
    const char *product = oa_ntlm_product_name(auth->version_major, auth->version_minor);
    char text[24];

    if (!auth->has_version)
        return;
    g_snprintf(text, sizeof text, "%u.%u.%u", auth->version_major, auth->version_minor,
               auth->version_build);
    proto_item *item = generated(proto_tree_add_string(spot->tree, hf_ntlm_version, spot->tvb,
                                                       spot->offset, spot->length, text));
    if (product[0])
        proto_item_append_text(item, " (%s)", product);
}

static void
show_ntlm(const struct spot *spot, const struct oa_auth *auth)
{
    add_uint(spot, hf_ntlm_type, auth->ntlm_type);
    generated(proto_tree_add_bitmask_value(spot->tree, spot->tvb, spot->offset, hf_ntlm_flags,
                                           ett_ntlm_flags, ntlm_flag_fields, auth->ntlm_flags));
    show_ntlm_version(spot, auth);
    if (auth->ntlm_type == 2)
        add_text(spot, spot->tree, hf_ntlm_target_name, auth->target_name);
    if (auth->ntlm_type == 3) {
        add_text(spot, spot->tree, hf_ntlm_proof, oa_ntlm_proof_name(auth->ntlm_proof));
        add_bool(spot, hf_ntlm_mic, auth->has_mic);
        add_bool(spot, hf_ntlm_channel_bindings, auth->has_channel_bindings);
        add_text(spot, spot->tree, hf_spn, auth->target_name);
    }
    show_target_info(spot, auth);
}

static void
show_spnego(const struct spot *spot, const struct oa_auth *auth)
{
    for (unsigned i = 0; i < auth->n_mechs; i++)
        add_text(spot, spot->tree, hf_spnego_mech, oa_spnego_mech_name(auth->mechs[i]));
    add_text(spot, spot->tree, hf_spnego_chosen, oa_spnego_mech_name(auth->chosen));
    if (auth->has_state)
        add_text(spot, spot->tree, hf_spnego_state, oa_spnego_state_name(auth->state));
    add_bool(spot, hf_spnego_mic, auth->has_mech_list_mic);
}

static void
show_kerberos(const struct spot *spot, const struct oa_auth *auth)
{
    const char *name = oa_kerberos_error_name(auth->kerberos_error);

    add_text(spot, spot->tree, hf_kerberos_message,
             oa_kerberos_message_name(auth->kerberos_message));
    add_text(spot, spot->tree, hf_spn, auth->target_name);
    add_text(spot, spot->tree, hf_realm, auth->realm);
    if (auth->kerberos_message != OA_KERBEROS_ERROR)
        return;
    proto_item *item =
        generated(proto_tree_add_uint(spot->tree, hf_kerberos_error, spot->tvb, spot->offset,
                                      spot->length, auth->kerberos_error));
    if (name)
        proto_item_append_text(item, " (%s)", name);
}

/* The token in a few words, such as "NTLM type 3, CONTOSO\user from WS1". */
static char *
summary_of(wmem_allocator_t *pool, const struct oa_auth *auth, bool is_offer)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pool, oa_auth_scheme_name(auth->scheme));
    const char *mechanism = oa_auth_mechanism_name(auth->mechanism);

    if (is_offer && !auth->has_token)
        wmem_strbuf_append(text, " offered");
    if (mechanism[0] && strcmp(mechanism, oa_auth_scheme_name(auth->scheme)) != 0)
        wmem_strbuf_append_printf(text, " with %s", mechanism);
    if (auth->ntlm_type)
        wmem_strbuf_append_printf(text, " type %u", auth->ntlm_type);
    if (auth->kerberos_message)
        wmem_strbuf_append_printf(text, " %s", oa_kerberos_message_name(auth->kerberos_message));
    if (auth->has_state)
        wmem_strbuf_append_printf(text, ", %s", oa_spnego_state_name(auth->state));
    if (auth->user[0] || auth->domain[0])
        wmem_strbuf_append_printf(text, ", %s%s%s", auth->domain, auth->domain[0] ? "\\" : "",
                                  auth->user);
    if (auth->is_anonymous)
        wmem_strbuf_append(text, ", anonymous");
    if (auth->workstation[0])
        wmem_strbuf_append_printf(text, " from %s", auth->workstation);
    if (auth->target_name[0])
        wmem_strbuf_append_printf(text, auth->ntlm_type == 2 ? ", challenge from %s" : ", for %s",
                                  auth->target_name);
    return wmem_strbuf_finalize(text);
}

static void
show_identity(const struct spot *spot, const struct oa_auth *auth)
{
    add_text(spot, spot->tree, hf_user, auth->user);
    add_text(spot, spot->tree, hf_domain, auth->domain);
    add_text(spot, spot->tree, hf_workstation, auth->workstation);
}

static void
show_token(const struct spot *spot, const struct oa_auth *auth)
{
    add_text(spot, spot->tree, hf_scheme, oa_auth_scheme_name(auth->scheme));
    add_text(spot, spot->tree, hf_mechanism, oa_auth_mechanism_name(auth->mechanism));
    show_identity(spot, auth);
    if (auth->mechanism == OA_AUTH_BASIC)
        add_bool(spot, hf_password_sent, auth->has_password);
    add_text(spot, spot->tree, hf_server,
             auth->dns_computer[0] ? auth->dns_computer : auth->netbios_computer);
    if (auth->is_spnego)
        show_spnego(spot, auth);
    if (auth->ntlm_type)
        show_ntlm(spot, auth);
    if (auth->kerberos_message)
        show_kerberos(spot, auth);
    if (auth->is_anonymous)
        expert_add_info(spot->pinfo, spot->tree, &ei_anonymous);
    if (auth->malformed)
        expert_add_info(spot->pinfo, spot->tree, &ei_malformed);
}

/*
 * The result of the exchange as of this unit. A response has the result that it decided; the last
 * request has it on later visits.
 */
static enum oa_auth_result
result_at(const struct rpch_place *place, const struct rpch_unit *unit)
{
    if (place->side == OA_SERVER)
        return unit->auth_result;
    if (unit->auth_leg != unit->exchange->legs || !PINFO_FD_VISITED(place->pinfo))
        return OA_AUTH_PENDING;
    return unit->exchange->result;
}

static void
show_result(const struct rpch_place *place, const struct rpch_unit *unit, const struct spot *spot)
{
    const struct oa_auth_exchange *exchange = unit->exchange;
    enum oa_auth_result result = result_at(place, unit);
    bool is_anonymous = !oa_auth_exchange_has_credentials(exchange);

    if (result == OA_AUTH_PENDING)
        return;
    proto_item *item = generated(proto_tree_add_string(
        spot->tree, hf_result, spot->tvb, spot->offset, 0, oa_auth_result_name(result)));
    if (is_anonymous)
        add_text(spot, spot->tree, hf_anonymous, oa_auth_anonymous_name(exchange->anonymous));
    proto_item_append_text(spot->tree, ": %s", oa_auth_result_name(result));
    if (place->side == OA_CLIENT) {
        if (exchange->answered && exchange->last.frame > place->pinfo->num)
            generated(proto_tree_add_uint(spot->tree, hf_ends_in, spot->tvb, spot->offset, 0,
                                          (guint32)exchange->last.frame));
        return;
    }
    add_generated_duration(spot->tree, hf_time, spot->tvb,
                           decode_stamp(place->pinfo).time_ns - exchange->first.time_ns);
    if (result == OA_AUTH_REFUSED)
        expert_add_info(place->pinfo, item, &ei_refused);
    else if (exchange->anonymous == OA_AUTH_ANONYMOUS_ACCEPTED && !exchange->may_have_certificate)
        expert_add_info(place->pinfo, item, &ei_anonymous_request);
}

static void
show_exchange(const struct rpch_place *place, const struct rpch_unit *unit, const struct spot *spot)
{
    const struct oa_auth_exchange *exchange = unit->exchange;

    add_uint(spot, hf_exchange, (guint32)exchange->number);
    if (exchange->first.frame < place->pinfo->num)
        generated(proto_tree_add_uint(spot->tree, hf_begins_in, spot->tvb, spot->offset, 0,
                                      (guint32)exchange->first.frame));
    if (unit->auth_leg) {
        add_uint(spot, hf_leg, unit->auth_leg);
        show_result(place, unit, spot);
    }
}

/* A head without a token: the first request of an exchange, its last response, or a request that
 * relies on an earlier exchange of the connection. */
static void
show_bare_head(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
               tvbuff_t *tvb)
{
    const struct oa_auth *known = unit->exchange->client;
    struct spot spot = { place->pinfo, tvb, 0, 0, NULL };
    const char *what = "no credentials";

    if (!unit->auth_leg)
        what = "connection already authenticated";
    else if (place->side == OA_SERVER)
        what = "response";
    spot.tree = add_titled_tree(tree, hf_auth, tvb, 0, 0, ett_auth, "Authentication: %s", what);
    generated(proto_tree_get_parent(spot.tree));
    if (!unit->auth_leg) {
        if (known->user[0])
            proto_item_append_text(spot.tree, ", %s%s%s", known->domain,
                                   known->domain[0] ? "\\" : "", known->user);
        show_identity(&spot, known);
    }
    show_exchange(place, unit, &spot);
}

void
rpch_auth_show_head(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                    tvbuff_t *tvb, const struct oa_http_head *http)
{
    packet_info *pinfo = place->pinfo;
    const char *base = (const char *)tvb_get_ptr(tvb, 0, (gint)unit->length);
    const struct oa_auth_reader reader = { .pages = oa_tracker_code_pages(rpch_tracker()) };
    bool is_shown = false;

    for (size_t i = 0; i < http->n_credentials; i++) {
        const struct oa_text *token = http->credentials[i].token.length
                                          ? &http->credentials[i].token
                                          : &http->credentials[i].scheme;
        struct oa_auth *auth = wmem_new(pinfo->pool, struct oa_auth);
        struct spot spot = { pinfo, tvb, (int)(token->at - base), (int)token->length, NULL };

        oa_auth_from_http(&http->credentials[i], &reader, auth);
        spot.tree =
            add_titled_tree(tree, hf_auth, tvb, spot.offset, spot.length, ett_auth,
                            "Authentication: %s", summary_of(pinfo->pool, auth, !http->is_request));
        show_token(&spot, auth);
        /* The exchange is shown with the offer in use, if there are several. */
        bool in_use =
            unit->exchange && (http->n_credentials == 1 || auth->scheme == unit->exchange->scheme);
        if (in_use && !is_shown) {
            show_exchange(place, unit, &spot);
            is_shown = true;
        }
    }
    if (unit->exchange && !is_shown)
        show_bare_head(place, unit, tree, tvb);
    if (http->persistent_auth) {
        struct spot spot = { pinfo, tvb, 0, 0, tree };
        add_bool(&spot, hf_persistent, true);
    }
}

void
rpch_auth_show_rpc(const struct rpch_place *place, const struct rpch_unit *unit, proto_tree *tree,
                   tvbuff_t *tvb, const struct oa_rpc_pdu *rpc)
{
    const struct oa_rpc_verifier *verifier = &rpc->verifier;
    packet_info *pinfo = place->pinfo;
    struct spot spot = { pinfo, tvb, rpc->header.frag_length - rpc->header.auth_length,
                         rpc->header.auth_length, NULL };
    const struct oa_auth_reader reader = { .pages = oa_tracker_code_pages(rpch_tracker()) };

    if (!verifier->present || rpc->header.ptype < OA_RPC_BIND)
        return;
    struct oa_auth *auth = wmem_new(pinfo->pool, struct oa_auth);
    bool understood = oa_auth_from_token(verifier->value, verifier->value_length, &reader, auth);
    spot.tree = add_titled_tree(
        tree, hf_auth, tvb, spot.offset, spot.length, ett_auth, "Authentication: %s",
        understood ? summary_of(pinfo->pool, auth, false) : oa_rpc_auth_type_name(verifier->type));
    add_text(&spot, spot.tree, hf_rpc_type, oa_rpc_auth_type_name(verifier->type));
    add_text(&spot, spot.tree, hf_rpc_level, oa_rpc_auth_level_name(verifier->level));
    if (understood)
        show_token(&spot, auth);
    if (unit->exchange)
        show_exchange(place, unit, &spot);
}

#define TEXT(label, filter, blurb)                                                                 \
    {                                                                                              \
        label, filter, FT_STRING, BASE_NONE, NULL, 0, blurb, HFILL                                 \
    }
#define FLAG(label, filter, blurb)                                                                 \
    {                                                                                              \
        label, filter, FT_BOOLEAN, BASE_NONE, NULL, 0, blurb, HFILL                                \
    }
#define NUMBER(label, filter, base, blurb)                                                         \
    {                                                                                              \
        label, filter, FT_UINT32, base, NULL, 0, blurb, HFILL                                      \
    }
#define FRAME(label, filter)                                                                       \
    {                                                                                              \
        label, filter, FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL                                \
    }

static void
register_fields(void)
{
    static hf_register_info hf[] = {
        { &hf_auth, { "Authentication", "rpch.auth", FT_NONE, BASE_NONE, NULL, 0, NULL, HFILL } },
        { &hf_exchange, NUMBER("Exchange", "rpch.auth.exchange", BASE_DEC,
                               "Requests, or PDUs, that belong to one authentication") },
        { &hf_leg,
          NUMBER("Leg", "rpch.auth.leg", BASE_DEC,
                 "HTTP: request of the exchange and its response; RPC: token of the exchange") },
        { &hf_result, TEXT("Result", "rpch.auth.result", "How the exchange ended") },
        { &hf_anonymous, TEXT("Request without credentials", "rpch.auth.anonymous", NULL) },
        { &hf_begins_in, FRAME("Exchange begins in", "rpch.auth.begins_in") },
        { &hf_ends_in, FRAME("Exchange ends in", "rpch.auth.ends_in") },
        { &hf_time,
          { "Time from the first request", "rpch.auth.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            NULL, HFILL } },
        { &hf_persistent, FLAG("Persistent-Auth", "rpch.auth.persistent",
                               "Later requests of the connection need no credentials") },
        { &hf_scheme, TEXT("Scheme", "rpch.auth.scheme", NULL) },
        { &hf_mechanism, TEXT("Mechanism", "rpch.auth.mechanism", "Type of the token") },
        { &hf_user, TEXT("User", "rpch.auth.user", NULL) },
        { &hf_domain, TEXT("Domain", "rpch.auth.domain", NULL) },
        { &hf_workstation, TEXT("Workstation", "rpch.auth.workstation", NULL) },
        { &hf_password_sent, FLAG("Password sent", "rpch.auth.password_sent", NULL) },
        { &hf_server, TEXT("Authenticating server", "rpch.auth.server",
                           "Computer name in the target information") },
        { &hf_spn, TEXT("Service", "rpch.auth.spn", "Requested service principal name") },
        { &hf_realm, TEXT("Realm", "rpch.auth.realm", "Realm of the ticket") },
        { &hf_rpc_type, TEXT("RPC authentication type", "rpch.auth.rpc.type", NULL) },
        { &hf_rpc_level, TEXT("RPC authentication level", "rpch.auth.rpc.level", NULL) },
        { &hf_ntlm_type, NUMBER("NTLM message type", "rpch.auth.ntlm.type", BASE_DEC, NULL) },
        { &hf_ntlm_flags, NUMBER("NTLM flags", "rpch.auth.ntlm.flags", BASE_HEX, NULL) },
        { &hf_ntlm_version, TEXT("NTLM version", "rpch.auth.ntlm.version",
                                 "Version of the sender's operating system") },
        { &hf_ntlm_proof, TEXT("NTLM proof", "rpch.auth.ntlm.proof", "Kind of the response") },
        { &hf_ntlm_mic,
          FLAG("NTLM MIC", "rpch.auth.ntlm.mic", "The messages of the exchange are protected") },
        { &hf_ntlm_channel_bindings,
          FLAG("NTLM channel bindings", "rpch.auth.ntlm.channel_bindings",
               "The exchange is bound to the TLS connection") },
        { &hf_ntlm_target_name, TEXT("NTLM target name", "rpch.auth.ntlm.target_name", NULL) },
        { &hf_ntlm_av_pair, TEXT("Pair", "rpch.auth.ntlm.av_pair", NULL) },
        { &hf_ntlm_av_flags, NUMBER("Flags", "rpch.auth.ntlm.av_flags", BASE_HEX, NULL) },
        { &hf_ntlm_netbios_computer,
          TEXT("NetBIOS computer name", "rpch.auth.ntlm.netbios_computer", NULL) },
        { &hf_ntlm_netbios_domain,
          TEXT("NetBIOS domain name", "rpch.auth.ntlm.netbios_domain", NULL) },
        { &hf_ntlm_dns_computer, TEXT("DNS computer name", "rpch.auth.ntlm.dns_computer", NULL) },
        { &hf_ntlm_dns_domain, TEXT("DNS domain name", "rpch.auth.ntlm.dns_domain", NULL) },
        { &hf_ntlm_dns_forest, TEXT("DNS forest name", "rpch.auth.ntlm.dns_forest", NULL) },
        { &hf_ntlm_timestamp,
          { "Timestamp", "rpch.auth.ntlm.timestamp", FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0,
            "The server's clock", HFILL } },
        { &hf_spnego_mech,
          TEXT("SPNEGO mechanism", "rpch.auth.spnego.mech", "Offered, in order of preference") },
        { &hf_spnego_chosen, TEXT("SPNEGO chosen mechanism", "rpch.auth.spnego.chosen", NULL) },
        { &hf_spnego_state, TEXT("SPNEGO state", "rpch.auth.spnego.state", NULL) },
        { &hf_spnego_mic, FLAG("SPNEGO mechanism list MIC", "rpch.auth.spnego.mic", NULL) },
        { &hf_kerberos_message, TEXT("Kerberos message", "rpch.auth.kerberos.message", NULL) },
        { &hf_kerberos_error,
          NUMBER("Kerberos error", "rpch.auth.kerberos.error", BASE_DEC, NULL) },
    };
    static hf_register_info flags[array_length(flag_rows)];

    proto_register_field_array(proto_rpch, hf, array_length(hf));
    for (guint i = 0; i < array_length(flag_rows); i++) {
        const struct flag_row *row = &flag_rows[i];

        hf_ntlm_flag[i] = -1;
        ntlm_flag_fields[i] = &hf_ntlm_flag[i];
        flags[i] = (hf_register_info){ &hf_ntlm_flag[i],
                                       { row->name, row->filter, FT_BOOLEAN, 32, NULL, row->mask,
                                         NULL, HFILL } };
    }
    proto_register_field_array(proto_rpch, flags, array_length(flags));
}

void
rpch_auth_register(expert_module_t *expert)
{
    static gint *ett[] = { &ett_auth, &ett_ntlm_flags, &ett_ntlm_target_info };
    static ei_register_info ei[] = {
        { &ei_anonymous,
          { "rpch.auth.anonymous_logon", PI_SECURITY, PI_NOTE, "Anonymous authentication",
            EXPFILL } },
        { &ei_anonymous_request,
          { "rpch.auth.anonymous_request", PI_SECURITY, PI_NOTE,
            "A request without credentials is accepted", EXPFILL } },
        { &ei_refused,
          { "rpch.auth.refused", PI_SECURITY, PI_WARN, "Authentication is refused", EXPFILL } },
        { &ei_malformed,
          { "rpch.auth.malformed", PI_MALFORMED, PI_WARN,
            "The fields of the token exceed its bytes", EXPFILL } },
    };

    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert, ei, array_length(ei));
}
