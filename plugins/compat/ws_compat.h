/* ws_compat.h
 * What differs between the Wireshark versions that the plugins and oaexport are built on (4.0, 4.4,
 * 4.6). No other file looks at the version.
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

/* The allocator of an extended value_string is named since 4.6; before, it lived as long as epan.
 */
#if WS_COMPAT_VERSION >= 406
#define WS_COMPAT_VALUE_STRING_EXT_NEW(rows, count, name)                                          \
    value_string_ext_new(wmem_epan_scope(), rows, count, name)
#else
#define WS_COMPAT_VALUE_STRING_EXT_NEW(rows, count, name) value_string_ext_new(rows, count, name)
#endif

/* Where stock HTTP keeps the method and the status of a connection's last request: with the
 * connection; since 4.4 in an object for each request, and NULL before the first one. */
#if WS_COMPAT_VERSION >= 404
#define WS_COMPAT_HTTP_LAST http_req_res_t
#define WS_COMPAT_HTTP_LAST_OF(connection) ((connection)->req_res_tail)
#else
#define WS_COMPAT_HTTP_LAST http_conv_t
#define WS_COMPAT_HTTP_LAST_OF(connection) (connection)
#endif

/* Since 4.6 wiretap keeps a record's data with the record; before, in a buffer of the caller. */
#if WS_COMPAT_VERSION >= 406
#define WS_COMPAT_RECORD_INIT(record, buffer, space) wtap_rec_init(record, space)
#define WS_COMPAT_RECORD_READ(file, record, buffer, err, err_info, offset)                         \
    wtap_read(file, record, err, err_info, offset)
#define WS_COMPAT_RECORD_DATA(record, buffer) ws_buffer_start_ptr(&(record)->data)
#define WS_COMPAT_RECORD_CLEANUP(record, buffer) wtap_rec_cleanup(record)
#else
#define WS_COMPAT_RECORD_INIT(record, buffer, space)                                               \
    (wtap_rec_init(record), ws_buffer_init(buffer, space))
#define WS_COMPAT_RECORD_READ(file, record, buffer, err, err_info, offset)                         \
    wtap_read(file, record, buffer, err, err_info, offset)
#define WS_COMPAT_RECORD_DATA(record, buffer) ws_buffer_start_ptr(buffer)
#define WS_COMPAT_RECORD_CLEANUP(record, buffer) (wtap_rec_cleanup(record), ws_buffer_free(buffer))
#endif

/* The log takes the program's name from GLib since 4.6. */
#if WS_COMPAT_VERSION >= 406
#define WS_COMPAT_LOG_INIT(program) (g_set_prgname(program), ws_log_init(NULL))
#else
#define WS_COMPAT_LOG_INIT(program) ws_log_init(program, NULL)
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
#define WS_COMPAT_HTTP_HEADER <epan/dissectors/packet-media-type.h>
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
