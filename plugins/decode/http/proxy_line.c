/* proxy_line.c
 * The PROXY protocol, versions 1 and 2.
 * HAProxy's proxy-protocol.txt 2.1, 2.2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "http/proxy_line.h"

#include <string.h>

#include <glib.h>

#include "base/cursor.h"
#include "base/inet.h"

#define V1_SIGNATURE "PROXY "
#define V1_MAX 107 /* bytes of a line, with CR LF */

#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2_HEADER 16
#define V2_PROXY 0x21 /* version 2, command PROXY; 0x20 is LOCAL */
#define V2_TCP4 0x11
#define V2_TCP6 0x21

static void
map_ipv4(struct oa_endpoint *endpoint, const void *address)
{
    static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff };

    memcpy(endpoint->address, MAPPED, sizeof MAPPED);
    memcpy(endpoint->address + sizeof MAPPED, address, 4);
}

static bool
take_address(struct oa_endpoint *endpoint, bool is_ipv6, const char *text)
{
    struct in_addr ipv4;

    if (is_ipv6)
        return inet_pton(AF_INET6, text, endpoint->address) == 1;
    if (inet_pton(AF_INET, text, &ipv4) != 1)
        return false;
    map_ipv4(endpoint, &ipv4);
    return true;
}

/* `PROXY TCP4 source destination source-port destination-port`, one space between two words. */
static bool
take_words(struct oa_proxy_line *line, char **word)
{
    struct oa_endpoint server;
    uint64_t port;

    if (strcmp(word[1], "UNKNOWN") == 0)
        return true;
    bool is_ipv6 = strcmp(word[1], "TCP6") == 0;
    if ((!is_ipv6 && strcmp(word[1], "TCP4") != 0) || g_strv_length(word) != 6 ||
        !oa_text_number((struct oa_text){ word[4], strlen(word[4]) }, 10, UINT16_MAX, &port))
        return false;
    line->client.port = (uint16_t)port;
    line->has_client = true;
    return take_address(&line->client, is_ipv6, word[2]) && take_address(&server, is_ipv6, word[3]);
}

static enum oa_http_parse
parse_text(const uint8_t *data, size_t length, struct oa_proxy_line *line)
{
    const uint8_t *end = memchr(data, '\n', MIN(length, V1_MAX));

    if (!end)
        return length < V1_MAX ? OA_HTTP_INCOMPLETE : OA_HTTP_NOT_A_HEAD;
    line->length = (size_t)(end - data) + 1;
    if (end[-1] != '\r' || memchr(data, '\0', line->length))
        return OA_HTTP_NOT_A_HEAD;
    char *text = g_strndup((const char *)data, line->length - 2);
    char **words = g_strsplit(text, " ", -1);
    bool is_line = take_words(line, words);

    g_strfreev(words);
    g_free(text);
    return is_line ? OA_HTTP_COMPLETE : OA_HTTP_NOT_A_HEAD;
}

/* Signature, version and command, family, length of what follows: addresses, ports, extensions. */
static enum oa_http_parse
parse_binary(const uint8_t *data, size_t length, struct oa_proxy_line *line)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);

    cursor.big_endian = true;
    oa_cursor_skip(&cursor, sizeof V2_SIGNATURE - 1);
    uint8_t command = oa_cursor_u8(&cursor);
    uint8_t family = oa_cursor_u8(&cursor);
    size_t rest = oa_cursor_u16(&cursor);
    if (cursor.is_short)
        return OA_HTTP_INCOMPLETE;
    if ((command & 0xfe) != (V2_PROXY & 0xfe))
        return OA_HTTP_NOT_A_HEAD;
    line->length = V2_HEADER + rest;
    if (length < line->length)
        return OA_HTTP_INCOMPLETE;
    cursor = oa_cursor_over(data + V2_HEADER, rest);
    cursor.big_endian = true;
    size_t size = family == V2_TCP4 ? 4 : family == V2_TCP6 ? 16 : 0;
    const uint8_t *source = oa_cursor_bytes(&cursor, size);
    oa_cursor_skip(&cursor, size);
    line->client.port = oa_cursor_u16(&cursor);
    line->has_client = command == V2_PROXY && size && !cursor.is_short;
    if (line->has_client && size == 4)
        map_ipv4(&line->client, source);
    else if (line->has_client)
        memcpy(line->client.address, source, size);
    return OA_HTTP_COMPLETE;
}

enum oa_http_parse
oa_proxy_line(const uint8_t *data, size_t length, struct oa_proxy_line *line)
{
    struct oa_proxy_line found = { .length = 0 };
    enum oa_http_parse result = OA_HTTP_NOT_A_HEAD;

    if (length >= sizeof V1_SIGNATURE - 1 &&
        memcmp(data, V1_SIGNATURE, sizeof V1_SIGNATURE - 1) == 0)
        result = parse_text(data, length, &found);
    else if (length >= sizeof V2_SIGNATURE - 1 &&
             memcmp(data, V2_SIGNATURE, sizeof V2_SIGNATURE - 1) == 0)
        result = parse_binary(data, length, &found);
    if (result == OA_HTTP_COMPLETE)
        *line = found;
    return result;
}
