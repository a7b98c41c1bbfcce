/* test_auth.c
 * Tests of auth.c: NTLM messages, SPNEGO and Kerberos wrappings, Basic credentials, HTTP headers.
 * [MS-NLMP] 4.2, [MS-SPNG] 4.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "auth/auth_repeated.h"

#include <string.h>

#include <glib.h>

#include "ntlm_tokens.h"

/*
 * Tokens in hexadecimal, besides the samples in ntlm_tokens.h. NEGOTIATE_PLAIN is what impacket
 * sends, and INIT2_NEGOEX is the dump of [MS-SPNG] 4.1. The others are made: layouts by the
 * documents, contents invented.
 */
static const char NEGOTIATE_PLAIN[] = "4e544c4d5353500001000000050288a0"
                                      "00000000000000000000000000000000";

static const char NEGOTIATE_NAMES[] =
    "4e544c4d535350000100000007b208e2030003002d00000005000500280000000a0063450000000f50432d31"
    "374c4142";

static const char CHALLENGE_OLD[] =
    "4e544c4d53535000020000000600060030000000010281000101010101010101000000000000000020002000"
    "36000000530072007600090008006500760069006c0003000c0073002e00740065007300740000000000";

static const char AUTHENTICATE_FULL[] =
    "4e544c4d53535000030000001800180074000000e000e0008c00000006000600580000000c000c005e000000"
    "0a000a006a000000100010006c010000358288e20a00614a0000000f66666666666666666666666666666666"
    "4c00410042006a00f600720067003dd800de500043002d003100370000000000000000000000000000000000"
    "00000000000000004444444444444444444444444444444401010000000000000101010101010101aaaaaaaa"
    "aaaaaaaa00000000020006004c0041004200010008004d00410049004c00040010006c00610062002e007400"
    "65007300740003001a006d00610069006c002e006c00610062002e007400650073007400050010006c006100"
    "62002e00740065007300740007000800010101010101010106000400020000000a0010005a5a5a5a5a5a5a5a"
    "5a5a5a5a5a5a5a5a0900240048005400540050002f006d00610069006c002e006c00610062002e0074006500"
    "73007400000000000000000055555555555555555555555555555555";

static const char AUTHENTICATE_ANONYMOUS[] =
    "4e544c4d53535000030000000100010040000000000000004100000000000000000000000000000000000000"
    "000000000000000000000000ffffffff058a000000";

static const char AUTHENTICATE_OLDEST[] =
    "4e544c4d5353500003000000180018003d000000180018005500000003000300340000000300030037000000"
    "030003003a000000444f4d626f624f4c44111111111111111111111111111111111111111111111111222222"
    "222222222222222222222222222222222222222222";

static const char INIT2_NEGOEX[] =
    "6082015d06062b0601050502a08201513082014da01a3018060a2b06010401823702021e060a2b0601040182"
    "3702020aa28201010481fe4e45474f4558545301000000000000006000000070000000cffa11765e12599a34"
    "7d766852bfce7097458710bb8242b4c7dfbad2da897aa311a7d868463430952562dc13c554f2010000000000"
    "000000600000000100000000000000000000005c33530deaf90d4db2ec4ae3786ec3084e45474f4558545303"
    "00000001000000400000008e000000cffa11765e12599a347d766852bfce705c33530deaf90d4db2ec4ae378"
    "6ec308400000004e000000304ca04a3048302a80283026312430220603550403131b584d4c50726f76696465"
    "7220496e7465726d656469617465204341301a80183016311430120603550403130b584d4c50726f76696465"
    "72a32a3028a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f72"
    "65";

static const char NTLM_IN_INIT[] =
    "604006062b0601050502a0363034a00e300c060a2b06010401823702020aa22204204e544c4d535350000100"
    "0000050288a000000000000000000000000000000000";

static const char NTLM_IN_RESP[] =
    "a18181307fa0030a0101a10c060a2b06010401823702020aa26a04684e544c4d53535000020000000c000c00"
    "3800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500"
    "720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";

static const char RESP_ACCEPTED[] = "a1073005a0030a0100";

static const char KERBEROS_IN_INIT[] =
    "6081dd06062b0601050502a081d23081cfa024302206092a864882f71201020206092a864886f71201020206"
    "0a2b06010401823702020aa281a60481a36081a006092a864886f71201020201006e819030818da003020105"
    "a10302010ea20703050020000000a35b61593057a003020105a10d1b0b4558414d504c452e434f4da2243022"
    "a003020102a11b30191b04485454501b1170726f78792e6578616d706c652e636f6da31b3019a003020112a2"
    "12041011111111111111111111111111111111a41b3019a003020112a2120410222222222222222222222222"
    "22222222";

static const char KERBEROS_GSS[] =
    "6081a006092a864886f71201020201006e819030818da003020105a10302010ea20703050020000000a35b61"
    "593057a003020105a10d1b0b4558414d504c452e434f4da2243022a003020102a11b30191b04485454501b11"
    "70726f78792e6578616d706c652e636f6da31b3019a003020112a21204101111111111111111111111111111"
    "1111a41b3019a003020112a212041022222222222222222222222222222222";

static const char KERBEROS_BARE[] =
    "6e819030818da003020105a10302010ea20703050020000000a35b61593057a003020105a10d1b0b4558414d"
    "504c452e434f4da2243022a003020102a11b30191b04485454501b1170726f78792e6578616d706c652e636f"
    "6da31b3019a003020112a212041011111111111111111111111111111111a41b3019a003020112a212041022"
    "222222222222222222222222222222";

static const char KERBEROS_IN_RESP[] =
    "a14a3048a0030a0100a10b06092a864882f712010202a2340432603006092a864886f71201020202006f2130"
    "1fa003020105a10302010fa2133011a003020112a20a04083333333333333333";

/* A token and what is to be found in it; a text that is not named is empty. */
struct row {
    const char *name;
    const char *hex;
    size_t shortest;       /* so many bytes are a whole token too; 0 if only all of it is */
    struct oa_auth expect; /* has_token is implied */
};

static const struct row ROWS[] = {
    {
        .name = "NEGOTIATE of impacket",
        .hex = NEGOTIATE_PLAIN,
        .shortest = 16,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 1,
                    .ntlm_flags = 0xA0880205 },
    },
    {
        .name = "NEGOTIATE with OEM names and version",
        .hex = NEGOTIATE_NAMES,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 1,
                    .ntlm_flags = 0xE208B207,
                    .has_version = true,
                    .version_major = 10,
                    .version_build = 17763,
                    .domain = "LAB",
                    .workstation = "PC-17" },
    },
    {
        .name = "CHALLENGE, NTLMv1",
        .hex = CHALLENGE_V1,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 2,
                    .ntlm_flags = 0xE2028233,
                    .has_version = true,
                    .version_major = 6,
                    .version_build = 6000,
                    .target_name = "Server" },
    },
    {
        .name = "AUTHENTICATE, NTLMv1",
        .hex = AUTHENTICATE_V1,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .ntlm_flags = 0xE2808235,
                    .has_version = true,
                    .version_major = 5,
                    .version_minor = 1,
                    .version_build = 2600,
                    .domain = "Domain",
                    .user = "User",
                    .workstation = "COMPUTER" },
    },
    {
        .name = "CHALLENGE, NTLMv1 with client challenge",
        .hex = CHALLENGE_V1_CLIENT,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 2,
                    .ntlm_flags = 0x820A8233,
                    .has_version = true,
                    .version_major = 6,
                    .version_build = 6000,
                    .target_name = "Server" },
    },
    {
        .name = "AUTHENTICATE, NTLMv1 with client challenge",
        .hex = AUTHENTICATE_V1_CLIENT,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .ntlm_flags = 0x82088235,
                    .has_version = true,
                    .version_major = 5,
                    .version_minor = 1,
                    .version_build = 2600,
                    .domain = "Domain",
                    .user = "User",
                    .workstation = "COMPUTER" },
    },
    {
        .name = "CHALLENGE, NTLMv2",
        .hex = CHALLENGE_V2,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 2,
                    .ntlm_flags = 0xE28A8233,
                    .has_version = true,
                    .version_major = 6,
                    .version_build = 6000,
                    .target_name = "Server",
                    .netbios_domain = "Domain",
                    .netbios_computer = "Server" },
    },
    {
        .name = "CHALLENGE without a version, with a target name among its av pairs",
        .hex = CHALLENGE_OLD,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 2,
                    .ntlm_flags = 0x00810201,
                    .target_name = "Srv",
                    .dns_computer = "s.test" },
    },
    {
        .name = "AUTHENTICATE, NTLMv2",
        .hex = AUTHENTICATE_V2,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .ntlm_flags = 0xE2888235,
                    .has_version = true,
                    .version_major = 5,
                    .version_minor = 1,
                    .version_build = 2600,
                    .is_ntlm_v2 = true,
                    .domain = "Domain",
                    .user = "User",
                    .workstation = "COMPUTER",
                    .netbios_domain = "Domain",
                    .netbios_computer = "Server" },
    },
    {
        .name = "AUTHENTICATE with MIC, channel bindings and all names",
        .hex = AUTHENTICATE_FULL,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .ntlm_flags = 0xE2888235,
                    .has_version = true,
                    .version_major = 10,
                    .version_build = 19041,
                    .is_ntlm_v2 = true,
                    .has_mic = true,
                    .has_channel_bindings = true,
                    .domain = "LAB",
                    .user = "j\xC3\xB6rg\xF0\x9F\x98\x80",
                    .workstation = "PC-17",
                    .target_name = "HTTP/mail.lab.test",
                    .netbios_domain = "LAB",
                    .netbios_computer = "MAIL",
                    .dns_computer = "mail.lab.test",
                    .dns_domain = "lab.test",
                    .dns_forest = "lab.test" },
    },
    {
        .name = "AUTHENTICATE, anonymous",
        .hex = AUTHENTICATE_ANONYMOUS,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .ntlm_flags = 0x8A05,
                    .is_anonymous = true },
    },
    {
        .name = "AUTHENTICATE, oldest form",
        .hex = AUTHENTICATE_OLDEST,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM,
                    .mechanism = OA_AUTH_NTLM,
                    .ntlm_type = 3,
                    .domain = "DOM",
                    .user = "bob",
                    .workstation = "OLD" },
    },
    {
        .name = "NegTokenInit2 with NEGOEX first",
        .hex = INIT2_NEGOEX,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE, .is_spnego = true },
    },
    {
        .name = "NegTokenInit with NTLM",
        .hex = NTLM_IN_INIT,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE,
                    .mechanism = OA_AUTH_NTLM,
                    .is_spnego = true,
                    .ntlm_type = 1,
                    .ntlm_flags = 0xA0880205 },
    },
    {
        .name = "NegTokenResp with NTLM",
        .hex = NTLM_IN_RESP,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE,
                    .mechanism = OA_AUTH_NTLM,
                    .is_spnego = true,
                    .ntlm_type = 2,
                    .ntlm_flags = 0xE28A8233,
                    .has_version = true,
                    .version_major = 6,
                    .version_build = 6000,
                    .target_name = "Server",
                    .netbios_domain = "Domain",
                    .netbios_computer = "Server" },
    },
    {
        .name = "NegTokenResp, accepted",
        .hex = RESP_ACCEPTED,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE, .is_spnego = true },
    },
    {
        .name = "NegTokenInit with Kerberos",
        .hex = KERBEROS_IN_INIT,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE,
                    .mechanism = OA_AUTH_KERBEROS,
                    .is_spnego = true,
                    .target_name = "HTTP/proxy.example.com" },
    },
    {
        .name = "Kerberos with GSS header",
        .hex = KERBEROS_GSS,
        .expect = { .scheme = OA_AUTH_SCHEME_KERBEROS,
                    .mechanism = OA_AUTH_KERBEROS,
                    .target_name = "HTTP/proxy.example.com" },
    },
    {
        .name = "Kerberos without GSS header",
        .hex = KERBEROS_BARE,
        .expect = { .scheme = OA_AUTH_SCHEME_KERBEROS,
                    .mechanism = OA_AUTH_KERBEROS,
                    .target_name = "HTTP/proxy.example.com" },
    },
    {
        .name = "NegTokenResp with Kerberos",
        .hex = KERBEROS_IN_RESP,
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE,
                    .mechanism = OA_AUTH_KERBEROS,
                    .is_spnego = true,
                    .malformed = false },
    },
    {
        .name = "NTLM signature with a type that does not exist",
        .hex = "4e544c4d5353500004000000",
        .shortest = 8,
        .expect = { .scheme = OA_AUTH_SCHEME_NTLM, .mechanism = OA_AUTH_NTLM, .malformed = true },
    },
    {
        .name = "SPNEGO header and nothing behind it",
        .hex = "600806062b0601050502",
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE, .is_spnego = true, .malformed = true },
    },
    {
        .name = "SPNEGO inside SPNEGO is not followed",
        .hex = "a10f300da20b0409a1073005a0030a0100",
        .expect = { .scheme = OA_AUTH_SCHEME_NEGOTIATE, .is_spnego = true },
    },
};

/* Tokens that are none of ours. */
static const struct {
    const char *name;
    const char *hex;
} STRANGERS[] = {
    { "nothing known", "deadbeefdeadbeef" },
    { "half a signature", "4e544c4d535350" },
    { "GSS header of another mechanism", "6005060301020300" },
    { "indefinite length", "6080062b06010505020000" },
    { "length of five bytes", "6085000000000a06062b0601050502" },
    { "length without its bytes", "608401" },
    { "NegTokenResp without a sequence", "a1030a0101" },
    { "AP-REQ tag without its version", "6e0a3008a003020104a10100" },
    { "no bytes", "" },
};

/* A header as it stands in a head, and what is to be found in it. */
static const struct {
    enum oa_http_auth_header header;
    const char *scheme;
    const char *token;
    struct oa_auth expect;
} HTTP_ROWS[] = {
    { OA_HTTP_WWW_AUTHENTICATE, "ntlm", "", { .scheme = OA_AUTH_SCHEME_NTLM } },
    { OA_HTTP_WWW_AUTHENTICATE, "Negotiate", "", { .scheme = OA_AUTH_SCHEME_NEGOTIATE } },
    { OA_HTTP_WWW_AUTHENTICATE, "Basic", "realm=\"x\"", { .scheme = OA_AUTH_SCHEME_BASIC } },
    { OA_HTTP_PROXY_AUTHENTICATE, "Digest", "realm=\"x\"", { .scheme = OA_AUTH_SCHEME_DIGEST } },
    { OA_HTTP_AUTHORIZATION, "", "", { .scheme = OA_AUTH_SCHEME_NONE } },
    /* known by name only */
    { OA_HTTP_AUTHORIZATION,
      "Bearer",
      "e30.e30.",
      { .scheme = OA_AUTH_SCHEME_BEARER, .mechanism = OA_AUTH_UNKNOWN, .has_token = true } },
    { OA_HTTP_AUTHORIZATION, "HOBA", "x", { .scheme = OA_AUTH_SCHEME_OTHER, .has_token = true } },
    /* base64 of nothing known */
    { OA_HTTP_AUTHORIZATION,
      "Negotiate",
      "token",
      { .scheme = OA_AUTH_SCHEME_NEGOTIATE, .mechanism = OA_AUTH_UNKNOWN, .has_token = true } },
    /* raw NTLM under Negotiate */
    { OA_HTTP_AUTHORIZATION,
      "NEGOTIATE",
      "TlRMTVNTUAABAAAABQKIoAAAAAAAAAAAAAAAAAAAAAA=",
      { .scheme = OA_AUTH_SCHEME_NEGOTIATE,
        .mechanism = OA_AUTH_NTLM,
        .has_token = true,
        .ntlm_type = 1,
        .ntlm_flags = 0xA0880205 } },
    { OA_HTTP_WWW_AUTHENTICATE,
      "NTLM",
      "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUA"
      "cgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=",
      { .scheme = OA_AUTH_SCHEME_NTLM,
        .mechanism = OA_AUTH_NTLM,
        .has_token = true,
        .ntlm_type = 2,
        .ntlm_flags = 0xE28A8233,
        .has_version = true,
        .version_major = 6,
        .version_build = 6000,
        .target_name = "Server",
        .netbios_domain = "Domain",
        .netbios_computer = "Server" } },
};

/* Basic credentials in clear, and what is to be found in them. */
static const struct {
    const char *clear;
    const char *user;
    const char *domain;
    bool has_password;
    bool malformed;
} BASIC_ROWS[] = {
    { "brian@lab.test:Seed-Lab-1", "brian@lab.test", "", true, false },
    { "LAB\\brian:a:b", "brian", "LAB", true, false },
    { "LAB\\a\\b:x", "a\\b", "LAB", true, false },
    { "brian:pass\\word", "brian", "", true, false },
    { "brian:", "brian", "", false, false },
    { ":x", "", "", true, false },
    { "j\xC3\xB6rg:x", "j\xC3\xB6rg", "", true, false },
    { "j\xF6rg:x", "j\xC3\xB6rg", "", true, false },
    { "a\n:x", "a\xEF\xBF\xBD", "", true, false },
    { "Seed-Lab-1", "", "", false, true },
};

static GByteArray *
from_hex(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();

    for (; hex[0] && hex[1]; hex += 2) {
        guint8 byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

static struct oa_auth_reader reader;

/* Reads a copy on the heap of just that size: the address sanitizer sees a read beyond it. */
static bool
read_exact(const uint8_t *token, size_t length, struct oa_auth *auth)
{
    uint8_t *copy = g_malloc(length ? length : 1);

    memset(auth, 0x55, sizeof *auth);
    if (length > 0)
        memcpy(copy, token, length);
    bool understood = oa_auth_from_token(copy, length, &reader, auth);
    g_free(copy);
    return understood;
}

static void
check_texts(const struct oa_auth *found, const struct oa_auth *expect)
{
    g_assert_cmpstr(found->user, ==, expect->user);
    g_assert_cmpstr(found->domain, ==, expect->domain);
    g_assert_cmpstr(found->workstation, ==, expect->workstation);
    g_assert_cmpstr(found->target_name, ==, expect->target_name);
    g_assert_cmpstr(found->netbios_computer, ==, expect->netbios_computer);
    g_assert_cmpstr(found->netbios_domain, ==, expect->netbios_domain);
    g_assert_cmpstr(found->dns_computer, ==, expect->dns_computer);
    g_assert_cmpstr(found->dns_domain, ==, expect->dns_domain);
    g_assert_cmpstr(found->dns_forest, ==, expect->dns_forest);
}

static void
check(const struct oa_auth *found, const struct oa_auth *expect)
{
    g_assert_cmpint(found->scheme, ==, expect->scheme);
    g_assert_cmpint(found->mechanism, ==, expect->mechanism);
    g_assert_cmpint(found->has_token, ==, expect->has_token);
    g_assert_cmpint(found->is_spnego, ==, expect->is_spnego);
    g_assert_cmpint(found->malformed, ==, expect->malformed);
    g_assert_cmpuint(found->ntlm_type, ==, expect->ntlm_type);
    g_assert_cmphex(found->ntlm_flags, ==, expect->ntlm_flags);
    g_assert_cmpint(found->has_version, ==, expect->has_version);
    g_assert_cmpuint(found->version_major, ==, expect->version_major);
    g_assert_cmpuint(found->version_minor, ==, expect->version_minor);
    g_assert_cmpuint(found->version_build, ==, expect->version_build);
    g_assert_cmpint(found->is_ntlm_v2, ==, expect->is_ntlm_v2);
    g_assert_cmpint(found->has_mic, ==, expect->has_mic);
    g_assert_cmpint(found->has_channel_bindings, ==, expect->has_channel_bindings);
    g_assert_cmpint(found->is_anonymous, ==, expect->is_anonymous);
    g_assert_cmpint(found->has_password, ==, expect->has_password);
    check_texts(found, expect);
}

static void
test_tokens(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        GByteArray *token = from_hex(ROWS[i].hex);
        struct oa_auth expect = ROWS[i].expect;
        struct oa_auth found;

        g_test_message("%s", ROWS[i].name);
        expect.has_token = true;
        g_assert_true(read_exact(token->data, token->len, &found));
        check(&found, &expect);
        g_byte_array_unref(token);
    }
}

static void
test_strangers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(STRANGERS); i++) {
        GByteArray *token = from_hex(STRANGERS[i].hex);
        struct oa_auth expect = { .has_token = token->len > 0 };
        struct oa_auth found;

        g_test_message("%s", STRANGERS[i].name);
        g_assert_false(read_exact(token->data, token->len, &found));
        check(&found, &expect);
        g_byte_array_unref(token);
    }
}

/* A token that is cut is not understood or known to be cut, and tells no more than the whole. */
static void
test_every_prefix(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        GByteArray *token = from_hex(ROWS[i].hex);
        size_t shortest = ROWS[i].shortest ? ROWS[i].shortest : token->len;

        g_test_message("%s", ROWS[i].name);
        for (size_t length = 0; length < token->len; length++) {
            struct oa_auth found;

            if (read_exact(token->data, length, &found) && length < shortest)
                g_assert_true(found.malformed);
            g_assert_false(found.is_anonymous);
            g_assert_true(g_str_has_prefix(ROWS[i].expect.user, found.user));
            g_assert_true(g_str_has_prefix(ROWS[i].expect.target_name, found.target_name));
        }
        g_byte_array_unref(token);
    }
}

/* Every byte at its extremes: offsets and lengths that lie are never followed. */
static void
test_every_byte_wrong(void)
{
    static const uint8_t VALUES[] = { 0x00, 0x7F, 0x80, 0x84, 0xFF };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        GByteArray *token = from_hex(ROWS[i].hex);

        for (size_t at = 0; at < token->len * sizeof VALUES; at++) {
            uint8_t *byte = &token->data[at / sizeof VALUES];
            uint8_t kept = *byte;
            struct oa_auth found;

            *byte = VALUES[at % sizeof VALUES];
            read_exact(token->data, token->len, &found);
            g_assert_true(g_utf8_validate(found.user, -1, NULL));
            g_assert_true(g_utf8_validate(found.target_name, -1, NULL));
            *byte = kept;
        }
        g_byte_array_unref(token);
    }
}

static void
read_http(enum oa_http_auth_header kind, const char *scheme, const char *token, struct oa_auth *to)
{
    size_t length = strlen(token);
    char *copy = g_malloc(length ? length : 1);
    struct oa_text name = { scheme, strlen(scheme) };
    struct oa_http_credentials credentials = { kind, name, { copy, length } };

    memset(to, 0x55, sizeof *to);
    memcpy(copy, token, length);
    oa_auth_from_http(&credentials, &reader, to);
    g_free(copy);
}

static void
test_http(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(HTTP_ROWS); i++) {
        struct oa_auth found;

        g_test_message("%s %s", HTTP_ROWS[i].scheme, HTTP_ROWS[i].token);
        read_http(HTTP_ROWS[i].header, HTTP_ROWS[i].scheme, HTTP_ROWS[i].token, &found);
        check(&found, &HTTP_ROWS[i].expect);
    }
}

/* Every token is the same as a header as it is by itself, but for the scheme. */
static void
test_http_tokens(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        GByteArray *token = from_hex(ROWS[i].hex);
        char *base64 = g_base64_encode(token->data, token->len);
        struct oa_auth expect = ROWS[i].expect;
        struct oa_auth found;

        g_test_message("%s", ROWS[i].name);
        expect.has_token = true;
        expect.scheme = OA_AUTH_SCHEME_NEGOTIATE;
        read_http(OA_HTTP_PROXY_AUTHORIZATION, "Negotiate", base64, &found);
        check(&found, &expect);
        g_free(base64);
        g_byte_array_unref(token);
    }
}

static void
test_basic(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(BASIC_ROWS); i++) {
        const char *clear = BASIC_ROWS[i].clear;
        char *base64 = g_base64_encode((const guchar *)clear, strlen(clear));
        struct oa_auth expect = { .scheme = OA_AUTH_SCHEME_BASIC, .mechanism = OA_AUTH_BASIC };
        struct oa_auth found;

        g_test_message("%s", base64);
        expect.has_token = true;
        expect.has_password = BASIC_ROWS[i].has_password;
        expect.malformed = BASIC_ROWS[i].malformed;
        g_strlcpy(expect.user, BASIC_ROWS[i].user, sizeof expect.user);
        g_strlcpy(expect.domain, BASIC_ROWS[i].domain, sizeof expect.domain);
        read_http(OA_HTTP_AUTHORIZATION, "Basic", base64, &found);
        check(&found, &expect);
        g_free(base64);
    }
}

/* Names longer than their room are cut, in either charset. */
static void
test_long_names(void)
{
    static const char *const LETTERS[] = { "a", "\xF6" };

    for (size_t i = 0; i < G_N_ELEMENTS(LETTERS); i++) {
        char *user = g_strnfill(1000, LETTERS[i][0]);
        char *clear = g_strconcat(user, "\\", user, ":x", NULL);
        char *base64 = g_base64_encode((const guchar *)clear, strlen(clear));
        struct oa_auth found;

        read_http(OA_HTTP_AUTHORIZATION, "Basic", base64, &found);
        g_assert_cmpuint(strlen(found.user), >=, OA_AUTH_NAME - 2);
        g_assert_cmpstr(found.user, ==, found.domain);
        g_assert_true(g_utf8_validate(found.user, -1, NULL));
        g_free(base64);
        g_free(clear);
        g_free(user);
    }
}

/* A token that has to be understood. */
static void
read_hex(const char *hex, struct oa_auth *auth)
{
    GByteArray *token = from_hex(hex);

    g_assert_true(read_exact(token->data, token->len, auth));
    g_byte_array_unref(token);
}

/* What the rows above do not hold of the same tokens. */
static void
test_ntlm_facts(void)
{
    struct oa_auth auth;

    read_hex(AUTHENTICATE_FULL, &auth);
    g_assert_cmpint(auth.ntlm_proof, ==, OA_NTLM_PROOF_V2);
    g_assert_cmphex(auth.av_ids, ==, 0x6FE); /* 1 to 7, 9, 10 */
    g_assert_cmphex(auth.av_flags, ==, OA_NTLM_AV_FLAG_MIC);
    g_assert_cmphex(auth.av_timestamp, ==, 0x0101010101010101);
    g_assert_cmpuint(auth.version_revision, ==, 15);
    read_hex(AUTHENTICATE_V1, &auth);
    g_assert_cmpint(auth.ntlm_proof, ==, OA_NTLM_PROOF_V1);
    g_assert_cmphex(auth.av_ids, ==, 0);
    read_hex(AUTHENTICATE_V1_CLIENT, &auth);
    g_assert_cmpint(auth.ntlm_proof, ==, OA_NTLM_PROOF_V1_SESSION);
    read_hex(AUTHENTICATE_ANONYMOUS, &auth);
    g_assert_cmpint(auth.ntlm_proof, ==, OA_NTLM_PROOF_NONE);
    read_hex(CHALLENGE_V2, &auth);
    g_assert_cmphex(auth.av_ids, ==, 0x6);
}

static void
test_spnego_facts(void)
{
    struct oa_auth auth;

    read_hex(INIT2_NEGOEX, &auth);
    g_assert_true(auth.is_spnego_init && auth.has_mech_token && !auth.has_mech_list_mic);
    g_assert_cmpuint(auth.n_mechs, ==, 2);
    g_assert_cmpint(auth.mechs[0], ==, OA_SPNEGO_MECH_NEGOEX);
    g_assert_cmpint(auth.mechs[1], ==, OA_SPNEGO_MECH_NTLM);
    g_assert_false(auth.has_state);
    read_hex(KERBEROS_IN_INIT, &auth);
    g_assert_cmpuint(auth.n_mechs, ==, 3);
    g_assert_cmpint(auth.mechs[0], ==, OA_SPNEGO_MECH_MS_KERBEROS);
    g_assert_cmpint(auth.mechs[1], ==, OA_SPNEGO_MECH_KERBEROS);
    g_assert_cmpint(auth.mechs[2], ==, OA_SPNEGO_MECH_NTLM);
    read_hex(NTLM_IN_RESP, &auth);
    g_assert_false(auth.is_spnego_init);
    g_assert_true(auth.has_state && auth.has_mech_token);
    g_assert_cmpuint(auth.state, ==, OA_SPNEGO_ACCEPT_INCOMPLETE);
    g_assert_cmpint(auth.chosen, ==, OA_SPNEGO_MECH_NTLM);
    read_hex(RESP_ACCEPTED, &auth);
    g_assert_true(auth.has_state && !auth.has_mech_token);
    g_assert_cmpuint(auth.state, ==, OA_SPNEGO_ACCEPT_COMPLETED);
    g_assert_cmpint(auth.chosen, ==, OA_SPNEGO_MECH_NONE);
    read_hex("a1073005a0030a0102", &auth);
    g_assert_cmpuint(auth.state, ==, OA_SPNEGO_REJECT);
    g_assert_false(auth.has_mech_list_mic);
    read_hex("a10d300ba0030a0103a3040402abcd", &auth);
    g_assert_cmpuint(auth.state, ==, OA_SPNEGO_REQUEST_MIC);
    g_assert_true(auth.has_mech_list_mic);
}

/* Of ten mechanisms eight are kept. */
static void
test_many_mechs(void)
{
    static const char TEN[] =
        "a0333031a02f302d06022a0306022a0306022a0306022a0306022a0306022a0306022a0306022a0306022a03"
        "06072b060104018237";
    struct oa_auth auth;

    read_hex(TEN, &auth);
    g_assert_false(auth.malformed);
    g_assert_cmpuint(auth.n_mechs, ==, OA_SPNEGO_MECHS_MAX);
    g_assert_cmpint(auth.mechs[0], ==, OA_SPNEGO_MECH_OTHER);
}

/* A KRB-ERROR made by [RFC 4120] 5.9.1: KRB_AP_ERR_SKEW of HTTP/proxy.example.com. */
static void
test_kerberos_facts(void)
{
    static const char ERROR[] =
        "7e60305ea003020105a10302011ea411180f32303236303130313030303030305aa50502030300d4a6030201"
        "25a90d1b0b4558414d504c452e434f4daa243022a003020102a11b30191b04485454501b1170726f78792e65"
        "78616d706c652e636f6d";
    struct oa_auth auth;

    read_hex(KERBEROS_IN_INIT, &auth);
    g_assert_cmpuint(auth.kerberos_message, ==, OA_KERBEROS_AP_REQ);
    g_assert_cmpstr(auth.realm, ==, "EXAMPLE.COM");
    read_hex(KERBEROS_IN_RESP, &auth);
    g_assert_cmpuint(auth.kerberos_message, ==, OA_KERBEROS_AP_REP);
    g_assert_cmpstr(auth.realm, ==, "");
    read_hex(ERROR, &auth);
    g_assert_false(auth.malformed);
    g_assert_cmpuint(auth.kerberos_message, ==, OA_KERBEROS_ERROR);
    g_assert_cmpuint(auth.kerberos_error, ==, 37);
    g_assert_cmpstr(auth.realm, ==, "EXAMPLE.COM");
    g_assert_cmpstr(auth.target_name, ==, "HTTP/proxy.example.com");
}

/* Every bit has a name of its own. */
static void
test_flag_names(void)
{
    static const struct {
        uint32_t mask;
        const char *suffix, *name;
    } FLAGS[] = {
#define OA_NTLM_FLAG(mask, suffix, name) { mask, suffix, name },
#include "auth/ntlm_flags.def"
#undef OA_NTLM_FLAG
    };

    g_assert_cmpuint(G_N_ELEMENTS(FLAGS), ==, 32);
    for (unsigned i = 0; i < G_N_ELEMENTS(FLAGS); i++) {
        g_assert_cmphex(FLAGS[i].mask, ==, 1u << i);
        for (unsigned j = 0; j < i; j++) {
            g_assert_cmpstr(FLAGS[i].name, !=, FLAGS[j].name);
            g_assert_cmpstr(FLAGS[i].suffix, !=, FLAGS[j].suffix);
        }
    }
}

static void
test_names(void)
{
    g_assert_cmpstr(oa_ntlm_av_name(OA_NTLM_AV_CHANNEL_BINDINGS), ==, "MsvAvChannelBindings");
    g_assert_null(oa_ntlm_av_name(OA_NTLM_AV_IDS));
    g_assert_cmpstr(oa_ntlm_proof_name(OA_NTLM_PROOF_V2), ==, "NTLMv2");
    g_assert_cmpstr(oa_ntlm_product_name(6, 1), ==, "Windows 7 or Server 2008 R2");
    g_assert_cmpstr(oa_ntlm_product_name(7, 0), ==, "");
    g_assert_cmpstr(oa_spnego_mech_name(OA_SPNEGO_MECH_NEGOEX), ==, "NEGOEX");
    g_assert_cmpstr(oa_spnego_state_name(OA_SPNEGO_REJECT), ==, "reject");
    g_assert_cmpstr(oa_spnego_state_name(4), ==, "unknown");
    g_assert_cmpstr(oa_kerberos_message_name(OA_KERBEROS_ERROR), ==, "KRB-ERROR");
    g_assert_cmpstr(oa_kerberos_message_name(0), ==, "");
    g_assert_cmpstr(oa_kerberos_error_name(37), ==, "KRB_AP_ERR_SKEW");
    g_assert_null(oa_kerberos_error_name(0));

    g_assert_cmpstr(oa_auth_scheme_name(OA_AUTH_SCHEME_NONE), ==, "");
    g_assert_cmpstr(oa_auth_scheme_name(OA_AUTH_SCHEME_BASIC), ==, "Basic");
    g_assert_cmpstr(oa_auth_scheme_name(OA_AUTH_SCHEME_NEGOTIATE), ==, "Negotiate");
    g_assert_cmpstr(oa_auth_scheme_name(OA_AUTH_SCHEME_OTHER), ==, "Other");
    g_assert_cmpstr(oa_auth_scheme_name((enum oa_auth_scheme)99), ==, "");
    g_assert_cmpstr(oa_auth_mechanism_name(OA_AUTH_UNKNOWN), ==, "");
    g_assert_cmpstr(oa_auth_mechanism_name(OA_AUTH_KERBEROS), ==, "Kerberos");
    g_assert_cmpstr(oa_auth_mechanism_name((enum oa_auth_mechanism)99), ==, "");
}

/* Names in the client's own code page: Japanese ones are recognised, also with characters whose
 * second byte is a backslash; all others are Western, unless the code page is given. */
static void
test_code_pages(void)
{
    static const struct {
        uint32_t given;
        const char *basic;
        const char *domain, *user;
        uint32_t code_page;
    } NAMES[] = {
        { 0, "\x8e\x52\x93\x63:x", "", "\xe5\xb1\xb1\xe7\x94\xb0", 932 },
        { 0, "LAB\\\x8e\x52\x93\x63:x", "LAB", "\xe5\xb1\xb1\xe7\x94\xb0", 932 },
        { 0, "\x95\x5c\x91\xbe:x", "", "\xe8\xa1\xa8\xe5\xa4\xaa", 932 },
        { 0, "\x8e\x52\x93\x63@lab.test:x", "", "\xe5\xb1\xb1\xe7\x94\xb0@lab.test", 932 },
        { 0, "LAB\\B\xf6ll:x", "LAB", "B\xc3\xb6ll", 1252 },
        { 0, "B\x94ll:x", "", "B\xe2\x80\x9dll", 1252 },
        { 850, "B\x94ll:x", "", "B\xc3\xb6ll", 850 },
        { 936, "\xd5\xc5\xc8\xfd:x", "", "\xe5\xbc\xa0\xe4\xb8\x89", 936 },
        { 932, "j\xc3\xb6rg:x", "", "j\xc3\xb6rg", 0 }, /* UTF-8 */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        char *token = g_base64_encode((const guchar *)NAMES[i].basic, strlen(NAMES[i].basic));
        struct oa_auth found;

        oa_code_pages_set_of_names(reader.pages, NAMES[i].given);
        read_http(OA_HTTP_AUTHORIZATION, "Basic", token, &found);
        g_assert_cmpstr(found.domain, ==, NAMES[i].domain);
        g_assert_cmpstr(found.user, ==, NAMES[i].user);
        g_assert_cmpuint(found.code_page, ==, NAMES[i].code_page);
        g_free(token);
    }
    oa_code_pages_set_of_names(reader.pages, 0);
}

/* The names of an NTLM message are in the OEM character set unless its flags say Unicode. */
static void
test_oem_names(void)
{
    uint8_t message[88 + 2 * 4] = "NTLMSSP";
    struct oa_auth found;

    message[8] = 3;
    message[28] = message[36] = 4; /* domain and user of four bytes each */
    message[32] = 88;
    message[40] = 92;
    memcpy(message + 88, "\x93\x8c\x8b\x9e\x8e\x52\x93\x63", 8);
    g_assert_true(read_exact(message, sizeof message, &found));
    g_assert_cmpstr(found.domain, ==, "\xe6\x9d\xb1\xe4\xba\xac");
    g_assert_cmpstr(found.user, ==, "\xe5\xb1\xb1\xe7\x94\xb0");
    g_assert_cmpuint(found.code_page, ==, 932);
}

/* Credentials after each other on a connection, and whether they are those of the last time. */
static void
test_repeated(void)
{
    char *longest = g_strnfill(OA_AUTH_REPEATED_MAX - 5, 'a');
    char *too_long = g_strnfill(OA_AUTH_REPEATED_MAX - 4, 'a');
    const struct {
        const char *scheme, *token, *user;
        bool is_repeated;
    } SENT[] = {
        { "Basic", "TEFCXGFubmE6cHc=", "anna", false }, /* LAB\anna:pw */
        { "Basic", "TEFCXGFubmE6cHc=", "anna", true },
        { "basic", "TEFCXGFubmE6cHc=", "anna", false },
        { "Basic", "TEFCXGFubmE6cHg=", "anna", false },
        { "Basic", "TEFCXGJlcnQ6cHc=", "bert", false }, /* LAB\bert:pw */
        { "BasicT", "EFCXGJlcnQ6cHc=", "", false },
        { "Basic", "TEFCXGJlcnQ6cHc=", "bert", false },
        { "Basic", "", "", false },
        { "Basic", "", "", false },
        { "Basic", longest, "", false },
        { "Basic", longest, "", true },
        { "Basic", too_long, "", false },
        { "Basic", too_long, "", false },
    };
    struct oa_auth_copies *copies = oa_auth_copies_new(&reader);
    struct oa_auth_repeated last = { .auth = NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(SENT); i++) {
        struct oa_text scheme = { SENT[i].scheme, strlen(SENT[i].scheme) };
        struct oa_text token = { SENT[i].token, strlen(SENT[i].token) };
        struct oa_http_credentials credentials = { OA_HTTP_AUTHORIZATION, scheme, token };
        struct oa_auth room, wanted;

        g_test_message("row %zu", i);
        oa_auth_from_http(&credentials, &reader, &wanted);
        const struct oa_auth *found = oa_auth_repeated_read(&last, &credentials, copies, &room);
        g_assert_cmpint(found != &room, ==, SENT[i].is_repeated);
        g_assert_cmpstr(found->user, ==, SENT[i].user);
        g_assert_cmpmem(found, sizeof *found, &wanted, sizeof wanted);
    }
    oa_auth_repeated_clear(&last);
    oa_auth_copies_free(copies);
    g_free(too_long);
    g_free(longest);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    reader.pages = oa_code_pages_new();
    g_test_add_func("/auth/tokens", test_tokens);
    g_test_add_func("/auth/strangers", test_strangers);
    g_test_add_func("/auth/every-prefix", test_every_prefix);
    g_test_add_func("/auth/every-byte-wrong", test_every_byte_wrong);
    g_test_add_func("/auth/http", test_http);
    g_test_add_func("/auth/http-tokens", test_http_tokens);
    g_test_add_func("/auth/basic", test_basic);
    g_test_add_func("/auth/repeated", test_repeated);
    g_test_add_func("/auth/code-pages", test_code_pages);
    g_test_add_func("/auth/oem-names", test_oem_names);
    g_test_add_func("/auth/long-names", test_long_names);
    g_test_add_func("/auth/ntlm-facts", test_ntlm_facts);
    g_test_add_func("/auth/spnego-facts", test_spnego_facts);
    g_test_add_func("/auth/many-mechs", test_many_mechs);
    g_test_add_func("/auth/kerberos-facts", test_kerberos_facts);
    g_test_add_func("/auth/flag-names", test_flag_names);
    g_test_add_func("/auth/names", test_names);
    int result = g_test_run();
    oa_code_pages_free(reader.pages);
    return result;
}
