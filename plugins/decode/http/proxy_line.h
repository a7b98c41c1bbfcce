/* proxy_line.h
 * The PROXY protocol: what a load balancer sends in front of a connection's first bytes to name the
 * client whose connection it passes on.
 * HAProxy's proxy-protocol.txt 2.1 (version 1, a line of text), 2.2 (version 2, binary)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_PROXY_LINE_H
#define OA_PROXY_LINE_H

#include "base/ground.h"
#include "http/http_head.h"

struct oa_proxy_line {
    size_t length;             /* with its end */
    bool has_client;           /* false: the balancer's own connection, or an unknown family */
    struct oa_endpoint client; /* who connected to the balancer; IPv4 mapped */
};

/*
 * Parses the line, of either version, at the start of `data`. Fills `line` only when it returns
 * OA_HTTP_COMPLETE. Fewer bytes than identify the protocol (6 of version 1, 12 of version 2) are
 * OA_HTTP_NOT_A_HEAD: ordinary requests begin the same way. Never reads beyond `length`.
 */
enum oa_http_parse oa_proxy_line(const uint8_t *data, size_t length, struct oa_proxy_line *line);

#endif
