/* tls_wire.h
 * Numbers of the protocol that several modules need.
 * [RFC 8446] appendix B, [RFC 5246] appendix A
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_WIRE_H
#define OA_TLS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define OA_TLS_1_0 0x0301
#define OA_TLS_1_1 0x0302
#define OA_TLS_1_2 0x0303
#define OA_TLS_1_3 0x0304

#define OA_TLS_RECORD_HEADER 5

/* Payload of a record: what encryption and compression may add included. [RFC 5246] 6.2.3 */
#define OA_TLS_RECORD_MAX (16384 + 2048)

#define OA_TLS_RANDOM 32 /* bytes, of a hello */

enum oa_tls_record_type {
    OA_TLS_RECORD_CHANGE_CIPHER_SPEC = 20,
    OA_TLS_RECORD_ALERT = 21,
    OA_TLS_RECORD_HANDSHAKE = 22,
    OA_TLS_RECORD_APPLICATION_DATA = 23,
};

enum oa_tls_message_type {
    OA_TLS_MESSAGE_HELLO_REQUEST = 0,
    OA_TLS_MESSAGE_CLIENT_HELLO = 1,
    OA_TLS_MESSAGE_SERVER_HELLO = 2,
    OA_TLS_MESSAGE_NEW_SESSION_TICKET = 4,
    OA_TLS_MESSAGE_ENCRYPTED_EXTENSIONS = 8,
    OA_TLS_MESSAGE_CERTIFICATE = 11,
    OA_TLS_MESSAGE_CERTIFICATE_REQUEST = 13,
    OA_TLS_MESSAGE_CLIENT_KEY_EXCHANGE = 16,
    OA_TLS_MESSAGE_FINISHED = 20,
    OA_TLS_MESSAGE_KEY_UPDATE = 24,
};

/* Bytes that stand elsewhere. */
struct oa_tls_piece {
    const uint8_t *at;
    size_t length;
};

#endif
