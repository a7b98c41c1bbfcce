/* tls_facts.c
 * What is visible of one TLS connection without keys: records, handshake messages, alerts.
 * [RFC 8446] 4, 5, 6, [RFC 5246] 6, 7, [RFC 6066] 3, [RFC 7301] 3.1, [RFC 6101] appendix E
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls/tls_facts.h"

#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"

#define MESSAGE_HEADER 4

#define IS_GREASE(number) (((number)&0x0f0f) == 0x0a0a && ((number) >> 8) == ((number)&0xff))

/* An alert of TLS 1.3: its two bytes, the content type, the authentication tag. */
#define ENCRYPTED_ALERT_MAX (2 + 1 + 16)

enum extension_type {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ALPN = 16,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
};

enum direction_state {
    READING,
    ONLY_HELLO, /* after a ChangeCipherSpec of unknown meaning: in TLS 1.3 before a second hello, in
                   an older version before encrypted messages */
    PASSED_ON,  /* encrypted, and the listener's */
    DONE,       /* encrypted, lost or unreadable */
};

struct direction {
    enum direction_state state;
    uint8_t header[OA_TLS_RECORD_HEADER]; /* of the current record */
    uint8_t n_header;
    bool ends_here;      /* with the current record, a ChangeCipherSpec */
    size_t record_left;  /* of its payload */
    size_t record_taken; /* of its payload, kept in `alert` */
    uint8_t alert[2];
    size_t v2_left;      /* of a hello of SSL 2.0 */
    GByteArray *message; /* the current handshake message, including its header */
    size_t message_want; /* bytes of it to keep; 0 until the header is complete */
    size_t message_skip; /* bytes after them */
};

struct oa_tls {
    struct direction direction[2];
    struct oa_tls_facts facts;
    const struct oa_tls_listener *listener; /* NULL: there are no keys */
    struct oa_stamp now;                    /* of the bytes being read */
    bool is_recognised;
    bool has_key_exchange; /* the client's: not in TLS 1.3 */
};

struct oa_tls *
oa_tls_new(void)
{
    return g_new0(struct oa_tls, 1);
}

static void
drop_message(struct direction *direction)
{
    if (direction->message)
        g_byte_array_free(direction->message, TRUE);
    direction->message = NULL;
    direction->message_want = direction->message_skip = 0;
}

static void
end_direction(struct direction *direction)
{
    direction->state = DONE;
    drop_message(direction);
}

void
oa_tls_free(struct oa_tls *tls)
{
    if (!tls)
        return;
    for (int side = OA_CLIENT; side <= OA_SERVER; side++)
        end_direction(&tls->direction[side]);
    g_free(tls->facts.certificate);
    g_free(tls);
}

void
oa_tls_listen(struct oa_tls *tls, const struct oa_tls_listener *listener)
{
    tls->listener = listener;
}

/* A listener can go on even if the visible part of the direction is not complete. */
void
oa_tls_lost(struct oa_tls *tls, enum oa_side side, uint64_t bytes)
{
    struct direction *direction = &tls->direction[side];

    tls->facts.is_lost[side] = true;
    if (!tls->listener || direction->state == DONE) {
        end_direction(direction);
        return;
    }
    drop_message(direction);
    direction->state = PASSED_ON;
    tls->listener->lost(tls->listener->context, side, bytes);
}

const struct oa_tls_facts *
oa_tls_facts_of(const struct oa_tls *tls)
{
    return tls && tls->is_recognised ? &tls->facts : NULL;
}

/* A vector: its length in `size` bytes, then that many bytes. */
static struct oa_cursor
vector(struct oa_cursor *cursor, unsigned size)
{
    return oa_cursor_sub(cursor, (size_t)oa_cursor_uint(cursor, size));
}

static struct oa_text
text_of(const struct oa_cursor *cursor)
{
    return (struct oa_text){ (const char *)cursor->data, cursor->is_short ? 0 : cursor->length };
}

static struct oa_tls_piece
piece_of(const struct oa_cursor *cursor)
{
    return (struct oa_tls_piece){ cursor->data, cursor->is_short ? 0 : cursor->length };
}

static void
read_server_name(struct oa_cursor *body, struct oa_tls_facts *facts)
{
    struct oa_cursor list = vector(body, 2);

    while (oa_cursor_left(&list)) {
        bool is_host = oa_cursor_u8(&list) == 0;
        struct oa_cursor name = vector(&list, 2);
        if (list.is_short)
            return;
        if (is_host) {
            oa_text_copy(text_of(&name), facts->sni, sizeof facts->sni);
            return;
        }
    }
}

static void
read_alpn(struct oa_cursor *body, char out[OA_TLS_ALPN_TEXT])
{
    struct oa_cursor list = vector(body, 2);
    size_t used = 0;

    out[0] = '\0';
    while (oa_cursor_left(&list)) {
        struct oa_cursor name = vector(&list, 1);
        if (list.is_short)
            return;
        if (name.length > 1 && IS_GREASE(name.data[0] << 8 | name.data[1]))
            continue;
        if (used && used + 1 < OA_TLS_ALPN_TEXT)
            out[used++] = ',';
        oa_text_copy(text_of(&name), out + used, OA_TLS_ALPN_TEXT - used);
        used += strlen(out + used);
    }
}

static void
read_offered_versions(struct oa_cursor *body, struct oa_tls_facts *facts)
{
    struct oa_cursor list = vector(body, 1);

    facts->n_offered = 0;
    while (oa_cursor_left(&list) >= 2 && facts->n_offered < OA_TLS_VERSIONS_MAX) {
        uint16_t version = oa_cursor_u16(&list);
        if (!IS_GREASE(version))
            facts->offered[facts->n_offered++] = version;
    }
}

static void
read_extensions(struct oa_cursor *message, enum oa_side side, struct oa_tls_facts *facts,
                struct oa_tls_hello *hello)
{
    struct oa_cursor extensions = vector(message, 2);

    while (oa_cursor_left(&extensions)) {
        uint16_t type = oa_cursor_u16(&extensions);
        struct oa_cursor body = vector(&extensions, 2);
        if (extensions.is_short)
            return;
        switch (type) {
        case EXTENSION_SERVER_NAME:
            if (side == OA_CLIENT)
                read_server_name(&body, facts);
            break;
        case EXTENSION_ALPN:
            read_alpn(&body, side == OA_CLIENT ? facts->alpn_offered : facts->alpn);
            break;
        case EXTENSION_SUPPORTED_VERSIONS:
            if (side == OA_CLIENT)
                read_offered_versions(&body, facts);
            else if (body.length == 2)
                facts->version = oa_cursor_u16(&body);
            break;
        case EXTENSION_ENCRYPT_THEN_MAC:
            hello->encrypt_then_mac = true;
            break;
        case EXTENSION_EXTENDED_MASTER_SECRET:
            hello->extended_master = true;
            break;
        case EXTENSION_SESSION_TICKET:
            hello->ticket = piece_of(&body);
            break;
        case EXTENSION_EARLY_DATA:
            hello->early_data = true;
            break;
        }
    }
}

static void
tell_hello(const struct oa_tls *tls, enum oa_side side, const struct oa_tls_hello *hello)
{
    if (tls->listener)
        tls->listener->hello(tls->listener->context, side, hello);
}

/* Without extensions the version of the hello is the highest one. */
static void
read_client_hello(struct oa_cursor *message, struct oa_tls *tls)
{
    struct oa_tls_facts *facts = &tls->facts;
    uint16_t version = oa_cursor_u16(message);
    struct oa_tls_hello hello = { .random = oa_cursor_bytes(message, OA_TLS_RANDOM) };
    struct oa_cursor session_id = vector(message, 1);

    vector(message, 2);
    vector(message, 1);
    if (message->is_short)
        return;
    facts->has_client_hello = true;
    facts->offered[0] = version;
    facts->n_offered = 1;
    hello.session_id = piece_of(&session_id);
    read_extensions(message, OA_CLIENT, facts, &hello);
    tell_hello(tls, OA_CLIENT, &hello);
}

static void
read_server_hello(struct oa_cursor *message, struct oa_tls *tls)
{
    struct oa_tls_facts *facts = &tls->facts;
    uint16_t version = oa_cursor_u16(message);
    struct oa_tls_hello hello = { .random = oa_cursor_bytes(message, OA_TLS_RANDOM) };
    struct oa_cursor session_id = vector(message, 1);
    uint16_t suite = oa_cursor_u16(message);

    hello.compression = oa_cursor_u8(message);
    if (message->is_short)
        return;
    facts->has_server_hello = true;
    facts->version = version;
    facts->cipher_suite = suite;
    hello.session_id = piece_of(&session_id);
    read_extensions(message, OA_SERVER, facts, &hello);
    tell_hello(tls, OA_SERVER, &hello);
}

/* Only up to TLS 1.2, as it is encrypted in TLS 1.3: the sender's own certificate comes first. */
static void
read_certificates(struct oa_cursor *message, enum oa_side side, struct oa_tls_facts *facts,
                  struct oa_stamp now)
{
    size_t length = (size_t)oa_cursor_u8(message) << 16;
    length |= oa_cursor_u16(message);

    if (message->is_short)
        return;
    if (side == OA_CLIENT) {
        facts->client_certificate_sent = length != 0;
        facts->client_certificate_refused = length == 0;
        return;
    }
    length = (size_t)oa_cursor_u8(message) << 16;
    length |= oa_cursor_u16(message);
    struct oa_cursor der = oa_cursor_sub(message, length);
    if (der.is_short || facts->certificate)
        return;
    facts->certificate = g_new(struct oa_tls_certificate, 1);
    facts->certificate_stamp = now;
    if (!oa_tls_certificate_parse(der.data, der.length, facts->certificate))
        g_clear_pointer(&facts->certificate, g_free);
    else if (facts->sni[0])
        facts->name_match = oa_tls_certificate_covers(der.data, der.length, facts->sni)
                                ? OA_TLS_NAME_COVERED
                                : OA_TLS_NAME_NOT_COVERED;
}

static void
take_message(struct oa_tls *tls, enum oa_side side, const GByteArray *bytes)
{
    struct oa_cursor message =
        oa_cursor_over(bytes->data + MESSAGE_HEADER, bytes->len - MESSAGE_HEADER);
    uint8_t type = bytes->data[0];

    message.big_endian = true;
    if (type == OA_TLS_MESSAGE_CLIENT_HELLO && side == OA_CLIENT)
        read_client_hello(&message, tls);
    else if (type == OA_TLS_MESSAGE_SERVER_HELLO && side == OA_SERVER)
        read_server_hello(&message, tls);
    else if (type == OA_TLS_MESSAGE_CERTIFICATE)
        read_certificates(&message, side, &tls->facts, tls->now);
    else if (type == OA_TLS_MESSAGE_CERTIFICATE_REQUEST && side == OA_SERVER)
        tls->facts.certificate_requested = true;
    else if (type == OA_TLS_MESSAGE_CLIENT_KEY_EXCHANGE && side == OA_CLIENT)
        tls->has_key_exchange = true;
    if (tls->listener)
        tls->listener->message(tls->listener->context, side, bytes->data, bytes->len);
}

/* Known handshake messages; anything else in a handshake record is encrypted or not TLS. */
static bool
is_message_type(uint8_t type)
{
    return type <= 5 || type == 8 || (type >= 11 && type <= 16) || (type >= 20 && type <= 25) ||
           type == 67;
}

/* The header of a message is complete: determines how much of the message to keep. */
static bool
begin_message(struct direction *direction)
{
    const uint8_t *header = direction->message->data;
    size_t length =
        MESSAGE_HEADER + ((size_t)header[1] << 16 | (size_t)header[2] << 8 | (size_t)header[3]);

    if (!is_message_type(header[0]) ||
        (direction->state == ONLY_HELLO && header[0] != OA_TLS_MESSAGE_CLIENT_HELLO))
        return false;
    direction->message_want = MIN(length, OA_TLS_MESSAGE_MAX);
    direction->message_skip = length - direction->message_want;
    return true;
}

/* What was decrypted is no handshake message: only that is given up. */
static void
end_message(struct direction *direction)
{
    if (direction->state == PASSED_ON)
        drop_message(direction);
    else
        end_direction(direction);
}

/* Of a message that has been taken as far as it is kept. */
static size_t
take_rest(struct oa_tls *tls, enum oa_side side, const uint8_t *data, size_t length)
{
    struct direction *direction = &tls->direction[side];
    size_t part = MIN(direction->message_skip, length);

    direction->message_skip -= part;
    if (tls->listener)
        tls->listener->rest(tls->listener->context, side, data, part);
    return part;
}

void
oa_tls_take_handshake(struct oa_tls *tls, enum oa_side side, const uint8_t *data, size_t length)
{
    struct direction *direction = &tls->direction[side];

    while (length > 0 && direction->state != DONE) {
        if (direction->message_skip && !direction->message_want) {
            size_t skipped = take_rest(tls, side, data, length);
            data += skipped;
            length -= skipped;
            continue;
        }
        if (!direction->message)
            direction->message = g_byte_array_new();
        size_t want = direction->message_want ? direction->message_want : MESSAGE_HEADER;
        size_t part = MIN(want - direction->message->len, length);
        g_byte_array_append(direction->message, data, (guint)part);
        if (direction->message->len == want && !direction->message_want &&
            !begin_message(direction)) {
            end_message(direction);
            return;
        }
        data += part;
        length -= part;
        if (direction->message->len < MESSAGE_HEADER ||
            direction->message->len < direction->message_want)
            continue;
        take_message(tls, side, direction->message);
        if (direction->state == PASSED_ON && !direction->message_skip)
            drop_message(direction);
        else
            g_byte_array_set_size(direction->message, 0);
        direction->message_want = 0;
    }
}

/* What follows is the listener's, if there is one that can open it. */
static void
end_visible(struct oa_tls *tls, enum oa_side side)
{
    bool is_taken = tls->listener && tls->listener->switched(tls->listener->context, side);

    end_direction(&tls->direction[side]);
    if (is_taken)
        tls->direction[side].state = PASSED_ON;
}

/* Until the version is known to be older than 1.3, a ChangeCipherSpec may only be there for
 * middleboxes. [RFC 8446] appendix D.4 */
static void
take_change_cipher_spec(struct oa_tls *tls, enum oa_side side)
{
    struct direction *direction = &tls->direction[side];
    const struct oa_tls_facts *facts = &tls->facts;

    if ((facts->has_server_hello && facts->version < OA_TLS_1_3) || tls->has_key_exchange) {
        tls->facts.has_switched[side] = true;
        direction->ends_here = true;
    } else if (!facts->has_server_hello) {
        direction->state = ONLY_HELLO;
    }
    tls->facts.is_finished = facts->has_switched[OA_CLIENT] && facts->has_switched[OA_SERVER];
}

/* In TLS 1.3 the end of the handshake looks like data; an alert in its place is shorter. */
static void
take_application_data(struct oa_tls *tls, enum oa_side side, size_t length)
{
    struct oa_tls_facts *facts = &tls->facts;
    bool is_alert = side == OA_CLIENT && facts->has_server_hello && facts->version >= OA_TLS_1_3 &&
                    length <= ENCRYPTED_ALERT_MAX;

    if (!is_alert) {
        facts->has_switched[side] = true;
        facts->is_finished = facts->has_switched[OA_CLIENT] && facts->has_switched[OA_SERVER];
    }
    end_visible(tls, side);
}

/* An encrypted one is longer. */
void
oa_tls_take_alert(struct oa_tls *tls, enum oa_side side, const uint8_t alert[2])
{
    struct oa_tls_alert *kept = &tls->facts.alert;

    if (kept->is_seen && kept->description != 0)
        return;
    *kept = (struct oa_tls_alert){ true, side, alert[0], alert[1], tls->now };
}

/* The header of a record is complete. */
static bool
begin_record(struct oa_tls *tls, enum oa_side side)
{
    struct direction *direction = &tls->direction[side];
    const uint8_t *header = direction->header;
    size_t length = (size_t)header[3] << 8 | (size_t)header[4];

    if (header[0] < OA_TLS_RECORD_CHANGE_CIPHER_SPEC ||
        header[0] > OA_TLS_RECORD_APPLICATION_DATA || header[1] != 3 || header[2] > 4 ||
        length > OA_TLS_RECORD_MAX || (length == 0 && header[0] != OA_TLS_RECORD_APPLICATION_DATA))
        return false;
    tls->is_recognised = true;
    direction->record_left = length;
    direction->record_taken = 0;
    if (header[0] == OA_TLS_RECORD_APPLICATION_DATA)
        take_application_data(tls, side, length);
    else if (header[0] == OA_TLS_RECORD_CHANGE_CIPHER_SPEC)
        take_change_cipher_spec(tls, side);
    return true;
}

static void
take_payload(struct oa_tls *tls, enum oa_side side, const uint8_t *data, size_t length)
{
    struct direction *direction = &tls->direction[side];

    direction->record_left -= length;
    if (direction->header[0] == OA_TLS_RECORD_HANDSHAKE) {
        oa_tls_take_handshake(tls, side, data, length);
    } else if (direction->header[0] == OA_TLS_RECORD_ALERT) {
        for (size_t i = 0; i < length && direction->record_taken < 2; i++)
            direction->alert[direction->record_taken++] = data[i];
        if (direction->header[4] == 2 && direction->header[3] == 0 && direction->record_left == 0)
            oa_tls_take_alert(tls, side, direction->alert);
    }
    if (direction->record_left > 0)
        return;
    direction->n_header = 0;
    if (direction->ends_here)
        end_visible(tls, side);
}

/*
 * A client that supported SSL 2.0 began with its hello, even to use a later version: two bytes of
 * length with the high bit set, message type 1, the version. [RFC 5246] appendix E.2
 */
static bool
begin_v2_hello(struct oa_tls *tls, struct direction *direction)
{
    const uint8_t *header = direction->header;
    size_t length = (size_t)(header[0] & 0x7f) << 8 | (size_t)header[1];

    if (header[2] != OA_TLS_MESSAGE_CLIENT_HELLO ||
        (header[3] != 3 && (header[3] || header[4] != 2)) || length < 9 + 3)
        return false;
    tls->is_recognised = true;
    tls->facts.is_sslv2_hello = true;
    direction->v2_left = length - (OA_TLS_RECORD_HEADER - 2);
    direction->n_header = 0;
    return true;
}

/* Only keys have a use for the rest of it: the challenge, with zeros before it, is the random. */
static void
take_v2_hello(struct oa_tls *tls, struct direction *direction, const uint8_t *data, size_t length)
{
    uint8_t random[OA_TLS_RANDOM] = { 0 };
    struct oa_tls_hello hello = { .random = random };

    direction->v2_left -= length;
    if (!tls->listener)
        return;
    if (!direction->message)
        direction->message = g_byte_array_new();
    g_byte_array_append(direction->message, data, (guint)length);
    if (direction->v2_left)
        return;
    struct oa_cursor cursor = oa_cursor_over(direction->message->data, direction->message->len);
    cursor.big_endian = true;
    size_t n_suites = oa_cursor_u16(&cursor), n_id = oa_cursor_u16(&cursor);
    size_t n_challenge = oa_cursor_u16(&cursor);
    oa_cursor_skip(&cursor, n_suites + n_id);
    struct oa_cursor challenge = oa_cursor_sub(&cursor, n_challenge);
    if (!challenge.is_short && challenge.length <= OA_TLS_RANDOM) {
        memcpy(random + OA_TLS_RANDOM - challenge.length, challenge.data, challenge.length);
        tell_hello(tls, OA_CLIENT, &hello);
    }
    drop_message(direction);
}

static bool
begin(struct oa_tls *tls, enum oa_side side)
{
    struct direction *direction = &tls->direction[side];

    if (!tls->is_recognised && side == OA_CLIENT && direction->header[0] >= 0x80)
        return begin_v2_hello(tls, direction);
    return begin_record(tls, side);
}

bool
oa_tls_data(struct oa_tls *tls, enum oa_side side, const uint8_t *data, size_t length,
            struct oa_stamp stamp)
{
    struct direction *direction = &tls->direction[side];
    struct oa_cursor cursor = oa_cursor_over(data, length);

    tls->now = stamp;
    while (oa_cursor_left(&cursor) && direction->state != DONE) {
        size_t left = oa_cursor_left(&cursor);
        if (direction->state == PASSED_ON) {
            tls->listener->data(tls->listener->context, side, oa_cursor_bytes(&cursor, left), left);
        } else if (direction->v2_left) {
            size_t part = MIN(direction->v2_left, left);
            take_v2_hello(tls, direction, oa_cursor_bytes(&cursor, part), part);
        } else if (direction->n_header < OA_TLS_RECORD_HEADER) {
            direction->header[direction->n_header++] = oa_cursor_u8(&cursor);
            if (direction->n_header == OA_TLS_RECORD_HEADER && !begin(tls, side))
                end_direction(direction);
            else if (direction->n_header == OA_TLS_RECORD_HEADER && direction->state == PASSED_ON)
                tls->listener->data(tls->listener->context, side, direction->header,
                                    OA_TLS_RECORD_HEADER);
            else if (direction->n_header == OA_TLS_RECORD_HEADER && !direction->record_left)
                direction->n_header = 0;
        } else {
            size_t part = MIN(direction->record_left, left);
            take_payload(tls, side, oa_cursor_bytes(&cursor, part), part);
        }
    }
    return tls->is_recognised || direction->state != DONE;
}
