/* session_template.h
 * One session of RPC over HTTP or MAPI over HTTP as frames in time order, with places that differ
 * between sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SESSION_TEMPLATE_H
#define SESSION_TEMPLATE_H

#include <glib.h>
#include <stdint.h>

enum bench_connection { BENCH_IN, BENCH_OUT, BENCH_CONNECTIONS };
enum bench_side { BENCH_CLIENT, BENCH_SERVER };

#define BENCH_MSS 1460

/* What differs between sessions, as it stands in the payload. */
struct bench_identity {
    uint8_t vc_cookie[16];
    uint8_t in_cookie[16];
    uint8_t out_cookie[16];
    uint8_t association_group[16];
    uint8_t context_handle[16];
    char credentials[36]; /* base64 of a user name and password of 27 bytes */
    char user_number[5];
};

/* A stretch of the payload that is to be replaced by a part of the identity. */
struct bench_mark {
    uint32_t offset; /* in the payload */
    uint16_t from;   /* in struct bench_identity */
    uint16_t length;
};

struct bench_frame {
    uint64_t time_us; /* since the session's start */
    uint32_t seq;     /* relative to the sender's initial sequence number */
    uint32_t ack;     /* relative to the other side's */
    uint32_t offset;  /* in the payload */
    uint16_t length;
    uint8_t connection; /* enum bench_connection */
    uint8_t sender;     /* enum bench_side */
    uint8_t flags;      /* of TCP */
    uint32_t mark;      /* the first one that may touch the frame */
};

struct bench_template {
    GArray *frames;      /* struct bench_frame */
    GArray *marks;       /* struct bench_mark, by offset */
    GByteArray *payload; /* of all frames */
};

enum bench_kind {
    BENCH_LARGE_CALLS, /* RPC over HTTP, reads and writes of 0.5 to 32 KB: most bytes are stubs */
    BENCH_SMALL_CALLS, /* the same of 16 to 64 bytes: most work is per PDU */
    BENCH_MAPI_HTTP,   /* MAPI over HTTP, on the connection BENCH_IN alone */
    BENCH_KINDS
};

/* A session of connecting, logging on, opening a stream, and `calls` reads and writes; of MAPI over
 * HTTP of Connect, `calls` times Execute, and Disconnect. */
struct bench_template *bench_template_new(enum bench_kind kind, unsigned calls);
void bench_template_free(struct bench_template *session);

#endif
