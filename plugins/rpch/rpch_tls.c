/* rpch_tls.c
 * Hooks on TLS that Wireshark can decrypt: ALPN, ports and heuristics.
 * [MS-RPCH] 2.1.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_tls.h"

#include <epan/dissectors/packet-tls.h>

#include "rpch_choice.h"
#include "rpch_entry.h"
#include "rpch_proto.h"
#include "rpch_stock.h"

/*
 * TLS selects the application dissector in this order: the handle of the TLS session, set by ALPN
 * or by a heuristic dissector; the heuristic dissectors; the port. Stock HTTP is in the tables of
 * ALPN and of ports, and its heuristic dissector does not set the handle. A heuristic dissector
 * that has succeeded is moved to the front. With these hooks we see the first request of RPC over
 * HTTP in every TLS session, even after ordinary requests.
 */

static struct rpch_transport in_tls = { .is_tls = true };
static dissector_handle_t ours_or_https;
static heur_dissector_t http_heur; /* the stock one */

/* Replaces stock HTTP in the tables of TLS. */
static int
dissect_ours_or_https(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(&in_tls, in_tls.http, tvb, pinfo, tree, data);
}

/* Chosen by the user. */
static int
dissect_chosen(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_alone(&in_tls, tvb, pinfo, tree, data);
}

/*
 * For TLS sessions without ALPN. On a later visit the handle applies to all frames of the TLS
 * session, also to those before the connection was recognised; ours distinguishes them.
 */
static ws_compat_bool
dissect_rpch_tls_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (rpch_begins(tvb, pinfo, NULL) != RPCH_BEGINS_RPC)
        return false;
    if (data)
        *WS_COMPAT_TLS_APP_HANDLE(data) = ours_or_https;
    return rpch_claim(&in_tls, tvb, pinfo, tree, data);
}

/* Replaces the heuristic dissector of stock HTTP, which would claim our requests as well. */
static ws_compat_bool
dissect_https_heur(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    switch (rpch_begins(tvb, pinfo, NULL)) {
    case RPCH_BEGINS_RPC:
        return false;
    case RPCH_BEGINS_MAPI_HTTP:
        if (!data)
            break;
        *WS_COMPAT_TLS_APP_HANDLE(data) = ours_or_https;
        return rpch_dissect_alone(&in_tls, tvb, pinfo, tree, data) > 0;
    case RPCH_BEGINS_NOTHING:
        break;
    }
    return http_heur(tvb, pinfo, tree, data);
}

void
rpch_tls_open(void)
{
    rpch_replace_in_table("tls.alpn", in_tls.http, ours_or_https, NULL, false);
    rpch_replace_in_table("tls.port", in_tls.http, ours_or_https, NULL, false);
}

void
rpch_tls_register(void)
{
    /* The long name is what TLS shows as the application's protocol of a record: that of HTTP. */
    int http = proto_get_id_by_filter_name("http");
    int proto = proto_register_protocol_in_name_only(
        proto_get_protocol_long_name(find_protocol_by_id(http)), "HTTPS or RPCH", "https_or_rpch",
        http, FT_PROTOCOL);
    /* The dissector's name is what decrypted data are exported under. */
    ours_or_https =
        create_dissector_handle_with_name(dissect_ours_or_https, proto, "http-over-tls");
}

void
rpch_tls_handoff(void)
{
    in_tls.http = find_dissector("http-over-tls");
    heur_dissector_add("tls", dissect_rpch_tls_heur, "RPC over HTTP in TLS", "rpch_tls", proto_rpch,
                       HEURISTIC_ENABLE);
    http_heur = rpch_replace_heuristic("tls", "http_tls", dissect_https_heur);
    rpch_tls_open();
    rpch_choice_add(ours_or_https, RPCH_CHOSEN_NOTHING);
    rpch_entry_offer("tls.port", dissect_chosen);
}
