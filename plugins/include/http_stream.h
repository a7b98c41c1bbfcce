/* http_stream.h
 * How the rpch plugin, which stands in the place of stock HTTP, passes the connections of MAPI over
 * HTTP to a dissector that shows whole messages, heads without a body too.
 *
 * That dissector is registered under the name HTTP_STREAM_DISSECTOR. It is called, with a const
 * struct http_stream *, for all data of TCP or TLS from the first head of MAPI over HTTP on. It
 * calls `http` for them, in as many pieces as it likes, and on the first visit gives each byte to
 * `decode` once. It returns 0, and has done nothing, when its protocol is disabled.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "decoder_build.h"
#include "track/events.h"

/* Two plugins with different decoders do not find each other. */
#define HTTP_STREAM_DISSECTOR "http_stream-" DECODER_BUILD

struct dissector_handle; /* of epan */

struct http_stream {
    struct dissector_handle *http; /* stock HTTP on the transport that the bytes came by */
    void *transport_data;          /* what TCP or TLS passed on, for stock HTTP */

    /* Gives the next bytes of the packet's sender to the decoder. The events that follow from them
     * come to `on_event` during the call. `missing`: bytes behind them that the capture does not
     * hold. */
    void (*decode)(const struct http_stream *stream, const uint8_t *data, size_t length,
                   size_t missing, oa_event_function on_event, void *context);
};

#endif
