/* test_tls_record.c
 * Records of every cipher and version: in every split, with other keys, damaged, and after loss of
 * any part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tls/tls_record.h"
#include "tls_seal.h"

#define RECORDS 12

static const struct kind {
    uint16_t suite, version;
    bool encrypt_then_mac;
} KINDS[] = {
    { 0x0004, 0x0300, false },                            /* RC4, MD5 */
    { 0x0005, 0x0301, false },                            /* RC4, SHA-1 */
    { 0x0005, 0x0302, false }, { 0x000a, 0x0300, false }, /* 3DES */
    { 0x000a, 0x0301, false }, { 0x002f, 0x0301, false }, /* AES-128-CBC, SHA-1 */
    { 0x002f, 0x0301, true },  { 0x0035, 0x0302, false },
    { 0x0035, 0x0303, true },  { 0x003c, 0x0303, false }, /* SHA-256 */
    { 0x0041, 0x0303, false },                            /* Camellia */
    { 0xc028, 0x0303, false }, { 0xc028, 0x0303, true },  /* SHA-384 */
    { 0x009c, 0x0303, false }, { 0xc030, 0x0303, false }, /* GCM */
    { 0xc08b, 0x0303, false }, { 0xc09c, 0x0303, false }, /* CCM */
    { 0xc0af, 0x0303, false },                            /* CCM with 8 bytes of tag */
    { 0xcca8, 0x0303, false },                            /* ChaCha20 */
    { 0x1301, 0x0304, false }, { 0x1302, 0x0304, false },
    { 0x1303, 0x0304, false }, { 0x1304, 0x0304, false },
};

/* What a record is expected to have, and where it begins. */
struct stream {
    GByteArray *bytes;
    size_t begin[RECORDS + 1], length[RECORDS];
};

struct taken {
    GString *text; /* "n:" of each record and "lost n:" */
    bool is_right;
    uint64_t lost;
};

static uint8_t room[OA_TLS_RECORD_MAX];

/* The data of record `n`: its number in each byte. */
static void
fill(uint8_t *data, unsigned n, size_t length)
{
    memset(data, (int)n + 1, length);
}

static void
on_record(void *context, const struct oa_tls_opened *opened)
{
    struct taken *taken = context;

    for (size_t i = 0; i < opened->length; i++)
        taken->is_right &= opened->data[i] == opened->data[0];
    taken->is_right &= opened->type == 23;
    g_string_append_printf(taken->text, "%d:", opened->length ? opened->data[0] - 1 : -1);
}

static void
on_lost(void *context, uint64_t bytes)
{
    struct taken *taken = context;

    taken->lost += bytes;
    g_string_append(taken->text, "lost:");
}

static struct seal
seal_of(const struct kind *kind, uint8_t filler)
{
    struct seal seal = { .suite = oa_tls_suite_find(kind->suite),
                         .version = kind->version,
                         .encrypt_then_mac = kind->encrypt_then_mac,
                         .first_nonce = 77 };

    memset(seal.mac_key, filler, sizeof seal.mac_key);
    memset(seal.key, filler + 1, sizeof seal.key);
    memset(seal.iv, filler + 2, sizeof seal.iv);
    for (unsigned i = 0; i < sizeof seal.key; i++)
        seal.key[i] += (uint8_t)i;
    return seal;
}

static struct stream
stream_of(const struct kind *kind)
{
    static const size_t LENGTHS[RECORDS] = { 40, 1, 300, 16, 15, 2000, 17, 31, 32, 33, 700, 64 };
    struct seal seal = seal_of(kind, 9);
    struct stream stream = { .bytes = g_byte_array_new() };
    uint8_t data[2000];

    for (unsigned i = 0; i < RECORDS; i++) {
        fill(data, i, LENGTHS[i]);
        stream.begin[i] = stream.bytes->len;
        stream.length[i] = LENGTHS[i];
        seal_record(&seal, 23, data, LENGTHS[i], stream.bytes);
    }
    stream.begin[RECORDS] = stream.bytes->len;
    if (seal.sent)
        g_byte_array_unref(seal.sent);
    return stream;
}

static struct oa_tls_records *
records_of(const struct kind *kind, uint8_t filler, struct taken *taken)
{
    struct seal keys = seal_of(kind, filler);
    struct oa_tls_record_user user = {
        .context = taken, .record = on_record, .lost = on_lost, .room = room
    };
    struct oa_tls_records *records = oa_tls_records_new(&user);
    struct oa_tls_protection *protection = oa_tls_protection_new(
        keys.suite, kind->version, kind->encrypt_then_mac, keys.mac_key, keys.key, keys.iv);

    g_assert_nonnull(protection);
    *taken = (struct taken){ .text = g_string_new(NULL), .is_right = true };
    oa_tls_records_protect(records, protection, false);
    return records;
}

static char *
end_of(struct oa_tls_records *records, struct taken *taken)
{
    oa_tls_records_end(records);
    oa_tls_records_free(records);
    g_assert_true(taken->is_right);
    return g_string_free(taken->text, FALSE);
}

/* All records, with `lost` in place of those from `first` to before `next`. */
static char *
expected(unsigned first, unsigned next)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < RECORDS; i++) {
        if (i == next && first < next)
            g_string_append(text, "lost:");
        if (i < first || i >= next)
            g_string_append_printf(text, "%u:", i);
    }
    return g_string_free(text, FALSE);
}

static void
test_splits(void)
{
    g_autofree char *all = expected(0, 0);

    for (unsigned k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        struct stream stream = stream_of(&KINDS[k]);
        for (size_t split = 1; split < 3000; split = split < 64 ? split + 1 : split * 3 / 2) {
            struct taken taken;
            struct oa_tls_records *records = records_of(&KINDS[k], 9, &taken);
            for (size_t at = 0; at < stream.bytes->len; at += split)
                oa_tls_records_data(records, stream.bytes->data + at,
                                    MIN(split, stream.bytes->len - at));
            g_assert_cmpuint(oa_tls_records_opened(records), ==, RECORDS);
            g_autofree char *text = end_of(records, &taken);
            g_assert_cmpstr(text, ==, all);
        }
        g_byte_array_unref(stream.bytes);
    }
}

static void
test_other_keys(void)
{
    for (unsigned k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        struct stream stream = stream_of(&KINDS[k]);
        struct taken taken;
        struct oa_tls_records *records = records_of(&KINDS[k], 10, &taken);
        oa_tls_records_data(records, stream.bytes->data, stream.bytes->len);
        g_assert_cmpint(oa_tls_records_state(records), ==, OA_TLS_RECORDS_REFUSED);
        g_autofree char *text = end_of(records, &taken);
        g_assert_cmpstr(text, ==, "");
        g_byte_array_unref(stream.bytes);
    }
}

/* One byte is another: its record is not passed on; with a chain, neither is the next one. */
static void
test_damage(void)
{
    for (unsigned k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        struct stream stream = stream_of(&KINDS[k]);
        for (size_t at = stream.begin[2] + 5; at < stream.begin[4]; at += 13) {
            unsigned record = at < stream.begin[3] ? 2 : 3;
            if (record == 3 && at < stream.begin[3] + 5)
                continue;
            struct taken taken;
            struct oa_tls_records *records = records_of(&KINDS[k], 9, &taken);
            stream.bytes->data[at] ^= 0x40;
            oa_tls_records_data(records, stream.bytes->data, stream.bytes->len);
            stream.bytes->data[at] ^= 0x40;
            if (!taken.is_right)
                g_error("kind %u, byte %zu of record %u: %s", k, at - stream.begin[record], record,
                        taken.text->str);
            g_autofree char *text = end_of(records, &taken);
            g_autofree char *damaged = g_strdup_printf("%u:", record);
            g_assert_null(strstr(text, damaged));
            g_assert_true(g_str_has_prefix(text, "0:1:"));
            if (!g_str_has_suffix(text, "5:6:7:8:9:10:11:"))
                g_error("kind %u, byte %zu of record %u: %s", k, at - stream.begin[record], record,
                        text);
        }
        g_byte_array_unref(stream.bytes);
    }
}

static bool
has_chain(const struct kind *kind)
{
    return kind->version <= 0x0301 &&
           oa_tls_suite_find(kind->suite)->cipher != OA_TLS_CIPHER_RC4_128;
}

/* Every range of bytes is lost in turn, in pieces, after the first record: those before and behind
 * it are opened. Where a record needs the end of the one before it, it may be lost too. */
static void
test_loss(void)
{
    for (unsigned k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        struct stream stream = stream_of(&KINDS[k]);
        for (unsigned first = 1; first < RECORDS - 2; first++)
            for (unsigned n = 1; n <= 3 && first + n < RECORDS - 1; n++)
                for (size_t inside = 0; inside < 40; inside += 3) {
                    size_t from = MIN(stream.begin[first] + inside, stream.begin[first + 1] - 1);
                    size_t to = MAX(stream.begin[first + n] - (inside % 2 ? 0 : inside), from + 1);
                    struct taken taken;
                    struct oa_tls_records *records = records_of(&KINDS[k], 9, &taken);
                    oa_tls_records_data(records, stream.bytes->data, from);
                    oa_tls_records_lost(records, (to - from) / 2);
                    oa_tls_records_lost(records, (to - from) - (to - from) / 2);
                    for (size_t at = to; at < stream.bytes->len; at += 11)
                        oa_tls_records_data(records, stream.bytes->data + at,
                                            MIN(11, stream.bytes->len - at));
                    g_autofree char *text = end_of(records, &taken);
                    g_autofree char *exact = expected(first, first + n);
                    g_autofree char *more = expected(first, first + n + 1);
                    unsigned last = first + n;
                    if (to > stream.begin[last] || to <= stream.begin[last - 1])
                        continue;
                    g_autofree char *merged = g_strdup(text);
                    for (char *twice; (twice = strstr(merged, "lost:lost:"));)
                        memmove(twice, twice + 5, strlen(twice + 5) + 1);
                    if (strcmp(merged, exact) != 0 &&
                        !(has_chain(&KINDS[k]) && strcmp(merged, more) == 0))
                        g_error("kind %u, records %u to %u, bytes %zu to %zu: %s", k, first, last,
                                from, to, text);
                    /* What is lost is said to the byte where nothing is padded. */
                    uint64_t lost = 0;
                    for (unsigned i = first; i < last; i++)
                        lost += stream.length[i];
                    if (oa_tls_suite_find(KINDS[k].suite)->mac == OA_TLS_HASH_NONE &&
                        KINDS[k].version < 0x0304)
                        g_assert_cmpuint(taken.lost, ==, lost);
                    else
                        g_assert_cmpuint(taken.lost, >=, lost ? 1 : 0);
                }
        g_byte_array_unref(stream.bytes);
    }
}

/* After a loss nothing but noise: the work ends, and what is missing is said. */
static void
test_endless_search(void)
{
    struct stream stream = stream_of(&KINDS[13]);
    struct taken taken;
    struct oa_tls_records *records = records_of(&KINDS[13], 9, &taken);
    uint8_t noise[1000];

    oa_tls_records_data(records, stream.bytes->data, stream.begin[3]);
    oa_tls_records_lost(records, UINT64_C(1) << 40);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t[]){ 23, 3, 3, 0, 100 }[i % 5];
    for (unsigned i = 0; i < 2000; i++)
        oa_tls_records_data(records, noise, sizeof noise);
    g_assert_cmpint(oa_tls_records_state(records), ==, OA_TLS_RECORDS_STOPPED);
    g_autofree char *text = end_of(records, &taken);
    g_assert_cmpuint(taken.lost, ==, (UINT64_C(1) << 40) + 2000 * sizeof noise);
    g_byte_array_unref(stream.bytes);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls_record/splits", test_splits);
    g_test_add_func("/tls_record/other_keys", test_other_keys);
    g_test_add_func("/tls_record/damage", test_damage);
    g_test_add_func("/tls_record/loss", test_loss);
    g_test_add_func("/tls_record/endless_search", test_endless_search);
    return g_test_run();
}
