/* tls_wrapper.c
 * TLS 1.2 and 1.3 around the sessions of the benchmark.
 * [RFC 5246] 5, 6, 7.4, [RFC 5288] 3, [RFC 8446] 4.1, 5.2, 7.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls_wrapper.h"

#include <gcrypt.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define HASH 32 /* of SHA-256 */
#define MASTER 48
#define KEY 16
#define NONCE 12
#define SALT 4 /* of TLS 1.2: the part of the nonce that is not in the record */
#define TAG 16
#define HEADER 5
#define ECDHE_RSA_AES_128_GCM_SHA256 0xc02f
#define AES_128_GCM_SHA256 0x1301

enum content { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum message {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    SERVER_HELLO_DONE = 14,
    CLIENT_KEY_EXCHANGE = 16,
    FINISHED = 20
};

/* What one side protects records with. */
struct protection {
    gcry_cipher_hd_t cipher;
    uint8_t nonce[NONCE];
    uint64_t records;
};

struct bench_tls {
    enum bench_tls_version version;
    uint8_t random[2][HASH];
    uint8_t secret[2][HASH]; /* of TLS 1.3, for application data */
    struct protection side[2];
};

static void
require(gcry_error_t error)
{
    if (error)
        g_error("libgcrypt: %s", gcry_strerror(error));
}

/* --- secrets --- */

/* SHA-256 of the label and the number: what has to look random. */
static void
made(const char *label, uint64_t number, uint8_t out[HASH])
{
    char *text = g_strdup_printf("%s %" G_GUINT64_FORMAT, label, number);

    gcry_md_hash_buffer(GCRY_MD_SHA256, out, text, strlen(text));
    g_free(text);
}

static void
hmac(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t out[HASH])
{
    gcry_buffer_t pieces[2] = { { .data = (void *)key, .len = key_length },
                                { .data = (void *)data, .len = length } };

    require(gcry_md_hash_buffers(GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC, out, pieces, 2));
}

/* P_SHA256 of a seed that begins with its label. */
static void
p_hash(const uint8_t secret[MASTER], const uint8_t *seed, size_t seed_length, uint8_t *out,
       size_t length)
{
    uint8_t block[HASH + 128], part[HASH];

    g_assert(seed_length <= sizeof block - HASH);
    memcpy(block + HASH, seed, seed_length);
    hmac(secret, MASTER, seed, seed_length, block);
    for (size_t done = 0; done < length; done += HASH) {
        hmac(secret, MASTER, block, HASH + seed_length, part);
        memcpy(out + done, part, MIN((size_t)HASH, length - done));
        hmac(secret, MASTER, block, HASH, block);
    }
}

/* HKDF-Expand-Label without a context, of at most one block. */
static void
expand_label(const uint8_t secret[HASH], const char *label, uint8_t *out, uint8_t length)
{
    uint8_t info[64] = { 0, length, (uint8_t)(6 + strlen(label)) }, block[HASH];
    size_t used = 3;

    used += (size_t)g_snprintf((char *)info + used, sizeof info - used, "tls13 %s", label);
    info[used++] = 0;
    info[used++] = 1;
    hmac(secret, HASH, info, used, block);
    memcpy(out, block, length);
}

static void
set_key(struct protection *side, const uint8_t key[KEY])
{
    if (!side->cipher)
        require(gcry_cipher_open(&side->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 0));
    require(gcry_cipher_setkey(side->cipher, key, KEY));
    side->records = 0;
}

static void
set_traffic_secret(struct protection *side, const uint8_t secret[HASH])
{
    uint8_t key[KEY];

    expand_label(secret, "key", key, KEY);
    expand_label(secret, "iv", side->nonce, NONCE);
    set_key(side, key);
}

static void
log_secret(FILE *log, const char *label, const uint8_t random[HASH], const uint8_t *secret,
           size_t length)
{
    fprintf(log, "%s ", label);
    for (size_t i = 0; i < HASH; i++)
        fprintf(log, "%02x", random[i]);
    fputc(' ', log);
    for (size_t i = 0; i < length; i++)
        fprintf(log, "%02x", secret[i]);
    fputc('\n', log);
}

static void
begin_1_2(struct bench_tls *tls, uint64_t number, FILE *log)
{
    static const char LABEL[] = "key expansion";
    uint8_t master[2 * HASH], seed[sizeof LABEL - 1 + 2 * HASH], keys[2 * (KEY + SALT)];

    made("master", number, master);
    made("more of the master", number, master + HASH);
    log_secret(log, "CLIENT_RANDOM", tls->random[BENCH_CLIENT], master, MASTER);
    memcpy(seed, LABEL, sizeof LABEL - 1);
    memcpy(seed + sizeof LABEL - 1, tls->random[BENCH_SERVER], HASH);
    memcpy(seed + sizeof LABEL - 1 + HASH, tls->random[BENCH_CLIENT], HASH);
    p_hash(master, seed, sizeof seed, keys, sizeof keys);
    for (unsigned side = BENCH_CLIENT; side <= BENCH_SERVER; side++) {
        set_key(&tls->side[side], keys + side * KEY);
        memcpy(tls->side[side].nonce, keys + 2 * KEY + side * SALT, SALT);
    }
}

static void
begin_1_3(struct bench_tls *tls, uint64_t number, FILE *log)
{
    static const char *const LABELS[2][2] = {
        { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0" },
        { "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0" },
    };

    for (unsigned side = BENCH_CLIENT; side <= BENCH_SERVER; side++) {
        uint8_t handshake[HASH];
        made(LABELS[side][0], number, handshake);
        made(LABELS[side][1], number, tls->secret[side]);
        log_secret(log, LABELS[side][0], tls->random[BENCH_CLIENT], handshake, HASH);
        log_secret(log, LABELS[side][1], tls->random[BENCH_CLIENT], tls->secret[side], HASH);
        set_traffic_secret(&tls->side[side], handshake);
    }
}

struct bench_tls *
bench_tls_new(enum bench_tls_version version, uint64_t number, FILE *key_log)
{
    struct bench_tls *tls = g_new0(struct bench_tls, 1);

    tls->version = version;
    made("client", number, tls->random[BENCH_CLIENT]);
    made("server", number, tls->random[BENCH_SERVER]);
    if (version == BENCH_TLS_1_2)
        begin_1_2(tls, number, key_log);
    else
        begin_1_3(tls, number, key_log);
    return tls;
}

void
bench_tls_free(struct bench_tls *tls)
{
    if (!tls)
        return;
    for (unsigned side = BENCH_CLIENT; side <= BENCH_SERVER; side++)
        gcry_cipher_close(tls->side[side].cipher);
    g_free(tls);
}

/* --- records --- */

static void
put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void
put64(uint8_t *out, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static size_t
put_header(uint8_t *out, enum content type, size_t length)
{
    out[0] = (uint8_t)type;
    put16(out + 1, 0x0303);
    put16(out + 3, length);
    return HEADER;
}

static size_t
clear_record(enum content type, const uint8_t *data, size_t length, uint8_t *out)
{
    put_header(out, type, length);
    memcpy(out + HEADER, data, length);
    return HEADER + length;
}

/* The type, or that of TLS 1.3 behind the data, and all that authenticates the record. */
static size_t
sealed_record(struct bench_tls *tls, enum bench_side sender, enum content type, const uint8_t *data,
              size_t length, uint8_t *out)
{
    bool is_1_3 = tls->version == BENCH_TLS_1_3;
    struct protection *side = &tls->side[sender];
    uint8_t nonce[NONCE], about[8 + HEADER];
    size_t at = put_header(out, is_1_3 ? APPLICATION_DATA : type,
                           is_1_3 ? length + 1 + TAG : 8 + length + TAG);
    size_t about_length = HEADER;

    memcpy(nonce, side->nonce, NONCE);
    if (is_1_3) {
        uint8_t number[8];
        put64(number, side->records);
        for (unsigned i = 0; i < 8; i++)
            nonce[NONCE - 8 + i] ^= number[i];
        memcpy(about, out, HEADER);
    } else {
        put64(nonce + SALT, side->records);
        put64(out + at, side->records);
        at += 8;
        put64(about, side->records);
        memcpy(about + 8, out, 3);
        put16(about + 11, length);
        about_length += 8;
    }
    side->records++;
    memcpy(out + at, data, length);
    if (is_1_3)
        out[at + length++] = (uint8_t)type;
    require(gcry_cipher_setiv(side->cipher, nonce, NONCE));
    require(gcry_cipher_authenticate(side->cipher, about, about_length));
    require(gcry_cipher_encrypt(side->cipher, out + at, length, NULL, 0));
    require(gcry_cipher_gettag(side->cipher, out + at + length, TAG));
    return at + length + TAG;
}

size_t
bench_tls_record(struct bench_tls *tls, enum bench_side sender, const uint8_t *data, size_t length,
                 uint8_t *out)
{
    return sealed_record(tls, sender, APPLICATION_DATA, data, length, out);
}

/* --- the handshake --- */

static size_t
put_message(uint8_t *out, enum message type, const uint8_t *body, size_t length)
{
    out[0] = (uint8_t)type;
    out[1] = 0;
    put16(out + 2, length);
    memcpy(out + 4, body, length);
    return 4 + length;
}

/* A hello of either side, in a record. */
static size_t
put_hello(const struct bench_tls *tls, enum bench_side sender, uint8_t *out)
{
    static const uint8_t OFFERED[] = { 0, 43, 0, 3, 2, 3, 4 }, CHOSEN[] = { 0, 43, 0, 2, 3, 4 };
    bool is_client = sender == BENCH_CLIENT, is_1_3 = tls->version == BENCH_TLS_1_3;
    size_t extension = is_client ? sizeof OFFERED : sizeof CHOSEN;
    uint8_t body[BENCH_FLIGHT_MAX], message[BENCH_FLIGHT_MAX];
    size_t n = 2 + HASH;

    put16(body, 0x0303);
    memcpy(body + 2, tls->random[sender], HASH);
    body[n++] = 0; /* no session */
    if (is_client)
        n += (put16(body + n, 2), 2); /* one suite */
    n += (put16(body + n, is_1_3 ? AES_128_GCM_SHA256 : ECDHE_RSA_AES_128_GCM_SHA256), 2);
    if (is_client)
        body[n++] = 1; /* one compression */
    body[n++] = 0;     /* which is none */
    if (is_1_3) {
        n += (put16(body + n, extension), 2);
        memcpy(body + n, is_client ? OFFERED : CHOSEN, extension);
        n += extension;
    }
    n = put_message(message, is_client ? CLIENT_HELLO : SERVER_HELLO, body, n);
    return clear_record(HANDSHAKE, message, n, out);
}

static size_t
put_finished(struct bench_tls *tls, enum bench_side sender, uint8_t *out)
{
    static const uint8_t ZEROS[HASH] = { 0 }; /* nobody verifies it */
    uint8_t message[4 + HASH];
    size_t n = put_message(message, FINISHED, ZEROS, tls->version == BENCH_TLS_1_3 ? HASH : 12);

    return sealed_record(tls, sender, HANDSHAKE, message, n, out);
}

static size_t
flight_1_2(struct bench_tls *tls, unsigned flight, uint8_t *out)
{
    static const uint8_t CHANGE = 1, NO_KEY[2] = { 1, 0 };
    uint8_t message[8];
    size_t n = 0;

    if (flight == 0)
        return put_hello(tls, BENCH_CLIENT, out);
    if (flight == 1) {
        size_t done = put_message(message, SERVER_HELLO_DONE, NO_KEY, 0);
        n = put_hello(tls, BENCH_SERVER, out);
        return n + clear_record(HANDSHAKE, message, done, out + n);
    }
    if (flight == 2)
        n = clear_record(HANDSHAKE, message,
                         put_message(message, CLIENT_KEY_EXCHANGE, NO_KEY, sizeof NO_KEY), out);
    n += clear_record(CHANGE_CIPHER_SPEC, &CHANGE, 1, out + n);
    return n + put_finished(tls, flight % 2 ? BENCH_SERVER : BENCH_CLIENT, out + n);
}

static size_t
flight_1_3(struct bench_tls *tls, unsigned flight, uint8_t *out)
{
    static const uint8_t NO_EXTENSIONS[2] = { 0 };
    uint8_t message[8];
    size_t n;

    switch (flight) {
    case 0:
        return put_hello(tls, BENCH_CLIENT, out);
    case 1:
        n = put_hello(tls, BENCH_SERVER, out);
        n += sealed_record(tls, BENCH_SERVER, HANDSHAKE, message,
                           put_message(message, ENCRYPTED_EXTENSIONS, NO_EXTENSIONS, 2), out + n);
        n += put_finished(tls, BENCH_SERVER, out + n);
        set_traffic_secret(&tls->side[BENCH_SERVER], tls->secret[BENCH_SERVER]);
        return n;
    case 2:
        n = put_finished(tls, BENCH_CLIENT, out);
        set_traffic_secret(&tls->side[BENCH_CLIENT], tls->secret[BENCH_CLIENT]);
        return n;
    default:
        return 0;
    }
}

size_t
bench_tls_flight(struct bench_tls *tls, unsigned flight, uint8_t *out)
{
    return tls->version == BENCH_TLS_1_3 ? flight_1_3(tls, flight, out)
                                         : flight_1_2(tls, flight, out);
}
