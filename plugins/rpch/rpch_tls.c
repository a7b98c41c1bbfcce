/* rpch_tls.c
 * RPC over HTTP inside TLS that Wireshark can decrypt: the same as on plain TCP.
 * [MS-RPCH] 2.1.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_tls.h"

#include <epan/dissectors/packet-tls.h>

#include "rpch_entry.h"
#include "rpch_proto.h"
#include "rpch_stock.h"

/*
 * TLS asks for an application dissector in this order: the session's handle, which ALPN or a
 * heuristic dissector has set; the heuristic dissectors; the port. Stock HTTP has a place in the
 * tables of ALPN and of ports, and recognizes requests heuristically without setting the handle. A
 * heuristic dissector that had success is asked first from then on. So these hooks see the first
 * request of RPC over HTTP of every session, even if it follows ordinary requests.
 */

static struct rpch_transport in_tls = { .is_tls = true };
static dissector_handle_t ours_or_https;
static heur_dissector_t http_heur; /* the stock one */

/* Stands where stock HTTP stood in the tables of TLS. */
static int
dissect_ours_or_https(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return rpch_dissect_or(&in_tls, in_tls.http, tvb, pinfo, tree, data);
}

/*
 * Serves the sessions without ALPN. On a later visit the session's handle stands for all of its
 * frames, also for those before the takeover: it is the one that tells them apart.
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

/* Stands in the place of stock HTTP, which would take our requests as well, and would not let
 * others see its streams. */
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
        return rpch_dissect_mapi_http(&in_tls, tvb, pinfo, tree, data);
    case RPCH_BEGINS_NOTHING:
        break;
    }
    return http_heur(tvb, pinfo, tree, data);
}

void
rpch_tls_open(void)
{
    rpch_replace_in_table("tls.alpn", in_tls.http, ours_or_https, NULL);
    rpch_replace_in_table("tls.port", in_tls.http, ours_or_https, NULL);
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
}
