/* rpch_prefs.c
 * The preferences of the plugin, and the colours of sessions, which take effect when a file is
 * opened.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rpch_prefs.h"

#include <epan/color_filters.h>
#include <epan/packet.h>
#include <wsutil/report_message.h>

#include "rpch_proto.h"

/* Wireshark's temporary colours, as of View > Colorize Conversation. */
#define COLOURS 10

#define PORT_MAX 65535

struct rpch_prefs rpch_prefs = { .tls_proxies = "",
                                 .fragments = 512,
                                 .info_names = RPCH_INFO_NAMES_SEVERAL };

void
rpch_prefs_register(void)
{
    static const enum_val_t INFO_NAMES[] = {
        { "never", "Never", RPCH_INFO_NAMES_NEVER },
        { "several", "If there are several", RPCH_INFO_NAMES_SEVERAL },
        { "always", "Always", RPCH_INFO_NAMES_ALWAYS },
        { NULL, NULL, 0 },
    };
    module_t *module = prefs_register_protocol(proto_rpch, NULL);

    prefs_register_string_preference(
        module, "tls_proxies", "RPC proxies inside TLS",
        "Addresses of RPC proxies, or names that clients request of them, separated by spaces: "
        "what their connections inside TLS show without keys is reported",
        &rpch_prefs.tls_proxies);
    prefs_register_range_preference(
        module, "server_ports", "TCP ports of back-end servers",
        "Ports to which proxies or clients send RPC without HTTP: all connections to them are "
        "taken, also those whose bytes do not show it, as in the middle of a PDU. Those of "
        "Exchange (6001, 6002, 6004, 593) need not be named",
        &rpch_prefs.server_ports, PORT_MAX);
    prefs_register_range_preference(
        module, "left_ports", "TCP ports to leave",
        "Connections to these ports are left to Wireshark's own dissectors, whatever they carry",
        &rpch_prefs.left_ports, PORT_MAX);
    prefs_register_uint_preference(
        module, "fragments", "Fragments to reassemble",
        "Of one RPC request or response. Those after that many are shown one by one, so that a "
        "response without an end does not take memory and time without bounds. 0: none are "
        "reassembled",
        10, &rpch_prefs.fragments);
    prefs_register_enum_preference(
        module, "info_names", "Virtual connection and user in the Info column",
        "Begins the Info column with the number of the virtual connection or session and with its "
        "user: never, if the capture has several, or always",
        &rpch_prefs.info_names, INFO_NAMES, FALSE);
    prefs_register_bool_preference(
        module, "count_each_hop", "Statistics count each hop",
        "A call that is captured on several hops is counted on each of them, and the tables of "
        "conversations and endpoints have rows for each. Otherwise the hop nearest to the client "
        "counts. Filters that leave only another hop find nothing then",
        &rpch_prefs.counts_each_hop);
    prefs_register_bool_preference(
        module, "colour_sessions", "Colour frames by virtual connection",
        "Gives Wireshark's ten temporary colours (View > Colorize Conversation) to the virtual "
        "connections and sessions of MAPI over HTTP in turn. They go before the colouring rules",
        &rpch_prefs.colours_sessions);
}

static void
report(ws_compat_bool done, char *message)
{
    if (!done)
        report_failure("%s", message);
    g_free(message);
}

void
rpch_prefs_open(void)
{
    static bool has_coloured;
    char *message = NULL;

    if (!color_filters_used())
        return;
    if (rpch_prefs.colours_sessions) {
        for (guint8 i = 1; i <= COLOURS; i++) {
            char *filter =
                ws_strdup_printf("rpch.vc %% %u == %u || oxcmapihttp.session %% %u == %u", COLOURS,
                                 i - 1u, COLOURS, i - 1u);
            message = NULL;
            report(color_filters_set_tmp(i, filter, FALSE, &message), message);
            g_free(filter);
        }
    } else if (has_coloured) {
        report(color_filters_reset_tmp(&message), message);
    }
    has_coloured = rpch_prefs.colours_sessions;
}
