/* ws_compat.h
 * The differences between the Wireshark versions that the plugins and oaexport build with
 * (4.0, 4.4, 4.6). No other file tests the version.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef WS_COMPAT_H
#define WS_COMPAT_H

#include <wireshark.h>
#include <ws_version.h>

#define WS_COMPAT_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

/* Since 4.2 plugins describe what they add. */
#if WS_COMPAT_VERSION >= 402
#define WS_COMPAT_PLUGIN_DESCRIBE 1
#endif

/* The return type of callbacks changed from gboolean to bool in 4.4. */
#if WS_COMPAT_VERSION >= 404
typedef bool ws_compat_bool;
#else
typedef gboolean ws_compat_bool;
#endif

/* Since 4.2 entries of the menu Conversation Filter are registered with data of their own. */
#if WS_COMPAT_VERSION >= 402
#define WS_COMPAT_FILTER_DATA , void *user_data _U_
#define WS_COMPAT_REGISTER_FILTER(protocol, name, is_valid, build)                                 \
    register_conversation_filter(protocol, name, is_valid, build, NULL)
#else
#define WS_COMPAT_FILTER_DATA
#define WS_COMPAT_REGISTER_FILTER(protocol, name, is_valid, build)                                 \
    register_conversation_filter(protocol, name, is_valid, build)
#endif

/* Since 4.4 what can be followed also says how many streams there are. */
#if WS_COMPAT_VERSION >= 404
#define WS_COMPAT_REGISTER_FOLLOW(proto, tap, conv, index, addresses, port, listener, count)       \
    register_follow_stream(proto, tap, conv, index, addresses, port, listener, count, NULL)
#else
#define WS_COMPAT_REGISTER_FOLLOW(proto, tap, conv, index, addresses, port, listener, count)       \
    ((void)(count), register_follow_stream(proto, tap, conv, index, addresses, port, listener))
#endif

/* Since 4.4 a UUID keeps the name of its first registration; before, the last one replaces it. */
#if WS_COMPAT_VERSION >= 404
#define WS_COMPAT_NAME_UUID(uuid, name) (guids_delete_guid(uuid), guids_add_guid(uuid, name))
#else
#define WS_COMPAT_NAME_UUID(uuid, name) ((void)(uuid), (void)(name))
#endif

/* Since 4.6 the allocator of an extended value_string is an argument; before, it was epan's. */
#if WS_COMPAT_VERSION >= 406
#define WS_COMPAT_VALUE_STRING_EXT_NEW(rows, count, name)                                          \
    value_string_ext_new(wmem_epan_scope(), rows, count, name)
#else
#define WS_COMPAT_VALUE_STRING_EXT_NEW(rows, count, name) value_string_ext_new(rows, count, name)
#endif

/* Where stock HTTP stores the method and the status of a connection's last request: with the
 * connection; since 4.4 in an object for each request, NULL before the first one. */
#if WS_COMPAT_VERSION >= 404
#define WS_COMPAT_HTTP_LAST http_req_res_t
#define WS_COMPAT_HTTP_LAST_OF(connection) ((connection)->req_res_tail)
#else
#define WS_COMPAT_HTTP_LAST http_conv_t
#define WS_COMPAT_HTTP_LAST_OF(connection) (connection)
#endif

/* Since 4.6 the data of a wiretap record are part of the record; before, in a buffer of the caller.
 */
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

/* Since 4.6 the log takes the program's name from GLib. */
#if WS_COMPAT_VERSION >= 406
#define WS_COMPAT_LOG_INIT(program) (g_set_prgname(program), ws_log_init(NULL))
#else
#define WS_COMPAT_LOG_INIT(program) ws_log_init(program, NULL)
#endif

/*
 * Heuristic dissectors on TLS are passed a pointer to the application handle of the TLS session; in
 * later versions as a member of struct tlsinfo, which is detected when the build is configured.
 */
#ifdef WS_COMPAT_HAVE_TLSINFO
#define WS_COMPAT_TLS_APP_HANDLE(data) (((struct tlsinfo *)(data))->app_handle)
#else
#define WS_COMPAT_TLS_APP_HANDLE(data) ((dissector_handle_t *)(data))
#endif

/*
 * What stock HTTP passes to the dissector of a body; its member `data` is a map of the header
 * fields. WS_COMPAT_HTTP_HEADER is the header to include.
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
