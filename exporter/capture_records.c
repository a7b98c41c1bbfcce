/* capture_records.c
 * The records of one capture file: read here where they are in a usual form, else by wiretap.
 * [Wireshark wiretap/wtap.h]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "capture_records.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "native_records.h"
#include "partial_records.h"
#include "ws_compat.h"

#define FIRST_BUFFER 2048

struct capture_records {
    char *path;
    wtap *file;     /* NULL while `native` reads */
    int64_t offset; /* of the record that it read last; -1 */
    wtap_rec record;
    Buffer buffer; /* of the record's data, where it does not hold them itself */
    struct native_records *native;
    uint64_t n_native;               /* records that it read */
    struct partial_records *partial; /* reads all of it, see partial_records.h; or NULL */
    struct capture_headers headers;
    struct capture_secrets secrets; /* of `file` */
};

static void
note_headers(struct capture_records *records)
{
    wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(records->file);
    const GArray *blocks = interfaces->interface_data;
    struct capture_headers *headers = &records->headers;

    *headers = (struct capture_headers){
        .format = wtap_file_type_subtype_name(wtap_file_type_subtype(records->file)),
        .encap = wtap_file_encap(records->file),
        .interfaces = blocks->len,
    };
    for (guint i = 0; i < blocks->len; i++) {
        const wtapng_if_descr_mandatory_t *described =
            wtap_block_get_mandatory_data(g_array_index(blocks, wtap_block_t, i));
        if (described->snap_len &&
            (!headers->snap_length || described->snap_len < headers->snap_length))
            headers->snap_length = described->snap_len;
    }
    g_free(interfaces);
}

static bool
open_file(struct capture_records *records, int *err, char **err_info)
{
    records->file = wtap_open_offline(records->path, WTAP_TYPE_AUTO, err, err_info, FALSE);
    if (records->file)
        capture_secrets_begin(&records->secrets, records->file);
    return records->file != NULL;
}

struct capture_records *
capture_records_open(const char *path, bool is_regular, int *err, char **err_info)
{
    struct capture_records *records = g_new0(struct capture_records, 1);

    *err = 0;
    *err_info = NULL;
    records->path = g_strdup(path);
    records->offset = -1;
    WS_COMPAT_RECORD_INIT(&records->record, &records->buffer, FIRST_BUFFER);
    if (!open_file(records, err, err_info)) {
        capture_records_close(records);
        return NULL;
    }
    note_headers(records);
    if (is_regular)
        records->native = native_records_open(path, &records->headers);
    if (records->native) {
        wtap_close(records->file);
        records->file = NULL;
    }
    return records;
}

struct capture_records *
capture_records_of_parts(struct partial_set *set, size_t capture)
{
    struct capture_records *records = g_new0(struct capture_records, 1);

    WS_COMPAT_RECORD_INIT(&records->record, &records->buffer, FIRST_BUFFER);
    records->partial = partial_records_open(set, capture);
    records->headers = partial_records_headers(records->partial);
    return records;
}

static enum read_result
read_by_wiretap(struct capture_records *records, int *err, char **err_info)
{
    gint64 offset;

    wtap_rec_reset(&records->record);
    if (WS_COMPAT_RECORD_READ(records->file, &records->record, &records->buffer, err, err_info,
                              &offset)) {
        records->offset = offset;
        return READ_RECORD;
    }
    wtap_fdclose(records->file); /* frames that were read ahead may wait long */
    return *err == 0 ? READ_END : READ_FAILED;
}

/* Has wiretap read the file from its beginning, up to the record that is due. */
static enum read_result
leave_to_wiretap(struct capture_records *records, int *err, char **err_info)
{
    enum read_result result = READ_RECORD;

    if (!open_file(records, err, err_info))
        return READ_FAILED;
    capture_secrets_skip(&records->secrets, native_records_n_secrets(records->native));
    for (uint64_t i = 0; i < records->n_native && result == READ_RECORD; i++)
        result = read_by_wiretap(records, err, err_info);
    return result;
}

static void
take_record(const struct capture_records *records, struct capture_record *record)
{
    const wtap_rec *from = &records->record;
    const wtap_packet_header *header = &from->rec_header.packet_header;

    *record = (struct capture_record){ .is_frame = from->rec_type == REC_TYPE_PACKET };
    if (!record->is_frame)
        return;
    record->has_time = from->presence_flags & WTAP_HAS_TS;
    if (record->has_time)
        record->time_ns = capture_time(from->ts.secs, from->ts.nsecs);
    record->encap = header->pkt_encap;
    if (from->presence_flags & WTAP_HAS_INTERFACE_ID)
        record->interface = header->interface_id;
    record->data = WS_COMPAT_RECORD_DATA(&records->record, &records->buffer);
    record->captured = header->caplen;
    record->on_wire = header->len;
}

/* What the end of a file means to wiretap. */
static enum read_result
end_natively(enum native_result result, int *err)
{
    if (result == NATIVE_END)
        return READ_END;
    if (result == NATIVE_CUT)
        *err = WTAP_ERR_SHORT_READ;
    return READ_FAILED;
}

enum read_result
capture_records_next(struct capture_records *records, struct capture_record *record, int *err,
                     char **err_info)
{
    enum read_result result;

    *err = 0;
    *err_info = NULL;
    if (records->partial)
        return partial_records_next(records->partial, record, err, err_info);
    if (!records->file) {
        enum native_result native = native_records_next(records->native, record, err);
        if (native == NATIVE_FRAME) {
            records->n_native++;
            return READ_RECORD;
        }
        if (native != NATIVE_UNUSUAL)
            return end_natively(native, err);
        result = leave_to_wiretap(records, err, err_info);
        if (result != READ_RECORD)
            return result;
    }
    result = read_by_wiretap(records, err, err_info);
    if (result == READ_RECORD)
        take_record(records, record);
    return result;
}

struct capture_headers
capture_records_headers(struct capture_records *records)
{
    struct capture_headers *headers = &records->headers;

    if (records->partial) {
        *headers = partial_records_headers(records->partial);
    } else if (records->file) {
        note_headers(records);
    } else if (records->native) {
        uint32_t least;
        unsigned interfaces = native_records_interfaces(records->native, &least);

        headers->interfaces = MAX(headers->interfaces, interfaces);
        if (least && (!headers->snap_length || least < headers->snap_length))
            headers->snap_length = least;
    }
    return *headers;
}

uint64_t
capture_records_bytes(const struct capture_records *records)
{
    if (records->partial)
        return partial_records_bytes(records->partial);
    return records->file ? (uint64_t)MAX(wtap_read_so_far(records->file), 0)
                         : native_records_bytes(records->native);
}

int64_t
capture_records_offset(const struct capture_records *records)
{
    return records->offset;
}

bool
capture_records_may_have_secrets(const struct capture_records *records)
{
    return strcmp(records->headers.format, "pcapng") == 0;
}

void
capture_records_take_secrets(struct capture_records *records,
                             const struct capture_secrets_user *user)
{
    if (records->partial)
        partial_records_take_secrets(records->partial, user);
    if (records->native)
        native_records_take_secrets(records->native, user);
    if (records->file)
        capture_secrets_take(&records->secrets, user);
}

void
capture_records_close(struct capture_records *records)
{
    if (!records)
        return;
    if (records->file)
        wtap_close(records->file);
    native_records_close(records->native);
    partial_records_close(records->partial);
    WS_COMPAT_RECORD_CLEANUP(&records->record, &records->buffer);
    g_free(records->path);
    g_free(records);
}
