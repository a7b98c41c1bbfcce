/* tls_opener.c
 * From the messages of a handshake to the keys of both directions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_opener.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "tls/tls_record.h"

#define MESSAGE_HEADER 4
#define SESSION_ID_MAX 32
#define DIGEST_MAX 48

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

struct session_id {
    uint8_t length;
    uint8_t bytes[SESSION_ID_MAX];
};

struct copy {
    uint8_t *at;
    size_t length;
};

/* What is known of a handshake until both sides have switched to its keys. */
struct handshake {
    bool has_server_hello, has_key_exchange, is_ready;
    bool extended_master, encrypt_then_mac, early_data;
    uint8_t random[2][OA_TLS_RANDOM]; /* by sender */
    struct session_id session_id[2];
    uint16_t version;
    uint8_t compression;
    const struct oa_tls_suite *suite;
    struct copy ticket, new_ticket;   /* that the client has, and gets */
    struct copy certificate;          /* of the server, in DER, if it is of use */
    struct copy encrypted;            /* premaster secret */
    GByteArray *hellos;               /* messages before it is known how to hash them */
    gcry_md_hd_t transcript;          /* NULL: not needed, or not possible */
    bool is_hash_lost;                /* then too */
    uint8_t session_hash[DIGEST_MAX]; /* up to the ClientKeyExchange */
    size_t n_session_hash;
    struct oa_tls_session session;
    struct oa_tls_protection *next[2]; /* by sender: what it will switch to */
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
    struct handshake *handshake;      /* the current one; NULL */
    const struct oa_tls_suite *suite; /* of the last one that has keys */
    struct side side[2];
    enum oa_tls_key_source source; /* of the keys in use */
    struct oa_tls_outcome outcome;
    enum why why;
    bool is_given_up, had_hello;
};

static struct copy
copy_of(const uint8_t *at, size_t length)
{
    return (struct copy){ length ? g_memdup2(at, length) : NULL, length };
}

static struct oa_tls_piece
piece_of(const struct copy *copy)
{
    return (struct oa_tls_piece){ copy->at, copy->length };
}

static void
replace(struct copy *copy, const uint8_t *at, size_t length)
{
    g_free(copy->at);
    *copy = copy_of(at, length);
}

static void
free_handshake(struct handshake *handshake)
{
    if (!handshake)
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        oa_tls_protection_free(handshake->next[side]);
    g_free(handshake->ticket.at);
    g_free(handshake->new_ticket.at);
    g_free(handshake->certificate.at);
    g_free(handshake->encrypted.at);
    if (handshake->hellos)
        g_byte_array_free(handshake->hellos, TRUE);
    gcry_md_close(handshake->transcript);
    explicit_bzero(handshake, sizeof *handshake);
    g_free(handshake);
}

static void
end_handshake(struct oa_tls_opener *opener)
{
    g_clear_pointer(&opener->handshake, free_handshake);
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

/* Adds a message, or the rest of a long one, to the hash of the handshake; it begins when the hash
 * is known. */
static void
hash_message(struct handshake *handshake, const uint8_t *message, size_t length)
{
    if (handshake->transcript)
        gcry_md_write(handshake->transcript, message, length);
    else if (handshake->hellos && (!handshake->hellos->len || handshake->has_server_hello))
        g_byte_array_append(handshake->hellos, message, (guint)length);
}

/* After the ServerHello: only the extended master secret needs the hash. */
static void
begin_hash(struct handshake *handshake)
{
    const struct oa_tls_suite *suite = handshake->suite;
    bool is_1_2 = handshake->version >= OA_TLS_1_2;
    int algorithm = is_1_2 && suite ? oa_tls_hash_algorithm(suite->prf) : GCRY_MD_MD5;

    if (handshake->extended_master && suite && !handshake->is_hash_lost &&
        gcry_md_open(&handshake->transcript, algorithm, 0) == 0) {
        if (!is_1_2)
            gcry_md_enable(handshake->transcript, GCRY_MD_SHA1);
        gcry_md_write(handshake->transcript, handshake->hellos->data, handshake->hellos->len);
    }
    g_byte_array_free(g_steal_pointer(&handshake->hellos), TRUE);
}

/* The session hash of [RFC 7627] 3: after the ClientKeyExchange. */
static void
end_hash(struct handshake *handshake)
{
    size_t n = 0;

    if (!handshake->transcript)
        return;
    if (handshake->version < OA_TLS_1_2) {
        memcpy(handshake->session_hash, gcry_md_read(handshake->transcript, GCRY_MD_MD5), 16);
        memcpy(handshake->session_hash + 16, gcry_md_read(handshake->transcript, GCRY_MD_SHA1), 20);
        n = 36;
    } else {
        n = oa_tls_hash_length(handshake->suite->prf);
        memcpy(handshake->session_hash, gcry_md_read(handshake->transcript, 0), n);
    }
    handshake->n_session_hash = n;
    gcry_md_close(handshake->transcript);
    handshake->transcript = NULL;
}

static bool
derive_master(struct handshake *handshake, struct oa_tls_piece premaster)
{
    struct oa_tls_piece client = { handshake->random[OA_CLIENT], OA_TLS_RANDOM };
    struct oa_tls_piece server = { handshake->random[OA_SERVER], OA_TLS_RANDOM };
    struct oa_tls_piece hash = { handshake->session_hash, handshake->n_session_hash };
    const struct oa_tls_piece none = { NULL, 0 };
    bool extended = handshake->extended_master;

    if (!premaster.length || (extended && !hash.length))
        return false;
    return oa_tls_prf(handshake->version, handshake->suite->prf, premaster,
                      extended ? "extended master secret" : "master secret",
                      extended ? hash : client, extended ? none : server, handshake->session.master,
                      OA_TLS_MASTER);
}

static bool
take_master(struct oa_tls_opener *opener, enum oa_tls_secret what, const uint8_t *name,
            size_t length)
{
    struct oa_tls_piece master = oa_tls_keys_find(opener->keys, what, name, length);

    if (master.length != OA_TLS_MASTER)
        return false;
    memcpy(opener->handshake->session.master, master.at, master.length);
    return true;
}

static bool
log_has_master(struct oa_tls_opener *opener)
{
    struct handshake *handshake = opener->handshake;
    const uint8_t *random = handshake->random[OA_CLIENT];
    const struct session_id *id = &handshake->session_id[OA_SERVER];

    handshake->session.source = OA_TLS_FROM_KEY_LOG;
    return take_master(opener, OA_TLS_MASTER_OF_RANDOM, random, OA_TLS_RANDOM) ||
           take_master(opener, OA_TLS_MASTER_OF_SESSION_ID, id->bytes, id->length) ||
           derive_master(handshake, oa_tls_keys_find(opener->keys, OA_TLS_PREMASTER_OF_RANDOM,
                                                     random, OA_TLS_RANDOM)) ||
           (handshake->encrypted.length >= 8 &&
            derive_master(handshake, oa_tls_keys_find(opener->keys, OA_TLS_PREMASTER_OF_ENCRYPTED,
                                                      handshake->encrypted.at, 8)));
}

/* The master secret of an earlier handshake in the capture. */
static bool
session_is_known(struct oa_tls_opener *opener)
{
    struct handshake *handshake = opener->handshake;
    const struct session_id *ours = &handshake->session_id[OA_CLIENT];
    const struct session_id *theirs = &handshake->session_id[OA_SERVER];
    struct oa_tls_piece id = { ours->bytes, ours->length };
    bool is_same =
        ours->length == theirs->length && memcmp(ours->bytes, theirs->bytes, ours->length) == 0;

    return (is_same && oa_tls_keys_recall(opener->keys, OA_TLS_BY_ID, id, &handshake->session)) ||
           oa_tls_keys_recall(opener->keys, OA_TLS_BY_TICKET, piece_of(&handshake->ticket),
                              &handshake->session);
}

static bool
private_key_opens(struct oa_tls_opener *opener)
{
    const struct oa_tls_private_keys *private = oa_tls_keys_private(opener->keys);
    struct handshake *handshake = opener->handshake;
    uint8_t premaster[OA_TLS_MASTER];

    if (!private || handshake->suite->exchange != OA_TLS_EXCHANGE_RSA ||
        !handshake->encrypted.length ||
        !private->decrypt(private->context, piece_of(&handshake->certificate),
                          piece_of(&handshake->encrypted), premaster))
        return false;
    handshake->session.source = OA_TLS_FROM_PRIVATE_KEY;
    bool is_derived =
        derive_master(handshake, (struct oa_tls_piece){ premaster, sizeof premaster });
    explicit_bzero(premaster, sizeof premaster);
    return is_derived;
}

static enum why
find_master(struct oa_tls_opener *opener)
{
    const struct handshake *handshake = opener->handshake;
    const struct oa_tls_facts *facts = oa_tls_facts_of(opener->tls);

    if (log_has_master(opener))
        return WHY_NONE;
    bool is_private = oa_tls_keys_private(opener->keys) != NULL;
    if (!handshake->has_key_exchange) {
        if (session_is_known(opener))
            return WHY_NONE;
        return facts->is_lost[OA_CLIENT] ? WHY_HANDSHAKE_LOST
               : is_private              ? WHY_RESUMED
                                         : WHY_NO_LINE;
    }
    if (private_key_opens(opener))
        return WHY_NONE;
    if (!is_private)
        return WHY_NO_LINE;
    if (handshake->suite->exchange != OA_TLS_EXCHANGE_RSA)
        return WHY_EPHEMERAL;
    return handshake->extended_master && !handshake->n_session_hash ? WHY_HANDSHAKE_LOST
                                                                    : WHY_OTHER_PRIVATE_KEY;
}

static void
learn_session(struct oa_tls_opener *opener)
{
    const struct handshake *handshake = opener->handshake;
    const struct session_id *id = &handshake->session_id[OA_SERVER];

    oa_tls_keys_learn(opener->keys, OA_TLS_BY_ID, (struct oa_tls_piece){ id->bytes, id->length },
                      &handshake->session);
    oa_tls_keys_learn(opener->keys, OA_TLS_BY_TICKET, piece_of(&handshake->new_ticket),
                      &handshake->session);
}

/* Both directions' keys from the key block. */
static bool
make_protections(struct handshake *handshake)
{
    struct oa_tls_key_lengths n = oa_tls_key_lengths_of(handshake->suite, handshake->version);
    struct oa_tls_piece master = { handshake->session.master, OA_TLS_MASTER };
    struct oa_tls_piece client = { handshake->random[OA_CLIENT], OA_TLS_RANDOM };
    struct oa_tls_piece server = { handshake->random[OA_SERVER], OA_TLS_RANDOM };
    uint8_t block[2 * (DIGEST_MAX + 32 + 16)];
    bool is_made = oa_tls_prf(handshake->version, handshake->suite->prf, master, "key expansion",
                              server, client, block, 2 * (n.mac + n.key + n.iv));

    for (size_t side = OA_CLIENT; side <= OA_SERVER && is_made; side++) {
        handshake->next[side] = oa_tls_protection_new(
            handshake->suite, handshake->version, handshake->encrypt_then_mac, block + side * n.mac,
            block + 2 * n.mac + side * n.key, block + 2 * (n.mac + n.key) + side * n.iv);
        is_made = handshake->next[side] != NULL;
    }
    explicit_bzero(block, sizeof block);
    return is_made;
}

static void
use_next(struct oa_tls_opener *opener, enum oa_side side)
{
    struct handshake *handshake = opener->handshake;

    oa_tls_records_protect(records_of(opener, side), g_steal_pointer(&handshake->next[side]),
                           false);
    if (!handshake->next[side ^ 1])
        end_handshake(opener);
}

/* Makes the keys of the handshake; false if that is not possible. */
static bool
make_ready(struct oa_tls_opener *opener)
{
    struct handshake *handshake = opener->handshake;
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
    if (!why && !make_protections(handshake))
        why = WHY_SUITE;
    if (why) {
        give_up(opener, why);
        return false;
    }
    handshake->is_ready = true;
    opener->suite = handshake->suite;
    opener->source = handshake->session.source;
    learn_session(opener);
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
    const struct handshake *handshake = opener->handshake;
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
    const struct handshake *handshake = opener->handshake;
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

static struct session_id
session_id_of(struct oa_tls_piece piece)
{
    struct session_id id = { .length = (uint8_t)MIN(piece.length, SESSION_ID_MAX) };

    if (id.length)
        memcpy(id.bytes, piece.at, id.length);
    return id;
}

static void
on_hello(void *context, enum oa_side side, const struct oa_tls_hello *hello)
{
    struct oa_tls_opener *opener = context;
    const struct oa_tls_facts *facts = oa_tls_facts_of(opener->tls);
    struct handshake *handshake;

    if (opener->is_given_up)
        return;
    if (side == OA_CLIENT) {
        end_handshake(opener);
        opener->had_hello = true;
        opener->handshake = g_new0(struct handshake, 1);
        opener->handshake->hellos = g_byte_array_new();
        opener->handshake->early_data = hello->early_data;
        replace(&opener->handshake->ticket, hello->ticket.at, hello->ticket.length);
    }
    handshake = opener->handshake;
    if (!handshake ||
        (side == OA_SERVER &&
         (handshake->has_server_hello || memcmp(hello->random, HELLO_RETRY, OA_TLS_RANDOM) == 0)))
        return;
    memcpy(handshake->random[side], hello->random, OA_TLS_RANDOM);
    handshake->session_id[side] = session_id_of(hello->session_id);
    if (side == OA_CLIENT)
        return;
    handshake->has_server_hello = true;
    handshake->version = facts->version;
    handshake->suite = oa_tls_suite_find(facts->cipher_suite);
    handshake->compression = hello->compression;
    handshake->extended_master = hello->extended_master;
    handshake->encrypt_then_mac = hello->encrypt_then_mac;
    if (handshake->version >= OA_TLS_1_3)
        begin_1_3(opener);
}

/* Only of the server's own certificate, and only if a private key may have use for it. */
static void
keep_certificate(struct oa_tls_opener *opener, struct oa_cursor *message)
{
    if (!oa_tls_keys_private(opener->keys))
        return;
    oa_cursor_skip(message, 3);
    size_t length = (size_t)oa_cursor_uint(message, 3);
    struct oa_cursor der = oa_cursor_sub(message, length);
    if (!der.is_short)
        replace(&opener->handshake->certificate, der.data, der.length);
}

/* SSL 3.0 has no length before what is encrypted. */
static void
take_key_exchange(struct handshake *handshake, struct oa_cursor *message)
{
    handshake->has_key_exchange = true;
    if (handshake->version >= OA_TLS_1_0)
        oa_cursor_skip(message, 2);
    size_t length = oa_cursor_left(message);
    if (handshake->suite && handshake->suite->exchange == OA_TLS_EXCHANGE_RSA)
        replace(&handshake->encrypted, oa_cursor_bytes(message, length), length);
}

static void
take_ticket(struct oa_tls_opener *opener, struct oa_cursor *message)
{
    struct handshake *handshake = opener->handshake;

    oa_cursor_skip(message, 4);
    size_t length = oa_cursor_u16(message);
    const uint8_t *ticket = oa_cursor_bytes(message, length);
    if (!ticket)
        return;
    replace(&handshake->new_ticket, ticket, length);
    if (handshake->is_ready)
        learn_session(opener);
}

static void
take_message(struct oa_tls_opener *opener, enum oa_side side, uint8_t type,
             struct oa_cursor *message)
{
    struct handshake *handshake = opener->handshake;
    bool is_1_3 = handshake->version >= OA_TLS_1_3;

    if (is_1_3) {
        if (type == OA_TLS_MESSAGE_FINISHED)
            finish_1_3(opener, side);
    } else if (type == OA_TLS_MESSAGE_CERTIFICATE && side == OA_SERVER) {
        keep_certificate(opener, message);
    } else if (type == OA_TLS_MESSAGE_CLIENT_KEY_EXCHANGE && side == OA_CLIENT) {
        take_key_exchange(handshake, message);
        end_hash(handshake);
    } else if (type == OA_TLS_MESSAGE_NEW_SESSION_TICKET && side == OA_SERVER) {
        take_ticket(opener, message);
    }
}

static void
on_message(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_opener *opener = context;
    struct handshake *handshake = opener->handshake;
    struct oa_cursor message = oa_cursor_over(data + MESSAGE_HEADER, length - MESSAGE_HEADER);

    message.big_endian = true;
    if (opener->is_given_up)
        return;
    if (data[0] == OA_TLS_MESSAGE_KEY_UPDATE && opener->side[side].is_finished)
        update_key(opener, side);
    if (!handshake)
        return;
    if (data[0] != OA_TLS_MESSAGE_HELLO_REQUEST)
        hash_message(handshake, data, length);
    if (handshake->hellos && handshake->has_server_hello)
        begin_hash(handshake);
    take_message(opener, side, data[0], &message);
}

/* Hellos are not that long. */
static void
on_rest(void *context, enum oa_side side, const uint8_t *data, size_t length)
{
    struct oa_tls_opener *opener = context;
    struct handshake *handshake = opener->handshake;

    (void)side;
    if (!handshake)
        return;
    if (handshake->hellos && handshake->hellos->len)
        handshake->is_hash_lost = true;
    else
        hash_message(handshake, data, length);
}

/* --- the connection --- */

static bool
on_switched(void *context, enum oa_side side)
{
    struct oa_tls_opener *opener = context;
    const struct handshake *handshake = opener->handshake;

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
    const struct handshake *handshake = opener->handshake;

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
