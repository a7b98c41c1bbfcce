/* ntlm_message.h
 * The three messages of NTLM: where their fields are. [MS-NLMP] 2.2.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_NTLM_MESSAGE_H
#define OA_NTLM_MESSAGE_H

#include "base/cursor.h"

/* Flags of a negotiation, [MS-NLMP] 2.2.2.5, that decide how a message or its protection is read;
 * ntlm_flags.def has the names of all. */
#define OA_NTLM_UNICODE UINT32_C(0x00000001)
#define OA_NTLM_SIGN UINT32_C(0x00000010)
#define OA_NTLM_SEAL UINT32_C(0x00000020)
#define OA_NTLM_DATAGRAM UINT32_C(0x00000040)
#define OA_NTLM_LM_KEY UINT32_C(0x00000080)
#define OA_NTLM_ANONYMOUS UINT32_C(0x00000800)
#define OA_NTLM_OEM_DOMAIN UINT32_C(0x00001000)
#define OA_NTLM_OEM_WORKSTATION UINT32_C(0x00002000)
#define OA_NTLM_EXTENDED_SESSIONSECURITY UINT32_C(0x00080000)
#define OA_NTLM_NON_NT_SESSION_KEY UINT32_C(0x00400000)
#define OA_NTLM_TARGET_INFO UINT32_C(0x00800000)
#define OA_NTLM_VERSION UINT32_C(0x02000000)
#define OA_NTLM_128 UINT32_C(0x20000000)
#define OA_NTLM_KEY_EXCH UINT32_C(0x40000000)
#define OA_NTLM_56 UINT32_C(0x80000000)

enum oa_ntlm_type {
    OA_NTLM_NEGOTIATE = 1,
    OA_NTLM_CHALLENGE = 2,
    OA_NTLM_AUTHENTICATE = 3,
};

#define OA_NTLM_CHALLENGE_SIZE 8
#define OA_NTLM_VERSION_SIZE 8

/* A response of NTLMv1, or of LM, has that length; one of NTLMv2 is longer: a proof of 16 bytes, a
 * fixed part, av pairs. [MS-NLMP] 2.2.2.3 to 2.2.2.8 */
#define OA_NTLM_V1_RESPONSE 24
#define OA_NTLM_V2_PROOF 16
#define OA_NTLM_V2_FIXED 28

/* Cursors are over the bytes of the message, and empty if the field is absent. */
struct oa_ntlm_message {
    unsigned type; /* enum oa_ntlm_type; 0: none of these */
    uint32_t flags;
    bool malformed;           /* a field extends beyond the message, or it is of an unknown type */
    size_t payload_start;     /* smallest offset of a buffer in use; SIZE_MAX without any */
    const uint8_t *version;   /* OA_NTLM_VERSION_SIZE bytes, or NULL */
    const uint8_t *challenge; /* OA_NTLM_CHALLENGE_SIZE bytes of a CHALLENGE, or NULL */
    struct oa_cursor target, target_info; /* CHALLENGE */
    struct oa_cursor domain, workstation; /* NEGOTIATE, AUTHENTICATE */
    struct oa_cursor user;                /* this and the others: AUTHENTICATE */
    struct oa_cursor lm_response, nt_response;
    struct oa_cursor session_key; /* EncryptedRandomSessionKey */
};

/* Reads a message. False if the bytes do not begin with the signature of NTLM. */
bool oa_ntlm_message_read(const uint8_t *data, size_t length, struct oa_ntlm_message *message);

#endif
