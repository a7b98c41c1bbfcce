/* test_proxy_line.c
 * Tests of proxy_line.c: both versions, whole and cut, and what is no line.
 * HAProxy's proxy-protocol.txt 2.1, 2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/proxy_line.h"

#include <string.h>

#include <glib.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4 "\xcb\0\x71\x63" /* 203.0.113.99 */
#define IPV4_SERVER "\xc6\x33\x64\x15"
#define IPV6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x63"

struct row {
    const char *bytes;
    size_t length;
    enum oa_http_parse result;
    const char *client; /* its address, 16 bytes; NULL: none is named */
    uint16_t port;
};

#define BYTES(text) text, sizeof(text) - 1
#define MAPPED(ipv4) "\0\0\0\0\0\0\0\0\0\0\xff\xff" ipv4

/* clang-format off */
static const struct row ROWS[] = {
    { BYTES("PROXY TCP4 203.0.113.99 198.51.100.21 56324 80\r\n"), OA_HTTP_COMPLETE, MAPPED(IPV4), 56324 },
    { BYTES("PROXY TCP6 2001:db8::63 2001:db8::1 56324 80\r\n"), OA_HTTP_COMPLETE, IPV6, 56324 },
    { BYTES("PROXY UNKNOWN\r\n"), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES("PROXY UNKNOWN ff::1 ff::2 1 2\r\n"), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES("PROXY TCP4 203.0.113.99 198.51.100.21 56324\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY TCP4 203.0.113.999 198.51.100.21 56324 80\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY TCP4 2001:db8::63 198.51.100.21 56324 80\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY TCP4 203.0.113.99 198.51.100.21 66324 80\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY TCP4 203.0.113.99 198.51.100.21 56324 80\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY UDP4 203.0.113.99 198.51.100.21 56324 80\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY / HTTP/1.1\r\n"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES("PROXY"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
    { BYTES(SIGNATURE "\x21\x11\0\x0c" IPV4 IPV4_SERVER "\xdc\x04\0\x50"), OA_HTTP_COMPLETE, MAPPED(IPV4), 56324 },
    { BYTES(SIGNATURE "\x21\x11\0\x0f" IPV4 IPV4_SERVER "\xdc\x04\0\x50\x04\0\0"), OA_HTTP_COMPLETE, MAPPED(IPV4), 56324 },
    { BYTES(SIGNATURE "\x21\x21\0\x24" IPV6 IPV6 "\xdc\x04\0\x50"), OA_HTTP_COMPLETE, IPV6, 56324 },
    { BYTES(SIGNATURE "\x20\0\0\0"), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES(SIGNATURE "\x20\x11\0\x0c" IPV4 IPV4_SERVER "\xdc\x04\0\x50"), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES(SIGNATURE "\x21\x31\0\x04pipe"), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES(SIGNATURE "\x21\x11\0\x04" IPV4), OA_HTTP_COMPLETE, NULL, 0 },
    { BYTES(SIGNATURE "\x31\x11\0\x0c" IPV4 IPV4_SERVER "\xdc\x04\0\x50"), OA_HTTP_NOT_A_HEAD, NULL, 0 },
};
/* clang-format on */

static void
test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct oa_proxy_line line = { .length = 0 };

        g_assert_cmpint(oa_proxy_line((const uint8_t *)row->bytes, row->length, &line), ==,
                        row->result);
        if (row->result != OA_HTTP_COMPLETE)
            continue;
        g_assert_cmpuint(line.length, ==, row->length);
        g_assert_cmpint(line.has_client, ==, row->client != NULL);
        if (row->client) {
            g_assert_cmpmem(line.client.address, 16, row->client, 16);
            g_assert_cmpuint(line.client.port, ==, row->port);
        }
    }
}

/* Every prefix of a line is waited for, once it identifies the protocol. */
static void
test_prefixes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        const struct row *row = &ROWS[i];
        size_t identifies = row->bytes[0] == 'P' ? 6 : 12;
        struct oa_proxy_line line;

        for (size_t length = 0; row->result == OA_HTTP_COMPLETE && length < row->length; length++) {
            uint8_t *copy = g_memdup2(row->bytes, length ? length : 1);
            g_assert_cmpint(oa_proxy_line(copy, length, &line), ==,
                            length < identifies ? OA_HTTP_NOT_A_HEAD : OA_HTTP_INCOMPLETE);
            g_free(copy);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proxy-line/rows", test_rows);
    g_test_add_func("/proxy-line/prefixes", test_prefixes);
    return g_test_run();
}
