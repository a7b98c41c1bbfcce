/* auth.h
 * Authentication tokens of HTTP headers and of RPC verifiers: who, by which scheme, which leg.
 * Never a secret. [MS-NLMP] 2.2, [RFC 4178] 4.2, [RFC 7617]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_H
#define OA_AUTH_H

#include "http_head.h"

#define OA_AUTH_NAME 256

/* The scheme as announced around the token. */
enum oa_auth_scheme {
    OA_AUTH_SCHEME_NONE,
    OA_AUTH_SCHEME_BASIC,
    OA_AUTH_SCHEME_NTLM,
    OA_AUTH_SCHEME_NEGOTIATE,
    OA_AUTH_SCHEME_KERBEROS,
    OA_AUTH_SCHEME_BEARER,
    OA_AUTH_SCHEME_DIGEST,
    OA_AUTH_SCHEME_OTHER,
};

/* What the token turned out to be. */
enum oa_auth_mechanism {
    OA_AUTH_UNKNOWN, /* no token, or one that is not understood */
    OA_AUTH_BASIC,
    OA_AUTH_NTLM,
    OA_AUTH_KERBEROS,
};

/* Copied facts, no pointers: may be kept as long as wanted. Texts are clean UTF-8, empty when not
 * present. */
struct oa_auth {
    enum oa_auth_scheme scheme;
    enum oa_auth_mechanism mechanism;
    bool has_token;
    bool is_spnego; /* the token is wrapped in SPNEGO */
    bool malformed; /* a recognised token whose fields run out of its bytes; what could be read is
                       there */
    unsigned ntlm_type; /* 1 NEGOTIATE, 2 CHALLENGE, 3 AUTHENTICATE; 0 otherwise */
    uint32_t ntlm_flags;
    bool has_version;
    uint8_t version_major, version_minor;
    uint16_t version_build;
    bool is_ntlm_v2; /* AUTHENTICATE with an NTLMv2 response */
    bool has_mic;
    bool has_channel_bindings; /* a channel bindings hash other than zero */
    bool is_anonymous;
    bool has_password; /* Basic: there was one; the text itself is not kept anywhere */
    char user[OA_AUTH_NAME];
    char domain[OA_AUTH_NAME];
    char workstation[OA_AUTH_NAME];
    char target_name[OA_AUTH_NAME]; /* CHALLENGE: target name; AUTHENTICATE: SPN of the av pairs */
    char netbios_computer[OA_AUTH_NAME]; /* av pairs 1 to 5 of a CHALLENGE or of the NTLMv2 response
                                          */
    char netbios_domain[OA_AUTH_NAME];
    char dns_computer[OA_AUTH_NAME];
    char dns_domain[OA_AUTH_NAME];
    char dns_forest[OA_AUTH_NAME];
};

/* Decodes one authentication header line. Fills all of `auth`; a scheme without a token is a valid
 * offer. */
void oa_auth_from_http(const struct oa_http_credentials *credentials, struct oa_auth *auth);

/*
 * Decodes a raw token (an RPC verifier's auth_value, or a base64-decoded header): NTLM, SPNEGO with
 * NTLM or Kerberos inside, raw Kerberos. `auth->scheme` is set from what is found (NTLM, NEGOTIATE,
 * KERBEROS). Returns false if the token is none of these.
 */
bool oa_auth_from_token(const uint8_t *token, size_t length, struct oa_auth *auth);

/* Names for output: "Basic", "NTLM", "Negotiate", ... and "NTLM", "Kerberos"; "" for none and
 * unknown. */
const char *oa_auth_scheme_name(enum oa_auth_scheme scheme);
const char *oa_auth_mechanism_name(enum oa_auth_mechanism mechanism);

#endif
