/* tls_certificate.c
 * The facts of an X.509 certificate that identify its owner and its validity.
 * [RFC 5280] 4.1, [RFC 4514], [X.690]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_certificate.h"

#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"

/* DER tags: class, constructed bit and number in one byte. */
enum der_tag {
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_NUMERIC = 0x12,
    DER_PRINTABLE = 0x13,
    DER_T61 = 0x14,
    DER_IA5 = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE = 0x1a,
    DER_BMP = 0x1e,
    DER_OCTETS = 0x04,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_VERSION = 0xa0,
    DER_EXTENSIONS = 0xa3,
    DER_DNS_NAME = 0x82,
};

#define RDNS_MAX 32

struct der {
    uint8_t tag;
    struct oa_cursor body;
};

static const uint8_t OID_SUBJECT_ALT_NAME[] = { 0x55, 0x1d, 0x11 };
static const uint8_t OID_COMMON_NAME[] = { 0x55, 0x04, 0x03 };

/* Short names of attribute types; others are written as dotted numbers. */
static const struct {
    const char *name;
    uint8_t length;
    uint8_t oid[10];
} ATTRIBUTES[] = {
    { "CN", 3, { 0x55, 0x04, 0x03 } },
    { "SN", 3, { 0x55, 0x04, 0x04 } },
    { "serialNumber", 3, { 0x55, 0x04, 0x05 } },
    { "C", 3, { 0x55, 0x04, 0x06 } },
    { "L", 3, { 0x55, 0x04, 0x07 } },
    { "ST", 3, { 0x55, 0x04, 0x08 } },
    { "STREET", 3, { 0x55, 0x04, 0x09 } },
    { "O", 3, { 0x55, 0x04, 0x0a } },
    { "OU", 3, { 0x55, 0x04, 0x0b } },
    { "title", 3, { 0x55, 0x04, 0x0c } },
    { "GN", 3, { 0x55, 0x04, 0x2a } },
    { "DC", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19 } },
    { "UID", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01 } },
    { "emailAddress", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 } },
};

/* Takes the next element; false at the end, or if it does not fit. */
static bool
der_next(struct oa_cursor *cursor, struct der *der)
{
    if (oa_cursor_left(cursor) == 0)
        return false;
    der->tag = oa_cursor_u8(cursor);
    size_t length = oa_cursor_u8(cursor);
    if (length >= 0x80) {
        unsigned size = length & 0x7f;
        if (size == 0 || size > 4)
            cursor->is_short = true;
        length = (size_t)oa_cursor_uint(cursor, size <= 4 ? size : 0);
    }
    der->body = oa_cursor_sub(cursor, length);
    der->body.big_endian = true;
    return !cursor->is_short;
}

/* The next element if it has that tag; otherwise the cursor is short. */
static struct oa_cursor
der_expect(struct oa_cursor *cursor, enum der_tag tag)
{
    struct der der;

    if (der_next(cursor, &der) && der.tag == tag)
        return der.body;
    cursor->is_short = true;
    return (struct oa_cursor){ .is_short = true };
}

static bool
is_oid(const struct oa_cursor *oid, const uint8_t *bytes, size_t length)
{
    return !oid->is_short && oid->length == length && memcmp(oid->data, bytes, length) == 0;
}

static void
append_oid(GString *text, struct oa_cursor oid)
{
    uint64_t arc = 0;
    bool is_first = true;

    while (oa_cursor_left(&oid)) {
        uint8_t byte = oa_cursor_u8(&oid);
        arc = arc << 7 | (byte & 0x7f);
        if (byte & 0x80)
            continue;
        if (is_first) {
            unsigned root = arc < 80 ? (unsigned)(arc / 40) : 2;
            g_string_append_printf(text, "%u.%" G_GUINT64_FORMAT, root, arc - root * 40);
        } else {
            g_string_append_printf(text, ".%" G_GUINT64_FORMAT, arc);
        }
        is_first = false;
        arc = 0;
    }
}

static void
append_type(GString *text, struct oa_cursor oid)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ATTRIBUTES); i++) {
        if (is_oid(&oid, ATTRIBUTES[i].oid, ATTRIBUTES[i].length)) {
            g_string_append(text, ATTRIBUTES[i].name);
            return;
        }
    }
    append_oid(text, oid);
}

static bool
is_string(uint8_t tag)
{
    return tag == DER_UTF8 || tag == DER_NUMERIC || tag == DER_PRINTABLE || tag == DER_T61 ||
           tag == DER_IA5 || tag == DER_VISIBLE;
}

/* The value of an attribute as clean UTF-8; false if it is not a string. */
static bool
copy_value(const struct der *value, char out[OA_TLS_NAME_TEXT])
{
    if (value->tag == DER_BMP) {
        size_t length = MIN(value->body.length, 2 * OA_TLS_NAME_TEXT) & ~(size_t)1;
        uint8_t swapped[2 * OA_TLS_NAME_TEXT];
        for (size_t i = 0; i < length; i++)
            swapped[i] = value->body.data[i ^ 1];
        oa_text_copy_utf16le(swapped, length, out, OA_TLS_NAME_TEXT);
        return true;
    }
    if (!is_string(value->tag))
        return false;
    oa_text_copy((struct oa_text){ (const char *)value->body.data, value->body.length }, out,
                 OA_TLS_NAME_TEXT);
    return true;
}

/* [RFC 4514] 2.4 */
static void
append_escaped(GString *text, const char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) {
        bool at_edge = i == 0 || i == length - 1;
        if (strchr("\"+,;<>\\", value[i]) || (value[i] == ' ' && at_edge) ||
            (value[i] == '#' && i == 0))
            g_string_append_c(text, '\\');
        g_string_append_c(text, value[i]);
    }
}

/* A set of type and value pairs: nearly always of one. */
static void
append_rdn(GString *text, struct oa_cursor rdn, char *common_name)
{
    struct der pair, value;
    char clean[OA_TLS_NAME_TEXT];
    bool is_first = true;

    while (der_next(&rdn, &pair) && text->len < OA_TLS_DN_TEXT) {
        struct oa_cursor oid = der_expect(&pair.body, DER_OID);
        if (oid.is_short || !der_next(&pair.body, &value))
            return;
        if (!is_first)
            g_string_append_c(text, '+');
        is_first = false;
        append_type(text, oid);
        g_string_append_c(text, '=');
        if (copy_value(&value, clean)) {
            append_escaped(text, clean);
            if (common_name && !*common_name &&
                is_oid(&oid, OID_COMMON_NAME, sizeof OID_COMMON_NAME))
                memcpy(common_name, clean, sizeof clean);
        } else {
            g_string_append_c(text, '#');
        }
    }
}

/* The last part comes first. */
static void
read_name(struct oa_cursor name, char out[OA_TLS_DN_TEXT], char *common_name)
{
    struct oa_cursor rdns[RDNS_MAX];
    struct der der;
    unsigned n = 0;

    while (n < RDNS_MAX && der_next(&name, &der))
        if (der.tag == DER_SET)
            rdns[n++] = der.body;
    GString *text = g_string_new(NULL);
    while (n > 0 && text->len < OA_TLS_DN_TEXT) {
        if (text->len)
            g_string_append_c(text, ',');
        append_rdn(text, rdns[--n], common_name);
    }
    oa_text_copy((struct oa_text){ text->str, text->len }, out, OA_TLS_DN_TEXT);
    g_string_free(text, TRUE);
}

/* `digits` decimal digits. */
static int
number(struct oa_cursor *cursor, unsigned digits)
{
    int value = 0;

    while (digits-- > 0) {
        uint8_t c = oa_cursor_u8(cursor);
        if (c < '0' || c > '9')
            cursor->is_short = true;
        else
            value = 10 * value + (c - '0');
    }
    return value;
}

/* [RFC 5280] 4.1.2.5: two-digit years from 50 on are 19xx. */
static bool
read_time(struct oa_cursor *cursor, int64_t *seconds)
{
    struct der der;

    if (!der_next(cursor, &der) || (der.tag != DER_UTC_TIME && der.tag != DER_GENERALIZED_TIME))
        return false;
    int year = number(&der.body, der.tag == DER_UTC_TIME ? 2 : 4);
    if (der.tag == DER_UTC_TIME)
        year += year < 50 ? 2000 : 1900;
    int month = number(&der.body, 2), day = number(&der.body, 2);
    int hour = number(&der.body, 2), minute = number(&der.body, 2), second = number(&der.body, 2);
    if (der.body.is_short || oa_cursor_u8(&der.body) != 'Z')
        return false;
    GDateTime *time = g_date_time_new_utc(year, month, day, hour, minute, second);
    if (!time)
        return false;
    *seconds = g_date_time_to_unix(time);
    g_date_time_unref(time);
    return true;
}

/* A certificate being read, and the host whose name is looked for in it; NULL: none. */
struct reading {
    struct oa_tls_certificate *certificate;
    const char *host;
    bool is_covered;
};

static bool
is_name_of(struct oa_text name, const char *host)
{
    const char *rest = strchr(host, '.');

    if (name.length > 2 && name.at[0] == '*' && name.at[1] == '.' && rest)
        return oa_text_equals((struct oa_text){ name.at + 1, name.length - 1 }, rest);
    return oa_text_equals(name, host);
}

static void
read_alt_names(struct oa_cursor octets, struct reading *reading)
{
    struct oa_tls_certificate *certificate = reading->certificate;
    struct oa_cursor names = der_expect(&octets, DER_SEQUENCE);
    struct der der;

    while (der_next(&names, &der)) {
        struct oa_text name = { (const char *)der.body.data, der.body.length };
        if (der.tag != DER_DNS_NAME)
            continue;
        if (certificate->n_dns_names++ == 0)
            oa_text_copy(name, certificate->dns_name, sizeof certificate->dns_name);
        reading->is_covered |= reading->host && is_name_of(name, reading->host);
    }
}

static void
read_extensions(struct oa_cursor explicit, struct reading *reading)
{
    struct oa_cursor extensions = der_expect(&explicit, DER_SEQUENCE);
    struct der extension, value;

    while (der_next(&extensions, &extension)) {
        struct oa_cursor oid = der_expect(&extension.body, DER_OID);
        if (!is_oid(&oid, OID_SUBJECT_ALT_NAME, sizeof OID_SUBJECT_ALT_NAME))
            continue;
        while (der_next(&extension.body, &value))
            if (value.tag == DER_OCTETS)
                read_alt_names(value.body, reading);
    }
}

static bool
read_certificate(const uint8_t *der, size_t length, struct reading *reading)
{
    struct oa_tls_certificate *certificate = reading->certificate;
    struct oa_cursor whole = oa_cursor_over(der, length);
    struct der part;

    memset(certificate, 0, sizeof *certificate);
    whole.big_endian = true;
    struct oa_cursor body = der_expect(&whole, DER_SEQUENCE);
    struct oa_cursor tbs = der_expect(&body, DER_SEQUENCE);
    /* Version 1 omits the version; the serial number and the algorithm are not used. */
    if (!der_next(&tbs, &part) || (part.tag == DER_VERSION && !der_next(&tbs, &part)))
        return false;
    der_expect(&tbs, DER_SEQUENCE);
    struct oa_cursor issuer = der_expect(&tbs, DER_SEQUENCE);
    struct oa_cursor validity = der_expect(&tbs, DER_SEQUENCE);
    struct oa_cursor subject = der_expect(&tbs, DER_SEQUENCE);
    if (tbs.is_short)
        return false;
    read_name(issuer, certificate->issuer, NULL);
    read_name(subject, certificate->subject, certificate->common_name);
    certificate->has_validity = read_time(&validity, &certificate->not_before_s) &&
                                read_time(&validity, &certificate->not_after_s);
    while (der_next(&tbs, &part))
        if (part.tag == DER_EXTENSIONS)
            read_extensions(part.body, reading);
    return true;
}

bool
oa_tls_certificate_parse(const uint8_t *der, size_t length, struct oa_tls_certificate *certificate)
{
    return read_certificate(der, length, &(struct reading){ .certificate = certificate });
}

bool
oa_tls_certificate_covers(const uint8_t *der, size_t length, const char *host)
{
    struct oa_tls_certificate certificate = { .n_dns_names = 0 };
    struct reading reading = { .certificate = &certificate, .host = host };

    if (!read_certificate(der, length, &reading))
        return false;
    if (certificate.n_dns_names)
        return reading.is_covered;
    const char *name = certificate.common_name;
    return is_name_of((struct oa_text){ name, strlen(name) }, host);
}
