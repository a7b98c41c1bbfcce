/* plugin.c
 * The symbols Wireshark looks for in exchange.so; nothing else is exported.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ws_compat.h"

#include <epan/proto.h>

#ifdef WS_COMPAT_PLUGIN_DESCRIBE
#include <wsutil/plugins.h>
#endif

#include "packet-exchange.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = OA_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);

WS_DLL_PUBLIC_DEF void
plugin_register(void)
{
    static proto_plugin plugin;

    plugin.register_protoinfo = proto_register_exchange;
    plugin.register_handoff = proto_reg_handoff_exchange;
    proto_register_plugin(&plugin);
}

#ifdef WS_COMPAT_PLUGIN_DESCRIBE
WS_DLL_PUBLIC uint32_t plugin_describe(void);

WS_DLL_PUBLIC_DEF uint32_t
plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
