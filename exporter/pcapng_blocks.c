/* pcapng_blocks.c
 * The blocks of a section of pcapng, in the forms that programs usually write.
 * [draft-ietf-opsawg-pcapng] 3, 4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pcapng_blocks.h"

#include <wireshark.h>

#include <string.h>

#include <wiretap/pcap-encap.h>
#include <wiretap/secrets-types.h>
#include <wiretap/wtap.h>

#define BYTE_ORDER_MAGIC 0x1A2B3C4D
#define BLOCK_MAX (16 * 1024 * 1024) /* wiretap's */
#define NS_PER_SECOND INT64_C(1000000000)
#define DECIMALS_MAX 9

enum block_type {
    SECTION_HEADER = 0x0A0D0D0A,
    INTERFACE_DESCRIPTION = 1,
    NAME_RESOLUTION = 4,
    INTERFACE_STATISTICS = 5,
    ENHANCED_PACKET = 6,
    DECRYPTION_SECRETS = 10,
};

enum option_code { END_OF_OPTIONS = 0, COMMENT = 1, TIME_RESOLUTION = 9, FILTER = 11 };

enum name_record { END_OF_NAMES = 0, NAME_OF_IPV4 = 1, NAME_OF_IPV6 = 2 };

/* Options that change nothing of what is read here, but for the resolution. */
struct known_option {
    uint32_t block;
    uint16_t code, least, most; /* bytes */
};

/* clang-format off */
static const struct known_option OPTIONS[] = {
    { SECTION_HEADER,        2, 0, UINT16_MAX }, /* hardware */
    { SECTION_HEADER,        3, 0, UINT16_MAX }, /* operating system */
    { SECTION_HEADER,        4, 0, UINT16_MAX }, /* application */
    { INTERFACE_DESCRIPTION, 2, 0, UINT16_MAX }, /* name */
    { INTERFACE_DESCRIPTION, 3, 0, UINT16_MAX }, /* description */
    { INTERFACE_DESCRIPTION, 8, 8, 8 },          /* speed */
    { INTERFACE_DESCRIPTION, TIME_RESOLUTION, 1, 1 },
    { INTERFACE_DESCRIPTION, FILTER, 1, UINT16_MAX },
    { INTERFACE_DESCRIPTION, 12, 0, UINT16_MAX }, /* operating system */
    { INTERFACE_DESCRIPTION, 15, 0, UINT16_MAX }, /* hardware */
    { INTERFACE_STATISTICS,  2, 8, 8 }, /* start */
    { INTERFACE_STATISTICS,  3, 8, 8 }, /* end */
    { INTERFACE_STATISTICS,  4, 8, 8 }, /* received */
    { INTERFACE_STATISTICS,  5, 8, 8 }, /* dropped */
    { INTERFACE_STATISTICS,  6, 8, 8 }, /* accepted by the filter */
    { INTERFACE_STATISTICS,  7, 8, 8 }, /* dropped by the system */
    { INTERFACE_STATISTICS,  8, 8, 8 }, /* delivered */
    { ENHANCED_PACKET,       2, 4, 4 }, /* flags */
    { ENHANCED_PACKET,       3, 0, UINT16_MAX }, /* hash */
    { ENHANCED_PACKET,       4, 8, 8 }, /* drops */
    { ENHANCED_PACKET,       5, 8, 8 }, /* identification */
    { ENHANCED_PACKET,       6, 4, 4 }, /* queue */
};
/* clang-format on */

/* Link types without a header of wiretap's own in front of the frame. */
bool
pcapng_is_plain(int encap, bool big_endian)
{
    switch (encap) {
    case WTAP_ENCAP_ETHERNET:
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_LOOP:
    case WTAP_ENCAP_PPP:
    case WTAP_ENCAP_PPP_ETHER:
    case WTAP_ENCAP_WIRESHARK_UPPER_PDU:
        return true;
    case WTAP_ENCAP_SLL: /* may be put into the host's byte order */
    case WTAP_ENCAP_SLL2:
        return big_endian == (G_BYTE_ORDER == G_BIG_ENDIAN);
    default:
        return false;
    }
}

void
pcapng_section_init(struct pcapng_section *section)
{
    *section = (struct pcapng_section){ .interfaces = g_array_new(
                                            FALSE, FALSE, sizeof(struct pcapng_interface)) };
    g_queue_init(&section->secrets);
}

void
pcapng_section_clear(struct pcapng_section *section)
{
    struct pcapng_secrets *secrets;

    while ((secrets = g_queue_pop_head(&section->secrets))) {
        explicit_bzero(secrets->text, secrets->length);
        g_free(secrets);
    }
    g_array_unref(section->interfaces);
}

/* ---- the frame of a block ---- */

static struct oa_cursor
cursor_over(const struct pcapng_section *section, const void *data, size_t length)
{
    struct oa_cursor cursor = oa_cursor_over(data, length);

    cursor.big_endian = section->big_endian;
    return cursor;
}

static size_t
padded(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

uint32_t
pcapng_block_length(struct pcapng_section *section, const uint8_t *header)
{
    struct oa_cursor cursor = cursor_over(section, header, PCAPNG_HEADER);
    bool is_section = oa_cursor_u32(&cursor) == SECTION_HEADER;

    if (is_section == section->has_begun)
        return 0;
    if (is_section) {
        struct oa_cursor magic = oa_cursor_over(header + PCAPNG_HEADER, 4);
        section->big_endian = oa_cursor_u32(&magic) != BYTE_ORDER_MAGIC;
        cursor.big_endian = section->big_endian;
    }
    uint32_t length = oa_cursor_u32(&cursor);
    return length < PCAPNG_HEADER + PCAPNG_TRAILER || length % 4 || length > BLOCK_MAX ? 0 : length;
}

/* ---- options ---- */

static const struct known_option *
find_option(uint32_t block, uint16_t code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++)
        if (OPTIONS[i].block == block && OPTIONS[i].code == code)
            return &OPTIONS[i];
    return NULL;
}

/* A filter in bytecode is not usual. */
static bool
is_known(uint32_t block, uint16_t code, const struct oa_cursor *value)
{
    const struct known_option *option = find_option(block, code);

    if (code == COMMENT)
        return true;
    if (!option || value->length < option->least || value->length > option->most)
        return false;
    return block != INTERFACE_DESCRIPTION || code != FILTER || value->data[0] == 0;
}

/* Takes the options up to the end of the block; false: one is unknown or damaged. `resolution` gets
 * the value of that option; NULL: the block has none. */
static bool
take_options(struct oa_cursor *cursor, uint32_t block, uint8_t *resolution)
{
    bool has_resolution = false;

    while (oa_cursor_left(cursor)) {
        uint16_t code = oa_cursor_u16(cursor), length = oa_cursor_u16(cursor);
        struct oa_cursor value = oa_cursor_sub(cursor, length);

        if (!oa_cursor_skip(cursor, padded(length) - length))
            return false;
        if (code == END_OF_OPTIONS)
            return length == 0;
        if (!is_known(block, code, &value))
            return false;
        if (resolution && code == TIME_RESOLUTION) {
            if (has_resolution)
                return false;
            has_resolution = true;
            *resolution = oa_cursor_u8(&value);
        }
    }
    return !cursor->is_short;
}

/* ---- kinds of blocks: each takes what is between header and trailer ---- */

static enum pcapng_block
passed_if(bool is_usual)
{
    return is_usual ? PCAPNG_PASSED : PCAPNG_UNUSUAL;
}

static enum pcapng_block
take_section(struct pcapng_section *section, struct oa_cursor *body)
{
    oa_cursor_skip(body, 16); /* byte order, version, length */
    section->has_begun = true;
    return passed_if(take_options(body, SECTION_HEADER, NULL));
}

static enum pcapng_block
take_interface(struct pcapng_section *section, struct oa_cursor *body)
{
    int encap = wtap_pcap_encap_to_wtap_encap(oa_cursor_u16(body));
    uint8_t resolution = 6;
    struct pcapng_interface interface = { .encap = encap, .unit_ns = NS_PER_SECOND };

    oa_cursor_skip(body, 2);
    uint32_t snap_length = oa_cursor_u32(body);
    if (!pcapng_is_plain(encap, section->big_endian) ||
        !take_options(body, INTERFACE_DESCRIPTION, &resolution) || resolution > DECIMALS_MAX)
        return PCAPNG_UNUSUAL;
    for (unsigned i = 0; i < resolution; i++)
        interface.unit_ns /= 10;
    g_array_append_val(section->interfaces, interface);
    if (snap_length && (!section->snap_length || snap_length < section->snap_length))
        section->snap_length = snap_length;
    return PCAPNG_PASSED;
}

static enum pcapng_block
take_names(struct oa_cursor *body)
{
    while (oa_cursor_left(body)) {
        uint16_t type = oa_cursor_u16(body), length = oa_cursor_u16(body);

        if (type == END_OF_NAMES)
            return passed_if(length == 0 && take_options(body, NAME_RESOLUTION, NULL));
        if ((type == NAME_OF_IPV4 && length < 4) || (type == NAME_OF_IPV6 && length < 16))
            return PCAPNG_UNUSUAL;
        oa_cursor_skip(body, padded(length));
    }
    return passed_if(!body->is_short);
}

static enum pcapng_block
take_statistics(struct oa_cursor *body)
{
    oa_cursor_skip(body, 12); /* interface, time */
    return passed_if(take_options(body, INTERFACE_STATISTICS, NULL));
}

static enum pcapng_block
take_secrets(struct pcapng_section *section, struct oa_cursor *body)
{
    bool is_key_log = oa_cursor_u32(body) == SECRETS_TYPE_TLS;
    uint32_t length = oa_cursor_u32(body);
    const uint8_t *text = oa_cursor_bytes(body, length);

    if (!oa_cursor_skip(body, padded(length) - length) ||
        !take_options(body, DECRYPTION_SECRETS, NULL))
        return PCAPNG_UNUSUAL;
    struct pcapng_secrets *secrets = g_malloc(sizeof *secrets + length);
    *secrets = (struct pcapng_secrets){ .is_key_log = is_key_log, .length = length };
    if (length)
        memcpy(secrets->text, text, length);
    g_queue_push_tail(&section->secrets, secrets);
    section->n_secrets++;
    return PCAPNG_PASSED;
}

/* Seconds that are too many for nanoseconds are rare. */
static int64_t
time_of(uint64_t stamp, uint64_t unit_ns)
{
    uint64_t per_second = NS_PER_SECOND / unit_ns;

    if (stamp < (uint64_t)INT64_MAX / 2 / NS_PER_SECOND * per_second)
        return (int64_t)(stamp * unit_ns);
    return capture_time((int64_t)(stamp / per_second), (int64_t)(stamp % per_second * unit_ns));
}

/* Everything of a packet but its data and options; NULL: it is not in a usual form. */
static const struct pcapng_interface *
take_packet_head(const struct pcapng_section *section, struct oa_cursor *body,
                 struct capture_record *record)
{
    uint32_t interface = oa_cursor_u32(body);
    uint64_t stamp = (uint64_t)oa_cursor_u32(body) << 32;

    stamp |= oa_cursor_u32(body);
    record->captured = oa_cursor_u32(body);
    record->on_wire = oa_cursor_u32(body);
    if (body->is_short || interface >= section->interfaces->len ||
        record->captured > WTAP_MAX_PACKET_SIZE_STANDARD)
        return NULL;
    const struct pcapng_interface *described =
        &g_array_index(section->interfaces, struct pcapng_interface, interface);
    record->is_frame = record->has_time = true;
    record->time_ns = time_of(stamp, described->unit_ns);
    record->encap = described->encap;
    record->interface = interface;
    return described;
}

static enum pcapng_block
take_packet(const struct pcapng_section *section, struct oa_cursor *body,
            struct capture_record *record)
{
    if (!take_packet_head(section, body, record))
        return PCAPNG_UNUSUAL;
    record->data = oa_cursor_bytes(body, record->captured);
    oa_cursor_skip(body, padded(record->captured) - record->captured);
    if (body->is_short || (oa_cursor_left(body) && !take_options(body, ENHANCED_PACKET, NULL)))
        return PCAPNG_UNUSUAL;
    return PCAPNG_FRAME;
}

bool
pcapng_block_is_cut_frame(const struct pcapng_section *section, const uint8_t *block, size_t there,
                          uint32_t length)
{
    struct oa_cursor cursor = cursor_over(section, block, there);
    struct capture_record record;

    if (oa_cursor_u32(&cursor) != ENHANCED_PACKET)
        return false;
    oa_cursor_u32(&cursor);
    return take_packet_head(section, &cursor, &record) && there < length - PCAPNG_TRAILER &&
           cursor.offset + padded(record.captured) + PCAPNG_TRAILER <= length;
}

enum pcapng_block
pcapng_block_take(struct pcapng_section *section, const uint8_t *block, uint32_t length,
                  struct capture_record *record)
{
    struct oa_cursor header = cursor_over(section, block, PCAPNG_HEADER);
    struct oa_cursor body =
        cursor_over(section, block + PCAPNG_HEADER, length - PCAPNG_HEADER - PCAPNG_TRAILER);
    struct oa_cursor trailer =
        cursor_over(section, block + length - PCAPNG_TRAILER, PCAPNG_TRAILER);

    if (oa_cursor_u32(&trailer) != length)
        return PCAPNG_UNUSUAL;
    switch (oa_cursor_u32(&header)) {
    case ENHANCED_PACKET:
        return take_packet(section, &body, record);
    case SECTION_HEADER:
        return take_section(section, &body);
    case INTERFACE_DESCRIPTION:
        return take_interface(section, &body);
    case NAME_RESOLUTION:
        return take_names(&body);
    case INTERFACE_STATISTICS:
        return take_statistics(&body);
    case DECRYPTION_SECRETS:
        return take_secrets(section, &body);
    default:
        return PCAPNG_UNUSUAL;
    }
}
