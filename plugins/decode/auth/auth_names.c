/* auth_names.c
 * Names of what authentication tokens hold.
 * [MS-NLMP] 2.2.2.1 (av pairs), 2.2.2.5 (flags), 2.2.2.10 (versions); [RFC 4178] 4.2.2; [RFC 4120]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth.h"

#include <glib.h>

const char *
oa_auth_mechanism_name(enum oa_auth_mechanism mechanism)
{
    static const char *const NAMES[] = {
        [OA_AUTH_UNKNOWN] = "",
        [OA_AUTH_BASIC] = "Basic",
        [OA_AUTH_NTLM] = "NTLM",
        [OA_AUTH_KERBEROS] = "Kerberos",
    };

    return (size_t)mechanism < G_N_ELEMENTS(NAMES) ? NAMES[mechanism] : "";
}

const char *
oa_ntlm_proof_name(enum oa_ntlm_proof proof)
{
    static const char *const NAMES[] = {
        [OA_NTLM_PROOF_NONE] = "",
        [OA_NTLM_PROOF_LM] = "LM",
        [OA_NTLM_PROOF_V1] = "NTLMv1",
        [OA_NTLM_PROOF_V1_SESSION] = "NTLMv1 with extended session security",
        [OA_NTLM_PROOF_V2] = "NTLMv2",
    };

    return (size_t)proof < G_N_ELEMENTS(NAMES) ? NAMES[proof] : "";
}

const char *
oa_ntlm_av_name(unsigned id)
{
    static const char *const NAMES[OA_NTLM_AV_IDS] = {
        [OA_NTLM_AV_END] = "MsvAvEOL",
        [OA_NTLM_AV_NB_COMPUTER_NAME] = "MsvAvNbComputerName",
        [OA_NTLM_AV_NB_DOMAIN_NAME] = "MsvAvNbDomainName",
        [OA_NTLM_AV_DNS_COMPUTER_NAME] = "MsvAvDnsComputerName",
        [OA_NTLM_AV_DNS_DOMAIN_NAME] = "MsvAvDnsDomainName",
        [OA_NTLM_AV_DNS_TREE_NAME] = "MsvAvDnsTreeName",
        [OA_NTLM_AV_FLAGS] = "MsvAvFlags",
        [OA_NTLM_AV_TIMESTAMP] = "MsvAvTimestamp",
        [OA_NTLM_AV_SINGLE_HOST] = "MsvAvSingleHost",
        [OA_NTLM_AV_TARGET_NAME] = "MsvAvTargetName",
        [OA_NTLM_AV_CHANNEL_BINDINGS] = "MsvAvChannelBindings",
    };

    return id < OA_NTLM_AV_IDS ? NAMES[id] : NULL;
}

const char *
oa_ntlm_product_name(uint8_t major, uint8_t minor)
{
    static const struct {
        uint8_t major, minor;
        const char *name;
    } ROWS[] = {
        { 5, 1, "Windows XP SP2" },
        { 5, 2, "Windows Server 2003" },
        { 6, 0, "Windows Vista or Server 2008" },
        { 6, 1, "Windows 7 or Server 2008 R2" },
        { 6, 2, "Windows 8 or Server 2012" },
        { 6, 3, "Windows 8.1 or Server 2012 R2" },
        { 10, 0, "Windows 10, Server 2016 or later" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        if (ROWS[i].major == major && ROWS[i].minor == minor)
            return ROWS[i].name;
    return "";
}

const char *
oa_spnego_mech_name(enum oa_spnego_mech mech)
{
    static const char *const NAMES[] = {
        [OA_SPNEGO_MECH_NONE] = "",
        [OA_SPNEGO_MECH_NTLM] = "NTLM",
        [OA_SPNEGO_MECH_KERBEROS] = "Kerberos",
        [OA_SPNEGO_MECH_MS_KERBEROS] = "MS Kerberos",
        [OA_SPNEGO_MECH_KERBEROS_USER_TO_USER] = "Kerberos user to user",
        [OA_SPNEGO_MECH_NEGOEX] = "NEGOEX",
        [OA_SPNEGO_MECH_OTHER] = "other",
    };

    return (size_t)mech < G_N_ELEMENTS(NAMES) ? NAMES[mech] : "";
}

const char *
oa_spnego_state_name(unsigned state)
{
    static const char *const NAMES[OA_SPNEGO_STATES] = {
        [OA_SPNEGO_ACCEPT_COMPLETED] = "accept-completed",
        [OA_SPNEGO_ACCEPT_INCOMPLETE] = "accept-incomplete",
        [OA_SPNEGO_REJECT] = "reject",
        [OA_SPNEGO_REQUEST_MIC] = "request-mic",
    };

    return state < OA_SPNEGO_STATES ? NAMES[state] : "unknown";
}

const char *
oa_kerberos_message_name(unsigned message)
{
    switch (message) {
    case OA_KERBEROS_AP_REQ:
        return "AP-REQ";
    case OA_KERBEROS_AP_REP:
        return "AP-REP";
    case OA_KERBEROS_ERROR:
        return "KRB-ERROR";
    default:
        return "";
    }
}

/* Those that an AP exchange can end with, [RFC 4120] 7.5.9. */
const char *
oa_kerberos_error_name(uint32_t error)
{
    static const struct {
        uint32_t code;
        const char *name;
    } ROWS[] = {
        { 31, "KRB_AP_ERR_BAD_INTEGRITY" }, { 32, "KRB_AP_ERR_TKT_EXPIRED" },
        { 33, "KRB_AP_ERR_TKT_NYV" },       { 34, "KRB_AP_ERR_REPEAT" },
        { 35, "KRB_AP_ERR_NOT_US" },        { 36, "KRB_AP_ERR_BADMATCH" },
        { 37, "KRB_AP_ERR_SKEW" },          { 38, "KRB_AP_ERR_BADADDR" },
        { 39, "KRB_AP_ERR_BADVERSION" },    { 40, "KRB_AP_ERR_MSG_TYPE" },
        { 41, "KRB_AP_ERR_MODIFIED" },      { 42, "KRB_AP_ERR_BADORDER" },
        { 44, "KRB_AP_ERR_BADKEYVER" },     { 45, "KRB_AP_ERR_NOKEY" },
        { 46, "KRB_AP_ERR_MUT_FAIL" },      { 47, "KRB_AP_ERR_BADDIRECTION" },
        { 48, "KRB_AP_ERR_METHOD" },        { 49, "KRB_AP_ERR_BADSEQ" },
        { 50, "KRB_AP_ERR_INAPP_CKSUM" },   { 60, "KRB_ERR_GENERIC" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        if (ROWS[i].code == error)
            return ROWS[i].name;
    return NULL;
}
