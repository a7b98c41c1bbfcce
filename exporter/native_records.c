/* native_records.c
 * The records of pcap and pcapng files in their usual form.
 * [draft-ietf-opsawg-pcap], [draft-ietf-opsawg-pcapng]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "native_records.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/wtap.h>

#include "native_file.h"
#include "pcapng_blocks.h"

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define PCAP_VERSION_MAJOR 2
#define PCAP_VERSION_MINOR 4
#define NS_PER_SECOND 1000000000

/* Formats by wiretap's names, and the first bytes of the file in either order. Compressed files
 * have the same names. */
struct native_format {
    const char *name;
    uint32_t magic;
    uint32_t unit_ns; /* of the fraction of a second; 0: pcapng */
};

static const struct native_format FORMATS[] = {
    { "pcap", 0xA1B2C3D4, 1000 },
    { "nsecpcap", 0xA1B23C4D, 1 },
    { "pcapng", 0x0A0D0D0A, 0 },
};

struct native_records {
    struct native_file file;
    const struct native_format *format;
    bool big_endian;               /* pcap */
    int encap;                     /* pcap */
    struct pcapng_section section; /* pcapng */
};

static const struct native_format *
find_format(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FORMATS); i++)
        if (strcmp(FORMATS[i].name, name) == 0)
            return &FORMATS[i];
    return NULL;
}

/* Takes the header of pcap, or looks at that of pcapng; false: it is not in a usual form. */
static bool
take_header(struct native_records *records)
{
    struct native_file *file = &records->file;

    if (native_file_need(file, PCAP_HEADER) < PCAP_HEADER)
        return false;
    struct oa_cursor header = oa_cursor_over(native_file_at(file), PCAP_HEADER);
    uint32_t magic = oa_cursor_u32(&header);

    records->big_endian = magic == GUINT32_SWAP_LE_BE(records->format->magic);
    if (!records->format->unit_ns)
        return magic == records->format->magic; /* the same either way */
    if (magic != records->format->magic && !records->big_endian)
        return false;
    header.big_endian = records->big_endian;
    uint16_t major = oa_cursor_u16(&header), minor = oa_cursor_u16(&header);
    native_file_pass(file, PCAP_HEADER);
    return major == PCAP_VERSION_MAJOR && minor == PCAP_VERSION_MINOR &&
           pcapng_is_plain(records->encap, records->big_endian);
}

struct native_records *
native_records_open(const char *path, const struct capture_headers *headers)
{
    const struct native_format *format = find_format(headers->format);
    struct native_file file;

    if (!format || !native_file_open(&file, path))
        return NULL;
    struct native_records *records = g_new0(struct native_records, 1);
    records->file = file;
    records->format = format;
    records->encap = headers->encap;
    pcapng_section_init(&records->section);
    if (!take_header(records))
        g_clear_pointer(&records, native_records_close);
    return records;
}

/* Fewer bytes are there than were needed. */
static enum native_result
end_of(const struct native_records *records, bool is_clean, int *err)
{
    *err = records->file.error;
    if (*err)
        return NATIVE_FAILED;
    return is_clean ? NATIVE_END : NATIVE_CUT;
}

static enum native_result
next_of_pcap(struct native_records *records, struct capture_record *record, int *err)
{
    struct native_file *file = &records->file;
    size_t there = native_file_need(file, PCAP_RECORD);

    if (there < PCAP_RECORD)
        return end_of(records, there == 0, err);
    struct oa_cursor header = oa_cursor_over(native_file_at(file), PCAP_RECORD);
    header.big_endian = records->big_endian;
    uint32_t seconds = oa_cursor_u32(&header), fraction = oa_cursor_u32(&header);
    uint32_t captured = oa_cursor_u32(&header), on_wire = oa_cursor_u32(&header);

    if (captured > WTAP_MAX_PACKET_SIZE_STANDARD || seconds > INT32_MAX ||
        fraction >= NS_PER_SECOND / records->format->unit_ns)
        return NATIVE_UNUSUAL;
    if (native_file_need(file, PCAP_RECORD + captured) < PCAP_RECORD + captured)
        return end_of(records, false, err);
    *record = (struct capture_record){
        .is_frame = true,
        .has_time = true,
        .time_ns = (int64_t)seconds * NS_PER_SECOND + (int64_t)fraction * records->format->unit_ns,
        .encap = records->encap,
        .data = native_file_at(file) + PCAP_RECORD,
        .captured = captured,
        .on_wire = on_wire,
    };
    native_file_pass(file, PCAP_RECORD + captured);
    return NATIVE_FRAME;
}

static enum native_result
next_of_pcapng(struct native_records *records, struct capture_record *record, int *err)
{
    struct native_file *file = &records->file;
    struct pcapng_section *section = &records->section;

    for (;;) {
        size_t head = PCAPNG_HEADER + (section->has_begun ? 0 : 4);
        size_t there = native_file_need(file, head);

        if (there < head)
            return end_of(records, there == 0, err);
        uint32_t length = pcapng_block_length(section, native_file_at(file));
        if (!length)
            return NATIVE_UNUSUAL;
        there = native_file_need(file, length);
        const uint8_t *block = native_file_at(file);
        if (there < length && !file->error &&
            !pcapng_block_is_cut_frame(section, block, there, length))
            return NATIVE_UNUSUAL;
        if (there < length)
            return end_of(records, false, err);
        enum pcapng_block taken = pcapng_block_take(section, block, length, record);
        if (taken == PCAPNG_UNUSUAL)
            return NATIVE_UNUSUAL;
        native_file_pass(file, length);
        if (taken == PCAPNG_FRAME)
            return NATIVE_FRAME;
    }
}

enum native_result
native_records_next(struct native_records *records, struct capture_record *record, int *err)
{
    return records->format->unit_ns ? next_of_pcap(records, record, err)
                                    : next_of_pcapng(records, record, err);
}

unsigned
native_records_interfaces(const struct native_records *records, uint32_t *snap_length)
{
    *snap_length = records->section.snap_length;
    return records->section.interfaces->len;
}

uint64_t
native_records_bytes(const struct native_records *records)
{
    return records->file.passed;
}

void
native_records_take_secrets(struct native_records *records, const struct capture_secrets_user *user)
{
    struct pcapng_secrets *secrets;

    if (!user->take || records->section.secrets.length == 0)
        return;
    while ((secrets = g_queue_pop_head(&records->section.secrets))) {
        if (secrets->is_key_log)
            user->take(user->context, secrets->text, secrets->length);
        explicit_bzero(secrets->text, secrets->length);
        g_free(secrets);
    }
}

unsigned
native_records_n_secrets(const struct native_records *records)
{
    return records->section.n_secrets;
}

void
native_records_close(struct native_records *records)
{
    if (!records)
        return;
    native_file_close(&records->file);
    pcapng_section_clear(&records->section);
    g_free(records);
}
