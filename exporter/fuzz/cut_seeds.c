/* cut_seeds.c
 * Cuts seeds for fuzz targets from captures: FOLDER/channel, FOLDER/mapi_session, FOLDER/packet,
 * FOLDER/property_value and FOLDER/restriction, in the form that the targets of these names read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <wireshark.h>

#include <glib.h>
#include <glib/gstdio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wiretap/wtap.h>

#include "capture_reader.h"
#include "cut_rop_seeds.h"
#include "packet.h"
#include "tcp.h"
#include "track/recognise.h"
#include "ws_compat.h"

#define SEED_BYTES_MAX 16384 /* a fuzzer varies small inputs better */
#define PACKETS_MAX 12

/* A target that reads actions: a byte of bits, a length of one or two bytes, data. */
struct target {
    const char *name;
    uint8_t from_server, loss, is_long;
    bool is_mapi;      /* reads MAPI over HTTP, not RPC over HTTP */
    size_t n_slots[2]; /* connections, of HTTP and of the hop to the server */
    uint8_t slot[4];   /* their bits, in that order */
};

static const struct target TARGETS[] = {
    { "channel", 0x02, 0x04, 0x10, false, { 2, 2 }, { 0x00, 0x01, 0x20, 0x21 } },
    { "mapi_session", 0x01, 0x02, 0x04, true, { 2, 0 }, { 0x00, 0x08 } },
};

/* The seed of a target that is being cut: connections that began one after the other. */
struct seed {
    const struct target *target;
    GByteArray *bytes;
    size_t used[2]; /* slots, by hop */
    unsigned number;
};

struct cutter {
    const char *folder;
    char *capture; /* its name */
    struct seed seeds[G_N_ELEMENTS(TARGETS)];
};

struct followed {
    struct cutter *cutter;
    const struct connection *connection;
    struct seed *seed; /* NULL: none takes it, or not known yet */
    unsigned number;   /* of the seed */
    uint8_t slot;
    bool is_decided;
};

static void
save(const char *folder, const char *target, const char *capture, unsigned number,
     const GByteArray *bytes)
{
    g_autofree char *name = g_strdup_printf("%s-%u", capture, number);
    g_autofree char *place = g_build_filename(folder, target, NULL);
    g_autofree char *path = g_build_filename(place, name, NULL);

    if (g_mkdir_with_parents(place, 0777) != 0 ||
        !g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL)) {
        fprintf(stderr, "cut_seeds: %s cannot be written\n", path);
        exit(1);
    }
}

static void
finish(struct cutter *cutter, struct seed *seed)
{
    if (seed->bytes->len > 0)
        save(cutter->folder, seed->target->name, cutter->capture, seed->number, seed->bytes);
    g_byte_array_set_size(seed->bytes, 0);
    memset(seed->used, 0, sizeof seed->used);
    seed->number++;
}

/* ---- streams ---- */

static void *
on_opened(void *context, struct connection *connection)
{
    struct followed *followed = g_new0(struct followed, 1);

    followed->cutter = context;
    followed->connection = connection;
    return followed;
}

/* Gives the connection a slot of the target that reads it, by its first bytes. */
static void
decide(struct followed *followed, const uint8_t *data, size_t length)
{
    uint16_t client = followed->connection->endpoint[OA_CLIENT].port;
    uint16_t server = followed->connection->endpoint[OA_SERVER].port;
    struct oa_recognition recognition = { 0 };
    bool is_mapi = oa_recognise_mapi_http(data, length, &recognition) == OA_OURS;

    followed->is_decided = true;
    if (!is_mapi &&
        oa_recognise(data, length, client, server, OA_BEFORE_UNKNOWN, &recognition) != OA_OURS)
        return;
    unsigned hop = recognition.hop == OA_HOP_SERVER;
    for (size_t i = 0; i < G_N_ELEMENTS(TARGETS); i++) {
        struct seed *seed = &followed->cutter->seeds[i];
        const struct target *target = seed->target;
        if (target->is_mapi != is_mapi || target->n_slots[hop] == 0)
            continue;
        if (seed->used[hop] == target->n_slots[hop])
            finish(followed->cutter, seed);
        followed->slot = target->slot[hop * target->n_slots[0] + seed->used[hop]++];
        followed->seed = seed;
        followed->number = seed->number;
    }
}

static void
put_action(const struct followed *followed, enum oa_side side, uint8_t bits, uint64_t length,
           const uint8_t *data)
{
    const struct target *target = followed->seed->target;
    GByteArray *bytes = followed->seed->bytes;
    bool is_long = length > UINT8_MAX;
    uint16_t number = (uint16_t)MIN(length, UINT16_MAX);
    uint8_t head[3] = { followed->slot | bits, (uint8_t)number, (uint8_t)(number >> 8) };

    if (followed->number != followed->seed->number || bytes->len + number > SEED_BYTES_MAX)
        return;
    head[0] |= (side == OA_SERVER ? target->from_server : 0) | (is_long ? target->is_long : 0);
    g_byte_array_append(bytes, head, is_long ? 3 : 2);
    if (data)
        g_byte_array_append(bytes, data, number);
}

static void
on_data(void *user, enum oa_side side, const uint8_t *data, size_t length, struct oa_stamp stamp)
{
    struct followed *followed = user;

    (void)stamp;
    if (!followed->is_decided)
        decide(followed, data, length);
    if (followed->seed)
        put_action(followed, side, 0, length, data);
}

static void
on_lost(void *user, enum oa_side side, uint64_t bytes, struct oa_stamp stamp)
{
    struct followed *followed = user;

    (void)stamp;
    if (followed->seed)
        put_action(followed, side, followed->seed->target->loss, bytes, NULL);
}

static void
on_closed(void *user)
{
    g_free(user);
}

/* ---- frames ---- */

/* A frame in the form that fuzz_packet.c reads: link type, how much was cut, length, bytes. */
static void
put_frame(GByteArray *bytes, const struct capture_frame *frame)
{
    static const int ENCAPS[] = { WTAP_ENCAP_ETHERNET, WTAP_ENCAP_SLL,     WTAP_ENCAP_SLL2,
                                  WTAP_ENCAP_RAW_IP,   WTAP_ENCAP_RAW_IP4, WTAP_ENCAP_RAW_IP6 };
    uint16_t length = (uint16_t)MIN(frame->captured, UINT16_MAX);
    uint8_t head[4] = { 0, (uint8_t)MIN(frame->on_wire - frame->captured, UINT8_MAX),
                        (uint8_t)length, (uint8_t)(length >> 8) };

    while (head[0] < G_N_ELEMENTS(ENCAPS) && ENCAPS[head[0]] != frame->encap)
        head[0]++;
    if (head[0] == G_N_ELEMENTS(ENCAPS) || bytes->len + length > SEED_BYTES_MAX)
        return;
    g_byte_array_append(bytes, head, sizeof head);
    g_byte_array_append(bytes, frame->data, length);
}

static bool
cut(const char *folder, const char *path)
{
    static const struct tcp_listener LISTENER = { on_opened, on_data,   on_lost,
                                                  on_lost,   on_closed, NULL };
    struct capture_order order = { .window_ns = 1000000000, .reads_ahead = true };
    struct cutter cutter = { .folder = folder, .capture = g_path_get_basename(path) };
    char *message = NULL;
    struct capture_reader *reader =
        capture_reader_open((char *[]){ (char *)path }, 1, &order, &message);
    struct capture_frame frame;
    GByteArray *frames = g_byte_array_new();

    if (!reader) {
        fprintf(stderr, "cut_seeds: %s\n", message);
        g_free(message);
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(TARGETS); i++)
        cutter.seeds[i] = (struct seed){ .target = &TARGETS[i], .bytes = g_byte_array_new() };
    struct packets *packets = packets_new();
    struct tcp_table *table = tcp_table_new(&LISTENER, &cutter, &TCP_DEFAULT_LIMITS);
    while (capture_reader_next(reader, &frame, &message) == CAPTURE_OK) {
        struct packet_frame packet = { frame.encap, frame.data, frame.captured, frame.on_wire,
                                       frame.time_ns };
        struct segment segment;
        if (frame.number <= PACKETS_MAX)
            put_frame(frames, &frame);
        if (packet_decode(packets, &packet, &segment) == PACKET_TCP)
            tcp_table_segment(table, &segment, (struct oa_stamp){ frame.time_ns, frame.number });
    }
    g_free(message);
    tcp_table_free(table);
    packets_free(packets);
    capture_reader_close(reader);
    for (size_t i = 0; i < G_N_ELEMENTS(TARGETS); i++) {
        finish(&cutter, &cutter.seeds[i]);
        g_byte_array_unref(cutter.seeds[i].bytes);
    }
    if (frames->len > 0)
        save(folder, "packet", cutter.capture, 0, frames);
    g_byte_array_unref(frames);
    g_free(cutter.capture);
    return true;
}

int
main(int argc, char *argv[])
{
    if (argc < 3) {
        fprintf(stderr, "Usage: %s FOLDER CAPTURE...\n", argv[0]);
        return 2;
    }
    WS_COMPAT_LOG_INIT("cut_seeds");
    wtap_init(FALSE);
    bool good = true;
    for (int i = 2; i < argc; i++)
        good = cut(argv[1], argv[i]) && cut_rop_seeds(argv[1], argv[i]) && good;
    wtap_cleanup();
    return good ? 0 : 1;
}
