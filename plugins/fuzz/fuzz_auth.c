/* fuzz_auth.c
 * Any bytes as an authentication token and as HTTP credentials: texts are clean, both ways agree.
 * [LLVM libFuzzer]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth.h"

#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
    g_assert_true(memchr(text, '\0', OA_AUTH_NAME) != NULL);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    for (; *text; text = g_utf8_next_char(text))
        g_assert_false(g_unichar_iscntrl(g_utf8_get_char(text)));
}

static void
check(const struct oa_auth *auth)
{
    const char *const texts[] = {
        auth->user,         auth->domain,           auth->workstation,
        auth->target_name,  auth->netbios_computer, auth->netbios_domain, /* av pairs */
        auth->dns_computer, auth->dns_domain,       auth->dns_forest,
        auth->realm,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        check_text(texts[i]);
    g_assert_true(auth->ntlm_type <= 3);
    g_assert_true(auth->ntlm_type == 0 || auth->mechanism == OA_AUTH_NTLM);
    if (auth->user[0])
        g_assert_true(auth->ntlm_type == 3 || auth->mechanism == OA_AUTH_BASIC);
    g_assert_false(auth->is_anonymous && auth->user[0]);
    g_assert_false(auth->has_mic && !auth->is_ntlm_v2);
    g_assert_true((auth->ntlm_proof == OA_NTLM_PROOF_V2) == auth->is_ntlm_v2);
    g_assert_true(auth->ntlm_proof == OA_NTLM_PROOF_NONE || auth->ntlm_type == 3);
    g_assert_true(auth->av_ids >> OA_NTLM_AV_IDS == 0);
    g_assert_true(auth->n_mechs <= OA_SPNEGO_MECHS_MAX);
    g_assert_true(auth->n_mechs == 0 || auth->is_spnego_init);
    g_assert_true(auth->is_spnego || (!auth->is_spnego_init && !auth->has_state));
    g_assert_true(auth->kerberos_message == 0 || auth->mechanism == OA_AUTH_KERBEROS);
    g_assert_true(auth->realm[0] == '\0' || auth->kerberos_message != 0);
    bool has_name = oa_auth_mechanism_name(auth->mechanism)[0] != '\0';
    g_assert_true(has_name == (auth->mechanism != OA_AUTH_UNKNOWN));
    has_name = oa_auth_scheme_name(auth->scheme)[0] != '\0';
    g_assert_true(has_name == (auth->scheme != OA_AUTH_SCHEME_NONE));
}

static struct oa_auth_reader reader;

static struct oa_text
text_of(const char *string)
{
    return (struct oa_text){ string, strlen(string) };
}

static void
read_as(enum oa_http_auth_header kind, const char *name, struct oa_text text, struct oa_auth *to)
{
    struct oa_http_credentials credentials = { kind, text_of(name), text };

    memset(to, 0x55, sizeof *to);
    oa_auth_from_http(&credentials, &reader, to);
    check(to);
}

/* The user of Basic is what stands before the colon; nothing that stands behind it may show. */
static void
check_basic(const uint8_t *data, size_t size, const char *base64)
{
    const uint8_t *colon = size ? memchr(data, ':', size) : NULL;
    struct oa_auth auth, other;

    read_as(OA_HTTP_AUTHORIZATION, "Basic", text_of(base64), &auth);
    g_assert_true(auth.malformed == (size > 0 && !colon));
    g_assert_true(auth.has_password == (colon && colon + 1 < data + size));
    if (!colon)
        g_assert_true(auth.user[0] == '\0' && auth.domain[0] == '\0');
    if (!auth.has_password)
        return;
    char *open = g_base64_encode(data, (gsize)(colon + 1 - data));
    read_as(OA_HTTP_AUTHORIZATION, "Basic", text_of(open), &other);
    g_assert_true(strcmp(auth.user, other.user) == 0 && strcmp(auth.domain, other.domain) == 0);
    g_free(open);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const SCHEMES[] = { "Basic", "NTLM", "Kerberos", "Bearer", "?" };
    char *base64 = g_base64_encode(data, size);
    struct oa_text token = { (const char *)data, size };
    struct oa_auth raw, http;

    if (!reader.pages)
        reader.pages = oa_code_pages_new();
    memset(&raw, 0x55, sizeof raw);
    bool understood = oa_auth_from_token(data, size, &reader, &raw);
    check(&raw);
    g_assert_true(understood == (raw.scheme != OA_AUTH_SCHEME_NONE));
    read_as(OA_HTTP_WWW_AUTHENTICATE, "Negotiate", text_of(base64), &http);
    g_assert_true(http.scheme == OA_AUTH_SCHEME_NEGOTIATE);
    http.scheme = raw.scheme;
    g_assert_true(memcmp(&http, &raw, sizeof raw) == 0);
    check_basic(data, size, base64);
    for (size_t i = 0; i < G_N_ELEMENTS(SCHEMES); i++)
        read_as(OA_HTTP_AUTHORIZATION, SCHEMES[i], token, &http);
    g_free(base64);
    return 0;
}
