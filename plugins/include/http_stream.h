/* http_stream.h
 * The HTTP stream dissector: how the rpch plugin, which replaces stock HTTP, passes connections of
 * MAPI over HTTP to the exchange plugin, which shows whole messages, including heads without a
 * body.
 *
 * It is registered under the name HTTP_STREAM_DISSECTOR and called, with a const struct http_stream
 * * as its data, for all data of the connection from the first head of MAPI over HTTP on. It calls
 * `http` for them, in as many pieces as necessary, and on the first visit passes each byte to
 * `decode` once. If its protocol is disabled it does nothing and returns 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "decoder_build.h"
#include "track/events.h"

/* Plugins with different decoders do not find each other: they share objects of the decoder. */
#define HTTP_STREAM_DISSECTOR "http_stream-" DECODER_BUILD

struct dissector_handle; /* of epan */

struct http_stream {
    struct dissector_handle *http; /* stock HTTP over the same transport */
    void *transport_data;          /* the data argument from TCP or TLS, for stock HTTP */
    bool names_in_info;            /* the Info column is to name the session and its user */

    void **kept; /* the dissector's own, of the connection; points to NULL at first */

    /* Passes the next bytes from the packet's sender to the decoder, which reports its events to
     * `on_event` during the call. `head` is that at `head_at`, without a length if there is none;
     * `missing` is how many bytes after them are not in the capture. */
    void (*decode)(const struct http_stream *stream, const uint8_t *data, size_t length,
                   const struct oa_http_head *head, size_t head_at, size_t missing,
                   oa_event_function on_event, void *context);
};

#endif
