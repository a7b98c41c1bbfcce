/* fuzz_tls.c
 * Any bytes from both sides of a TLS connection, cut and lost anywhere.
 *
 * The input is a list of parts: a byte that says which side, and whether bytes are lost instead; a
 * length in two bytes; then that many bytes of data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "tls/tls_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part_bits { FROM_SERVER = 0x01, LOSS = 0x02 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oa_cursor cursor = oa_cursor_over(data, size);
    struct oa_tls *tls = oa_tls_new();

    while (oa_cursor_left(&cursor)) {
        unsigned bits = oa_cursor_u8(&cursor);
        size_t length = oa_cursor_u16(&cursor);
        enum oa_side side = bits & FROM_SERVER ? OA_SERVER : OA_CLIENT;

        if (length > oa_cursor_left(&cursor))
            length = oa_cursor_left(&cursor);
        const uint8_t *bytes = oa_cursor_bytes(&cursor, length);
        if (bits & LOSS)
            oa_tls_lost(tls, side, length);
        else if (bytes)
            oa_tls_data(tls, side, bytes, length, (struct oa_stamp){ 0, 0 });
    }
    const struct oa_tls_facts *facts = oa_tls_facts_of(tls);
    if (facts && (facts->n_offered > OA_TLS_VERSIONS_MAX ||
                  strlen(facts->alpn_offered) >= OA_TLS_ALPN_TEXT ||
                  (facts->certificate && strlen(facts->certificate->subject) >= OA_TLS_DN_TEXT)))
        abort();
    oa_tls_free(tls);
    return 0;
}
