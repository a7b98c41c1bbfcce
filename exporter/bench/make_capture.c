/* make_capture.c
 * A large capture of many sessions that come and go, the same bytes every time:
 * make_capture FILE SESSIONS CONCURRENT CALLS [SHARE_IN_PERCENT [large|small|mapi [1.2|1.3 KEYS]]]
 * With a version of TLS each segment's payload is a record, and KEYS becomes the key log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_template.h"
#include "tls_wrapper.h"

#define HEADERS 54 /* Ethernet, IPv4, TCP without options */
#define LARGEST_PAYLOAD (BENCH_MSS + BENCH_RECORD_MORE)
#define FIN 0x01
#define SYN 0x02
#define PSH 0x08
#define ACK 0x10
#define FIRST_SECOND 1700000000u
#define OUTPUT_BUFFER (4u << 20)

/* A session under way. */
struct session {
    unsigned number;
    guint next; /* frame of the template */
    uint64_t start_us;
    unsigned pace; /* how much slower than the template, in 64ths */
    uint64_t due_us;
    uint32_t next_seq[BENCH_CONNECTIONS][2];
    struct bench_tls *tls[BENCH_CONNECTIONS]; /* NULL before the first payload, or without TLS */
    uint16_t port[BENCH_CONNECTIONS];
    uint8_t client[4];
    struct bench_identity identity;
};

/* The capture being written, and of what. */
struct writing {
    FILE *file;
    const struct bench_template *template;
    enum bench_tls_version tls;
    FILE *key_log; /* NULL without TLS */
};

/* A segment of a session. */
struct segment {
    unsigned connection;
    enum bench_side sender;
    uint8_t flags;
    const uint8_t *payload;
    size_t length;
};

/* A good mixing of 64 bits (the finalizer of splitmix64), so that nothing depends on a library. */
static uint64_t
mixed(uint64_t value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

static void
fill_cookie(uint8_t cookie[16], unsigned session, unsigned which)
{
    uint64_t half[2] = { mixed(session * 16u + which), mixed(~(uint64_t)(session * 16u + which)) };

    for (unsigned i = 0; i < 16; i++)
        cookie[i] = (uint8_t)(half[i / 8] >> i % 8 * 8);
}

static void
set_due(struct session *session, const struct bench_template *template)
{
    uint64_t time = g_array_index(template->frames, struct bench_frame, session->next).time_us;

    session->due_us = session->start_us + time + time * session->pace / 64;
}

static void
session_begin(struct session *session, unsigned number, uint64_t start_us,
              const struct bench_template *template)
{
    uint64_t chance = mixed(number);
    struct bench_identity *identity = &session->identity;
    char credentials[28];

    session->number = number;
    session->next = 0;
    session->start_us = start_us;
    session->pace = chance % 16;
    session->client[0] = 10;
    session->client[1] = (uint8_t)(number / 64000 + 1);
    session->client[2] = (uint8_t)(number / 250 % 256);
    session->client[3] = (uint8_t)(number % 250 + 1);
    for (unsigned i = 0; i < BENCH_CONNECTIONS; i++) {
        session->port[i] = (uint16_t)(49152 + 2 * (chance >> 8) % 8000 + i);
        session->next_seq[i][BENCH_CLIENT] = (uint32_t)mixed(chance + i);
        session->next_seq[i][BENCH_SERVER] = (uint32_t)mixed(chance - 1 - i);
    }
    fill_cookie(identity->vc_cookie, number, 0);
    fill_cookie(identity->in_cookie, number, 1);
    fill_cookie(identity->out_cookie, number, 2);
    fill_cookie(identity->association_group, number, 3);
    fill_cookie(identity->context_handle, number, 4);
    snprintf(credentials, sizeof credentials, "user%05u@bench.test:word%02u", number % 100000,
             number % 100);
    memcpy(identity->user_number, credentials + 4, sizeof identity->user_number);
    char *encoded = g_base64_encode((const guchar *)credentials, 27);
    memcpy(identity->credentials, encoded, sizeof identity->credentials);
    g_free(encoded);
    set_due(session, template);
}

static void
be16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void
be32(uint8_t *out, uint32_t value)
{
    be16(out, value >> 16);
    be16(out + 2, value & 0xffff);
}

/* [RFC 1071] over an even offset of a larger sum. */
static uint64_t
sum16(const uint8_t *data, size_t length, uint64_t sum)
{
    size_t i;

    for (i = 0; i + 1 < length; i += 2)
        sum += (uint64_t)data[i] << 8 | data[i + 1];
    if (i < length)
        sum += (uint64_t)data[i] << 8;
    return sum;
}

static unsigned
checksum(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~(unsigned)sum & 0xffff;
}

/* Replaces what differs between sessions, also where it is split between two segments. */
static void
apply_marks(uint8_t *payload, const struct bench_template *template,
            const struct bench_frame *frame, const struct bench_identity *identity)
{
    uint32_t end = frame->offset + frame->length;

    for (guint i = frame->mark; i < template->marks->len; i++) {
        const struct bench_mark *mark = &g_array_index(template->marks, struct bench_mark, i);
        if (mark->offset >= end)
            break;
        uint32_t from = MAX(mark->offset, frame->offset);
        uint32_t to = MIN(mark->offset + mark->length, end);
        if (from < to)
            memcpy(payload + (from - frame->offset),
                   (const uint8_t *)identity + mark->from + (from - mark->offset), to - from);
    }
}

static void
put_headers(uint8_t *out, const struct session *session, const struct segment *segment,
            unsigned server_port)
{
    static const uint8_t SERVER[4] = { 192, 0, 2, 10 };
    static const uint8_t MAC[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
    const uint32_t *next = session->next_seq[segment->connection];
    bool is_client = segment->sender == BENCH_CLIENT;
    uint16_t port = session->port[segment->connection];
    uint8_t *ip = out + 14, *tcp = out + 34;
    unsigned tcp_length = 20u + (unsigned)segment->length;

    memcpy(out, MAC[is_client], 6);
    memcpy(out + 6, MAC[!is_client], 6);
    be16(out + 12, 0x0800);
    memcpy(ip, "\x45\0\0\0\0\0\x40\0\x40\x06\0\0", 12);
    be16(ip + 2, 20 + tcp_length);
    be16(ip + 4, session->next);
    memcpy(ip + 12, is_client ? session->client : SERVER, 4);
    memcpy(ip + 16, is_client ? SERVER : session->client, 4);
    be16(ip + 10, checksum(sum16(ip, 20, 0)));
    be16(tcp, is_client ? port : server_port);
    be16(tcp + 2, is_client ? server_port : port);
    be32(tcp + 4, next[segment->sender]);
    be32(tcp + 8, segment->flags & ACK ? next[!segment->sender] : 0);
    tcp[12] = 5 << 4;
    tcp[13] = segment->flags;
    be16(tcp + 14, 65535);
    be16(tcp + 16, 0);
    be16(tcp + 18, 0);
    be16(tcp + 16, checksum(sum16(tcp, tcp_length, sum16(ip + 12, 8, 6 + tcp_length))));
}

static void
write_segment(const struct writing *writing, struct session *session, const struct segment *segment)
{
    uint8_t data[HEADERS + LARGEST_PAYLOAD];
    uint32_t length = HEADERS + (uint32_t)segment->length;
    uint32_t record[4] = { FIRST_SECOND + (uint32_t)(session->due_us / 1000000),
                           (uint32_t)(session->due_us % 1000000), length, length };

    memcpy(data + HEADERS, segment->payload, segment->length);
    put_headers(data, session, segment, writing->tls ? 443 : 80);
    fwrite(record, sizeof record, 1, writing->file);
    fwrite(data, length, 1, writing->file);
    session->next_seq[segment->connection][segment->sender] +=
        (uint32_t)segment->length + (segment->flags & (SYN | FIN) ? 1 : 0);
}

/* The handshake, before the first payload of a connection. */
static void
write_handshake(const struct writing *writing, struct session *session, unsigned connection)
{
    struct bench_tls *tls = bench_tls_new(
        writing->tls, (uint64_t)session->number * BENCH_CONNECTIONS + connection, writing->key_log);
    uint8_t data[BENCH_FLIGHT_MAX];

    session->tls[connection] = tls;
    for (unsigned flight = 0; flight < BENCH_FLIGHTS; flight++) {
        size_t length = bench_tls_flight(tls, flight, data);
        if (length)
            write_segment(writing, session,
                          &(struct segment){ connection, flight % 2 ? BENCH_SERVER : BENCH_CLIENT,
                                             PSH | ACK, data, length });
    }
}

static void
write_frame(const struct writing *writing, struct session *session)
{
    const struct bench_template *template = writing->template;
    const struct bench_frame *frame =
        &g_array_index(template->frames, struct bench_frame, session->next);
    uint8_t payload[BENCH_MSS], record[LARGEST_PAYLOAD];
    struct segment segment = { frame->connection, frame->sender, frame->flags, payload,
                               frame->length };

    memcpy(payload, template->payload->data + frame->offset, frame->length);
    apply_marks(payload, template, frame, &session->identity);
    if (writing->tls && frame->length) {
        if (!session->tls[frame->connection])
            write_handshake(writing, session, frame->connection);
        segment.length = bench_tls_record(session->tls[frame->connection], frame->sender, payload,
                                          frame->length, record);
        segment.payload = record;
    }
    write_segment(writing, session, &segment);
}

static void
session_end(struct session *session)
{
    for (unsigned i = 0; i < BENCH_CONNECTIONS; i++)
        g_clear_pointer(&session->tls[i], bench_tls_free);
}

/* Earlier first, then by number: the order of the heap. */
static bool
is_before(const struct session *left, const struct session *right)
{
    if (left->due_us != right->due_us)
        return left->due_us < right->due_us;
    return left->number < right->number;
}

/* Lets the session at `i` of the heap sink to its place. */
static void
sink(struct session **heap, unsigned n, unsigned i)
{
    struct session *moved = heap[i];

    for (unsigned child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && is_before(heap[child + 1], heap[child]))
            child++;
        if (!is_before(heap[child], moved))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

/* As many sessions at a time as asked for; when one ends, the next begins. */
static void
write_capture(const struct writing *writing, unsigned sessions, unsigned concurrent,
              uint64_t frames)
{
    const struct bench_template *template = writing->template;
    const struct bench_frame *last =
        &g_array_index(template->frames, struct bench_frame, template->frames->len - 1);
    struct session *all = g_new0(struct session, concurrent);
    struct session **heap = g_new(struct session *, concurrent);
    unsigned begun, n = concurrent;

    for (begun = 0; begun < concurrent; begun++) {
        session_begin(&all[begun], begun, last->time_us * begun / concurrent, template);
        heap[begun] = &all[begun];
    }
    for (; n > 0 && frames > 0; frames--) {
        struct session *session = heap[0];
        write_frame(writing, session);
        if (++session->next < template->frames->len) {
            set_due(session, template);
        } else {
            session_end(session);
            if (begun < sessions)
                session_begin(session, begun++, session->due_us + 1000, template);
            else
                heap[0] = heap[--n];
        }
        sink(heap, n, 0);
    }
    while (n > 0)
        session_end(heap[--n]);
    g_free(heap);
    g_free(all);
}

/* BENCH_KINDS if there is no such kind. */
static enum bench_kind
kind_of(const char *name)
{
    static const char *const NAMES[] = {
        [BENCH_LARGE_CALLS] = "large", [BENCH_SMALL_CALLS] = "small", [BENCH_MAPI_HTTP] = "mapi"
    };
    unsigned kind = 0;

    while (kind < BENCH_KINDS && strcmp(NAMES[kind], name) != 0)
        kind++;
    return (enum bench_kind)kind;
}

static bool
take_tls(int argc, char *argv[], enum bench_tls_version *version)
{
    if (argc == 9)
        *version = strcmp(argv[7], "1.2") == 0   ? BENCH_TLS_1_2
                   : strcmp(argv[7], "1.3") == 0 ? BENCH_TLS_1_3
                                                 : BENCH_PLAIN;
    return argc <= 7 || *version;
}

/* NULL with a message if it cannot be written. */
static FILE *
open_to_write(const char *path)
{
    FILE *file = fopen(path, "wb");

    if (!file)
        perror(path);
    else
        setvbuf(file, NULL, _IOFBF, OUTPUT_BUFFER);
    return file;
}

/* False with a message if something was not written. */
static bool
close_written(FILE *file, const char *path)
{
    bool is_written = fflush(file) == 0 && !ferror(file);

    is_written = fclose(file) == 0 && is_written;
    if (!is_written)
        perror(path);
    return is_written;
}

int
main(int argc, char *argv[])
{
    static const uint32_t PCAP[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1 };
    unsigned number[4] = { 0, 0, 0, 100 };
    struct writing writing = { 0 };

    for (int i = 2; i < argc && i < 6; i++)
        number[i - 2] = (unsigned)strtoul(argv[i], NULL, 10);
    enum bench_kind kind = argc > 6 ? kind_of(argv[6]) : BENCH_LARGE_CALLS;
    if (argc < 5 || number[0] == 0 || number[1] == 0 || number[1] > number[0] ||
        kind == BENCH_KINDS || !take_tls(argc, argv, &writing.tls)) {
        fputs("Usage: make_capture FILE SESSIONS CONCURRENT CALLS"
              " [SHARE_IN_PERCENT [large|small|mapi [1.2|1.3 KEYS]]]\n",
              stderr);
        return 1;
    }
    writing.key_log = writing.tls ? open_to_write(argv[8]) : NULL;
    writing.file = writing.tls && !writing.key_log ? NULL : open_to_write(argv[1]);
    if (!writing.file)
        return 1;
    struct bench_template *template = bench_template_new(kind, number[2]);
    writing.template = template;
    fwrite(PCAP, sizeof PCAP, 1, writing.file);
    write_capture(&writing, number[0], number[1],
                  (uint64_t) template->frames->len * number[0] * number[3] / 100);
    bench_template_free(template);
    bool is_written = close_written(writing.file, argv[1]);
    if (writing.key_log)
        is_written = close_written(writing.key_log, argv[8]) && is_written;
    return is_written ? 0 : 1;
}
