/* ntlm_message.c
 * The three messages of NTLM: where their fields are. [MS-NLMP] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/ntlm_message.h"

#include <string.h>

#include <glib.h>

#define SIGNATURE_SIZE 8
#define FLAGS_END_OF_AUTHENTICATE 64

/* The message from another offset; short if that is beyond its end. */
static struct oa_cursor
seek(struct oa_cursor bytes, size_t offset)
{
    bytes.offset = 0;
    oa_cursor_skip(&bytes, offset);
    return bytes;
}

static uint32_t
u32_at(struct oa_ntlm_message *message, struct oa_cursor bytes, size_t at)
{
    struct oa_cursor cursor = seek(bytes, at);
    uint32_t value = oa_cursor_u32(&cursor);

    message->malformed |= cursor.is_short;
    return value;
}

/* The bytes that the descriptor at `at` refers to; the offset of an empty one has no meaning. */
static struct oa_cursor
buffer_at(struct oa_ntlm_message *message, struct oa_cursor bytes, size_t at)
{
    struct oa_cursor descriptor = seek(bytes, at);
    struct oa_cursor none = oa_cursor_over(bytes.data, 0);
    size_t length = oa_cursor_u16(&descriptor);

    oa_cursor_skip(&descriptor, sizeof(uint16_t)); /* the maximum length */
    size_t offset = oa_cursor_u32(&descriptor);
    message->malformed |= descriptor.is_short;
    if (descriptor.is_short || length == 0)
        return none;
    message->payload_start = MIN(message->payload_start, offset);
    struct oa_cursor payload = seek(bytes, offset);
    struct oa_cursor buffer = oa_cursor_sub(&payload, length);
    message->malformed |= buffer.is_short;
    return buffer.is_short ? none : buffer;
}

/* Old senders set the flag and begin the payload at the version's offset, or end there. */
static void
find_version(struct oa_ntlm_message *message, struct oa_cursor bytes, size_t at)
{
    struct oa_cursor cursor = seek(bytes, at);

    if (message->flags & OA_NTLM_VERSION && message->payload_start >= at + OA_NTLM_VERSION_SIZE)
        message->version = oa_cursor_bytes(&cursor, OA_NTLM_VERSION_SIZE);
}

/* [MS-NLMP] 2.2.1.1 */
static void
read_negotiate(struct oa_ntlm_message *message, struct oa_cursor bytes)
{
    message->flags = u32_at(message, bytes, 12);
    if (message->flags & OA_NTLM_OEM_DOMAIN)
        message->domain = buffer_at(message, bytes, 16);
    if (message->flags & OA_NTLM_OEM_WORKSTATION)
        message->workstation = buffer_at(message, bytes, 24);
    find_version(message, bytes, 32);
}

/* [MS-NLMP] 2.2.1.2 */
static void
read_challenge(struct oa_ntlm_message *message, struct oa_cursor bytes)
{
    struct oa_cursor challenge = seek(bytes, 24);

    message->target = buffer_at(message, bytes, 12);
    message->flags = u32_at(message, bytes, 20);
    message->challenge = oa_cursor_bytes(&challenge, OA_NTLM_CHALLENGE_SIZE);
    message->malformed |= challenge.is_short;
    if (message->flags & OA_NTLM_TARGET_INFO)
        message->target_info = buffer_at(message, bytes, 40);
    find_version(message, bytes, 48);
}

/* [MS-NLMP] 2.2.1.3; the oldest form has neither session key nor flags, its payload begins in their
 * place. */
static void
read_authenticate(struct oa_ntlm_message *message, struct oa_cursor bytes)
{
    message->lm_response = buffer_at(message, bytes, 12);
    message->nt_response = buffer_at(message, bytes, 20);
    message->domain = buffer_at(message, bytes, 28);
    message->user = buffer_at(message, bytes, 36);
    message->workstation = buffer_at(message, bytes, 44);
    if (message->payload_start >= FLAGS_END_OF_AUTHENTICATE) {
        message->session_key = buffer_at(message, bytes, 52);
        message->flags = u32_at(message, bytes, 60);
    }
    find_version(message, bytes, 64);
}

bool
oa_ntlm_message_read(const uint8_t *data, size_t length, struct oa_ntlm_message *message)
{
    static const char SIGNATURE[SIGNATURE_SIZE] = "NTLMSSP";
    struct oa_cursor bytes = oa_cursor_over(data, length);
    struct oa_cursor none = oa_cursor_over(data, 0);
    struct oa_cursor start = bytes;
    const uint8_t *signature = oa_cursor_bytes(&start, sizeof SIGNATURE);

    *message = (struct oa_ntlm_message){ .payload_start = SIZE_MAX,
                                         .target = none,
                                         .target_info = none,
                                         .domain = none,
                                         .workstation = none,
                                         .user = none,
                                         .lm_response = none,
                                         .nt_response = none,
                                         .session_key = none };
    if (!signature || memcmp(signature, SIGNATURE, sizeof SIGNATURE) != 0)
        return false;
    uint32_t type = oa_cursor_u32(&start);
    switch (type) {
    case OA_NTLM_NEGOTIATE:
        read_negotiate(message, bytes);
        break;
    case OA_NTLM_CHALLENGE:
        read_challenge(message, bytes);
        break;
    case OA_NTLM_AUTHENTICATE:
        read_authenticate(message, bytes);
        break;
    default:
        message->malformed = true;
        return true;
    }
    message->type = type;
    return true;
}
