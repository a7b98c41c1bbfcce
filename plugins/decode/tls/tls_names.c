/* tls_names.c
 * Names of TLS versions, cipher suites and alerts.
 * [RFC 8446] appendix B, [RFC 5246] appendix A
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_facts.h"

#include <glib.h>

#include "tls/tls_suite.h"

static const char *const ALERT_NAMES[] = {
    [0] = "close_notify",
    [10] = "unexpected_message",
    [20] = "bad_record_mac",
    [21] = "decryption_failed",
    [22] = "record_overflow",
    [30] = "decompression_failure",
    [40] = "handshake_failure",
    [41] = "no_certificate",
    [42] = "bad_certificate",
    [43] = "unsupported_certificate",
    [44] = "certificate_revoked",
    [45] = "certificate_expired",
    [46] = "certificate_unknown",
    [47] = "illegal_parameter",
    [48] = "unknown_ca",
    [49] = "access_denied",
    [50] = "decode_error",
    [51] = "decrypt_error",
    [60] = "export_restriction",
    [70] = "protocol_version",
    [71] = "insufficient_security",
    [80] = "internal_error",
    [86] = "inappropriate_fallback",
    [90] = "user_canceled",
    [100] = "no_renegotiation",
    [109] = "missing_extension",
    [110] = "unsupported_extension",
    [111] = "certificate_unobtainable",
    [112] = "unrecognized_name",
    [113] = "bad_certificate_status_response",
    [114] = "bad_certificate_hash_value",
    [115] = "unknown_psk_identity",
    [116] = "certificate_required",
    [120] = "no_application_protocol",
    [121] = "ech_required",
};

void
oa_tls_version_text(uint16_t version, char out[OA_TLS_VERSION_TEXT])
{
    if (version == 0x0300)
        g_strlcpy(out, "SSL 3.0", OA_TLS_VERSION_TEXT);
    else if (version > 0x0300 && version <= 0x0304)
        g_snprintf(out, OA_TLS_VERSION_TEXT, "TLS 1.%u", version - 0x0301u);
    else if (version >> 8 == 0x7f)
        g_snprintf(out, OA_TLS_VERSION_TEXT, "TLS 1.3 draft %u", version & 0xffu);
    else
        g_snprintf(out, OA_TLS_VERSION_TEXT, "0x%04x", version);
}

void
oa_tls_cipher_text(uint16_t code, char out[OA_TLS_CIPHER_TEXT])
{
    const struct oa_tls_suite *suite = oa_tls_suite_find(code);

    if (suite)
        g_strlcpy(out, suite->name, OA_TLS_CIPHER_TEXT);
    else
        g_snprintf(out, OA_TLS_CIPHER_TEXT, "0x%04x", code);
}

const char *
oa_tls_alert_name(uint8_t description)
{
    return description < G_N_ELEMENTS(ALERT_NAMES) ? ALERT_NAMES[description] : NULL;
}
