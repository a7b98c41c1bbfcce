/* partial_writer.c
 * Writes a partial result: what one part of a set of captures has in its frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "partial_writer.h"

#include <gcrypt.h>
#include <glib.h>
#include <string.h>

#include "endpoint_hash.h"
#include "output_file.h"
#include "partial_format.h"
#include "varint.h"

struct partial_writer {
    struct output_file file;
    char *message; /* what could not be written; NULL so far */
    uint64_t offset;
    GByteArray *block; /* with room for its head */
    uint64_t section;  /* where it begins */

    /* Of the capture: */
    uint64_t number; /* of the last record */
    int64_t time_ns;
    int encap;
    unsigned interface;
    GHashTable *connections; /* of struct known_connection, which it owns */
    uint64_t seed;
};

/* ---- blocks ---- */

static void
write_bytes(struct partial_writer *writer, const void *bytes, size_t length)
{
    if (!writer->message && output_file_write(&writer->file, bytes, length, &writer->message))
        writer->offset += length;
}

static void
put_fixed(GByteArray *to, size_t at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to->data[at + i] = (uint8_t)(number >> 8 * i);
}

static void
begin_block(struct partial_writer *writer)
{
    g_byte_array_set_size(writer->block, PARTIAL_BLOCK_HEAD);
}

static void
end_block(struct partial_writer *writer)
{
    GByteArray *block = writer->block;
    size_t length = block->len - PARTIAL_BLOCK_HEAD;
    uint8_t sum[4];

    if (length == 0)
        return;
    gcry_md_hash_buffer(GCRY_MD_CRC32, sum, block->data + PARTIAL_BLOCK_HEAD, length);
    put_fixed(block, 0, length, 4);
    memcpy(block->data + 4, sum, sizeof sum);
    write_bytes(writer, block->data, block->len);
    begin_block(writer);
}

static void
put_signed(GByteArray *to, int64_t number)
{
    varint_put(to, partial_fold(number));
}

static void
put_text(GByteArray *to, const char *text, size_t length)
{
    varint_put(to, length);
    g_byte_array_append(to, (const guint8 *)text, (guint)length);
}

/* ---- connections ---- */

struct known_connection {
    struct partial_connection is; /* endpoints, and what they sent last */
    uint64_t hash;
    uint64_t number;
};

static guint
hash_of_known(gconstpointer key)
{
    return (guint)((const struct known_connection *)key)->hash;
}

static bool
is_same_endpoint(const struct oa_endpoint *a, const struct oa_endpoint *b)
{
    return a->port == b->port && memcmp(a->address, b->address, sizeof a->address) == 0;
}

static gboolean
is_same_known(gconstpointer a, gconstpointer b)
{
    const struct oa_endpoint *left = ((const struct known_connection *)a)->is.endpoint;
    const struct oa_endpoint *right = ((const struct known_connection *)b)->is.endpoint;

    for (unsigned side = 0; side < 2; side++)
        if (is_same_endpoint(&left[0], &right[side]) && is_same_endpoint(&left[1], &right[!side]))
            return TRUE;
    return FALSE;
}

/* That of the segment, and the number that stands for it, which is new if it is `*n_before`. */
static struct known_connection *
find_connection(struct partial_writer *writer, const struct segment *segment, uint64_t *number,
                uint64_t *n_before)
{
    struct known_connection key = {
        .is.endpoint = { segment->source, segment->destination },
        .hash = connection_hash(writer->seed, &segment->source, &segment->destination),
    };
    struct known_connection *known = g_hash_table_lookup(writer->connections, &key);

    *n_before = g_hash_table_size(writer->connections);
    *number = known ? known->number : *n_before;
    if (known)
        return known;
    if (*n_before == PARTIAL_CONNECTIONS)
        g_hash_table_remove_all(writer->connections);
    key.number = g_hash_table_size(writer->connections);
    known = g_memdup2(&key, sizeof key);
    g_hash_table_add(writer->connections, known);
    return known;
}

/* ---- items ---- */

static void
put_endpoint(GByteArray *to, const struct oa_endpoint *endpoint)
{
    g_byte_array_append(to, endpoint->address, sizeof endpoint->address);
    varint_put(to, endpoint->port);
}

/* What is new of its header against the last segment of that side, then the rest as it is. The
 * ports are those of the endpoints. */
static void
put_segment(GByteArray *to, const struct segment *segment, struct partial_side *side)
{
    uint64_t length =
        (uint64_t)segment->header_length + segment->payload_length + segment->cut_length;

    put_signed(to, (int32_t)(segment->sequence - side->next));
    put_signed(to, (int32_t)(segment->acknowledgment - side->acknowledgment));
    put_signed(to, (int16_t)(segment->identification - side->identification));
    put_signed(to, (int64_t)segment->ip_length - (int64_t)length);
    varint_put(to, segment->header_length);
    varint_put(to, segment->payload_length);
    varint_put(to, segment->cut_length);
    g_byte_array_append(to, segment->header + PARTIAL_HEADER_REST,
                        segment->header_length - PARTIAL_HEADER_REST);
    g_byte_array_append(to, segment->payload, segment->payload_length);
    *side = partial_side_after(segment);
}

/* What every frame has. */
static void
put_frame(struct partial_writer *writer, uint8_t item, uint64_t gap,
          const struct capture_record *record)
{
    GByteArray *to = writer->block;
    bool is_of_new_link = record->encap != writer->encap || record->interface != writer->interface;

    item |= gap ? PARTIAL_GAP : 0;
    item |= record->has_time ? PARTIAL_HAS_TIME : 0;
    item |= is_of_new_link ? PARTIAL_NEW_LINK : 0;
    item |= record->captured != record->on_wire ? PARTIAL_IS_CUT : 0;
    g_byte_array_append(to, &item, 1);
    if (gap)
        varint_put(to, gap);
    if (record->has_time)
        put_signed(to, (int64_t)((uint64_t)record->time_ns - (uint64_t)writer->time_ns));
    if (is_of_new_link) {
        put_signed(to, record->encap);
        varint_put(to, record->interface);
    }
    varint_put(to, record->on_wire);
    if (record->captured != record->on_wire)
        varint_put(to, record->captured);
    if (record->has_time)
        writer->time_ns = record->time_ns;
    writer->encap = record->encap;
    writer->interface = record->interface;
}

static void
put_tcp(struct partial_writer *writer, uint64_t gap, const struct capture_record *record,
        const struct segment *segment)
{
    uint64_t number, n_before;
    struct known_connection *known = find_connection(writer, segment, &number, &n_before);
    bool is_back = !is_same_endpoint(&known->is.endpoint[0], &segment->source);

    put_frame(writer, (uint8_t)(PARTIAL_SEGMENT | (is_back ? PARTIAL_IS_BACK : 0)), gap, record);
    varint_put(writer->block, number);
    if (number == n_before) {
        put_endpoint(writer->block, &known->is.endpoint[0]);
        put_endpoint(writer->block, &known->is.endpoint[1]);
    }
    put_segment(writer->block, segment, &known->is.side[is_back]);
}

static void
put_no_frame(struct partial_writer *writer, enum partial_item item, uint64_t gap)
{
    uint8_t byte = (uint8_t)(item | (gap ? PARTIAL_GAP : 0));

    g_byte_array_append(writer->block, &byte, 1);
    if (gap)
        varint_put(writer->block, gap);
}

/* A packet that depends on other frames is found again when they are together. */
static bool
needs_frame(enum packet_kind kind, const struct packet_trace *trace)
{
    return trace->is_fragment || kind == PACKET_UNSUPPORTED;
}

void
partial_writer_record(struct partial_writer *writer, uint64_t number,
                      const struct capture_record *record, enum packet_kind kind,
                      const struct segment *segment, const struct packets *packets)
{
    struct packet_trace trace = packets_trace(packets);
    uint64_t gap = number - writer->number - 1;

    writer->number = number;
    if (!record->is_frame) {
        put_no_frame(writer, PARTIAL_NO_FRAME, gap);
    } else if (needs_frame(kind, &trace)) {
        put_frame(writer, PARTIAL_FRAME, gap, record);
        g_byte_array_append(writer->block, record->data, (guint)record->captured);
    } else if (kind == PACKET_TCP) {
        put_tcp(writer, gap, record, segment);
    } else if (trace.is_unread) {
        put_frame(writer, PARTIAL_UNREAD, gap, record);
        varint_put(writer->block, trace.sort);
        varint_put(writer->block, trace.number);
    } else {
        put_frame(writer, PARTIAL_NOTHING, gap, record);
    }
    if (writer->block->len >= PARTIAL_BLOCK_BYTES)
        end_block(writer);
}

void
partial_writer_keys(struct partial_writer *writer, uint64_t number, const char *text, size_t length)
{
    uint64_t gap = number - writer->number - 1;

    put_no_frame(writer, PARTIAL_KEYS, gap);
    writer->number += gap;
    put_text(writer->block, text, length);
}

/* ---- captures ---- */

void
partial_writer_begin(struct partial_writer *writer)
{
    writer->section = writer->offset;
    writer->number = 0;
    writer->time_ns = 0;
    writer->encap = writer->interface = 0;
    g_hash_table_remove_all(writer->connections);
}

void
partial_writer_end(struct partial_writer *writer, struct partial_section *section)
{
    end_block(writer);
    section->begin = writer->section;
    section->end = writer->offset;
}

struct partial_writer *
partial_writer_open(const char *path, char **message)
{
    struct partial_writer *writer = g_new0(struct partial_writer, 1);

    if (!output_file_open(&writer->file, path, message)) {
        g_free(writer);
        return NULL;
    }
    writer->seed = hash_seed();
    writer->connections = g_hash_table_new_full(hash_of_known, is_same_known, g_free, NULL);
    writer->block = g_byte_array_sized_new(2 * PARTIAL_BLOCK_BYTES);
    begin_block(writer);
    write_bytes(writer, PARTIAL_MAGIC, PARTIAL_MAGIC_LENGTH);
    return writer;
}

bool
partial_writer_is_good(struct partial_writer *writer, char **message)
{
    if (writer->message)
        *message = g_steal_pointer(&writer->message);
    return !*message;
}

/* ---- the index ---- */

static void
put_headers(GByteArray *to, const struct capture_headers *headers)
{
    put_text(to, headers->format, strlen(headers->format));
    put_signed(to, headers->encap);
    varint_put(to, headers->interfaces);
    varint_put(to, headers->snap_length);
}

static void
put_capture(GByteArray *to, const struct partial_capture *capture)
{
    const struct partial_section *section = &capture->section;
    const char *err_info = section->err_info ? section->err_info : "";

    put_text(to, capture->name, strlen(capture->name));
    varint_put(to, capture->size);
    put_signed(to, capture->first_ns);
    varint_put(to, section->is_there);
    if (!section->is_there)
        return;
    varint_put(to, section->begin);
    varint_put(to, section->end);
    varint_put(to, section->first);
    varint_put(to, section->count);
    varint_put(to, section->is_last);
    if (section->is_last) {
        put_signed(to, section->err);
        put_text(to, err_info, strlen(err_info));
    }
    put_headers(to, &section->opened);
    put_headers(to, &section->closed);
}

bool
partial_writer_finish(struct partial_writer *writer, const struct partial_part *part,
                      char **message)
{
    GByteArray *to = writer->block;
    uint64_t index = writer->offset;
    uint8_t end[PARTIAL_END];
    GByteArray at = { end, sizeof end };

    varint_put(to, PARTIAL_VERSION);
    put_text(to, WIRETAP_VERSION, strlen(WIRETAP_VERSION));
    varint_put(to, part->index);
    varint_put(to, part->count);
    varint_put(to, part->by);
    varint_put(to, part->n_others);
    varint_put(to, part->n_captures);
    for (size_t i = 0; i < part->n_captures; i++)
        put_capture(to, &part->captures[i]);
    end_block(writer);
    put_fixed(&at, 0, index, 8);
    memcpy(end + 8, PARTIAL_END_MAGIC, PARTIAL_MAGIC_LENGTH);
    write_bytes(writer, end, sizeof end);
    return partial_writer_is_good(writer, message) && output_file_publish(&writer->file, message);
}

void
partial_writer_free(struct partial_writer *writer)
{
    if (!writer)
        return;
    if (writer->file.state == OUTPUT_WRITING)
        output_file_discard(&writer->file);
    else
        output_file_close(&writer->file);
    g_free(writer->message);
    g_hash_table_unref(writer->connections);
    explicit_bzero(writer->block->data, writer->block->len);
    g_byte_array_unref(writer->block);
    g_free(writer);
}
