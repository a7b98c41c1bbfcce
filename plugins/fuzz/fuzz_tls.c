/* fuzz_tls.c
 * Any bytes from both sides of a TLS connection, cut and lost anywhere, without keys and with any.
 *
 * The input is a list of parts: a byte that says which side, whether bytes are lost instead, or
 * whether it is a key log; a length in two bytes; then that many bytes of data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "tls/tls_opener.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part_bits { FROM_SERVER = 0x01, LOSS = 0x02, KEYS = 0x04 };

struct reading {
    uint64_t opened;
};

static uint8_t room[OA_TLS_RECORD_MAX];

/* Each byte is looked at, so that the sanitizer sees what is not there. */
static void
on_data(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct reading *reading = context;
    unsigned sum = (unsigned)side;

    for (size_t i = 0; i < length; i++)
        sum += data[i];
    reading->opened += length + (sum & 0);
}

static void
on_lost(void *context, enum oa_side side, uint64_t bytes)
{
    (void)context;
    if (side > OA_SERVER || bytes == 0)
        abort();
}

/* As if the key were the first bytes of what it decrypts. */
static bool
decrypt(void *context, struct oa_tls_piece certificate, struct oa_tls_piece encrypted,
        uint8_t premaster[OA_TLS_MASTER])
{
    (void)context;
    (void)certificate;
    if (encrypted.length < OA_TLS_MASTER)
        return false;
    memcpy(premaster, encrypted.at, OA_TLS_MASTER);
    return true;
}

static void
check(const struct oa_tls_facts *facts)
{
    if (facts && (facts->n_offered > OA_TLS_VERSIONS_MAX ||
                  strlen(facts->alpn_offered) >= OA_TLS_ALPN_TEXT ||
                  (facts->certificate && strlen(facts->certificate->subject) >= OA_TLS_DN_TEXT)))
        abort();
}

static void
play(const uint8_t *data, size_t size, struct oa_tls *tls, struct oa_tls_keys *keys)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);

    while (oa_cursor_left(&cursor)) {
        unsigned bits = oa_cursor_u8(&cursor);
        size_t announced = oa_cursor_u16(&cursor);
        size_t length = MIN(announced, oa_cursor_left(&cursor));
        enum oa_side side = bits & FROM_SERVER ? OA_SERVER : OA_CLIENT;
        const uint8_t *bytes = oa_cursor_bytes(&cursor, length);

        if (bits & KEYS && keys && bytes)
            oa_tls_keys_add_log(keys, (const char *)bytes, length);
        else if (bits & LOSS)
            oa_tls_lost(tls, side, length + 1);
        else if (bytes && length && !(bits & KEYS))
            oa_tls_data(tls, side, bytes, length, (struct oa_stamp){ 0, 0 });
    }
}

static void
play_with_keys(const uint8_t *data, size_t size)
{
    static const struct oa_tls_private_keys PRIVATE = { NULL, decrypt };
    struct oa_tls *tls = oa_tls_new();
    struct oa_tls_keys *keys = oa_tls_keys_new();
    struct reading reading = { 0 };

    oa_tls_keys_use_private(keys, &PRIVATE);
    struct oa_tls_opener *opener =
        oa_tls_opener_new(tls, keys, &(struct oa_tls_reader){ &reading, on_data, on_lost, room });
    play(data, size, tls, keys);
    oa_tls_opener_end(opener);
    struct oa_tls_outcome outcome = oa_tls_opener_outcome(opener);
    check(oa_tls_facts_of(tls));
    if (reading.opened != outcome.data[OA_CLIENT].opened + outcome.data[OA_SERVER].opened ||
        reading.opened > size || (!outcome.source && (reading.opened || !outcome.why_not)))
        abort();
    oa_tls_free(tls);
    oa_tls_opener_free(opener);
    oa_tls_keys_free(keys);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_tls *tls = oa_tls_new();

    play(data, size, tls, NULL);
    check(oa_tls_facts_of(tls));
    oa_tls_free(tls);
    play_with_keys(data, size);
    return 0;
}
