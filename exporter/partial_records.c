/* partial_records.c
 * The records of one capture, put together from the parts that have them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "partial_records.h"

#include <wireshark.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <wiretap/wtap.h>

#include "packed_packet.h"
#include "partial_format.h"

#define DAMAGED "damaged"

/* The TCP header with all options. */
#define HEADER_MIN 20
#define HEADER_MAX 60
#define TCP_FLAGS_AT 13

/* What a part has of the capture, read item by item. */
struct piece {
    const struct partial_part *part;
    const struct partial_section *section;
    int fd;       /* -1: not open */
    bool is_open; /* was opened */
    uint64_t at;  /* in the file */
    GByteArray *block;
    struct oa_cursor items; /* in it */

    bool has_item; /* these: */
    enum partial_item item;
    uint64_t number; /* of the record, or of the one that keys stand before */
    struct capture_record record;
    struct oa_cursor keys;
    GByteArray *packed; /* data of the record, of a packet */

    uint64_t last; /* number of the last record */
    int64_t time_ns;
    int encap;
    unsigned interface;
    GArray *connections; /* of struct partial_connection */
};

struct partial_records {
    struct partial_set *set;
    struct piece *pieces; /* in order of the parts */
    size_t n_pieces;
    size_t current; /* the one that had the last record */
    uint64_t next;  /* number of the record that is due */
    uint64_t total; /* of the capture */
    uint64_t size;  /* in bytes */
    bool is_at_end;
    GPtrArray *keys; /* GBytes, that were not taken */
};

/* ---- items ---- */

static void
take_endpoint(struct oa_cursor *items, struct oa_endpoint *endpoint)
{
    const uint8_t *address = oa_cursor_bytes(items, sizeof endpoint->address);

    if (address)
        memcpy(endpoint->address, address, sizeof endpoint->address);
    endpoint->port = (uint16_t)partial_number_to(items, UINT16_MAX);
}

/* NULL, and the cursor is short, if there is none with that number. */
static struct partial_connection *
take_connection(struct piece *piece)
{
    struct oa_cursor *items = &piece->items;
    GArray *connections = piece->connections;
    uint64_t number = partial_number_to(items, PARTIAL_CONNECTIONS);

    if (number == connections->len) {
        struct partial_connection connection = { 0 };
        take_endpoint(items, &connection.endpoint[0]);
        take_endpoint(items, &connection.endpoint[1]);
        if (number == PARTIAL_CONNECTIONS)
            number = 0;
        g_array_set_size(connections, (guint)number);
        g_array_append_val(connections, connection);
    }
    if (number >= connections->len)
        items->is_short = true;
    return items->is_short ? NULL : &g_array_index(connections, struct partial_connection, number);
}

/* The header before PARTIAL_HEADER_REST. */
static void
put_numbers(uint8_t *header, const struct segment *segment)
{
    const uint32_t numbers[] = {
        GUINT32_TO_BE((uint32_t)segment->source.port << 16 | segment->destination.port),
        GUINT32_TO_BE(segment->sequence), GUINT32_TO_BE(segment->acknowledgment)
    };

    memcpy(header, numbers, sizeof numbers);
}

static void
take_segment(struct piece *piece, bool is_back)
{
    struct oa_cursor *items = &piece->items;
    struct partial_connection *connection = take_connection(piece);
    struct packed_packet packed = { .kind = PACKET_TCP };
    struct segment *segment = &packed.segment;
    uint8_t header[HEADER_MAX];

    if (!connection)
        return;
    struct partial_side *side = &connection->side[is_back];
    segment->source = connection->endpoint[is_back];
    segment->destination = connection->endpoint[!is_back];
    segment->sequence = side->next + (uint32_t)partial_signed(items);
    segment->acknowledgment = side->acknowledgment + (uint32_t)partial_signed(items);
    segment->identification = (uint16_t)(side->identification + (uint16_t)partial_signed(items));
    uint32_t beyond = (uint32_t)partial_signed(items);
    segment->header_length = (uint32_t)partial_number_to(items, HEADER_MAX);
    segment->payload_length = (uint32_t)partial_number_to(items, oa_cursor_left(items));
    segment->cut_length = (uint32_t)partial_number_to(items, UINT32_MAX);
    segment->ip_length =
        beyond + segment->header_length + segment->payload_length + segment->cut_length;
    if (segment->header_length < HEADER_MIN)
        items->is_short = true;
    size_t rest = segment->header_length - PARTIAL_HEADER_REST;
    const uint8_t *bytes = items->is_short ? NULL : oa_cursor_bytes(items, rest);
    segment->payload = oa_cursor_bytes(items, segment->payload_length);
    if (items->is_short)
        return;
    put_numbers(header, segment);
    memcpy(header + PARTIAL_HEADER_REST, bytes, rest);
    segment->flags = header[TCP_FLAGS_AT];
    segment->header = header;
    packed_packet_put(piece->packed, &packed);
    *side = partial_side_after(segment);
}

static void
take_unread(struct piece *piece)
{
    struct packed_packet packed = { .kind = PACKET_OTHER, .trace.is_unread = true };

    packed.trace.sort = (unsigned)partial_number_to(&piece->items, G_MAXUINT8);
    packed.trace.number = (unsigned)partial_number_to(&piece->items, G_MAXUINT32);
    packed_packet_put(piece->packed, &packed);
}

static void
take_frame_head(struct piece *piece, uint8_t byte)
{
    const int64_t limit = CAPTURE_LIMIT_S * CAPTURE_NS_PER_S;
    struct oa_cursor *items = &piece->items;

    if (byte & PARTIAL_HAS_TIME)
        piece->time_ns = (int64_t)((uint64_t)piece->time_ns + (uint64_t)partial_signed(items));
    if (byte & PARTIAL_NEW_LINK) {
        piece->encap = (int)partial_signed(items);
        piece->interface = (unsigned)partial_number_to(items, G_MAXUINT32);
    }
    if (piece->time_ns > limit + CAPTURE_NS_PER_S || piece->time_ns < -limit ||
        piece->encap < WTAP_ENCAP_PER_PACKET || piece->encap >= wtap_get_num_encap_types())
        items->is_short = true;
    piece->record = (struct capture_record){
        .is_frame = true,
        .has_time = byte & PARTIAL_HAS_TIME,
        .time_ns = piece->time_ns,
        .encap = piece->encap,
        .interface = piece->interface,
        .on_wire = (size_t)partial_number_to(items, G_MAXUINT32),
    };
    piece->record.captured = byte & PARTIAL_IS_CUT ? (size_t)partial_number_to(items, G_MAXUINT32)
                                                   : piece->record.on_wire;
}

/* What stands for a frame. */
static void
take_frame(struct piece *piece, uint8_t byte)
{
    static const struct packed_packet NOTHING = { .kind = PACKET_OTHER };
    struct capture_record *record = &piece->record;

    take_frame_head(piece, byte);
    if (piece->item == PARTIAL_FRAME) {
        record->data = oa_cursor_bytes(&piece->items, record->captured);
        return;
    }
    if (piece->item == PARTIAL_SEGMENT)
        take_segment(piece, byte & PARTIAL_IS_BACK);
    else if (piece->item == PARTIAL_UNREAD)
        take_unread(piece);
    else
        packed_packet_put(piece->packed, &NOTHING);
    record->data = piece->packed->data;
    record->packed = piece->packed->len;
}

/* ---- pieces ---- */

static void
fail(const struct partial_records *records, const struct piece *piece, const char *why)
{
    partial_set_fail(records->set, piece->part, why);
}

static void
close_piece(struct piece *piece)
{
    if (piece->fd >= 0)
        close(piece->fd);
    piece->fd = -1;
    if (piece->block && piece->block->len)
        explicit_bzero(piece->block->data, piece->block->len);
    g_clear_pointer(&piece->block, g_byte_array_unref);
    g_clear_pointer(&piece->packed, g_byte_array_unref);
    g_clear_pointer(&piece->connections, g_array_unref);
}

static bool
open_piece(const struct partial_records *records, struct piece *piece)
{
    piece->is_open = true;
    piece->fd = g_open(piece->part->path, O_RDONLY | O_CLOEXEC, 0);
    if (piece->fd < 0) {
        fail(records, piece, g_strerror(errno));
        return false;
    }
    piece->at = piece->section->begin;
    piece->block = g_byte_array_new();
    piece->packed = g_byte_array_new();
    piece->connections = g_array_new(FALSE, FALSE, sizeof(struct partial_connection));
    return true;
}

/* Reads on until there is an item; false at the end, or with a failure. */
static bool
fill_piece(const struct partial_records *records, struct piece *piece)
{
    if (piece->has_item)
        return true;
    if (!piece->is_open && !open_piece(records, piece))
        return false;
    if (piece->fd < 0)
        return false;
    while (oa_cursor_left(&piece->items) == 0) {
        if (piece->at == piece->section->end) {
            close_piece(piece);
            return false;
        }
        if (!partial_block_read(piece->fd, &piece->at, piece->section->end, piece->block)) {
            fail(records, piece, DAMAGED);
            close_piece(piece);
            return false;
        }
        piece->items = oa_cursor_over(piece->block->data, piece->block->len);
    }
    uint8_t byte = oa_cursor_u8(&piece->items);
    piece->item = (enum partial_item)(byte & PARTIAL_ITEM);
    uint64_t gap = byte & PARTIAL_GAP ? partial_number(&piece->items) : 0;
    uint64_t end = piece->section->first + piece->section->count; /* behind the last record */
    if (piece->item >= PARTIAL_ITEMS || gap > end - piece->last)
        piece->items.is_short = true;
    piece->number = piece->last + gap + 1;
    piece->record = (struct capture_record){ 0 };
    if (piece->item == PARTIAL_KEYS)
        piece->keys = partial_text(&piece->items);
    else if (piece->item != PARTIAL_NO_FRAME)
        take_frame(piece, byte);
    if (piece->number > end || (piece->number == end && piece->item != PARTIAL_KEYS))
        piece->items.is_short = true;
    piece->last = piece->item == PARTIAL_KEYS ? piece->number - 1 : piece->number;
    piece->has_item = !piece->items.is_short;
    if (!piece->has_item) {
        fail(records, piece, DAMAGED);
        close_piece(piece);
    }
    return piece->has_item;
}

static bool
is_due(const struct partial_records *records, struct piece *piece)
{
    return records->next >= piece->section->first && fill_piece(records, piece) &&
           piece->number <= records->next;
}

/* Passes over the keys before the record that is due; whether that record is there. */
static bool
take_due(struct partial_records *records, struct piece *piece)
{
    while (is_due(records, piece) && piece->item == PARTIAL_KEYS) {
        g_ptr_array_add(records->keys, g_bytes_new(piece->keys.data, piece->keys.length));
        piece->has_item = false;
    }
    if (piece->has_item && piece->number < records->next) {
        fail(records, piece, "a record is there twice");
        piece->has_item = false;
    }
    return piece->has_item && piece->number == records->next;
}

/* ---- all of it ---- */

static void
free_keys(gpointer keys)
{
    gsize length;
    gpointer text = g_bytes_unref_to_data(keys, &length);

    if (text)
        explicit_bzero(text, length);
    g_free(text);
}

struct partial_records *
partial_records_open(struct partial_set *set, size_t capture)
{
    struct partial_records *records = g_new0(struct partial_records, 1);
    size_t n_parts = partial_set_parts(set);

    records->set = set;
    records->next = 1;
    records->size = partial_set_capture(set, capture)->size;
    records->keys = g_ptr_array_new_with_free_func(free_keys);
    records->pieces = g_new0(struct piece, n_parts);
    for (size_t i = 0; i < n_parts; i++) {
        const struct partial_part *part = partial_set_part(set, i);
        const struct partial_section *section = &part->captures[capture].section;

        if (!section->is_there)
            continue;
        records->pieces[records->n_pieces++] =
            (struct piece){ .part = part, .section = section, .fd = -1 };
        records->total = section->first + section->count - 1;
    }
    return records;
}

static const struct piece *
last_piece(const struct partial_records *records)
{
    return &records->pieces[records->n_pieces - 1];
}

static enum read_result
end_records(struct partial_records *records, int *err, char **err_info)
{
    const struct partial_section *section = last_piece(records)->section;

    records->is_at_end = true;
    *err = section->err;
    *err_info = section->err_info && section->err_info[0] ? g_strdup(section->err_info) : NULL;
    return *err ? READ_FAILED : READ_END;
}

enum read_result
partial_records_next(struct partial_records *records, struct capture_record *record, int *err,
                     char **err_info)
{
    struct piece *current = &records->pieces[records->current];

    current->has_item = false;
    for (size_t i = 0; i < records->n_pieces && records->next <= records->total; i++) {
        size_t at = (records->current + i) % records->n_pieces;
        struct piece *piece = &records->pieces[at];

        if (!take_due(records, piece))
            continue;
        *record = piece->record;
        records->current = at;
        records->next++;
        return READ_RECORD;
    }
    if (records->next <= records->total) {
        fail(records, current, "a record is missing");
    } else {
        for (size_t i = 0; i < records->n_pieces; i++)
            take_due(records, &records->pieces[i]);
    }
    return end_records(records, err, err_info);
}

struct capture_headers
partial_records_headers(const struct partial_records *records)
{
    return records->is_at_end ? last_piece(records)->section->closed
                              : records->pieces[0].section->opened;
}

uint64_t
partial_records_bytes(const struct partial_records *records)
{
    double part = records->total ? (double)(records->next - 1) / (double)records->total : 1;

    return (uint64_t)(part * (double)records->size);
}

void
partial_records_take_secrets(struct partial_records *records,
                             const struct capture_secrets_user *user)
{
    for (guint i = 0; i < records->keys->len; i++) {
        gsize length;
        const char *text = g_bytes_get_data(g_ptr_array_index(records->keys, i), &length);

        if (user->take)
            user->take(user->context, text, length);
    }
    g_ptr_array_set_size(records->keys, 0);
}

void
partial_records_close(struct partial_records *records)
{
    if (!records)
        return;
    for (size_t i = 0; i < records->n_pieces; i++)
        close_piece(&records->pieces[i]);
    g_ptr_array_unref(records->keys);
    g_free(records->pieces);
    g_free(records);
}
