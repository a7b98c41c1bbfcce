/* auth.h
 * Authentication tokens of HTTP headers and RPC verifiers: the user, the scheme, the leg. Never a
 * secret. [MS-NLMP] 2.2, [RFC 4178] 4.2, [RFC 7617]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_AUTH_H
#define OA_AUTH_H

#include "auth/kerberos_host.h"
#include "base/code_page.h"
#include "base/cursor.h"
#include "http/http_head.h"

#define OA_AUTH_NAME OA_KERBEROS_NAME

/* The scheme announced with the token. */
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

/* The mechanism found in the token. */
enum oa_auth_mechanism {
    OA_AUTH_UNKNOWN, /* no token, or one that cannot be decoded */
    OA_AUTH_BASIC,
    OA_AUTH_NTLM,
    OA_AUTH_KERBEROS,
};

/* How an AUTHENTICATE message proves knowledge of the password, [MS-NLMP] 3.3. */
enum oa_ntlm_proof {
    OA_NTLM_PROOF_NONE,
    OA_NTLM_PROOF_LM, /* an LM response only */
    OA_NTLM_PROOF_V1,
    OA_NTLM_PROOF_V1_SESSION, /* NTLMv1 with extended session security */
    OA_NTLM_PROOF_V2,
};

/* Mechanisms that SPNEGO can carry, [MS-SPNG] 1.9, [RFC 4178] 4.2.2. */
enum oa_spnego_mech {
    OA_SPNEGO_MECH_NONE,
    OA_SPNEGO_MECH_NTLM,
    OA_SPNEGO_MECH_KERBEROS,
    OA_SPNEGO_MECH_MS_KERBEROS, /* in the encoding introduced by Windows 2000 */
    OA_SPNEGO_MECH_KERBEROS_USER_TO_USER,
    OA_SPNEGO_MECH_NEGOEX,
    OA_SPNEGO_MECH_OTHER,
};

/* negState of a NegTokenResp, [RFC 4178] 4.2.2. */
enum oa_spnego_state {
    OA_SPNEGO_ACCEPT_COMPLETED,
    OA_SPNEGO_ACCEPT_INCOMPLETE,
    OA_SPNEGO_REJECT,
    OA_SPNEGO_REQUEST_MIC,
    OA_SPNEGO_STATES
};

#define OA_SPNEGO_MECHS_MAX 8

/* Message types, which are also their application tags, [RFC 4120] 5.10. */
enum oa_kerberos_message {
    OA_KERBEROS_AP_REQ = 14,
    OA_KERBEROS_AP_REP = 15,
    OA_KERBEROS_ERROR = 30,
};

/* Bits of `av_ids`, and those of `av_flags`, [MS-NLMP] 2.2.2.1. */
enum oa_ntlm_av {
    OA_NTLM_AV_END = 0,
    OA_NTLM_AV_NB_COMPUTER_NAME = 1,
    OA_NTLM_AV_NB_DOMAIN_NAME = 2,
    OA_NTLM_AV_DNS_COMPUTER_NAME = 3,
    OA_NTLM_AV_DNS_DOMAIN_NAME = 4,
    OA_NTLM_AV_DNS_TREE_NAME = 5,
    OA_NTLM_AV_FLAGS = 6,
    OA_NTLM_AV_TIMESTAMP = 7,
    OA_NTLM_AV_SINGLE_HOST = 8,
    OA_NTLM_AV_TARGET_NAME = 9,
    OA_NTLM_AV_CHANNEL_BINDINGS = 10,
    OA_NTLM_AV_IDS
};

enum oa_ntlm_av_flag {
    OA_NTLM_AV_FLAG_CONSTRAINED = 0x1,
    OA_NTLM_AV_FLAG_MIC = 0x2,
    OA_NTLM_AV_FLAG_UNTRUSTED_TARGET = 0x4,
};

/* Copied facts without pointers, which may be kept for any time. Texts are clean UTF-8, empty if
 * absent. */
struct oa_auth {
    enum oa_auth_scheme scheme;
    enum oa_auth_mechanism mechanism;
    bool has_token;
    bool is_spnego; /* the token is wrapped in SPNEGO */
    bool malformed; /* a recognised token whose fields extend beyond its bytes; what could be read
                       is set */
    unsigned ntlm_type; /* 1 NEGOTIATE, 2 CHALLENGE, 3 AUTHENTICATE; 0 otherwise */
    uint32_t ntlm_flags;
    bool has_version;
    uint8_t version_major, version_minor;
    uint16_t version_build;
    uint8_t version_revision; /* of NTLM itself, 15 */
    enum oa_ntlm_proof ntlm_proof;
    bool is_ntlm_v2; /* AUTHENTICATE with an NTLMv2 response */
    uint32_t av_ids; /* av pairs present: bit 1 << enum oa_ntlm_av; higher ids are omitted */
    uint32_t av_flags;
    uint64_t av_timestamp; /* FILETIME; 0 if absent */
    bool has_mic;
    bool has_channel_bindings; /* a non-zero channel bindings hash */
    bool is_anonymous;
    bool has_password;  /* Basic: there was one; it is not kept */
    uint32_t code_page; /* in which names were read that are neither Unicode nor ASCII; 0: none */
    char user[OA_AUTH_NAME];
    char domain[OA_AUTH_NAME];
    char workstation[OA_AUTH_NAME];
    char target_name[OA_AUTH_NAME]; /* CHALLENGE: target name; AUTHENTICATE: SPN of the av pairs */
    char netbios_computer[OA_AUTH_NAME]; /* av pairs 1 to 5 of a CHALLENGE or NTLMv2 response */
    char netbios_domain[OA_AUTH_NAME];
    char dns_computer[OA_AUTH_NAME];
    char dns_domain[OA_AUTH_NAME];
    char dns_forest[OA_AUTH_NAME];

    /* SPNEGO */
    bool is_spnego_init; /* NegTokenInit or NegTokenInit2; else NegTokenResp */
    unsigned n_mechs;    /* number of `mechs`, in order of preference */
    enum oa_spnego_mech mechs[OA_SPNEGO_MECHS_MAX];
    enum oa_spnego_mech chosen; /* NegTokenResp: the mechanism that was selected */
    bool has_state;
    uint8_t state; /* enum oa_spnego_state, or an undefined value */
    bool has_mech_token;
    bool has_mech_list_mic;

    /* Kerberos */
    unsigned kerberos_message;   /* enum oa_kerberos_message; 0 for none or another one */
    uint32_t kerberos_error;     /* KRB-ERROR */
    char realm[OA_AUTH_NAME];    /* of the ticket, or of the server that reports an error */
    enum oa_seal_outcome ticket; /* OA_SEAL_NONE: none; open: `user` is from it, as NAME@REALM */
};

/* Without any token: all members are zero. */
extern const struct oa_auth OA_AUTH_NONE;

/* What tokens are read with. */
struct oa_auth_reader {
    struct oa_code_pages *pages;             /* converts 8-bit names */
    const struct oa_kerberos_host *kerberos; /* opens tickets; NULL: nobody does */
};

/* Decodes one authentication header line. Sets all members of `auth`; a scheme without a token is a
 * valid offer. */
void oa_auth_from_http(const struct oa_http_credentials *credentials,
                       const struct oa_auth_reader *reader, struct oa_auth *auth);

/*
 * Decodes a raw token (an RPC verifier's auth_value, or a base64-decoded header): NTLM, SPNEGO with
 * NTLM or Kerberos inside, raw Kerberos. `auth->scheme` is set to what is found (NTLM, NEGOTIATE,
 * KERBEROS). Returns false if the token is none of these.
 */
bool oa_auth_from_token(const uint8_t *token, size_t length, const struct oa_auth_reader *reader,
                        struct oa_auth *auth);

/*
 * Finds the message of the mechanism in a raw token: without what SPNEGO and GSS put around it.
 * `*message` is over the bytes of the token. Returns the mechanism, of NTLM and Kerberos;
 * OA_AUTH_UNKNOWN: there is no message of these.
 */
enum oa_auth_mechanism oa_auth_message(const uint8_t *token, size_t length,
                                       struct oa_cursor *message);

/* Names for output: "Basic", "NTLM", "Negotiate", ... and "NTLM", "Kerberos"; "" for none and
 * unknown. */
const char *oa_auth_scheme_name(enum oa_auth_scheme scheme);
const char *oa_auth_mechanism_name(enum oa_auth_mechanism mechanism);

/* "NTLMv2", ...; "" for none. */
const char *oa_ntlm_proof_name(enum oa_ntlm_proof proof);

/* "MsvAvTimestamp", ..., or NULL beyond the table. */
const char *oa_ntlm_av_name(unsigned id);

/* The Windows versions that send this VERSION, [MS-NLMP] 2.2.2.10; "" if not in the table. */
const char *oa_ntlm_product_name(uint8_t major, uint8_t minor);

/* "NTLM", "Kerberos", "NEGOEX", ...; "" for none. */
const char *oa_spnego_mech_name(enum oa_spnego_mech mech);

/* "accept-completed", ...; "unknown" beyond the table. */
const char *oa_spnego_state_name(unsigned state);

/* "AP-REQ", "AP-REP", "KRB-ERROR"; "" for others. */
const char *oa_kerberos_message_name(unsigned message);

/* "KRB_AP_ERR_SKEW", ..., or NULL if not in the table. */
const char *oa_kerberos_error_name(uint32_t error);

#endif
