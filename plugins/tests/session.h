/* session.h
 * A small RPC over HTTP session as bytes, and a transcript of what the decoder says of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SESSION_H
#define SESSION_H

#include <glib.h>

#include "track/events.h"

/* A connection that begins with a request of RPC over HTTP. */
extern const struct oa_recognition SESSION_RECOGNITION;

enum session_connection { SESSION_IN, SESSION_OUT };

/* The next bytes of one direction of one of the two TCP connections. */
struct session_piece {
    enum session_connection connection;
    enum oa_side side;
    GByteArray *bytes;
};

/*
 * A whole session in the order of time, one piece for each HTTP head or PDU: both requests, CONN, a
 * bind, a call of three and one of two fragments, a fault, pings, an acknowledgment, a call without
 * answer. With `chunked` the OUT response comes in chunks of 7 bytes.
 */
GPtrArray *session_new(bool chunked);
void session_free(GPtrArray *session);

/* Plays the session, each piece cut into parts of `cut` bytes (0: whole, -1: of random sizes), and
 * returns the events as text, a line each. */
char *session_play(const GPtrArray *session, int cut, bool keep);

/* An event as one line, without what depends on how the bytes were cut. */
void session_describe(GString *text, const struct oa_event *event);

#endif
