/* recognise.h
 * For hosts. Recognises TCP connections of RPC over HTTP by the first bytes of a segment.
 * [MS-RPCH] 2.1.1, 2.1.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_RECOGNISE_H
#define OA_RECOGNISE_H

#include "http/proxy_line.h"
#include "rpc/service.h"
#include "track/events.h"

/* What a server sends first to a proxy, [MS-RPCH] 2.1.2.2 */
#define OA_BANNER "ncacn_http/1.0"
#define OA_BANNER_SIZE (sizeof OA_BANNER - 1)

/* More bytes than this are never needed to decide. */
#define OA_RECOGNISE_MAX 1024

enum oa_verdict {
    OA_NOT_OURS,
    OA_MAYBE, /* all bytes match, but more of them are needed to decide */
    OA_OURS,
};

struct oa_recognition {
    enum oa_hop hop;
    enum oa_side sender; /* of the examined bytes */
    bool is_raw;         /* PDUs or the banner, no HTTP head */
    bool is_answer;      /* a response head; its request is not in the capture */
    bool is_direct;      /* RPC in both directions: plain RPC over TCP, or version 1 */
    bool has_start;      /* these bytes begin the connection */
    bool is_mapi_http;   /* MAPI over HTTP; only of oa_recognise_mapi_http() */
    struct oa_proxy_line
        proxy_line; /* in front of the request head; its length is 0 if there is none */
};

/* What the capture holds of a connection before the examined bytes. */
enum oa_before {
    OA_BEFORE_UNKNOWN,      /* something may be missing */
    OA_BEFORE_CLIENT_FIRST, /* only the handshake of TCP; these are the client's first bytes */
    OA_BEFORE_SERVER_FIRST, /* the same; these are the server's first bytes */
    OA_BEFORE_FOREIGN,      /* bytes which exclude PDUs of ours from this side, see oa_foreign() */
    OA_BEFORE_TUNNEL, /* the same, by a CONNECT: bytes that are not ours go to somebody else */
};

/*
 * Examines the first bytes of a segment that one side sent. Ours are
 *   1. a request head of RPC over HTTP (RPC_IN_DATA, RPC_OUT_DATA, RPC_CONNECT), also behind a line
 * of the PROXY protocol;
 *   2. the banner `ncacn_http/1.0`;
 *   3. an RTS PDU with the signature of a named one, all fixed fields of its header correct;
 *   4. a bind of an interface of Exchange; of the endpoint mapper on its port; of that or of
 *      management on a port of the proxy's hop (see 6);
 *   5. a connection-oriented PDU followed by an RTS PDU as in 3;
 *   6. on the ports of the proxy's hop and of HTTP (service.h), a
 *      connection-oriented PDU followed by another one, or by the end of the bytes: the middle of a
 *      connection whose beginning is not in the capture;
 *   7. a response head with 200 and `Content-Type: application/rpc`;
 *   8. on the ports of HTTP, a chunk that begins with a PDU as in 3 to 6.
 * Nothing else is. A bind (4) on the ports of 6 begins the connection only if nothing can be
 * missing before it. 5, 6 and 8 are the middle of a connection, which is ours only if its beginning
 * may be missing (`before` is OA_BEFORE_UNKNOWN); a bind without an interface of rpc_interface.h
 * never is.
 */
enum oa_verdict oa_recognise(const uint8_t *data, size_t length, uint16_t source_port,
                             uint16_t destination_port, enum oa_before before,
                             struct oa_recognition *recognition);

/* Of which side later PDUs cannot be ours. */
enum oa_foreign {
    OA_FOREIGN_NEITHER,
    OA_FOREIGN_OTHER_SIDE, /* of the one that did not send the examined bytes */
    OA_FOREIGN_BOTH_SIDES,
    OA_FOREIGN_TUNNEL, /* of both, which have a tunnel from now on: OA_BEFORE_TUNNEL */
};

/*
 * What bytes that are not ours show of the rest of their connection: after the client's first
 * bytes, or a bind without an interface of ours, no PDU is ours; after the complete head of an HTTP
 * request, or of a response that ends its request, none of the other side. Heads and binds that
 * follow are recognised all the same, in a tunnel if they are whole.
 */
enum oa_foreign oa_foreign(const uint8_t *data, size_t length, enum oa_before before);

/* What is known of a server's endpoint from other connections. */
enum oa_endpoint_known {
    OA_ENDPOINT_UNKNOWN,
    OA_ENDPOINT_SEEN, /* Exchange calls were sent there */
    OA_ENDPOINT_TCP,  /* Exchange listens there for plain RPC over TCP */
};

/*
 * The same for plain RPC over TCP on other ports, for bytes that oa_recognise() has not recognised.
 * Ours are
 *   1. at a known endpoint (`known` is that of the known side; at most one is), a
 *      connection-oriented PDU followed by another one or by the end of the bytes, or the beginning
 *      of one;
 *   2. anywhere, a request that only Exchange clients send, or one to the endpoint mapper for an
 *      interface of Exchange, oa_request_shape().
 * Both are the middle of a connection, unless the PDU of 1 is a bind; `before` counts as in
 * oa_recognise().
 */
enum oa_verdict oa_recognise_plain_rpc(const uint8_t *data, size_t length,
                                       enum oa_endpoint_known known, enum oa_before before,
                                       struct oa_recognition *recognition);

/*
 * The same for MAPI over HTTP, which differs from other HTTP only in the heads of its requests and
 * responses: a complete one is required. Beyond OA_RECOGNISE_HEAD_MAX bytes it is not worth waiting
 * for.
 */
#define OA_RECOGNISE_HEAD_MAX 16384
enum oa_verdict oa_recognise_mapi_http(const uint8_t *data, size_t length,
                                       struct oa_recognition *recognition);

/* The same for bytes that were OA_MAYBE, of which the capture lacks what comes next: the PDU that
 * begins a connection, or a head of MAPI over HTTP. */
enum oa_verdict oa_recognise_cut(const uint8_t *data, size_t length, uint16_t source_port,
                                 uint16_t destination_port, struct oa_recognition *recognition);

#endif
