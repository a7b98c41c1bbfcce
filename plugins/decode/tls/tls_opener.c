/* tls_opener.c
 * From the messages of a handshake to the keys of both directions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_opener.h"

#include <glib.h>
#include <string.h>

#include "tls/tls_handshake.h"
#include "tls/tls_record.h"

enum why {
    WHY_NONE,
    WHY_NO_HANDSHAKE,
    WHY_HANDSHAKE_LOST,
    WHY_UNFINISHED,
    WHY_NO_LINE,
    WHY_NO_TRAFFIC_LINE,
    WHY_EPHEMERAL,
    WHY_OTHER_PRIVATE_KEY,
    WHY_RESUMED,
    WHY_SUITE,
    WHY_COMPRESSED,
    WHY_OTHER_KEY,
    WHY_LOST_PLACE,
    WHY_EARLY_DATA,
};

static const char *const WHY_TEXTS[] = {
    [WHY_NONE] = NULL,
    [WHY_NO_HANDSHAKE] = "the handshake is not in the capture",
    [WHY_HANDSHAKE_LOST] = "a part of the handshake is missing from the capture",
    [WHY_UNFINISHED] = "the handshake was not finished",
    [WHY_NO_LINE] = "the key log has no line for this connection",
    [WHY_NO_TRAFFIC_LINE] = "the key log has not all lines for this connection",
    [WHY_EPHEMERAL] = "the server's key cannot open DHE or ECDHE; a key log is needed",
    [WHY_OTHER_PRIVATE_KEY] = "the private key is not that of the server's certificate",
    [WHY_RESUMED] = "resumed; the session's first handshake is not in the capture",
    [WHY_SUITE] = "the cipher suite is not supported",
    [WHY_COMPRESSED] = "the data are compressed",
    [WHY_OTHER_KEY] = "the key log has another key",
    [WHY_LOST_PLACE] = "could not go on after bytes that are missing from the capture",
    [WHY_EARLY_DATA] = "early data are passed over",
};

static const uint8_t HELLO_RETRY[OA_TLS_RANDOM] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c
};

struct side {
    struct oa_tls_opener *opener;
    enum oa_side side;
    struct oa_tls_records *records;      /* NULL: nothing is or may be encrypted yet */
    bool is_adrift;                      /* bytes are missing before it has switched */
    uint8_t traffic[OA_TLS_TRAFFIC_MAX]; /* secret of TLS 1.3 */
    bool has_traffic;
    bool is_finished; /* in TLS 1.3: that secret, or a later one, is in use */
};

struct oa_tls_opener {
    struct oa_tls *tls;
    struct oa_tls_keys *keys;
    struct oa_tls_reader reader;
    struct oa_tls_listener listener;
    struct oa_tls_handshake *handshake; /* the current one; NULL */
    const struct oa_tls_suite *suite;   /* of the last one that has keys */
    struct side side[2];
    enum oa_tls_key_source source; /* of the keys in use */
    struct oa_tls_outcome outcome;
    enum why why;
    bool is_given_up, had_hello;
};

static void
end_handshake(struct oa_tls_opener *opener)
{
    g_clear_pointer(&opener->handshake, oa_tls_handshake_free);
}

/* Nothing more will be opened. Records may be in use, so they are freed later. */
static void
give_up(struct oa_tls_opener *opener, enum why why)
{
    if (!opener->is_given_up)
        opener->why = why;
    opener->is_given_up = true;
    end_handshake(opener);
}

/* --- records --- */

static void
count_data(struct side *of, uint64_t opened, uint64_t lost)
{
    of->opener->outcome.data[of->side].opened += opened;
    of->opener->outcome.data[of->side].lost += lost;
}

static void switch_keys(struct oa_tls_opener *opener, enum oa_side side);

static void
on_record(void *context, const struct oa_tls_opened *opened)
{
    struct side *of = context;
    struct oa_tls_opener *opener = of->opener;

    if (opener->source && oa_tls_records_opened(of->records))
        opener->outcome.source = opener->source;
    switch (opened->type) {
    case OA_TLS_RECORD_APPLICATION_DATA:
        count_data(of, opened->length, 0);
        if (opened->length)
            opener->reader.data(opener->reader.context, of->side, opened->data, opened->length);
        break;
    case OA_TLS_RECORD_HANDSHAKE:
        oa_tls_take_handshake(opener->tls, of->side, opened->data, opened->length);
        break;
    case OA_TLS_RECORD_ALERT:
        if (opened->length == 2)
            oa_tls_take_alert(opener->tls, of->side, opened->data);
        break;
    case OA_TLS_RECORD_CHANGE_CIPHER_SPEC:
        if (opener->handshake && opener->handshake->has_server_hello &&
            opener->handshake->version < OA_TLS_1_3)
            switch_keys(opener, of->side);
        break;
    }
}

static void
on_records_lost(void *context, uint64_t bytes)
{
    struct side *of = context;
    struct oa_tls_opener *opener = of->opener;

    count_data(of, 0, bytes);
    opener->reader.lost(opener->reader.context, of->side, bytes);
}

static struct oa_tls_protection *next_protection(void *context);
static void took_next(void *context);

static struct oa_tls_records *
records_of(struct oa_tls_opener *opener, enum oa_side side)
{
    struct side *of = &opener->side[side];

    if (!of->records)
        of->records = oa_tls_records_new(&(struct oa_tls_record_user){
            .context = of,
            .record = on_record,
            .lost = on_records_lost,
            .next = next_protection,
            .took_next = took_next,
            .room = opener->reader.room,
        });
    return of->records;
}

/* --- up to TLS 1.2 --- */

static enum why
find_master(struct oa_tls_opener *opener)
{
    struct oa_tls_handshake *handshake = opener->handshake;
    const struct oa_tls_facts *facts = oa_tls_facts_of(opener->tls);

    if (oa_tls_handshake_from_log(handshake, opener->keys))
        return WHY_NONE;
    bool is_private = oa_tls_keys_private(opener->keys) != NULL;
    if (!handshake->has_key_exchange) {
        if (oa_tls_handshake_recall(handshake, opener->keys))
            return WHY_NONE;
        return facts->is_lost[OA_CLIENT] ? WHY_HANDSHAKE_LOST
               : is_private              ? WHY_RESUMED
                                         : WHY_NO_LINE;
    }
    if (oa_tls_handshake_decrypt(handshake, opener->keys))
        return WHY_NONE;
    if (!is_private)
        return WHY_NO_LINE;
    if (handshake->suite->exchange != OA_TLS_EXCHANGE_RSA)
        return WHY_EPHEMERAL;
    return handshake->extended_master && !handshake->n_session_hash ? WHY_HANDSHAKE_LOST
                                                                    : WHY_OTHER_PRIVATE_KEY;
}

static void
use_next(struct oa_tls_opener *opener, enum oa_side side)
{
    struct oa_tls_handshake *handshake = opener->handshake;

    oa_tls_records_protect(records_of(opener, side), g_steal_pointer(&handshake->next[side]),
                           false);
    if (!handshake->next[side ^ 1])
        end_handshake(opener);
}

/* Makes the keys of the handshake; false if that is not possible. */
static bool
make_ready(struct oa_tls_opener *opener)
{
    struct oa_tls_handshake *handshake = opener->handshake;
    enum why why = WHY_NONE;

    if (handshake->is_ready)
        return true;
    if (!handshake->has_server_hello)
        why = WHY_HANDSHAKE_LOST;
    else if (!handshake->suite || handshake->suite->cipher == OA_TLS_CIPHER_NONE)
        why = WHY_SUITE;
    else if (handshake->compression)
        why = WHY_COMPRESSED;
    else
        why = find_master(opener);
    if (!why && !oa_tls_handshake_protect(handshake))
        why = WHY_SUITE;
    if (why) {
        give_up(opener, why);
        return false;
    }
    handshake->is_ready = true;
    opener->suite = handshake->suite;
    opener->source = handshake->session.source;
    oa_tls_handshake_learn(handshake, opener->keys);
    for (int side = OA_CLIENT; side <= OA_SERVER && opener->handshake; side++)
        if (opener->side[side].is_adrift) {
            opener->side[side].is_adrift = false;
            use_next(opener, (enum oa_side)side);
        }
    return true;
}

/* A ChangeCipherSpec of a version up to TLS 1.2. */
static void
switch_keys(struct oa_tls_opener *opener, enum oa_side side)
{
    if (make_ready(opener) && opener->handshake && opener->handshake->next[side])
        use_next(opener, side);
}

/* --- TLS 1.3 --- */

static bool
find_secret(struct oa_tls_opener *opener, enum oa_tls_secret what, uint8_t out[OA_TLS_TRAFFIC_MAX])
{
    const struct oa_tls_handshake *handshake = opener->handshake;
    struct oa_tls_piece secret =
        oa_tls_keys_find(opener->keys, what, handshake->random[OA_CLIENT], OA_TLS_RANDOM);

    if (secret.length != oa_tls_hash_length(handshake->suite->prf))
        return false;
    memcpy(out, secret.at, secret.length);
    return true;
}

static void
protect_with(struct oa_tls_opener *opener, enum oa_side side, const uint8_t *secret,
             bool may_be_foreign)
{
    struct oa_tls_protection *protection = oa_tls_protection_of_secret(opener->suite, secret);

    if (protection)
        oa_tls_records_protect(records_of(opener, side), protection, may_be_foreign);
    else
        give_up(opener, WHY_SUITE);
}

/* After the ServerHello. Without the secrets of the handshake the data can be opened all the same:
 * what comes before them does not authenticate. */
static void
begin_1_3(struct oa_tls_opener *opener)
{
    static const enum oa_tls_secret HANDSHAKE[] = { OA_TLS_CLIENT_HANDSHAKE,
                                                    OA_TLS_SERVER_HANDSHAKE };
    static const enum oa_tls_secret TRAFFIC[] = { OA_TLS_CLIENT_TRAFFIC, OA_TLS_SERVER_TRAFFIC };
    const struct oa_tls_handshake *handshake = opener->handshake;
    uint8_t secret[OA_TLS_TRAFFIC_MAX];

    if (!handshake->suite || handshake->suite->cipher == OA_TLS_CIPHER_NONE) {
        give_up(opener, WHY_SUITE);
        return;
    }
    opener->suite = handshake->suite;
    opener->source = OA_TLS_FROM_KEY_LOG;
    for (int side = OA_CLIENT; side <= OA_SERVER && !opener->is_given_up; side++) {
        struct side *of = &opener->side[side];
        bool is_early = side == OA_CLIENT && handshake->early_data;

        if (is_early)
            opener->why = WHY_EARLY_DATA;
        of->has_traffic = find_secret(opener, TRAFFIC[side], of->traffic);
        if (find_secret(opener, HANDSHAKE[side], secret))
            protect_with(opener, (enum oa_side)side, secret, is_early);
        else if ((of->is_finished = of->has_traffic))
            protect_with(opener, (enum oa_side)side, of->traffic, true);
        else
            give_up(opener, oa_tls_keys_private(opener->keys) ? WHY_EPHEMERAL : WHY_NO_LINE);
    }
    explicit_bzero(secret, sizeof secret);
}

/* The sender has finished its part of the handshake: its data follow. */
static void
finish_1_3(struct oa_tls_opener *opener, enum oa_side side)
{
    struct side *of = &opener->side[side];

    if (!of->has_traffic)
        give_up(opener, WHY_NO_TRAFFIC_LINE);
    else
        protect_with(opener, side, of->traffic, false);
    of->is_finished = true;
    if (side == OA_CLIENT)
        end_handshake(opener);
}

/* [RFC 8446] 7.2 */
static bool
next_traffic(const struct side *of, uint8_t next[OA_TLS_TRAFFIC_MAX])
{
    enum oa_tls_hash hash = of->opener->suite->prf;

    return oa_tls_expand_label(hash, of->traffic, "traffic upd", next, oa_tls_hash_length(hash));
}

static void
update_key(struct oa_tls_opener *opener, enum oa_side side)
{
    struct side *of = &opener->side[side];
    uint8_t next[OA_TLS_TRAFFIC_MAX];

    if (next_traffic(of, next))
        memcpy(of->traffic, next, sizeof next);
    explicit_bzero(next, sizeof next);
    protect_with(opener, side, of->traffic, false);
}

/* Of TLS 1.3: the Finished of that side, or a KeyUpdate, may be among what is missing. */
static struct oa_tls_protection *
next_protection(void *context)
{
    const struct side *of = context;
    uint8_t next[OA_TLS_TRAFFIC_MAX];
    struct oa_tls_protection *protection = NULL;

    if (!of->has_traffic)
        return NULL;
    if (!of->is_finished)
        return oa_tls_protection_of_secret(of->opener->suite, of->traffic);
    if (next_traffic(of, next))
        protection = oa_tls_protection_of_secret(of->opener->suite, next);
    explicit_bzero(next, sizeof next);
    return protection;
}

static void
took_next(void *context)
{
    struct side *of = context;
    uint8_t next[OA_TLS_TRAFFIC_MAX];

    if (of->is_finished && next_traffic(of, next))
        memcpy(of->traffic, next, sizeof next);
    explicit_bzero(next, sizeof next);
    of->is_finished = true;
}

/* --- messages --- */

static void
on_hello(void *context, enum oa_side side, const struct oa_tls_hello *hello)
{
    struct oa_tls_opener *opener = context;
    struct oa_tls_handshake *handshake = opener->handshake;

    if (opener->is_given_up)
        return;
    if (side == OA_CLIENT) {
        end_handshake(opener);
        opener->had_hello = true;
        opener->handshake = oa_tls_handshake_new(hello);
    } else if (handshake && !handshake->has_server_hello &&
               memcmp(hello->random, HELLO_RETRY, OA_TLS_RANDOM) != 0) {
        oa_tls_handshake_answer(handshake, hello, oa_tls_facts_of(opener->tls));
        if (handshake->version >= OA_TLS_1_3)
            begin_1_3(opener);
    }
}

static void
on_message(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_opener *opener = context;

    if (opener->is_given_up)
        return;
    if (data[0] == OA_TLS_MESSAGE_KEY_UPDATE && opener->side[side].is_finished)
        update_key(opener, side);
    if (!opener->handshake)
        return;
    oa_tls_handshake_message(opener->handshake, opener->keys, side, data, length);
    if (data[0] == OA_TLS_MESSAGE_FINISHED && opener->handshake->version >= OA_TLS_1_3)
        finish_1_3(opener, side);
}

static void
on_rest(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_opener *opener = context;

    (void)side;
    if (opener->handshake)
        oa_tls_handshake_rest(opener->handshake, data, length);
}

/* --- the connection --- */

static bool
on_switched(void *context, enum oa_side side)
{
    struct oa_tls_opener *opener = context;
    const struct oa_tls_handshake *handshake = opener->handshake;

    if (opener->is_given_up)
        return false;
    if (!handshake) {
        if (!opener->side[side].records)
            give_up(opener, WHY_NO_HANDSHAKE);
        return !opener->is_given_up;
    }
    if (handshake->has_server_hello ? handshake->version < OA_TLS_1_3 : !handshake->early_data)
        switch_keys(opener, side);
    return !opener->is_given_up;
}

/* Once it is given up, what is kept for records is freed. */
static void
check_records(struct oa_tls_opener *opener, enum oa_side side)
{
    struct oa_tls_records *records = opener->side[side].records;

    if (records && oa_tls_records_state(records) == OA_TLS_RECORDS_REFUSED)
        give_up(opener, WHY_OTHER_KEY);
    else if (records && oa_tls_records_state(records) == OA_TLS_RECORDS_STOPPED &&
             (!opener->why || opener->why == WHY_EARLY_DATA))
        opener->why = WHY_LOST_PLACE;
    for (int i = OA_CLIENT; i <= OA_SERVER && opener->is_given_up; i++)
        g_clear_pointer(&opener->side[i].records, oa_tls_records_free);
}

static void
on_data(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_opener *opener = context;

    if (!opener->is_given_up)
        oa_tls_records_data(records_of(opener, side), data, length);
    check_records(opener, side);
}

static void
on_lost(void *context, enum oa_side side, uint64_t bytes)
{
    struct oa_tls_opener *opener = context;
    struct side *of = &opener->side[side];
    const struct oa_tls_handshake *handshake = opener->handshake;

    if (opener->is_given_up)
        return;
    of->is_adrift |= handshake && handshake->version < OA_TLS_1_3 && !of->records;
    oa_tls_records_lost(records_of(opener, side), bytes);
    if (of->is_adrift && handshake->is_ready) {
        of->is_adrift = false;
        use_next(opener, side);
    } else if (of->is_adrift && opener->side[side ^ 1].is_adrift && handshake->has_server_hello) {
        make_ready(opener);
    }
    check_records(opener, side);
}

struct oa_tls_opener *
oa_tls_opener_new(struct oa_tls *tls, struct oa_tls_keys *keys, const struct oa_tls_reader *reader)
{
    struct oa_tls_opener *opener = g_new0(struct oa_tls_opener, 1);

    opener->tls = tls;
    opener->keys = keys;
    opener->reader = *reader;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++) {
        opener->side[side].opener = opener;
        opener->side[side].side = (enum oa_side)side;
    }
    opener->listener = (struct oa_tls_listener){ .context = opener,
                                                 .hello = on_hello,
                                                 .message = on_message,
                                                 .rest = on_rest,
                                                 .switched = on_switched,
                                                 .data = on_data,
                                                 .lost = on_lost };
    oa_tls_listen(tls, &opener->listener);
    return opener;
}

void
oa_tls_opener_end(struct oa_tls_opener *opener)
{
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        if (opener->side[side].records)
            oa_tls_records_end(opener->side[side].records);
}

void
oa_tls_opener_free(struct oa_tls_opener *opener)
{
    if (!opener)
        return;
    end_handshake(opener);
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        oa_tls_records_free(opener->side[side].records);
    explicit_bzero(opener, sizeof *opener);
    g_free(opener);
}

static enum why
why_nothing(const struct oa_tls_opener *opener)
{
    const struct oa_tls_facts *facts = oa_tls_facts_of(opener->tls);

    if (facts && facts->is_finished && opener->suite)
        return WHY_OTHER_KEY;
    if (facts && (facts->is_lost[OA_CLIENT] || facts->is_lost[OA_SERVER]))
        return WHY_HANDSHAKE_LOST;
    return opener->had_hello ? WHY_UNFINISHED : WHY_NO_HANDSHAKE;
}

struct oa_tls_outcome
oa_tls_opener_outcome(const struct oa_tls_opener *opener)
{
    struct oa_tls_outcome outcome = opener->outcome;
    enum why why = opener->why;

    if (!why && !outcome.source)
        why = why_nothing(opener);
    outcome.why_not = WHY_TEXTS[why];
    return outcome;
}

const char *
oa_tls_key_source_name(enum oa_tls_key_source source)
{
    static const char *const NAMES[] = { [OA_TLS_FROM_NOWHERE] = "no",
                                         [OA_TLS_FROM_KEY_LOG] = "key_log",
                                         [OA_TLS_FROM_PRIVATE_KEY] = "private_key" };

    return NAMES[source];
}
