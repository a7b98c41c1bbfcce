/* http_stream.h
 * How the rpch plugin, which stands in the place of stock HTTP, offers the bytes of ordinary HTTP
 * to a dissector that wants to see whole messages, heads without a body too.
 *
 * That dissector is registered under the name HTTP_STREAM_DISSECTOR. It is called, with a const
 * struct http_stream *, for all data of TCP or TLS that would go to stock HTTP, and returns 0 for
 * those that are none of its own, which then go there unchanged. Else it has called `http` for them
 * itself, in as many pieces as it likes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#define HTTP_STREAM_DISSECTOR "http_stream"

struct dissector_handle; /* of epan */

struct http_stream {
    struct dissector_handle *http; /* stock HTTP on the transport that the bytes came by */
    void *transport_data;          /* what TCP or TLS passed on, for stock HTTP */
};

#endif
