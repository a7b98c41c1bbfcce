/* ws_compat.h
 * What differs between the Wireshark versions the plugins are built on (4.0, 4.4, 4.6). No other
 * file looks at the version.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WS_COMPAT_H
#define WS_COMPAT_H

#include <wireshark.h>
#include <ws_version.h>

#define WS_COMPAT_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

/* Plugins describe what they add since 4.2. */
#if WS_COMPAT_VERSION >= 402
#define WS_COMPAT_PLUGIN_DESCRIBE 1
#endif

/* What callbacks return changed from gboolean to bool in 4.4. */
#if WS_COMPAT_VERSION >= 404
typedef bool ws_compat_bool;
#else
typedef gboolean ws_compat_bool;
#endif

/*
 * Heuristic dissectors on TLS are passed the place of the session's application handle; since
 * struct tlsinfo exists, inside it. That is found out when the build is configured.
 */
#ifdef WS_COMPAT_HAVE_TLSINFO
#define WS_COMPAT_TLS_APP_HANDLE(data) (((struct tlsinfo *)(data))->app_handle)
#else
#define WS_COMPAT_TLS_APP_HANDLE(data) ((dissector_handle_t *)(data))
#endif

/*
 * What HTTP tells dissectors of a body; the header fields are in its member `data`, as a map of
 * texts. WS_COMPAT_HTTP_HEADER names the file to include.
 */
#if WS_COMPAT_VERSION >= 402
#define WS_COMPAT_HTTP_HEADER <epan/media_params.h>
#define WS_COMPAT_HTTP_MESSAGE media_content_info_t
#define WS_COMPAT_HTTP_IS_RESPONSE(info) ((info)->type == MEDIA_CONTAINER_HTTP_RESPONSE)
#define WS_COMPAT_HTTP_IS_MESSAGE(info)                                                            \
    (WS_COMPAT_HTTP_IS_RESPONSE(info) || (info)->type == MEDIA_CONTAINER_HTTP_REQUEST)
#else
#define WS_COMPAT_HTTP_HEADER <epan/dissectors/packet-http.h>
#define WS_COMPAT_HTTP_MESSAGE http_message_info_t
#define WS_COMPAT_HTTP_IS_RESPONSE(info) ((info)->type == HTTP_RESPONSE)
#define WS_COMPAT_HTTP_IS_MESSAGE(info)                                                            \
    (WS_COMPAT_HTTP_IS_RESPONSE(info) || (info)->type == HTTP_REQUEST)
#endif

#endif
