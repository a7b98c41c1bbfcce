/* tls_certificate.h
 * The facts of an X.509 certificate that identify its owner and its validity.
 * [RFC 5280] 4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_TLS_CERTIFICATE_H
#define OA_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OA_TLS_DN_TEXT 512
#define OA_TLS_NAME_TEXT 256

/* Texts are clean UTF-8, cut to their size; empty if absent. */
struct oa_tls_certificate {
    char subject[OA_TLS_DN_TEXT]; /* as [RFC 4514] writes it, the most specific part first */
    char issuer[OA_TLS_DN_TEXT];
    char common_name[OA_TLS_NAME_TEXT]; /* the last CN of the subject */
    char dns_name[OA_TLS_NAME_TEXT];    /* the first DNS name of subjectAltName */
    unsigned n_dns_names;
    bool has_validity;
    int64_t not_before_s, not_after_s; /* since the epoch */
};

/* Parses a certificate in DER. Returns false, with `certificate` empty, if it is not one. */
bool oa_tls_certificate_parse(const uint8_t *der, size_t length,
                              struct oa_tls_certificate *certificate);

/* Whether a certificate in DER has the name of that host: one of its DNS names, or without any of
 * them its common name. `*` stands for the first label. [RFC 9525] 6.3 */
bool oa_tls_certificate_covers(const uint8_t *der, size_t length, const char *host);

#endif
